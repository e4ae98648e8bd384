"""How good the believed dossiers are: how many carry which flag, in which unit, and which ones they are."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

import sqlalchemy as sa

from data import codes
from data.access import Scope
from data.clock import iso
from data.errors import CallFault
from data.home import Home
from data.rollup import believed
from data.schema import FLAGS, STILL_BELIEVED, absent, dossiers, imports, units, versions_by_code
from data.spans import count_believed
from data.store import Store

ABSENT = "absent"
"""Dossiers that a full export no longer holds: not a flag of a version, but shown beside them."""
KINDS = (*FLAGS, ABSENT)
MOMENTS = ("accepted_at", "due_at", "finished_at", "returned_at")

Counts = Mapping[str, Mapping[str, int]]
"""Kind → unit code → dossiers; only units with any."""


def counts(store: Store, *, scope: Scope) -> Counts:
    """Believed dossiers by kind of flag and unit."""
    v, u = dossiers.c, units.c
    wanted = (
        sa.select(u.code, v.flags, sa.func.count())
        .join(dossiers, v.unit_id == u.id)
        .where(believed(), v.flags != 0, scope.condition(u.code))
        .group_by(u.code, v.flags)
    )
    gone = (
        sa.select(u.code, sa.func.count(sa.distinct(v.id)))
        .join(dossiers, v.unit_id == u.id)
        .where(believed(), v.id.in_(_absent()), scope.condition(u.code))
        .group_by(u.code)
    )
    found: dict[str, dict[str, int]] = {kind: {} for kind in KINDS}
    with store.read() as connection:
        for code, flags, n in connection.execute(wanted):
            for name, bit in FLAGS.items():
                if flags & bit:
                    found[name][code] = found[name].get(code, 0) + n
        found[ABSENT] = {str(code): int(n) for code, n in connection.execute(gone)}
    return found


def total(store: Store, *, scope: Scope) -> int:
    """Believed dossiers in all."""
    wanted = count_believed()
    if scope.units is not None:
        wanted = (
            sa.select(sa.func.count())
            .select_from(dossiers)
            .where(believed())
            .join(units, units.c.id == dossiers.c.unit_id)
            .where(scope.condition(units.c.code))
        )
    with store.read() as connection:
        return int(connection.scalar(wanted) or 0)


def listed(
    store: Store,
    home: Home,
    kind: str,
    members: Set[str],
    limit: int | None = None,
    offset: int = 0,
    *,
    scope: Scope,
) -> list[dict[str, Any]]:
    """The dossiers of a kind in these units, in the order of codes, each with the file and row it was read from.

    Moments are ISO texts in the home's zone. Raises CallFault for a kind that is not known.
    """
    v, u, i = dossiers.c, units.c, imports.c
    if kind == ABSENT:
        which: sa.ColumnElement[bool] = v.id.in_(_absent())
    elif kind in FLAGS:
        which = v.flags.bitwise_and(FLAGS[kind]) != 0
    else:
        raise CallFault(f"Không có loại «{kind}» (có: {', '.join(KINDS)}).")
    wanted = (
        sa.select(v.code, u.code.label("unit"), v.status, *(v[name] for name in MOMENTS), i.file, v.sheet, v.row)
        .select_from(dossiers.join(units, u.id == v.unit_id).outerjoin(imports, i.id == v.read_import))
        .where(believed(), which, u.code.in_(scope.limit(members)))
        .order_by(v.code)
        .limit(limit)
        .offset(offset)
    )
    with store.read() as connection:
        rows = [dict(row) for row in connection.execute(wanted).mappings()]
    for row in rows:
        row |= {name: None if row[name] is None else iso(row[name], home.zone) for name in MOMENTS}
    return rows


def _absent() -> sa.Select[Any]:
    """Versions of dossiers that a full export lacks, believed or not."""
    other = dossiers.alias("other")
    return (
        sa.select(other.c.id)
        .distinct()
        .where(absent.c.to_import == STILL_BELIEVED, codes.same(absent, versions_by_code, other))
    )
