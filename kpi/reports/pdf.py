"""A report as PDF: the form of Nghị định 30/2020 set by our own typesetter, letters embedded. No office programme is needed."""

from __future__ import annotations

import re
from typing import Any

from kpi.reports import form, tables
from kpi.reports.content import Annex, Cell, Paragraph, Part, Report, Section, Table
from kpi.reports.drawing import plane
from kpi.reports.typesetting import typeset

ROOM, ROOM_ACROSS = 165.0, 252.0
"""Millimetres between the margins, upright and across (``report.typ``)."""
LONG_WORD = 12
"""Letters after which a word in a cell (a dossier's code, a file's name) may be broken."""


def write(report: Report) -> bytes:
    """A4 pages as bytes; the same words and numbers as every other form."""
    return typeset(_page(form.cleaned(report)), "pdf")


def _page(report: Report) -> dict[str, Any]:
    head = report.head
    sections = [_section(section) for section in form.closed(report.sections)]
    return {
        "title": f"{head.kind.capitalize()} {head.subject}",
        "author": head.office,
        "draft": report.draft,
        "simulated": report.simulated,
        "simulated_words": form.SIMULATED,
        "marks": form.marks(report),
        "head": {
            "authority": form.authority(head), "office": head.office, "nation": form.NATION, "motto": form.MOTTO,
            "number": form.number_line(head), "date_line": head.date_line, "kind": head.kind, "subject": head.subject,
            "sign_for": head.sign_for, "sign_title": head.sign_title, "signer": head.signer,
        },
        "to": form.addressed(head),
        "recipients": form.dashed(head.recipients),
        "sections": sections,
        "last": sections[-1]["parts"].pop()["lines"] if sections else [],
        "annex_line": form.annex_line(head),
        "annexes": [_annex(annex) for annex in report.annexes],
    }  # fmt: skip


def _section(section: Section) -> dict[str, Any]:
    parts = [_part(part, ROOM) for part in section.parts]
    return {"title": form.numbered(section), "level": section.level, "parts": parts}


def _annex(annex: Annex) -> dict[str, Any]:
    parts = [_part(part, ROOM_ACROSS if annex.landscape else ROOM) for part in annex.parts]
    return {"name": f"Phụ lục {annex.number}", "title": annex.title, "landscape": annex.landscape, "parts": parts}


def _part(part: Part, room: float) -> dict[str, Any]:
    if isinstance(part, Paragraph):
        return {"kind": "paragraph", "lines": [line for line in part.text.splitlines() if line.strip()]}
    return _table(part, room) if isinstance(part, Table) else plane(part)


def _table(table: Table, room: float) -> dict[str, Any]:
    found = tables.layout(table, room)
    return {
        "kind": "table",
        "title": table.title,
        "size": found.size,
        "widths": found.widths,
        "sides": found.sides,
        "padding": tables.PADDING,
        "heads": tables.heading_rows(table),
        "numbered": table.numbered,
        "rows": [[_cell(cell) for cell in row] for row in table.rows],
        "notes": table.notes,
    }


def _cell(cell: Cell) -> dict[str, Any]:
    return {"text": _breakable(cell.text), "bold": cell.bold}


def _breakable(text: str) -> str:
    """Long words get places where a line may end: after their own signs, else anywhere."""
    words = re.sub(
        rf"\S{{{LONG_WORD},}}", lambda word: re.sub(r"([-./_])(?=\w)", "\\1\N{ZERO WIDTH SPACE}", word[0]), text
    )
    return re.sub(rf"[^\s\u200b]{{{LONG_WORD}}}(?=[^\s\u200b])", "\\g<0>\N{ZERO WIDTH SPACE}", words)
