"""Chỉ tiêu & định nghĩa: what every figure counts, which targets hold for whom, and targets from a sheet."""

from data.locale import _
from pages.parts import choose, doors, frame, trust_words
from pages.parts.agreed import definitions, from_sheet, matrix
from pages.parts.blocks import Verdict

view = frame.guard()
frame.show(Verdict(*trust_words.targets_verdict(view)))
all_parts = {
    "targets": (_("Chỉ tiêu được giao"), matrix.draw),
    "definitions": (_("Định nghĩa"), definitions.draw),
    "sheet": (_("Nạp từ bảng tính"), from_sheet.draw),
}
parts = doors.parts(view.viewer, "targets", all_parts)
chosen = choose.part({code: words for code, (words, _draw) in parts.items()}, _("Phần của trang"))
parts[chosen][1](view)
