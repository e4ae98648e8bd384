"""Needed pace, recent pace and the attainable ceiling of one figure of one unit.

Everything is said through the deficit: how many dossiers or services are missing at today's denominator. Progress of a
working day is what the deficit fell by since the end of the working day before (weekend work counts for the next one).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, time
from itertools import pairwise
from statistics import median

from data.calendar import WorkCalendar
from data.clock import day_number, from_micros
from data.home import Campaign, Home, Target
from kpi.catalog.figure import Figure, Span
from kpi.model import Pace

RECENT_DAYS = 7
Values = Mapping[int, tuple[float, float | None]]
"""day → numerator and denominator at the end of that day (T's own day: at T)."""


def days_needed(home: Home, campaign: Campaign, as_of: int) -> list[date]:
    """The ends of the last eight working days, the last of them not later than T."""
    moment = from_micros(as_of, home.zone)
    cut_off = time.fromisoformat(campaign.report.cut_off)
    last = moment.date()
    if moment.time() < cut_off:
        last = date.fromordinal(last.toordinal() - 1)
    return home.calendar.last_working_days(last, RECENT_DAYS + 1)


def deficit(figure: Figure, target: float, numerator: float, denominator: float | None) -> float:
    """What is missing as a count; positive = missing."""
    wanted = target * denominator if figure.divides and denominator is not None else target
    return figure.direction * (wanted - numerator)


def pace(
    figure: Figure,
    target: Target,
    values: Values,
    now: tuple[float, float | None],
    days: list[date],
    calendar: WorkCalendar,
    day: date,
) -> Pace:
    """``values`` holds the days of ``days`` that lie inside the window; ``now`` is the state at T on ``day``."""
    missing = deficit(figure, target.value, *now)
    left = len(calendar.working_days(date.fromordinal(day.toordinal() + 1), target.due))
    ends = [values.get(day_number(d)) for d in days]
    steps = [
        deficit(figure, target.value, *before) - deficit(figure, target.value, *after)
        for before, after in pairwise(ends)
        if before is not None and after is not None
    ]
    arrivals = [
        after[1] - before[1]
        for before, after in pairwise(ends)
        if before is not None and after is not None and before[1] is not None and after[1] is not None
    ]
    recent = median(steps) if steps else None
    return Pace(
        due=target.due,
        working_days_left=left,
        gap_count=missing,
        needed=missing / left if missing > 0 and left else None,
        recent=recent,
        ceiling=_ceiling(figure, now, max(median(arrivals), 0) * left if arrivals else 0),
    )


def _ceiling(figure: Figure, now: tuple[float, float | None], expected: float) -> float | None:
    """The best value still attainable if everything yet to come goes well.

    What has happened stays: a late dossier stays late. Stocks can still be brought to their end.
    """
    numerator, denominator = now
    if figure.reads == "series" or figure.unit == "days":
        return None
    flows = any(term.span is Span.WINDOW for term in figure.numerator) or figure.services == "active"
    if not figure.is_ratio:
        return (numerator if flows else 0.0) if figure.direction < 0 else math.inf
    if not flows or figure.services == "active":
        return 1.0 if figure.direction > 0 else 0.0
    total = (denominator or 0) + expected
    good = numerator + (expected if figure.direction > 0 else 0)
    return good / total if total else None
