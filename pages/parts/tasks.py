"""The work list of a unit in words. No streamlit."""

from __future__ import annotations

import datetime as dt

from data.locale import _
from data.locale.formats import NBSP, NOTHING, date, number
from kpi.catalog import figure
from kpi.model import Row
from kpi.worklist import Task
from pages.parts import present, states
from pages.parts.blocks import Cell, Column, State, Table
from pages.parts.view import View, is_lost

MOST = 15
SERVICE_WORK = frozenset({"rejected", "submitted", "reviewed", "listed", "integrated", "unused"})
"""Tasks that are services; all others are dossiers."""


def main_figure(rows: list[Row]) -> Row | None:
    """The worst target that work can still move."""
    late = [row for row in rows if row.pace is not None and row.pace.gap_count > 0]
    movable = [row for row in late if not is_lost(row)]
    return next(iter(movable or late), None)


def title(main: Row, work: list[Task]) -> str:
    name = present.in_sentence(figure(main.kpi))
    if not work:
        return _("Việc cần làm: {figure}", figure=name)
    return _("Việc cần làm, hiệu quả nhất trước: {figure}", figure=name)


def table(work: list[Task], view: View) -> Table | State:
    if not work:
        return states.nothing_to_do()
    elsewhere = any(task.unit != view.unit for task in work)
    place = [Column(_("Đơn vị"))] * elsewhere
    if work[0].what in SERVICE_WORK:
        heads = [Column(_("Dịch vụ")), Column(_("Vướng mắc")), *place, Column(_("Từ ngày"), True)]
        return Table(
            heads,
            [[*_service(task), *_place(task, view, elsewhere), Cell(_day(task.due), label=_("từ"))] for task in work],
        )
    heads = [Column(_("Hồ sơ, thủ tục")), *place, Column(_("Hẹn trả"), True), Column(_("Còn lại"), True)]
    return Table(
        heads,
        [
            [
                Cell(task.name or task.code, task.code),
                *_place(task, view, elsewhere),
                Cell(_day(task.due), label=_("hẹn trả")),
                _left(task),
            ]
            for task in work
        ],
    )


def _service(task: Task) -> list[Cell]:
    state = state_word(task.what)
    return [Cell(task.name or task.code, task.code), Cell(task.reason or state, state if task.reason else "")]


def _place(task: Task, view: View, elsewhere: bool) -> list[Cell]:
    """The unit's name where a list mixes units."""
    return [Cell(view.tree[task.unit].name)] * elsewhere


def state_word(state: str) -> str:
    words = {
        "rejected": _("Cổng trả lại"),
        "submitted": _("Đã gửi, chờ duyệt"),
        "reviewed": _("Đã rà soát, chưa gửi"),
        "listed": _("Chưa rà soát"),
        "integrated": _("Đã tích hợp, chưa ở mức độ 4"),
        "unused": _("Chưa có hồ sơ trực tuyến trong kỳ"),
    }
    return words.get(state, state)


def _day(due: dt.date | None) -> str:
    return NOTHING if due is None else date(due)


def _left(task: Task) -> Cell:
    """Working days left or overdue; always words beside the shape."""
    if task.days_left is None:
        return Cell(NOTHING)
    left = task.days_left
    if task.what == "undigitised":
        return Cell(_("chưa số hóa").replace(" ", NBSP))
    if task.what == "letter":
        return Cell(_("▲ gửi thư hôm nay").replace(" ", NBSP), bold=True, tone="warn")
    if task.what == "overdue":
        late = max(-left, 0)
        words = _("✖ quá {n} ngày", count=late, n=number(late)) if late else _("✖ quá hạn")
        return Cell(words.replace(" ", NBSP), bold=True, tone="warn")
    if left == 0:
        return Cell(_("▲ hôm nay").replace(" ", NBSP), bold=True, tone="warn")
    return Cell(_("còn {n} ngày", count=left, n=number(left)).replace(" ", NBSP))
