"""What a page says, as plain values: no HTML, no typesetting, no streamlit.

A page makes a list of blocks once; ``html`` draws them on the screen, ``printing`` on paper, and ``as_table`` gives the
numbers of any of them as one plain table (for XLSX and for paper). ``**words**`` in a sentence become bold, nothing else is
markup. Every text is escaped by whoever draws it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from data.locale import _
from kpi.reports.content import Report
from pages.parts.charts.plane import Plane

# Parts of blocks ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mark:
    """A status: always word + shape + colour. ``tone``: good, warn or none."""

    shape: str
    word: str
    tone: str


@dataclass(frozen=True)
class Bar:
    """A bullet on the scale 0…1: value, target tick, ceiling tick, plan tick; ``alt`` says the same in words."""

    value: float
    target: float | None
    tone: str
    alt: str
    ceiling: float | None = None
    plan: float | None = None


class Heat(NamedTuple):
    """A cell of a heat table."""

    value: str
    shape: str
    tone: str
    word: str
    source: str = ""


@dataclass(frozen=True)
class Tile:
    """``source``, here and below: the address of what is behind the value."""

    name: str
    mark: Mark
    value: str
    bar: Bar | None
    note: str
    rows: tuple[tuple[str, str], ...]
    href: str = ""
    source: str = ""


@dataclass(frozen=True)
class TargetLine:
    """One line of a targets table: a bold name over a muted second line."""

    name: str
    second: str
    value: str
    bar: Bar | None
    gap: str
    mark: Mark
    href: str = ""
    source: str = ""


@dataclass(frozen=True)
class LeagueLine:
    """``change`` > 0: climbed; None: not compared. ``trend``: values day by day for a sparkline."""

    rank: int | None
    tied: bool
    name: str
    value: str
    bar: Bar | None
    gap: str
    mark: Mark
    change: int | None = None
    few: bool = False
    mine: bool = False
    href: str = ""
    trend: tuple[float, ...] = ()
    source: str = ""


@dataclass(frozen=True)
class Cell:
    """``text`` over a muted ``second`` line; ``label`` stands before it on a phone, where the head is hidden.

    ``raw`` is the number or day behind the text, for XLSX; ``shape`` a status shape after the text, said as ``shape_word``.
    """

    text: str
    second: str = ""
    right: bool = False
    bold: bool = False
    tone: str = ""
    href: str = ""
    label: str = ""
    raw: float | date | None = None
    bar: Bar | None = None
    shape: str = ""
    shape_word: str = ""


@dataclass(frozen=True)
class Column:
    name: str
    right: bool = False


@dataclass(frozen=True)
class Change:
    arrow: str
    amount: str
    text: str
    tone: str


# Blocks ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    """The page's one sentence and what is behind it."""

    title: str
    lead: str = ""


@dataclass(frozen=True)
class Heading:
    text: str


@dataclass(frozen=True)
class Note:
    text: str


@dataclass(frozen=True)
class Tiles:
    tiles: Sequence[Tile]


@dataclass(frozen=True)
class Targets:
    """Unit × figure cells, or one unit's targets; ``first`` and ``gap`` are heads."""

    lines: Sequence[TargetLine]
    first: str
    gap: str


@dataclass(frozen=True)
class League:
    """``tick``: what the bars' tick means; ``since``: head of the change of rank, "" without."""

    lines: Sequence[LeagueLine]
    tick: str
    since: str = ""
    with_status: bool = True


@dataclass(frozen=True)
class Table:
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True)
class Matrix:
    """Heat table unit × figure; lines: name, address, cells."""

    heads: Sequence[str]
    lines: Sequence[tuple[str, str, Sequence[Heat]]]


@dataclass(frozen=True)
class Changes:
    found: Sequence[Change]


@dataclass(frozen=True)
class State:
    """A worded empty state: what is so, why, and what can be done (term, text, command)."""

    title: str
    sentences: tuple[str, ...] = ()
    ways: tuple[tuple[str, str, str], ...] = field(default=())


@dataclass(frozen=True)
class Picks:
    """Links: (name, address)."""

    links: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Chart:
    """A drawing with its message, the same in words and as a table, and where the numbers come from.

    ``name``: stable, without spaces, one per page (key of its buttons, name of its files). ``lively``: lines whose points
    are asked for by pointing at them are drawn by Plotly; everything else, and all paper, is our own SVG. Without a plane
    the bars in the table are the drawing.
    """

    name: str
    title: str
    plane: Plane | None
    alt: str
    table: Table
    source: str = ""
    lively: bool = False


@dataclass(frozen=True)
class Day:
    """A dated entry of a strip. ``mine``: the one looked at."""

    text: str
    mark: Mark
    href: str = ""
    mine: bool = False


@dataclass(frozen=True)
class Days:
    """Dated entries in their order, each with its state; ``head`` names what they are."""

    head: str
    entries: Sequence[Day]


@dataclass(frozen=True)
class Document:
    """A report as it will be printed. On paper it is a file of its own."""

    report: Report


@dataclass(frozen=True)
class Columns:
    """Side by side on a wide screen, one below the other on a phone and on paper."""

    left: Sequence[Block]
    right: Sequence[Block]
    widths: tuple[int, int] = (8, 5)


Block = (
    Verdict | Heading | Note | Tiles | Targets | League | Table | Matrix | Changes | State | Picks | Chart | Days | Document | Columns
)  # fmt: skip


def flat(blocks: Sequence[Block]) -> list[Block]:
    """In reading order, without columns."""
    found: list[Block] = []
    for block in blocks:
        found += flat([*block.left, *block.right]) if isinstance(block, Columns) else [block]
    return found


# The same as a plain table --------------------------------------------------------------------------------------------


def as_table(block: Block) -> Table | None:
    """The numbers of a block as a plain table; None where it has none."""
    match block:
        case Table():
            return block
        case Chart():
            return block.table
        case Tiles():
            return _tiles(block)
        case Targets():
            return _targets(block)
        case League():
            return _league(block)
        case Matrix():
            return _matrix(block)
        case Days():
            days = [[Cell(entry.text, bold=entry.mine), _status(entry.mark)] for entry in block.entries]
            return Table([Column(block.head), Column(_("Trạng thái"))], days)
        case Changes():
            rows = [[Cell(f"{found.arrow} {found.amount}", tone=found.tone, bold=True, right=True), Cell(found.text.replace("**", ""))] for found in block.found]  # fmt: skip
            return Table([Column(_("Thay đổi"), True), Column(_("Nội dung"))], rows)
    return None


def _status(mark: Mark) -> Cell:
    return Cell(f"{mark.shape} {mark.word}", tone=mark.tone, bold=True)


def _tiles(block: Tiles) -> Table:
    columns = [Column(_("Chỉ tiêu")), Column(_("Kết quả"), True), Column(_("Vạch = mục tiêu")), Column(_("Trạng thái"))]
    rows = [
        [
            Cell(tile.name, " · ".join([tile.note, *(f"{term} {text}" for term, text in tile.rows)]), bold=True),
            Cell(tile.value, right=True, bold=True),
            Cell("", bar=tile.bar),
            _status(tile.mark),
        ]
        for tile in block.tiles
    ]
    return Table(columns, rows)


def _targets(block: Targets) -> Table:
    columns = [Column(block.first), Column(_("Kết quả"), True), Column(_("Vạch = mục tiêu")), Column(block.gap, True), Column(_("Trạng thái"))]  # fmt: skip
    rows = [
        [
            Cell(line.name, line.second, bold=True),
            Cell(line.value, right=True),
            Cell("", bar=line.bar),
            Cell(line.gap, right=True, bold=True),
            _status(line.mark),
        ]
        for line in block.lines
    ]
    return Table(columns, rows)


def _league(block: League) -> Table:
    columns = [Column(_("Hạng"), True), Column(_("Đơn vị")), Column(_("Kết quả"), True), Column(block.tick), Column(_("Thiếu"), True)]  # fmt: skip
    columns += [Column(block.since, True)] * bool(block.since) + [Column(_("Trạng thái"))]
    return Table(columns, [_league_row(line, bool(block.since)) for line in block.lines])


def _league_row(line: LeagueLine, with_change: bool) -> list[Cell]:
    rank = "–" if line.rank is None else f"{line.rank}{'=' if line.tied else ''}"
    cells = [
        Cell(rank, right=True, raw=line.rank),
        Cell(line.name, _("ít hồ sơ") if line.few else "", bold=line.mine),
        Cell(line.value, right=True, bold=True),
        Cell("", bar=line.bar),
        Cell(line.gap or "–", right=True),
    ]
    if with_change:
        change = line.change or 0
        cells.append(Cell(f"{'↑' if change > 0 else '↓'} {abs(change)}" if change else "–", right=True, raw=change))
    return [*cells, _status(line.mark)]


def _matrix(block: Matrix) -> Table:
    columns = [Column(_("Đơn vị")), *(Column(head, True) for head in block.heads)]
    rows = [
        [Cell(name, bold=True), *(Cell(value, right=True, tone=tone, shape=shape, shape_word=word) for value, shape, tone, word, _source in cells)]
        for name, _href, cells in block.lines
    ]  # fmt: skip
    return Table(columns, rows)


def as_rows(table: Table) -> tuple[list[str], list[list[str | float | None]]]:
    """Heads and rows for a spreadsheet: numbers as numbers, columns of bars left out."""
    kept = [n for n in range(len(table.columns)) if not any(row[n].bar is not None for row in table.rows)]
    rows = [[_plain(row[n]) for n in kept] for row in table.rows]
    return [table.columns[n].name for n in kept], rows


def _plain(cell: Cell) -> str | float | None:
    if cell.raw is not None:
        return cell.raw.isoformat() if isinstance(cell.raw, date) else cell.raw
    words = " ".join(filter(None, (cell.text, cell.shape, cell.shape_word)))
    return f"{words} · {cell.second}" if cell.second else words
