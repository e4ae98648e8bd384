"""Who is looking, said on every page, and the ways out."""

from __future__ import annotations

import time

import streamlit as st

from data import logins, roll
from data.errors import CampaignError
from data.locale import _
from data.opened import opened
from data.people import Viewer
from pages.parts.literal import literal


def draw(viewer: Viewer) -> None:
    if viewer.via == "local":
        with st.popover(_("Chế độ một máy"), icon=":material/computer:", type="tertiary", key="account"):
            st.markdown(_("Không có đăng nhập: chỉ mở được tại máy này, và ai ngồi ở đây đều làm được mọi việc."))
        return
    with st.popover(literal(viewer.name), icon=":material/person:", type="tertiary", key="account"):
        st.button(_("Đăng xuất"), icon=":material/logout:", key="log_out", on_click=st.logout)
        st.button(_("Đăng xuất mọi nơi"), key="log_out_everywhere", on_click=_everywhere, args=(viewer,))


def _everywhere(viewer: Viewer) -> None:
    try:
        roll.end_sessions(opened().store, viewer, viewer.id, time.time_ns() // 1000, logins.PATIENCE_S)
    except CampaignError as fault:
        st.error(literal(str(fault)))
        return
    st.logout()
