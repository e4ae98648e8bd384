"""Sums of a measure's events by unit and day, exact to the moment.

Whole days come from the rollup; days that a moment cuts (17:00, the backlog's 00:00) come from that day's own events.
As known at an earlier import, or under a filter, everything is counted from the dossier versions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from data import measures
from data.clock import day_end, day_number, day_start, local_day
from data.home import Home
from data.measures import Measure, events_of
from data.rollup import believed
from data.schema import STILL_BELIEVED, dossiers, rollup
from data.schema import measures as kept
from kpi.catalog.figure import Span as Spanning
from kpi.catalog.figure import Term
from kpi.filters import Condition, on_dossiers
from kpi.query import Query, Span

Daily = dict[int, dict[int, int]]
"""unit id → day → count."""


@dataclass(frozen=True)
class Bounds:
    """Which events count: their day and moment, and those of their cohort. ``None`` = no bound."""

    until: int
    first_day: int | None = None
    after: int | None = None
    cohort_until: int = 2**62
    cohort_first_day: int | None = None


class Counter:
    """Counts for one query. ``history_from``: days before it are summed into one."""

    def __init__(
        self,
        connection: sa.Connection,
        home: Home,
        query: Query,
        span: Span,
        conditions: tuple[Condition, ...],
        history_from: int,
    ) -> None:
        self.connection, self.home, self.rules, self.span = connection, home, query.rules, span
        self.conditions, self.history_from = conditions, history_from
        start = span.first if query.campaign is None else day_number(query.campaign.start)
        self.backlog_at = None if start is None else day_start(start, home.zone)
        self._done: dict[tuple[Term, bool], Daily] = {}
        self._kept: dict[str, tuple[int, str]] | None = None
        self._history = True

    def measure(self, name: str) -> Measure:
        return measures.build(name, self.rules, self.home.file.e_certification)

    def daily(self, term: Term, *, history: bool = True) -> Daily:
        """Counts of a term (without its sign) by unit and the day from which they show.

        Without ``history`` one count per unit, on the day before the history begins: all a value at T needs.
        """
        key = Term(term.measure, term.span), history
        if key not in self._done:
            self._history = history
            measure, bounds = self.measure(term.measure), self.bounds(term)
            self._done[key] = {} if bounds is None else self._count(measure, bounds)
        return self._done[key]

    def bounds(self, term: Term) -> Bounds | None:
        """None: the term's time has not come (a backlog before the campaign's start)."""
        span, as_of = self.span, self.span.as_of
        match term.span:
            case Spanning.UP_TO_NOW:
                return Bounds(as_of, cohort_until=as_of)
            case Spanning.SINCE_RECORD_START:
                start = self.home.file.record_start
                return Bounds(as_of, None if start is None else day_number(start), cohort_until=as_of)
            case Spanning.BACKLOG | Spanning.BACKLOG_LEFT:
                at = self.backlog_at
                if at is None or at > as_of:
                    return None
                return (
                    Bounds(at, cohort_until=at)
                    if term.span is Spanning.BACKLOG
                    else Bounds(as_of, after=at, cohort_until=at)
                )
            case _:
                if ("period", "accept") in self.measure(term.measure).parts:
                    return Bounds(span.until, span.first, cohort_until=span.until, cohort_first_day=span.first)
                return Bounds(span.until, span.first, cohort_until=as_of)

    def _count(self, measure: Measure, bounds: Bounds) -> Daily:
        found: Daily = {}
        number = self._number(measure)
        if number is None or self.conditions or self.span.known_import != STILL_BELIEVED - 1:
            which = sa.and_(believed(self.span.known_import), on_dossiers(self.conditions))
            self._gather(found, self._exact(measure, bounds, which))
        else:
            self._gather(found, self._whole_days(number, bounds))
            cut = self._cut_days(bounds)
            if cut:
                self._gather(found, self._exact(measure, bounds, sa.and_(believed(), _touches(cut)), cut))
        return found

    def _number(self, measure: Measure) -> int | None:
        """The measure's number in the rollup; None when it is not kept there in its present definition."""
        if self._kept is None:
            rows = self.connection.execute(sa.select(kept.c.key, kept.c.id, kept.c.definition))
            self._kept = {key: (number, definition) for key, number, definition in rows}
        number, definition = self._kept.get(measure.key, (None, ""))
        return number if definition == measure.definition else None

    def _gather(self, found: Daily, statement: sa.Select[Any]) -> None:
        rows = self.connection.execute(statement, {"known_import": self.span.known_import})
        for unit, day, n in rows:
            days = found.setdefault(unit, {})
            days[day] = days.get(day, 0) + n

    def _shown(self, event_day: sa.ColumnElement[Any], cohort_day: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        """The day from which an event shows, the past before the history in one."""
        if not self._history:
            return sa.literal_column(str(self.history_from - 1)).label("day")
        later = sa.case((event_day >= cohort_day, event_day), else_=cohort_day)
        return sa.case((later < self.history_from, sa.literal(self.history_from - 1)), else_=later).label("day")

    def _whole_days(self, number: int, bounds: Bounds) -> sa.Select[Any]:
        r = rollup.c
        chosen = [r.measure_id == number, r.event_day <= self._last_whole(bounds.until)]
        if bounds.first_day is not None:
            chosen.append(r.event_day >= bounds.first_day)
        if bounds.after is not None:
            chosen.append(r.event_day > local_day(bounds.after, self.home.zone))
        if bounds.cohort_until < 2**61:
            chosen.append(r.cohort_day <= self._last_whole(bounds.cohort_until))
        if bounds.cohort_first_day is not None:
            chosen.append(r.cohort_day >= bounds.cohort_first_day)
        day = self._shown(r.event_day, r.cohort_day)
        return (
            sa.select(r.unit_id, day, sa.func.sum(r.n))
            .where(*chosen)
            .group_by(r.unit_id, *([day] if self._history else []))
        )

    def _exact(
        self, measure: Measure, bounds: Bounds, which: sa.ColumnElement[bool], cut: frozenset[int] | None = None
    ) -> sa.Select[Any]:
        """Events by their moments; with ``cut`` only those of whose days the rollup does not speak."""
        e = within(events_of(measure, which).subquery(), bounds, self.home.zone)
        if cut is not None:
            e = e.where(sa.or_(e.selected_columns.event_day.in_(cut), e.selected_columns.cohort_day.in_(cut)))
        c = e.subquery().c
        day = self._shown(c.event_day, c.cohort_day)
        return sa.select(c.unit_id, day, sa.func.sum(c.n)).group_by(c.unit_id, *([day] if self._history else []))

    def _last_whole(self, moment: int) -> int:
        """The last day that lies wholly before or at a moment."""
        day = local_day(moment, self.home.zone)
        return day if day_end(day, self.home.zone) == moment else day - 1

    def _cut_days(self, bounds: Bounds) -> frozenset[int]:
        moments = [bounds.until, *([bounds.cohort_until] if bounds.cohort_until < 2**61 else [])]
        days = {
            self._last_whole(moment) + 1
            for moment in moments
            if day_end(local_day(moment, self.home.zone), self.home.zone) != moment
        }
        if bounds.after is not None:
            days.add(local_day(bounds.after, self.home.zone))
        return frozenset(days)


def within(events: sa.Subquery, bounds: Bounds, zone: ZoneInfo) -> sa.Select[Any]:
    """Events inside the bounds: by day, and inside the bounding days by moment."""
    c = events.c
    chosen = [c.event_day <= local_day(bounds.until, zone), c.event_at <= bounds.until]
    if bounds.cohort_until < 2**61:
        chosen += [c.cohort_day <= local_day(bounds.cohort_until, zone), c.cohort_at <= bounds.cohort_until]
    if bounds.first_day is not None:
        chosen.append(c.event_day >= bounds.first_day)
    if bounds.after is not None:
        day = local_day(bounds.after, zone)
        chosen.append(sa.or_(c.event_day > day, sa.and_(c.event_day == day, c.event_at > bounds.after)))
    if bounds.cohort_first_day is not None:
        chosen.append(c.cohort_day >= bounds.cohort_first_day)
    return sa.select(events).where(*chosen)


def _touches(days: frozenset[int]) -> sa.ColumnElement[bool]:
    """Dossier versions that can have an event or a cohort on one of the days; each arm has its index."""
    v = dossiers.c
    due = {day - 1 for day in days} | days
    return sa.or_(v.accepted_day.in_(days), v.finished_day.in_(days), v.returned_day.in_(days), v.due_day.in_(due))
