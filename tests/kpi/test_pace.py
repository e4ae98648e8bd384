"""Paces of many units and days against a count on the fingers, one unit and one day at a time."""

from __future__ import annotations

import math
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from statistics import median

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.calendar import WorkCalendar
from data.clock import day_number
from data.home import Campaign, Label, Target
from kpi.catalog import figure
from kpi.catalog.figure import Figure
from kpi.pace import PlanLine, deficit, needed_line, pace, paces, plan_line

EVE = date(2021, 3, 30)
CALENDAR = WorkCalendar(frozenset({date(2021, 4, 21), date(2021, 4, 30)}), frozenset({date(2021, 4, 24)}))
FIGURES = [figure(key) for key in ("on_time_resolved", "online_submit", "npsp_integration", "overdue_open", "overdue_share", "avg_days")]  # fmt: skip
Sums = list[tuple[int, int | None]]


@st.composite
def histories(draw: st.DrawFn) -> tuple[Figure, float, date, Sums]:
    """A figure, its target, its due date, and its sums at the end of each day from the eve on."""
    declared = draw(st.sampled_from(FIGURES))
    target = draw(st.sampled_from([0.0, 0.55, 0.8, 1.0] if declared.divides else [0.0, 7.0]))
    length = draw(st.integers(1, 40))
    sums: Sums = []
    up, down = draw(st.integers(0, 50)), draw(st.integers(50, 90))
    for _ in range(length):
        up = max(up + draw(st.integers(-5, 9)), 0)
        down = max(down + draw(st.integers(-4, 12)), up)
        sums.append((up, down if declared.divides else None))
    return declared, target, EVE + timedelta(days=draw(st.integers(0, 60))), sums


def by_hand(declared: Figure, target: float, due: date, sums: Sums, place: int) -> dict[str, float | None]:
    """What the vector answers on one day, in exact fractions."""
    wanted = Fraction(str(target))

    def missing(n: int, d: int | None) -> Fraction:
        return declared.direction * (wanted * (d if d is not None else 1) - n)

    day = EVE + timedelta(days=place)
    working = [n for n in range(place + 1) if CALENDAR.is_working(EVE + timedelta(days=n))][-8:]
    steps = [missing(*sums[a]) - missing(*sums[b]) for a, b in pairwise(working)]
    later = [day + timedelta(days=n) for n in range(1, max((due - day).days, 0) + 1)]
    left = sum(CALENDAR.is_working(one) for one in later)
    gap = missing(*sums[place])
    return {
        "gap_count": float(gap),
        "needed": float(gap / left) if gap > 0 and left else None,
        "needed_calendar": float(gap / len(later)) if gap > 0 and later else None,
        "recent": float(median(steps)) if steps else None,
    }


@settings(max_examples=60, deadline=None)
@given(histories())
def test_every_day_of_a_history_is_what_one_counts_by_hand(history: tuple[Figure, float, date, Sums]) -> None:
    declared, target, due, sums = history
    days = tuple(EVE + timedelta(days=n) for n in range(len(sums)))
    up = np.array([[n for n, _ in sums]] * 2, float)
    down = np.array([[d for _, d in sums]] * 2, float) if declared.divides else None
    found = paces(declared, np.array([target, target]), due, days, up, down, CALENDAR)
    values = {
        day_number(day): (float(n), None if d is None else float(d)) for day, (n, d) in zip(days, sums, strict=True)
    }
    for place, day in enumerate(days):
        expected = by_hand(declared, target, due, sums, place)
        ends = CALENDAR.last_working_days(day, 8)
        one = pace(
            declared, Target(kpi="x", value=target, due=due), values, values[day_number(day)], ends, CALENDAR, day
        )
        for name, value in expected.items():
            for said in (getattr(one, name), *getattr(found, name)[:, place]):
                if value is None:
                    assert said is None or math.isnan(said), (name, day)
                else:
                    assert said == pytest.approx(value, abs=1e-5), (name, day)
        top = found.ceiling[0, place]
        assert (one.ceiling is None and math.isnan(top)) or one.ceiling == pytest.approx(top), day


def test_an_unknown_day_makes_no_pace_and_the_hour_of_the_report_decides_about_today() -> None:
    days = tuple(date(2021, 5, 3) + timedelta(days=n) for n in range(4))  # Monday to Thursday
    up = np.array([[math.nan, 10.0, 14.0, 20.0]])
    whole = paces(FIGURES[3], np.array([0.0]), date(2021, 5, 7), days, up, None, WorkCalendar())
    assert math.isnan(whole.recent[0, 1])  # one known end makes no step
    assert whole.recent[0].tolist()[2:] == [-4.0, -5.0]
    before = paces(FIGURES[3], np.array([0.0]), date(2021, 5, 7), days, up, None, WorkCalendar(), days[2])
    assert before.recent[0, 3] == -4.0


def test_nothing_is_missing_where_only_binary_fractions_say_so() -> None:
    assert 0.55 * 100 > 55
    assert deficit(figure("online_submit"), 0.55, 55, 100) == 0
    assert deficit(figure("online_submit"), 0.55, 54, 100) == 1


def test_the_plan_runs_over_working_days_and_ends_at_the_target() -> None:
    line = PlanLine(date(2021, 4, 16), 0.2, date(2021, 4, 26), 1.0)  # a Friday to a Monday
    # 19, 20, 22, 23, then Saturday the 24th which makes up for the 30th, then 26: six working days, the 21st is off.
    expected = {16: 0, 17: 0, 18: 0, 19: 1, 20: 2, 21: 2, 22: 3, 23: 4, 24: 5, 25: 5, 26: 6}
    days = [date(2021, 4, day) for day in expected]
    assert line.over(days, CALENDAR) == pytest.approx([0.2 + 0.8 * n / 6 for n in expected.values()])
    assert line.at(date(2021, 6, 1), CALENDAR) == 1.0
    assert line.at(date(2021, 4, 1), CALENDAR) == 0.2


def test_the_plan_begins_with_the_first_value_there_is() -> None:
    campaign = Campaign(key="c", start=date(2021, 3, 31), end=date(2021, 5, 19), name=Label(vi="c"))
    target = Target(kpi="online_submit", value=0.5, due=date(2021, 5, 19))
    days = [EVE, *(EVE + timedelta(days=n) for n in range(1, 4))]
    assert plan_line(campaign, target, days, [math.nan, math.nan, 0.4, 0.3]) == PlanLine(days[2], 0.4, target.due, 0.5)
    assert plan_line(campaign, target, days, [0.1, 0.2, 0.4, 0.3]) == PlanLine(EVE, 0.1, target.due, 0.5)
    assert plan_line(campaign, target, days, [math.nan] * 4) is None
    assert needed_line(target.due, 0.4, target) is None
    assert needed_line(days[3], 0.4, target) == PlanLine(days[3], 0.4, target.due, 0.5)
