"""The audit log: nothing is written without an entry, and no entry changes, goes or moves unseen."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data import aside, audit, roll
from data.access import Role
from data.audit import Entry
from data.errors import StoreFault
from data.home import Home
from data.people import LOCAL
from data.roll import Wanted, propose
from data.store import Store
from tests.conftest import ROOT, clean_environment
from tests.data.access_homes import AT, DAY, MINUTE, invited, load_some, small_store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return small_store(tmp_path)


@pytest.fixture(autouse=True)
def _nobody_acts() -> Iterator[None]:
    """Who acts belongs to a page run or a command; a test starts as nobody."""
    before = audit._acting.set(("", ""))
    yield
    audit._acting.reset(before)


def whats(store: Store, **asked: object) -> list[str]:
    return [line.what for line in audit.search(store, **asked)[0]]  # type: ignore[arg-type]


def trimmed(store: Store, keep_days: int, at: int) -> int:
    with store.write(None) as session:
        return audit.trim(session, keep_days, at)


# What is written ------------------------------------------------------------------------------------------------------


def test_every_write_leaves_an_entry_of_its_own_transaction(store: Store) -> None:
    load_some(store, "a.csv", ["1", "2"])
    store.undo(1, who="t", at=AT + 1)
    lines, total = audit.search(store)
    assert total == 2
    assert [(line.action, line.what, line.who, line.outcome) for line in lines] == [
        ("undo", "import:1", "t", "done"),
        ("load", "import:1 a.csv", "t", "done"),
    ]
    assert json.loads(lines[1].details) | {"sha256": ""} == {
        "import": 1, "kind": "dossiers", "profile": "p", "sha256": "", "new": 2, "changed": 0, "unchanged": 0,
    }  # fmt: skip
    assert audit.verify(store) == []


def test_what_fails_or_is_only_tried_leaves_none(store: Store) -> None:
    with pytest.raises(RuntimeError), store.write(Entry("x", "y", AT)):
        raise RuntimeError
    with store.rehearse() as trial:
        load_some(trial, "a.csv", ["1"])
    assert audit.search(store) == ([], 0)
    assert audit.verify(store) == []


def test_whoever_acts_stands_in_the_entry_with_role_and_identity(store: Store) -> None:
    em = invited(store, "Em", Role.officer)
    audit.act_as(em)
    load_some(store, "a.csv", ["1"])
    line = audit.search(store, action="load")[0][0]
    assert (line.who, line.role) == ("Em · https://sso.tinh.example sub-em", "officer")


def test_a_write_has_to_say_what_it_is() -> None:
    with pytest.raises(TypeError):
        Store.write(None)  # type: ignore[call-arg, arg-type]


def test_texts_from_outside_are_bounded_and_plain(store: Store) -> None:
    hostile = "\x1b[31m\u202e" + "=HYPERLINK()" * 1_000 + "\ud800"
    audit.record(store, LOCAL, hostile, hostile, at=AT, unit=hostile, details={"k": "x" * 10_000})
    line = audit.search(store)[0][0]
    assert all(letter.isprintable() for text in (line.action, line.what, line.unit) for letter in text)
    assert (len(line.action), len(line.what), len(line.unit)) == (32, 300, 100)
    assert len(line.details) <= 2_000 and json.loads(line.details)
    assert audit.verify(store) == []


# Looking --------------------------------------------------------------------------------------------------------------


def test_looking_is_noted_once_per_person_page_unit_and_minute(store: Store) -> None:
    em, gia = invited(store, "Em", Role.leader), invited(store, "Gia", Role.leader)
    for second in (0, 10, 59, 60, 130):
        for who in (em, gia):
            audit.seen(store, who, "dossiers", "dossiers", at=AT + second * 1_000_000, unit="so-a")
    audit.seen(store, em, "dossiers", "dossiers", at=AT, unit="so-b")
    assert store.aside.flush()
    lines, total = audit.search(store, action="dossiers")
    assert total == 7
    assert sorted(line.at - AT for line in lines if line.who.startswith("Em") and line.unit == "so-a") == [
        0, MINUTE, 130_000_000,
    ]  # fmt: skip


def test_a_page_does_not_wait_for_a_load(store: Store) -> None:
    """The load holds the one write lock; who looked is written when it is done."""
    with store.write(None):
        started = time.monotonic()
        audit.seen(store, LOCAL, "dossiers", "dossiers", at=AT)
        assert time.monotonic() - started < 0.5
        assert audit.search(store)[1] == 0
    assert store.aside.flush()
    assert audit.search(store)[1] == 1


def test_nothing_is_shown_when_the_log_could_not_be_written_for_long(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aside, "MOST_WAITING", 3)
    audit.seen(store, LOCAL, "dossiers", "first", at=AT)
    assert store.aside.flush()
    with store.write(None):
        for number in range(3):
            audit.seen(store, LOCAL, "dossiers", str(number), at=AT)
        with pytest.raises(StoreFault):
            audit.seen(store, LOCAL, "dossiers", "one more", at=AT)
    assert store.aside.flush()
    assert sorted(whats(store)) == ["0", "1", "2", "first"]


# Searching ------------------------------------------------------------------------------------------------------------


def test_searching(store: Store) -> None:
    em = invited(store, "Em", Role.leader)
    for number in range(5):
        audit.record(store, em, "issue", f"50% {number}", at=AT + number * DAY, unit="so-a")
    audit.record(store, LOCAL, "issue", "500", at=AT + 9 * DAY, outcome="refused")
    assert whats(store, what="50%") == [f"50% {n}" for n in (4, 3, 2, 1, 0)]
    assert whats(store, who="EM ·", action="issue", limit=2, offset=1) == ["50% 3", "50% 2"]
    assert audit.search(store, who="em ·", action="issue", limit=2)[1] == 5
    assert whats(store, outcome="refused") == ["500"]
    assert whats(store, action="issue", since=AT + DAY, until=AT + 2 * DAY) == ["50% 2", "50% 1"]
    assert len(whats(store, unit="so-a")) == 5
    assert whats(store, what="' OR 1=1 --") == []


# Tampering ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of twelve entries, three of them cut by retention and vouched for."""
    root = tmp_path_factory.mktemp("audit")
    store = small_store(root)
    for number in range(12):
        audit.record(store, LOCAL, "issue", f"{number}", at=AT + (number if number > 2 else number - 800) * DAY)
    assert trimmed(store, 730, AT + 2 * DAY) == 3
    store.engine.dispose()
    return root


def tampered(written: Path, folder: Path, *statements: str) -> list[str]:
    """What ``verify`` says after somebody has written into the file itself, triggers out of the way."""
    shutil.copytree(written, folder)
    with closing(sqlite3.connect(folder / "campaign.db")) as connection:
        for trigger in ("audit_no_change", "audit_no_removal"):
            connection.execute(f"DROP TRIGGER {trigger}")
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    store = Store.open(Home(folder))
    try:
        return audit.verify(store)
    finally:
        store.engine.dispose()
        shutil.rmtree(folder)


COLUMNS = ("at", "who", "role", "action", "what", "unit", "outcome", "details", "before", "hash", "id")
CHANGES = st.one_of(
    st.tuples(st.just("change"), st.integers(4, 13), st.sampled_from(COLUMNS)),
    st.tuples(st.just("remove"), st.integers(4, 13), st.integers(0, 9)),
    st.tuples(st.just("swap"), st.integers(4, 12), st.integers(1, 3)),
    st.tuples(st.just("add"), st.integers(14, 16), st.just(0)),
    st.tuples(st.just("double"), st.integers(4, 13), st.just(0)),
    st.tuples(st.just("rehash"), st.integers(4, 13), st.just(0)),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CHANGES)
def test_any_tampering_is_found(written: Path, tmp_path: Path, change: tuple[str, int, str | int]) -> None:
    kind, number, more = change
    if kind == "change":
        value = "99" if more == "id" else f"CASE WHEN typeof({more}) = 'integer' THEN {more} + 1 ELSE {more} || 'x' END"
        statements = [f"UPDATE audit SET {more} = {value} WHERE id = {number}"]
    elif kind == "remove":
        assert isinstance(more, int)
        statements = [f"DELETE FROM audit WHERE id BETWEEN {number} AND {min(number + more, 13)}"]
    elif kind == "swap":
        assert isinstance(more, int)
        other = min(number + more, 13)
        statements = [
            f"UPDATE audit SET id = {a} WHERE id = {b}" for a, b in ((99, number), (number, other), (other, 99))
        ]
    elif kind == "add":
        copy = "at, who, role, action, what, unit, outcome, details, hash, hash"
        statements = [f"INSERT INTO audit SELECT {number}, {copy} FROM audit WHERE id = 13"]
    elif kind == "rehash":
        store = Store.open(Home(written))
        line = next(line for line in audit.search(store)[0] if line.id == number)
        store.engine.dispose()
        made = audit.hash_of(replace(line, what="x"))
        statements = [f"UPDATE audit SET what = 'x', hash = '{made}' WHERE id = {number}"]
    else:
        copy = "at, who, role, action, what, unit, outcome, details, before, hash"
        statements = [f"INSERT INTO audit SELECT 14, {copy} FROM audit WHERE id = {number}"]
    assert tampered(written, tmp_path / "copy", *statements)


def test_a_sound_log_is_sound_and_faults_are_named(written: Path, tmp_path: Path) -> None:
    assert tampered(written, tmp_path / "a") == []
    assert tampered(written, tmp_path / "b", "UPDATE audit SET what = 'x' WHERE id = 7") == [
        "Nhật ký: mục 7 đã bị sửa hoặc đổi chỗ."
    ]
    assert tampered(written, tmp_path / "c", "DELETE FROM audit WHERE id IN (6, 7)") == ["Nhật ký: thiếu mục 6 đến 7."]
    assert tampered(written, tmp_path / "d", "DELETE FROM audit WHERE id = 4") == [
        "Nhật ký: thiếu các mục trước mục 5."
    ]
    assert tampered(written, tmp_path / "e", "DELETE FROM audit WHERE id = 13")[-1].startswith("Nhật ký: các mục cuối")


def test_what_was_cut_off_at_the_end_stays_missing_after_more_is_written(written: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    assert tampered(written, folder, "DELETE FROM audit WHERE id >= 12")
    shutil.copytree(written, folder)
    with closing(sqlite3.connect(folder / "campaign.db")) as connection:
        connection.execute("DROP TRIGGER audit_no_removal")
        connection.execute("DELETE FROM audit WHERE id >= 12")
        connection.commit()
    store = Store.open(Home(folder))
    audit.record(store, LOCAL, "issue", "later", at=AT + 99 * DAY)
    # Entry 13 had vouched for the first three.
    assert audit.verify(store) == ["Nhật ký: thiếu mục 12 đến 13.", "Nhật ký: thiếu các mục trước mục 4."]


@pytest.mark.parametrize("details", ["", "[]", "{}", '{"cut_to":"x","hash":1}'])
def test_an_entry_that_vouches_for_nothing_is_read_and_vouches_for_nothing(
    details: str, written: Path, tmp_path: Path
) -> None:
    line = audit.Line(14, AT, "x", "", audit.RETENTION, "", "", "done", details, "0" * 64, "")
    values = ", ".join(f"'{one}'" for one in (*list(asdict(line).values())[:-1], audit.hash_of(line)))
    faults = tampered(written, tmp_path / "copy", f"INSERT INTO audit VALUES ({values})")
    assert faults[0] == "Nhật ký: mục 14 không nối tiếp mục trước; một trong hai đã bị sửa."


def test_the_database_itself_refuses_to_change_the_log(written: Path, tmp_path: Path) -> None:
    shutil.copytree(written, tmp_path / "copy")
    with closing(sqlite3.connect(tmp_path / "copy" / "campaign.db")) as connection:
        for statement in ("UPDATE audit SET who = 'x'", "DELETE FROM audit", "DELETE FROM audit WHERE id = 5"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(statement)


def test_a_log_made_anew_is_found_by_a_head_noted_elsewhere(written: Path, tmp_path: Path) -> None:
    store = Store.open(Home(Path(shutil.copytree(written, tmp_path / "copy"))))
    noted = audit.head(store)
    audit.record(store, LOCAL, "issue", "later", at=AT + 99 * DAY)
    assert audit.holds(store, noted) and audit.holds(store, audit.head(store))
    other = small_store(tmp_path / "other")
    for number in range(20):
        audit.record(other, LOCAL, "issue", f"{number}", at=AT)
    assert audit.verify(other) == [] and not audit.holds(other, noted)
    assert not audit.holds(store, "99:abc")
    assert audit.holds(store, f"2:{'0' * 64}")  # cut by retention: nothing can be said against it


# Retention ------------------------------------------------------------------------------------------------------------


def test_retention_cuts_what_is_old_and_vouches_for_it(tmp_path: Path) -> None:
    store = small_store(tmp_path)
    for number in range(10):
        audit.record(store, LOCAL, "issue", str(number), at=AT + number * 30 * DAY)
    assert trimmed(store, 100, AT + 100 * DAY) == 0
    assert trimmed(store, 100, AT + 101 * DAY) == 1
    assert trimmed(store, 100, AT + 200 * DAY) == 3
    assert audit.verify(store) == []
    assert whats(store) == ["2–4", "1–1", *map(str, range(9, 3, -1))]
    audit.record(store, LOCAL, "issue", "last", at=AT + 900 * DAY)
    assert trimmed(store, 100, AT + 1_000 * DAY) == 8
    assert whats(store) == ["5–12", "last"]
    assert audit.verify(store) == []


def test_a_day_of_looking_cuts_once(tmp_path: Path) -> None:
    store = small_store(tmp_path, settings="[access]\naudit_keep_days = 100\n")
    audit.record(store, LOCAL, "issue", "old", at=AT)
    audit.record(store, LOCAL, "issue", "young", at=AT + 50 * DAY)
    for minute in range(3):
        audit.seen(store, LOCAL, "dossiers", "x", at=AT + 120 * DAY + minute * MINUTE)
        assert store.aside.flush()
    assert sorted(whats(store)) == ["1–1", "x", "x", "x", "young"] and audit.verify(store) == []


# Together -------------------------------------------------------------------------------------------------------------

WRITES = """
import sys
from pathlib import Path
from data import audit
from data.home import Home
from data.people import LOCAL
from data.store import Store
store = Store.open(Home(Path(sys.argv[1])))
for number in range(25):
    audit.record(store, LOCAL, "issue", f"{sys.argv[2]}{number}", at=number)
"""


def test_two_processes_write_one_chain(store: Store) -> None:
    command = [sys.executable, "-c", WRITES, str(store.home.root)]
    both = [subprocess.Popen([*command, name], cwd=ROOT, env=clean_environment()) for name in "ab"]
    assert [one.wait(60) for one in both] == [0, 0]
    lines, total = audit.search(store, limit=100)
    assert total == 50 and [line.id for line in lines] == list(range(50, 0, -1))
    assert {line.what for line in lines} == {f"{name}{n}" for name in "ab" for n in range(25)}
    assert audit.verify(store) == []


def test_threads_write_one_chain(store: Store) -> None:
    def write() -> None:
        for number in range(10):
            audit.record(store, LOCAL, "issue", str(number), at=number)

    threads = [threading.Thread(target=write) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert audit.search(store)[1] == 30 and audit.verify(store) == []


def test_changes_of_rights_are_in_the_log(store: Store) -> None:
    an, binh = invited(store, "An", Role.administrator), invited(store, "Binh", Role.administrator)
    change = propose(store, an, Wanted("Em", Role.leader, email="em@tinh.example"), AT)
    assert change is not None
    roll.confirm(store, binh, change, AT)
    lines = audit.search(store, action="people", what="Em")[0]
    assert [line.who.split(" ·")[0] for line in lines] == ["Binh", "An"]
    assert json.loads(lines[0].details)["proposed_by"].startswith("An ·")
    with store.read() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM audit WHERE role = ''")) == 0
