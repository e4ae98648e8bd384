"""Số đã công bố: each published figure beside what the system computes for that moment."""

from data.locale import _
from pages.parts import frame, html, states, trust_words
from pages.parts.html import Column

view = frame.guard()
checked = view.published()
if not checked:
    frame.stop(states.no_published())

frame.show(html.verdict(*trust_words.published_verdict(checked)))
columns = [Column(_("Số đã công bố")), Column(_("Thời điểm")), Column(_("Chỉ tiêu")), Column(_("Công bố"), True), Column(_("Tính được"), True), Column(_("Đối chiếu"))]  # fmt: skip
frame.show(html.table(columns, [trust_words.published_line(entry, view) for entry in checked]))
frame.show(html.note(trust_words.published_note()))
