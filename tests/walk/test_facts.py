"""What the program finds out by itself about the two campaigns, and how good its forecasts were."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from data.access import ALL
from data.clock import parse_moment
from data.home import Home
from data.store import Store
from kpi import backtest
from kpi.compare import Beside, compare
from kpi.course import course
from kpi.engine import figures
from kpi.explain import behind
from kpi.forecast import forecast, sentence
from kpi.pace import paces
from kpi.query import Query
from kpi.ranking import standings
from kpi.worklist import work
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def home(replay: Path) -> Home:
    return Home(replay)


@pytest.fixture(scope="module")
def store(home: Home) -> Store:
    return Store.open(home)


def test_dong_phu_cleared_its_backlog_five_days_early(store: Store, home: Home) -> None:
    """The press said so (003); the last dossier was finished in the evening before the first clean report."""
    campaign = home.campaign("50-ngay")
    (found,) = forecast(store, home, campaign, "backlog_cleared", unit="dong-phu")
    assert (found.since, found.due) == (date(2021, 5, 14), date(2021, 5, 19))
    assert "sớm 5 ngày" in sentence(found)
    late = Query(campaign, ("overdue_open",), parse_moment("2021-05-13T17:00", home.zone), unit="dong-phu")
    assert figures(store, home, late)[0].value == 1


def test_the_dossiers_between_0_21_percent_and_nought_are_named(store: Store, home: Home) -> None:
    """At 17:00 on 16/5/2021, the press: 0,21 % overdue, 0 promised a day later."""
    campaign, at = home.campaign("50-ngay"), parse_moment("2021-05-16T17:00", home.zone)
    (share,) = figures(store, home, Query(campaign, ("overdue_share",), at))
    assert (share.numerator, share.denominator) == (361, 171_914)
    found = work(store, home, campaign, "overdue_share", "binh-phuoc", at, 1000, scope=ALL)
    assert found.total == len(found.tasks) == len({task.code for task in found.tasks}) == 361
    assert {task.what for task in found.tasks} == {"overdue"}
    counted = behind(store, home, Query(campaign, ("overdue_open",), at), "overdue_open", scope=ALL)
    assert {task.code for task in found.tasks} == {entry["code"] for entry in counted}
    assert all(entry["file"] and entry["row"] for entry in counted)
    assert (found.after[361].numerator, found.after[361].value) == (0, 0)


def test_all_in_time_has_been_impossible_since_the_first_late_dossier(store: Store, home: Home) -> None:
    campaign = home.campaign("50-ngay")
    at = parse_moment("2021-05-16T17:00", home.zone)
    (found,) = forecast(store, home, campaign, "on_time_resolved", as_of=at)
    assert found.ceiling is not None
    assert found.ceiling < 1
    assert found.impossible_since is not None
    # Counted the other way: asked day by day, the first one whose numerator fell behind its denominator.
    for day in (date.fromordinal(campaign.start.toordinal() + n) for n in range(50)):
        query = Query(campaign, ("on_time_resolved",), parse_moment(day.isoformat(), home.zone))
        (row,) = figures(store, home, query)
        if row.numerator != row.denominator:
            assert found.impossible_since == day
            break


def test_every_day_of_the_course_is_what_the_engine_says_on_that_day(store: Store, home: Home) -> None:
    for key, kpi in (("50-ngay", "npsp_integration"), ("50-ngay", "overdue_open"), ("92-ngay", "digitised")):
        campaign = home.campaign(key)
        found = course(store, home, campaign, kpi, by="district")
        due = next(iter(found.by_due()))
        how = paces(found.figure, found.wanted(), due, found.days, found.numerator, found.denominator, home.calendar)
        for column in range(8, len(found.days), 17):
            query = Query(campaign, (kpi,), parse_moment(found.days[column].isoformat(), home.zone), by="district")
            for place, row in enumerate(figures(store, home, query)):
                assert row.pace is not None
                assert (found.units[place], found.numerator[place, column]) == (row.unit, row.numerator)
                assert how.recent[place, column] == pytest.approx(row.pace.recent)
                assert how.gap_count[place, column] == pytest.approx(row.pace.gap_count)
                assert how.ceiling[place, column] == pytest.approx(row.pace.ceiling)


def test_a_rank_can_be_passed_with_as_many_dossiers_as_it_says(store: Store, home: Home) -> None:
    query = Query(
        home.campaign("50-ngay"), ("backlog_cleared",), parse_moment("2021-05-11T17:00", home.zone), by="district"
    )
    rows = standings(store, home, query, parse_moment("2021-04-30", home.zone))
    assert [row["rank"] for row in rows] == sorted(row["rank"] for row in rows)
    assert sum(row["change"] != 0 for row in rows) > 2
    for row, ahead in zip(rows[1:], rows, strict=False):
        assert (row["numerator"] + row["count_to_pass"]) / row["denominator"] > ahead["value"]
        assert (row["numerator"] + row["count_to_tie"] - 1) / row["denominator"] < ahead["value"]


def test_the_campaigns_are_compared_on_the_same_day_only_where_they_mean_the_same(store: Store, home: Home) -> None:
    first, second = home.campaign("50-ngay"), home.campaign("92-ngay")
    at, then = (parse_moment(day, home.zone) for day in ("2021-05-11T17:00", "2022-07-12T17:00"))
    (found,) = compare(store, home, Query(first, ("on_time_resolved",), at), Beside(second, then))
    assert found.change is not None
    assert found.change.of_numerator is not None
    assert found.change.of_denominator is not None
    assert found.change.of_numerator + found.change.of_denominator == pytest.approx(found.change.total)
    instant = second.model_copy(update={"rules": second.rules.model_copy(update={"late_by": "instant"})})
    (refused,) = compare(store, home, Query(first, ("on_time_resolved",), at), Beside(instant, then))
    assert refused.change is None
    assert refused.reasons


@pytest.mark.slow
def test_the_back_test_in_the_document_is_this_one(store: Store, home: Home) -> None:
    text = (ROOT / "docs" / "forecast.md").read_text(encoding="utf-8")
    assert backtest.put(text, backtest.tables(store, home)) == text
