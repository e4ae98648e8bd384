"""Which shown figures a change would move: tried on a store that forgets it again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from data.errors import DataFault
from data.home import Campaign, Home
from data.store import Store
from kpi.engine import figures
from kpi.model import Row
from kpi.query import Query

LEVELS = (None, "department", "district")
"""Whose figures stand on pages."""


@dataclass(frozen=True, slots=True)
class Change:
    """One figure of one unit before and after; None where there was or would be no row."""

    campaign: str
    kpi: str
    unit: str
    name: str
    before: Row | None
    after: Row | None


def preview(store: Store, home: Home, apply: Callable[[Store], object]) -> list[Change]:
    """What ``apply`` would change of the figures shown now (each campaign at its own latest moment). Nothing is kept.

    Errors of ``apply`` come through.
    """
    before = {campaign.key: shown(store, home, campaign) for campaign in home.campaigns.values()}
    with store.rehearse() as tried:
        apply(tried)
        after = {campaign.key: shown(tried, home, campaign) for campaign in home.campaigns.values()}
    return [change for key in before for change in differences(key, before[key], after[key])]


def shown(store: Store, home: Home, campaign: Campaign) -> list[Row]:
    """Every figure of the province, the departments and the districts; none without data."""
    found: list[Row] = []
    for level in LEVELS:
        try:
            found += figures(store, home, Query(campaign, by=level))
        except DataFault:
            return []
    return found


def differences(campaign: str, before: list[Row], after: list[Row]) -> list[Change]:
    """Rows that say something else, in the order of ``before``."""
    was, is_now = ({(row.kpi, row.unit, row.scheme): row for row in rows} for rows in (before, after))
    found = []
    for place in dict.fromkeys([*was, *is_now]):
        old, new = was.get(place), is_now.get(place)
        if said(old) != said(new):
            row = old or new
            assert row is not None
            found.append(Change(campaign, row.kpi, row.unit, row.name, old, new))
    return found


def said(row: Row | None) -> tuple[object, ...]:
    """What a reader of the figure sees."""
    return () if row is None else (row.numerator, row.denominator, row.value, row.target, str(row.status))
