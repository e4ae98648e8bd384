"""Several processes at one store: two loads at once, and readers while a load commits."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from data.home import Home
from data.store import Store
from kpi.answers import as_objects
from kpi.engine import figures
from kpi.query import Query
from tests.faults.child import Command, command
from tests.faults.conftest import Scene
from tests.faults.state import content, often, place, said, whole


@pytest.mark.parametrize("start", ["empty", "begun"])
def test_the_same_file_by_two_at_once_counts_once(start: str, scene: Scene, tmp_path: Path) -> None:
    base: Path = getattr(scene, start)
    calm = place(base, tmp_path / "calm")
    assert command(tmp_path, "load", "--home", calm, scene.days[1]).code == 0
    for number in range(often(3, 40)):
        home = place(base, tmp_path / f"home-{number}")
        both = [Command(tmp_path / str(one), "load", "--home", home, scene.days[1], "--json") for one in range(2)]
        done = [one.done() for one in both]
        assert [one.code for one in done] == [0, 0], done
        assert sorted(one.json()[0]["status"] for one in done) == ["loaded", "unchanged"]
        assert content(home) == content(calm)
        assert said(home) == said(calm)
        whole(home)


def test_two_files_by_two_at_once(scene: Scene, tmp_path: Path) -> None:
    """Whichever comes first, both are there; here they hold different dossiers, so that the order says nothing."""
    lines = scene.days[1].read_text("utf-8").splitlines(keepends=True)
    halves = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for half, path in enumerate(halves):
        path.write_text("".join([lines[0], *lines[1 + half :: 2]]), "utf-8")
    calm = place(scene.begun, tmp_path / "calm")
    assert command(tmp_path, "load", "--home", calm, *halves).code == 0
    for number in range(often(2, 40)):
        home = place(scene.begun, tmp_path / f"home-{number}")
        both = [Command(tmp_path / path.stem, "load", "--home", home, path) for path in halves]
        assert [one.done().code for one in both] == [0, 0]
        assert said(home) == said(calm)
        assert {row[0] for row in content(home)["import"]} >= {"a.csv", "b.csv"}
        whole(home)


@pytest.mark.parametrize("start", ["made", "begun"])
def test_readers_see_one_state_or_the_other(start: str, scene: Scene, tmp_path: Path) -> None:
    """Figures are asked for in a loop while a file is loaded: every answer is the old one or the new one, whole."""
    base: Path = getattr(scene, start)
    home = place(base, tmp_path / "home")
    calm = place(base, tmp_path / "calm")
    assert command(tmp_path, "load", "--home", calm, scene.days[1]).code == 0
    states = {said(home), said(calm)}
    assert len(states) == 2
    seen: list[str] = []
    loading = Command(tmp_path, "load", "--home", home, scene.days[1])
    while loading.process.is_alive():
        seen.append(said(home))
    seen.append(said(home))
    assert loading.done().code == 0
    assert set(seen) <= states
    assert seen[-1] == said(calm)


def test_a_commit_between_two_questions_of_one_answer(scene: Scene, tmp_path: Path) -> None:
    """The load commits in the middle of one answer, at whichever of its statements: the answer stays of one state."""
    import sqlalchemy as sa

    base = place(scene.begun, tmp_path / "base")
    after = place(scene.begun, tmp_path / "after")
    assert command(tmp_path, "load", "--home", after, scene.days[1]).code == 0
    before_says = _answer(base)
    states = {before_says, _answer(after)}
    assert len(states) == 2
    new = (after / "campaign.db").as_posix()
    statements = _count(base)
    assert statements >= 3
    for at in range(statements):
        home = place(scene.begun, tmp_path / f"home-{at}")
        opened = Home(home)
        store = Store.open(opened)
        left = [at]

        def commit(*_about: object, home: Path = home, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == -1:
                thread = threading.Thread(target=_become, args=(home, new))
                thread.start()
                thread.join()

        sa.event.listen(store.engine, "before_cursor_execute", commit)
        rows = as_objects(figures(store, opened, query_of(opened)), opened)
        assert repr(rows) in states, at
        store.engine.dispose()
        assert _answer(home) in states - {before_says}


def query_of(home: Home) -> Query:
    return Query(campaign=home.campaign("50-ngay"), by="district")


def _answer(home: Path) -> str:
    opened = Home(home)
    store = Store.open(opened)
    rows = as_objects(figures(store, opened, query_of(opened)), opened)
    store.engine.dispose()
    return repr(rows)


def _count(home: Path) -> int:
    """How many statements one answer takes."""
    import sqlalchemy as sa

    opened = Home(home)
    store = Store.open(opened)
    seen: list[int] = []
    sa.event.listen(store.engine, "before_cursor_execute", lambda *_about: seen.append(1))
    figures(store, opened, query_of(opened))
    store.engine.dispose()
    return len(seen)


def _become(home: Path, other: str) -> None:
    """Another process's commit: every table gets the content of the other store in one transaction."""
    with closing(sqlite3.connect(home / "campaign.db", isolation_level=None)) as connection:
        connection.execute(f"ATTACH '{other}' AS other")
        connection.execute("BEGIN IMMEDIATE")
        names = [
            name
            for (name,) in connection.execute(
                "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            )
            if name != "audit"  # which the database lets nobody empty, and no answer reads
        ]
        for name in names:
            connection.execute(f'DELETE FROM main."{name}"')
            connection.execute(f'INSERT INTO main."{name}" SELECT * FROM other."{name}"')
        connection.execute("COMMIT")
