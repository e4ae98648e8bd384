"""What a store holds and says, to compare two of them."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from data import rollup
from data.home import Home
from data.store import Store
from kpi.answers import as_objects
from kpi.engine import figures
from kpi.query import Query

OF_THE_RUN = frozenset({"id", "at", "who", "source", "definition", "from_id", "before", "hash"})
"""Columns that differ from one run to the next though the facts are the same."""
UNCOUNTED = frozenset({"alembic_version", "definition", "setting", "sqlite_sequence", "sqlite_stat1", "sqlite_stat4"})

SOAK = os.environ.get("SOAK") == "1"
"""`make soak`: everything at random many more times."""


def often(usual: int, soak: int) -> int:
    return soak if SOAK else usual


def place(base: Path, target: Path) -> Path:
    """A copy of a home at rest."""
    return Path(shutil.copytree(base, target))


def content(home: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every table as sorted rows, without what belongs to the run."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    with closing(sqlite3.connect(home / "campaign.db")) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in sorted(set(names) - UNCOUNTED):
            columns = [row[1] for row in connection.execute(f'PRAGMA table_info("{name}")')]
            kept = ", ".join(f'"{column}"' for column in columns if column not in OF_THE_RUN)
            found[name] = sorted(connection.execute(f'SELECT {kept} FROM "{name}"'), key=repr)
    return found


def whole(home: Path) -> None:
    """The file is sound, every row belongs to an import that ended, and the kept counts are those of a recount.

    Opens the store first, as any command does: of a process killed while making it, only an empty file may be there.
    """
    opened = Home(home)
    store = Store.open(opened)
    with closing(sqlite3.connect(home / "campaign.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        strangers = connection.execute(
            "SELECT count(*) FROM dossier_version WHERE from_import NOT IN (SELECT id FROM import)"
        ).fetchone()
        assert strangers == (0,)
        for number, read, new, changed, unchanged, refused in connection.execute(
            "SELECT id, read, new, changed, unchanged, refused FROM import"
        ):
            assert read == new + changed + unchanged + refused, number
            rows = "SELECT count(*) FROM dossier_version WHERE from_import = ?"
            assert connection.execute(rows, (number,)).fetchone() == (new + changed,), number
    assert not list(rollup.differences(store, opened))
    store.engine.dispose()


def said(home: Path) -> str:
    """Every figure of the campaign for every unit, as JSON; all asked of one state of the store."""
    opened = Home(home)
    store = Store.open(opened)
    if store.is_empty():
        return ""
    rows = []
    with store.read():
        for by in (None, "district", "unit"):
            query = Query(campaign=opened.campaign("50-ngay"), by=by)
            rows += as_objects(figures(store, opened, query), opened)
    store.engine.dispose()
    return json.dumps(rows, ensure_ascii=False, sort_keys=True)
