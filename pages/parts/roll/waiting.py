"""Changes that wait for a second administrator."""

from __future__ import annotations

import streamlit as st

from data import roll
from data.errors import CampaignError
from data.locale import _
from data.locale.formats import moment
from data.roll import Change
from pages.parts import access, doors, frame
from pages.parts.blocks import Heading, Note, State
from pages.parts.intake import now
from pages.parts.literal import literal
from pages.parts.roll import listing, words
from pages.parts.view import View


def draw(view: View) -> None:
    listing.tell()
    waiting = roll.waiting(view.store)
    if not waiting:
        frame.show(State(_("Không có đề nghị nào chờ xác nhận"), (_("Thêm người, và mọi thay đổi mở rộng quyền, chờ ở đây cho đến khi một quản trị viên khác xác nhận."),)))  # fmt: skip
        return
    names = {one.id: one.is_.name for one in roll.everybody(view.store)}
    for one in waiting:
        with st.container(border=True, key=f"change_{one.id}"):
            frame.show(
                Heading(f"{names.get(one.viewer_id or 0, one.to.name)}: {words.change(one, view)}"),
                Note(_("{who} đề nghị lúc {at}.", who=one.proposed_by, at=moment(one.proposed_at, view.home.zone))),
            )
            own = view.viewer.via == "login" and view.viewer.id in (one.proposer, one.viewer_id)
            with st.container(horizontal=True):
                if st.button(_("Xác nhận"), type="primary", key=f"change_yes_{one.id}", disabled=own):
                    _decide(view, one, True)
                if st.button(_("Từ chối"), key=f"change_no_{one.id}"):
                    _decide(view, one, False)
            if own:
                frame.show(Note(_("Người đề nghị và người được thay đổi không tự xác nhận được.")))


def _decide(view: View, one: Change, yes: bool) -> None:
    access.require(view.viewer, doors.DOORS[view.page])
    try:
        (roll.confirm if yes else roll.reject)(view.store, view.viewer, one.id, now())
    except CampaignError as fault:
        st.error(literal(str(fault)))
        return
    done = _("Đã xác nhận: {name}.", name=one.to.name) if yes else _("Đã từ chối: {name}.", name=one.to.name)
    st.session_state[listing.MESSAGE] = done
    st.rerun()
