"""Work lists: doing the first n tasks gives exactly what the list promised, by a plain recount and by the store itself."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from data.access import ALL
from data.clock import day_number, day_of
from data.facts import SERVICE_FACTS
from data.home import Home
from data.store import ImportHead, Store
from kpi.engine import figures
from kpi.query import Query
from kpi.ranking import league
from kpi.worklist import CANNOT_CHANGE, WorkList, work
from tests.independent.homes import CAMPAIGN, facts, load_world, micros, write_home
from tests.independent.reference import (
    DONE,
    PAUSED,
    WITHDRAWN,
    Answer,
    Dossier,
    Import,
    World,
    ended_at,
    exists,
    figure,
    group_units,
    is_open,
    is_overdue,
    known,
)
from tests.independent.strategies import questions, worlds

FINISHING = (
    "on_time_resolved", "on_time_766", "overdue_open", "overdue_share", "overdue_share_open", "became_overdue", "backlog_cleared",
    "processed_online", "no_contact", "e_certification",
)  # fmt: skip
UNITS = ("tinh", "huyen-a", "huyen-b", "so-a", "xa-1")
some_figures = st.lists(st.sampled_from((*FINISHING, "digitised")), min_size=3, max_size=3, unique=True)
SETTINGS = settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("empty-worklist")
    Store.open(Home(root)).engine.dispose()
    return root / "campaign.db"


@contextmanager
def loaded(world: World, empty_database: Path) -> Iterator[tuple[Store, Home]]:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "home"
        home = write_home(world, root)
        shutil.copy(empty_database, root / "campaign.db")
        store = Store.open(home)
        try:
            load_world(world, store)
            yield store, home
        finally:
            store.engine.dispose()


def moment_of(data: st.DataObject, world: World) -> datetime:
    """Inside the campaign or after it, never before its start."""
    assert world.campaign_start
    return max(data.draw(questions(world)).as_of, world.midnight(world.campaign_start))


def finished(dossier: Dossier, at: datetime) -> Dossier:
    status = None if dossier.get("status") is None else 10
    return {**dossier, "finished_at": at, "returned_at": at, "status": status}


def digitised(dossier: Dossier, at: datetime) -> Dossier:
    return {**dossier, "digitised": 1}


def apologised(dossier: Dossier, at: datetime) -> Dossier:
    return {**dossier, "apology_at": at, "apology_new_due_at": dossier["due_at"] + timedelta(days=5)}


def later(world: World, changed: list[Dossier]) -> World:
    """The world after one more file with the changed dossiers."""
    return replace(world, imports=(*world.imports, Import(world.imports[-1].at + timedelta(days=30), tuple(changed))))


def promised(found: WorkList, n: int) -> Answer:
    return Answer(found.after[n].numerator or 0, found.after[n].denominator)


def by_plain_count(world: World, kpi: str, unit: str, at: datetime) -> Answer:
    return figure(world, kpi, as_of=at, units=group_units(world, unit, at))


@SETTINGS
@given(data=st.data())
def test_the_promise_holds_for_every_figure_of_dossiers(empty_database: Path, data: st.DataObject) -> None:
    world = data.draw(worlds(most_imports=3))
    at = moment_of(data, world)
    newest = {dossier["code"]: dossier for dossier in known(world, None)}
    with loaded(world, empty_database) as (store, home):
        campaign = home.campaign(CAMPAIGN)
        for kpi in data.draw(some_figures):
            unit = data.draw(st.sampled_from(UNITS))
            found = work(store, home, campaign, kpi, unit, micros(at), limit=1000, scope=ALL)
            n = data.draw(st.integers(0, len(found.tasks)))
            note(f"{kpi} {unit} {at} {n} of {len(found.tasks)}")
            do = digitised if kpi == "digitised" else finished
            changed = [do(newest[task.code], at) for task in found.tasks[:n]]
            answer = by_plain_count(later(world, changed), kpi, unit, at)
            assert promised(found, n) == answer, (kpi, unit, n)
            assert len(found.tasks) <= found.total or kpi in ("on_time_resolved", "on_time_766", "became_overdue")
            assert (found.nothing is None) == bool(found.tasks)


@SETTINGS
@given(data=st.data())
def test_the_store_says_the_same_after_the_real_writer(empty_database: Path, data: st.DataObject) -> None:
    """Value and rank, the others of the league unchanged."""
    world = data.draw(worlds(most_imports=2))
    at = moment_of(data, world)
    newest = {dossier["code"]: dossier for dossier in known(world, None)}
    with loaded(world, empty_database) as (store, home):
        campaign = home.campaign(CAMPAIGN)
        for kpi in data.draw(some_figures):
            found = work(store, home, campaign, kpi, "huyen-a", micros(at), limit=1000, scope=ALL)
            n = data.draw(st.integers(0, len(found.tasks)))
            do = digitised if kpi == "digitised" else finished
            changed = tuple(do(newest[task.code], at) for task in found.tasks[:n])
            with store.rehearse() as trial:
                if changed:
                    with trial.writer(ImportHead("x", "x" * 64, "t", "t", "dossiers", "t", 2**60)) as writer:
                        writer.apply_dossiers(facts(changed))
                        writer.finish(read=n, refused=0)
                rows = figures(trial, home, Query(campaign, (kpi,), micros(at), by="district"))
            place = next(entry for entry in league(rows) if entry.row.unit == "huyen-a")
            told = found.after[n]
            assert (place.row.numerator, place.row.denominator, place.row.value, place.rank) == (
                told.numerator, told.denominator, told.value, told.rank,
            ), (kpi, n)  # fmt: skip


@SETTINGS
@given(data=st.data())
def test_the_list_holds_exactly_the_dossiers_that_matter_in_the_order_of_urgency(
    empty_database: Path, data: st.DataObject
) -> None:
    world = data.draw(worlds(most_imports=2))
    at = moment_of(data, world)
    assert world.campaign_start
    assert world.campaign_last_day
    last = min(at, world.midnight(world.campaign_last_day + timedelta(days=1)) - timedelta(microseconds=1))
    there = [d for d in known(world, None) if is_open(world, d, at)]
    runs = [d for d in there if world.rule("paused") == "running" or d.get("status") not in PAUSED]
    late = [d for d in there if is_overdue(world, d, at)]

    def in_cohort(d: Dossier) -> bool:
        return world.rule("period") == "finish" or world.midnight(world.campaign_start) <= d["accepted_at"] <= last  # type: ignore[arg-type]

    online = [d for d in runs if d.get("channel") == 2 and in_cohort(d)]
    undigitised = [
        d for d in known(world, None)
        if d.get("digitised") == 0 and exists(d, at) and world.midnight(world.campaign_start) <= d["accepted_at"] <= last
    ]  # fmt: skip
    with loaded(world, empty_database) as (store, home):
        campaign = home.campaign(CAMPAIGN)

        def codes(kpi: str) -> list[str]:
            return [
                task.code for task in work(store, home, campaign, kpi, "tinh", micros(at), limit=1000, scope=ALL).tasks
            ]

        assert sorted(codes("overdue_open")) == sorted(d["code"] for d in late)
        due = {d["code"]: d["due_at"] for d in late}
        assert codes("overdue_open") == sorted(due, key=lambda code: (due[code], code))
        assert sorted(codes("digitised")) == sorted(d["code"] for d in undigitised)
        if last == at:
            assert sorted(codes("processed_online")) == sorted(d["code"] for d in online)
        else:
            assert codes("processed_online") == []
        for kpi in CANNOT_CHANGE:
            assert codes(kpi) == []


def test_a_late_dossier_stays_late_and_an_old_one_does_not_count(empty_database: Path) -> None:
    """Finishing what is overdue lowers on_time_resolved and raises backlog_cleared; both are said."""
    from tests.independent.test_reference import dossier
    from tests.independent.test_reference import world as make

    rows = (
        dossier("done", "2021-04-01T08:00", "2021-04-05T17:00", "2021-04-05T10:00"),
        dossier("old", "2021-02-01T08:00", "2021-03-01T17:00"),
        dossier("late", "2021-04-01T08:00", "2021-04-07T17:00"),
        dossier("today", "2021-04-06T08:00", "2021-04-12T17:00"),
        dossier("tomorrow", "2021-04-06T08:00", "2021-04-13T17:00"),
        dossier("before", "2021-03-01T08:00", "2021-04-13T17:00"),
    )
    with loaded(make(*rows, period="accept"), empty_database) as (store, home):
        campaign, at = home.campaign(CAMPAIGN), micros(datetime.fromisoformat("2021-04-12T12:00+07:00"))
        found = work(store, home, campaign, "on_time_resolved", "tinh", at, scope=ALL)
        assert [(t.code, t.numerator, t.denominator, t.helps) for t in found.tasks] == [
            ("today", 1, 1, 0), ("tomorrow", 1, 1, 0), ("late", 0, 1, -1),
        ]  # fmt: skip
        assert [one.value for one in found.after] == [1, 1, 1, 3 / 4]
        cleared = work(store, home, campaign, "backlog_cleared", "tinh", at, scope=ALL)
        assert [(t.code, t.numerator, t.denominator, t.helps) for t in cleared.tasks] == [("old", 1, 0, 1)]
        growing = work(store, home, campaign, "became_overdue", "tinh", at, scope=ALL)
        assert [(t.code, t.days_left, t.helps) for t in growing.tasks] == [
            ("today", 0, 0), ("before", 1, 0), ("tomorrow", 1, 0),
        ]  # fmt: skip
        assert {one.value for one in growing.after} == {1.0}


# Letters --------------------------------------------------------------------------------------------------------------


def past(world: World, at: datetime) -> World:
    """The world in which nothing has happened after a moment, in one file."""
    rows = []
    for dossier in known(world, None):
        if dossier["accepted_at"] > at:
            continue
        end, row = ended_at(world, dossier), dict(dossier)
        if end is not None and end > at:
            row |= {"finished_at": None, "returned_at": None}
            if row.get("status") in DONE | WITHDRAWN:
                row["status"] = 4
        if row.get("apology_at") is not None and row["apology_at"] > at:
            row |= {"apology_at": None, "apology_new_due_at": None}
        rows.append(row)
    return replace(world, imports=(Import(world.imports[0].at, tuple(rows)),))


@settings(SETTINGS, max_examples=15)
@given(data=st.data())
def test_letters_count_once_their_dossiers_have_turned_overdue(empty_database: Path, data: st.DataObject) -> None:
    full = data.draw(worlds(most_imports=2))
    at = moment_of(data, full)
    world = past(full, at)
    newest = {dossier["code"]: dossier for dossier in known(world, None)}
    with loaded(world, empty_database) as (store, home):
        campaign = home.campaign(CAMPAIGN)
        for unit in ("tinh", "huyen-a"):
            found = work(store, home, campaign, "apology_ok", unit, micros(at), limit=1000, scope=ALL)
            then = at + timedelta(microseconds=found.at - found.as_of)
            for n in {0, len(found.tasks) // 2, len(found.tasks)}:
                changed = [apologised(newest[task.code], at) for task in found.tasks[:n]]
                after = later(world, changed) if changed else world
                assert promised(found, n) == figure(
                    after, "apology_ok", as_of=then, units=group_units(after, unit, at)
                ), (unit, n)


# Services -------------------------------------------------------------------------------------------------------------

PROCEDURES = ("1.000001", "1.000002", None)


def catalogue(dice: Random, day: int) -> list[dict[str, Any]]:
    rows = []
    for n in range(dice.randint(1, 14)):
        rows.append(
            dict.fromkeys(SERVICE_FACTS.names)
            | {
                "service_code": f"S{n}",
                "name": f"Dịch vụ {n}",
                "procedure": dice.choice(PROCEDURES),
                "unit": dice.choice(UNITS),
                "level": dice.choice((None, 2, 3, 4, 4)),
                "eligible_online": dice.choice((0, 1, 1)),
                "eligible_level4": dice.choice((0, 1)),
                "state": dice.choice(("listed", "reviewed", "submitted", "rejected", "rejected", "integrated", "withdrawn")),
                "reason": dice.choice(("Thiếu mã phí", "Sai mẫu đơn", None)),
                "changed_on": day - dice.randint(0, 3),
                "sheet": "",
                "row": n,
            }
        )  # fmt: skip
    return rows


def write_services(store: Store, rows: list[dict[str, Any]], at: int) -> None:
    with store.writer(ImportHead("dv", f"{at:064}", "t", "t", "services", "t", at)) as writer:
        writer.apply_services(pa.Table.from_pylist(rows, schema=SERVICE_FACTS))
        writer.finish(read=len(rows), refused=0)


@SETTINGS
@given(data=st.data())
def test_the_promise_holds_for_services(empty_database: Path, data: st.DataObject) -> None:
    world = data.draw(worlds(most_dossiers=10, most_imports=1))
    dice = Random(data.draw(st.integers(0, 2**32)))
    assert world.campaign_start
    assert world.campaign_last_day
    at = world.midnight(world.campaign_last_day) + timedelta(hours=12)
    day = day_number(world.campaign_last_day)
    with loaded(world, empty_database) as (store, home):
        campaign = home.campaign(CAMPAIGN)
        rows = catalogue(dice, day)
        write_services(store, rows, micros(at))
        offered = {row["service_code"]: row for row in rows}
        for kpi in ("npsp_integration", "level4_share", "services_active"):
            for unit in ("tinh", "huyen-a"):
                found = work(store, home, campaign, kpi, unit, micros(at), limit=1000, scope=ALL)
                n = dice.randint(0, len(found.tasks))
                chosen = [offered[task.code] for task in found.tasks[:n]]
                with store.rehearse() as trial:
                    if chosen and kpi == "services_active":
                        new = tuple(
                            {"code": f"N{i}", "unit": row["unit"], "procedure": row["procedure"], "channel": 2, "accepted_at": at}
                            for i, row in enumerate(chosen)
                        )  # fmt: skip
                        with trial.writer(ImportHead("n", "n" * 64, "t", "t", "dossiers", "t", 2**60)) as writer:
                            writer.apply_dossiers(facts(new))
                            writer.finish(read=n, refused=0)
                    elif chosen:
                        done = {"state": "integrated"} if kpi == "npsp_integration" else {"level": 4}
                        write_services(trial, [{**row, **done, "changed_on": day} for row in chosen], 2**60)
                    (row,) = figures(trial, home, Query(campaign, (kpi,), micros(at), unit=unit))
                told = found.after[n]
                assert (row.numerator, row.denominator, row.value) == (told.numerator, told.denominator, told.value), (
                    kpi, unit, n,
                )  # fmt: skip


def test_rejected_services_come_first_and_the_commonest_reason_before_others(empty_database: Path) -> None:
    from tests.independent.test_reference import world as make

    def row(code: str, state: str, reason: str | None = None) -> dict[str, Any]:
        return dict.fromkeys(SERVICE_FACTS.names) | {
            "service_code": code, "name": code, "unit": "so-a", "level": 4, "eligible_online": 1, "eligible_level4": 1, "state": state,
            "reason": reason, "changed_on": 18700, "sheet": "", "row": 2,
        }  # fmt: skip

    rows = [
        row("listed", "listed"), row("sent", "submitted"), row("rare", "rejected", "A"), row("one", "rejected", "B"),
        row("two", "rejected", "B"), row("done", "integrated"),
    ]  # fmt: skip
    with loaded(make(), empty_database) as (store, home):
        write_services(store, rows, 1)
        at = micros(datetime.fromisoformat("2021-04-12T12:00+07:00"))
        found = work(store, home, home.campaign(CAMPAIGN), "npsp_integration", "so-a", at, scope=ALL)
        assert [task.code for task in found.tasks] == ["one", "two", "rare", "sent", "listed"]
        assert [one.numerator for one in found.after] == [1, 2, 3, 4, 5, 6]
        assert found.tasks[0].due == day_of(18700)


def test_the_reason_for_an_empty_list_is_said(empty_database: Path) -> None:
    from tests.independent.test_reference import world as make

    with loaded(make(), empty_database) as (store, home):
        campaign, at = home.campaign(CAMPAIGN), micros(datetime.fromisoformat("2021-04-12T12:00+07:00"))
        for kpi in ("reports_online", "national_rank", "online_submit", "avg_days", "overdue_open", "apology_ok"):
            found = work(store, home, campaign, kpi, "tinh", at, scope=ALL)
            assert found.tasks == ()
            assert found.nothing is not None
            assert found.nothing.vi
            assert found.nothing.en
        over = micros(datetime.fromisoformat("2021-06-12T12:00+07:00"))
        words = work(store, home, campaign, "on_time_resolved", "tinh", over, scope=ALL).nothing
        assert words is not None
        assert "hết" in words.vi
