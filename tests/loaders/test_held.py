"""Files that look cut off or old wait for a person's yes; full exports flag what they lack; newer facts stay."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from data.clock import MICROSECONDS_PER_DAY, day_number
from data.errors import CallFault
from data.home import Home
from data.schema import STILL_BELIEVED, absent, dossiers, held
from data.store import Store
from loaders.exported import exported_day
from loaders.held import decide, waiting
from loaders.load import LoadReport, load_file
from tests.exports import Row, province, text, write_export

AT = 1_622_000_000_000_000
PLACE = "Sở Y tế"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(province(tmp_path / "home"))


@pytest.fixture
def store(home: Home) -> Store:
    return Store.open(home)


def rows(first: int, count: int, day: date, finished: bool = False) -> list[Row]:
    accepted = datetime.combine(day, datetime.min.time()) + timedelta(hours=8)
    due = accepted + timedelta(days=5)
    done = accepted + timedelta(hours=6) if finished else None
    return [
        (f"H10-{n:05}", PLACE, *(text(moment) for moment in (accepted, due, done))) for n in range(first, first + count)
    ]  # type: ignore[misc]


def give(store: Store, home: Home, name: str, lines: list[Row], accept: bool = False, at: int = AT) -> LoadReport:
    path = write_export(home.root / name, lines)
    report = load_file(store, home, path, who="t", at=at, accept=accept)
    path.unlink()
    return report


def full(home: Home) -> Home:
    path = home.root / "profiles" / "mot-cua.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('mode = "changes"', 'mode = "full"'), encoding="utf-8")
    return Home(home.root)


def finished(store: Store) -> dict[str, bool]:
    v = dossiers.c
    with store.read() as connection:
        wanted = sa.select(v.code, v.finished_at).where(v.to_import == STILL_BELIEVED)
        return {code: moment is not None for code, moment in connection.execute(wanted)}


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("mot-cua-2021-05-16.csv", date(2021, 5, 16)),
        ("mot-cua_20210516.xlsx", date(2021, 5, 16)),
        ("mot cua 16.05.2021.xls", date(2021, 5, 16)),
        ("mot-cua-20210516170005.csv", date(2021, 5, 16)),
        ("2021-05-01_2021-05-16.csv", date(2021, 5, 16)),
        ("16052021.csv", date(2021, 5, 16)),
        ("H10-99999999.csv", None),
        ("tong-hop.csv", None),
    ],
)
def test_the_day_a_file_speaks_of_is_read_from_its_name(name: str, day: date | None) -> None:
    assert exported_day([], name, day_number(date(2021, 6, 1))) == (None if day is None else day_number(day))


@pytest.mark.parametrize("name", ["ho-so-2031-05-10.csv", "ho-so-2021-05-01_2021-05-31.csv"])
def test_a_day_still_to_come_does_not_make_the_next_files_look_old(name: str, home: Home, store: Store) -> None:
    """A wrong year, or the end of the month that is being reported."""
    day = date(2021, 5, 10)
    assert give(store, home, name, rows(1, 3, day)).status == "loaded"
    next_day = give(store, home, "ho-so-2021-05-27.csv", rows(1, 3, day, finished=True), at=AT + MICROSECONDS_PER_DAY)
    assert (next_day.status, next_day.changed) == ("loaded", 3)


def test_an_older_file_waits_and_does_not_overwrite_newer_facts(home: Home, store: Store) -> None:
    day = date(2021, 5, 10)
    assert give(store, home, "ho-so-2021-05-11.csv", rows(1, 3, day, finished=True)).status == "loaded"
    older = give(store, home, "ho-so-2021-05-10.csv", rows(1, 5, day))
    assert (older.status, older.import_id, older.flags["older_than_known"]) == ("held", None, 3)
    assert "cũ hơn" in older.reason
    assert finished(store) == dict.fromkeys(("H10-00001", "H10-00002", "H10-00003"), True)
    found = waiting(store)
    assert [(one.id, one.file, one.read) for one in found] == [(older.held_id, "ho-so-2021-05-10.csv", 5)]
    # With a yes the dossiers not known yet come in; what the later file said stays.
    taken = decide(store, home, found[0].id, True, who="t", at=AT + 1)
    assert (taken.status, taken.new, taken.changed, taken.unchanged) == ("loaded", 2, 0, 3)
    assert finished(store)["H10-00001"] and not finished(store)["H10-00005"]
    assert waiting(store) == []
    with pytest.raises(CallFault):
        decide(store, home, found[0].id, True, who="t", at=AT + 2)


def test_a_no_leaves_nothing_behind_and_the_same_file_waits_once(home: Home, store: Store) -> None:
    day = date(2021, 5, 10)
    give(store, home, "ho-so-2021-05-11.csv", rows(1, 3, day, finished=True))
    lines = rows(1, 5, day)
    first = give(store, home, "ho-so-2021-05-10.csv", lines)
    again = give(store, home, "ho-so-2021-05-10.csv", lines)
    assert first.held_id == again.held_id
    assert len(waiting(store)) == 1
    dropped = decide(store, home, waiting(store)[0].id, False, who="t", at=AT)
    assert dropped.status == "refused"
    assert len(finished(store)) == 3
    with store.read() as connection:
        assert connection.execute(sa.select(held.c.state, held.c.content)).one() == ("rejected", None)


def test_a_file_without_a_day_is_taken_in_the_order_it_comes(home: Home, store: Store) -> None:
    day = date(2021, 5, 10)
    give(store, home, "b.csv", rows(1, 3, day, finished=True))
    corrected = give(store, home, "a.csv", rows(1, 2, day))
    assert (corrected.status, corrected.changed) == ("loaded", 2)
    assert finished(store) == {"H10-00001": False, "H10-00002": False, "H10-00003": True}


def test_a_daily_file_far_smaller_than_its_weekday_usually_is_waits(home: Home, store: Store) -> None:
    mondays = [date(2021, 4, 5) + timedelta(weeks=n) for n in range(4)]
    for n, day in enumerate(mondays[:3]):
        assert give(store, home, f"ho-so-{day}.csv", rows(100 * n, 60, day)).status == "loaded"
    cut = give(store, home, f"ho-so-{mondays[3]}.csv", rows(400, 15, mondays[3]))
    assert cut.status == "held" and "15 dòng" in cut.reason and "60" in cut.reason
    assert decide(store, home, waiting(store)[0].id, True, who="t", at=AT).new == 15
    fine = give(store, home, f"ho-so-{mondays[3] + timedelta(days=1)}.csv", rows(500, 15, mondays[3]))
    assert fine.status == "loaded", "no habit is known of Tuesdays"


def test_somebody_who_knows_can_load_at_once(home: Home, store: Store) -> None:
    day = date(2021, 5, 10)
    give(store, home, "ho-so-2021-05-11.csv", rows(1, 3, day, finished=True))
    assert give(store, home, "ho-so-2021-05-10.csv", rows(1, 5, day), accept=True).status == "loaded"


def test_a_dossier_missing_from_a_full_export_is_flagged_and_kept(home: Home, store: Store) -> None:
    home = full(home)
    day = date(2021, 5, 10)
    give(store, home, "mot.csv", rows(1, 6, day))
    second = give(store, home, "hai.csv", [*rows(1, 4, day), *rows(7, 2, day)])
    assert (second.status, second.flags["absent_from_full"]) == ("loaded", 2)
    assert len(finished(store)) == 8
    with store.read() as connection:
        marked = (
            connection.execute(sa.select(absent.c.code).where(absent.c.to_import == STILL_BELIEVED)).scalars().all()
        )
    assert sorted(marked) == ["H10-00005", "H10-00006"]
    # There again: the mark goes; an undo brings it back.
    third = give(store, home, "ba.csv", rows(1, 9, day))
    assert "absent_from_full" not in third.flags
    assert third.import_id is not None
    store.undo(third.import_id, who="t", at=AT)
    with store.read() as connection:
        again = sa.select(sa.func.count()).where(absent.c.to_import == STILL_BELIEVED)
        assert connection.scalar(again) == 2


def test_a_refused_row_of_a_full_export_is_not_missing(home: Home, store: Store) -> None:
    home = full(home)
    day = date(2021, 5, 10)
    give(store, home, "mot.csv", rows(1, 3, day))
    lines = rows(1, 3, day)
    lines[1] = (lines[1][0], "Sở Không Có", *lines[1][2:])
    second = give(store, home, "hai.csv", lines)
    assert (second.refused, second.flags.get("absent_from_full")) == (1, None)


def test_a_full_export_that_shrank_waits(home: Home, store: Store) -> None:
    home = full(home)
    day = date(2021, 5, 10)
    give(store, home, "mot.csv", rows(1, 100, day))
    assert give(store, home, "hai.csv", rows(1, 80, day)).status == "held"
    assert give(store, home, "ba.csv", rows(1, 95, day)).status == "loaded"


def test_what_waits_holds_no_personal_data(home: Home, store: Store) -> None:
    day = date(2021, 5, 10)
    give(store, home, "ho-so-2021-05-11.csv", rows(1, 3, day, finished=True))
    give(store, home, "ho-so-2021-05-10.csv", rows(1, 5, day))
    store.engine.dispose()
    kept = b"".join(path.read_bytes() for path in home.root.glob("campaign.db*"))
    assert "Bí Mật".encode() not in kept and b"0912345678" not in kept
