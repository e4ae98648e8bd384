"""The replay of both historical campaigns, drawn file by file and loaded like any other file."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

from data.clock import day_number, day_start
from data.home import Home
from data.replay.build import LAST_DAY, SIMULATOR, build
from data.settings import SHIPPED_HOME
from data.store import Store
from loaders.load import load_file


def fill(
    store: Store, home: Home, until: date | None = None, progress: Callable[[int, int, str], None] | None = None
) -> dict[str, int]:
    """Load the replay's files up to those received on the day ``until``; files that are there already change nothing.

    ``progress(done, total, name)`` is told before each file. Gives the number of files and the sums of their counts.
    """
    totals = {"files": 0, "new": 0, "changed": 0, "unchanged": 0, "refused": 0}

    def step(number: int, total: int, name: str) -> None:
        if progress:
            progress(number - 1, total, name)

    with tempfile.TemporaryDirectory(prefix="campaign-demo-") as scratch:
        for file in build(home.root, Path(scratch), step, until):
            report = load_file(store, home, file.path, name=file.path.name, who=SIMULATOR, at=file.at)
            totals["files"] += 1
            for key in ("new", "changed", "unchanged", "refused"):
                totals[key] += getattr(report, key)
            file.path.unlink(missing_ok=True)
    return totals


def unfinished(store: Store, home: Home) -> bool:
    """Whether the store holds the replay, only the replay, and not yet all of it."""
    imports = store.loads()
    end = day_start(day_number(LAST_DAY), home.zone)
    return bool(imports) and all(row["who"] == SIMULATOR for row in imports) and max(row["at"] for row in imports) < end


def fits(home: Home) -> bool:
    """Whether the home is a copy of the shipped one: only its units and campaigns go with the replay."""
    shipped = [*SHIPPED_HOME.glob("campaigns/*.toml"), SHIPPED_HOME / "units.csv"]
    return all((home.root / path.relative_to(SHIPPED_HOME)).exists() for path in shipped)
