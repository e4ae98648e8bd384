"""Which units have a fact younger than one reporting cycle before T."""

from __future__ import annotations

import sqlalchemy as sa

from data.clock import MICROSECONDS_PER_DAY, local_day
from data.home import Home
from data.rollup import believed
from data.schema import dossiers
from data.spans import near
from kpi.memory import Recall
from kpi.query import Query, Span
from kpi.services import Catalogue


def fresh_units(connection: sa.Connection, home: Home, query: Query, span: Span, recall: Recall) -> frozenset[int]:
    """Ids of units whose newest fact at or before T is not older than one cycle."""
    cycle = query.campaign.report.every_days if query.campaign else 1
    key = "fresh", span.known_import, span.as_of, cycle
    return recall.of(key, lambda: frozenset(_with_facts(connection, home, span, cycle)))


def _with_facts(connection: sa.Connection, home: Home, span: Span, cycle: int) -> set[int]:
    since = span.as_of - cycle * MICROSECONDS_PER_DAY
    first_day, last_day = local_day(since, home.zone), local_day(span.as_of, home.zone)
    v = dossiers.c
    found: set[int] = set()
    for day, moment in (
        (v.accepted_day, v.accepted_at),
        (v.finished_day, v.finished_at),
        (v.returned_day, v.returned_at),
    ):
        wanted = (
            sa.select(v.unit_id)
            .distinct()
            .where(
                believed(span.known_import),
                near(first_day, last_day),
                day.between(first_day, last_day),
                moment.between(since, span.as_of),
            )
        )
        found.update(connection.scalars(wanted))
    return found


def fresh_services(home: Home, query: Query, span: Span, catalogue: Catalogue | None) -> set[str]:
    """Codes of units with a change in the catalogue inside the cycle."""
    if catalogue is None:
        return set()
    cycle = query.campaign.report.every_days if query.campaign else 1
    first_day = local_day(span.as_of - cycle * MICROSECONDS_PER_DAY, home.zone)
    last_day = local_day(span.as_of, home.zone)
    return {version.unit for version in catalogue.versions if first_day < version.from_day <= last_day}


def newest_facts(connection: sa.Connection, until: int) -> dict[int, int]:
    """The newest fact of each unit with any, by its id; moments after ``until`` are far-away dates, no facts."""
    v = dossiers.c
    newest = [
        sa.func.max(sa.case((moment <= until, moment))) for moment in (v.accepted_at, v.finished_at, v.returned_at)
    ]
    rows = connection.execute(sa.select(v.unit_id, *newest).where(believed()).group_by(v.unit_id))
    found = {unit: max((moment for moment in moments if moment is not None), default=None) for unit, *moments in rows}
    return {unit: moment for unit, moment in found.items() if moment is not None}
