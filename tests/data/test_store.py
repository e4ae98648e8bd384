"""The store keeps whole imports or nothing, and forgets nothing."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory

from data import migrations, rollup, schema_access, schema_meeting  # noqa: F401 - their tables belong to the metadata
from data.access import ALL
from data.clock import parse_moment
from data.facts import FACTS, SERIES_FACTS, SERVICE_FACTS
from data.home import Home
from data.schema import STILL_BELIEVED, dossiers, metadata, services
from data.store import Counts, ImportHead, Refusal, Store
from loaders import refused

AT = 1_620_000_000_000_000


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "home.toml").write_text('name = "Tỉnh thử"\n', encoding="utf-8")
    return Home(tmp_path)


@pytest.fixture
def store(home: Home) -> Store:
    return Store.open(home)


def head(name: str = "a.csv", at: int = AT, kind: str = "dossiers") -> ImportHead:
    return ImportHead(name, name.ljust(64, "0"), "tests", "p", kind, "t", at)


def one(
    home: Home, code: str, accepted: str, due: str | None = None, finished: str | None = None, **more: object
) -> dict[str, object]:
    def moment(text: str | None) -> int | None:
        return None if text is None else parse_moment(text, home.zone)

    row: dict[str, object] = dict.fromkeys(FACTS.names)
    row |= {
        "code": code,
        "unit": "u1",
        "accepted_at": moment(accepted),
        "due_at": moment(due),
        "finished_at": moment(finished),
    }
    return row | {"flags": 0, "sheet": "", "row": 2} | more


def load(store: Store, rows: list[dict[str, object]], name: str = "a.csv", at: int = AT) -> Counts:
    with store.writer(head(name, at)) as writer:
        counts = writer.apply_dossiers(pa.Table.from_pylist(rows, schema=FACTS))
        writer.finish(read=len(rows), refused=0)
    return counts


def test_the_newest_revision_is_the_one_the_store_looks_for() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_current_head() == migrations.HEAD


def test_migrations_make_the_tables_that_the_schema_declares(store: Store) -> None:
    made = sa.inspect(store.engine)
    for table in metadata.sorted_tables:
        assert {column["name"] for column in made.get_columns(table.name)} == {column.name for column in table.columns}
        assert {index["name"] for index in made.get_indexes(table.name)} == {index.name for index in table.indexes}


def test_only_the_owner_can_read_the_database(home: Home, store: Store) -> None:
    assert stat.S_IMODE((home.root / "campaign.db").stat().st_mode) == 0o600


def test_the_same_rows_again_change_nothing(home: Home, store: Store) -> None:
    rows = [one(home, "1", "2021-04-01T08:00", "2021-04-05"), one(home, "2", "2021-04-01T09:00")]
    assert load(store, rows) == Counts(2, 0, 0)
    assert load(store, rows, "b.csv") == Counts(0, 0, 2)
    with store.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(dossiers)) == 2


def test_a_place_in_the_file_and_flags_alone_make_no_new_version(home: Home, store: Store) -> None:
    load(store, [one(home, "1", "2021-04-01T08:00")])
    assert load(store, [one(home, "1", "2021-04-01T08:00", row=99, flags=512)], "b.csv") == Counts(0, 0, 1)


def test_a_correction_keeps_the_old_version_for_those_who_ask_as_known_then(home: Home, store: Store) -> None:
    load(store, [one(home, "1", "2021-04-01T08:00", "2021-04-05")])
    assert load(store, [one(home, "1", "2021-04-01T08:00", "2021-04-06")], "b.csv", AT + 1) == Counts(0, 1, 0)
    with store.read() as connection:
        spans = connection.execute(
            sa.select(dossiers.c.from_import, dossiers.c.to_import).order_by(dossiers.c.from_import)
        ).all()
    assert spans == [(1, 2), (2, STILL_BELIEVED)]
    assert (store.import_at(AT - 1), store.import_at(AT), store.import_at(AT + 1)) == (0, 1, 2)


def test_a_failure_inside_an_import_leaves_nothing_of_it(home: Home, store: Store) -> None:
    load(store, [one(home, "1", "2021-04-01T08:00")])
    before = store.data_version()
    with pytest.raises(RuntimeError), store.writer(head("b.csv")) as writer:
        writer.apply_dossiers(pa.Table.from_pylist([one(home, "2", "2021-04-02T08:00", unit="u9")], schema=FACTS))
        writer.refuse([Refusal("", 3, "Ngày", "x", "sai", "sửa")])
        raise RuntimeError("mất điện")
    assert store.data_version() == before
    assert [entry["file"] for entry in store.loads()] == ["a.csv"]
    assert refused.count(store, scope=ALL) == 0
    assert {code for _, code, _ in store.unit_rows()} == {"Tỉnh thử", "u1"}
    assert rollup.differences(store, home) == []


def test_pages_read_while_a_file_is_loading(home: Home, store: Store) -> None:
    load(store, [one(home, str(n), "2021-04-01T08:00") for n in range(200)])
    faults: list[BaseException] = []
    stop = threading.Event()

    def reading() -> None:
        try:
            while not stop.is_set():
                assert store.loads()
                with store.read() as connection:
                    assert connection.scalar(sa.select(sa.func.count()).select_from(dossiers)) >= 200
        except BaseException as fault:
            faults.append(fault)

    readers = [threading.Thread(target=reading) for _ in range(3)]
    for reader in readers:
        reader.start()
    for turn in range(30):
        load(
            store,
            [one(home, str(n), "2021-04-01T08:00", finished=f"2021-04-{turn % 27 + 2:02d}T10:00") for n in range(200)],
            f"{turn}.csv",
            AT + turn,
        )
    stop.set()
    for reader in readers:
        reader.join()
    assert not faults
    assert rollup.differences(store, home) == []
    with store.read() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def test_two_writers_wait_for_each_other(home: Home, store: Store) -> None:
    faults: list[BaseException] = []

    def writing(number: int) -> None:
        try:
            for turn in range(5):
                load(store, [one(home, f"{number}-{turn}", "2021-04-01T08:00")], f"{number}-{turn}.csv")
        except BaseException as fault:
            faults.append(fault)

    writers = [threading.Thread(target=writing, args=(number,)) for number in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert not faults
    assert sorted(entry["id"] for entry in store.loads()) == list(range(1, 16))
    assert rollup.differences(store, home) == []


def test_a_kept_count_that_was_spoilt_is_found_and_a_rebuild_mends_it(home: Home, store: Store) -> None:
    load(store, [one(home, "1", "2021-04-01T08:00", "2021-04-05")])
    with store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE rollup SET n = n + 1")
    assert rollup.differences(store, home)
    store.rebuild()
    assert rollup.differences(store, home) == []


def service(code: str, state: str, changed_on: int | None, **more: object) -> dict[str, object]:
    row: dict[str, object] = dict.fromkeys(SERVICE_FACTS.names)
    row |= {
        "service_code": code,
        "procedure": "1.000001",
        "name": "Thủ tục",
        "unit": "u1",
        "level": 4,
        "eligible_online": 1,
    }
    return row | {"eligible_level4": 1, "state": state, "changed_on": changed_on, "sheet": "", "row": 2} | more


def load_catalogue(store: Store, rows: list[dict[str, object]], name: str) -> Counts:
    with store.writer(head(name, kind="services")) as writer:
        counts = writer.apply_services(pa.Table.from_pylist(rows, schema=SERVICE_FACTS))
        writer.finish(read=len(rows), refused=0)
    return counts


def states(store: Store) -> list[tuple[str, int, int]]:
    c = services.c
    with store.read() as connection:
        found = connection.execute(
            sa.select(c.state, c.from_day, c.to_day).where(c.to_import == STILL_BELIEVED).order_by(c.from_day)
        )
        return [tuple(row) for row in found]


def test_the_differences_between_catalogue_exports_are_the_history(store: Store) -> None:
    assert load_catalogue(store, [service("S", "rejected", 100)], "1.csv") == Counts(1, 0, 0)
    assert load_catalogue(store, [service("S", "rejected", 100)], "2.csv") == Counts(0, 0, 1)
    assert load_catalogue(store, [service("S", "integrated", 120)], "3.csv") == Counts(0, 1, 0)
    assert states(store) == [("rejected", 100, 120), ("integrated", 120, STILL_BELIEVED)]


def test_a_change_that_comes_late_is_put_in_its_place(store: Store) -> None:
    load_catalogue(store, [service("S", "rejected", 100)], "1.csv")
    load_catalogue(store, [service("S", "integrated", 120)], "2.csv")
    load_catalogue(store, [service("S", "submitted", 110)], "3.csv")
    assert states(store) == [("rejected", 100, 110), ("submitted", 110, 120), ("integrated", 120, STILL_BELIEVED)]


def test_a_series_entry_is_replaced_by_a_correction_and_kept(store: Store) -> None:
    def entry(value: float) -> pa.Table:
        row = {"kpi": "reports_online", "unit": "u1", "level": "", "on": 100, "numerator": None, "denominator": None}
        return pa.Table.from_pylist(
            [{**row, "value": value, "scheme": "", "source": "t", "sheet": "", "row": 2}], schema=SERIES_FACTS
        )

    found = []
    for name, value in (("1", 0.5), ("2", 0.5), ("3", 0.6)):
        with store.writer(head(name, kind="series")) as writer:
            found.append(writer.apply_series(entry(value)))
            writer.finish(read=1, refused=0)
    assert found == [Counts(1, 0, 0), Counts(0, 0, 1), Counts(0, 1, 0)]
