"""Figures without a target that give the others their scale."""

from __future__ import annotations

from data.locale import _, language
from data.locale.formats import number
from kpi.catalog import figure
from kpi.model import Row
from pages.parts import messages, present
from pages.parts.blocks import Block, Cell, Column, Heading, Table
from pages.parts.view import View

SHOWN = (
    "services",
    "overdue_share",
    "online_submit",
    "online_eligible",
    "processed_online",
    "e_certification",
    "land_payments",
)


def table(view: View) -> list[Block]:
    """The figures that nobody set a target for; empty where none has a value."""
    targets = {target.kpi for target in view.campaign.target}
    rows = [row for row in view.figures(SHOWN, unit=view.unit) if row.value is not None and row.kpi not in targets]
    if not rows:
        return []
    columns = [Column(_("Chỉ tiêu")), Column(_("Kết quả"), right=True)]
    lines = [
        [
            Cell(present.label(row), _second(row), bold=True),
            Cell(present.value(row), right=True, href=present.source(row, view)),
        ]
        for row in rows
    ]
    return [Heading(_("Số liệu nền, không giao chỉ tiêu")), Table(columns, lines)]


def _second(row: Row) -> str:
    declared = figure(row.kpi)
    if row.denominator is None:
        return declared.numerator_text(language())
    return _(
        "{part} trong {whole} {noun}",
        part=number(row.numerator),
        whole=number(row.denominator),
        noun=present.noun(declared),
    )


def schemes(view: View) -> list[Block]:
    """The latest national rank under every scheme; empty where there is only the campaign's own."""
    rows = [row for row in view.figures(("national_rank",)) if row.value is not None]
    if {row.scheme for row in rows} <= {view.campaign.rank_scheme}:
        return []
    columns = [Column(_("Cách xếp")), Column(_("Hạng"), right=True)]
    lines = [
        [
            Cell(_upper_first(messages.scheme_words(row.scheme or "")), bold=True),
            Cell(number(row.value), right=True, href=present.source(row, view)),
        ]
        for row in rows
    ]
    return [Heading(_("Hạng toàn quốc theo từng cách xếp")), Table(columns, lines)]


def _upper_first(text: str) -> str:
    return text[:1].upper() + text[1:]
