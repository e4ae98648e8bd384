"""Which shown figures a step would change, as a table: before and after, the whole first."""

from __future__ import annotations

from collections.abc import Sequence

from data.home import Home
from data.locale import _, language
from data.locale.formats import NOTHING, decimal, number, percent
from kpi.catalog import FIGURES
from kpi.changes import Change
from kpi.model import Row
from pages.parts import present
from pages.parts.blocks import Block, Cell, Column, Heading, Note, Table

MOST = 30


def block(changes: Sequence[Change], home: Home, title: str) -> list[Block]:
    if not changes:
        return [Heading(_("Không số nào đang hiển thị thay đổi"))]
    heads = [Column(_("Chỉ tiêu, đơn vị")), Column(_("Trước"), True), Column(_("Sau"), True)]
    lines = [_line(change, home) for change in changes[:MOST]]
    rest = len(changes) - MOST
    more = [Note(_("… và {n} số khác.", count=rest, n=number(rest)))] if rest > 0 else []
    return [Heading(title), Table(heads, lines), *more]


def _line(change: Change, home: Home) -> list[Cell]:
    campaign = home.campaigns.get(change.campaign)
    name = present.short(FIGURES[change.kpi]) if change.kpi in FIGURES else change.name or change.kpi
    where = " · ".join(filter(None, (change.name, campaign.name(language()) if campaign else "")))
    return [
        Cell(name, where),
        Cell(_value(change.kpi, change.before), _parts(change.before), right=True, label=_("trước")),
        Cell(_value(change.kpi, change.after), _parts(change.after), right=True, bold=True, label=_("sau")),
    ]


def _value(kpi: str, side: Row | None) -> str:
    if side is None or side.value is None:
        return NOTHING
    declared = FIGURES.get(kpi)
    return percent(side.value) if declared is not None and declared.is_ratio else decimal(side.value, 2)


def _parts(side: Row | None) -> str:
    """Numerator and denominator of a quotient."""
    if side is None or side.denominator is None:
        return ""
    return f"{decimal(side.numerator, 2)} / {decimal(side.denominator, 2)}"
