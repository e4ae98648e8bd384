"""How fast a unit goes, how fast it would have to go, and where its plan says it should stand today.

Everything is said through the deficit: how many dossiers or services are missing at today's denominator. Progress of a
working day is what the deficit fell by since the end of the working day before (weekend work counts for the next one).
``pace`` answers for one unit on one day, ``paces`` for many units on every day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from itertools import pairwise
from statistics import median

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from data.calendar import WorkCalendar
from data.clock import day_number, from_micros
from data.home import Campaign, Home, Target
from kpi.catalog.figure import Figure
from kpi.ceiling import attainable, attainable_all
from kpi.model import Pace

RECENT_DAYS = 7
FINEST = 6
"""Decimals of a count: what is finer is the noise of binary fractions (0.55 × 20 is not 11)."""
Array = NDArray[np.float64]
Values = Mapping[int, tuple[float, float | None]]
"""day → numerator and denominator at the end of that day (T's own day: at T)."""


def last_whole_day(home: Home, campaign: Campaign, as_of: int) -> date:
    """The last day that counts as a whole: T's own once the reporting hour has struck, else the day before."""
    moment = from_micros(as_of, home.zone)
    whole = moment.time() >= time.fromisoformat(campaign.report.cut_off)
    return moment.date() if whole else moment.date() - timedelta(days=1)


def days_needed(home: Home, campaign: Campaign, as_of: int) -> list[date]:
    """The ends of the last eight working days, the last of them not later than T."""
    return home.calendar.last_working_days(last_whole_day(home, campaign, as_of), RECENT_DAYS + 1)


def deficit(figure: Figure, target: float, numerator: float, denominator: float | None) -> float:
    """What is missing as a count; positive = missing."""
    wanted = target * denominator if figure.divides and denominator is not None else target
    return round(figure.direction * (wanted - numerator), FINEST) + 0.0


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
    left = len(calendar.working_days(day + timedelta(days=1), target.due))
    calendar_left = max((target.due - day).days, 0)
    ends = [values.get(day_number(d)) for d in days]
    lacking = [None if end is None else deficit(figure, target.value, *end) for end in ends]
    steps = [before - after for before, after in pairwise(lacking) if before is not None and after is not None]
    arrivals = [
        after[1] - before[1]
        for before, after in pairwise(ends)
        if before is not None and after is not None and before[1] is not None and after[1] is not None
    ]
    return Pace(
        due=target.due,
        working_days_left=left,
        gap_count=missing,
        needed=missing / left if missing > 0 and left else None,
        recent=median(steps) if steps else None,
        ceiling=attainable(figure, *now, max(median(arrivals), 0) * left if arrivals else 0),
        calendar_days_left=calendar_left,
        needed_calendar=missing / calendar_left if missing > 0 and calendar_left else None,
    )


@dataclass(frozen=True, eq=False)
class Paces:
    """``Pace`` of several units on several days: arrays units × days, NaN where there is nothing to say.

    ``gap`` is in the value's unit, ``gap_count``, ``needed``, ``needed_calendar`` and ``recent`` are counts.
    """

    days: tuple[date, ...]
    value: Array
    gap: Array
    gap_count: Array
    needed: Array
    needed_calendar: Array
    recent: Array
    ceiling: Array


def paces(
    figure: Figure,
    target: Array,
    due: date,
    days: tuple[date, ...],
    numerator: Array,
    denominator: Array | None,
    calendar: WorkCalendar,
    last_whole: date | None = None,
) -> Paces:
    """``target``: by unit, all due on one day; ``days``: consecutive, from the day before the campaign on.

    ``numerator`` and ``denominator``: units × days, NaN = unknown. ``last_whole``: see ``last_whole_day``.
    """
    wanted = target[:, None] * (denominator if figure.divides and denominator is not None else 1.0)
    missing = np.round(figure.direction * (wanted - numerator), FINEST)
    value = quotient(figure, numerator, denominator)
    ends = np.array([n for n, day in enumerate(days) if calendar.is_working(day)], dtype=int)
    whole = np.array([last_whole is None or days[n] <= last_whole for n in ends], dtype=bool)
    # How many of the ends lie at or before each day.
    known = np.searchsorted(ends[whole], np.arange(len(days)), side="right")
    recent = _last_medians(-missing[:, ends], known)
    arrivals = np.zeros_like(missing) if denominator is None else _last_medians(denominator[:, ends], known)
    left = np.array([len(calendar.working_days(day + timedelta(days=1), due)) for day in days], dtype=float)
    calendar_left = np.array([max((due - day).days, 0) for day in days], dtype=float)
    expected = np.maximum(np.nan_to_num(arrivals), 0) * left
    return Paces(
        days=days,
        value=value,
        gap=figure.direction * (target[:, None] - value),
        gap_count=missing,
        needed=_per(missing, left),
        needed_calendar=_per(missing, calendar_left),
        recent=recent,
        ceiling=attainable_all(figure, numerator, denominator, expected),
    )


def quotient(figure: Figure, numerator: Array, denominator: Array | None) -> Array:
    """Values; NaN where there is no denominator."""
    if not figure.divides:
        return numerator
    if denominator is None:
        return np.full(numerator.shape, np.nan)
    found = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=found, where=denominator > 0)
    return found


def _per(missing: Array, days_left: Array) -> Array:
    """None is needed where nothing is missing, and no pace is enough where no day is left."""
    found = np.full(missing.shape, np.nan)
    np.divide(missing, days_left, out=found, where=(missing > 0) & (days_left > 0))
    return found


def _last_medians(ends: Array, known: NDArray[np.intp]) -> Array:
    """Median of the last seven (or fewer) steps between ends, for each number of known ends; NaN where there is none."""
    padded = np.pad(np.diff(ends, axis=1), ((0, 0), (RECENT_DAYS, 0)), constant_values=np.nan)
    by_end = _medians(sliding_window_view(padded, RECENT_DAYS, axis=1))
    # Column k of by_end is the median of the steps before end k; with no end known there is no step either.
    return by_end[:, np.clip(known - 1, 0, by_end.shape[1] - 1)]


def _medians(steps: Array) -> Array:
    """Along the last axis, of what is not NaN."""
    ordered = np.sort(steps, axis=-1)  # NaN last
    count = np.sum(~np.isnan(ordered), axis=-1)
    low, high = np.maximum(count - 1, 0) // 2, count // 2
    pick = [
        np.take_along_axis(ordered, place[..., None], axis=-1)[..., 0]
        for place in (low, np.minimum(high, RECENT_DAYS - 1))
    ]
    return np.where(count > 0, (pick[0] + pick[1]) / 2, np.nan)


# The plan -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A straight line over working days, from a value at the end of ``start`` to the target at the end of ``due``."""

    start: date
    start_value: float
    due: date
    target: float

    def at(self, day: date, calendar: WorkCalendar) -> float:
        """The value planned for the end of a day."""
        if day >= self.due:
            return self.target
        first = self.start + timedelta(days=1)
        whole = len(calendar.working_days(first, self.due))
        done = len(calendar.working_days(first, day))
        return self.start_value + (self.target - self.start_value) * (done / whole if whole else 0.0)

    def over(self, days: Iterable[date], calendar: WorkCalendar) -> list[float]:
        return [self.at(day, calendar) for day in days]


def plan_line(campaign: Campaign, target: Target, days: Iterable[date], values: Iterable[float]) -> PlanLine | None:
    """The plan of one unit: from its value as the campaign began, or the first one there was after that.

    ``days`` and ``values`` from the day before the campaign on, NaN = no value. None where there was none by the due date.
    """
    eve = campaign.start - timedelta(days=1)
    first = next(
        ((day, value) for day, value in zip(days, values, strict=True) if day >= eve and not np.isnan(value)), None
    )
    return None if first is None or first[0] >= target.due else PlanLine(*first, target.due, target.value)


def needed_line(today: date, value: float, target: Target) -> PlanLine | None:
    """What is needed from today on: the straight line from today's value to the target; None when its time is over."""
    return None if today >= target.due else PlanLine(today, float(value), target.due, target.value)
