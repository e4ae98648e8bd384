"""Figures day by day through a campaign, of many units at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from data.clock import day_number, day_of
from data.home import Campaign, Home
from data.store import Store
from kpi.catalog.figure import Figure
from kpi.engine import Answer, Group, Totals
from kpi.query import Query

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Panel:
    """Figures of units on the days of a campaign, each at the end of its day and on the last one at T.

    ``numerator``, ``denominator`` and ``value`` hold for every figure an array unit × day, in the order of ``units`` and
    ``days``; NaN = none, read only. ``days`` begin on the eve of the campaign. Every unit stands with everything below it.
    """

    days: tuple[date, ...]
    units: tuple[str, ...]
    numerator: Mapping[str, Array]
    denominator: Mapping[str, Array]
    value: Mapping[str, Array]


def panel(
    store: Store,
    home: Home,
    campaign: Campaign,
    kpis: Sequence[str],
    units: Sequence[str] | None = None,
    as_of: int | None = None,
    known_at: int | None = None,
) -> Panel:
    """Campaign to date at the end of each day up to T. ``units`` None = every unit of the tree valid at T.

    Before the campaign begins there are no days. Raises CallFault for an unknown figure or unit, DataFault without data.
    """
    eve = day_number(campaign.start) - 1
    with store.read() as connection:
        answer = Answer(connection, store, home, Query(campaign, tuple(kpis), as_of, known_at), history_from=eve)
        codes = tuple(units) if units is not None else _all_units(answer)
        groups = [Group(code, frozenset(answer.tree.below(answer.tree[code].code))) for code in codes]
        days = answer.days if answer.days[-1] > eve else []
        answer.prepare()
        totals = Totals(groups, answer.places)
        shape = len(codes), len(days)
        nothing_yet = answer.days_without_dossiers() if days else 0
        found: dict[str, tuple[Array, Array, Array]] = {}
        for declared in answer.figures:
            if not days:
                found[declared.key] = _nothing(shape), _nothing(shape), _nothing(shape)
            elif declared.reads == "series":
                found[declared.key] = _of_series(answer, declared, codes, days)
            else:
                up, down = answer.sums(declared, totals)
                numerator = _nothing(shape) if up is None else np.array(up, float).reshape(shape)
                if declared.reads == "dossiers" and not declared.divides:
                    numerator[:, :nothing_yet] = np.nan
                denominator = _nothing(shape) if down is None else np.array(down, float).reshape(shape)
                value = numerator if not declared.divides else _quotient(numerator, denominator)
                found[declared.key] = numerator, denominator, value
    for array in chain.from_iterable(found.values()):
        array.setflags(write=False)
    parts = [{key: arrays[part] for key, arrays in found.items()} for part in range(3)]
    return Panel(tuple(map(day_of, days)), codes, *parts)


def daily(
    store: Store,
    home: Home,
    campaign: Campaign,
    kpi: str,
    units: Sequence[str] | None = None,
    as_of: int | None = None,
    known_at: int | None = None,
) -> pd.DataFrame:
    """Campaign to date at the end of each day from the start to T (the last one at T).

    Columns: unit, day (datetime.date), numerator, denominator, value. ``units`` None = the root.
    """
    import pandas as pd

    if units is None:
        with store.read():
            units = [store.tree(campaign.start).root]
    found = panel(store, home, campaign, [kpi], units, as_of, known_at)
    days = found.days[1:]
    columns = {
        name: part[kpi][:, 1:].ravel()
        for name, part in (("numerator", found.numerator), ("denominator", found.denominator), ("value", found.value))
    }
    places = {"unit": np.repeat(np.array(found.units, object), len(days)), "day": list(days) * len(found.units)}
    return pd.DataFrame(places | columns)


def _all_units(answer: Answer) -> tuple[str, ...]:
    return tuple(sorted(unit.code for unit in answer.tree.units.values() if unit.valid))


def _nothing(shape: tuple[int, int]) -> Array:
    return np.full(shape, np.nan)


def _quotient(numerator: Array, denominator: Array) -> Array:
    return np.divide(numerator, denominator, out=_nothing(numerator.shape), where=denominator > 0)


def _of_series(
    answer: Answer, declared: Figure, units: Sequence[str], days: Sequence[int]
) -> tuple[Array, Array, Array]:
    """Each day the last entry up to it; of ranks that of the campaign's own scheme."""
    scheme = answer.query.campaign.rank_scheme if declared.unit == "rank" and answer.query.campaign else ""
    numerator, denominator, value = (_nothing((len(units), len(days))) for _ in range(3))
    for row, unit in enumerate(units):
        for entry in answer.entries_of.get((declared.key, unit), []):
            if entry.scheme == scheme and not entry.level:
                since = np.searchsorted(days, entry.on)
                for part, said in (
                    (numerator, entry.numerator),
                    (denominator, entry.denominator),
                    (value, entry.result),
                ):
                    part[row, since:] = np.nan if said is None else said
    return numerator, denominator, value
