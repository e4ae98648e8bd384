"""Báo cáo: when one is due, what it says, how it differs from the one before, what to check, and issuing it."""

from data.locale import _
from pages.parts import choose, doors, frame
from pages.parts.blocks import Verdict
from pages.parts.report import acting, brief, calendar, changes, desk, issue, preview, text, words

view = frame.guard()
here = desk(view)
frame.show(Verdict(*words.verdict(here)))
acting.tell()
all_parts = {
    "calendar": (_("Lịch báo cáo"), calendar.draw),
    "text": (_("Soạn lời văn"), text.draw),
    "preview": (_("Xem trước"), preview.draw),
    "changes": (_("So kỳ trước"), changes.draw),
    "brief": (_("Tóm tắt & gói"), brief.draw),
    "issue": (_("Kiểm tra & phát hành"), issue.draw),
}
parts = doors.parts(view.viewer, "reports", all_parts)
chosen = choose.part({code: name for code, (name, _draw) in parts.items()}, _("Phần của trang"))
parts[chosen][1](here)
