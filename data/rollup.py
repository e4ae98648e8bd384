"""Measures → additive daily counts per unit, kept current by every import.

A new version of a dossier takes the old version's events out and puts its own in, so that a figure of any unit for any
day is a sum over a small table and its cost does not grow with the number of dossiers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from data import measures
from data.home import Home, Rules
from data.measures import Event, Measure, events_of
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


def counts_of(measure: Measure, which: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Daily counts of a measure over chosen versions: event_day, cohort_day, unit_id, n."""
    e = events_of(measure, which).subquery()
    return sa.select(e.c.event_day, e.c.cohort_day, e.c.unit_id, sa.func.sum(e.c.n).label("n")).group_by(
        e.c.event_day, e.c.cohort_day, e.c.unit_id
    )


def update(session: Session, home: Home, import_id: int, upsert: Upsert, *, entered: bool, left: bool) -> None:
    """Carry one import into the kept counts: what its versions added and what those they replaced take away."""
    known = _known(session)
    current = tuple(m for m in wanted(home) if known.get(m.key, (0, ""))[1] == m.definition)
    _count_anew(session, [measure for measure in wanted(home) if measure not in current], upsert)
    numbers = [known[measure.key][0] for measure in current]
    if left:
        _count(session, current, numbers, "left", upsert, import_id)
    if entered:
        _count(session, current, numbers, "entered", upsert, import_id)


def catalogue_changed(session: Session, home: Home, upsert: Upsert) -> None:
    """Count anew what reads the catalogue; files that say the level themselves do not depend on it."""
    silent = sa.select(dossiers.c.id).where(dossiers.c.service_level.is_(None)).limit(1)
    if session.rows(silent):
        _count_anew(session, [measure for measure in wanted(home) if measure.reads_catalogue], upsert)


def rebuild(session: Session, home: Home, upsert: Upsert) -> None:
    """Forget the kept counts and count from the dossier versions."""
    session.run(sa.delete(rollup))
    session.run(sa.delete(kept))
    _count_anew(session, wanted(home), upsert)


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


def _count_anew(session: Session, chosen: list[Measure], upsert: Upsert) -> None:
    if not chosen:
        return
    known = _known(session)
    highest = max((number for number, _ in known.values()), default=0)
    numbers = []
    for measure in chosen:
        if measure.key in known:
            numbers.append(known[measure.key][0])
        else:
            highest += 1
            numbers.append(highest)
    session.run(sa.delete(rollup).where(rollup.c.measure_id.in_(numbers)))
    session.run(sa.delete(kept).where(kept.c.id.in_(numbers)))
    pairs = zip(numbers, chosen, strict=True)
    session.insert(kept, [{"id": number, "key": m.key, "definition": m.definition} for number, m in pairs])
    _count(session, tuple(chosen), numbers, "believed", upsert)


# One pass for many measures ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Pass:
    """One pass over dossier versions for all events that share their day and their cohort.

    ``adds``: for each of these events, which measure it belongs to (its place) and the statement that adds its counts.
    """

    scratch: sa.Table
    fill: sa.Executable
    adds: tuple[tuple[int, sa.Executable], ...]


def _count(
    session: Session, chosen: tuple[Measure, ...], numbers: list[int], which: str, upsert: Upsert, import_id: int = 0
) -> None:
    """Add the events of the versions that are ``believed``, or ``entered`` with or ``left`` at an import."""
    for one in _passes(chosen, which, upsert):
        session.scratch(one.scratch)
        session.run(one.fill, {"import": import_id})
        for place, add in one.adds:
            session.run(add, {"number": numbers[place]})
        session.run(sa.delete(one.scratch))


@lru_cache(maxsize=64)
def _passes(chosen: tuple[Measure, ...], which: str, upsert: Upsert) -> tuple[_Pass, ...]:
    together: dict[tuple[str, str], list[tuple[int, Event]]] = {}
    for place, measure in enumerate(chosen):
        for event in measure.events:
            together.setdefault((_words(event.day), _words(event.cohort_day)), []).append((place, event))
    return tuple(_pass(f"count_{n}", events, which, upsert) for n, events in enumerate(together.values()))


def _pass(name: str, events: list[tuple[int, Event]], which: str, upsert: Upsert) -> _Pass:
    v, imported = dossiers.c, sa.bindparam("import", 0, type_=sa.Integer)
    versions: dict[str, sa.ColumnElement[bool]] = {
        "believed": believed(),
        "entered": v.from_import == imported,
        "left": sa.and_(v.to_import == imported, sa.text(REPLACED)),
    }
    day, cohort = events[0][1].day.label("event_day"), events[0][1].cohort_day.label("cohort_day")
    counts = [
        sa.case((event.where, event.n), else_=sa.literal_column("0")).label(f"n{i}")
        for i, (_, event) in enumerate(events)
    ]
    each = sa.select(day, cohort, v.unit_id, *counts).where(versions[which], day.is_not(None)).subquery().c
    sign = -1 if which == "left" else 1
    sums = [sign * sa.func.sum(each[count.name]) for count in counts]
    place = (each.event_day, each.cohort_day, each.unit_id)
    scratch = sa.Table(
        name,
        sa.MetaData(),
        *(sa.Column(column, sa.Integer) for column in ("event_day", "cohort_day", "unit_id")),
        *(sa.Column(count.name, sa.BigInteger) for count in counts),
        prefixes=["TEMPORARY"],
    )
    fill = sa.insert(scratch).from_select(
        [column.name for column in scratch.columns], sa.select(*place, *sums).group_by(*place)
    )
    adds = tuple(
        (measure, _adding(scratch, scratch.c[count.name], upsert))
        for (measure, _), count in zip(events, counts, strict=True)
    )
    return _Pass(scratch, fill, adds)


def _adding(scratch: sa.Table, n: sa.ColumnElement[Any], upsert: Upsert) -> sa.Executable:
    c = scratch.c
    # SQLite needs a WHERE between SELECT and ON CONFLICT to tell them apart.
    number = sa.bindparam("number", 0, type_=sa.Integer)
    chosen = sa.select(number, c.event_day, c.cohort_day, c.unit_id, n).where(n != 0)
    statement = upsert(rollup).from_select(["measure_id", "event_day", "cohort_day", "unit_id", "n"], chosen)
    key = [rollup.c.measure_id, rollup.c.event_day, rollup.c.cohort_day, rollup.c.unit_id]
    added: sa.Executable = statement.on_conflict_do_update(
        index_elements=key, set_={"n": rollup.c.n + statement.excluded.n}
    )
    return added


def _words(expression: sa.ColumnElement[Any]) -> str:
    return str(expression.compile(compile_kwargs={"literal_binds": True}))
