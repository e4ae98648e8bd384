"""Blocks on paper: A4 by our own typesetting (``page.typ``), and a chart as a picture. No browser, no streamlit.

What is printed goes to the typesetter as JSON, never as its source, so that no value can become markup.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from data.locale import language
from data.settings import ROOT
from pages.parts.blocks import (
    Bar,
    Block,
    Cell,
    Chart,
    Heading,
    Matrix,
    Note,
    Picks,
    State,
    Table,
    Verdict,
    as_table,
    flat,
)
from pages.parts.charts import svg
from pages.parts.charts.plane import Plane

FONTS = ROOT / "static" / "print"
TEMPLATE = Path(__file__).with_name("page.typ")
MOST_COLUMNS = 9
"""A table with more columns is printed on A4 across."""
LONG_WORD = 22
"""Letters after which a word without spaces (a code, a file's name) may be broken."""
WIDTH, WIDTH_ACROSS = 740, 1100
"""Pixels across a page's text, upright and across: a drawing's letters come out as large as a table's."""
SHORT, LONG = 22, 70
"""Letters of a cell that fits without a break, and from which on a column gets no more room."""
PIXELS_PER_INCH = 200


@dataclass(frozen=True)
class Paper:
    """What stands around the blocks. ``simulated``: the mark of data that never happened, "" without."""

    title: str
    place: str
    campaign: str
    days: str
    as_of: str
    version: str
    simulated: str = ""


def pdf(paper: Paper, blocks: Sequence[Block]) -> bytes:
    """A4, page numbers, table heads on each page."""
    return _typeset(_page(paper, blocks), "pdf")


def picture(paper: Paper, chart: Chart) -> bytes:
    """One chart with its title, source and moment as PNG, for a slide or a message."""
    source = " ".join(filter(None, (chart.source, f"{paper.as_of}.")))
    page = _page(paper, [replace(chart, source=source)])
    return _typeset({**page, "card": True}, "png")


def _page(paper: Paper, blocks: Sequence[Block]) -> dict[str, Any]:
    shown = flat(blocks)
    tables = [table for block in shown if (table := as_table(block)) is not None]
    wide = any(len(table.columns) > MOST_COLUMNS for table in tables)
    return {
        **{name: _breakable(value) for name, value in vars(paper).items()},
        "lang": language(),
        "wide": wide,
        "blocks": [part for block in shown for part in _parts(block, WIDTH_ACROSS if wide else WIDTH)],
    }


def _parts(block: Block, room: int) -> list[dict[str, Any]]:
    """A block as what the template knows: verdict, heading, note, terms, table, figure. ``room``: pixels across."""
    match block:
        case Verdict():
            return [{"kind": "verdict", "text": block.title, "lead": _runs(block.lead)}]
        case Heading():
            return [_heading(block.text)]
        case Note():
            return [{"kind": "note", "runs": _runs(block.text)}]
        case State():
            ways = [[term, " ".join(filter(None, (text, command)))] for term, text, command in block.ways]
            notes = [{"kind": "note", "runs": _runs(sentence)} for sentence in block.sentences]
            return [_heading(block.title), *notes, *([{"kind": "terms", "terms": ways}] * bool(ways))]
        case Picks():
            names = ", ".join(name for name, _href in block.links)
            return [{"kind": "note", "runs": [{"text": _breakable(names), "bold": False}]}]
        case Chart():
            if block.plane is not None:
                return [_heading(block.title), _figure(block, block.plane, room)]
            source = [{"kind": "note", "runs": _runs(block.source)}] * bool(block.source)
            return [_heading(block.title), _numbers(block.table), *source]
    table = as_table(block)
    return [_numbers(table, heat=isinstance(block, Matrix))] if table is not None and table.rows else []


def _heading(text: str) -> dict[str, Any]:
    return {"kind": "heading", "text": _breakable(text)}


def _figure(chart: Chart, plane: Plane, room: int) -> dict[str, Any]:
    width = min(room, plane.widest or room)
    drawn = svg.paper(plane, chart.alt, width)
    return {"kind": "figure", "svg": drawn, "alt": chart.alt, "share": width / room, "source": _runs(chart.source)}


def _numbers(table: Table, heat: bool = False) -> dict[str, Any]:
    rows = [[_cell(cell) for cell in row] for row in table.rows]
    bars = [any(row[n]["bar"] is not None for row in rows) for n in range(len(table.columns))]
    longest = [max((len(words) for row in table.rows for words in (row[n].text, row[n].second)), default=0) for n in range(len(table.columns))]  # fmt: skip
    # Columns of long words share the room that is left, in proportion; short words and numbers are never broken.
    first = next((n for n, column in enumerate(table.columns) if not column.right and not bars[n]), 0)
    columns = [
        {
            "name": _breakable(column.name),
            "right": column.right and n != first,
            "bar": bars[n],
            "share": min(max(longest[n], SHORT), LONG) if n == first or longest[n] > SHORT else 0,
        }
        for n, column in enumerate(table.columns)
    ]
    return {"kind": "table", "columns": columns, "rows": rows, "heat": heat}


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "text": _breakable(cell.text),
        "second": _breakable(cell.second),
        "bold": cell.bold,
        "tone": cell.tone if cell.tone in ("good", "warn") else "plain",
        "shape": cell.shape,
        "bar": None if cell.bar is None else _bar(cell.bar),
    }


def _bar(bar: Bar) -> dict[str, Any]:
    def share(value: float | None) -> float | None:
        return None if value is None else min(max(value, 0.0), 1.0)

    is_ceiling = bar.ceiling is not None and bar.target is not None and bar.ceiling < bar.target
    return {
        "value": share(bar.value),
        "target": share(bar.target),
        "ceiling": share(bar.ceiling) if is_ceiling else None,
        "plan": share(bar.plan),
        "tone": bar.tone if bar.tone in ("good", "warn") else "plain",
    }


def _runs(text: str) -> list[dict[str, Any]]:
    """``**words**`` apart from the rest."""
    parts = re.split(r"\*\*(.+?)\*\*", text)
    return [{"text": _breakable(part), "bold": n % 2 == 1} for n, part in enumerate(parts) if part]


def _breakable(text: str) -> str:
    """Long words get places where a line may end."""
    return re.sub(rf"\S{{{LONG_WORD}}}(?=\S)", lambda found: found.group() + "\N{ZERO WIDTH SPACE}", text)


@cache
def _fonts() -> Any:
    import typst  # only who prints pays for it

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])


def _typeset(page: dict[str, Any], form: str) -> bytes:
    import typst

    made = typst.Compiler(TEMPLATE.read_bytes(), font_paths=_fonts(), ignore_system_fonts=True).compile(
        format=form, ppi=PIXELS_PER_INCH, sys_inputs={"page": json.dumps(page, ensure_ascii=False)}
    )
    return bytes(made[0] if isinstance(made, list) else made)
