"""Since when a target is out of reach, and since when it is met."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kpi.catalog import figure
from kpi.ceiling import attainable, attainable_all, first_of_last_run, impossible_since

START = date(2021, 5, 3)
ON_TIME, BACKLOG, OVERDUE, TURNED, ACTIVE = (
    figure(key) for key in ("on_time_resolved", "backlog_cleared", "overdue_open", "became_overdue", "services_active")
)


def days(count: int) -> list[date]:
    return [START + timedelta(days=n) for n in range(count)]


@given(st.lists(st.lists(st.booleans(), min_size=6, max_size=6), min_size=1, max_size=4))
def test_a_run_begins_after_the_last_break(rows: list[list[bool]]) -> None:
    expected = []
    for row in rows:
        since = None
        for day, holds in zip(days(6), row, strict=True):
            since = (since or day) if holds else None
        expected.append(since)
    assert first_of_last_run(np.array(rows), days(6)) == expected


def test_one_late_dossier_makes_all_in_time_impossible_from_its_day_on() -> None:
    up, down = np.array([[0.0, 5, 9, 20], [0.0, 5, 10, 20]]), np.array([[0.0, 5, 10, 21], [0.0, 5, 10, 20]])
    ceiling = attainable_all(ON_TIME, up, down, np.array([10.0, 10, 10, 10]))
    value = np.divide(up, down, out=np.full(up.shape, np.nan), where=down > 0)
    due = START + timedelta(days=30)
    assert impossible_since(ON_TIME, np.array([1.0, 1.0]), due, ceiling, value, days(4)) == [days(4)[2], None]


def test_a_target_that_comes_within_reach_again_is_not_lost() -> None:
    ceiling = np.array([[0.9, 0.4, 0.6, 0.7], [0.9, 0.4, 0.6, 0.3]])
    due = START + timedelta(days=30)
    found = impossible_since(ON_TIME, np.array([0.5, 0.5]), due, ceiling, ceiling, days(4))
    assert found == [None, days(4)[3]]


def test_a_stock_missed_on_its_due_date_is_lost_from_the_next_day_even_if_cleared_then() -> None:
    value = np.array([[0.5, 0.9, 1.0], [0.5, 1.0, 1.0]])
    found = impossible_since(BACKLOG, np.array([1.0, 1.0]), days(3)[1], np.ones((2, 3)), value, days(3))
    assert found == [days(3)[2], None]


def test_what_has_happened_stays_and_what_can_be_cleared_can_be_cleared() -> None:
    up, down, more = np.array([[30.0, np.nan]]), np.array([[60.0, np.nan]]), np.array([40.0, 40.0])
    for declared, expected in ((ON_TIME, 0.7), (BACKLOG, 1.0), (OVERDUE, 0.0), (TURNED, 30.0), (ACTIVE, 1.0)):
        whole = down if declared.divides else None
        found = attainable_all(declared, up, whole, more)
        assert found[0, 0] == expected == attainable(declared, 30, 60, 40), declared.key
        assert np.isnan(found[0, 1])
    assert attainable(figure("avg_days"), 30, 60, 40) is None
    assert attainable(figure("e_certification"), 30, None, 40) == np.inf
