"""Part: how this report differs from the one before, in figures and in words."""

from __future__ import annotations

from itertools import groupby

from data.access import Action
from data.locale import _
from data.locale.formats import NOTHING, moment, number
from kpi.reports import differences, issuing, rhythm
from kpi.reports.differences import CellStep, TextStep
from pages.parts import choose, frame
from pages.parts.blocks import Cell, Column, Heading, Note, State, Table
from pages.parts.report import Desk

SIZE = 40


def draw(desk: Desk) -> None:
    view = desk.view
    view.note(Action.dossiers, "changes")  # of the annex that lists them as well
    replaced = next((one for one in desk.issues if desk.issue is not None and one.id == desk.issue.replaces), None)
    before = rhythm.previous(view.home, view.campaign, desk.as_of)
    if before is None:
        frame.show(State(_("Đây là kỳ báo cáo đầu tiên"), (_("Chưa có kỳ trước để so sánh."),)))
        return
    options = {"": _("Kỳ trước, số liệu đến {at}", at=moment(before, view.home.zone))}
    if replaced is not None:
        options["replaced"] = _("Bản {n} đã được thay", n=replaced.id)
    chosen = choose.part(options, _("So với"), "kind") if len(options) > 1 else ""
    if chosen and replaced is not None:
        then = issuing.report_of(view.store, replaced.id)
    else:
        then = issuing.report(view.store, view.home, view.campaign, before, unit=desk.unit, scope=view.viewer.scope)
    if then is None:
        frame.show(State(_("Bản trước chỉ chốt số liệu, không có báo cáo"), ()))
        return
    _show(differences.difference(then, desk.shown))


def _show(found: differences.Difference) -> None:
    if found.nothing:
        frame.show(State(_("Không khác gì"), (_("Số liệu và lời văn như bản trước."),)))
        return
    total = len(found.cells)
    start = choose.sheet(total, SIZE)
    frame.show(Heading(_("{n} số đã đổi", count=total, n=number(total))))
    columns = [Column(_("Chỉ tiêu, đơn vị")), Column(_("Cột")), Column(_("Trước"), True), Column(_("Nay"), True)]
    for title, steps in groupby(found.cells[start : start + SIZE], key=lambda step: step.table):
        frame.show(Heading(title), Table(columns, [_cell(step) for step in steps]))
    choose.turn(total, SIZE)
    frame.show(Heading(_("{n} đoạn đã đổi", count=len(found.texts), n=number(len(found.texts)))))
    frame.show(Table([Column(_("Đoạn")), Column(_("Trước")), Column(_("Nay"))], [_text(n, step) for n, step in enumerate(found.texts, start=1)]))  # fmt: skip
    frame.show(Note(_("Đoạn chỉ có ở một bên thì bên kia ghi «—».")))


def _cell(step: CellStep) -> list[Cell]:
    return [
        Cell(step.line),
        Cell(step.column),
        Cell(step.then or NOTHING, right=True, label=_("trước")),
        Cell(step.now or NOTHING, right=True, bold=True, label=_("nay")),
    ]


def _text(n: int, step: TextStep) -> list[Cell]:
    return [Cell(number(n)), Cell(step.then or NOTHING, label=_("Trước:")), Cell(step.now or NOTHING, label=_("Nay:"))]
