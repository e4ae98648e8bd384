"""Figures of a store with a million dossiers, beside databases that group the raw dossiers for the same answer.

``BENCH=full`` asks the same of ten million.
"""

from __future__ import annotations

import gc
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from data.access import ALL
from data.clock import day_number, parse_moment
from data.home import Home
from data.store import Store
from kpi.catalog import FIGURES
from kpi.engine import figures
from kpi.history import panel
from kpi.query import Query
from kpi.ranking import league
from kpi.worklist import work
from tests.bench.many import CAMPAIGN, filled
from tests.bench.measure import Ratio

LEVELS = (None, "department", "district", "commune")
COUNTED = tuple(key for key, declared in FIGURES.items() if declared.reads != "series")
UNIT, KPI = "dong-phu", "on_time_resolved"
TIMES = 9

# On time among finished by unit and day of the campaign, as a person with the raw table would write it.
RAW = """
SELECT unit_id, {later}(coalesce(finished_day, returned_day), accepted_day) AS day,
       sum(CASE WHEN coalesce(finished_day, returned_day) <= due_day THEN 1 ELSE 0 END) AS in_time, count(*) AS finished
FROM dossier_version
WHERE to_import = 2147483647 AND due_at IS NOT NULL AND (status IS NULL OR status IN (9, 10))
  AND coalesce(finished_day, returned_day) BETWEEN {first} AND {last} AND accepted_day BETWEEN {first} AND {last}
GROUP BY unit_id, day
"""
READ = ("unit_id", "accepted_day", "finished_day", "returned_day", "due_day", "due_at", "status", "to_import")


@dataclass(frozen=True)
class Times:
    """Milliseconds. ``first``: all figures, units and days when nothing is remembered yet."""

    first: float
    one_figure: float
    one_day: float
    work_list: float


def run(folder: Path) -> Iterator[Ratio]:
    home, store = filled(folder / "million", 1_000_000)
    one = asked(home, store)
    store.engine.dispose()
    yield Ratio("1 M dossiers: one figure, all units and days, ms", one.one_figure, 30, _first(one))
    yield Ratio("pace, status, rank: all units, figures; a day, ms", one.one_day, 100, f"{len(FIGURES)} figures")
    yield Ratio("work list of a unit, ms", one.work_list, 100, f"{KPI} of {UNIT}")
    sqlite, duck = grouped(home, folder / "million" / "campaign.db")
    yield Ratio("raw dossiers grouped by SQLite / one figure", sqlite / one.one_figure, 10, f"{sqlite:.0f} ms", True)
    yield Ratio("raw dossiers grouped by DuckDB / one figure", duck / one.one_figure, 1, f"{duck:.0f} ms", True)
    if os.environ.get("BENCH") == "full":
        home, store = filled(folder / "more", 10_000_000)
        ten = asked(home, store)
        store.engine.dispose()
        yield Ratio("10 M / 1 M dossiers: one figure", ten.one_figure / one.one_figure, 1.2, _first(ten))
        yield Ratio("10 M / 1 M dossiers: pace, status, rank", ten.one_day / one.one_day, 1.2, f"{ten.one_day:.0f} ms")


def _first(times: Times) -> str:
    return f"{times.one_figure:.1f} ms; all of them for the first time after a load {times.first:.0f} ms"


def asked(home: Home, store: Store) -> Times:
    campaign = home.campaign(CAMPAIGN)
    as_of = parse_moment(f"{campaign.end}T17:00", home.zone)

    def every_day() -> None:
        panel(store, home, campaign, COUNTED, as_of=as_of)

    def one_day() -> None:
        for level in LEVELS:
            rows = figures(store, home, Query(campaign, as_of=as_of, by=level))
            for key in COUNTED:
                league(row for row in rows if row.kpi == key)

    def work_list() -> None:
        work(store, home, campaign, KPI, UNIT, as_of, scope=ALL)

    first = milliseconds(every_day, 1)
    for warm in (one_day, work_list):
        warm()
    return Times(first, milliseconds(every_day) / len(COUNTED), milliseconds(one_day), milliseconds(work_list))


def grouped(home: Home, path: Path) -> tuple[float, float]:
    """One figure by unit and day from the raw dossiers, ms: in SQLite where they lie, in DuckDB that holds them in memory."""
    campaign = home.campaign(CAMPAIGN)
    bounds = {"first": day_number(campaign.start), "last": day_number(campaign.last_day)}
    with sqlite3.connect(path) as plain:
        by_row = RAW.format(later="max", **bounds)
        sqlite = milliseconds(lambda: plain.execute(by_row).fetchall(), 3)
        rows = plain.execute(f"SELECT {', '.join(READ)} FROM dossier_version").fetchall()
    versions = pa.table(dict(zip(READ, map(list, zip(*rows, strict=True)), strict=True)))
    del rows
    with duckdb.connect() as columnar:
        columnar.execute("CREATE TABLE dossier_version AS SELECT * FROM versions")
        by_column = RAW.format(later="greatest", **bounds)
        duck = milliseconds(lambda: columnar.execute(by_column).fetchall())
    del versions
    return sqlite, duck


def milliseconds(work: Callable[[], object], times: int = TIMES) -> float:
    """The quickest of several runs: whatever else the machine does only adds."""
    gc.collect()
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        found.append(time.perf_counter() - begun)
    return 1000 * min(found)
