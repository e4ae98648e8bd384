"""How a table stands on paper: heading rows, letters' size, widths and sides of its columns. The same in DOCX and PDF."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from kpi.reports.content import Table

Side = Literal["left", "center", "right"]

SIZES = (12, 11, 10)
"""Points, the largest that fits is taken."""
MANY_COLUMNS = (7, 10)
"""A table with more columns begins with the second, with more still with the third size."""
PADDING = 1.4
"""Millimetres left and right of the words in a cell."""

_MILLIMETRES = 25.4 / 72
_UNBROKEN = 12
"""Letters of a cell that should stand on one line."""
_LONGEST = 26
"""Letters of a word (a dossier's code) that should stand on one line."""
_HEADING = 18
"""Millimetres that a long heading may ask for."""
_SHORT = 4
"""Letters of a column (numbers of lines, marks) that stands in the middle."""


@dataclass(frozen=True, slots=True)
class Layout:
    """``size`` in points; ``widths`` in millimetres, together as wide as the room; ``sides``: where words stand."""

    size: int
    widths: tuple[float, ...]
    sides: tuple[Side, ...]


def layout(table: Table, room: float) -> Layout:
    """How a table fits into ``room`` millimetres: no number, day or code is broken as long as smaller letters help."""
    sizes = SIZES[sum(len(table.columns) > many for many in MANY_COLUMNS) :]
    for size in sizes:
        least = _least(table, size, _UNBROKEN, _LONGEST)
        if sum(least) <= room:
            return Layout(size, _shared(table, least, _most(table, size), room), _sides(table))
    least = _least(table, sizes[-1], 0, _UNBROKEN)
    scale = min(1.0, room / sum(least))
    fitting = [width * scale for width in least]
    return Layout(sizes[-1], _shared(table, fitting, _most(table, sizes[-1]), room), _sides(table))


def heading_rows(table: Table) -> list[list[tuple[str, int, int]]]:
    """Rows of the heading as (words, columns across, rows down), those of the group headings first."""
    if not any(column.group for column in table.columns):
        return [[(column.heading, 1, 1) for column in table.columns]]
    above: list[tuple[str, int, int]] = []
    below: list[tuple[str, int, int]] = []
    before = ""
    for column in table.columns:
        if not column.group:
            above.append((column.heading, 1, 2))
        else:
            below.append((column.heading, 1, 1))
            if column.group == before:
                words, across, down = above.pop()
                above.append((words, across + 1, down))
            else:
                above.append((column.group, 1, 1))
        before = column.group
    return [above, below]


def _sides(table: Table) -> tuple[Side, ...]:
    def side(place: int, right: bool) -> Side:
        cells = [row[place] for row in table.rows]
        if any(cell.kind == "day" for cell in cells) or (not right and all(len(cell.text) <= _SHORT for cell in cells)):
            return "center"
        return "right" if right else "left"

    return tuple(side(place, column.right) for place, column in enumerate(table.columns))


def _least(table: Table, size: int, unbroken: int, longest: int) -> list[float]:
    """Millimetres that each column needs at least."""
    found = []
    for place, column in enumerate(table.columns):
        pieces = {piece for word in column.heading.split() for piece in _pieces(word, longest)}
        heading = max((_width(piece, size) * 1.06 for piece in pieces), default=0.0)
        body = 0.0
        for row in table.rows:
            text, broader = row[place].text, 1.06 if row[place].bold else 1.0
            words = [text] if len(text) <= unbroken else text.split()
            for word in words:
                for piece in _pieces(word, longest):
                    body = max(body, _width(piece, size) * broader)
        found.append(max(heading, body) + 2 * PADDING + 0.4)
    return found


def _pieces(word: str, longest: int) -> Iterable[str]:
    """What is left of a word that has to be broken: after its own signs, else anywhere."""
    if len(word) <= longest:
        return [word]
    return [piece[: _UNBROKEN + 2] for piece in re.split(r"(?<=[-./_])", word)]


@lru_cache(10_000)
def _width(text: str, size: int) -> float:
    """Millimetres of a text in letters as wide as Times New Roman, rather too many."""
    ems = sum(
        0.3 if letter in " .,:;'|!()[]-ijlt/I" else 0.78 if letter.isupper() or letter in "mw%" else 0.51
        for letter in text
    )
    return ems * size * _MILLIMETRES


def _most(table: Table, size: int) -> list[float]:
    """Millimetres beyond which a column gains little: its cells on one line, its heading on two or, of many words, more."""
    found = []
    for place, column in enumerate(table.columns):
        body = max((_width(row[place].text, size) for row in table.rows), default=0.0)
        found.append(max(body * 1.06, min(_width(column.heading, size) * 0.6, _HEADING)) + 2 * PADDING + 0.4)
    return found


def _shared(table: Table, least: list[float], most: list[float], room: float) -> tuple[float, ...]:
    """The room by the columns' shares, none below its least nor, while others need the room, above its most."""

    def widths(scale: float) -> list[float]:
        bounds = zip(table.columns, least, most, strict=True)
        return [max(low, min(scale * column.width, high)) for column, low, high in bounds]

    low, high = 0.0, room / min(column.width for column in table.columns)
    for _halving in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if sum(widths(middle)) < room else (low, middle)
    found = widths(low)
    over = (room - sum(found)) / sum(column.width for column in table.columns)
    return tuple(width + over * column.width for width, column in zip(found, table.columns, strict=True))
