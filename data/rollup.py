"""Measures → additive daily counts per unit, kept current by every import.

A new version of a dossier takes the old version's events out and puts its own in, so that a figure of any unit for any
day is a sum over a small table and its cost does not grow with the number of dossiers.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import sqlalchemy as sa

from data import bulk, measures, spans, worktime
from data.home import Home, Rules
from data.measures import Event, Measure, events_of
from data.records import Session
from data.schema import NO_COHORT, REPLACED, STILL_BELIEVED, dossiers, rollup
from data.schema import measures as kept

if TYPE_CHECKING:
    import pyarrow as pa

    from data.columnar import Engine
    from data.sessions import Upsert
    from data.store import Store

MANY = 5_000
"""From so many versions on, a store that counts row by row has them counted in columns (``data.columnar``)."""


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


def prepare(store: Store) -> None:
    """What writing and counting many versions needs beside the rows: best done while a large file is being read."""
    import adbc_driver_sqlite.dbapi  # noqa: F401 - a tenth of a second

    from data import columnar

    home = store.home
    if store.is_empty():
        worktime.days(home.calendar, home.zone)
    chosen = tuple(wanted(home))
    for measure in chosen:
        measure.definition  # noqa: B018 - remembered from now on
    columnar.prepare([one.counts for one in _passes(chosen, "given", None)])


class Ahead:
    """Counts of versions that are about to enter, less those that have ``left``, made while the store writes; for a small
    file nothing of the kind.

    Use it in a ``with``: leaving waits for the counting to end.
    """

    def __init__(self, session: Session, home: Home, entering: pa.Table, import_id: int, *, left: bool) -> None:
        self.current = _current(session, home)
        self._pool: ThreadPoolExecutor | None = None
        if session.counts_by_row and entering.num_rows >= MANY:
            from data import columnar

            engine, chosen = columnar.Engine(session), tuple(self.current.values())
            versions = [(entering, 1)]
            if left:
                replaced = columnar.versions(session, _versions(import_id)["left"], all_over=False)
                versions.append((replaced, _sign("left")))
            self._pool = ThreadPoolExecutor(1)
            numbers = list(self.current)

            def counted() -> tuple[pa.Table, Path | None]:
                with engine:
                    counts = _in_order(numbers, _gather(engine, chosen, versions))
                return counts, session.write_ahead(_STAGE, counts)

            self._found = self._pool.submit(counted)

    @property
    def counts(self) -> tuple[pa.Table, Path | None] | None:
        """The counts as ``Session.stage`` takes them; None when the store is to count for itself."""
        return None if self._pool is None else self._found.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is None:
            return
        self._pool.shutdown()
        if self._found.exception() is None and (written := self._found.result()[1]):
            bulk.drop(written)  # unless it was read, when it is gone already


def update(
    session: Session,
    home: Home,
    import_id: int,
    upsert: Upsert,
    *,
    entered: bool,
    left: bool,
    ahead: Ahead | None = None,
) -> None:
    """Carry one import into the kept counts: what its versions added and what those they replaced take away.

    ``ahead``: the counting of what entered, begun before it was written.
    """
    current = ahead.current if ahead else _current(session, home)
    keys = {measure.key for measure in current.values()}
    _count_anew(session, [measure for measure in wanted(home) if measure.key not in keys], upsert)
    counts = ahead.counts if ahead else None
    if counts is not None:
        _keep(session, upsert, *counts)
        return
    if left:
        _count(session, current, "left", upsert, import_id)
    if entered:
        _count(session, current, "entered", upsert, import_id)


def _current(session: Session, home: Home) -> dict[int, Measure]:
    """Measures that are kept in their present definition, by number; all of them where there are no dossiers yet."""
    known = _known(session)
    found = [measure for measure in wanted(home) if known.get(measure.key, (0, ""))[1] == measure.definition]
    if len(found) < len(wanted(home)) and not session.rows(sa.select(dossiers.c.id).limit(1)):
        return _begin(session, wanted(home))
    return {known[measure.key][0]: measure for measure in found}


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


def _begin(session: Session, chosen: list[Measure]) -> dict[int, Measure]:
    """Keep measures from nothing; gives their numbers."""
    known = _known(session)
    highest = max((number for number, _ in known.values()), default=0)
    numbered: dict[int, Measure] = {}
    for measure in chosen:
        if measure.key not in known:
            highest += 1
        numbered[known[measure.key][0] if measure.key in known else highest] = measure
    session.run(sa.delete(rollup).where(rollup.c.measure_id.in_(numbered)))
    session.run(sa.delete(kept).where(kept.c.id.in_(numbered)))
    session.insert(kept, [{"id": number, "key": m.key, "definition": m.definition} for number, m in numbered.items()])
    return numbered


def _count_anew(session: Session, chosen: list[Measure], upsert: Upsert) -> None:
    if chosen:
        _count(session, _begin(session, chosen), "believed", upsert)


# One pass for many measures ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Pass:
    """One pass over dossier versions for all events that share their day and their cohort.

    ``counts``: event_day, cohort_day, unit_id and a column of counts per event; ``places``: which measure each belongs to;
    ``adds``: for each of these columns the statement that adds it to the kept counts, out of ``scratch``.
    """

    counts: sa.Select[Any]
    places: tuple[int, ...]
    scratch: sa.Table
    fill: sa.Executable
    adds: tuple[sa.Executable, ...]


def _count(session: Session, chosen: dict[int, Measure], which: str, upsert: Upsert, import_id: int = 0) -> None:
    """Add the events of the versions that are ``believed``, or ``entered`` with or ``left`` at an import."""
    numbers, measured = list(chosen), tuple(chosen.values())
    versions = _versions(import_id)[which]
    if session.counts_by_row and session.rows(sa.select(dossiers.c.id).where(versions).limit(1).offset(MANY)):
        from data import columnar

        read = columnar.versions(session, versions, all_over=which == "believed")
        with columnar.Engine(session) as engine:
            _keep(session, upsert, _in_order(numbers, _gather(engine, measured, [(read, _sign(which))])))
        return
    for one in _passes(measured, which, upsert):
        session.scratch(one.scratch)
        session.run(one.fill, {"import": import_id})
        for place, add in zip(one.places, one.adds, strict=True):
            session.run(add, {"number": numbers[place]})
        session.run(sa.delete(one.scratch))


def _gather(engine: Engine, chosen: tuple[Measure, ...], versions: list[tuple[pa.Table, int]]) -> pa.Table:
    """Counts of versions in memory, each table times its sign: place of the measure, event_day, cohort_day, unit_id, n."""
    import pyarrow as pa
    import pyarrow.compute as pc

    parts = []
    for given, sign in versions:
        engine.give(given)
        for one in _passes(chosen, "given", None):
            found = engine.run(one.counts)
            for place, column in zip(one.places, found.column_names[len(_KEY) :], strict=True):
                counted = found.filter(pc.not_equal(found[column], 0))
                n = pc.multiply(counted[column], sign)
                parts.append(
                    pa.table([pa.repeat(place, len(n)), *(counted[name] for name in _KEY), n], ["place", *_KEY, "n"])
                )
    return (
        pa.concat_tables(parts)
        .group_by(["place", *_KEY])
        .aggregate([("n", "sum")])
        .rename_columns(["place", *_KEY, "n"])
    )


def _in_order(numbers: list[int], counts: pa.Table) -> pa.Table:
    """Counts as they are kept: the measures by their numbers."""
    import pyarrow as pa

    places = counts["place"].combine_chunks()
    counts = counts.set_column(0, "measure_id", pa.array(numbers, pa.int64()).take(places))
    return counts.sort_by([(name, "ascending") for name in ("measure_id", *_KEY)])


def _keep(session: Session, upsert: Upsert, counts: pa.Table, written: Path | None = None) -> None:
    stage = session.stage(_STAGE, counts, written)
    session.run(_adding(stage, stage.c.measure_id, stage.c.n, upsert))
    session.unstage(stage)


_KEY = ("event_day", "cohort_day", "unit_id")
_STAGE = "rollup_stage"


def _versions(import_id: int) -> dict[str, sa.ColumnElement[bool]]:
    v = dossiers.c
    imported = sa.bindparam("import", import_id, type_=sa.Integer)
    return {
        "believed": believed(),
        "entered": sa.and_(v.from_import == imported, spans.since(imported)),
        "left": sa.and_(v.to_import == imported, sa.text(REPLACED)),
        "given": sa.true(),
    }


def _sign(which: str) -> int:
    return -1 if which == "left" else 1


@lru_cache(maxsize=64)
def _passes(chosen: tuple[Measure, ...], which: str, upsert: Upsert) -> tuple[_Pass, ...]:
    together: dict[tuple[str, str], list[tuple[int, Event]]] = {}
    for place, measure in enumerate(chosen):
        for event in measure.events:
            together.setdefault((_words(event.day), _words(event.cohort_day)), []).append((place, event))
    return tuple(_pass(f"count_{n}", events, which, upsert) for n, events in enumerate(together.values()))


def _pass(name: str, events: list[tuple[int, Event]], which: str, upsert: Upsert) -> _Pass:
    v = dossiers.c
    day, cohort = events[0][1].day.label("event_day"), events[0][1].cohort_day.label("cohort_day")
    each_counts = [
        sa.case((event.where, event.n), else_=sa.literal_column("0")).label(f"n{i}")
        for i, (_, event) in enumerate(events)
    ]
    each = sa.select(day, cohort, v.unit_id, *each_counts).where(_versions(0)[which], day.is_not(None)).subquery().c
    key = [each[column] for column in _KEY]
    sums = [(_sign(which) * sa.func.sum(each[count.name])).label(count.name) for count in each_counts]
    counts = sa.select(*key, *sums).group_by(*key)
    scratch = sa.Table(
        name,
        sa.MetaData(),
        *(sa.Column(column, sa.Integer) for column in _KEY),
        *(sa.Column(count.name, sa.BigInteger) for count in each_counts),
        prefixes=["TEMPORARY"],
    )
    number = sa.bindparam("number", 0, type_=sa.Integer)
    return _Pass(
        counts,
        tuple(place for place, _ in events),
        scratch,
        sa.insert(scratch).from_select(scratch.columns.keys(), counts),
        tuple(_adding(scratch, number, scratch.c[count.name], upsert) for count in each_counts) if upsert else (),
    )


def _adding(stage: sa.Table, number: sa.ColumnElement[Any], n: sa.ColumnElement[Any], upsert: Upsert) -> sa.Executable:
    # SQLite needs a WHERE between SELECT and ON CONFLICT to tell them apart.
    chosen = sa.select(number, *(stage.c[name] for name in _KEY), n).where(n != 0)
    statement = upsert(rollup).from_select(["measure_id", *_KEY, "n"], chosen)
    key = [rollup.c.measure_id, *(rollup.c[name] for name in _KEY)]
    added: sa.Executable = statement.on_conflict_do_update(
        index_elements=key, set_={"n": rollup.c.n + statement.excluded.n}
    )
    return added


def _words(expression: sa.ColumnElement[Any]) -> str:
    return str(expression.compile(compile_kwargs={"literal_binds": True}))
