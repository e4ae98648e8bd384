"""All 46 reports of Plan 170 from the replay: each says what the figures say, and each becomes a document."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from data.access import ALL
from data.home import Home
from data.store import Store
from kpi.engine import figures
from kpi.query import Query
from kpi.reports import files, issuing, rhythm
from kpi.reports.content import Table

CHOSEN = range(46) if os.environ.get("WALK") else (0, 20, 45)


@pytest.fixture(scope="module")
def home(replay: Path) -> Home:
    return Home(replay)


def test_every_report_of_the_rhythm(home: Home) -> None:
    store, campaign = Store.open(home), home.campaign("92-ngay")
    moments = rhythm.moments(home, campaign)
    assert len(moments) == 46
    for place in CHOSEN:
        report = issuing.report(store, home, campaign, moments[place], scope=ALL)
        rows = {
            row.kpi: row for row in figures(store, home, Query(campaign, as_of=moments[place])) if row.scheme is None
        }
        parts = [part for one in (*report.sections, *report.annexes) for part in one.parts]
        tables = {part.key: part for part in parts if isinstance(part, Table)}
        values = {row[1].text: row[3].raw for row in tables["targets"].rows}
        assert values["Hồ sơ giải quyết đúng hạn"] == rows["on_time_resolved"].value
        form = tables["form06a"]
        assert not any(note.startswith("CẢNH BÁO") for note in form.notes), form.notes
        assert form.rows[-1][12].raw == rows["overdue_open"].value
        assert files.write(store, home, report, "docx", scope=ALL)[:2] == b"PK"
