"""The countable events of a dossier, each ONE declaration: which dossiers, on which day, at which moment.

A measure turns a dossier version into dated events. Flows (accepted, finished …) count events in a window, stocks (open,
overdue) are the events up to a moment: +1 when a dossier enters, −1 when it leaves. Where a figure follows a cohort the
event also carries the cohort's day and moment. A rule variant is a measure of its own; its key names the variant.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from sqlalchemy import (
    BigInteger,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import FromClause, ScalarSelect

from data.clock import MICROSECONDS_PER_DAY
from data.home import Rules
from data.schema import CHANNELS, NO_COHORT, RETURN_MODES, STILL_BELIEVED, ancestors, dossiers, services, work_days

Expression = ColumnElement[Any]

NOT_ACCEPTED = (1, 3)
PAUSED = (5, 6, 8)
WITHDRAWN = 7
DONE = (9, 10)
DAY_BEGINS = -(2**62)
"""Moment of what happens as a day begins (a dossier turns overdue): before every moment of that day."""

v = dossiers.c


@dataclass(frozen=True)
class Event:
    """One dated +n or −n of a dossier version."""

    where: Expression
    day: Expression
    at: Expression
    n: Expression
    cohort_day: Expression
    cohort_at: Expression


@dataclass(frozen=True, eq=False)
class Measure:
    """A named set of events. ``parts``: the rules its events depend on, with their values."""

    name: str
    parts: tuple[tuple[str, str], ...]
    events: tuple[Event, ...]
    reads_catalogue: bool = False

    @cached_property
    def key(self) -> str:
        return ":".join([self.name, *(value for _, value in self.parts)])

    @cached_property
    def definition(self) -> str:
        """Fingerprint of the statement, so that a changed definition is counted anew."""
        statement = str(events_of(self, true()).compile(compile_kwargs={"literal_binds": True}))
        return hashlib.sha256(statement.encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class Lookup:
    """What a version is looked up for in another table.

    ``found``: the value as it stands in statements, one subquery per version; where ``beside`` is set, joining that table
    ``on`` its condition gives the same as ``value``.
    """

    name: str
    found: ScalarSelect[Any]
    beside: FromClause | None = None
    on: Expression | None = None
    value: Expression | None = None


def events_of(measure: Measure, which: Expression) -> Select[Any]:
    """The events of the dossier versions chosen by ``which``.

    Columns: id, unit_id, event_day, event_at, cohort_day, cohort_at, n.
    """
    arms = [
        select(
            v.id.label("id"),
            v.unit_id.label("unit_id"),
            event.day.label("event_day"),
            event.at.label("event_at"),
            event.cohort_day.label("cohort_day"),
            event.cohort_at.label("cohort_at"),
            event.n.label("n"),
        ).where(which, event.where)
        for event in measure.events
    ]
    if len(arms) == 1:
        return arms[0]
    together = arms[0].union_all(*arms[1:]).subquery()
    return select(together)


# What the columns say -------------------------------------------------------------------------------------------------


def _accepted() -> Expression:
    return or_(v.status.is_(None), v.status.not_in(NOT_ACCEPTED))


def _ends(rules: Rules) -> tuple[str, ...]:
    return ("finished", "returned") if rules.end == "finished" else ("returned", "finished")


def _end(rules: Rules, suffix: str) -> Expression:
    return _first(_ends(rules), suffix)


def _first(names: tuple[str, ...], suffix: str) -> Expression:
    columns = [v[f"{name}_{suffix}"] for name in names]
    return func.coalesce(*columns) if len(columns) > 1 else columns[0]


def _ended(rules: Rules) -> Expression:
    """Finished or withdrawn, whenever that was. The status decides; without one, the end moment."""
    by_status = and_(v.status.is_not(None), v.status.in_((WITHDRAWN, *DONE)))
    return or_(by_status, and_(v.status.is_(None), _end(rules, "at").is_not(None)))


def _finished(rules: Rules) -> Expression:
    by_status = v.status.in_((WITHDRAWN, *DONE) if rules.withdrawn == "done" else DONE)
    return and_(_accepted(), or_(by_status, v.status.is_(None)), _end(rules, "at").is_not(None))


def _later(first: Expression, second: Expression) -> Expression:
    return case((first >= second, first), else_=second)


def _stays_open(rules: Rules) -> Expression:
    """Open for at least a moment: a dossier ended by status at an unknown moment never was, as far as we know."""
    return and_(
        _accepted(), or_(~_ended(rules), and_(_end(rules, "at").is_not(None), _end(rules, "at") > v.accepted_at))
    )


def _leaves(rules: Rules) -> Expression:
    return and_(_ended(rules), _end(rules, "at").is_not(None))


def _overdue_day(rules: Rules) -> Expression:
    """The day on which it turned overdue: after its due date, or on acceptance if it came in late."""
    if rules.late_by == "day":
        return case((v.accepted_day > v.due_day, v.accepted_day), else_=v.due_day + 1)
    return case((v.accepted_at > v.due_at, v.accepted_day), else_=v.past_due_day)


def _overdue_at(rules: Rules) -> Expression:
    if rules.late_by == "day":
        return case((v.accepted_day > v.due_day, v.accepted_at), else_=_moment(DAY_BEGINS))
    return case((v.accepted_at > v.due_at, v.accepted_at), else_=v.due_at + 1)


def _turns_overdue(rules: Rules) -> Expression:
    """Accepted, with a due date, and still open when that has passed."""
    late_end = _end(rules, "day") > v.due_day if rules.late_by == "day" else _end(rules, "at") > v.due_at
    open_then = or_(~_ended(rules), and_(late_end, _end(rules, "at") > v.accepted_at))
    return and_(_accepted(), v.due_at.is_not(None), runs(rules), open_then)


def _in_time(rules: Rules) -> Expression:
    in_time = _end(rules, "day") <= v.due_day if rules.late_by == "day" else _end(rules, "at") <= v.due_at
    return or_(v.due_at.is_(None), in_time) if rules.no_due_date == "on_time" else and_(v.due_at.is_not(None), in_time)


def _has_due(rules: Rules) -> Expression:
    return true() if rules.no_due_date == "on_time" else v.due_at.is_not(None)


def _moment(value: int) -> Expression:
    return cast(literal(value), BigInteger)


def is_open(rules: Rules, at: int) -> Expression:
    """Open at a moment: what the measure ``open`` adds up to for one dossier."""
    return and_(_stays_open(rules), v.accepted_at <= at, or_(~_leaves(rules), _end(rules, "at") > at))


def past_due(rules: Rules, day: int, at: int) -> Expression:
    """Its due date has passed at a moment of a day while its clock ran, whether or not it was still open."""
    turned = and_(_overdue_day(rules) <= day, _overdue_at(rules) <= at)
    return and_(v.due_at.is_not(None), runs(rules), turned)


def is_overdue(rules: Rules, day: int, at: int) -> Expression:
    """Open and overdue at a moment of a day: ``turned_overdue`` less ``no_longer_overdue`` for one dossier."""
    return and_(is_open(rules, at), past_due(rules, day, at))


def life(rules: Rules) -> dict[str, Expression]:
    """What a dossier comes to, in columns that no moment changes: what ``is_open`` and its like are made of.

    ``stays_open``: open for at least a moment from ``accepted_at`` on, up to ``end_at`` where it ``leaves``;
    ``turns_overdue`` on ``overdue_day`` at ``overdue_at`` if it is open then; ``finished`` and ``in_time`` once it has ended.
    """
    return {
        "accepted": _accepted(),
        "stays_open": _stays_open(rules),
        "leaves": _leaves(rules),
        "finished": _finished(rules),
        "in_time": _in_time(rules),
        "turns_overdue": _turns_overdue(rules),
        "overdue_day": _overdue_day(rules),
        "overdue_at": _overdue_at(rules),
        "end_day": _end(rules, "day"),
        "end_at": _end(rules, "at"),
    }


def overdue_day(rules: Rules) -> Expression:
    """The day on which an open dossier turns overdue."""
    return _overdue_day(rules)


def runs(rules: Rules) -> Expression:
    """Its clock runs: not set aside while paused."""
    return or_(v.status.is_(None), v.status.not_in(PAUSED)) if rules.paused == "aside" else true()


def service_level() -> Expression:
    """Level of the service at acceptance: the file's word, else the catalogue's for the unit or the nearest one above it."""
    return func.coalesce(v.service_level, _catalogue_level().found)


@cache
def _catalogue_level() -> Lookup:
    s, a = services.c, ancestors.c
    found = (
        select(s.level)
        .select_from(services.join(ancestors, a.ancestor_id == s.unit_id))
        .where(
            a.unit_id == v.unit_id, s.procedure == v.procedure, s.from_day <= v.accepted_day, v.accepted_day < s.to_day
        )
        .where(s.from_import <= known_import(), known_import() < s.to_import)
        .order_by(a.distance, s.service_code)
        .limit(1)
        .scalar_subquery()
    )
    return Lookup("catalogue_level", found)


def lookups() -> tuple[Lookup, ...]:
    """All there are."""
    return _catalogue_level(), *map(_working_time, (("accepted",), ("finished", "returned"), ("returned", "finished")))


def known_import() -> Expression:
    """The import up to which the catalogue is known; by default what is believed now."""
    return bindparam("known_import", STILL_BELIEVED - 1, type_=Integer)


# Events ---------------------------------------------------------------------------------------------------------------


def _event(
    where: Expression,
    day: Expression,
    at: Expression,
    n: Expression | int = 1,
    cohort: tuple[Expression, Expression] | None = None,
) -> Event:
    cohort_day, cohort_at = cohort or (literal_column(str(NO_COHORT)), _moment(DAY_BEGINS))
    return Event(where, day, at, literal_column(str(n)) if isinstance(n, int) else n, cohort_day, cohort_at)


def _acceptance(where: Expression) -> tuple[Event, ...]:
    return (_event(and_(_accepted(), where), v.accepted_day, v.accepted_at),)


def _finishing(rules: Rules, where: Expression, n: Expression | int = 1) -> tuple[Event, ...]:
    """Finished dossiers on the day of their end; with ``period = "accept"`` each in the cohort of its acceptance.

    A dossier whose end lies before its acceptance exists only from acceptance on, so it always carries that cohort.
    """
    day, at = _end(rules, "day"), _end(rules, "at")
    if rules.period == "accept":
        cohort: tuple[Expression, Expression] = (v.accepted_day, v.accepted_at)
    else:
        early = at < v.accepted_at
        cohort = (
            case((early, v.accepted_day), else_=literal_column(str(NO_COHORT))),
            case((early, v.accepted_at), else_=_moment(DAY_BEGINS)),
        )
    return (_event(and_(_finished(rules), where), day, at, n, cohort),)


def _while_open(rules: Rules, where: Expression) -> tuple[Event, ...]:
    is_open = and_(_stays_open(rules), where)
    return (
        _event(is_open, v.accepted_day, v.accepted_at),
        _event(and_(is_open, _leaves(rules)), _end(rules, "day"), _end(rules, "at"), -1),
    )


def _turning_overdue(rules: Rules, where: Expression) -> tuple[Event, ...]:
    return (_event(and_(_turns_overdue(rules), where), _overdue_day(rules), _overdue_at(rules)),)


def _no_longer_overdue(rules: Rules) -> tuple[Event, ...]:
    """Leaving, in the cohort of the day on which it had turned overdue."""
    left = and_(_turns_overdue(rules), _leaves(rules))
    return (_event(left, _end(rules, "day"), _end(rules, "at"), 1, (_overdue_day(rules), _overdue_at(rules))),)


def _worked(rules: Rules) -> Expression:
    """Working time from acceptance to the end in microseconds of working days; none if it ended before."""
    spent = _working_time(_ends(rules)).found - _working_time(("accepted",)).found
    # Asked of the moments, not of the sum: that would be computed twice. Days beyond the calendar have none.
    return case((_end(rules, "at") > v.accepted_at, func.coalesce(spent, 0)), else_=literal_column("0"))


@cache
def _working_time(names: tuple[str, ...]) -> Lookup:
    """Working time from the calendar's beginning to a moment, the first one there is of those named.

    A working day counts the part of it that has passed.
    """
    days = work_days.alias()
    w = days.c
    day, at = _first(names, "day"), _first(names, "at")
    # In whole numbers: exact on days of 24 hours, within a millisecond on the two days a year when clocks change.
    elapsed = (at - w.starts) * w.works
    scaled = elapsed // 1000 * (MICROSECONDS_PER_DAY // 1000) // (w.length // 1000) * 1000
    part = case((w.length == MICROSECONDS_PER_DAY, elapsed), else_=scaled)
    value, on = w.before + part, w.day == day
    return Lookup(f"worked_{'_'.join(names)}", select(value).where(on).scalar_subquery(), days, on, value)


ONLINE = v.channel == CHANNELS["online"]
_LATE = ("late_by",)
_END = ("withdrawn", "end", "period")
_OPEN = ("end",)


def _apology_sent() -> Expression:
    return and_(v.apology_day <= v.due_day - 1, v.apology_new_due_at.is_not(None))


def build(name: str, rules: Rules, e_certification: tuple[str, ...] = ()) -> Measure:
    """The measure ``name`` under the rules, the same object for the same rules. Raises KeyError for an unknown name."""
    parts = tuple((part, str(getattr(rules, part))) for part in _DECLARED[name][0])
    return _build(name, parts, e_certification)


@cache
def _build(name: str, parts: tuple[tuple[str, str], ...], e_certification: tuple[str, ...]) -> Measure:
    _, events, reads_catalogue = _DECLARED[name]
    return Measure(name, parts, events(Rules.model_validate(dict(parts)), e_certification), reads_catalogue)


_Builder = Callable[[Rules, tuple[str, ...]], tuple[Event, ...]]
_DECLARED: dict[str, tuple[tuple[str, ...], _Builder, bool]] = {
    "accepted": ((), lambda r, e: _acceptance(true()), False),
    "accepted_online": ((), lambda r, e: _acceptance(ONLINE), False),
    "accepted_level3": ((), lambda r, e: _acceptance(service_level() >= 3), True),
    "accepted_level3_online": ((), lambda r, e: _acceptance(and_(ONLINE, service_level() >= 3)), True),
    "digitised_known": ((), lambda r, e: _acceptance(v.digitised.is_not(None)), False),
    "digitised": ((), lambda r, e: _acceptance(v.digitised == 1), False),
    "payment_due": ((), lambda r, e: _acceptance(v.payment.in_((1, 2, 3))), False),
    "paid_online": ((), lambda r, e: _acceptance(v.payment.in_((1, 2))), False),
    "finished": (_END, lambda r, e: _finishing(r, true()), False),
    "finished_due": ((*_END, "no_due_date"), lambda r, e: _finishing(r, _has_due(r)), False),
    "finished_in_time": ((*_END, "no_due_date", "late_by"), lambda r, e: _finishing(r, _in_time(r)), False),
    "finished_online": (_END, lambda r, e: _finishing(r, ONLINE), False),
    "finished_no_contact": (
        _END,
        lambda r, e: _finishing(r, and_(ONLINE, v.return_mode.in_((RETURN_MODES["online"], RETURN_MODES["post"])))),
        False,
    ),
    "worked_time": (_END, lambda r, e: _finishing(r, true(), _worked(r)), False),
    "finished_e_certification": (_END, lambda r, e: _finishing(r, v.procedure.in_(e)), False),
    "open": (_OPEN, lambda r, e: _while_open(r, true()), False),
    "open_due": ((*_OPEN, "no_due_date"), lambda r, e: _while_open(r, _has_due(r)), False),
    "turned_overdue": (("late_by", "paused", "end"), lambda r, e: _turning_overdue(r, true()), False),
    "turned_overdue_apologised": (
        ("late_by", "paused", "end"),
        lambda r, e: _turning_overdue(r, _apology_sent()),
        False,
    ),
    "no_longer_overdue": (("late_by", "paused", "end"), lambda r, e: _no_longer_overdue(r), False),
}


def all_for(rules: Rules, e_certification: tuple[str, ...]) -> Iterator[Measure]:
    """Every measure under the rules."""
    for name in _DECLARED:
        yield build(name, rules, e_certification)
