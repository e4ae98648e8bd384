"""The best value a unit can still reach by a target's due date, and since when that is not enough.

What has happened stays: a dossier finished late stays late. What is still to come is taken to go well: as many more as a
median working day of the last seven brought, on each working day left. Stocks can always still be brought to their end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from kpi.catalog.figure import Figure, Span
from kpi.status import met_all

Array = NDArray[np.float64]


def attainable(figure: Figure, numerator: float, denominator: float | None, expected: float) -> float | None:
    """The ceiling at ``numerator`` of ``denominator`` when ``expected`` more are to come; None where there is none."""
    if figure.reads == "series" or figure.unit == "days":
        return None
    if not figure.is_ratio:
        if figure.direction > 0:
            return math.inf
        return numerator if accumulates(figure) else 0.0
    if not accumulates(figure) or figure.services == "active":
        return 1.0 if figure.direction > 0 else 0.0
    total = (denominator or 0) + expected
    good = numerator + (expected if figure.direction > 0 else 0)
    return good / total if total else None


def attainable_all(figure: Figure, numerator: Array, denominator: Array | None, expected: Array) -> Array:
    """``attainable`` over arrays of one shape; NaN where there is none."""
    if denominator is None or not _depends(figure):
        fixed = None if _depends(figure) else attainable(figure, 0.0, 0.0, 0.0)
        found = np.full(numerator.shape, np.nan if fixed is None else fixed)
        if figure.unit == "count" and figure.direction < 0 and accumulates(figure):
            found = numerator
        return np.where(np.isnan(numerator), np.nan, found)
    total = denominator + expected
    good = numerator + (expected if figure.direction > 0 else 0)
    found = np.full(total.shape, np.nan)
    np.divide(good, total, out=found, where=total > 0)
    return found


def accumulates(figure: Figure) -> bool:
    """Flows: what is once in the window's sums never leaves them."""
    return any(term.span is Span.WINDOW for term in figure.numerator) or figure.services == "active"


def _depends(figure: Figure) -> bool:
    """Whether the ceiling follows from what has happened and what is to come."""
    return figure.is_ratio and figure.reads == "dossiers" and accumulates(figure)


def impossible_since(
    figure: Figure, target: Array, due: date, ceiling: Array, value: Array, days: Sequence[date]
) -> list[date | None]:
    """Per unit, the first day since which the target has been out of reach without interruption; None while it is not.

    ``target``: by unit; ``ceiling`` and ``value``: units × days, at the end of each of ``days``. Once the due date is over,
    only the value on it counts: a target missed then is lost from the day after, whatever the ceiling.
    """
    wanted = target[:, None]
    lost = ~np.isnan(ceiling) & ~met_all(figure, ceiling, wanted)
    after = np.array([day > due for day in days])
    if after.any() and due in days:
        at_due = value[:, [list(days).index(due)]]
        lost = np.where(after, ~np.isnan(at_due) & ~met_all(figure, at_due, wanted), lost)
    return first_of_last_run(lost, days)


def first_of_last_run(holds: NDArray[np.bool_], days: Sequence[date]) -> list[date | None]:
    """Per row, the day on which the unbroken run that reaches the last day began; None where the last day does not hold."""
    found: list[date | None] = []
    for row in holds:
        breaks = np.flatnonzero(~row)
        begun = int(breaks[-1]) + 1 if breaks.size else 0
        found.append(days[begun] if begun < len(days) else None)
    return found
