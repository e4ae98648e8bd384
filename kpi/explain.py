"""From a figure to the dossiers or services behind it, each with file, sheet and row."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from data.access import Scope
from data.clock import iso
from data.home import Home
from data.measures import events_of
from data.rollup import believed
from data.schema import dossiers, imports, procedures, units
from data.store import Store
from kpi.catalog.figure import Figure
from kpi.counting import Counter, within
from kpi.engine import Answer
from kpi.filters import on_dossiers
from kpi.query import Query
from kpi.services import counted

DOSSIER_MOMENTS = ("accepted_at", "due_at", "finished_at", "returned_at")


def behind(
    store: Store,
    home: Home,
    query: Query,
    kpi: str,
    limit: int | None = None,
    offset: int = 0,
    numerator_only: bool = False,
    missing_only: bool = False,
    *,
    scope: Scope,
) -> list[dict[str, Any]]:
    """What a figure counts, one entry per dossier or service, in the order of codes.

    ``numerator_only``: those in the numerator; ``missing_only``: those of the denominator that the numerator lacks.

    ``numerator`` and ``denominator`` say how often the entry counts in each (0 or 1; −1 never remains).
    The entries add up to the figure exactly, where ``scope`` holds all of its units: dossiers of others are left out.
    Services and series are open to whoever may see figures. Series give their entries.
    """
    with store.read() as connection:
        answer = Answer(connection, store, home, replace(query, kpis=(kpi,)))
        declared = answer.figures[0]
        members = {unit for group in answer.groups() for unit in group.members}
        if declared.reads == "dossiers":
            members = scope.limit(members)
            return _dossiers(connection, home, answer, declared, members, limit, offset, numerator_only, missing_only)
        if declared.reads == "services":
            return _services(connection, answer, declared, members, numerator_only, missing_only)[
                offset : None if limit is None else offset + limit
            ]
        return [
            {
                "unit": entry.unit,
                "on": entry.on,
                "numerator": entry.numerator,
                "denominator": entry.denominator,
                "value": entry.value,
                "scheme": entry.scheme,
                "source": entry.source,
            }
            for entry in answer.entries
            if entry.kpi == kpi and entry.unit in members
        ]


def _dossiers(
    connection: sa.Connection,
    home: Home,
    answer: Answer,
    declared: Figure,
    members: set[str],
    limit: int | None,
    offset: int,
    numerator_only: bool,
    missing_only: bool,
) -> list[dict[str, Any]]:
    counter: Counter = answer.counter
    which = sa.and_(believed(answer.span.known_import), on_dossiers(answer.conditions))
    if len(members) < len(answer.unit_codes):
        # By number, so that the index of work lists is of use: a unit's dossiers are few among all.
        which = sa.and_(which, dossiers.c.unit_id.in_([n for n, code in answer.unit_codes.items() if code in members]))
    arms = []
    for side, terms in (("numerator", declared.numerator), ("denominator", declared.denominator)):
        for term in terms:
            bounds = counter.bounds(term)
            if bounds is None:
                continue
            e = within(events_of(counter.measure(term.measure), which).subquery(), bounds, home.zone).subquery().c
            n = e.n * term.sign
            nothing: sa.ColumnElement[Any] = sa.literal_column("0")
            arms.append(
                sa.select(
                    e.id,
                    (n if side == "numerator" else nothing).label("numerator"),
                    (n if side == "denominator" else nothing).label("denominator"),
                )
            )
    if not arms:
        return []
    each = sa.union_all(*arms).subquery().c
    numerator, denominator = sa.func.sum(each.numerator), sa.func.sum(each.denominator)
    counted = numerator != 0 if numerator_only else sa.or_(numerator != 0, denominator != 0)
    if missing_only:
        counted = sa.and_(numerator == 0, denominator != 0)
    net = (
        sa.select(each.id, numerator.label("numerator"), denominator.label("denominator"))
        .group_by(each.id)
        .having(counted)
        .subquery()
    )
    v, u, i, p = dossiers.c, units.c, imports.c, procedures.c
    wanted = (
        sa.select(v.code, u.code.label("unit"), v.procedure, p.name.label("procedure_name"), v.status, v.channel, *(v[name] for name in DOSSIER_MOMENTS),
                  net.c.numerator, net.c.denominator, i.file, v.sheet, v.row, v.read_import.label("import_id"))
        .select_from(net.join(dossiers, v.id == net.c.id).join(units, u.id == v.unit_id).join(imports, i.id == v.read_import).outerjoin(procedures, p.code == v.procedure))
        .where(u.code.in_(members))
        .order_by(v.code)
        .limit(limit)
        .offset(offset)
    )  # fmt: skip
    found = []
    for row in connection.execute(wanted, {"known_import": answer.span.known_import}).mappings():
        entry = dict(row)
        for name in DOSSIER_MOMENTS:
            entry[name] = None if entry[name] is None else iso(entry[name], home.zone)
        found.append(entry)
    return found


def _services(
    connection: sa.Connection,
    answer: Answer,
    declared: Figure,
    members: set[str],
    numerator_only: bool,
    missing_only: bool,
) -> list[dict[str, Any]]:
    if answer.catalogue is None:
        return []
    files = {row.id: row.file for row in connection.execute(sa.select(imports.c.id, imports.c.file))}
    rows = counted(answer.catalogue, declared.services, answer.tree, answer.span.as_of)
    return [
        {"service_code": s.service_code, "procedure": s.procedure, "name": s.name, "unit": s.unit, "level": s.level, "state": s.state, "reason": s.reason,
         "exclusion_reason": s.exclusion_reason, "numerator": int(up), "denominator": int(down), "file": files.get(s.read_import), "sheet": s.sheet, "row": s.row}
        for s, up, down in rows
        if s.unit in members and (up or not numerator_only) and not (missing_only and (up or not down))
    ]  # fmt: skip
