"""Where a unit stands: met, on course, at risk, behind — or why that cannot be said."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kpi.catalog.figure import Figure
from kpi.model import Pace, Status

AT_RISK_FACTOR = 1.25
"""Up to this many times the recent pace is "at risk", more is "behind"."""
SHAPES = {
    Status.MET: ("✔", "good"),
    Status.ON_COURSE: ("●", "good"),
    Status.AT_RISK: ("▲", "warn"),
    Status.BEHIND: ("✖", "warn"),
    Status.STALE: ("◌", "none"),
    Status.NO_TARGET: ("○", "none"),
    Status.NO_DATA: ("○", "none"),
    Status.NOT_BEGUN: ("○", "none"),
}
"""Shape and tone of each status: never colour alone."""


def met(figure: Figure, value: float, target: float) -> bool:
    """On unrounded values: 99,996 % does not meet 100 %."""
    return value >= target if figure.direction > 0 else value <= target


def met_all(figure: Figure, value: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.bool_]:
    """``met`` over arrays; no value meets nothing."""
    return value >= target if figure.direction > 0 else value <= target


def status(
    figure: Figure, value: float | None, target: float | None, pace: Pace | None, *, begun: bool, stale: bool
) -> Status:
    if not begun:
        return Status.NOT_BEGUN
    if value is None:
        return Status.NO_DATA
    if target is None:
        return Status.NO_TARGET
    if stale:
        return Status.STALE
    if met(figure, value, target):
        return Status.MET
    if pace is None or pace.needed is None or not pace.recent or pace.recent < 0:
        return Status.BEHIND
    if pace.ceiling is not None and not met(figure, pace.ceiling, target):
        return Status.BEHIND
    if pace.needed <= pace.recent:
        return Status.ON_COURSE
    return Status.AT_RISK if pace.needed <= AT_RISK_FACTOR * pace.recent else Status.BEHIND
