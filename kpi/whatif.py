"""What if: units clear so many overdue dossiers, finish so many in time, integrate so many services, reach a pace.

Nothing is written: what the work lists' first dossiers and services would change is added to numerators and denominators.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import sqlalchemy as sa

from data.access import Scope
from data.calendar import WorkCalendar
from data.clock import day_number
from data.errors import CallFault
from data.home import Campaign, Home
from data.measures import is_open, is_overdue, runs
from data.rollup import believed
from data.schema import dossiers, scenarios
from data.spans import of_units, open_on
from data.store import Store
from kpi.catalog.figure import Figure
from kpi.effects import Effect, effects, finishing
from kpi.engine import Answer, value_of
from kpi.model import Row
from kpi.pace import deficit
from kpi.query import Query
from kpi.ranking import league
from kpi.status import met
from kpi.targets import target_of
from kpi.worklist import Place, services_to_do

v = dossiers.c

ACTIONS = ("clear", "finish", "integrate", "raise", "pace")
"""Finish so many overdue dossiers, the oldest first; finish so many that are not, the soonest due first; integrate so many
services; raise so many to level 4; close so much of a figure's gap per working day (``pace.overdue_open=40``)."""
_STEP = re.compile(r"\s*(.+):(" + "|".join(ACTIONS) + r")(?:\.([a-z_0-9]+))?=(\d+(?:\.\d+)?)\s*")


@dataclass(frozen=True, slots=True)
class Step:
    unit: str
    action: str
    amount: float
    kpi: str = ""

    def __str__(self) -> str:
        return f"{self.unit}:{self.action}{'.' if self.kpi else ''}{self.kpi}={self.amount:g}"


@dataclass(frozen=True, slots=True)
class State:
    """A figure of a unit. ``rank``: among the units of its level; ``pace``: count per working day; ``arrival``: the day on
    which the gap is closed at that pace, None when never; ``by_due``: the value on the target's due date at that pace."""

    numerator: float | None
    denominator: float | None
    value: float | None
    rank: int | None
    pace: float | None
    arrival: date | None
    by_due: float | None


@dataclass(frozen=True, slots=True)
class Outcome:
    kpi: str
    unit: str
    name: str
    level: str
    target: float | None
    due: date | None
    now: State
    then: State


@dataclass(frozen=True)
class WhatIf:
    """``done``: for each step how much of it there was to do (fewer dossiers may be overdue than it says)."""

    as_of: int
    steps: tuple[Step, ...]
    done: tuple[float, ...]
    outcomes: tuple[Outcome, ...]


def parse(text: str) -> Step:
    """``dong-phu:clear=300``. Raises CallFault."""
    match = _STEP.fullmatch(text)
    if not match:
        raise CallFault(f"Không hiểu bước «{text}». Ví dụ: dong-phu:clear=300, syt:integrate=20, dong-phu:pace=40.")
    unit, action, kpi, amount = match.groups()
    if action != "pace" and (kpi or not float(amount).is_integer()):
        raise CallFault(f"Bước «{text}»: {action} cần một số nguyên, không kèm chỉ tiêu.")
    return Step(unit, action, float(amount), kpi or "")


def what_if(
    store: Store,
    home: Home,
    campaign: Campaign,
    steps: Sequence[Step],
    kpis: Sequence[str] = (),
    as_of: int | None = None,
    *,
    scope: Scope,
) -> WhatIf:
    """Figures now and after the steps, for the root, every unit of a step and those above it.

    Steps take no dossier of a unit outside of ``scope``: there is nothing to clear or finish for them there.
    ``kpis`` empty = the campaign's targets. What is cleared or finished is so at T. Raises CallFault for unknown units.
    """
    chosen = tuple(kpis) or tuple(dict.fromkeys(target.kpi for target in campaign.target))
    vague = next((step for step in steps if step.action == "pace" and not step.kpi and len(chosen) > 1), None)
    if vague is not None:
        raise CallFault(
            f"Bước «{vague}» là nhịp của chỉ tiêu nào? Ví dụ: {vague.unit}:pace.{chosen[0]}={vague.amount:g}."
        )
    with store.read() as connection:
        answer = Answer(connection, store, home, Query(campaign, chosen, as_of))
        as_of = answer.span.as_of
        changes, done = _changes(connection, store, home, campaign, answer, steps, scope)
        tree = answer.tree
        shown = dict.fromkeys([tree.root, *(unit for step in steps for unit in tree.above(tree[step.unit].code)[::-1])])
        now: dict[tuple[str, str], Row] = {(row.kpi, tree.root): row for row in answer.rows() if row.scheme is None}
        leagues: dict[tuple[str, str], list[Row]] = {}
        for level in dict.fromkeys(tree[unit].level for unit in shown if unit != tree.root):
            for row in Answer(connection, store, home, Query(campaign, chosen, as_of, by=level)).rows():
                now[row.kpi, row.unit] = row
                leagues.setdefault((row.kpi, level), []).append(row)
    figures = {declared.key: declared for declared in answer.figures}
    found = Scenario(answer, campaign, home.calendar, figures, changes, tuple(steps), now)
    before = {place: _ranks(rows) for place, rows in leagues.items()}
    after = {place: _ranks([found.changed(row) for row in rows]) for place, rows in leagues.items()}
    outcomes = [
        found.outcome(row, *(ranks.get((kpi, row.level), {}).get(row.unit) for ranks in (before, after)))
        for kpi in chosen
        for row in (now[kpi, unit] for unit in shown if (kpi, unit) in now)
    ]
    return WhatIf(as_of, tuple(steps), done, tuple(outcomes))


@dataclass(frozen=True)
class Scenario:
    """Steps turned into changes of numerators and denominators by figure and handling unit."""

    answer: Answer
    campaign: Campaign
    calendar: WorkCalendar
    figures: dict[str, Figure]
    changes: dict[str, dict[str, Effect]]
    steps: tuple[Step, ...]
    now: dict[tuple[str, str], Row]

    def changed(self, row: Row) -> Row:
        """The row with what happens at the unit and below it (at the unit alone where its target says so)."""
        target = target_of(self.campaign, row.kpi, self.answer.tree[row.unit], self.answer.day)
        own = target is not None and target.scope == "own"
        units = {row.unit} if own else set(self.answer.tree.below(row.unit))
        moved = [effect for unit, effect in self.changes.get(row.kpi, {}).items() if unit in units]
        up, down = sum(effect[0] for effect in moved), sum(effect[1] for effect in moved)
        numerator = None if row.numerator is None else row.numerator + up
        denominator = None if row.denominator is None else row.denominator + down
        value = value_of(self.figures[row.kpi], numerator, denominator)
        return replace(row, numerator=numerator, denominator=denominator, value=value) if moved else row

    def outcome(self, row: Row, rank: int | None, rank_then: int | None) -> Outcome:
        target = target_of(self.campaign, row.kpi, self.answer.tree[row.unit], self.answer.day)
        recent = None if row.pace is None else row.pace.recent
        return Outcome(
            row.kpi,
            row.unit,
            row.name,
            row.level,
            row.target,
            None if target is None else target.due,
            self._state(row, rank, recent, row),
            self._state(self.changed(row), rank_then, self._pace_then(row, recent), row),
        )

    def _pace_then(self, row: Row, recent: float | None) -> float | None:
        """A unit's own wished pace; else its recent one with what units below it would go faster or slower."""
        wished = {s.unit: s.amount for s in self.steps if s.action == "pace" and s.kpi in ("", row.kpi)}
        if row.unit in wished:
            return wished[row.unit]
        below = set(self.answer.tree.below(row.unit))
        more = 0.0
        for unit, pace in wished.items():
            # A wish for a unit above speaks for those below it as well.
            inside = unit in below and not any(up in wished and up in below for up in self.answer.tree.above(unit)[1:])
            if inside:
                mine = self.now.get((row.kpi, unit))
                more += pace - ((mine.pace.recent or 0) if mine is not None and mine.pace is not None else 0)
        return recent if not more else (recent or 0) + more

    def _state(self, row: Row, rank: int | None, pace: float | None, now: Row) -> State:
        target = target_of(self.campaign, row.kpi, self.answer.tree[row.unit], self.answer.day)
        declared = self.figures[row.kpi]
        arrives: date | None = None
        by_due: float | None = None
        if target is not None and row.value is not None and row.numerator is not None:
            missing = deficit(declared, target.value, row.numerator, row.denominator)
            reachable = now.pace is None or now.pace.ceiling is None or met(declared, now.pace.ceiling, target.value)
            arrives = arrival(self.calendar, self.answer.day, missing, pace) if reachable or missing <= 0 else None
            left = len(self.calendar.working_days(date.fromordinal(self.answer.day.toordinal() + 1), target.due))
            if pace is not None and missing > 0:
                rest = max(missing - max(pace, 0) * left, 0)
                per = row.denominator if declared.divides else 1
                by_due = target.value - declared.direction * rest / per if per else None
            else:
                by_due = row.value
        return State(row.numerator, row.denominator, row.value, rank, pace, arrives, by_due)


def arrival(calendar: WorkCalendar, today: date, missing: float, pace: float | None) -> date | None:
    """The working day on which what is missing is done at a pace per working day; today when nothing is, None when never."""
    if missing <= 0:
        return today
    return None if not pace or pace < 0 else calendar.add(today, math.ceil(round(missing / pace, 6)))


def _ranks(rows: list[Row]) -> dict[str, int | None]:
    return {entry.row.unit: entry.rank for entry in league(rows)}


def _changes(
    connection: sa.Connection,
    store: Store,
    home: Home,
    campaign: Campaign,
    answer: Answer,
    steps: Iterable[Step],
    scope: Scope,
) -> tuple[dict[str, dict[str, Effect]], tuple[float, ...]]:
    """Figure → handling unit → effect, and how much of each step there was to do."""
    taken: dict[int, str] = {}
    services: set[tuple[str, str]] = set()
    changes: dict[str, dict[str, Effect]] = {}
    done: list[float] = []
    for step in steps:
        answer.tree[step.unit]  # an unknown unit is said at once
        if step.action in ("clear", "finish"):
            fresh = _dossiers(connection, answer, step, taken, scope)
            taken |= fresh
            done.append(len(fresh))
        elif step.action in ("integrate", "raise"):
            kpi = "npsp_integration" if step.action == "integrate" else "level4_share"
            place = Place.of(connection, store, home, campaign, kpi, step.unit, answer.span.as_of, scope)
            tasks = [task for task in services_to_do(place) if (kpi, task.code) not in services][: int(step.amount)]
            for task in tasks:
                services.add((kpi, task.code))
                _add(changes.setdefault(kpi, {}), task.unit, (1, 0))
            done.append(len(tasks))
        else:
            done.append(step.amount)
    of_dossiers = [declared for declared in answer.figures if declared.reads == "dossiers"]
    moved = effects(connection, answer.counter, of_dossiers, taken, finishing(home, answer.span.as_of))
    for kpi, found in moved.items():
        for version, effect in found.items():
            _add(changes.setdefault(kpi, {}), taken[version], effect)
    return changes, tuple(done)


def _add(where: dict[str, Effect], unit: str, effect: Effect) -> None:
    before = where.get(unit, (0, 0))
    where[unit] = before[0] + effect[0], before[1] + effect[1]


def _dossiers(
    connection: sa.Connection, answer: Answer, step: Step, taken: dict[int, str], scope: Scope
) -> dict[int, str]:
    """Dossier version → handling unit: the first of the unit's overdue (or not overdue) ones not taken by another step."""
    rules, span = answer.query.rules, answer.span
    members = scope.limit(answer.tree.below(step.unit))
    ids = [number for number, code in answer.unit_codes.items() if code in members]
    overdue = is_overdue(rules, day_number(answer.day), span.as_of)
    which = (overdue,) if step.action == "clear" else (is_open(rules, span.as_of), runs(rules), ~overdue)
    wanted = (
        sa.select(v.id, v.unit_id)
        .where(believed(span.known_import), of_units(ids), open_on(day_number(answer.day)), *which)
        .order_by(v.due_at.is_(None), v.due_at, v.code)
        .limit(int(step.amount) + len(taken))
    )
    fresh = [(version, unit) for version, unit in connection.execute(wanted) if version not in taken]
    return {version: answer.unit_codes[unit] for version, unit in fresh[: int(step.amount)]}


# Kept scenarios -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kept:
    id: int
    campaign: str
    name: str
    as_of: int | None
    who: str
    at: int
    steps: tuple[Step, ...]


def save(
    store: Store, campaign: str, name: str, steps: Iterable[Step], *, who: str, at: int, as_of: int | None = None
) -> int:
    """Keep a scenario; one of the same name in the campaign is replaced. Gives its number."""
    c = scenarios.c
    content = json.dumps([str(step) for step in steps], ensure_ascii=False)
    with store.write(None) as session:
        session.run(sa.delete(scenarios).where(c.campaign == campaign, c.name == name))
        number = (session.rows(sa.select(sa.func.max(c.id)))[0][0] or 0) + 1
        session.run(
            sa.insert(scenarios).values(
                id=number, campaign=campaign, name=name, as_of=as_of, who=who, at=at, steps=content
            )
        )
    return int(number)


def kept(store: Store, campaign: str) -> list[Kept]:
    """The campaign's scenarios, the latest first."""
    c = scenarios.c
    with store.read() as connection:
        rows = connection.execute(sa.select(scenarios).where(c.campaign == campaign).order_by(c.at.desc(), c.id.desc()))
        return [
            Kept(row.id, row.campaign, row.name, row.as_of, row.who, row.at, tuple(map(parse, json.loads(row.steps))))
            for row in rows
        ]


def delete(store: Store, number: int) -> None:
    """Raises CallFault when there is no such scenario."""
    with store.write(None) as session:
        if not session.run(sa.delete(scenarios).where(scenarios.c.id == number)):
            raise CallFault(f"Không có kịch bản số {number}.")


def as_rows(found: WhatIf) -> list[dict[str, Any]]:
    """Outcomes for a table or a file, now and then side by side."""
    names = ("numerator", "denominator", "value", "rank", "pace", "arrival", "by_due")
    return [
        {
            "kpi": one.kpi,
            "unit": one.unit,
            "name": one.name,
            "target": one.target,
            "due": None if one.due is None else one.due.isoformat(),
            **{f"{name}_{when}": _plain(getattr(state, name)) for name in names for when, state in (("now", one.now), ("then", one.then))},
        }
        for one in found.outcomes
    ]  # fmt: skip


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
