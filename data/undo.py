"""Taking an import back.

An undo is an import of its own: it ends the belief in the versions that came with the undone one and believes again what
those had replaced. Nothing is removed, so that «as known then» still sees what was believed in between.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from data import codes, rollup, spans
from data.errors import CallFault, CannotUndo
from data.home import Home
from data.records import Session
from data.schema import (
    STILL_BELIEVED,
    absent,
    confirmed,
    corrections,
    dossiers,
    imports,
    series,
    services,
    versions_by_code,
)

KIND = "undo"
_VERSIONED: dict[sa.Table, tuple[str, tuple[str, ...]]] = {
    dossiers: ("read_import", ("code",)),
    services: ("laid_by", ("service_code",)),
    series: ("read_import", ("kpi", "unit", "level", "scheme", "on")),
}
"""Versioned tables: the column that says which import a version is owed to, and what makes two versions of one thing."""


def undo(session: Session, home: Home, upsert: Any, import_id: int, who: str, at: int) -> int:
    """Take an import back; gives the id of the import that does so.

    Raises CallFault when there is no such import or it was taken back before, CannotUndo when newer ones build on it.
    """
    found = session.rows(sa.select(imports).where(imports.c.id == import_id))
    if not found:
        raise CallFault(f"Không có lần nạp {import_id}. Xem danh sách bằng «campaign loads».")
    undone = dict(zip((column.name for column in imports.columns), found[0], strict=True))
    if undone["state"] != "loaded":
        raise CallFault(f"Lần nạp {import_id} đã được hoàn tác (bởi lần nạp {undone['undone_by']}).")
    again = undone["kind"] == KIND
    blocking = _replacing(session, import_id) if again else _building_on(session, import_id)
    if blocking:
        raise CannotUndo(import_id, blocking)
    number: int = session.rows(sa.select(sa.func.max(imports.c.id)))[0][0] + 1
    touched = {
        table.name: _turn_back(session, table, "from_import" if again else owed, import_id, number)
        for table, (owed, _) in _VERSIONED.items()
    }
    _absent_again(session, import_id, number)
    session.run(
        sa.insert(imports).values(
            id=number, file=undone["file"], sha256="", source=f"{KIND}:{import_id}", profile=undone["profile"],
            kind=KIND, who=who, at=at, read=0, new=0, changed=sum(touched.values()), unchanged=0, refused=0, latest=None,
            state="loaded", mode=undone["mode"], exported=None, notes="{}",
        )
    )  # fmt: skip
    session.run(sa.update(imports).where(imports.c.id == import_id).values(state="undone", undone_by=number))
    if again:
        # What the undone undo had taken back counts again.
        back = int(undone["source"].partition(":")[2])
        session.run(sa.update(imports).where(imports.c.id == back).values(state="loaded", undone_by=None))
    if touched["dossier_version"]:
        rollup.update(session, home, number, upsert, entered=True, left=True)
    if touched["service_version"]:
        rollup.catalogue_changed(session, home, upsert)
    _log(session, import_id, number, who, at)
    return number


def _building_on(session: Session, import_id: int) -> list[int]:
    """Newer imports to which the present state of something is owed that this import had brought, or that confirmed it."""
    newer: set[int] = set()
    for table, (owed, key) in _VERSIONED.items():
        mine, now = table.alias("mine"), table.alias("now")
        if table is dossiers:
            same = codes.same(mine, versions_by_code, now)
        else:
            same = sa.and_(*(mine.c[name] == now.c[name] for name in key))
        wanted = (
            sa.select(now.c[owed])
            .distinct()
            .where(mine.c[owed] == import_id, same, now.c.to_import == STILL_BELIEVED, now.c[owed] > import_id)
        )
        newer |= {row[0] for row in session.rows(wanted)}
    again = (
        sa.select(confirmed.c.import_id)
        .join(imports, imports.c.id == confirmed.c.import_id)
        .where(confirmed.c.owed_to == import_id, imports.c.state == "loaded")
    )
    return sorted(newer | {row[0] for row in session.rows(again)})


def _replacing(session: Session, import_id: int) -> list[int]:
    """Newer imports that replaced what an undo had believed again."""
    newer: set[int] = set()
    for table in _VERSIONED:
        c = table.c
        wanted = sa.select(c.to_import).distinct().where(c.from_import == import_id, c.to_import < STILL_BELIEVED)
        newer |= {row[0] for row in session.rows(wanted)}
    return sorted(newer)


def _turn_back(session: Session, table: sa.Table, owed: str, import_id: int, number: int) -> int:
    """End what is owed to the import, believe again what it had replaced. Gives how many versions that touched."""
    c = table.c
    ended = session.run(
        sa.update(table).where(c[owed] == import_id, c.to_import == STILL_BELIEVED).values(to_import=number)
    )
    names = [column.name for column in table.columns if column.name not in ("id", "from_import", "to_import")]
    values: list[sa.ColumnElement[Any]] = [*(c[name] for name in names), sa.literal(number), sa.literal(STILL_BELIEVED)]
    names += ["from_import", "to_import"]
    last = 0
    if table is dossiers:
        last = spans.next_id(session) - 1
        order = sa.func.row_number().over(order_by=(c.unit_id, *spans.order(), c.id))
        names, values = ["id", *names], [last + order, *values]
    # A version that its own import replaced was believed for no time at all.
    again = sa.select(*values).where(c.to_import == import_id, c.from_import < import_id)
    restored = session.run(sa.insert(table).from_select(names, again))
    if table is dossiers:
        spans.note(session, last, number)
        codes.note(session, last)
    return ended + restored


def _absent_again(session: Session, import_id: int, number: int) -> None:
    c = absent.c
    session.run(
        sa.update(absent).where(c.from_import == import_id, c.to_import == STILL_BELIEVED).values(to_import=number)
    )
    again = sa.select(c.code, c.code_hash, c.profile, sa.literal(number), sa.literal(STILL_BELIEVED)).where(
        c.to_import == import_id
    )
    session.run(sa.insert(absent).from_select(["code", "code_hash", "profile", "from_import", "to_import"], again))


def _log(session: Session, import_id: int, number: int, who: str, at: int) -> None:
    """The undo in the correction log: one line per unit it touches."""
    v = dossiers.c
    wanted = (
        sa.select(v.unit_id, sa.func.count(sa.distinct(v.code)), sa.func.min(v.accepted_day))
        .where(sa.or_(v.from_import == number, v.to_import == number))
        .group_by(v.unit_id)
        .order_by(v.unit_id)
    )
    lines = [
        {
            "import_id": number, "at": at, "who": who, "kind": "undo", "unit_id": unit, "first_day": first, "last_day": None,
            "n": n, "what": f"import:{import_id}", "reason": "",
        }
        for unit, n, first in session.rows(wanted)
    ]  # fmt: skip
    session.insert(corrections, lines)
