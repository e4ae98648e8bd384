"""What the engine remembers between questions: never longer than the data it was read from, never more than it may."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.clock import day_end, day_number
from data.schema import rollup
from data.store import Store
from kpi.engine import figures
from kpi.history import daily, panel
from kpi.memory import ENTRY_BYTES, Memory
from kpi.query import Query
from tests.independent.homes import CAMPAIGN, load_world, micros
from tests.independent.reference import Import, World
from tests.independent.strategies import questions, worlds
from tests.kpi.test_against_reference import ask, compare, empty_database, known_figures, loaded  # noqa: F401

SETTINGS = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@SETTINGS
@given(data=st.data())
def test_nothing_remembered_outlives_a_load(empty_database: Path, data: st.DataObject) -> None:  # noqa: F811
    """The same questions after every file, each against a count of what has come in so far."""
    world = data.draw(worlds(most_imports=3))
    asked = [replace(data.draw(questions(world)), known_at=None) for _ in range(3)]
    keys = [key for key in known_figures() if key != "backlog_cleared"]
    so_far = World(**{**world.__dict__, "imports": ()})
    with loaded(so_far, empty_database) as (store, home):
        for number in range(1, len(world.imports) + 1):
            load_one(store, world, number)
            so_far = World(**{**world.__dict__, "imports": world.imports[:number]})
            for question in asked:
                compare(so_far, question, ask(store, home, question, keys), keys)


def load_one(store: Store, world: World, number: int) -> None:
    load_world(World(**{**world.__dict__, "imports": world.imports[number - 1 : number]}), store)


@SETTINGS
@given(world=worlds(), clock=st.sampled_from([time(0), time(17), time(23, 59, 59, 999_999)]), days=st.integers(0, 13))
def test_a_panel_says_of_every_day_what_the_figures_of_that_day_say(
    empty_database: Path,  # noqa: F811
    world: World,
    clock: time,
    days: int,
) -> None:
    assert world.campaign_start
    as_of = micros(datetime.combine(world.campaign_start + timedelta(days=days), clock, world.zone))
    keys = known_figures()
    with loaded(world, empty_database) as (store, home):
        campaign = home.campaign(CAMPAIGN)
        found = panel(store, home, campaign, keys, as_of=as_of)
        assert found.days[0] == campaign.start - timedelta(days=1)
        assert found.days[-1] == campaign.start + timedelta(days=days)
        now = store.tree(found.days[-1])
        for column, day in list(enumerate(found.days))[1:]:
            moment = as_of if day == found.days[-1] else day_end(day_number(day), home.zone)
            then = store.tree(day)
            for level in ("province", "department", "district", "commune"):
                for row in figures(store, home, Query(campaign, tuple(keys), moment, by=level)):
                    if set(now.below(row.unit)) != set(then.below(row.unit)) or not now[row.unit].valid:
                        continue  # the panel stands on the tree of its last day
                    place = found.units.index(row.unit), column
                    for part in ("numerator", "denominator", "value"):
                        said, wanted = getattr(found, part)[row.kpi][place], getattr(row, part)
                        assert (None if np.isnan(said) else said) == wanted, (row, part, day)
        one = daily(store, home, campaign, keys[0], list(found.units), as_of)
        assert list(one["day"]) == list(found.days[1:]) * len(found.units)
        np.testing.assert_array_equal(one["value"], found.value[keys[0]][:, 1:].ravel())


def test_before_the_campaign_a_panel_has_no_days(small: tuple[Store, World]) -> None:
    store, world = small
    assert world.campaign_start
    campaign = store.home.campaign(CAMPAIGN)
    eve = micros(datetime.combine(world.campaign_start - timedelta(days=1), time(12), world.zone))
    found = panel(store, store.home, campaign, ["overdue_open", "online_submit"], as_of=eve)
    assert found.days == ()
    assert {array.shape for array in found.value.values()} == {(len(found.units), 0)}


def test_a_panel_cannot_be_written_to(small: tuple[Store, World]) -> None:
    store, world = small
    assert world.campaign_last_day
    as_of = micros(datetime.combine(world.campaign_last_day, time(12), world.zone))
    found = panel(store, store.home, store.home.campaign(CAMPAIGN), ["online_submit"], as_of=as_of)
    with pytest.raises(ValueError, match="read-only"):
        found.value["online_submit"][0, 0] = 1


@pytest.fixture
def small(empty_database: Path) -> Iterator[tuple[Store, World]]:  # noqa: F811
    from zoneinfo import ZoneInfo

    from tests.independent.strategies import FIRST_DAY, UNITS

    zone = ZoneInfo("Asia/Ho_Chi_Minh")
    world = World(
        zone=zone, units=UNITS, imports=(), campaign_start=FIRST_DAY, campaign_last_day=FIRST_DAY + timedelta(days=9)
    )
    with loaded(world, empty_database) as (store, _):
        yield store, world


def test_counting_anew_also_mends_what_was_remembered(small: tuple[Store, World]) -> None:
    store, world = small
    assert world.campaign_start
    accepted = datetime.combine(world.campaign_start, time(8), world.zone)
    one = {"code": "a", "unit": "so-a", "channel": 2, "accepted_at": accepted}
    load_world(replace(world, imports=(Import(accepted, (one,)),)), store)
    query = Query(store.home.campaign(CAMPAIGN), ("online_submit",), micros(accepted + timedelta(days=3)))
    with store.write(None) as session:
        session.run(sa.update(rollup).values(n=5))
    assert figures(store, store.home, query)[0].denominator == 5
    store.rebuild()
    assert figures(store, store.home, query)[0].denominator == 1


def test_the_memory_forgets_the_longest_unused_first() -> None:
    memory = Memory(most=3 * (ENTRY_BYTES + 800))
    for name in "abc":
        memory.put(name, np.zeros(100))
    assert memory.get("a") is not None
    memory.put("d", np.zeros(100))
    assert [memory.get(name) is not None for name in "abcd"] == [True, False, True, True]
    memory.put("d", np.zeros(50))
    assert memory.weight == 3 * ENTRY_BYTES + 2 * 800 + 400
    memory.put("too large", np.zeros(10_000))
    assert memory.weight <= memory.most


def test_days_before_the_first_dossier_have_no_number(small: tuple[Store, World]) -> None:
    """As the figures of those days: none, which is not nought."""
    store, world = small
    assert world.campaign_start
    campaign = store.home.campaign(CAMPAIGN)
    accepted = datetime.combine(world.campaign_start + timedelta(days=1), time(8), world.zone)
    load_world(
        replace(world, imports=(Import(accepted, ({"code": "a", "unit": "so-a", "accepted_at": accepted},)),)), store
    )
    as_of = micros(accepted + timedelta(days=2))
    found = panel(store, store.home, campaign, ["overdue_open"], as_of=as_of)
    assert np.isnan(found.numerator["overdue_open"][0]).tolist() == [True, True, False, False, False]
    for column, day in enumerate(found.days):
        moment = min(as_of, day_end(day_number(day), store.home.zone))
        for row in figures(store, store.home, Query(campaign, ("overdue_open",), moment, by="province")):
            said = found.numerator["overdue_open"][found.units.index(row.unit), column]
            assert (None if np.isnan(said) else said) == row.numerator, day
