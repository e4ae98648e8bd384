"""How urgent a due date is, in working days of the home's calendar, and by when a letter of apology has to be out."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from data.calendar import WorkCalendar
from data.clock import day_number, day_of, day_start
from data.home import Apology, Home, Rules
from data.measures import is_overdue, runs
from data.schema import dossiers

v = dossiers.c

LANES = ("overdue", "today", "t1", "t2", "t3", "t7", "later", "no_due_date", "paused")
"""Where an open dossier stands: overdue, due before work begins tomorrow, in 1, 2, 3, in 4 to 7 or in more working days;
without a due date; its clock stopped."""

WORKING_DAYS = {"today": 0, "t1": 1, "t2": 2, "t3": 3, "t7": 7}
LONGEST_BREAK = 40
"""Days within which there is a working day."""


def days_left(calendar: WorkCalendar, today: date, due: date) -> int:
    """Working days until due; negative = working days overdue."""
    if due >= today:
        return len(calendar.working_days(date.fromordinal(today.toordinal() + 1), due))
    return -len(calendar.working_days(date.fromordinal(due.toordinal() + 1), today))


def reach(calendar: WorkCalendar, today: date, count: int) -> date:
    """The last day that is at most ``count`` working days after ``today``; days off that follow belong to it."""
    day = calendar.add(today, count + 1)
    return date.fromordinal(day.toordinal() - 1)


def lane(home: Home, rules: Rules, today: date, at: int) -> sa.ColumnElement[str]:
    """The lane of an open dossier at a moment of a day."""

    def due_by(name: str) -> sa.ColumnElement[bool]:
        return v.due_at < _end(home, today, name)

    return sa.case(
        (v.due_at.is_(None), "no_due_date"),
        (~runs(rules), "paused"),
        (is_overdue(rules, day_number(today), at), "overdue"),
        *((due_by(name), name) for name in WORKING_DAYS),
        else_="later",
    )


def due_within(home: Home, today: date, at: int, name: str) -> tuple[sa.ColumnElement[bool], ...]:
    """What due dates of a lane have in common, so that an index finds them; which lane it is, only ``lane`` says."""
    if name in ("overdue", "no_due_date", "paused"):
        return {"overdue": (v.due_at <= at,), "no_due_date": (v.due_at.is_(None),)}.get(name, ())
    names = [*WORKING_DAYS, "later"]
    before = names[: names.index(name)][-1:]
    upper = (v.due_at < _end(home, today, name),) if name in WORKING_DAYS else ()
    return (*(v.due_at >= _end(home, today, earlier) for earlier in before), *upper)


def _end(home: Home, today: date, name: str) -> int:
    """Where a lane of working days ends."""
    last = reach(home.calendar, today, WORKING_DAYS[name])
    return day_start(day_number(last) + 1, home.zone)


def last_day(setting: Apology, calendar: WorkCalendar, due: date) -> date:
    """The last day on which a letter is still in time for a due date."""
    if setting.counted == "calendar":
        return date.fromordinal(due.toordinal() - setting.days)
    before = date.fromordinal(due.toordinal() - 1)
    return calendar.last_working_days(before, setting.days)[0]


def send_today(setting: Apology, calendar: WorkCalendar, today: date) -> tuple[date, date] | None:
    """First and last due date whose letter has to go out today: tomorrow, or once work begins again, is too late."""
    next_work = calendar.add(today, 1)
    days = (day_of(day_number(today) + n) for n in range(LONGEST_BREAK + setting.days))
    due = [day for day in days if today <= last_day(setting, calendar, day) < next_work]
    return (due[0], due[-1]) if due else None
