"""Published figures beside what the system computes for that moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from data.clock import parse_moment
from data.errors import DataFault
from data.home import Home, PublishedRow
from data.store import Store
from kpi.engine import figures
from kpi.model import Row
from kpi.query import Query

NOT_TESTED = ("target", "promise")
ABOUT = 0.005


@dataclass(frozen=True, slots=True)
class Checked:
    """``computed`` None: nothing to compute it from. ``ok`` None: shown, not tested.

    ``computed`` is as known now; ``known_then`` as known when the day it speaks of had ended.
    ``reached``: the data go as far as the moment the figure speaks of; what they do not reach is not tested either.
    """

    row: PublishedRow
    computed: float | None
    figure: Row | None
    ok: bool | None
    reached: bool = True
    known_then: float | None = None


def check(store: Store, home: Home) -> list[Checked]:
    """Every row of the home's ``published.csv``, in its order."""
    latest = store.latest_moment(store.import_at(None))
    return [_check(store, home, row, latest) for row in home.published]


def _check(store: Store, home: Home, row: PublishedRow, latest: int | None) -> Checked:
    if row.comparison == "not_computable":
        return Checked(row, None, None, None)
    if latest is None or parse_moment(f"{row.as_of[:10]}T00:00", home.zone) > latest:
        return Checked(row, None, None, None, reached=False)
    query = Query(
        campaign=home.campaign(row.campaign) if row.campaign else None,
        kpis=(row.kpi,),
        as_of=parse_moment(row.as_of, home.zone),
        unit=row.unit or None,
        window=row.window or "campaign",
        filter=row.filter,
    )
    entry = _figure(store, home, query, row)
    computed = None if entry is None else getattr(entry, row.part)
    then = _figure(store, home, replace(query, known_at=parse_moment(row.as_of[:10], home.zone)), row)
    known_then = None if then is None else getattr(then, row.part)
    ok = None if row.comparison in NOT_TESTED else computed is not None and _agrees(row, computed)
    return Checked(row, computed, entry, ok, known_then=known_then)


def _figure(store: Store, home: Home, query: Query, row: PublishedRow) -> Row | None:
    """The figure a claim speaks of; None where there was nothing known."""
    try:
        found = figures(store, home, query)
    except DataFault:
        return None
    return next((entry for entry in found if not row.scheme or entry.scheme == row.scheme), None)


def side_by_side(checked: Sequence[Checked]) -> list[list[Checked]]:
    """Claims about the same figure, unit and day together: where sources differ, they stand beside each other."""
    groups: dict[tuple[str, ...], list[Checked]] = {}
    for one in checked:
        row = one.row
        groups.setdefault((row.kpi, row.part, row.unit, row.filter, row.scheme, row.window, row.as_of[:10]), []).append(
            one
        )
    return list(groups.values())


def _agrees(row: PublishedRow, computed: float) -> bool:
    match row.comparison:
        case "eq":
            return computed == row.value
        case "eq4":
            return Decimal(repr(computed)).quantize(Decimal("0.0001"), ROUND_HALF_UP) == Decimal(repr(row.value))
        case "gt":
            return computed > row.value
        case "about":
            return abs(computed - row.value) <= ABOUT
        case other:
            raise ValueError(f"published.csv {row.id}: comparison «{other}»")
