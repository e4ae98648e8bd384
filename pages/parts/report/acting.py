"""Writing from the page of reports."""

from __future__ import annotations

from collections.abc import Callable

from data.access import Action
from data.locale import _
from pages.parts import acting
from pages.parts.view import View

MESSAGE = "report_message"


def act(view: View, action: Action, done: str, write: Callable[[str, int], object]) -> bool:
    return acting.act(MESSAGE, view, action, done, write, unit=view.unit)


def tell() -> None:
    words = {
        "kept": _("Đã lưu."),
        "reset": _("Đã lấy lại lời văn theo số liệu."),
        "confirmed": _("Đã giữ lời văn của bạn."),
        "issued": _("Đã phát hành: số liệu và lời văn của báo cáo này không đổi nữa."),
    }
    acting.tell(MESSAGE, words)
