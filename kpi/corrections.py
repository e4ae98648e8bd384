"""The correction log in words and codes: what changed figures of moments already told, and by how much."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from data.audit import Entry
from data.clock import day_end
from data.home import Campaign, Home
from data.schema import corrections, imports, units
from data.store import Store
from kpi.changes import Change, differences
from kpi.engine import figures
from kpi.query import Query


@dataclass(frozen=True, slots=True)
class Correction:
    """One line of the log. ``kind``: late, correction, undo or definition; ``what``: fields, or the rule with its values.

    ``first_day``: the earliest day (number) whose figures it changes; ``n``: dossiers, services or entries.
    """

    id: int
    import_id: int | None
    file: str | None
    at: int
    who: str
    kind: str
    unit: str | None
    name: str | None
    first_day: int | None
    last_day: int | None
    n: int
    what: str
    reason: str


def log(
    store: Store, *, limit: int = 200, offset: int = 0, kind: str | None = None, unit: str | None = None
) -> list[Correction]:
    """The log, newest first."""
    c, u, i = corrections.c, units.c, imports.c
    wanted = (
        sa.select(c.id, c.import_id, i.file, c.at, c.who, c.kind, u.code, u.name, c.first_day, c.last_day, c.n, c.what, c.reason)
        .select_from(corrections.outerjoin(units, u.id == c.unit_id).outerjoin(imports, i.id == c.import_id))
        .order_by(c.id.desc())
        .limit(limit)
        .offset(offset)
    )  # fmt: skip
    if kind is not None:
        wanted = wanted.where(c.kind == kind)
    if unit is not None:
        wanted = wanted.where(u.code == unit)
    with store.read() as connection:
        return [Correction(*row) for row in map(tuple, connection.execute(wanted))]


def count(store: Store, *, kind: str | None = None, unit: str | None = None) -> int:
    """How many lines the log has."""
    c, u = corrections.c, units.c
    wanted = sa.select(sa.func.count()).select_from(corrections.outerjoin(units, u.id == c.unit_id))
    if kind is not None:
        wanted = wanted.where(c.kind == kind)
    if unit is not None:
        wanted = wanted.where(u.code == unit)
    with store.read() as connection:
        return int(connection.scalar(wanted) or 0)


def explain(store: Store, number: int, reason: str, *, who: str, at: int) -> None:
    """Write down why a correction was made."""
    with store.write(Entry("targets", f"correction:{number}", at, who)) as session:
        session.run(sa.update(corrections).where(corrections.c.id == number).values(reason=reason.strip()))


def effect(store: Store, home: Home, campaign: Campaign, one: Correction) -> list[Change]:
    """The figures of the province and the unit on the first day concerned, before and after the import of a line."""
    if one.import_id is None or one.first_day is None:
        return []
    as_of = day_end(one.first_day, home.zone)
    found = []
    for unit in dict.fromkeys((None, one.unit)):
        before, after = (
            figures(store, home, Query(campaign, as_of=as_of, known_import=known, unit=unit))
            for known in (one.import_id - 1, one.import_id)
        )
        found += differences(campaign.key, before, after)
    return found
