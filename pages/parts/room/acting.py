"""Writing from the meeting room: checked again at the click, told on the page that follows."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from data.access import Action
from data.errors import CallFault, CampaignError
from data.locale import _
from kpi import meeting
from kpi.meeting import Meeting
from loaders.text import mask, visible
from pages.parts import access
from pages.parts.intake import now
from pages.parts.literal import literal
from pages.parts.view import View

MESSAGE = "room_message"
LONGEST = 4_000


def act(view: View, done: str, write: Callable[[str, int], object]) -> bool:
    """Runs before the page and its language: ``done`` names the words that are made afterwards. True: it was written."""
    try:
        access.require(view.viewer, Action.decide)
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
            "begun": _("Đã mở phiên họp và chốt số liệu."),
            "ended": _("Phiên họp đã kết thúc. Các kết luận được theo dõi đến phiên sau."),
            "noted": _("Đã lưu ý kiến."),
            "decided": _("Đã ghi kết luận."),
            "closed": _("Đã ghi kết quả."),
            "marked": _("Đã ghi nhận mốc."),
        }
        st.success(words[done])


def kept(text: str) -> str:
    """What people type, without numbers of persons and what a reader does not see; its lines stay."""
    lines = (visible(line).strip() for line in mask(text[:LONGEST]).splitlines())
    return "\n".join(lines).strip()


def open_meeting(view: View) -> Meeting:
    """The meeting of the view's moment as it is now. Raises CallFault when there is none."""
    found = meeting.at_moment(view.store, view.campaign.key, view.as_of)
    if found is None or not found.is_open:
        raise CallFault(_("Phiên họp ở thời điểm này chưa mở hoặc đã kết thúc."))
    return found
