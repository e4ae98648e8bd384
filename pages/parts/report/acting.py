"""Writing from the page of reports: checked again at the click, told on the page that follows."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from data.access import Action
from data.errors import CampaignError
from data.locale import _
from pages.parts import access
from pages.parts.intake import now
from pages.parts.literal import literal
from pages.parts.view import View

MESSAGE = "report_message"


def act(view: View, action: Action, done: str, write: Callable[[str, int], object]) -> bool:
    """Runs before the page and its language: ``done`` names the words that are made afterwards. True: it was written."""
    try:
        access.require(view.viewer, action, view.unit)
        write(view.viewer.name, now())
    except CampaignError as fault:
        st.session_state[MESSAGE] = ("", str(fault))
        return False
    st.session_state[MESSAGE] = (done, "")
    return True


def tell() -> None:
    """What became of the last click."""
    done, fault = st.session_state.pop(MESSAGE, ("", ""))
    if fault:
        st.error(literal(fault))
    elif done:
        words = {
            "kept": _("Đã lưu."),
            "reset": _("Đã lấy lại lời văn theo số liệu."),
            "confirmed": _("Đã giữ lời văn của bạn."),
            "issued": _("Đã phát hành: số liệu và lời văn của báo cáo này không đổi nữa."),
        }
        st.success(words[done])
