"""Nhật ký: who did what and when, and who may do what."""

from data import audit
from data.locale import _
from pages.parts import choose, frame
from pages.parts.blocks import Verdict
from pages.parts.roll import listing, log, rights, words

view = frame.guard()
frame.show(Verdict(*words.log_verdict(audit.search(view.store, limit=1)[1], view)))
parts = {
    "log": (_("Nhật ký"), log.draw),
    "people": (_("Người dùng"), listing.table),
    "rights": (_("Ai được làm gì"), rights.draw),
}
chosen = choose.part({code: title for code, (title, _draw) in parts.items()}, _("Phần của trang"))
parts[chosen][1](view)
