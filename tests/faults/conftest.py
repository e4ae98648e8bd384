"""Homes at rest to start from, and the files that come next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.exports import Row, many, province, text, write_export
from tests.faults.child import command

ROWS = 600


@dataclass(frozen=True)
class Scene:
    """``empty``: a home without a database; ``made``: one with nothing in it; ``begun``: one with the first day loaded; ``days``: the daily files."""

    empty: Path
    made: Path
    begun: Path
    days: tuple[Path, ...]


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    root = tmp_path_factory.mktemp("scene")
    first = many(seed=3, count=ROWS)
    second = _next(first, 0)
    days = tuple(
        write_export(root / f"ngay-{number}.csv", rows) for number, rows in enumerate((first, second, _next(second, 1)))
    )
    empty, made, begun = (province(root / name) for name in ("empty", "made", "begun"))
    assert command(root / "said", "loads", "--home", made).code == 0
    assert command(root / "said", "load", "--home", begun, days[0]).code == 0
    assert (begun / "campaign.db").stat().st_size > 100_000
    assert not (begun / "campaign.db-wal").exists(), "a command that has ended leaves its database at rest"
    return Scene(empty, made, begun, days)


def _next(rows: list[Row], day: int) -> list[Row]:
    """The export of a day later: a third of the open ones finished, some corrected, some new."""
    changed: list[Row] = []
    late = datetime(2021, 4, 20, 9) + timedelta(days=day)
    for number, (code, unit, accepted, due, finished) in enumerate(rows):
        if number % 3 == day and finished is None:
            finished = text(late + timedelta(minutes=number % 300))
        if number % 50 == day:
            due = None
        changed.append((code, unit, accepted, due, finished))
    fresh = [(f"H10-9{day}{n:04}", "Sở Y tế", text(late), text(late + timedelta(days=3)), None) for n in range(120)]
    return changed + fresh
