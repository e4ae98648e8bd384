"""The exact dossiers and services whose handling closes a unit's gap, most effective and most urgent first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from data.clock import day_of, local_day
from data.home import Campaign, Home
from data.measures import build, events_of
from data.rollup import believed
from data.schema import dossiers, procedures, units
from data.store import Store
from kpi.catalog import figure
from kpi.counting import Bounds, within
from kpi.engine import Answer
from kpi.query import Query

SERVICE_ORDER = {"rejected": 0, "submitted": 1, "reviewed": 2, "listed": 3}


@dataclass(frozen=True, slots=True)
class Task:
    """One dossier or service to handle. ``days_left``: working days until due, negative = working days overdue."""

    code: str
    name: str
    unit: str
    what: str
    due: Any
    days_left: int | None
    reason: str = ""


def work(
    store: Store, home: Home, campaign: Campaign, kpi: str, unit: str, as_of: int | None = None, limit: int = 50
) -> list[Task]:
    """Tasks of a unit and everything below it that move the figure; empty where none can."""
    declared = figure(kpi)
    with store.read() as connection:
        answer = Answer(connection, store, home, Query(campaign, (kpi,), as_of, unit=unit))
        members = answer.groups()[0].members
        if declared.reads == "services":
            return _services(answer, members, kpi)[:limit]
        if declared.reads == "dossiers":
            return _dossiers(connection, home, answer, members, limit, overdue_only=kpi in OVERDUE)
    return []


OVERDUE = frozenset({"overdue_open", "overdue_share", "overdue_share_open", "backlog_cleared"})


def _dossiers(
    connection: sa.Connection, home: Home, answer: Answer, members: frozenset[str], limit: int, *, overdue_only: bool
) -> list[Task]:
    """Open dossiers with a due date, the longest overdue first, then those due soonest."""
    v, u, p = dossiers.c, units.c, procedures.c
    as_of, rules = answer.span.as_of, answer.query.rules
    measure = build("open_due", rules)
    inside = (
        within(
            events_of(measure, believed(answer.span.known_import)).subquery(),
            Bounds(as_of, cohort_until=as_of),
            home.zone,
        )
        .subquery()
        .c
    )
    still_open = sa.select(inside.id).group_by(inside.id).having(sa.func.sum(inside.n) > 0)
    wanted = (
        sa.select(v.code, p.name, u.code, v.due_day, v.due_at, v.status)
        .select_from(dossiers.join(units, u.id == v.unit_id).outerjoin(procedures, p.code == v.procedure))
        .where(v.id.in_(still_open), u.code.in_(members), v.due_at.is_not(None))
        .order_by(v.due_at, v.code)
        .limit(limit)
    )
    if rules.paused == "aside":
        wanted = wanted.where(sa.or_(v.status.is_(None), v.status.not_in((5, 6, 8))))
    today = local_day(as_of, home.zone)
    if overdue_only:
        wanted = wanted.where(v.due_day < today if rules.late_by == "day" else v.due_at < as_of)
    return [
        Task(
            code,
            name or "",
            unit,
            "overdue" if due_day < today else "due",
            day_of(due_day),
            _days_left(home, today, due_day),
        )
        for code, name, unit, due_day, _, _ in connection.execute(wanted)
    ]


def _days_left(home: Home, today: int, due: int) -> int:
    calendar = home.calendar
    if due >= today:
        return len(calendar.working_days(day_of(today + 1), day_of(due)))
    return -len(calendar.working_days(day_of(due + 1), day_of(today)))


def _services(answer: Answer, members: frozenset[str], kpi: str) -> list[Task]:
    """Eligible services that do not count yet: rejected ones first (most can be mended), by reason."""
    if answer.catalogue is None:
        return []
    day = local_day(answer.span.as_of, answer.home.zone)
    missing = []
    for service in answer.catalogue.at(day):
        if service.unit not in members or service.state == "withdrawn":
            continue
        if kpi == "level4_share":
            lacks = service.eligible_level4 == 1 and (service.level or 0) < 4
        else:
            lacks = (service.level or 0) >= 3 and service.eligible_online == 1 and service.state != "integrated"
        if lacks:
            missing.append(service)
    missing.sort(key=lambda s: (SERVICE_ORDER.get(s.state, 9), s.reason or "", s.from_day, s.service_code))
    return [Task(s.service_code, s.name, s.unit, s.state, day_of(s.from_day), None, s.reason or "") for s in missing]
