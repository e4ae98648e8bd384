"""Measures → additive daily counts per unit, kept current by every import.

A new version of a dossier takes the old version's events out and puts its own in, so that a figure of any unit for any
day is a sum over a small table and its cost does not grow with the number of dossiers.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from data import measures
from data.home import Home, Rules
from data.measures import Measure, events_of
from data.records import Session
from data.schema import NO_COHORT, REPLACED, STILL_BELIEVED, dossiers, rollup
from data.schema import measures as kept

if TYPE_CHECKING:
    from data.store import Store, Upsert


def wanted(home: Home) -> list[Measure]:
    """Every measure under the rules of every campaign and under the default rules."""
    found: dict[str, Measure] = {}
    for rules in [Rules(), *(campaign.rules for campaign in home.campaigns.values())]:
        for measure in measures.all_for(rules, home.file.e_certification):
            found.setdefault(measure.key, measure)
    return list(found.values())


def counts_of(measure: Measure, which: sa.ColumnElement[bool], sign: int = 1) -> sa.Select[Any]:
    """Daily counts of a measure over chosen versions: event_day, cohort_day, unit_id, n."""
    e = events_of(measure, which).subquery()
    return sa.select(e.c.event_day, e.c.cohort_day, e.c.unit_id, (sign * sa.func.sum(e.c.n)).label("n")).group_by(
        e.c.event_day, e.c.cohort_day, e.c.unit_id
    )


def update(session: Session, home: Home, import_id: int, upsert: Upsert, *, entered: bool, left: bool) -> None:
    """Carry one import into the kept counts: what its versions added and what those they replaced take away."""
    known = _known(session)
    for measure in wanted(home):
        number, definition = known.get(measure.key, (None, None))
        if number is None or definition != measure.definition:
            _count_anew(session, measure, upsert)
            continue
        values = {"number": number, "import": import_id}
        if left:
            session.run(_carry(measure, False, upsert), values)
        if entered:
            session.run(_carry(measure, True, upsert), values)


@cache
def _carry(measure: Measure, entering: bool, upsert: Upsert) -> sa.Executable:
    """Adds to the counts of measure ``:number`` what entered with, or left at, import ``:import``."""
    which = sa.bindparam("import", 0, type_=sa.Integer)
    if entering:
        return _adding(counts_of(measure, dossiers.c.from_import == which), upsert)
    return _adding(counts_of(measure, sa.and_(dossiers.c.to_import == which, sa.text(REPLACED)), -1), upsert)


def catalogue_changed(session: Session, home: Home, upsert: Upsert) -> None:
    """Count anew what reads the catalogue; files that say the level themselves do not depend on it."""
    silent = sa.select(dossiers.c.id).where(dossiers.c.service_level.is_(None)).limit(1)
    if session.rows(silent):
        for measure in wanted(home):
            if measure.reads_catalogue:
                _count_anew(session, measure, upsert)


def ensure(session: Session, chosen: Iterable[Measure], upsert: Upsert) -> None:
    known = _known(session)
    for measure in chosen:
        if known.get(measure.key, (0, ""))[1] != measure.definition:
            _count_anew(session, measure, upsert)


def rebuild(session: Session, home: Home, upsert: Upsert) -> None:
    session.run(sa.delete(rollup))
    session.run(sa.delete(kept))
    for measure in wanted(home):
        _count_anew(session, measure, upsert)


def differences(store: Store, home: Home) -> list[dict[str, Any]]:
    """Where the kept counts differ from a count from scratch: measure, unit_id, days, kept, counted. Empty = whole."""
    found = []
    with store.read() as connection:
        numbers = {key: number for number, key in connection.execute(sa.select(kept.c.id, kept.c.key))}
        for measure in wanted(home):
            if measure.key not in numbers:
                continue
            held = {
                tuple(row[:3]): row[3]
                for row in connection.execute(
                    sa.select(rollup.c.event_day, rollup.c.cohort_day, rollup.c.unit_id, rollup.c.n).where(
                        rollup.c.measure_id == numbers[measure.key], rollup.c.n != 0
                    )
                )
            }
            counted = {tuple(row[:3]): row[3] for row in connection.execute(counts_of(measure, believed())) if row[3]}
            for place in held.keys() | counted.keys():
                if held.get(place, 0) != counted.get(place, 0):
                    found.append(
                        {
                            "measure": measure.key,
                            "event_day": place[0],
                            "cohort_day": None if place[1] == NO_COHORT else place[1],
                            "unit_id": place[2],
                            "kept": held.get(place, 0),
                            "counted": counted.get(place, 0),
                        }
                    )
    return found


def believed(known_import: int = STILL_BELIEVED - 1) -> sa.ColumnElement[bool]:
    """The dossier versions believed after an import."""
    if known_import == STILL_BELIEVED - 1:
        return dossiers.c.to_import == STILL_BELIEVED
    return sa.and_(dossiers.c.from_import <= known_import, known_import < dossiers.c.to_import)


def _known(session: Session) -> dict[str, tuple[int, str]]:
    return {
        key: (number, definition)
        for number, key, definition in session.rows(sa.select(kept.c.id, kept.c.key, kept.c.definition))
    }


def _count_anew(session: Session, measure: Measure, upsert: Upsert) -> None:
    known = _known(session)
    number = known[measure.key][0] if measure.key in known else max((n for n, _ in known.values()), default=0) + 1
    session.run(sa.delete(rollup).where(rollup.c.measure_id == number))
    session.run(sa.delete(kept).where(kept.c.id == number))
    session.run(sa.insert(kept).values(id=number, key=measure.key, definition=measure.definition))
    session.run(_adding(counts_of(measure, believed()), upsert), {"number": number})


def _adding(counts: sa.Select[Any], upsert: Upsert) -> sa.Executable:
    c = counts.subquery()
    # SQLite needs a WHERE between SELECT and ON CONFLICT to tell them apart.
    number = sa.bindparam("number", 0, type_=sa.Integer)
    chosen = sa.select(number, c.c.event_day, c.c.cohort_day, c.c.unit_id, c.c.n).where(c.c.n != 0)
    statement = upsert(rollup).from_select(["measure_id", "event_day", "cohort_day", "unit_id", "n"], chosen)
    key = [rollup.c.measure_id, rollup.c.event_day, rollup.c.cohort_day, rollup.c.unit_id]
    added: sa.Executable = statement.on_conflict_do_update(
        index_elements=key, set_={"n": rollup.c.n + statement.excluded.n}
    )
    return added
