"""The runs of dossier versions: every version lies in one, and that one tells of its unit, import and days."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from data import migrations
from data.clock import MICROSECONDS_PER_DAY, day_start
from data.codes import hash_of
from data.home import Rules
from data.measures import is_open
from data.rollup import believed
from data.schema import SPANNED, absent, dossiers, spans, versions_by_code
from data.spans import ROWS, accepted_in, count_believed, near, of_imports, of_units, open_on, since, units_with
from data.store import ImportHead, Store
from tests.data.test_bulk import AT, make, rows

v, s = dossiers.c, spans.c
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def whole(store: Store) -> None:
    with store.read() as connection:
        kept = connection.execute(sa.select(spans).order_by(s.first_id)).mappings().all()
        facts = sa.select(v.id, v.unit_id, v.from_import, *(v[day] for day in SPANNED)).order_by(v.id)
        versions = connection.execute(facts).mappings().all()
    inside = [(one, [row for row in versions if one["first_id"] <= row["id"] <= one["last_id"]]) for one in kept]
    assert sum(len(held) for _, held in inside) == len(versions)
    for one, held in inside:
        assert 0 < len(held) <= ROWS
        assert {(row["unit_id"], row["from_import"]) for row in held} == {(one["unit_id"], one["import_id"])}
        for day in SPANNED:
            days = [row[day] for row in held if row[day] is not None]
            assert (one[f"first_{day}"], one[f"last_{day}"]) == (min(days, default=None), max(days, default=None))


def filled(folder: Path) -> Store:
    """Three imports, the second taken back."""
    home, store = make(folder)
    chance = random.Random(3)
    for number, codes in enumerate((range(5000), range(900), range(800, 1000))):
        with store.writer(ImportHead(f"{number}", f"{number}" * 64, "t", "p", "dossiers", "t", AT + number)) as writer:
            writer.apply_dossiers(rows(home, chance, codes))
            writer.finish(read=len(codes), refused=0)
        if number == 1:
            store.undo(2, who="t", at=AT)
    return store


def open_ones(connection: sa.Connection) -> bool:
    """Whether the runs of what may be open on a day hold all that is, under every rule and on every day; and others not."""
    days: Sequence[int] = connection.scalars(sa.select(v.accepted_day).distinct()).all()
    left_out = 0
    for day in range(min(days), max(days) + 20):
        at = day_start(day, ZONE) + MICROSECONDS_PER_DAY // 2
        may_be = set(connection.scalars(sa.select(v.id).where(open_on(day))))
        for end in ("finished", "returned"):
            is_so = set(connection.scalars(sa.select(v.id).where(is_open(Rules(end=end), at))))
            assert is_so <= may_be
        left_out += connection.scalar(sa.select(sa.func.count()).select_from(dossiers)) - len(may_be)
    return left_out > 0


def test_every_version_lies_in_one_run(tmp_path: Path) -> None:
    whole(filled(tmp_path / "home"))


def test_runs_lead_to_the_versions_asked_for(tmp_path: Path) -> None:
    with filled(tmp_path / "home").read() as connection:

        def found(*where: sa.ColumnElement[bool]) -> list[int]:
            return list(connection.scalars(sa.select(v.id).where(*where).order_by(v.id)))

        assert found(of_units([1, 3])) == found(v.unit_id.in_([1, 3]))
        assert found(of_imports([2, 4])) == found(v.from_import.in_([2, 4]))
        assert open_ones(connection)
        for first, last in ((None, 18710), (18712, 18715)):
            mine = v.accepted_day.between(0 if first is None else first, last)
            assert found(accepted_in(first, last), mine) == found(mine)
        assert set(connection.scalars(units_with(believed()))) == set(
            connection.scalars(sa.select(v.unit_id).where(believed()))
        )
        assert set(connection.scalars(units_with(v.unit_id == 2))) == {2}
        assert connection.scalar(count_believed()) == len(found(believed()))
        assert found(since(3)) == found(v.from_import >= 3)
        assert found(since(9)) == []
        for day in connection.scalars(sa.select(v.due_day).where(v.due_day.is_not(None)).distinct()):
            touching = (
                v.accepted_day == day,
                v.due_day.in_((day - 1, day)),
                v.finished_day == day,
                v.returned_day == day,
            )
            assert found(near(day, day), sa.or_(*touching)) == found(sa.or_(*touching))


def test_an_older_store_is_put_in_order(tmp_path: Path) -> None:
    store = filled(tmp_path / "home")
    said = sa.select(*(column for column in dossiers.columns if column.name != "id")).order_by(
        v.code, v.from_import, v.to_import
    )
    with store.read() as connection:
        before = connection.execute(said).all()
    with store.engine.begin() as connection:
        # As the revision before had it: rows in the order of their files, found by their codes.
        for table in ("known_rows", "version_by_code"):
            connection.execute(sa.text(f"DROP TABLE {table}"))
        for table in ("dossier_version", "absent"):
            connection.execute(sa.text(f"ALTER TABLE {table} DROP COLUMN code_hash"))
        connection.execute(sa.text("CREATE INDEX dossier_code ON dossier_version (code, to_import)"))
        connection.execute(sa.text("DROP TABLE dossier_span"))
        connection.execute(sa.text("DROP INDEX dossier_letter"))
        connection.execute(sa.text("UPDATE dossier_version SET id = id * 7919 % 1000003 + 1000000"))
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0005'"))
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with store.engine.connect() as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    whole(store)
    with store.read() as connection:
        assert connection.execute(said).all() == before
        assert open_ones(connection)
        by = versions_by_code.c
        known = connection.execute(sa.select(by.code_hash, by.id).order_by(by.code_hash, by.id)).all()
        assert known == connection.execute(sa.select(v.code_hash, v.id).order_by(v.code_hash, v.id)).all()
        lacking = sa.select(absent.c.code, absent.c.code_hash)
        assert all(number == hash_of(code) for code, number in connection.execute(lacking))
