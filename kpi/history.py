"""A figure day by day through a campaign."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from data.clock import day_number, day_of
from data.home import Campaign, Home
from data.store import Store
from kpi.catalog import figure
from kpi.engine import Answer, Group, value_of
from kpi.query import Query

if TYPE_CHECKING:
    import pandas as pd


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

    start = day_number(campaign.start)
    with store.read() as connection:
        answer = Answer(connection, store, home, Query(campaign, (kpi,), as_of, known_at), history_from=start)
        declared = figure(kpi)
        rows = []
        for unit in units or [answer.tree.root]:
            group = Group(unit, frozenset(answer.tree.below(answer.tree[unit].code)))
            for day, (numerator, denominator) in answer.sums(declared, group).items():
                if day >= start:
                    rows.append((unit, day_of(day), numerator, denominator, value_of(declared, numerator, denominator)))
    return pd.DataFrame(rows, columns=["unit", "day", "numerator", "denominator", "value"])
