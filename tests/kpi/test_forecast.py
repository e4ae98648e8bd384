"""Forecasts against the same rule written out for one unit, and what must hold of every one."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.calendar import WorkCalendar
from data.home import Target
from data.locale import use_language
from data.locale.formats import NBSP
from kpi.arrived import arrived_on
from kpi.backtest import held_against
from kpi.catalog import figure
from kpi.catalog.figure import Figure
from kpi.course import Course
from kpi.forecast import Forecast, band, forecasts, paths, sentence

CALENDAR = WorkCalendar(frozenset({date(2021, 4, 21)}))
EVE = date(2021, 3, 30)
DUE = date(2021, 5, 19)
KINDS = ("on_time_resolved", "on_time_766", "npsp_integration", "backlog_cleared", "overdue_open", "became_overdue", "overdue_share", "avg_days")  # fmt: skip


def course(key: str, up: list[list[float]], down: list[list[float]] | None, target: float, due: date = DUE) -> Course:
    days = tuple(EVE + timedelta(days=n) for n in range(len(up[0])))
    units = tuple(f"u{n}" for n in range(len(up)))
    return Course(
        figure=figure(key),
        units=units,
        names=units,
        levels=("district",) * len(up),
        days=days,
        numerator=np.array(up, float),
        denominator=None if down is None else np.array(down, float),
        targets=(Target(kpi=key, value=target, due=due),) * len(up),
        last_whole=days[-1],
    )


@st.composite
def courses(draw: st.DrawFn) -> Course:
    key = draw(st.sampled_from(KINDS))
    declared, length = figure(key), draw(st.integers(8, 45))
    up, down = [float(draw(st.integers(0, 40)))], [float(draw(st.integers(40, 60)))]
    for _ in range(length):
        up.append(max(up[-1] + draw(st.integers(-3, 6)), 0))
        down.append(max(down[-1] + draw(st.integers(-3, 9)), up[-1], 1))
    target = draw(st.sampled_from([0.0, 0.4, 1.0] if declared.is_ratio else [0.0, 20.0]))
    return course(key, [up], [down] if declared.divides else None, target)


def percentile(values_: list[float], share: float) -> float:
    """The usual one, between neighbours."""
    ordered, place = sorted(values_), share * (len(values_) - 1)
    low = math.floor(place)
    high = min(low + 1, len(values_) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def by_hand(
    declared: Figure, ends: list[tuple[float, float]], now: tuple[float, float], steps: int
) -> tuple[float, ...]:
    """Middle, low and high after so many working days; a pair is what is carried on and its denominator."""

    def after(change: float, more: float) -> float:
        if declared.key in ("on_time_resolved", "became_overdue", "avg_days"):
            change = max(change, 0.0)
        if declared.key == "backlog_cleared":
            change = min(change, 0.0)
        top = max(now[0] + steps * change, 0.0)
        if not declared.divides:
            return top
        part = top / (now[1] + steps * max(more, 0.0))
        if not declared.is_ratio:
            return part
        return 1 - min(part, 1.0) if declared.direction > 0 else min(part, 1.0)

    whole = len(ends) - 1

    def rate(first: int, last: int) -> tuple[float, float]:
        return tuple((ends[last][side] - ends[first][side]) / (last - first) for side in (0, 1))  # type: ignore[return-value]

    mean = rate(0, whole)
    middle = after(*mean)
    stretch = min(3, steps, whole)
    spread = [after(*rate(first, first + stretch)) for first in range(whole - stretch + 1)]
    half = max(whole // 2, 1)
    late, early = rate(whole - half, whole), rate(whole - 2 * half, whole - half)
    away = (half - 1) / 2 + sum(min(n, 14) for n in range(1, steps + 1)) / steps
    trend = after(*(b + (b - a) / half * away for a, b in zip(early, late, strict=True)))
    one = [after(mean[0] + sign / whole, mean[1]) for sign in (-1, 1)]
    everything = [middle, trend, *one, percentile(spread, 0.1), percentile(spread, 0.9)]
    return middle, min(everything), max(everything)


@settings(max_examples=40, deadline=None)
@given(courses(), st.integers(1, 30))
def test_paths_are_what_the_rule_says(found: Course, steps: int) -> None:
    columns = found.ends(CALENDAR, 15)
    declared, down = found.figure, found.denominator
    rises = declared.is_ratio and declared.direction > 0

    def pair(column: int) -> tuple[float, float]:
        n = float(found.numerator[0, column])
        d = 0.0 if down is None else float(down[0, column])
        return (d - n if rises else n), d

    made = paths(
        declared, found.numerator[:, columns], None if down is None else down[:, columns],
        (found.numerator[:, -1], None if down is None else down[:, -1]), steps,
    )  # fmt: skip
    expected = by_hand(declared, [pair(column) for column in columns], pair(-1), steps)
    assert (made.middle[0, -1], made.low[0, -1], made.high[0, -1]) == pytest.approx(expected, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(courses())
def test_a_forecast_keeps_its_order_and_its_bounds(found: Course) -> None:
    (made,) = forecasts(found, CALENDAR)
    assert made.middle is not None
    assert made.low is not None
    assert made.high is not None
    assert made.low <= made.middle <= made.high
    assert made.low >= 0
    assert made.high <= 1 or not found.figure.is_ratio
    if made.since is None:
        arrivals = [day or date.max for day in (made.earliest, made.arrival, made.latest)]
        assert arrivals == sorted(arrivals)
        assert all(day > made.today for day in arrivals)
    for language in ("vi", "en"):
        use_language(language)
        assert sentence(made).endswith(".")
        assert "None" not in sentence(made)
        assert "nan" not in sentence(made).split()
    use_language("vi")


@settings(max_examples=15, deadline=None)
@given(courses(), st.integers(0, 40))
def test_a_forecast_knows_nothing_of_what_comes_after(found: Course, later: int) -> None:
    """What the back-test rests on: the past of a longer history says what the shorter one said."""
    day = found.days[max(7, len(found.days) - 1 - later)]
    then = found.upto(day)
    changed = found.numerator.copy()
    changed[:, len(then.days) :] += 1000
    other = course(
        found.figure.key, changed.tolist(), None if found.denominator is None else found.denominator.tolist(), 0.4
    ).upto(day)
    assert band(then, CALENDAR, DUE).high.tolist() == band(other, CALENDAR, DUE).high.tolist()


def said(made: Forecast) -> str:
    return sentence(made).replace(NBSP, " ")


def steady(per_day: float, length: int = 24) -> Course:
    """100 overdue dossiers on the eve, so many fewer after each working day."""
    days = [EVE + timedelta(days=n) for n in range(length)]
    left, up = 100.0, []
    for day in days:
        left -= per_day if CALENDAR.is_working(day) and day > EVE else 0
        up.append(max(left, 0.0))
    return course("overdue_open", [up], None, 0)


def test_a_steady_pace_arrives_on_the_day_one_counts() -> None:
    found = steady(4)  # Tuesday 30/3 to Thursday 22/4: 16 working days (the 21st is off) leave 36, nine more to go
    (made,) = forecasts(found, CALENDAR)
    assert (made.today, made.value, made.based_on) == (date(2021, 4, 22), 36, 14)
    assert made.arrival == CALENDAR.add(date(2021, 4, 22), 9) == date(2021, 5, 5)
    assert (made.middle, made.low, made.high) == (0, 0, 0)
    assert said(made) == (
        "Nếu từ nay đến 19/5/2021 vẫn như 14 ngày làm việc qua thì đến hạn là 0 hồ sơ, "
        "đạt mục tiêu 0 hồ sơ ngày 5/5/2021."
    )  # fmt: skip


def test_too_slow_a_pace_arrives_after_the_due_date() -> None:
    (made,) = forecasts(steady(2), CALENDAR)
    assert (made.value, made.middle) == (68, 30)  # nineteen working days are left
    assert made.arrival is not None
    assert made.arrival == CALENDAR.add(date(2021, 4, 22), 34)
    assert made.arrival > made.due
    use_language("en")
    assert said(made).startswith("If the days to 19 May 2021 go like the last 14 working days, it will be 30 ")
    use_language("vi")


def test_too_few_days_forecast_nothing_and_a_due_date_that_is_over_is_judged() -> None:
    (made,) = forecasts(steady(4, length=6), CALENDAR)
    assert (made.based_on, made.middle, made.arrival) == (0, None, None)
    assert sentence(made) == "Chưa đủ 5 ngày làm việc để dự báo."
    (over,) = forecasts(
        course("overdue_open", [[5.0] * 9 + [0.0] * 3], None, 0, due=EVE + timedelta(days=10)), CALENDAR
    )
    assert over.since == EVE + timedelta(days=9)
    assert said(over) == "Đạt mục tiêu 0 hồ sơ từ 8/4/2021, sớm 1 ngày so với hạn 9/4/2021."


def test_met_means_without_interruption() -> None:
    found = course("overdue_open", [[0, 0, 3, 0, 0], [0, 0, 0, 0, 1], [0, 0, 0, 0, 0]], None, 0)
    assert arrived_on(found) == [EVE + timedelta(days=3), None, EVE]


def test_the_back_test_counts_what_was_said_against_what_came() -> None:
    found = steady(4, length=(DUE - EVE).days + 1)
    made, told = held_against(found, CALENDAR)
    # From the sixth working-day end on, every day but the due date itself: 7/4 to 18/5.
    assert len(made) == (DUE - date(2021, 4, 6)).days
    assert all(one.inside for one in made)
    assert made[0].left == len(CALENDAR.working_days(date(2021, 4, 7), DUE))
    assert {one.arrived for one in told} == {date(2021, 5, 5)}
    assert all(one.expected == date(2021, 5, 5) for one in told)
    assert told


def test_units_without_target_or_value_are_left_out() -> None:
    found = course("overdue_open", [[math.nan] * 12, [3.0] * 12], None, 0)
    assert [made.unit for made in forecasts(found, CALENDAR)] == ["u1"]
    assert isinstance(forecasts(found, CALENDAR)[0], Forecast)
