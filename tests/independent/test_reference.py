"""The reference implementation against counts made by hand: who tests the engine must be trusted first."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.independent.reference import Answer, Dossier, Import, World, figure, group_units, known, working_days
from tests.independent.strategies import UNITS

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


def at(text: str, zone: ZoneInfo = HANOI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def dossier(code: str, accepted: str, due: str | None = None, finished: str | None = None, **more: Any) -> Dossier:
    moments = {
        "accepted_at": accepted,
        "due_at": due,
        "finished_at": finished,
        "returned_at": more.pop("returned", None),
    }
    return {"code": code, "unit": "so-a", **{key: at(text) if text else None for key, text in moments.items()}, **more}


def world(*dossiers: Dossier, **rules: str) -> World:
    """A campaign from 31/3 to 19/5/2021 with one file received on 1/6."""
    return World(
        zone=HANOI,
        imports=(Import(at("2021-06-01T18:00"), dossiers),),
        units=UNITS,
        record_start=date(2020, 5, 19),
        campaign_start=date(2021, 3, 31),
        campaign_last_day=date(2021, 5, 19),
        rules=rules,
        e_certification=frozenset({"2.000815"}),
    )


END = at("2021-05-19T23:59:59.999999")
ON_TIME = dossier("on-time", "2021-04-01T08:00", "2021-04-05T17:00", "2021-04-05T17:00")
EVENING = dossier("evening", "2021-04-01T08:00", "2021-04-05T17:00", "2021-04-05T19:30")
LATE = dossier("late", "2021-04-01T08:00", "2021-04-05T17:00", "2021-04-06T07:30")
OPEN_LATE = dossier("open-late", "2021-04-01T08:00", "2021-04-05T17:00")
NO_DUE = dossier("no-due", "2021-04-01T08:00", None, "2021-04-20T10:00")
BACKLOG = dossier("backlog", "2021-01-04T08:00", "2021-02-01T17:00", "2021-04-20T10:00")


def ask(w: World, key: str, as_of: datetime = END, **more: Any) -> Answer:
    return figure(w, key, as_of=as_of, **more)


def test_due_today_is_in_time_and_the_evening_depends_on_the_rule() -> None:
    three = (ON_TIME, EVENING, LATE)
    assert ask(world(*three), "on_time_resolved") == Answer(2, 3)
    assert ask(world(*three, late_by="instant"), "on_time_resolved") == Answer(1, 3)
    assert ask(world(OPEN_LATE), "overdue_open", at("2021-04-05T23:59:59")) == Answer(0, None)
    assert ask(world(OPEN_LATE), "overdue_open", at("2021-04-06T00:00")) == Answer(1, None)
    assert ask(world(OPEN_LATE, late_by="instant"), "overdue_open", at("2021-04-05T17:00")) == Answer(0, None)
    assert ask(world(OPEN_LATE, late_by="instant"), "overdue_open", at("2021-04-05T17:00:00.000001")) == Answer(1, None)


def test_finished_later_than_the_as_of_moment_is_still_open() -> None:
    assert ask(world(LATE), "on_time_resolved", at("2021-04-06T07:00")) == Answer(0, 0)
    assert ask(world(LATE), "on_time_resolved", at("2021-04-06T07:00")).value is None
    assert ask(world(LATE), "overdue_share_open", at("2021-04-06T07:00")) == Answer(1, 1)
    assert ask(world(LATE), "overdue_share_open", at("2021-04-06T07:30")) == Answer(0, 0)


def test_without_a_due_date() -> None:
    assert ask(world(NO_DUE), "on_time_resolved") == Answer(0, 0)
    assert ask(world(NO_DUE, no_due_date="on_time"), "on_time_resolved") == Answer(1, 1)
    assert ask(world(NO_DUE), "processed_online") == Answer(0, 1)


def test_cohort_of_acceptance_leaves_the_old_backlog_out() -> None:
    assert ask(world(ON_TIME, BACKLOG), "on_time_resolved") == Answer(1, 2)
    assert ask(world(ON_TIME, BACKLOG, period="accept"), "on_time_resolved") == Answer(1, 1)
    assert ask(world(ON_TIME, BACKLOG, period="accept"), "online_submit") == Answer(0, 1)


def test_backlog_is_frozen_at_the_start() -> None:
    still = dossier("still", "2021-01-04T08:00", "2021-02-01T17:00")
    gone_before = dossier("gone-before", "2021-01-04T08:00", "2021-02-01T17:00", "2021-03-30T16:00")
    due_on_the_eve = dossier("eve", "2021-03-01T08:00", "2021-03-30T17:00")
    due_on_the_first_day = dossier("first-day", "2021-03-01T08:00", "2021-03-31T17:00")
    w = world(BACKLOG, still, gone_before, due_on_the_eve, due_on_the_first_day)
    assert ask(w, "backlog_cleared", at("2021-04-20T09:59")) == Answer(0, 3)
    assert ask(w, "backlog_cleared") == Answer(1, 3)


def test_status_decides() -> None:
    withdrawn = dossier("7", "2021-04-01T08:00", "2021-04-05T17:00", "2021-04-02T10:00", status=7)
    w = world(withdrawn)
    assert ask(w, "overdue_share_open", at("2021-04-02T09:00")) == Answer(0, 1)
    assert ask(w, "overdue_share_open") == Answer(0, 0)
    assert ask(w, "on_time_resolved") == Answer(0, 0)
    assert ask(world(withdrawn, withdrawn="done"), "on_time_resolved") == Answer(1, 1)

    paused = dossier("5", "2021-04-01T08:00", "2021-04-05T17:00", status=5)
    assert ask(world(paused), "overdue_share_open") == Answer(0, 1)
    assert ask(world(paused, paused="running"), "overdue_share_open") == Answer(1, 1)

    clash = dossier("4", "2021-04-01T08:00", "2021-04-05T17:00", "2021-04-02T10:00", status=4)
    assert ask(world(clash), "overdue_share_open") == Answer(1, 1)

    never = [dossier(str(code), "2021-04-01T08:00", status=code) for code in (1, 3)]
    assert ask(world(*never), "online_submit") == Answer(0, 0)

    done_some_time = dossier("9", "2021-04-01T08:00", "2021-04-05T17:00", status=9)
    assert ask(world(done_some_time), "online_submit") == Answer(0, 1)
    assert ask(world(done_some_time), "on_time_766") == Answer(0, 0)


def test_which_moment_is_the_end() -> None:
    both = dossier("both", "2021-04-01T08:00", "2021-04-05T17:00", "2021-04-05T16:00", returned="2021-04-08T09:00")
    only_returned = dossier("returned", "2021-04-01T08:00", "2021-04-05T17:00", returned="2021-04-02T09:00")
    assert ask(world(both, only_returned), "on_time_resolved") == Answer(2, 2)
    assert ask(world(both, only_returned, end="returned"), "on_time_resolved") == Answer(1, 2)


def test_finished_before_it_was_accepted() -> None:
    odd = dossier("odd", "2021-04-10T08:00", "2021-04-12T17:00", "2021-04-09T08:00")
    w = world(odd)
    assert ask(w, "on_time_resolved", at("2021-04-10T07:59")) == Answer(0, 0)
    assert ask(w, "on_time_resolved", at("2021-04-10T08:00")) == Answer(1, 1)
    assert ask(w, "overdue_share_open", at("2021-04-10T08:00")) == Answer(0, 0)


def test_on_time_766_adds_the_open_ones() -> None:
    waiting = dossier("waiting", "2021-05-10T08:00", "2021-06-30T17:00")
    assert ask(world(ON_TIME, LATE, OPEN_LATE, waiting), "on_time_766") == Answer(2, 4)


def test_turning_overdue_and_apologies() -> None:
    accepted_late = dossier("accepted-late", "2021-04-07T08:00", "2021-04-05T17:00")
    w = world(ON_TIME, LATE, OPEN_LATE, accepted_late)
    assert ask(w, "became_overdue", at("2021-04-06T00:00")) == Answer(2, None)
    assert ask(w, "became_overdue", at("2021-04-07T08:00")) == Answer(3, None)
    sent = {"apology_at": at("2021-04-04T16:00"), "apology_new_due_at": at("2021-04-15T17:00")}
    polite, hasty = LATE | sent, OPEN_LATE | sent | {"apology_at": at("2021-04-05T08:00")}
    silent = dossier("silent", "2021-04-01T08:00", "2021-04-05T17:00") | sent | {"apology_new_due_at": None}
    assert ask(world(polite, hasty, silent), "apology_ok") == Answer(1, 3)


def test_windows() -> None:
    w = world(*(dossier(str(day), f"2021-04-{day:02}T08:00") for day in range(1, 31)))
    sunday = at("2021-04-18T12:00")
    assert ask(w, "online_submit", sunday, window_name="day") == Answer(0, 1)
    assert ask(w, "online_submit", sunday, window_name="week") == Answer(0, 7)
    assert ask(w, "online_submit", sunday, window_name="month") == Answer(0, 18)
    assert ask(w, "online_submit", sunday, window_name="2021-04-10..2021-04-25") == Answer(0, 9)
    assert ask(w, "online_submit", at("2021-07-01T00:00"), window_name="2021-04-10..2021-04-25") == Answer(0, 16)
    assert ask(w, "online_submit", at("2021-03-30T00:00")) == Answer(0, 0)


def test_the_channel_and_what_is_blank() -> None:
    rows = [
        dossier(str(n), "2021-04-01T08:00", channel=channel, service_level=level)
        for n, (channel, level) in enumerate([(2, 4), (1, 3), (None, 3), (2, 2), (2, None)])
    ]
    assert ask(world(*rows), "online_submit") == Answer(3, 5)
    assert ask(world(*rows), "online_eligible") == Answer(1, 3)
    paid = [
        dossier(str(n), "2021-04-01T08:00", payment=code, digitised=seen)
        for n, (code, seen) in enumerate([(0, 1), (1, 0), (2, None), (3, 1), (None, 1)])
    ]
    assert ask(world(*paid), "online_payment") == Answer(2, 3)
    assert ask(world(*paid), "digitised") == Answer(3, 4)


def test_known_then_and_known_now() -> None:
    corrected = ON_TIME | {"finished_at": at("2021-04-09T09:00")}
    w = World(
        zone=HANOI,
        imports=(Import(at("2021-04-06T18:00"), (ON_TIME, LATE)), Import(at("2021-04-10T18:00"), (corrected,))),
        campaign_start=date(2021, 3, 31),
        campaign_last_day=date(2021, 5, 19),
    )
    assert len(known(w, at("2021-04-06T17:59"))) == 0
    assert ask(w, "on_time_resolved", known_at=at("2021-04-06T18:00")) == Answer(1, 2)
    assert ask(w, "on_time_resolved") == Answer(0, 2)


def test_groups_follow_the_tree_of_the_day() -> None:
    w = world()
    assert group_units(w, "huyen-a", at("2020-10-27T12:00")) == {"huyen-a", "xa-1", "xa-2"}
    assert group_units(w, "huyen-b", at("2020-10-28T00:00")) == {"huyen-b", "xa-2"}


def test_the_doubled_hour_is_two_hours() -> None:
    amsterdam = ZoneInfo("Europe/Amsterdam")
    first = datetime(2020, 10, 25, 2, 30, tzinfo=amsterdam, fold=0).astimezone(UTC)
    second = datetime(2020, 10, 25, 2, 30, tzinfo=amsterdam, fold=1).astimezone(UTC)
    assert second - first == timedelta(hours=1)
    one = {
        "code": "1",
        "unit": "so-a",
        "accepted_at": first - timedelta(days=1),
        "due_at": first,
        "finished_at": second,
    }
    w = World(
        zone=amsterdam,
        imports=(Import(second, (one,)),),
        campaign_start=date(2020, 10, 1),
        campaign_last_day=date(2020, 11, 1),
        rules={"late_by": "instant"},
    )
    assert figure(w, "on_time_resolved", as_of=second) == Answer(0, 1)


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        ("2021-04-28T12:00", "2021-04-29T12:00", 1.0),
        ("2021-04-30T12:00", "2021-05-03T12:00", 1.0),
        ("2021-04-03T00:00", "2021-04-04T00:00", 0.0),
        ("2021-04-29T00:00", "2021-04-28T00:00", 0.0),
    ],
)
def test_working_days(first: str, last: str, days: float) -> None:
    assert working_days(world(), at(first), at(last)) == pytest.approx(days)
