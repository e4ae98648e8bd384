"""A figure of several units through a campaign, as arrays: what pace, ceiling, forecast and comparison are computed from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from data.calendar import WorkCalendar
from data.clock import day_number, day_of
from data.errors import CallFault
from data.home import Campaign, Home, Target
from data.store import Store
from kpi.catalog.figure import Figure
from kpi.engine import Answer, Cells, Totals
from kpi.pace import last_whole_day, quotient
from kpi.query import Query
from kpi.targets import target_of

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Course:
    """Sums of one figure at the end of each day, from the day before the campaign on; the last column is at T.

    ``numerator`` and ``denominator``: units × days, NaN = unknown; ``denominator`` None for counts. ``targets``: of each
    unit on the last day. ``last_whole``: the last day that counts as a whole working day.
    """

    figure: Figure
    units: tuple[str, ...]
    names: tuple[str, ...]
    levels: tuple[str, ...]
    days: tuple[date, ...]
    numerator: Array
    denominator: Array | None
    targets: tuple[Target | None, ...]
    last_whole: date

    @cached_property
    def value(self) -> Array:
        return quotient(self.figure, self.numerator, self.denominator)

    @property
    def today(self) -> date:
        return self.days[-1]

    def upto(self, day: date) -> Course:
        """The same course as it stood at the end of an earlier day (targets as of the last one)."""
        count = (day - self.days[0]).days + 1
        down = None if self.denominator is None else self.denominator[:, :count]
        return replace(
            self, days=self.days[:count], numerator=self.numerator[:, :count], denominator=down, last_whole=day
        )

    def only(self, rows: Sequence[int]) -> Course:
        """Some of its units."""
        down = None if self.denominator is None else self.denominator[list(rows)]

        def chosen(values: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(values[row] for row in rows)

        return replace(
            self,
            units=chosen(self.units),
            names=chosen(self.names),
            levels=chosen(self.levels),
            numerator=self.numerator[list(rows)],
            denominator=down,
            targets=tuple(self.targets[row] for row in rows),
        )

    def by_due(self) -> dict[date, list[int]]:
        """Rows of the units with a target, by the day on which it is due."""
        found: dict[date, list[int]] = {}
        for row, target in enumerate(self.targets):
            if target is not None:
                found.setdefault(target.due, []).append(row)
        return found

    def wanted(self) -> Array:
        """Target values by unit; NaN without one."""
        return np.array([np.nan if target is None else target.value for target in self.targets])

    def ends(self, calendar: WorkCalendar, count: int) -> list[int]:
        """Columns of the ends of the last ``count`` working days."""
        found = [n for n, day in enumerate(self.days) if day <= self.last_whole and calendar.is_working(day)]
        return found[-count:]


def course(
    store: Store,
    home: Home,
    campaign: Campaign,
    kpi: str,
    *,
    by: str | None = None,
    unit: str | None = None,
    as_of: int | None = None,
    known_at: int | None = None,
) -> Course:
    """The course of a figure to T, of a unit (None: the root) or of every unit of a level below it.

    Raises CallFault for what is unknown, for manual series and ranks, and for a T before the campaign.
    """
    with store.read() as connection:
        eve = day_number(campaign.start) - 1
        answer = Answer(
            connection, store, home, Query(campaign, (kpi,), as_of, known_at, by=by, unit=unit), history_from=eve
        )
        (declared,) = answer.figures
        if declared.reads == "series":
            raise CallFault(f"«{kpi}» là số nhập tay: không tính được nhịp độ và dự báo.")
        if not answer.begun:
            raise CallFault(f"Chiến dịch «{campaign.key}» bắt đầu ngày {campaign.start:%d/%m/%Y}: chưa có gì để tính.")
        groups = answer.groups()
        targets = tuple(target_of(campaign, kpi, answer.tree[group.unit], answer.day) for group in groups)
        members = [
            replace(group, members=frozenset({group.unit})) if target is not None and target.scope == "own" else group
            for group, target in zip(groups, targets, strict=True)
        ]
        up, down = answer.sums(declared, Totals(members, answer.places))
        shape = len(groups), len(answer.days)
        units = [answer.tree[group.unit] for group in groups]
        return Course(
            figure=declared,
            units=tuple(one.code for one in units),
            names=tuple(one.name for one in units),
            levels=tuple(one.level for one in units),
            days=tuple(map(day_of, answer.days)),
            numerator=_array(up, shape),
            denominator=_array(down, shape) if declared.divides else None,
            targets=targets,
            last_whole=last_whole_day(home, campaign, answer.span.as_of),
        )


def _array(cells: Cells | None, shape: tuple[int, int]) -> Array:
    return np.full(shape, np.nan) if cells is None else np.array(cells, float).reshape(shape)
