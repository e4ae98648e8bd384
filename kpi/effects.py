"""What a change to dossiers would do to a figure: the figure's own measures, counted again over the dossiers as they
would then be. Nothing is written, and no rule is said a second time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.sql.visitors import replacement_traverse

from data.clock import local_day
from data.home import Home
from data.measures import events_of
from data.schema import CONTENT, DAYS, dossiers
from kpi.catalog.figure import Figure
from kpi.counting import Counter, within

RETURNED = 10
"""Status of a dossier whose result has been handed over."""

COLUMNS = ("id", *CONTENT, *DAYS.values(), "past_due_day")
"""All that a measure may look at."""
MOST_AT_ONCE = 20_000
"""Fewer than a statement may have parameters in any database we know."""

v = dossiers.c
Change = Mapping[str, sa.ColumnElement[Any]]
"""Column → what it would hold."""
Effect = tuple[float, float]
"""What is added to numerator and denominator."""


def finishing(home: Home, at: int) -> Change:
    """Finished, and its result handed over, at a moment; a file without a status column stays without one."""
    moment, day = sa.literal(at, sa.BigInteger), sa.literal(local_day(at, home.zone), sa.Integer)
    return {
        "finished_at": moment,
        "finished_day": day,
        "returned_at": moment,
        "returned_day": day,
        "status": sa.case((v.status.is_not(None), RETURNED)),
    }


def digitising() -> Change:
    return {"digitised": sa.literal(1)}


def effects(
    connection: sa.Connection, counter: Counter, figures: Collection[Figure], ids: Collection[int], change: Change
) -> dict[str, dict[int, Effect]]:
    """Figure → dossier version → what the change adds to numerator and denominator, each dossier by itself.

    Figures are of dossiers; those that nothing changes for a dossier have no entry for it.
    """
    found: dict[str, dict[int, Effect]] = {declared.key: {} for declared in figures}
    scales = {declared.key: declared.scale for declared in figures}
    chosen = v.id.in_(sa.bindparam("ids", expanding=True, type_=sa.Integer))
    before = sa.select(*(v[name] for name in COLUMNS)).where(chosen).cte("before")
    after = sa.select(
        *(_over(before, change[name]).label(name) if name in change else before.c[name] for name in COLUMNS)
    ).cte("after")
    arms = [
        arm
        for declared in figures
        for sign, source in ((1, after), (-1, before))
        for arm in _arms(counter, declared, source, sign)
    ]
    if not arms:
        return found
    each = sa.union_all(*arms).subquery().c
    numerator, denominator = sa.func.sum(each.numerator), sa.func.sum(each.denominator)
    wanted = (
        sa.select(each.kpi, each.id, numerator, denominator)
        .group_by(each.kpi, each.id)
        .having(sa.or_(numerator != 0, denominator != 0))
    )
    for some in batched(ids, MOST_AT_ONCE):
        values = {"ids": list(some), "known_import": counter.span.known_import}
        for kpi, number, up, down in connection.execute(wanted, values):
            found[kpi][number] = (int(up) if scales[kpi] == 1 else up / scales[kpi], int(down))
    return found


def batched(ids: Collection[int], most: int) -> Iterator[tuple[int, ...]]:
    rest = iter(ids)
    while some := tuple(islice(rest, most)):
        yield some


def _arms(counter: Counter, declared: Figure, source: sa.CTE, sign: int) -> Iterator[sa.Select[Any]]:
    """The events of dossiers on both sides of a figure, inside its bounds."""
    for side, terms in (("numerator", declared.numerator), ("denominator", declared.denominator)):
        for term in terms:
            bounds = counter.bounds(term)
            if bounds is None:
                continue
            events = _over(source, events_of(counter.measure(term.measure), sa.true()))
            e = within(events.subquery(), bounds, counter.home.zone).subquery().c
            n: sa.ColumnElement[Any] = e.n * (sign * term.sign)
            nothing: sa.ColumnElement[Any] = sa.literal_column("0")
            yield sa.select(
                sa.literal_column(f"'{declared.key}'").label("kpi"),
                e.id,
                (n if side == "numerator" else nothing).label("numerator"),
                (n if side == "denominator" else nothing).label("denominator"),
            )


Statement = TypeVar("Statement", bound=sa.ClauseElement)


def _over(source: sa.CTE, statement: Statement) -> Statement:
    """The same statement over other dossiers."""

    def other(element: Any, **_: Any) -> Any:
        if element is dossiers:
            return source
        return source.c[element.name] if isinstance(element, sa.Column) and element.table is dossiers else None

    return cast(Statement, replacement_traverse(statement, {}, other))
