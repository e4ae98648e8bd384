"""Letters of apology: lanes, last permitted days and the register against a plain recount."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.access import ALL
from data.calendar import WorkCalendar
from data.home import Apology
from kpi.apologies import AGES, desk
from kpi.urgency import LANES, last_day, reach, send_today
from tests.independent.homes import CAMPAIGN, micros
from tests.independent.reference import PAUSED, Import, World, group_units, is_open, is_overdue, known
from tests.independent.strategies import worlds
from tests.independent.test_reference import at as moment
from tests.independent.test_reference import dossier, world
from tests.kpi.test_worklist import SETTINGS, empty_database, loaded, moment_of

__all__ = ["empty_database"]

CALENDAR = WorkCalendar(
    frozenset({date(2021, 4, 21), date(2021, 4, 30), date(2021, 5, 3)}), frozenset({date(2021, 5, 8)})
)
days = st.dates(date(2021, 4, 1), date(2021, 5, 20))


def working(day: date) -> bool:
    return day in CALENDAR.extra_workdays or (day.weekday() < 5 and day not in CALENDAR.days_off)


@given(today=days, count=st.integers(0, 9))
def test_a_reach_ends_before_one_more_working_day(today: date, count: int) -> None:
    end = reach(CALENDAR, today, count)
    between = [today + timedelta(days=n) for n in range(1, (end - today).days + 1)]
    assert sum(map(working, between)) == count
    assert working(end + timedelta(days=1))


@given(due=days, count=st.integers(1, 4))
def test_the_last_day_of_a_letter(due: date, count: int) -> None:
    assert last_day(Apology(days=count), CALENDAR, due) == due - timedelta(days=count)
    last = last_day(Apology(days=count, counted="working"), CALENDAR, due)
    assert working(last)
    assert sum(working(last + timedelta(days=n)) for n in range((due - last).days)) == count


@given(today=days, count=st.integers(1, 4), counted=st.sampled_from(("calendar", "working")))
def test_who_gets_a_letter_today_is_whoever_would_be_too_late_when_work_begins_again(
    today: date, count: int, counted: Any
) -> None:
    setting = Apology(days=count, counted=counted)
    next_work = today + timedelta(days=1)
    while not working(next_work):
        next_work += timedelta(days=1)
    every = [today + timedelta(days=n) for n in range(60)]
    wanted = [due for due in every if today <= last_day(setting, CALENDAR, due) < next_work]
    assert send_today(setting, CALENDAR, today) == ((wanted[0], wanted[-1]) if wanted else None)


def lane_of(w: World, d: dict[str, Any], t: datetime) -> str:
    if d.get("due_at") is None:
        return "no_due_date"
    if w.rule("paused") == "aside" and d.get("status") in PAUSED:
        return "paused"
    if is_overdue(w, d, t):
        return "overdue"
    day, left = w.day(t), 0
    while day < w.day(d["due_at"]):
        day += timedelta(days=1)
        left += day.weekday() < 5 and day not in w.days_off
    return {0: "today", 1: "t1", 2: "t2", 3: "t3"}.get(left, "t7" if left <= 7 else "later")


@SETTINGS
@given(data=st.data())
def test_every_open_dossier_stands_in_one_lane(empty_database: Path, data: st.DataObject) -> None:
    w = data.draw(worlds(most_imports=2))
    t = moment_of(data, w)
    unit = data.draw(st.sampled_from(("tinh", "huyen-a")))
    members = group_units(w, unit, t)
    assert members is not None
    mine = [d for d in known(w, None) if d["unit"] in members and is_open(w, d, t)]
    want: dict[str, list[str]] = {name: [] for name in LANES}
    for d in mine:
        want[lane_of(w, d, t)].append(d["code"])
    late = [(w.day(t) - w.day(d["due_at"])).days for d in mine if is_overdue(w, d, t)]
    with (
        loaded(w, empty_database) as (store, home),
        desk(store, home, home.campaign(CAMPAIGN), unit, micros(t), scope=ALL) as letters,
    ):
        assert letters.lanes() == {name: len(codes) for name, codes in want.items()}
        for name, codes in want.items():
            found = letters.in_lane(name, limit=1000)
            assert sorted(one.code for one in found) == sorted(codes)
            paged = [one for start in range(0, len(codes) + 1, 2) for one in letters.in_lane(name, 2, start)]
            assert paged == found
        assert sum(n for _, _, n in letters.ages()) == len(late)
        for (low, high), (_, _, n) in zip(AGES, letters.ages(), strict=True):
            assert n == sum(1 for age in late if low <= max(age, 1) and (high is None or age <= high))
        sent = [
            d
            for d in known(w, None)
            if d["unit"] in members and d.get("apology_at") is not None and d["apology_at"] <= t
        ]
        assert sum(letters.register_counts().values()) == len(sent)
        assert [one.code for one in letters.register(limit=1000)] == [
            d["code"] for d in sorted(sent, key=lambda d: (-micros(d["apology_at"]), d["code"]))
        ]
        for one in letters.register(limit=1000):
            d = next(d for d in sent if d["code"] == one.code)
            in_time = d.get("due_at") is None or w.day(d["apology_at"]) < w.day(d["due_at"])
            assert (one.letter == "too_late") == (not in_time)


def letter(code: str, due: str, sent: str | None, new_due: str | None, **more: Any) -> dict[str, Any]:
    extra = {"apology_at": sent and moment(sent), "apology_new_due_at": new_due and moment(new_due)}
    return {**dossier(code, "2021-04-05T08:00", due, **more), **extra}


def test_a_letter_in_due_form_and_those_that_are_not(empty_database: Path) -> None:
    due = "2021-04-12T17:00"
    rows = (
        letter("good", due, "2021-04-11T10:00", "2021-04-20T17:00"),
        letter("late", due, "2021-04-12T08:00", "2021-04-20T17:00"),
        letter("dateless", due, "2021-04-09T08:00", None),
        letter("earlier", due, "2021-04-09T08:00", "2021-04-12T10:00"),
        letter("passed", due, "2021-04-08T08:00", "2021-04-13T17:00"),
        letter("tomorrow", "2021-04-15T17:00", None, None),
    )
    again = letter("good", due, "2021-04-11T15:00", "2021-04-30T17:00")
    w = world(*rows)
    w = replace(w, imports=(*w.imports, Import(moment("2021-06-02T18:00"), (again,))))
    with (
        loaded(world(*rows), empty_database) as (store, home),
        desk(store, home, home.campaign(CAMPAIGN), "tinh", micros(moment("2021-04-14T09:00")), scope=ALL) as letters,
    ):
        found = {one.code: one for one in letters.register()}
        assert {code: one.letter for code, one in found.items()} == {
                "good": "in_due_form", "late": "too_late", "dateless": "no_new_date", "earlier": "no_new_date", "passed": "in_due_form",
            }  # fmt: skip
        assert {code for code, one in found.items() if one.new_due_passed} == {"earlier", "passed"}
        assert found["good"].last_day == date(2021, 4, 11)
        assert letters.register_counts() == {"in_due_form": 2, "too_late": 1, "no_new_date": 2, "again": 0}
        to_send, count = letters.to_send()
        assert ([one.code for one in to_send], count) == (["tomorrow"], 1)
        assert letters.to_send_count() == 1
        assert [one.code for one in letters.search("OMO")] == ["tomorrow"]
        assert letters.search("%") == []
    with loaded(w, empty_database) as (store, home), desk(
        store, home, home.campaign(CAMPAIGN), "tinh", micros(moment("2021-04-14T09:00")), scope=ALL
    ) as letters:  # fmt: skip
        assert {one.code: one.letter for one in letters.register()}["good"] == "again"


def test_on_friday_the_letters_of_monday_go_out(empty_database: Path) -> None:
    rows = (letter("monday", "2021-04-12T17:00", None, None), letter("tuesday", "2021-04-13T17:00", None, None))
    with loaded(world(*rows), empty_database) as (store, home):
        for day, codes in (("2021-04-08", []), ("2021-04-09", ["monday"]), ("2021-04-12", ["tuesday"])):
            with desk(
                store, home, home.campaign(CAMPAIGN), "tinh", micros(moment(f"{day}T09:00")), scope=ALL
            ) as letters:
                assert [one.code for one in letters.to_send()[0]] == codes


def test_an_unknown_setting_is_refused(tmp_path: Path) -> None:
    from data.errors import DataFault
    from data.home import Home

    (tmp_path / "campaigns").mkdir()
    (tmp_path / "campaigns" / "c.toml").write_text(
        'key = "c"\nstart = 2021-04-01\nend = 2021-05-01\n[apology]\ndays = 0\n', encoding="utf-8"
    )
    with pytest.raises(DataFault, match="apology"):
        _ = Home(tmp_path).campaigns


@pytest.mark.parametrize("most", [0, 1, 2, 10_000])
def test_lanes_are_the_same_however_many_are_looked_up_by_number(
    empty_database: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr("kpi.apologies.MOST_FOUND", most)
    rows = (letter("overdue", "2021-04-01T17:00", None, None), letter("next", "2021-04-12T17:00", None, None))
    with loaded(world(*rows), empty_database) as (store, home):
        at = micros(moment("2021-04-09T09:00"))
        with desk(store, home, home.campaign(CAMPAIGN), "tinh", at, scope=ALL) as letters:
            counted = {name: n for name, n in letters.lanes().items() if n}
            assert sum(counted.values()) == 2 and counted["overdue"] == 1
            assert [one.code for name in counted for one in letters.in_lane(name)] == ["overdue", "next"]
            assert sum(n for _first, _last, n in letters.ages()) == 1
