"""Published figures beside what the system computes for that moment."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from data.clock import parse_moment
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

    ``reached``: the data go as far as the moment the figure speaks of; what they do not reach is not tested either.
    """

    row: PublishedRow
    computed: float | None
    figure: Row | None
    ok: bool | None
    reached: bool = True


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
    found = [entry for entry in figures(store, home, query) if not row.scheme or entry.scheme == row.scheme]
    entry = found[0] if found else None
    computed = None if entry is None else getattr(entry, row.part)
    if row.comparison in NOT_TESTED:
        return Checked(row, computed, entry, None)
    return Checked(row, computed, entry, computed is not None and _agrees(row, computed))


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
