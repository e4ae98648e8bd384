"""Since when a target is met.

The day is that of the first report (at the campaign's cut-off, 17:00) which showed it and after which none showed
otherwise: what was finished after the cut-off is seen in the next day's report.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from data.clock import to_micros
from data.home import Campaign, Home
from data.store import Store
from kpi.ceiling import first_of_last_run
from kpi.course import Course, course
from kpi.status import met_all


def arrived_on(found: Course) -> list[date | None]:
    """Per unit, the first day since whose end the target has been met without interruption; None while it is not met."""
    return first_of_last_run(met_all(found.figure, found.value, found.wanted()[:, None]), found.days)


def arrivals(
    store: Store,
    home: Home,
    campaign: Campaign,
    found: Course,
    *,
    by: str | None = None,
    unit: str | None = None,
    known_at: int | None = None,
) -> list[date | None]:
    """``arrived_on`` by the reports: a day later where the target was met only after the cut-off of that day.

    ``by``, ``unit`` and ``known_at`` as the course was asked for. Never before the campaign's first day nor after T.
    """
    ends = arrived_on(found)
    cut_off = time.fromisoformat(campaign.report.cut_off)
    days = dict(zip(found.units, ends, strict=True))
    for day in {end for end in ends if end is not None and campaign.start <= end < found.today}:
        moment = to_micros(datetime.combine(day, cut_off, home.zone))
        then = course(store, home, campaign, found.figure.key, by=by, unit=unit, as_of=moment, known_at=known_at)
        reported = dict(zip(then.units, met_all(then.figure, then.value[:, -1], then.wanted()), strict=True))
        for code, end in zip(found.units, ends, strict=True):
            if end == day and not reported.get(code, True):
                days[code] = day + timedelta(days=1)
    return [None if day is None else max(day, campaign.start) for day in (days[code] for code in found.units)]
