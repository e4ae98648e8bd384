"""Whose dossiers a question may read: every list and count over a province in which each code says whose it is."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import pytest

from data.access import ALL, NOTHING, Scope
from data.clock import parse_moment
from data.errors import CallFault
from data.home import Campaign, Home
from data.store import Store
from kpi import apologies, issues, quality, versions
from kpi.explain import behind
from kpi.filters import on_dossiers
from kpi.filters import parse as parse_filter
from kpi.query import Query
from kpi.whatif import parse, what_if
from kpi.worklist import work
from loaders import refused
from tests.conftest import ROOT
from tests.web.planted import BELOW, CAMPAIGN, MOMENT, WORDS, plant

CHARLIE = Scope(frozenset(BELOW["huyen-c"]))
OVERDUE = {f"{word}-{kind}" for word in WORDS.values() for kind in ("OLD", "OVERDUE", "HEARD-LATE")} | {"MOVED-1"}
"""What is overdue on 20 April: of each unit three; what changed hands is Huyện Delta's by then."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store.open(Home(plant(tmp_path_factory.mktemp("scope") / "home")))


@pytest.fixture(scope="module")
def home(store: Store) -> Home:
    return store.home


@pytest.fixture(scope="module")
def campaign(home: Home) -> Campaign:
    return home.campaign(CAMPAIGN)


@pytest.fixture(scope="module")
def at(home: Home) -> int:
    return parse_moment(MOMENT, home.zone)


def of(codes: set[str], scope: Scope) -> set[str]:
    words = {WORDS[unit] for unit in WORDS if scope.allows(unit)} | ({"MOVED"} if scope.allows("huyen-d") else set())
    return {code for code in codes if code.partition("-")[0] in words}


@pytest.mark.parametrize("scope", [ALL, CHARLIE, Scope(frozenset({"huyen-d"})), NOTHING])
@pytest.mark.parametrize("unit", ["tinh", "huyen-c", "huyen-d"])
def test_lists_and_counts_hold_the_units_below_that_may_be_seen(
    unit: str, scope: Scope, store: Store, home: Home, campaign: Campaign, at: int
) -> None:
    tree = {"tinh": set(WORDS), "huyen-c": {"huyen-c", "xa-e"}, "huyen-d": {"huyen-d", "xa-f"}}[unit]
    wanted = of(OVERDUE, Scope(frozenset(scope.limit(tree))))
    found = behind(store, home, Query(campaign, as_of=at, unit=unit), "overdue_open", scope=scope)
    assert {one["code"] for one in found} == wanted
    tasks = work(store, home, campaign, "overdue_open", unit, at, 100, scope=scope)
    assert {task.code for task in tasks.tasks} == wanted and tasks.total == len(wanted)
    with apologies.desk(store, home, campaign, unit, at, scope=scope) as desk:
        assert {one.code for one in desk.in_lane("overdue")} == wanted
        assert desk.lanes()["overdue"] == len(wanted)
        assert sum(n for _low, _high, n in desk.ages()) == len(wanted)
        assert {one.code for one in desk.search("-OLD")} == {code for code in wanted if code.endswith("-OLD")}
        units = len(scope.limit(tree))
        assert desk.register_counts()["in_due_form"] == len(desk.register()) == units  # one letter each
        assert len(desk.to_send()[0]) == desk.to_send_count()
    assert sum(n for kinds in (quality.counts(store, scope=scope)["no_due_date"],) for n in kinds.values()) == len(
        scope.limit(WORDS)
    )
    assert len(quality.listed(store, home, "no_due_date", tree, scope=scope)) == units


def test_figures_are_those_of_everybody(store: Store, home: Home, campaign: Campaign, at: int) -> None:
    """The work list of a unit that is not one's own says what its figures are, and nothing of its dossiers."""
    theirs, all_ = (work(store, home, campaign, "overdue_open", "huyen-d", at, scope=scope) for scope in (CHARLIE, ALL))
    assert theirs.after[0] == all_.after[0]
    assert theirs.tasks == () and theirs.total == 0 and all_.total == 7


def test_letters_of_others_count_for_nothing(store: Store, home: Home, campaign: Campaign) -> None:
    """Due on 22 April, a letter is in time up to the 21st: on the 19th evening those with one are not asked for again."""
    at = parse_moment("2021-04-19T17:00", home.zone)
    every = work(store, home, campaign, "apology_ok", "tinh", at, 100, scope=ALL)
    own = work(store, home, campaign, "apology_ok", "tinh", at, 100, scope=CHARLIE)
    assert {task.code for task in every.tasks} == {f"{word}-TODAY" for word in WORDS.values()}
    assert {task.code for task in own.tasks} == {"CHARLIE-TODAY", "ECHO-TODAY"}
    assert (every.total, own.total) == (6, 2)


def test_a_version_belongs_to_the_unit_that_held_it(store: Store, home: Home) -> None:
    both = versions.of_dossier(store, home, "MOVED-1", scope=ALL)
    assert [one["unit"] for one in both] == ["huyen-c", "huyen-d"]
    assert [one["unit"] for one in versions.of_dossier(store, home, "MOVED-1", scope=CHARLIE)] == ["huyen-c"]
    assert versions.of_dossier(store, home, "MOVED-1", scope=Scope(frozenset({"so-a"}))) == []
    assert versions.of_dossier(store, home, "DELTA-OLD", scope=CHARLIE) == []


def test_as_known_earlier_the_unit_of_then_counts(store: Store, home: Home, campaign: Campaign) -> None:
    (issue,) = issues.listed(store)
    query = Query(campaign, as_of=issue.as_of, known_import=issue.known_import)
    then = {one["code"] for one in behind(store, home, query, "overdue_open", scope=CHARLIE)}
    assert then == {"CHARLIE-OLD", "CHARLIE-OVERDUE", "ECHO-OLD", "ECHO-OVERDUE", "MOVED-1"}


def test_causes_of_a_difference_are_those_that_may_be_seen(store: Store, home: Home) -> None:
    (issue,) = issues.listed(store)
    every = {one.code for one in issues.causes(store, home, issue, "overdue_open", scope=ALL)}
    assert every == {f"{word}-HEARD-LATE" for word in WORDS.values()}
    own = issues.causes(store, home, issue, "overdue_open", scope=CHARLIE)
    # What was handed over counted here then; where it counts now is not said.
    assert {one.code for one in own} == {"CHARLIE-HEARD-LATE", "ECHO-HEARD-LATE", "MOVED-1"}
    assert next(one for one in own if one.code == "MOVED-1").now is None


def test_a_scenario_takes_no_dossier_of_others(store: Store, home: Home, campaign: Campaign, at: int) -> None:
    steps = [parse("huyen-d:clear=5"), parse("huyen-c:clear=5"), parse("huyen-d:finish=5")]
    assert what_if(store, home, campaign, steps, (), at, scope=ALL).done == (5, 5, 5)
    assert what_if(store, home, campaign, steps, (), at, scope=CHARLIE).done == (0, 5, 0)


def test_refused_rows_have_no_unit_and_so_are_for_those_who_see_all(store: Store) -> None:
    assert refused.count(store, scope=ALL) == len(refused.listed(store, scope=ALL)) == 2
    assert refused.count(store, scope=CHARLIE) == len(refused.listed(store, scope=CHARLIE)) == 0


def test_no_two_scopes_share_a_key() -> None:
    scopes = [ALL, NOTHING, Scope(frozenset({"all"})), Scope(frozenset({"a", "b"})), Scope(frozenset({"a,b"})), Scope(frozenset({"a', 'b"}))]  # fmt: skip
    assert len({one.key for one in scopes}) == len(scopes)


# It cannot be forgotten -----------------------------------------------------------------------------------------------


def _modules() -> Iterator[str]:
    for folder in ("kpi", "loaders", "data"):
        for path in (ROOT / folder).rglob("*.py"):
            yield str(path.relative_to(ROOT).with_suffix("")).replace("/", ".").removesuffix(".__init__")


def test_whose_dossiers_is_always_said() -> None:
    """No function takes a scope that may be left out: who calls it has to say whose dossiers."""
    lax = []
    for name in _modules():
        source = (ROOT / Path(*name.split("."))).with_suffix(".py")
        if not source.exists() or "scope: Scope" not in source.read_text(encoding="utf-8"):
            continue
        for function, found in inspect.getmembers(import_module(name), inspect.isroutine):
            parameter = inspect.signature(found).parameters.get("scope") if found.__module__ == name else None
            if parameter is not None and parameter.default is not inspect.Parameter.empty:
                lax.append(f"{name}.{function}")
    assert lax == []


READS_CODES = {
    "kpi.apologies",
    "kpi.explain",
    "kpi.quality",
    "kpi.reports.facts",
    "kpi.versions",
    "kpi.whatif",
    "kpi.worklist",
}
"""Modules above the store that select the codes of dossiers; all of their public questions take a scope."""


def test_what_selects_codes_of_dossiers_is_known_and_takes_a_scope() -> None:
    found = set()
    for name in _modules():
        source = (ROOT / Path(*name.split("."))).with_suffix(".py")
        if name.startswith("kpi") and source.exists():
            tree = ast.parse(source.read_text(encoding="utf-8"))
            owners = (n.value for n in ast.walk(tree) if isinstance(n, ast.Attribute) and n.attr == "code")
            names = {ast.unparse(owner) for owner in owners}
            by_code = any(isinstance(n, ast.Attribute) and n.attr == "of_code" for n in ast.walk(tree))
            if names & {"v", "dossiers.c", "_v"} or by_code:
                found.add(name)
    assert found == READS_CODES
    for name in READS_CODES:
        for function, one in inspect.getmembers(import_module(name), inspect.isfunction):
            if one.__module__ == name and not function.startswith("_") and "store" in inspect.signature(one).parameters:
                asked = inspect.signature(one).parameters
                assert "scope" in asked or function in {"of_service", "kept", "save", "delete"}, f"{name}.{function}"


@contextmanager
def statements(store: Store) -> Iterator[list[str]]:
    """What is asked of the database meanwhile."""
    from sqlalchemy import event

    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        said.append(statement)

    event.listen(store.engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(store.engine, "before_cursor_execute", note)


def test_who_sees_all_pays_nothing_for_it(store: Store, home: Home, campaign: Campaign, at: int) -> None:
    """The statements of somebody who sees the province hold no list of units beyond those of the unit asked about."""
    with statements(store) as said:
        quality.counts(store, scope=ALL)
        quality.total(store, scope=ALL)
        versions.of_dossier(store, home, "DELTA-OLD", scope=ALL)
    assert said and not any(" IN (" in one and "unit.code IN" in one for one in said)


@pytest.mark.parametrize("condition", ["code=DELTA-OLD", "code!=DELTA-OLD", "code>=7", "channel=online;code=1"])
def test_no_figure_may_be_had_of_one_dossier(condition: str) -> None:
    with pytest.raises(CallFault, match="không lọc được theo «code»"):
        on_dossiers(parse_filter(condition))
