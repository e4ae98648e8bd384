"""Fair leagues: ties share a rank, few dossiers are marked, no value has no rank."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kpi.catalog import figure
from kpi.model import Row


@dataclass(frozen=True, slots=True)
class Ranked:
    """``rank`` is dense (1, 2, 2, 3); None without a value. ``tied``: another unit has the same rank."""

    rank: int | None
    tied: bool
    row: Row


def league(rows: Iterable[Row]) -> list[Ranked]:
    """Units of one figure, best first; equal values share a rank, units without a value come last."""
    found = list(rows)
    valued = [row for row in found if row.value is not None]
    if not valued:
        return [Ranked(None, False, row) for row in found]
    direction = figure(valued[0].kpi).direction
    ladder = sorted({row.value for row in valued if row.value is not None}, reverse=direction > 0)
    rank_of = {value: place for place, value in enumerate(ladder, start=1)}
    shared = {value: sum(1 for row in valued if row.value == value) > 1 for value in ladder}
    ranked = [Ranked(rank_of[row.value], shared[row.value], row) for row in valued if row.value is not None]
    ranked.sort(key=lambda entry: (entry.rank or 0, entry.row.unit))
    return [*ranked, *(Ranked(None, False, row) for row in found if row.value is None)]
