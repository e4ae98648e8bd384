"""Letters of apology: which are due, which were sent, by when they may still go out, and how old the overdue dossiers are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import sqlalchemy as sa

from data import codes
from data.access import Scope
from data.clock import day_number, day_of, from_micros
from data.home import Apology, Campaign, Home
from data.measures import is_open, is_overdue
from data.rollup import believed
from data.schema import dossiers, procedures, versions_by_code
from data.spans import due_in, of_units, open_on
from data.store import Store
from kpi.memory import Recall
from kpi.query import Query, Span, resolve
from kpi.urgency import LANES, days_left, due_within, lane, last_day, send_today

v = dossiers.c

MOST_FOUND = 10_000
"""So many open dossiers are looked up by number; SQLite takes some thirty thousand values in a statement."""

AGES = ((1, 3), (4, 7), (8, 15), (16, 30), (31, 90), (91, 180), (181, None))
"""Calendar days overdue, from and to; the last without end."""

IN_DUE_FORM, TOO_LATE, NO_NEW_DATE, AGAIN, NONE = "in_due_form", "too_late", "no_new_date", "again", "none"
"""State of a letter: as it must be; sent after its last day; names no later date; the second re-appointment; not sent."""


@dataclass(frozen=True, slots=True)
class Letter:
    """An open or formerly open dossier and its letter as of T. ``letter``: see ``IN_DUE_FORM`` and its like.

    ``last_day``: the last day on which the letter is in time. ``lane``: empty once the dossier is finished.
    ``new_due_passed``: still open although the new date has passed as well.
    """

    code: str
    name: str
    unit: str
    accepted: date
    due: date | None
    days_left: int | None
    lane: str
    last_day: date | None
    sent: date | None
    new_due: date | None
    letter: str
    new_due_passed: bool


@dataclass(frozen=True)
class Desk:
    """The letters of a unit and everything below it at a moment."""

    connection: sa.Connection
    home: Home
    campaign: Campaign
    span: Span
    unit_codes: dict[int, str]
    ids: list[int]
    recall: Recall

    @property
    def today(self) -> date:
        return from_micros(self.span.as_of, self.home.zone).date()

    @property
    def setting(self) -> Apology:
        return self.campaign.apology

    # Lists --------------------------------------------------------------------------------------------------------------

    def lanes(self) -> dict[str, int]:
        """How many open dossiers stand in each lane, every lane named."""
        which = self._lane()
        rows = self.connection.execute(
            sa.select(which, sa.func.count()).select_from(dossiers).where(self._found_open()).group_by(which)
        )
        return dict.fromkeys(LANES, 0) | {row[0]: row[1] for row in rows}

    def in_lane(self, name: str, limit: int = 50, offset: int = 0) -> list[Letter]:
        """Open dossiers of a lane, the longest overdue or soonest due first."""
        near = due_within(self.home, self.today, self.span.as_of, name)
        return self._letters(
            (self._found_open(), self._lane() == name, *near), (v.due_at.is_(None), v.due_at), limit, offset
        )

    def to_send(self, limit: int = 50, offset: int = 0) -> tuple[list[Letter], int]:
        """Dossiers whose letter has to go out today, and how many there are."""
        where = self._to_send()
        return (self._letters(where, (v.due_at,), limit, offset) if where else []), self.to_send_count()

    def to_send_count(self) -> int:
        """How many letters have to go out today."""
        if not (where := self._to_send()):
            return 0
        return self.connection.scalar(sa.select(sa.func.count()).select_from(dossiers).where(self._of(), *where)) or 0

    def register(self, limit: int = 50, offset: int = 0) -> list[Letter]:
        """Letters sent up to T, the latest first."""
        return self._letters((self._sent(),), (v.apology_at.desc(),), limit, offset)

    def register_counts(self) -> dict[str, int]:
        """How many letters were sent, by their state."""
        new_due = sa.case((v.apology_new_due_at > v.due_at, 1), else_=0).label("new_due")
        again = sa.case((self._again(), 1), else_=0).label("again")
        counts = dict.fromkeys((IN_DUE_FORM, TOO_LATE, NO_NEW_DATE, AGAIN), 0)
        rows = self.connection.execute(
            sa.select(v.due_day, v.apology_day, new_due, again, sa.func.count())
            .where(self._of(), self._sent())
            .group_by(v.due_day, v.apology_day, new_due, again)
        )
        for due, sent, later, twice, n in rows:
            counts[self._state(_day(due), day_of(sent), bool(later), bool(twice))] += n
        return counts

    def search(self, text: str, limit: int = 50, offset: int = 0) -> list[Letter]:
        """Accepted dossiers whose code contains the text, whatever its case."""
        return self._letters(
            (of_units(self.ids), v.code.icontains(text.strip(), autoescape=True), v.accepted_at <= self.span.as_of),
            (v.code,),
            limit,
            offset,
        )

    def ages(self) -> list[tuple[int, int | None, int]]:
        """Overdue dossiers by calendar days overdue: from, to (None = and more), how many; a day begun counts."""
        days: sa.ColumnElement[int] = day_number(self.today) - v.due_day
        late = sa.case((days > 1, days), else_=1)
        found = self.connection.execute(
            sa.select(late, sa.func.count())
            .select_from(dossiers)
            .where(self._found_open(), self._overdue())
            .group_by(late)
        ).all()
        return [
            (low, high, sum(n for days, n in found if low <= days and (high is None or days <= high)))
            for low, high in AGES
        ]

    # Conditions ---------------------------------------------------------------------------------------------------------

    def _of(self) -> sa.ColumnElement[bool]:
        return sa.and_(believed(self.span.known_import), v.unit_id.in_(self.ids))

    def _open(self) -> sa.ColumnElement[bool]:
        return sa.and_(
            self._of(),
            of_units(self.ids),
            open_on(day_number(self.today)),
            is_open(self.campaign.rules, self.span.as_of),
        )

    def _found_open(self) -> sa.ColumnElement[bool]:
        """The open ones by number where they are few: a page asks for them several times, and looking for them takes longest."""
        which, key = self._open(), ("open", tuple(self.ids), self.span, self.campaign.rules)
        wanted = sa.select(v.id).where(which).limit(MOST_FOUND + 1)
        found = self.recall.of(key, lambda: np.array(self.connection.scalars(wanted).all(), np.int64))
        return which if len(found) > MOST_FOUND else v.id.in_(found.tolist())

    def _to_send(self) -> tuple[sa.ColumnElement[bool], ...]:
        """What a letter of today needs; empty where no due date asks for one."""
        dues = send_today(self.setting, self.home.calendar, self.today)
        if dues is None:
            return ()
        return (
            self._open(),
            self._lane().not_in(("overdue", "paused", "no_due_date")),
            due_in(day_number(dues[0]), day_number(dues[1])),
            v.due_day.between(day_number(dues[0]), day_number(dues[1])),
            sa.not_(sa.func.coalesce(sa.and_(self._sent(), v.apology_new_due_at.is_not(None)), sa.false())),
        )

    def _overdue(self) -> sa.ColumnElement[bool]:
        return is_overdue(self.campaign.rules, day_number(self.today), self.span.as_of)

    def _lane(self) -> sa.ColumnElement[str]:
        return lane(self.home, self.campaign.rules, self.today, self.span.as_of)

    def _sent(self) -> sa.ColumnElement[bool]:
        return sa.and_(
            v.apology_day.is_not(None), v.apology_day <= day_number(self.today), v.apology_at <= self.span.as_of
        )

    def _again(self) -> sa.ColumnElement[bool]:
        """An earlier version of the dossier, known by then, had named another new date in an earlier letter."""
        other = dossiers.alias("old")
        old = other.c
        earlier = sa.exists().where(
            codes.same(dossiers, versions_by_code, other),
            old.from_import < v.from_import,
            old.apology_at < v.apology_at,
            old.apology_new_due_at != v.apology_new_due_at,
        )
        return sa.and_(v.apology_at.is_not(None), earlier)

    # Rows ---------------------------------------------------------------------------------------------------------------

    def _letters(
        self, where: tuple[sa.ColumnElement[bool], ...], order: tuple[Any, ...], limit: int, offset: int
    ) -> list[Letter]:
        p, rules, as_of = procedures.c, self.campaign.rules, self.span.as_of
        still_open = sa.case((is_open(rules, as_of), 1), else_=0)
        wanted = (
            sa.select(
                v.code, p.name, v.unit_id, v.accepted_day, v.due_day, v.due_at, v.apology_at, v.apology_day,
                v.apology_new_due_at, self._lane().label("lane"), still_open.label("open"),
                sa.case((self._again(), 1), else_=0).label("again"),
            )
            .select_from(dossiers.outerjoin(procedures, p.code == v.procedure))
            .where(self._of(), *where)
            .order_by(*order, v.code)
            .limit(limit)
            .offset(offset)
        )  # fmt: skip

        @cache
        def left(due: date) -> int:
            return days_left(self.home.calendar, self.today, due)

        found = []
        for row in self.connection.execute(wanted):
            due = _day(row.due_day)
            sent = row.apology_at is not None and row.apology_at <= as_of
            new_due = row.apology_new_due_at if sent else None
            later = new_due is not None and (row.due_at is None or new_due > row.due_at)
            sent_on = day_of(row.apology_day) if sent else None
            found.append(
                Letter(
                    code=row.code,
                    name=row.name or "",
                    unit=self.unit_codes[row.unit_id],
                    accepted=day_of(row.accepted_day),
                    due=due,
                    days_left=None if due is None or not row.open else left(due),
                    lane=row.lane if row.open else "",
                    last_day=None if due is None else last_day(self.setting, self.home.calendar, due),
                    sent=sent_on,
                    new_due=None if new_due is None else from_micros(new_due, self.home.zone).date(),
                    letter=NONE if sent_on is None else self._state(due, sent_on, later, bool(row.again)),
                    new_due_passed=bool(row.open and new_due is not None and new_due < as_of),
                )
            )
        return found

    def _state(self, due: date | None, sent: date, later: bool, again: bool) -> str:
        if due is not None and sent > last_day(self.setting, self.home.calendar, due):
            return TOO_LATE
        if not later:
            return NO_NEW_DATE
        return AGAIN if again else IN_DUE_FORM


def _day(number: int | None) -> date | None:
    return None if number is None else day_of(number)


@contextmanager
def desk(
    store: Store,
    home: Home,
    campaign: Campaign,
    unit: str | None = None,
    as_of: int | None = None,
    known_at: int | None = None,
    *,
    scope: Scope,
) -> Iterator[Desk]:
    """The letters of a unit (default the root), from one state of the store. Raises CallFault for an unknown unit.

    Dossiers of units outside of ``scope`` are neither listed nor counted.
    """
    with store.read() as connection:
        span = resolve(store, home, Query(campaign, as_of=as_of, known_at=known_at))
        tree = store.tree(from_micros(span.as_of, home.zone).date())
        members = scope.limit(tree.below(tree[unit or tree.root].code))
        codes = {number: code for number, code, _ in store.unit_rows()}
        ids = [number for number, code in codes.items() if code in members]
        yield Desk(connection, home, campaign, span, codes, ids, Recall(store.cache_key()))


def as_rows(found: list[Letter]) -> list[dict[str, Any]]:
    """Letters for a table or a file."""
    names = ("accepted", "due", "last_day", "sent", "new_due")
    return [
        {
            "code": one.code,
            "name": one.name,
            "unit": one.unit,
            "lane": one.lane,
            "days_left": one.days_left,
            **{name: None if (day := getattr(one, name)) is None else day.isoformat() for name in names},
            "letter": one.letter,
            "new_due_passed": one.new_due_passed,
        }
        for one in found
    ]
