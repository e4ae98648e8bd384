"""Writing from the meeting room."""

from __future__ import annotations

from collections.abc import Callable

from data.access import Action
from data.errors import CallFault
from data.locale import _
from kpi import meeting
from kpi.meeting import Meeting
from loaders.text import mask, visible
from pages.parts import acting
from pages.parts.view import View

MESSAGE = "room_message"
LONGEST = 4_000


def act(view: View, done: str, write: Callable[[str, int], object]) -> bool:
    return acting.act(MESSAGE, view, Action.decide, done, write)


def tell() -> None:
    words = {
        "begun": _("Đã mở phiên họp và chốt số liệu."),
        "ended": _("Phiên họp đã kết thúc. Các kết luận được theo dõi đến phiên sau."),
        "noted": _("Đã lưu ý kiến."),
        "decided": _("Đã ghi kết luận."),
        "closed": _("Đã ghi kết quả."),
        "marked": _("Đã ghi nhận mốc."),
    }
    acting.tell(MESSAGE, words)


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
