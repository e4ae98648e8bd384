"""When reports are due, by the two plans."""

from __future__ import annotations

from datetime import date

import pytest

from data.clock import parse_moment
from data.home import Home
from kpi.issues import Issue
from kpi.reports.rhythm import State, calendar, counts, moments, previous
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def home() -> Home:
    return Home(ROOT / "data" / "homes" / "binhphuoc")


def at(home: Home, text: str) -> int:
    return parse_moment(text, home.zone)


def issued(home: Home, number: int, as_of: str, on: str) -> Issue:
    return Issue(number, "92-ngay", at(home, as_of), at(home, on), "t", 1, "1.0", "", "", None, "")


def test_plan_170_asks_for_46_reports_every_second_day_at_17(home: Home) -> None:
    found = moments(home, home.campaign("92-ngay"))
    assert len(found) == 46
    assert (found[0], found[1], found[-1]) == tuple(
        at(home, day) for day in ("2022-06-02T17:00", "2022-06-04T17:00", "2022-08-31T17:00")
    )


def test_plan_108_reports_every_day(home: Home) -> None:
    found = moments(home, home.campaign("50-ngay"))
    assert (len(found), found[0], found[-1]) == (50, at(home, "2021-03-31T17:00"), at(home, "2021-05-19T17:00"))


def test_a_rhythm_that_begins_after_the_end_has_no_reports(home: Home) -> None:
    campaign = home.campaign("50-ngay")
    late = campaign.model_copy(update={"report": campaign.report.model_copy(update={"first": date(2021, 6, 1)})})
    assert moments(home, late) == []


def test_the_report_before(home: Home) -> None:
    campaign = home.campaign("92-ngay")
    assert previous(home, campaign, at(home, "2022-06-02T17:00")) is None
    assert previous(home, campaign, at(home, "2022-06-02T17:01")) == at(home, "2022-06-02T17:00")
    assert previous(home, campaign, at(home, "2022-06-04T17:00")) == at(home, "2022-06-02T17:00")
    assert previous(home, campaign, at(home, "2023-01-01")) == at(home, "2022-08-31T17:00")


def test_every_state(home: Home) -> None:
    made = [
        issued(home, 1, "2022-06-02T17:00", "2022-06-02T16:59"),
        issued(home, 2, "2022-06-04T17:00", "2022-06-05T08:00"),
        issued(home, 3, "2022-06-02T17:00", "2022-06-20T08:00"),  # issued again: it had been on time
        issued(home, 4, "2022-06-03T12:00", "2022-06-03T12:00"),  # of no moment of the rhythm
    ]
    slots = calendar(home, home.campaign("92-ngay"), made, at(home, "2022-06-08T17:00"), at(home, "2022-06-08T18:00"))
    assert [(slot.number, slot.day.day, slot.state) for slot in slots[:5]] == [
        (1, 2, State.ON_TIME),
        (2, 4, State.LATE),
        (3, 6, State.MISSING),
        (4, 8, State.DUE),
        (5, 10, State.TO_COME),
    ]
    assert slots[0].issue == made[2] and slots[2].issue is None
    assert counts(slots) == {State.ON_TIME: 1, State.LATE: 1, State.MISSING: 1, State.DUE: 1, State.TO_COME: 42}


def test_what_the_data_have_not_reached_is_to_come_whatever_the_clock_says(home: Home) -> None:
    campaign = home.campaign("92-ngay")
    slots = calendar(home, campaign, [], at(home, "2022-06-02T16:59"), at(home, "2026-01-01"))
    assert {slot.state for slot in slots} == {State.TO_COME}
    assert {slot.state for slot in calendar(home, campaign, [], None, 0)} == {State.TO_COME}
