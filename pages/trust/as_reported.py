"""Theo thời điểm: what was reported, what was known then, what is known now, and what was corrected since."""

from data.locale import _
from pages.parts import choose, frame, trust_words
from pages.parts.blocks import Verdict
from pages.parts.told import log, reported

view = frame.guard()
frame.show(Verdict(*trust_words.told_verdict(view)))
parts = {"reported": (_("Bản chốt số liệu"), reported.draw), "log": (_("Nhật ký sửa số"), log.draw)}
chosen = choose.part({code: words for code, (words, _draw) in parts.items()}, _("Phần của trang"))
parts[chosen][1](view)
