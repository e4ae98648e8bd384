"""Published figures beside what the system computes for that moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from data.clock import day_end, local_day, parse_moment
from data.errors import DataFault
from data.home import Home, PublishedRow
from data.store import Store
from kpi.engine import figures
from kpi.model import Row
from kpi.query import Query

NOT_TESTED = ("target", "promise")
ABOUT = 0.005
Place = tuple[str, str, str, str, str]
"""What claims have in common that are answered together: campaign, as of, unit, window, filter."""


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
    kpis: dict[Place, list[str]] = {}
    for row in home.published:
        if row.comparison == "not_computable" or not _reached(row, home, latest):
            continue
        kpis.setdefault(_place(row), []).append(row.kpi)
    now, then = {}, {}
    for place, wanted in kpis.items():
        query = _query(home, place, wanted)
        now[place] = _answers(store, home, query)
        then[place] = _answers(store, home, replace(query, known_at=_end_of(query, home)))
    found = []
    for row in home.published:
        if row.comparison == "not_computable" or not _reached(row, home, latest):
            found.append(
                Checked(row, None, None, None, row.comparison == "not_computable" or _reached(row, home, latest))
            )
            continue
        entry, known = _figure(now[_place(row)], row), _figure(then[_place(row)], row)
        computed = None if entry is None else getattr(entry, row.part)
        ok = None if row.comparison in NOT_TESTED else computed is not None and _agrees(row, computed)
        found.append(Checked(row, computed, entry, ok, known_then=None if known is None else getattr(known, row.part)))
    return found


def _reached(row: PublishedRow, home: Home, latest: int | None) -> bool:
    return latest is not None and parse_moment(f"{row.as_of[:10]}T00:00", home.zone) <= latest


def _end_of(query: Query, home: Home) -> int:
    """The end of the day a claim speaks of."""
    assert query.as_of is not None
    return day_end(local_day(query.as_of, home.zone), home.zone)


def _place(row: PublishedRow) -> Place:
    return row.campaign, row.as_of, row.unit, row.window, row.filter


def _query(home: Home, place: Place, kpis: Sequence[str]) -> Query:
    campaign, as_of, unit, window, filter_ = place
    return Query(
        campaign=home.campaign(campaign) if campaign else None,
        kpis=tuple(dict.fromkeys(kpis)),
        as_of=parse_moment(as_of, home.zone),
        unit=unit or None,
        window=window or "campaign",
        filter=filter_,
    )


def _answers(store: Store, home: Home, query: Query) -> list[Row]:
    """All figures asked of one moment at once; none where nothing was known."""
    try:
        return figures(store, home, query)
    except DataFault:
        return []


def _figure(found: Sequence[Row], row: PublishedRow) -> Row | None:
    """The figure a claim speaks of."""
    return next((one for one in found if one.kpi == row.kpi and (not row.scheme or one.scheme == row.scheme)), None)


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
