"""The files after the first campaign: month by month, day by day through the 92 days, then month by month again.

In the 92 days the export changes its form from day to day: CSV, a printed register, the national synchronisation.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from data.clock import day_of
from data.home import Home
from data.replay import catalogue2022, model, sheets, sync_json, versions, workbook, year2022
from data.replay.book import Book, with_repeats
from data.replay.catalogue import State
from data.replay.model import DAY, Days, Ints, day
from data.replay.population import Units
from data.replay.procedures import Service
from data.replay.sheets import LATER_HEADINGS, NEW_LEVELS
from data.replay.year2022 import LAST

MONTHLY_FROM = day("2021-06-01")
DAILY = (day("2022-06-01"), day("2022-09-03"))
"""First and last daily export."""
TOWN = day("2022-10-01")
"""Chơn Thành becomes a town: units are written by their new names."""
Scheduled = tuple[int, str]


def schedule() -> list[Scheduled]:
    """Days of receipt and kinds of all files, in order."""
    found: list[Scheduled] = []
    for on in range(MONTHLY_FROM, LAST + 1):
        month_ends = day_of(on + 1).day == 1
        daily = DAILY[0] <= on <= DAILY[1]
        if daily or month_ends:
            found.append((on, "dossiers"))
        friday = (on + 3) % 7 == 4
        quarter_ends = month_ends and (on > DAILY[0] - 2 or day_of(on).month % 3 == 0)
        if quarter_ends or (daily and (friday or on in (DAILY[0], NEW_LEVELS))):
            found.append((on, "services"))
    return found


def files(
    home: Home,
    out: Path,
    record: Book,
    moment: int,
    services: list[Service],
    states: list[list[State]],
    units: Units,
    last: int,
) -> Iterator[tuple[Path, int, str]]:
    """Path, local seconds of receipt and kind. ``record``: the dossiers up to 25/5/2021, last exported at ``moment``."""
    random = np.random.RandomState(model.SEED + 3)
    days = Days(home.calendar, LAST)
    histories = catalogue2022.continued(len(services), states, days)
    book, renamed = _book(random, home, days, units, services, histories)
    yesterday: Ints = np.empty(0, dtype=np.int64)
    for on, kind in schedule():
        if on > last:
            return
        if kind == "services":
            path = out / f"danh-muc-dvc-{day_of(on)}.csv"
            sheets.write_catalogue(path, home, services, histories, on)
            yield path, moment + 900, kind
            continue
        since, moment = moment, on * DAY + 17 * 3600 + int(random.randint(32 * 60, 55 * 60))
        if on >= TOWN:
            book.register.columns["Đơn vị giải quyết"] = renamed
        rows = book.changed(since, moment)
        daily = DAILY[0] <= on <= DAILY[1]
        written = with_repeats(random, rows, yesterday) if daily else rows
        yesterday = rows if daily else yesterday[:0]
        table = book.table(written, moment, headings=LATER_HEADINGS)
        older = record.changed(since, moment)
        if len(older):
            table = pa.concat_tables([record.table(older, moment, headings=LATER_HEADINGS), table])
        yield _write(out, table, on, moment, daily), moment + 240, kind


def _write(out: Path, table: pa.Table, on: int, moment: int, daily: bool) -> Path:
    """One export in the form of its day."""
    when = day_of(on)
    form = on % 3 if daily else 0
    if form == 1 and table.num_rows <= workbook.MOST_ROWS:
        path = out / f"so-theo-doi-{when}.xlsx"
        workbook.write(
            path, table, when, when, datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None) + timedelta(seconds=moment)
        )
    elif form == 2:
        path = out / f"dong-bo-{when}.json"
        sync_json.write(path, table)
    else:
        path = out / (f"ho-so-{when}.csv" if daily else f"ho-so-thang-{when:%Y-%m}.csv")
        sheets.write_dossiers(path, table)
    return path


def _book(
    random: np.random.RandomState,
    home: Home,
    days: Days,
    units: Units,
    services: list[Service],
    histories: list[list[State]],
) -> tuple[Book, pa.Array]:
    """The dossiers from 26/5/2021 on, and the names of their units after 1/10/2022."""
    timeline = catalogue2022.Timeline(histories)
    dossiers = year2022.populate(random, days, units, services, timeline)
    handled = year2022.handling(random, units, services, dossiers)
    known = versions.knowledge(random, units, dossiers, year2022.SLIPS)
    on = dossiers.accepted // DAY
    level = timeline.level(dossiers.service, on) + 4 * (on >= NEW_LEVELS)
    names = sheets.written_names(home, units, year2022.FIRST)
    register = sheets.register(random, names, units, services, dossiers, level, handled)
    return Book(dossiers, known, register), sheets.words(sheets.written_names(home, units, TOWN), dossiers.unit)
