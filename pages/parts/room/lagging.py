"""Step: the exceptions, by status: behind, at risk, without new data."""

from __future__ import annotations

from data.locale import _
from data.locale.formats import number
from kpi.model import Row, Status
from pages.parts import frame, messages, present
from pages.parts.blocks import Block, Changes, Heading, Note, Targets, Verdict
from pages.parts.room import Sitting, target_rows
from pages.parts.view import LATE, View, bottlenecks

MOST = 6


def draw(sitting: Sitting) -> None:
    view = sitting.view
    whole, below = target_rows(view)
    counted = {status: [row for row in below if row.status is status] for status in (*LATE, Status.STALE)}
    stale = len({row.unit for row in counted[Status.STALE]})
    parts = [
        *[_("{n} ô chậm hoặc không đạt", n=number(len(counted[Status.BEHIND])))] * bool(counted[Status.BEHIND]),
        *[_("{n} ô có nguy cơ", n=number(len(counted[Status.AT_RISK])))] * bool(counted[Status.AT_RISK]),
        *[_("{n} đơn vị có số liệu cũ", count=stale, n=number(stale))] * bool(stale),
    ]
    if not below:
        title = _("{unit} không có đơn vị nào bên dưới để so", unit=view.place.name)
    elif parts:
        title = _("{parts} trong {all} ô", parts=", ".join(parts), all=number(len(below)))
    else:
        title = _("Không đơn vị nào chậm hoặc có nguy cơ")
    lead = _("Mỗi ô là một đơn vị với một chỉ tiêu; ô giữ phần lớn nhất của số còn thiếu đứng trước.")
    frame.show(Verdict(title, lead if below else ""))
    for status, words in ((Status.BEHIND, _("Chậm hoặc không đạt")), (Status.AT_RISK, _("Có nguy cơ"))):
        frame.show(*_group(words, counted[status], whole, view))
    if found := messages.stale_change(below):
        frame.show(Heading(_("Số liệu cũ")), Changes([found]))


def _group(words: str, rows: list[Row], whole: list[Row], view: View) -> list[Block]:
    """The heaviest cells of one status."""
    shown = bottlenecks(rows, whole, MOST)
    if not shown:
        return []
    lines = [present.cell(row, view, max(r.value or 0 for r in shown if r.kpi == row.kpi)) for row in shown]
    left = len(rows) - len(shown)
    blocks: list[Block] = [Heading(words), Targets(lines, _("Đơn vị, chỉ tiêu"), _("Còn thiếu"))]
    return [*blocks, Note(_("Và {n} ô khác.", count=left, n=number(left)))] if left else blocks
