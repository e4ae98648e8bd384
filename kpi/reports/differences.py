"""How a report differs from another one: figures of the province, places of units, and words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kpi.reports.content import Cell, Paragraph, Report, Table

COMPARED = ("targets", "league.", "overdue", "form06a")
"""Tables whose lines are compared: those of these keys, or whose keys begin so."""


@dataclass(frozen=True, slots=True)
class CellStep:
    """One number of a table then and now; "" where there was or is no such line."""

    table: str
    line: str
    column: str
    then: str
    now: str


@dataclass(frozen=True, slots=True)
class TextStep:
    """A paragraph then and now; "" where there was or is none."""

    key: str
    then: str
    now: str


@dataclass(frozen=True, slots=True)
class Difference:
    cells: tuple[CellStep, ...]
    texts: tuple[TextStep, ...]

    @property
    def nothing(self) -> bool:
        return not self.cells and not self.texts


def difference(then: Report, now: Report) -> Difference:
    """What changed from one report to another, in the order of the later one, then what is no longer there."""
    old, new = _texts(then), _texts(now)
    texts = tuple(
        TextStep(key, old.get(key, ""), new.get(key, ""))
        for key in dict.fromkeys([*new, *old])
        if old.get(key, "") != new.get(key, "")
    )
    before, after = dict(_cells(then)), dict(_cells(now))
    cells = tuple(
        CellStep(*place, before.get(place, ""), after.get(place, ""))
        for place in dict.fromkeys([*after, *before])
        if before.get(place, "") != after.get(place, "")
    )
    return Difference(cells, texts)


def _texts(report: Report) -> dict[str, str]:
    parts = [part for one in report.sections for part in one.parts]
    return {part.key: part.text for part in parts if isinstance(part, Paragraph)}


def _cells(report: Report) -> Iterator[tuple[tuple[str, str, str], str]]:
    """(table's title, line, column) → text, of the columns that hold numbers of the moment itself."""
    parts = [part for one in report.sections for part in one.parts]
    parts += [part for annex in report.annexes for part in annex.parts]
    for table in parts:
        if not isinstance(table, Table) or not table.key.startswith(COMPARED):
            continue
        for row in table.rows:
            line = _name(row)
            for place, (column, cell) in enumerate(zip(table.columns, row, strict=True)):
                if place > 1 and cell.kind in ("count", "percent", "decimal") and not column.heading.startswith(CHANGE):
                    yield (
                        (table.title, line, f"{column.group}: {column.heading}" if column.group else column.heading),
                        cell.text,
                    )


CHANGE = ("So kỳ trước", "Thay đổi")
"""Columns that speak of a difference already."""


def _name(row: tuple[Cell, ...]) -> str:
    """A line's name: the second cell; the first is a number or a rank."""
    return row[1].text if len(row) > 1 else row[0].text
