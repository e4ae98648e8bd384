"""Step: the units to ask, one after the other, each with what it could do and what was decided about it."""

from __future__ import annotations

from data.locale import _
from data.locale.formats import number
from kpi.catalog import figure
from kpi.model import Row
from pages.parts import choose, frame, present, states, tasks
from pages.parts.blocks import Heading, Picks, Targets, Verdict
from pages.parts.literal import literal
from pages.parts.room import Sitting, target_rows, words
from pages.parts.view import LATE, View, bottlenecks, worst_first

UNITS, CELLS, TASKS = 8, 40, 5


def draw(sitting: Sitting) -> None:
    view = sitting.view
    whole, below = target_rows(view)
    heaviest = bottlenecks(below, whole, CELLS)
    codes = list(dict.fromkeys(row.unit for row in heaviest))[:UNITS]
    if not codes:
        frame.show(Verdict(_("Không phải hỏi đơn vị nào"), _("Không đơn vị nào chậm hoặc có nguy cơ.")))
        return
    title = _("{n} đơn vị cần hỏi", count=len(codes), n=number(len(codes)))
    frame.show(Verdict(title, _("Đơn vị giữ phần lớn nhất của số còn thiếu được hỏi trước.")))
    names = {code: f"{n}. {literal(view.tree[code].name)}" for n, code in enumerate(codes, start=1)}
    chosen = choose.part(names, _("Đơn vị"), "entry")
    one(sitting, view.with_unit(chosen), [row for row in below if row.unit == chosen])


def one(sitting: Sitting, view: View, rows: list[Row]) -> None:
    """One unit: its late figures, the first things it can do about the worst of them, decisions about it."""
    late = worst_first([row for row in rows if row.status in LATE and not row.few])
    lines = [present.target_line(row, view) for row in late]
    frame.show(Heading(view.place.name), Targets(lines, _("Chỉ tiêu"), _("Còn thiếu")))
    main = tasks.main_figure(late)
    if main is not None:
        if view.reads_dossiers or figure(main.kpi).reads != "dossiers":
            work = view.work(main.kpi, TASKS)
            frame.show(Heading(tasks.title(main, work)), tasks.table(work, view))
        else:
            frame.show(states.not_yours(view.place.name))
    about = [found for found in sitting.judged if found.decision.unit == view.unit and not found.is_final]
    if about:
        frame.show(Heading(_("Đã giao cho đơn vị này")), words.table(about, view))
    frame.show(Picks([(_("Mọi việc cần làm của {unit}", unit=view.place.name), view.href("my_unit", unit=view.unit))]))
