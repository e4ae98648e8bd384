"""Which target holds for a unit."""

from __future__ import annotations

from datetime import date

from data.home import Campaign, Target
from data.units import Unit


def target_of(campaign: Campaign | None, kpi: str, unit: Unit, day: date) -> Target | None:
    """The target of a figure for a unit: unit before kind before level before campaign.

    Of several with different due dates the next one due counts, after the last one the last.
    """
    candidates = targets_of(campaign, kpi, unit)
    return next((target for target in candidates if target.due >= day), candidates[-1] if candidates else None)


def targets_of(campaign: Campaign | None, kpi: str, unit: Unit) -> list[Target]:
    """All targets of a figure that hold for a unit, the first due first."""
    ranked: dict[int, list[Target]] = {}
    for target in campaign.target if campaign is not None else ():
        if target.kpi == kpi and (rank := _fits(target, unit)) is not None:
            ranked.setdefault(rank, []).append(target)
    return sorted(ranked[min(ranked)], key=lambda target: target.due) if ranked else []


def _fits(target: Target, unit: Unit) -> int | None:
    """0 by unit, 1 by kind, 2 by level, 3 for everyone; None when the target is for others."""
    if target.unit:
        return 0 if unit.code in target.unit else None
    if target.kind:
        fits = unit.kind in target.kind and (not target.level or unit.level in target.level)
        return 1 if fits else None
    if target.level:
        return 2 if unit.level in target.level else None
    return 3
