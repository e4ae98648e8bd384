"""The correction log: what changed figures of days already told, by which file, in which unit, and why."""

from __future__ import annotations

import re

from data.clock import day_of
from data.locale import _
from data.locale.formats import NOTHING, date, moment, number
from kpi import corrections
from kpi.corrections import Correction
from pages.parts import choose, frame
from pages.parts.blocks import Cell, Column, Heading, Note, State, Table
from pages.parts.drill import words
from pages.parts.view import View

SIZE = 25
KINDS = ("late", "correction", "undo", "definition")


def draw(view: View) -> None:
    names = {"": _("Mọi loại")} | {kind: words.correction(kind) for kind in KINDS}
    kind = choose.one(names, _("Loại"), "kind") or None
    unit = None if view.is_root else view.unit
    total = corrections.count(view.store, kind=kind, unit=unit)
    if not total:
        frame.show(State(_("Chưa có gì trong nhật ký"), (_("Số liệu đến muộn, sửa lại, hoàn tác và đổi cách tính được ghi ở đây, mỗi lần nạp và mỗi đơn vị một dòng."),)))  # fmt: skip
        return
    found = corrections.log(view.store, limit=SIZE, offset=choose.sheet(total, SIZE), kind=kind, unit=unit)
    columns = [Column(_("Lúc")), Column(_("Loại")), Column(_("Đơn vị")), Column(_("Số lượng"), True), Column(_("Các ngày bị đổi")), Column(_("Nội dung"))]  # fmt: skip
    frame.show(
        Heading(_("{n} lần số đã báo cáo bị đổi, mới nhất trước", count=total, n=number(total))),
        Table(columns, [_line(one, view) for one in found]),
        Note(_("Ngày đã báo cáo là ngày mà một lần nạp trước đó đã có số liệu muộn hơn.")),
    )
    choose.turn(total, SIZE)


def _line(one: Correction, view: View) -> list[Cell]:
    href = view.href("imports", part="history", entry=str(one.import_id)) if one.import_id is not None else ""
    return [
        Cell(moment(one.at, view.home.zone), one.who),
        Cell(words.correction(one.kind), one.file or "", href=href),
        Cell(words.unit(one.unit, view) if one.unit else NOTHING),
        Cell(number(one.n), right=True, label=_("số lượng")),
        Cell(_days(one), label=_("các ngày")),
        Cell(_what(one), one.reason, label=_("nội dung")),
    ]


def _days(one: Correction) -> str:
    if one.first_day is None:
        return NOTHING
    first = date(day_of(one.first_day))
    if one.last_day is None:
        return _("từ {day}", day=first)
    return first if one.last_day == one.first_day else f"{first} – {date(day_of(one.last_day))}"


def _what(one: Correction) -> str:
    """Fields in words; what a definition says stays as it is."""
    if one.kind == "definition":
        return one.what
    if found := re.fullmatch(r"import:(\d+)", one.what):
        return _("hoàn tác lần nạp {n}", n=found[1])
    return ", ".join(dict.fromkeys(words.field(name) for name in one.what.split(",") if name))
