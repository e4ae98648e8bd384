"""The engine against an independent count: random worlds, random moments, rules and groupings, exact equality."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from data import rollup
from data.home import Home
from data.store import Store
from kpi.engine import Query, figures
from kpi.model import Row
from tests.independent.homes import CAMPAIGN, load_world, micros, write_home
from tests.independent.reference import Answer, World, figure, group_units
from tests.independent.strategies import HANDLING, Question, questions, worlds

# The figures of the first issue must be there; what the catalogue adds later is compared as soon as it exists.
DOSSIER_FIGURES = (
    "on_time_resolved",
    "on_time_766",
    "overdue_open",
    "overdue_share",
    "overdue_share_open",
    "became_overdue",
    "backlog_cleared",
    "online_submit",
    "online_eligible",
    "processed_online",
    "digitised",
    "online_payment",
    "no_contact",
    "apology_ok",
    "e_certification",
    "avg_days",
)
REQUIRED = {"on_time_resolved", "overdue_open", "overdue_share", "online_submit", "e_certification"}

EXAMPLES = int(os.environ.get("REFERENCE_EXAMPLES", "20"))
SETTINGS = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def known_figures() -> list[str]:
    from kpi.catalog import FIGURES

    return [key for key in DOSSIER_FIGURES if key in FIGURES]


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database without facts, copied for every example: migrating takes longer than the rest."""
    root = tmp_path_factory.mktemp("empty")
    store = Store.open(Home(root))
    store.engine.dispose()
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


def ask(store: Store, home: Home, question: Question, keys: list[str]) -> dict[tuple[str, str], Row]:
    query = Query(
        campaign=home.campaign(CAMPAIGN),
        kpis=tuple(keys),
        as_of=micros(question.as_of),
        known_at=None if question.known_at is None else micros(question.known_at),
        by=question.level,
        unit=question.unit,
        window=question.window,
    )
    return {(row.kpi, row.unit): row for row in figures(store, home, query)}


def expected(world: World, question: Question, keys: list[str]) -> dict[tuple[str, str], Answer]:
    if question.level is None:
        groups = {question.unit or "tinh": group_units(world, question.unit, question.as_of)}
    elif question.level == "unit":
        groups = {code: {code} for code in HANDLING}
    else:
        day = world.day(question.as_of)
        codes = sorted({line.code for line in world.units if line.level == question.level and line.valid(day)})
        within = group_units(world, question.unit, question.as_of)
        codes = [code for code in codes if within is None or code in within]
        groups = {code: group_units(world, code, question.as_of) for code in codes}
    return {
        (key, code): figure(
            world,
            key,
            as_of=question.as_of,
            known_at=question.known_at,
            units=units,
            window_name=question.window,
        )
        for key in keys
        for code, units in groups.items()
    }


def compare(world: World, question: Question, got: dict[tuple[str, str], Row], keys: list[str]) -> None:
    want = expected(world, question, keys)
    assert question.level == "unit" or got.keys() == want.keys()
    assert got.keys() <= want.keys()
    for place, answer in want.items():
        row = got.get(place)
        if row is None:
            # `--by unit` lists only units with dossiers of their own.
            assert not answer.numerator and not answer.denominator, (place, answer)
            continue
        if row.kpi == "avg_days":
            # Working time is counted in whole microseconds, the reference adds fractions of days.
            assert row.numerator == pytest.approx(answer.numerator, abs=1e-6), (place, answer, row)
            assert (row.denominator or 0) == answer.denominator, (place, answer, row)
            continue
        # Counts are equal to the last one; days are sums of fractions.
        exact = place[0] != "avg_days"
        wanted = answer.numerator if exact else pytest.approx(answer.numerator, abs=1e-8)
        assert (row.numerator or 0) == wanted, (place, answer, row)
        if answer.denominator is None:
            assert row.denominator is None, (place, answer, row)
            assert row.value in (None, answer.numerator), (place, answer, row)
        else:
            assert (row.denominator or 0) == answer.denominator, (place, answer, row)
            value = answer.value if exact or answer.value is None else pytest.approx(answer.value, abs=1e-8)
            assert row.value == value, (place, answer, row)


def test_the_figures_of_this_issue_exist() -> None:
    assert set(known_figures()) >= REQUIRED


@SETTINGS
@given(data=st.data())
def test_engine_equals_the_reference(empty_database: Path, data: st.DataObject) -> None:
    world = data.draw(worlds())
    asked = [data.draw(questions(world)) for _ in range(8)]
    keys = known_figures()
    with loaded(world, empty_database) as (store, home):
        for question in asked:
            note(str(question))
            assert world.campaign_start
            # Before the campaign has begun there is no cohort to speak of.
            begun = question.as_of >= world.midnight(world.campaign_start)
            chosen = [key for key in keys if begun or key != "backlog_cleared"]
            compare(world, question, ask(store, home, question, chosen), chosen)


@SETTINGS
@given(world=worlds())
def test_kept_counts_equal_a_recount_after_every_import(empty_database: Path, world: World) -> None:
    with loaded(world, empty_database) as (store, home):
        assert rollup.differences(store, home) == []
        before = store.data_version()
        load_world(world, store)
        assert rollup.differences(store, home) == []
        assert store.data_version() != before


@SETTINGS
@given(world=worlds(most_imports=3))
def test_loading_the_last_file_again_changes_nothing(empty_database: Path, world: World) -> None:
    with loaded(world, empty_database) as (store, _):
        again = World(**{**world.__dict__, "imports": world.imports[-1:]})
        load_world(again, store)
        newest = store.loads()[0]
        assert (newest["new"], newest["changed"]) == (0, 0)
        assert newest["unchanged"] == len(world.imports[-1].dossiers)


def test_the_comparison_can_fail(empty_database: Path) -> None:
    """A finished dossier taken out of the engine's store, but not out of the reference's, is noticed."""
    from datetime import timedelta

    from tests.independent.reference import Import
    from tests.independent.strategies import FIRST_DAY, UNITS

    def make(*codes: str) -> World:
        from zoneinfo import ZoneInfo

        zone = ZoneInfo("Asia/Ho_Chi_Minh")
        base = World(
            zone=zone,
            imports=(),
            units=UNITS,
            record_start=FIRST_DAY,
            campaign_start=FIRST_DAY,
            campaign_last_day=FIRST_DAY,
        )
        moment = base.midnight(FIRST_DAY)
        rows = tuple(
            {"code": code, "unit": "so-a", "accepted_at": moment, "due_at": moment, "finished_at": moment}
            for code in codes
        )
        return World(**{**base.__dict__, "imports": (Import(moment + timedelta(hours=1), rows),)})

    one, two = make("a"), make("a", "b")
    question = Question(two.imports[0].at, None, "campaign", None, None)
    with loaded(one, empty_database) as (store, home):
        got = ask(store, home, question, ["online_submit"])
        compare(one, question, got, ["online_submit"])
        with pytest.raises(AssertionError):
            compare(two, question, got, ["online_submit"])
