"""A store's first rows go straight into its file, where nobody else has it open; everything else through a log."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from data.home import Home
from data.schema import imports
from data.store import ImportHead, Store
from tests.exports import province

AT = 1_620_000_000_000_000


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(province(tmp_path / "home"))


def head(name: str = "a.csv") -> ImportHead:
    return ImportHead(name, name.ljust(64, "0"), "tests", "p", "dossiers", "t", AT)


def mode(home: Home) -> str:
    """How the database is written now, as another program sees it."""
    with closing(sqlite3.connect(home.root / "campaign.db")) as other:
        return str(other.execute("PRAGMA journal_mode").fetchone()[0])


def mode_of(writer: Any) -> str:
    return str(writer.session.rows(sa.text("PRAGMA journal_mode"))[0][0])


def files(home: Home) -> set[str]:
    return {path.name for path in home.root.glob("campaign.db*")}


def test_first_rows_need_no_log_and_later_ones_do(home: Home) -> None:
    store = Store.open(home)
    with store.writer(head(), 10) as writer:
        assert mode_of(writer) == "delete"
        assert "campaign.db-wal" not in files(home)
    assert mode(home) == "wal"
    with store.writer(head("b.csv"), 10) as writer:
        assert mode_of(writer) == "wal"
    assert len(store.loads()) == 2
    store.engine.dispose()
    assert files(home) == {"campaign.db"}


@pytest.mark.parametrize("rows", [None, 10_000_000])
def test_more_rows_than_stay_in_memory_go_through_the_log(rows: int | None, home: Home) -> None:
    with Store.open(home).writer(head(), rows) as writer:
        assert mode_of(writer) == "wal"


def test_what_is_taken_back_leaves_a_log_and_nothing_else(home: Home) -> None:
    store = Store.open(home)
    with pytest.raises(RuntimeError), store.writer(head(), 10):
        raise RuntimeError
    assert mode(home) == "wal"
    assert store.is_empty()


@contextmanager
def somebody(home: Home, statement: str = "SELECT 1") -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(home.root / "campaign.db", isolation_level=None)) as other:
        other.execute(statement)
        other.execute("SELECT count(*) FROM import").fetchall()
        yield other


def test_the_log_stays_where_somebody_else_has_it_open(home: Home) -> None:
    store = Store.open(home)
    with somebody(home), store.writer(head(), 10) as writer:
        assert mode_of(writer) == "wal"


def test_own_connections_that_wait_for_use_do_not_count(home: Home) -> None:
    store = Store.open(home)
    assert store.loads() == []
    with store.writer(head(), 10) as writer:
        assert mode_of(writer) == "delete"


def test_within_a_reading_of_its_own_the_log_stays(home: Home) -> None:
    store = Store.open(home)
    with store.read(), store.writer(head(), 10) as writer:
        assert mode_of(writer) == "wal"


def test_who_comes_meanwhile_reads_at_once_and_writes_afterwards(home: Home) -> None:
    store = Store.open(home)
    done: list[str] = []

    def load_too() -> None:
        with Store.open(home).writer(head("b.csv"), 10):
            done.append("b.csv")

    with store.writer(head(), 10) as writer:
        assert mode_of(writer) == "delete"
        assert Store.open(home).loads() == []
        waits = threading.Thread(target=load_too)
        waits.start()
        waits.join(0.3)
        assert done == []
    waits.join(20)
    assert done == ["b.csv"]
    assert sorted(one["file"] for one in store.loads()) == ["a.csv", "b.csv"]


def test_who_came_meanwhile_has_a_log_when_it_is_over(home: Home) -> None:
    """Somebody reads at the moment when the log is wanted back; then the next who comes gets it."""
    store = Store.open(home)
    with store.writer(head(), 10):
        pass
    store.engine.dispose()
    with closing(sqlite3.connect(home.root / "campaign.db")) as other:
        assert other.execute("PRAGMA journal_mode=DELETE").fetchone()[0] == "delete"
    with somebody(home, "BEGIN"):
        assert len(Store.open(home).loads()) == 1  # nobody waits for the log
        assert mode(home) == "delete"
    with closing(Store.open(home).engine.raw_connection()):
        assert mode(home) == "wal"


def test_a_process_that_died_meanwhile(home: Home, tmp_path: Path) -> None:
    """Its files as they lie there: the journal takes back what it had written."""
    store = Store.open(home)
    with store.writer(head(), 10) as writer:
        writer.session.rows(sa.text("PRAGMA cache_spill=1"))
        writer.session.rows(sa.text("PRAGMA cache_size=1"))
        rows = [{"key": f"{n:0500}", "value": "x" * 500} for n in range(500)]
        writer.session.insert(imports.metadata.tables["setting"], rows)
        left = Home(province(tmp_path / "left"))
        for name in files(home):
            (left.root / name).write_bytes((home.root / name).read_bytes())
    assert (left.root / "campaign.db-journal").stat().st_size
    assert (left.root / "campaign.db").stat().st_size > 400_000, "some of it had been written"
    found = Store.open(left)
    assert found.is_empty()
    assert found.damage() == []
    assert mode(left) == "wal"
    assert files(left) >= {"campaign.db"} and "campaign.db-journal" not in files(left)
