"""Taking imports back: the figures are what they would be without them, and nothing is forgotten."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from data import rollup
from data.clock import parse_moment
from data.errors import CallFault, CannotUndo
from data.facts import FACTS, SERIES_FACTS, SERVICE_FACTS
from data.home import Home
from data.schema import STILL_BELIEVED, corrections, dossiers, series, services
from data.store import ImportHead, Store

AT = 1_620_000_000_000_000
CODES, SERVICES, DAYS = ("a", "b", "c", "d"), ("s1", "s2"), (18_700, 18_705, 18_710)


def head(number: int, kind: str) -> ImportHead:
    return ImportHead(f"{number}.csv", str(number).rjust(64, "0"), "tests", "p", kind, "t", AT + number)


def dossier(home: Home, code: str, state: int) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(FACTS.names)
    accepted = parse_moment(f"2021-04-0{1 + state % 3}T08:00", home.zone)
    finished = parse_moment(f"2021-04-1{state}T08:00", home.zone) if state % 2 else None
    return row | {
        "code": code, "unit": "u1", "accepted_at": accepted, "due_at": accepted + 4 * 86_400_000_000,
        "finished_at": finished, "flags": 0, "sheet": "", "row": 2,
    }  # fmt: skip


def service(code: str, state: str, day: int) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(SERVICE_FACTS.names)
    return row | {
        "service_code": code, "name": code, "unit": "u1", "level": 4, "eligible_online": 1, "eligible_level4": 1,
        "state": state, "changed_on": day, "sheet": "", "row": 2,
    }  # fmt: skip


def entry(day: int, value: float) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(SERIES_FACTS.names)
    return row | {"kpi": "k", "unit": "u1", "level": "", "on": day, "value": value, "scheme": "", "source": "", "sheet": "", "row": 2}  # fmt: skip


SCHEMAS = {"dossiers": FACTS, "services": SERVICE_FACTS, "series": SERIES_FACTS}


def load(store: Store, number: int, kind: str, rows: list[dict[str, Any]]) -> int:
    with store.writer(head(number, kind)) as writer:
        getattr(writer, f"apply_{kind}")(pa.Table.from_pylist(rows, schema=SCHEMAS[kind]))
        writer.finish(read=len(rows), refused=0)
        return writer.import_id


def believed(store: Store) -> list[list[tuple[Any, ...]]]:
    """Everything that is believed, with the file row it is owed to, and every kept count."""
    found = []
    with store.read() as connection:
        for table in (dossiers, services, series):
            names = [c.name for c in table.columns if c.name not in ("id", "from_import", "to_import", "laid_by")]
            wanted = sa.select(*(table.c[name] for name in names)).where(table.c.to_import == STILL_BELIEVED)
            found.append(sorted((tuple(row) for row in connection.execute(wanted)), key=repr))
    return found


def whole(store: Store, home: Home) -> None:
    assert rollup.differences(store, home) == []


@dataclass(frozen=True)
class Step:
    """Load a file made from a seed, or take back the import that stands at a place."""

    undo: bool
    seed: int


steps = st.lists(st.builds(Step, st.booleans(), st.integers(0, 10_000)), min_size=2, max_size=9)


def random_file(home: Home, seed: int) -> tuple[str, list[dict[str, Any]]]:
    dice = Random(seed)
    kind = dice.choice(("dossiers", "dossiers", "services", "series"))
    if kind == "dossiers":
        return kind, [dossier(home, code, dice.randint(0, 3)) for code in CODES if dice.random() < 0.5] or [
            dossier(home, "a", 0)
        ]
    if kind == "services":
        return kind, [
            service(code, dice.choice(("listed", "submitted", "integrated")), dice.choice(DAYS)) for code in SERVICES if dice.random() < 0.7
        ] or [service("s1", "listed", DAYS[0])]  # fmt: skip
    return kind, [entry(day, float(dice.randint(1, 3))) for day in DAYS if dice.random() < 0.6] or [entry(DAYS[0], 1.0)]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database without facts: migrating takes longer than the rest."""
    root = tmp_path_factory.mktemp("empty")
    Store.open(Home(root)).engine.dispose()
    return root / "campaign.db"


def fresh(folder: Path, empty: Path) -> tuple[Home, Store]:
    folder.mkdir(exist_ok=True)
    shutil.copy(empty, folder / "campaign.db")
    home = Home(folder)
    return home, Store.open(home)


@settings(max_examples=12, deadline=None)
@given(steps)
def test_what_was_taken_back_leaves_no_trace_in_what_is_believed(empty: Path, plan: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home, store = fresh(Path(folder), empty)
        history: list[tuple[int, list[list[tuple[Any, ...]]]]] = []
        before: dict[int, list[list[tuple[Any, ...]]]] = {}
        for number, step in enumerate(plan, start=1):
            last = store.loads()
            if step.undo and last:
                # The newest effective import can always be taken back, and gives what was there before it.
                chosen = next(row for row in last if row["state"] == "loaded")
                made = store.undo(chosen["id"], who="t", at=AT + number)
                if chosen["kind"] != "undo":
                    assert believed(store) == before[chosen["id"]]
                before[made] = history[-1][1]
            else:
                state = believed(store)
                kind, rows = random_file(home, step.seed)
                before[load(store, number, kind, rows)] = state
            history.append((AT + number, believed(store)))
        whole(store, home)
        store.engine.dispose()


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(0, 10_000), min_size=2, max_size=6), st.integers(0, 5))
def test_an_older_import_goes_as_if_it_had_never_come_or_says_who_stands_in_the_way(
    empty: Path, seeds: list[int], place: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home, store = fresh(Path(folder), empty)
        _, without = fresh(Path(folder) / "without", empty)
        chosen = 1 + place % len(seeds)
        for number, seed in enumerate(seeds, start=1):
            kind, rows = random_file(home, seed)
            load(store, number, kind, rows)
            if number == chosen:
                rows = []
            load_or_skip(without, number, kind, rows)
        state = believed(store)
        try:
            store.undo(chosen, who="t", at=AT + 100)
        except CannotUndo as fault:
            assert fault.blocking and all(chosen < number <= len(seeds) for number in fault.blocking)
            assert believed(store) == state
            # Taken back from new to old, they all go.
            for number in range(len(seeds), chosen - 1, -1):
                store.undo(number, who="t", at=AT + 200 + len(seeds) - number)
        else:
            assert believed(store) == believed(without)
        whole(store, home)
        store.engine.dispose()
        without.engine.dispose()


def load_or_skip(store: Store, number: int, kind: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        load(store, number, kind, rows)
    else:
        with store.writer(head(number, kind)) as writer:
            writer.finish(read=0, refused=0)


def test_who_asks_as_known_then_still_sees_what_was_taken_back_later(tmp_path: Path) -> None:
    home = Home(tmp_path)
    store = Store.open(home)
    load(store, 1, "dossiers", [dossier(home, "a", 0)])
    load(store, 2, "dossiers", [dossier(home, "a", 1), dossier(home, "b", 1)])
    made = store.undo(2, who="t", at=AT + 3)
    known = {}
    with store.read() as connection:
        for number in (1, 2, made):
            rows = connection.execute(sa.select(dossiers.c.code, dossiers.c.read_import).where(rollup.believed(number)))
            known[number] = sorted(tuple(row) for row in rows)
    assert known == {1: [("a", 1)], 2: [("a", 2), ("b", 2)], made: [("a", 1)]}


def test_an_undo_can_be_taken_back(tmp_path: Path) -> None:
    home = Home(tmp_path)
    store = Store.open(home)
    load(store, 1, "dossiers", [dossier(home, "a", 0)])
    load(store, 2, "dossiers", [dossier(home, "a", 1), dossier(home, "b", 1)])
    state = believed(store)
    made = store.undo(2, who="t", at=AT + 3)
    store.undo(made, who="t", at=AT + 4)
    assert believed(store) == state
    assert store.already_loaded(str(2).rjust(64, "0"), "p") == 2
    whole(store, home)


def test_the_same_file_can_be_loaded_again_after_an_undo(tmp_path: Path) -> None:
    home = Home(tmp_path)
    store = Store.open(home)
    load(store, 1, "dossiers", [dossier(home, "a", 0)])
    store.undo(1, who="t", at=AT + 3)
    assert store.already_loaded(str(1).rjust(64, "0"), "p") is None
    assert store.latest_moment(STILL_BELIEVED - 1) is None


def test_an_import_that_a_newer_file_confirmed_is_not_taken_back_behind_its_back(tmp_path: Path) -> None:
    home = Home(tmp_path)
    store = Store.open(home)
    load(store, 1, "dossiers", [dossier(home, "a", 0)])
    load(store, 2, "dossiers", [dossier(home, "a", 0), dossier(home, "b", 0)])
    load(store, 3, "dossiers", [dossier(home, "c", 0)])
    with pytest.raises(CannotUndo) as fault:
        store.undo(1, who="t", at=AT + 3)
    assert fault.value.blocking == [2]
    assert "(2)" in str(fault.value)


def test_unknown_and_twice_undone_imports_are_said_to_be_so(tmp_path: Path) -> None:
    store = Store.open(Home(tmp_path))
    with pytest.raises(CallFault, match="Không có lần nạp 7"):
        store.undo(7, who="t", at=AT)
    load(store, 1, "series", [entry(DAYS[0], 1.0)])
    made = store.undo(1, who="t", at=AT + 1)
    with pytest.raises(CallFault, match=f"bởi lần nạp {made}"):
        store.undo(1, who="t", at=AT + 2)


def test_a_rehearsal_shows_everything_and_keeps_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path)
    store = Store.open(home)
    load(store, 1, "dossiers", [dossier(home, "a", 0)])
    state, version = believed(store), store.data_version()
    with store.rehearse() as tried:
        load(tried, 2, "dossiers", [dossier(home, "a", 1), dossier(home, "b", 1)])
        tried.undo(2, who="t", at=AT + 3)
        assert believed(tried) == state
        load(tried, 4, "dossiers", [dossier(home, "z", 1)])
        assert [row[0] for row in believed(tried)[0]] == ["a", "z"]
        assert tried.cache_key() is None
        whole(tried, home)
    assert believed(store) == state
    assert store.data_version() == version


def test_late_data_and_corrections_are_told_apart(tmp_path: Path) -> None:
    home = Home(tmp_path)
    store = Store.open(home)
    first = [dossier(home, "a", 0), dossier(home, "b", 3)]
    load(store, 1, "dossiers", first)
    # Told until 13/4, 08:00 (b's end): a's end on the 11th comes late, b's end was another day, c is new and old.
    moved = {**first[1], "finished_at": first[1]["finished_at"] - 86_400_000_000}
    ahead = {**dossier(home, "d", 0), "accepted_at": first[1]["finished_at"] + 86_400_000_000}
    load(store, 2, "dossiers", [{**first[0], "finished_at": first[1]["finished_at"] - 2 * 86_400_000_000}, moved, dossier(home, "c", 0), ahead])  # fmt: skip
    with store.read() as connection:
        log = [
            (row.kind, row.n, row.what, row.first_day)
            for row in connection.execute(sa.select(corrections).order_by(corrections.c.id))
        ]
    end = 18_730
    assert log == [
        ("late", 1, "dossier_code", 18_718),
        ("late", 1, "finished_at", end - 2),
        ("correction", 1, "finished_at", end - 1),
    ]
