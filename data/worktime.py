"""The home's working calendar as a table, so that working time is a sum in the database."""

from __future__ import annotations

import hashlib
from datetime import date
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from data.calendar import WorkCalendar
from data.clock import MICROSECONDS_PER_DAY, day_number, day_of, day_start
from data.home import Home
from data.records import Session
from data.schema import measures, settings, work_days

FIRST, LAST = date(2000, 1, 1), date(2050, 12, 31)
"""Days the table speaks of; working time outside them counts as none."""
KEY = "work_calendar"
MEASURE = "worked_time"


def fingerprint(home: Home) -> str:
    """Changes with the calendar or the zone."""
    calendar = home.calendar
    days = [sorted(map(str, chosen)) for chosen in (calendar.days_off, calendar.extra_workdays)]
    return hashlib.sha256(repr([home.zone.key, days]).encode()).hexdigest()


@lru_cache(maxsize=8)
def days(calendar: WorkCalendar, zone: ZoneInfo) -> tuple[dict[str, int], ...]:
    """The table's rows; remembered, so that they can be made while a large file is being read."""
    first = day_number(FIRST)
    starts = [day_start(day, zone) for day in range(first, day_number(LAST) + 2)]
    rows, before = [], 0
    for day, (start, following) in enumerate(pairwise(starts), first):
        works = int(calendar.is_working(day_of(day)))
        rows.append({"day": day, "works": works, "before": before, "starts": start, "length": following - start})
        before += works * MICROSECONDS_PER_DAY
    return tuple(rows)


def sync(session: Session, home: Home) -> None:
    """Write the table when the calendar has changed; what was counted with the old one is counted anew."""
    wanted = fingerprint(home)
    found = session.rows(sa.select(settings.c.value).where(settings.c.key == KEY))
    if found and found[0][0] == wanted:
        return
    session.run(sa.delete(work_days))
    session.run(sa.delete(settings).where(settings.c.key == KEY))
    session.run(sa.insert(settings).values(key=KEY, value=wanted))
    session.insert(work_days, list(days(home.calendar, home.zone)))
    session.run(sa.update(measures).where(measures.c.key.startswith(MEASURE)).values(definition=""))
