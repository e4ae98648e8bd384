"""A report as a file, by the ending of its name: the one door to every form."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Literal, get_args

from data.access import Scope
from data.clock import from_micros
from data.errors import CallFault
from data.home import Home
from data.store import Store
from kpi.catalog import figure
from kpi.engine import figures
from kpi.explain import behind
from kpi.model import Row
from kpi.query import Query
from kpi.reports.content import Report
from kpi.reports.trace import Trace

Ending = Literal["docx", "xlsx", "pdf"]
ENDINGS: tuple[str, ...] = get_args(Ending)
TEMPLATE = "templates/bao-cao.docx"
"""Where a home keeps its own form of a report; without it the shipped one is used."""
MOST_TRACED = 200
"""Rows of the sources listed for each figure."""

MEDIA = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


def write(store: Store, home: Home, report: Report, ending: str, *, scope: Scope) -> bytes:
    """The report in the form of ``ending`` (docx, xlsx, pdf). ``scope``: whose dossiers a workbook may name as sources.

    Raises CallFault for another ending, DataFault when the home's template cannot be used.
    """
    match ending.lower().lstrip("."):
        case "docx":
            from kpi.reports import docx

            template = home.root / TEMPLATE
            return docx.write(report, template if template.exists() else None)
        case "pdf":
            from kpi.reports import pdf

            return pdf.write(report)
        case "xlsx":
            from kpi.reports import xlsx

            day = from_micros(report.as_of, home.zone).date()
            return xlsx.write(report, day, _rows(store, home, report, day), _traces(store, home, report, scope))
    raise CallFault(
        f"Không có dạng tệp «{ending}» cho báo cáo. Chọn một trong: {', '.join(f'.{known}' for known in ENDINGS)}."
    )


def _rows(store: Store, home: Home, report: Report, day: date) -> list[Row]:
    """Every figure of the report's unit and of every unit below it, level by level."""
    query = _query(home, report)
    tree = store.tree(day)
    place = tree[report.unit or tree.root]
    levels = sorted(level for level in tree.levels if level and level != place.level)
    return [row for by in (None, *levels) for row in figures(store, home, replace(query, by=by))]


def _traces(store: Store, home: Home, report: Report, scope: Scope) -> list[Trace]:
    """What stands behind each target figure of the report's unit."""
    query = _query(home, report)
    assert query.campaign is not None
    kpis = tuple(dict.fromkeys(target.kpi for target in query.campaign.target))
    return [_trace(store, home, query, row, scope) for row in figures(store, home, replace(query, kpis=kpis))]


def _trace(store: Store, home: Home, query: Query, row: Row, scope: Scope) -> Trace:
    entries = behind(store, home, query, row.kpi, MOST_TRACED, scope=scope)
    counted = row.numerator if row.denominator is None else row.denominator
    in_all = 0 if figure(row.kpi).reads == "series" or counted is None else int(counted)
    return Trace(row, entries, max(in_all, len(entries)))


def _query(home: Home, report: Report) -> Query:
    campaign = home.campaign(report.campaign)
    return Query(campaign, as_of=report.as_of, known_import=report.known_import, unit=report.unit or None)
