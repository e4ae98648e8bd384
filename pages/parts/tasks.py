"""The work list of a unit in words. No streamlit."""

from __future__ import annotations

import datetime as dt

from data.locale import _, language
from data.locale.formats import NBSP, NOTHING, date, number, percent
from kpi.catalog import figure
from kpi.model import Row
from kpi.worklist import Reached, Task, WorkList
from pages.parts import present, states
from pages.parts.blocks import Block, Cell, Column, Heading, Note, Picks, State, Table
from pages.parts.view import View, is_lost

MOST = 15
SERVICE_WORK = frozenset({"rejected", "submitted", "reviewed", "listed", "integrated", "unused"})
"""Tasks that are services; all others are dossiers."""


def main_figure(rows: list[Row]) -> Row | None:
    """The worst target that work can still move."""
    late = [row for row in rows if row.pace is not None and row.pace.gap_count > 0]
    movable = [row for row in late if not is_lost(row)]
    return next(iter(movable or late), None)


def title(main: Row, work: WorkList) -> str:
    name = present.in_sentence(figure(main.kpi))
    if not work.tasks:
        return _("Việc cần làm: {figure}", figure=name)
    return _("Việc cần làm, hiệu quả nhất trước: {figure}", figure=name)


def table(work: WorkList, view: View) -> Table | State:
    """Tasks in their order, each with what the figure says once it and all before it are done."""
    if not work.tasks:
        return states.nothing_to_do(work.nothing(language()) if work.nothing else "")
    elsewhere = any(task.unit != view.unit for task in work.tasks)
    place = [Column(_("Đơn vị"))] * elsewhere
    after = [Column(_("Sau việc này"), True)]
    lines = [(task, _after(reached, work)) for task, reached in zip(work.tasks, work.after[1:], strict=True)]
    if work.tasks[0].what in SERVICE_WORK:
        heads = [Column(_("Dịch vụ")), Column(_("Vướng mắc")), *place, Column(_("Từ ngày"), True), *after]
        return Table(
            heads,
            [
                [*_service(task, view), *_place(task, view, elsewhere), Cell(_day(task.due), label=_("từ")), done]
                for task, done in lines
            ],
        )
    heads = [Column(_("Hồ sơ, thủ tục")), *place, Column(_("Hẹn trả"), True), Column(_("Còn lại"), True), *after]
    return Table(
        heads,
        [
            [
                Cell(task.name or task.code, task.code, href=view.href("source", entry=task.code)),
                *_place(task, view, elsewhere),
                Cell(_day(task.due), label=_("hẹn trả")),
                _left(task),
                done,
            ]
            for task, done in lines
        ],
    )


def more(work: WorkList, view: View) -> list[Block]:
    """What the list leaves out, and what its last column means."""
    if not work.tasks:
        return []
    words = _(
        "«Sau việc này»: kết quả và hạng nếu làm xong việc này và mọi việc phía trên, các đơn vị khác giữ nguyên."
    )
    if work.total <= len(work.tasks):
        return [Note(words)]
    shown = _("{n} việc đầu trong {all}.", n=number(len(work.tasks)), all=number(work.total))
    return [
        Note(f"{shown} {words}"),
        Picks([(_("Mọi hồ sơ, dịch vụ còn thiếu"), view.href("source", kpi=work.kpi, unit=view.unit))]),
    ]


def _after(reached: Reached, work: WorkList) -> Cell:
    declared = figure(work.kpi)
    # As many decimals as tell it from the value before the first task.
    value = percent(reached.value, work.after[0].value) if declared.is_ratio else number(reached.value)
    rank = "" if reached.rank is None else _("hạng {n}", n=reached.rank)
    return Cell(value, rank, right=True, raw=reached.value, label=_("sau việc này"))


def today(view: View) -> list[Block]:
    """What is due today, tomorrow, and which letters of apology have to go out before the day is over."""
    lanes = view.lanes()
    letters = view.letters_to_send()
    counts = [
        (_("Quá hạn"), lanes["overdue"], "warn" if lanes["overdue"] else "none", "overdue", ""),
        (_("Hẹn trả hôm nay"), lanes["today"], "none", "today", ""),
        (_("Hẹn trả ngày làm việc tới"), lanes["t1"], "none", "t1", ""),
        (_("Thư xin lỗi phải gửi hôm nay"), letters, "warn" if letters else "none", "", "letters"),
    ]
    rows = [
        [
            Cell(words, href=view.href("dossiers", kind=lane, part=part)),
            Cell(number(n), right=True, bold=True, raw=n, tone=tone),
        ]
        for words, n, tone, lane, part in counts
    ]
    if letters:
        text = _("{n} thư xin lỗi phải gửi hôm nay", count=letters, n=number(letters))
    else:
        text = _("Hôm nay không phải gửi thư xin lỗi nào")
    return [Heading(text), Table([Column(_("Hồ sơ của đơn vị")), Column(_("Số lượng"), True)], rows)]


def _service(task: Task, view: View) -> list[Cell]:
    state = state_word(task.what)
    name = Cell(task.name or task.code, task.code, href=view.href("source", entry=task.code))
    return [name, Cell(task.reason or state, state if task.reason else "")]


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
