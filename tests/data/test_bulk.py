"""Many rows at once: another way of writing and counting them, the same store."""

from __future__ import annotations

import random
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa

from data import bulk, rollup, sessions
from data.clock import MICROSECONDS_PER_DAY, parse_moment
from data.content import content
from data.errors import DataFault
from data.facts import FACTS
from data.home import Home
from data.schema import CONTENT, dossiers
from data.schema import rollup as kept
from data.store import Counts, ImportHead, Store

AT = 1_620_000_000_000_000


def make(folder: Path, zone: str = "Asia/Ho_Chi_Minh") -> tuple[Home, Store]:
    folder.mkdir()
    (folder / "home.toml").write_text(f'name = "Tỉnh thử"\ntimezone = "{zone}"\n', encoding="utf-8")
    home = Home(folder)
    return home, Store.open(home)


def rows(home: Home, chance: random.Random, codes: range) -> pa.Table:
    """Dossiers with blanks, odd orders of their dates and every code."""
    start = parse_moment("2021-03-20T00:00", home.zone)

    def near(moment: int) -> int:
        return moment + chance.randrange(-2, 12) * MICROSECONDS_PER_DAY + chance.randrange(MICROSECONDS_PER_DAY)

    def perhaps(value: object) -> object:
        return value if chance.random() < 0.7 else None

    found = []
    for code in codes:
        accepted = start + chance.randrange(20 * MICROSECONDS_PER_DAY)
        row: dict[str, object] = dict.fromkeys(FACTS.names)
        row |= {
            "code": f"H{code}",
            "unit": f"u{chance.randrange(4)}",
            "procedure": perhaps(f"1.00000{chance.randrange(3)}"),
            "channel": perhaps(chance.randrange(4)),
            "return_mode": perhaps(chance.randrange(3)),
            "service_level": perhaps(chance.randrange(2, 5)),
            "digitised": perhaps(chance.randrange(2)),
            "payment": perhaps(chance.randrange(4)),
            "status": perhaps(chance.randrange(1, 11)),
            "accepted_at": accepted,
            **{
                name: perhaps(near(accepted))
                for name in ("due_at", "finished_at", "returned_at", "apology_at", "apology_new_due_at")
            },
        }
        found.append(row | {"flags": 0, "sheet": "", "row": code + 2})
    return pa.Table.from_pylist(found, schema=FACTS)


def load(store: Store, facts: pa.Table, name: str, mode: str = "changes") -> Counts:
    with store.writer(ImportHead(name, name.ljust(64, "0"), "tests", "p", "dossiers", "t", AT, mode)) as writer:
        counts = writer.apply_dossiers(facts)
        writer.finish(read=facts.num_rows, refused=0)
    return counts


def everything(store: Store) -> dict[str, list[tuple[object, ...]]]:
    with store.read() as connection:
        versions = connection.execute(sa.select(dossiers).order_by(dossiers.c.id)).all()
        counts = connection.execute(sa.select(kept).where(kept.c.n != 0).order_by(*kept.primary_key.columns)).all()
    return {"versions": [tuple(row) for row in versions], "counts": [tuple(row) for row in counts]}


@pytest.mark.parametrize("zone", ["Asia/Ho_Chi_Minh", "Europe/Amsterdam"])
@pytest.mark.parametrize("seed", range(2))
def test_many_rows_are_kept_and_counted_as_few_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, zone: str
) -> None:
    """Three files: the first, a full one of the next day with changes, another one; then all counted anew."""
    found = []
    for turn, (few, many, stretch) in enumerate([(10**9, 10**9, 25), (1, 1, 25), (1, 1, 7)]):
        monkeypatch.setattr(sessions, "_BULK", few)
        monkeypatch.setattr(rollup, "MANY", many)
        monkeypatch.setattr(bulk, "STRETCH", stretch)
        chance = random.Random(seed)
        home, store = make(tmp_path / str(turn), zone)
        counts = [
            load(store, rows(home, chance, range(60)), "a"),
            load(store, rows(home, random.Random(seed), range(70)), "b", "full"),
            load(store, rows(home, chance, range(40, 100)), "c"),
        ]
        assert rollup.differences(store, home) == []
        before = everything(store)
        store.rebuild()
        assert everything(store) == before
        found.append((counts, before))
    # Versions lie otherwise in shorter stretches, and are the same.
    assert found[0] == found[1]
    assert (found[2][0], found[2][1]["counts"]) == (found[0][0], found[0][1]["counts"])
    assert found[0][0][1].unchanged > 0 < found[0][0][2].changed


def test_indexes_are_as_before_after_a_large_first_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "_BULK", 1)
    home, store = make(tmp_path / "home")

    def indexes() -> set[str]:
        with store.read() as connection:
            return set(connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE type = 'index'").scalars())

    before = indexes()
    load(store, rows(home, random.Random(1), range(50)), "a")
    assert indexes() == before
    assert store.damage() == []


def test_files_on_the_way_are_closed_to_others_and_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "_BULK", 1)
    home, store = make(tmp_path / "home")
    seen: list[tuple[int, int]] = []
    write = bulk._written

    def watched(path: Path, declared: list[str], name: str, parts: Iterable[pa.Table], same: Mapping[str, int]) -> Path:
        write(path, declared, name, parts, same)
        seen.append((stat.S_IMODE(path.parent.stat().st_mode), stat.S_IMODE(path.stat().st_mode)))
        return path

    monkeypatch.setattr(bulk, "_written", watched)
    load(store, rows(home, random.Random(1), range(50)), "a")
    assert set(seen) == {(0o700, 0o600)}
    assert [path.name for path in home.root.iterdir() if path.name.startswith(".")] == []


def test_a_disk_that_is_full_meanwhile_is_told_in_words_and_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "_BULK", 1)
    monkeypatch.setattr(bulk, "_SETTINGS", (*bulk._SETTINGS, "max_page_count=3"))
    home, store = make(tmp_path / "home")
    with pytest.raises(DataFault, match=r"đĩa (đã )?đầy"):
        load(store, rows(home, random.Random(1), range(300)), "a")
    assert store.loads() == []
    assert [path.name for path in home.root.iterdir() if path.name.startswith(".")] == []


def test_what_a_killed_load_left_is_gone_after_the_next(tmp_path: Path) -> None:
    home, store = make(tmp_path / "home")
    left = home.root / ".loading-campaign.db-killed"
    left.mkdir()
    (left / "0.db").write_bytes(b"rows")
    load(store, rows(home, random.Random(1), range(1)), "a")
    assert not left.exists()


def test_content_tells_versions_apart_and_never_changes(tmp_path: Path) -> None:
    names = [name for name in CONTENT if name != "procedure"]
    base: dict[str, object] = {name: place for place, name in enumerate(names)} | {"procedure": "1.000001"}
    others = [base | {name: value} for name in names for value in (None, 99)]
    others += [base | {"procedure": None}, base | {"procedure": ""}, base | {"procedure": "1.000002"}]
    kinds = {name: pa.string() if name == "procedure" else pa.int64() for name in CONTENT}
    table = pa.table({name: pa.array([row[name] for row in (base, *others)], kind) for name, kind in kinds.items()})
    found = content(table).to_pylist()
    assert len(set(found)) == len(found)
    # Stores hold these numbers: another way of making them would take every dossier for changed.
    assert found[0] == GOLDEN
    assert (
        content(table.drop_columns(["status"])).to_pylist()[0]
        == content(table.set_column(CONTENT.index("status"), "status", pa.nulls(len(found), pa.int8()))).to_pylist()[0]
    )


GOLDEN = -2957912104054999460
