"""Where a unit comes out if it goes on as it went, and when it arrives.

The middle: every coming working day brings what an average one of the last 14 brought, to what is missing and to the
denominator. The range, meant to hold the truth four times out of five, reaches as far as the slow and the fast stretches
of three working days among those 14 (their 10th and 90th percentile), as one dossier more or less in the 14 days would
make it, and as it would be if the change of pace between their two halves went on for another 14. No chance and
no fitting to a unit; how good it is: ``docs/forecast.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.calendar import WorkCalendar
from data.home import Campaign, Home
from data.locale import _, language
from data.locale import formats as written
from data.store import Store
from kpi.arrived import arrivals, arrived_on
from kpi.catalog import FIGURES
from kpi.catalog import figure as declared_figure
from kpi.catalog.figure import Figure, Span
from kpi.ceiling import impossible_since
from kpi.course import Course, course
from kpi.pace import paces, quotient
from kpi.status import met, met_all

Array = NDArray[np.float64]

RECENT_DAYS = 14
LEAST_DAYS = 5
"""With fewer working days behind it nothing is forecast."""
STRETCH = 3
TAIL = 0.1
BEYOND = 60
"""Working days after the due date up to which an arrival is looked for."""


@dataclass(frozen=True, eq=False)
class Paths:
    """Values after each of the coming working days: arrays units × days, NaN where nothing can be said."""

    days: tuple[date, ...]
    middle: Array
    low: Array
    high: Array


@dataclass(frozen=True, slots=True)
class Forecast:
    """What to expect of one unit. ``middle``, ``low``, ``high``: the value on the due date (the last ones known if it is over).

    ``arrival``: the first day on which the target is expected to be met, ``earliest`` and ``latest`` its range; None = not
    within sight. ``since``: the target has been met without interruption from that day on. ``based_on``: working days
    it rests on; 0 = too few, nothing is forecast. ``ceiling``: the best value still attainable; ``impossible_since``: the
    day since which that does not meet the target.
    """

    kpi: str
    unit: str
    name: str
    level: str
    today: date
    due: date
    target: float
    value: float | None
    middle: float | None
    low: float | None
    high: float | None
    arrival: date | None
    earliest: date | None
    latest: date | None
    since: date | None
    based_on: int
    ceiling: float | None = None
    impossible_since: date | None = None

    @property
    def is_over(self) -> bool:
        return self.today >= self.due

    @property
    def reaches(self) -> bool:
        """Whether the target is expected to be met on its due date."""
        return self.middle is not None and met(declared_figure(self.kpi), self.middle, self.target)


def paths(
    figure: Figure, numerator: Array, denominator: Array | None, now: tuple[Array, Array | None], count: int
) -> Paths:
    """``numerator``, ``denominator``: units × ends of the last working days; ``now``: by unit at T; ``count`` days ahead.

    The days are left to the caller. A value never leaves what it can be: counts stay ≥ 0, ratios in 0…1.
    """
    whole = numerator.shape[1] - 1
    share = figure.is_ratio and denominator is not None and now[1] is not None
    # Of a share that must rise, what is still missing is carried on; of everything else the numerator itself.
    rises = share and figure.direction > 0
    counted = denominator - numerator if rises and denominator is not None else numerator
    start = now[1] - now[0] if rises and now[1] is not None else now[0]
    spans = {term.span for term in figure.numerator}
    # Sums of a window never fall; what is missing of a frozen cohort never grows.
    least, most = (0.0 if spans == {Span.WINDOW} else -np.inf), (0.0 if Span.BACKLOG_LEFT in spans else np.inf)

    def after(steps: Array, change: Array, more: Array | None) -> Array:
        """Values after so many working days at each of the given paces: units × steps × paces."""
        carried = np.clip(change, least, most)
        top = np.maximum(start[:, None, None] + steps[:, None] * carried, 0)
        if now[1] is None or more is None:
            return top
        # What has been accepted or is offered does not vanish of itself: a denominator that shrank is taken to stay.
        part = quotient(figure, top, now[1][:, None, None] + steps[:, None] * np.maximum(more, 0))
        part = np.minimum(part, 1.0) if share else part
        return 1.0 - part if rises else part

    steps = np.arange(1.0, count + 1)
    change, more = _rates(counted, whole), None if denominator is None else _rates(denominator, whole)
    centre = after(steps, change, more)
    one = after(steps, np.concatenate([change - 1 / whole, change + 1 / whole], axis=2), more)
    trend = after(steps, _trend(counted, steps), None if denominator is None else _trend(denominator, steps))
    bounds: list[tuple[Array, Array]] = []
    for stretch in range(1, min(STRETCH, whole) + 1):
        # Ahead of fewer days than a stretch lies only as short a one.
        those = steps[steps >= stretch] if stretch == min(STRETCH, whole) else steps[steps == stretch]
        spread = after(those, _rates(counted, stretch), None if denominator is None else _rates(denominator, stretch))
        bounds.append(_percentiles(spread))
    slow, fast = (np.concatenate(part, axis=1) for part in zip(*bounds, strict=True))
    ends = np.concatenate([centre, one, trend], axis=2)
    return Paths((), centre[..., 0], np.fmin(slow, ends.min(axis=2)), np.fmax(fast, ends.max(axis=2)))


def figures_of(campaign: Campaign) -> list[str]:
    """Figures with a target that can be forecast, in the campaign's order."""
    kpis = dict.fromkeys(target.kpi for target in campaign.target)
    return [kpi for kpi in kpis if kpi not in FIGURES or FIGURES[kpi].reads != "series"]


def forecast(
    store: Store,
    home: Home,
    campaign: Campaign,
    kpi: str,
    *,
    by: str | None = None,
    unit: str | None = None,
    as_of: int | None = None,
    known_at: int | None = None,
) -> list[Forecast]:
    """The forecasts of a figure at T, of a unit (None: the root) or of every unit of a level below it.

    Raises CallFault for what is unknown, for manual series and ranks, and for a T before the campaign.
    """
    found = course(store, home, campaign, kpi, by=by, unit=unit, as_of=as_of, known_at=known_at)
    since = arrivals(store, home, campaign, found, by=by, unit=unit, known_at=known_at)
    return forecasts(found, home.calendar, since)


def forecasts(found: Course, calendar: WorkCalendar, since: Sequence[date | None] | None = None) -> list[Forecast]:
    """One for every unit of a course that has a target and a value, in the course's order.

    ``since``: by unit, since when the target has been met; by default as the days' ends show it.
    """
    by_row: dict[int, Forecast] = {}
    met_since = arrived_on(found) if since is None else since
    for due, rows in found.by_due().items():
        part = found.only(rows)
        ahead = band(part, calendar, last_looked_at(due, calendar))
        expected = [first_met(part, path, ahead.days) for path in (ahead.middle, ahead.low, ahead.high)]
        wanted = part.wanted()
        how = paces(part.figure, wanted, due, part.days, part.numerator, part.denominator, calendar, part.last_whole)
        lost = impossible_since(part.figure, wanted, due, how.ceiling, part.value, part.days)
        for place, row in enumerate(rows):
            if not np.isnan(part.value[place, -1]):
                ceiling = None if np.isnan(how.ceiling[place, -1]) else float(how.ceiling[place, -1])
                made = _one(part, place, due, ahead, expected, met_since[row], _behind(part, calendar))
                by_row[row] = replace(made, ceiling=ceiling, impossible_since=lost[place])
    return [by_row[row] for row in sorted(by_row)]


def band(found: Course, calendar: WorkCalendar, until: date) -> Paths:
    """The paths of a course's units on the working days after T up to ``until``; no days when too little is known."""
    if _behind(found, calendar) < LEAST_DAYS:
        return Paths((), *(np.empty((len(found.units), 0)) for _n in range(3)))
    columns = found.ends(calendar, RECENT_DAYS + 1)
    days = tuple(calendar.working_days(found.today + timedelta(days=1), until))
    down = found.denominator
    made = paths(
        found.figure,
        found.numerator[:, columns],
        None if down is None else down[:, columns],
        (found.numerator[:, -1], None if down is None else down[:, -1]),
        len(days),
    )
    return Paths(days, made.middle, made.low, made.high)


def _one(
    part: Course,
    place: int,
    due: date,
    ahead: Paths,
    arrivals: list[list[date | None]],
    since: date | None,
    based_on: int,
) -> Forecast:
    target = part.targets[place]
    assert target is not None
    figure, value = part.figure, float(part.value[place, -1])
    inside = sum(day <= due for day in ahead.days)
    based_on = 0 if based_on < LEAST_DAYS or np.isnan(ahead.middle[place]).any() else based_on
    middle: float | None
    low: float | None
    high: float | None
    if part.today >= due or (based_on and not inside):
        middle = low = high = value
    elif not based_on:
        middle = low = high = None
    else:
        middle, low, high = (float(path[place, inside - 1]) for path in (ahead.middle, ahead.low, ahead.high))
    if since is not None or not based_on:
        arrival = earliest = latest = since
    else:
        arrival, *ends = (days[place] for days in arrivals)
        earliest, latest = sorted(ends, key=lambda day: day or date.max)
    return Forecast(
        kpi=figure.key,
        unit=part.units[place],
        name=part.names[place],
        level=part.levels[place],
        today=part.today,
        due=due,
        target=target.value,
        value=value,
        middle=middle,
        low=low,
        high=high,
        arrival=arrival,
        earliest=earliest,
        latest=latest,
        since=since,
        based_on=based_on,
    )


def first_met(found: Course, path: Array, days: Sequence[date]) -> list[date | None]:
    """By unit, the first of the coming days on which a path meets the target."""
    met_then = met_all(found.figure, path, found.wanted()[:, None])
    first = met_then.argmax(axis=1) if len(days) else np.zeros(len(path), int)
    return [days[place] if line.any() else None for place, line in zip(first, met_then, strict=True)]


def _behind(found: Course, calendar: WorkCalendar) -> int:
    """Working days whose progress is known."""
    return max(len(found.ends(calendar, RECENT_DAYS + 1)) - 1, 0)


def last_looked_at(due: date, calendar: WorkCalendar) -> date:
    return calendar.add(due, BEYOND)


def _rates(ends: Array, stretch: int) -> Array:
    """Progress per working day over every stretch of so many days: units × 1 × stretches."""
    made: Array = (ends[:, stretch:] - ends[:, :-stretch]) / stretch
    return made[:, None, :]


def _trend(ends: Array, steps: Array) -> Array:
    """Mean progress per day if the change of pace between the two halves went on for as long again: units × steps × 1."""
    half = max((ends.shape[1] - 1) // 2, 1)
    late = (ends[:, -1] - ends[:, -1 - half]) / half
    early = (ends[:, -1 - half] - ends[:, -1 - 2 * half]) / half
    change_a_day = (late - early) / half
    mean_distance = (half - 1) / 2 + np.cumsum(np.minimum(steps, RECENT_DAYS)) / steps
    made: Array = late[:, None] + change_a_day[:, None] * mean_distance
    return made[:, :, None]


def _percentiles(spread: Array) -> tuple[Array, Array]:
    """Along the last axis, between the neighbouring ones, as usual; NaN where any is missing."""
    ordered = np.sort(spread, axis=-1)
    last = ordered.shape[-1] - 1

    def at(place: float) -> Array:
        left = int(place)
        right = min(left + 1, last)
        found: Array = ordered[..., left] + (ordered[..., right] - ordered[..., left]) * (place - left)
        return found

    return at(TAIL * last), at((1 - TAIL) * last)


def as_object(forecast: Forecast) -> dict[str, Any]:
    """For the command line and HTTP: every field and the sentence."""
    return {**asdict(forecast), "sentence": sentence(forecast)}


# In words -------------------------------------------------------------------------------------------------------------


def sentence(forecast: Forecast) -> str:
    """What to expect, in one sentence of the reader's language."""
    figure = declared_figure(forecast.kpi)
    due, goal = written.date(forecast.due), worded(figure, forecast.target)
    if forecast.value is None:
        return _("Chưa có số liệu để dự báo.")
    if forecast.is_over:
        value = worded(figure, forecast.value, forecast.target)
        if forecast.since is None:
            return _("Đã hết hạn {due}: {value}, không đạt mục tiêu {target}.", due=due, value=value, target=goal)
        return f"{_early_or_late(forecast, goal)}."
    if not forecast.based_on or forecast.middle is None:
        return _("Chưa đủ {n} ngày làm việc để dự báo.", n=LEAST_DAYS)
    days, middle = forecast.based_on, worded(figure, forecast.middle, forecast.target)
    low, high = worded(figure, forecast.low, forecast.target), worded(figure, forecast.high, forecast.target)
    if low == high:
        text = _(
            "Nếu từ nay đến {due} vẫn như {n} ngày làm việc qua thì đến hạn là {value}", due=due, n=days, value=middle
        )
    else:
        between = low if figure.is_ratio else low.split(written.NBSP)[0]
        text = _(
            "Nếu từ nay đến {due} vẫn như {n} ngày làm việc qua thì đến hạn là {value} (khoảng {low} đến {high})",
            due=due, n=days, value=middle, low=between, high=high,
        )  # fmt: skip
    return f"{text}{_arrival_words(forecast, goal)}."


def _early_or_late(forecast: Forecast, goal: str) -> str:
    assert forecast.since is not None
    day, due = written.date(forecast.since), written.date(forecast.due)
    early = (forecast.due - forecast.since).days
    if early > 0:
        return _(
            "Đạt mục tiêu {target} từ {day}, sớm {n} ngày so với hạn {due}",
            count=early,
            target=goal,
            day=day,
            n=early,
            due=due,
        )
    if early < 0:
        return _(
            "Đạt mục tiêu {target} từ {day}, muộn {n} ngày so với hạn {due}",
            count=-early,
            target=goal,
            day=day,
            n=-early,
            due=due,
        )
    return _("Đạt mục tiêu {target} từ {day}, đúng hạn", target=goal, day=day)


def _arrival_words(forecast: Forecast, goal: str) -> str:
    if forecast.since is not None:
        day = written.date(forecast.since)
        if forecast.reaches:
            return _(", giữ được mục tiêu {target} đã đạt từ {day}", target=goal, day=day)
        return _(", không giữ được mục tiêu {target} đã đạt từ {day}", target=goal, day=day)
    if forecast.impossible_since is not None:
        day = written.date(forecast.impossible_since)
        return _(", không còn đạt được mục tiêu {target} từ {day}", target=goal, day=day)
    if forecast.arrival is not None:
        day = written.date(forecast.arrival)
        if forecast.arrival <= forecast.due:
            return _(", đạt mục tiêu {target} ngày {day}", target=goal, day=day)
        return _(", đến {day} mới đạt mục tiêu {target}", target=goal, day=day)
    if forecast.earliest is not None and forecast.earliest <= forecast.due:
        day = written.date(forecast.earliest)
        return _(", chưa đạt mục tiêu {target}; thuận lợi nhất thì đạt ngày {day}", target=goal, day=day)
    return _(", chưa đạt mục tiêu {target}", target=goal)


def worded(figure: Figure, value: float | None, target: float | None = None) -> str:
    """A value as people write it: 97,3 %, 1.224 dịch vụ, 4,3 ngày làm việc."""
    if figure.is_ratio:
        return written.percent(value, target)
    return f"{written.decimal(value, 1 if figure.unit == 'days' else 0)}{written.NBSP}{figure.noun(language())}"
