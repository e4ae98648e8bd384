"""Sums of a measure's events by unit and day, exact to the moment.

Whole days come from the rollup and do not depend on T: read once, they serve every moment of a campaign. The day that T
cuts (17:00, the backlog's 00:00) comes from that day's own events. As known at an earlier import, or under a filter,
both are counted from the dossier versions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain
from typing import Any, cast
from zoneinfo import ZoneInfo

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from data import measures, spans
from data.clock import day_end, day_number, day_start, local_day
from data.home import Home
from data.measures import Event, Measure, events_of
from data.rollup import believed
from data.schema import NO_COHORT, REPLACED, STILL_BELIEVED, dossiers, imports, rollup, services
from data.schema import measures as kept
from kpi.catalog.figure import Span as Spanning
from kpi.catalog.figure import Term
from kpi.filters import Condition, on_dossiers
from kpi.memory import Recall
from kpi.query import Query, Span

Matrix = NDArray[np.int64]
"""Unit × day."""

NOW = STILL_BELIEVED - 1
"""The import after which everything believed today is known."""
DAYS_AFTER = 31
"""How far behind a window's end whole days are read at once, for moments that lie there."""


@dataclass(frozen=True)
class Bounds:
    """Which events count at T: their day and moment, and those of their cohort. ``None`` = no bound."""

    until: int
    first_day: int | None = None
    after: int | None = None
    cohort_until: int = 2**62
    cohort_first_day: int | None = None


@dataclass(frozen=True)
class Shape:
    """Which events count whatever T is, by day. ``None`` = no bound.

    ``left``: a moment; those that left after it of what was there at it.
    """

    first: int | None = None
    last: int | None = None
    cohort_first: int | None = None
    cohort_last: int | None = None
    left: int | None = None


@dataclass(frozen=True)
class Axis:
    """The days of a matrix: ``base`` also stands for everything before it."""

    base: int
    through: int

    def __len__(self) -> int:
        return self.through - self.base + 1


class Counter:
    """Counts for one query. ``unit_ids``: the units of the matrices' rows, by their number in the store."""

    def __init__(
        self,
        connection: sa.Connection,
        home: Home,
        query: Query,
        span: Span,
        conditions: tuple[Condition, ...],
        unit_ids: Sequence[int],
        recall: Recall,
    ) -> None:
        self.connection, self.home, self.rules, self.span = connection, home, query.rules, span
        self.conditions, self.recall = conditions, recall
        start = span.first if query.campaign is None else day_number(query.campaign.start)
        self.backlog_at = None if start is None else day_start(start, home.zone)
        self.day = local_day(span.as_of, home.zone)
        begun = start is not None and start <= self.day
        end = span.last if query.campaign is None else day_number(query.campaign.last_day)
        self.axis = Axis(min(self.day, start if begun and start is not None else self.day) - 1, _through(self.day, end))
        self._place = np.zeros(max(unit_ids, default=0) + 1, np.int64)
        self._place[list(unit_ids)] = range(len(unit_ids))
        self._height = len(unit_ids)
        self._source = span.known_import, conditions
        self._now = span.known_import == NOW
        self._kept: dict[str, tuple[int, str]] | None = None

    def measure(self, name: str) -> Measure:
        return measures.build(name, self.rules, self.home.file.e_certification)

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

    # Running sums -------------------------------------------------------------------------------------------------------

    def prepare(self, terms: Iterable[Term]) -> None:
        """Read what the terms need and is not remembered yet, in as few passes over the dossiers as possible."""
        whole: dict[Shape, dict[Measure, None]] = {}
        cut: dict[int, dict[Measure, None]] = {}
        for term in terms:
            if (bounds := self.bounds(term)) is None:
                continue
            measure, shape = self.measure(term.measure), self._shape(term)
            whole.setdefault(shape, {})[measure] = None
            moment = bounds.until if term.span is Spanning.BACKLOG else self.span.as_of
            if shape.left is None and self._cuts(moment):
                cut.setdefault(moment, {})[measure] = None
        for shape, measures_ in whole.items():
            self._read([m for m in measures_ if self.recall.get(self._frame_key(m, shape)) is None], shape)
        for moment, measures_ in cut.items():
            self._count_cut([m for m in measures_ if self.recall.get(self._cut_key(m, moment)) is None], moment)

    def running(self, term: Term) -> Matrix:
        """Sums of a term (without its sign) at the end of each day from the axis' base to T's day, there at T."""
        bounds, columns = self.bounds(term), self.day - self.axis.base + 1
        if bounds is None:
            return np.zeros((self._height, columns), np.int64)
        measure, shape, as_of = self.measure(term.measure), self._shape(term), self.span.as_of
        frame: Matrix | None = self.recall.get(self._frame_key(measure, shape))
        if frame is None:
            frame = self._read([measure], shape)[measure]
        steps: Matrix = frame[:, :columns].copy()
        if term.span is Spanning.BACKLOG:
            # All that had turned up before the start, and what its first instant brought.
            steps[:, 1:] = 0
            steps[:, 1] = self._cut(measure, Shape(), bounds.until)
        elif self._cuts(as_of):
            steps[:, -1] = self._cut(measure, shape, as_of)
        return np.cumsum(steps, axis=1, out=steps)

    def _shape(self, term: Term) -> Shape:
        span = self.span
        match term.span:
            case Spanning.UP_TO_NOW | Spanning.BACKLOG:
                return Shape()
            case Spanning.SINCE_RECORD_START:
                start = self.home.file.record_start
                return Shape(None if start is None else day_number(start))
            case Spanning.BACKLOG_LEFT:
                return Shape(left=self.backlog_at)
            case _:
                if ("period", "accept") in self.measure(term.measure).parts:
                    return Shape(span.first, span.last, span.first, span.last)
                return Shape(span.first, span.last)

    def _cuts(self, moment: int) -> bool:
        """Whether a moment lies inside its day rather than at its end."""
        return day_end(local_day(moment, self.home.zone), self.home.zone) != moment

    # Whole days ---------------------------------------------------------------------------------------------------------

    def _frame_key(self, measure: Measure, shape: Shape) -> tuple[Any, ...]:
        return "days", measure.key, measure.definition, self._number(measure), self._source, shape, self.axis

    def _read(self, chosen: Sequence[Measure], shape: Shape) -> dict[Measure, Matrix]:
        """Whole days of measures, remembered: from the rollup, taken back to what was known, or from the versions."""
        frames = {measure: np.zeros((self._height, len(self.axis)), np.int64) for measure in chosen}
        numbers = {measure: self._number(measure) for measure in chosen}
        apart = {measure: frame for measure, frame in frames.items() if numbers[measure] is None}
        if apart:
            self._count_days(apart, shape, self._which())
        kept_ones = {measure: frame for measure, frame in frames.items() if measure not in apart}
        for cohorts in (False, True):
            some = {n: frames[m] for m, n in numbers.items() if n is not None and _follows_cohort(m) is cohorts}
            if some:
                self._kept_days(some, shape, cohorts=cohorts)
        if shape.left is not None:
            for measure, frame in kept_ones.items():
                unit, day, n = self._columns(self._left_on_start(measure, shape.left), 3)
                np.add.at(frame, (self._place[unit], day - self.axis.base), n)
        if kept_ones and not self._now:
            v, known = dossiers.c, self.span.known_import
            since = sa.and_(v.from_import > known, spans.since(known + 1), v.to_import == STILL_BELIEVED)
            self._count_days(kept_ones, shape, since, -1, few=True)
            replaced = sa.and_(v.to_import > known, sa.text(REPLACED), v.from_import <= known)
            self._count_days(kept_ones, shape, replaced, few=True)
        for measure, frame in frames.items():
            self.recall.put(self._frame_key(measure, shape), frame)
        return frames

    def _number(self, measure: Measure) -> int | None:
        """The measure's number in the rollup; None when the rollup does not help: another definition, a filter, long ago."""
        if self.conditions or not (self._now or self._recent):
            return None
        if measure.reads_catalogue and not self._now and self._catalogue_changed:
            return None
        if self._kept is None:
            rows = self.connection.execute(sa.select(kept.c.key, kept.c.id, kept.c.definition))
            self._kept = {key: (number, definition) for key, number, definition in rows}
        number, definition = self._kept.get(measure.key, (None, ""))
        return number if definition == measure.definition else None

    @cached_property
    def _recent(self) -> bool:
        """Whether less has become known since than was known then."""
        n, known = imports.c.new + imports.c.changed, self.span.known_import
        wanted = sa.select(sa.func.sum(n).filter(imports.c.id > known), sa.func.sum(n).filter(imports.c.id <= known))
        since, before = self.connection.execute(wanted).one()
        return (since or 0) < (before or 0)

    @cached_property
    def _catalogue_changed(self) -> bool:
        """Whether services are known differently now."""
        c, known = services.c, self.span.known_import
        since = sa.or_(c.from_import > known, sa.and_(c.to_import > known, c.to_import < STILL_BELIEVED))
        return self.connection.execute(sa.select(c.id).where(since).limit(1)).first() is not None

    def _kept_days(self, frames: dict[int, Matrix], shape: Shape, *, cohorts: bool) -> None:
        """Add whole days from the rollup, by the measures' numbers in it. ``cohorts``: their events have such."""
        r, axis = rollup.c, self.axis
        chosen = [r.measure_id.in_(frames), r.event_day <= min(axis.through, _or(shape.last, axis.through))]
        if shape.first is not None:
            chosen.append(r.event_day >= shape.first)
        if cohorts:
            chosen.append(r.cohort_day <= min(axis.through, _or(shape.cohort_last, axis.through)))
            if shape.cohort_first is not None:
                chosen.append(r.cohort_day >= shape.cohort_first)
            if shape.left is not None:
                start = local_day(shape.left, self.home.zone)
                chosen += [r.event_day > start, r.cohort_day < start]
            place = r.measure_id, r.unit_id, self._shown(r.event_day, r.cohort_day)
            statements = [sa.select(*place, _total(r.n)).where(*chosen).group_by(*place)]
        else:
            # Read in the order of the key; the past before the base in one.
            past = sa.select(r.measure_id, r.unit_id, sa.literal(axis.base), _total(r.n))
            statements = [
                past.where(*chosen, r.event_day <= axis.base).group_by(r.measure_id, r.unit_id),
                sa.select(r.measure_id, r.unit_id, r.event_day, r.n).where(*chosen, r.event_day > axis.base),
            ]
            if shape.first is not None and shape.first > axis.base:
                del statements[0]
        for statement in statements:
            number, unit, day, n = self._columns(statement, 4)
            for one, frame in frames.items():
                mine = number == one
                np.add.at(frame, (self._place[unit[mine]], day[mine] - axis.base), n[mine])

    def _left_on_start(self, measure: Measure, at: int) -> sa.Select[Any]:
        """Of the backlog at a moment, what left on that day after it, and what came into it on that day, exactly."""
        day, through = local_day(at, self.home.zone), day_end(self.axis.through, self.home.zone)
        bounds = Bounds(through, after=at, cohort_until=at)
        e = self._near(measure, believed(), day, bounds)
        shown = self._shown(e.event_day, e.cohort_day)
        touching = sa.or_(e.event_day == day, e.cohort_day == day)
        return sa.select(e.unit_id, shown, _total(e.n)).where(touching).group_by(e.unit_id, shown)

    def _near(self, measure: Measure, which: sa.ColumnElement[bool], day: int, bounds: Bounds) -> Any:
        """Columns of a measure's events inside the bounds, of dossier versions that touch a day."""
        events = events_of(measure, sa.and_(which, _touches(day))).subquery()
        return within(events, bounds, self.home.zone).subquery().c

    def _count_days(
        self,
        frames: dict[Measure, Matrix],
        shape: Shape,
        which: sa.ColumnElement[bool],
        sign: int = 1,
        few: bool = False,
    ) -> None:
        """Add whole days of measures from dossier versions, in one pass for all that share their days.

        ``few``: the versions are to be found by what says which they are, not by their days, which would be slower.
        """
        through = self.axis.through
        for one in _passes(tuple(frames)):
            day, cohort_day = one.sample.day, one.sample.cohort_day
            where = [which, day <= min(through, _or(shape.last, through))]
            where.append(cohort_day <= min(through, _or(shape.cohort_last, through)))
            if shape.first is not None:
                where.append(day >= shape.first)
                if not few:
                    where.append(spans.near(shape.first, min(through, _or(shape.last, through))))
            if shape.cohort_first is not None:
                where.append(cohort_day >= shape.cohort_first)
            if shape.left is not None:
                start, at = local_day(shape.left, self.home.zone), one.sample.at
                where += [cohort_day <= start, one.sample.cohort_at <= shape.left]
                where.append(sa.or_(day > start, sa.and_(day == start, at > shape.left)))
            e = one.events(where).subquery().c
            shown = self._shown(e.event_day, e.cohort_day)
            sums = [_total(e[name]) for name in one.names]
            statement = sa.select(e.unit_id, shown, *sums).group_by(e.unit_id, shown)
            unit, days, *counts = self._columns(statement, 2 + len(sums))
            for (measure, _), n in zip(one.counts, counts, strict=True):
                np.add.at(frames[measure], (self._place[unit], days - self.axis.base), sign * n)

    def _shown(self, event_day: sa.ColumnElement[Any], cohort_day: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        """The day from which an event shows, the past before the base in one."""
        later = sa.case((event_day >= cohort_day, event_day), else_=cohort_day)
        return sa.case((later < self.axis.base, sa.literal(self.axis.base)), else_=later).label("day")

    # The day that a moment cuts -----------------------------------------------------------------------------------------

    def _cut_key(self, measure: Measure, moment: int) -> tuple[Any, ...]:
        return "cut", measure.key, measure.definition, self._source, moment

    def _cut(self, measure: Measure, shape: Shape, moment: int) -> Matrix:
        """By unit, what shows on a moment's day up to that moment."""
        if shape.left is not None:
            return self.recall.of(
                ("left", shape, *self._cut_key(measure, moment)), lambda: self._left_at(measure, shape)
            )
        rows: Matrix | None = self.recall.get(self._cut_key(measure, moment))
        if rows is None:
            rows = self._count_cut([measure], moment)[measure]
        unit, day, cohort_day, n = rows
        inside = np.ones(len(n), bool)
        for bound, days, sign in (
            (shape.first, day, 1),
            (shape.last, day, -1),
            (shape.cohort_first, cohort_day, 1),
            (shape.cohort_last, cohort_day, -1),
        ):
            if bound is not None:
                inside &= sign * days >= sign * bound
        found = np.zeros(self._height, np.int64)
        np.add.at(found, unit[inside], n[inside])
        return found

    def _left_at(self, measure: Measure, shape: Shape) -> Matrix:
        bounds = Bounds(self.span.as_of, after=shape.left, cohort_until=shape.left or 0)
        e = self._near(measure, self._which(), self.day, bounds)
        wanted = sa.select(e.unit_id, sa.literal(0), _total(e.n)).where(e.event_day == self.day).group_by(e.unit_id)
        found = np.zeros((self._height, 1), np.int64)
        unit, _, n = self._columns(wanted, 3)
        found[self._place[unit], 0] = n
        return found[:, 0]

    def _count_cut(self, chosen: Sequence[Measure], moment: int) -> dict[Measure, Matrix]:
        """For each measure, remembered: unit row, event day, cohort day, count of what shows on the day up to the moment."""
        day = local_day(moment, self.home.zone)
        parts: dict[Measure, list[Matrix]] = {measure: [] for measure in chosen}
        for one in _passes(tuple(chosen)):
            s = one.sample
            where = [self._which(), _touches(day), s.day <= day, s.at <= moment]
            if _has_cohort(s):
                where += [s.cohort_day <= day, s.cohort_at <= moment, sa.or_(s.day == day, s.cohort_day == day)]
            else:
                where.append(s.day == day)
            e = one.events(where).subquery().c
            sums = [_total(e[name]) for name in one.names]
            place = (e.unit_id, e.event_day, e.cohort_day)
            columns = self._columns(sa.select(*place, *sums).group_by(*place), 3 + len(sums))
            columns[0] = self._place[columns[0]]
            for (measure, _), n in zip(one.counts, columns[3:], strict=True):
                parts[measure].append(np.vstack([columns[:3], n])[:, n != 0])
        return {
            measure: self.recall.put(self._cut_key(measure, moment), np.concatenate(found, axis=1))
            for measure, found in parts.items()
        }

    # Reading ------------------------------------------------------------------------------------------------------------

    def _which(self) -> sa.ColumnElement[bool]:
        known, conditions = self._source
        return sa.and_(believed(known), on_dossiers(conditions))

    def _columns(self, statement: sa.Select[Any], width: int) -> Matrix:
        """A statement's columns, all whole numbers, as the rows of one array."""
        result = self.connection.execute(statement, {"known_import": self.span.known_import})
        # The driver's own tuples: making rows of them costs more than all the rest.
        rows = cast(Any, result.cursor).fetchall()
        result.close()
        return np.fromiter(chain.from_iterable(rows), np.int64, len(rows) * width).reshape(-1, width).T.copy()


def _or(bound: int | None, otherwise: int) -> int:
    return otherwise if bound is None else bound


def _through(day: int, end: int | None) -> int:
    """The last day to read at once for a moment of ``day`` in a window that ends at ``end``."""
    if end is None or day > end + DAYS_AFTER:
        return day
    return end if day <= end else end + DAYS_AFTER


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


# One pass for many measures ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Pass:
    """Events of several measures that share their days and moments. ``sample``: any of them."""

    sample: Event
    counts: tuple[tuple[Measure, Event], ...]

    @property
    def names(self) -> list[str]:
        return [f"n{i}" for i in range(len(self.counts))]

    def events(self, where: Sequence[sa.ColumnElement[bool]]) -> sa.Select[Any]:
        """Columns: unit_id, event_day, cohort_day and one count for each event, by dossier version."""
        s, (_, first) = self.sample, self.counts[0]
        if len(self.counts) == 1:
            counts, where = [first.n.label(self.names[0])], [*where, first.where]
        else:
            nothing: sa.ColumnElement[int] = sa.literal_column("0")
            counts = [
                sa.case((event.where, event.n), else_=nothing).label(name)
                for name, (_, event) in zip(self.names, self.counts, strict=True)
            ]
        place = s.day.label("event_day"), s.cohort_day.label("cohort_day")
        return sa.select(dossiers.c.unit_id, *place, *counts).where(*where)


@lru_cache(maxsize=256)
def _passes(chosen: tuple[Measure, ...]) -> tuple[Pass, ...]:
    together: dict[tuple[str, ...], list[tuple[Measure, Event]]] = {}
    for measure in chosen:
        for event in measure.events:
            words = tuple(map(_words, (event.day, event.at, event.cohort_day, event.cohort_at)))
            together.setdefault(words, []).append((measure, event))
    return tuple(Pass(counts[0][1], tuple(counts)) for counts in together.values())


def _has_cohort(event: Event) -> bool:
    return _words(event.cohort_day) != str(NO_COHORT)


@lru_cache(maxsize=256)
def _follows_cohort(measure: Measure) -> bool:
    return any(map(_has_cohort, measure.events))


def _words(expression: sa.ColumnElement[Any]) -> str:
    return str(expression.compile(compile_kwargs={"literal_binds": True}))


def _total(n: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
    return sa.cast(sa.func.sum(n), sa.BigInteger)


def _touches(day: int) -> sa.ColumnElement[bool]:
    """Dossier versions that can have an event or a cohort on a day."""
    v = dossiers.c
    due = v.due_day.in_((day - 1, day))
    return sa.and_(
        spans.near(day, day), sa.or_(v.accepted_day == day, v.finished_day == day, v.returned_day == day, due)
    )
