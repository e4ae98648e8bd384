"""Applies the facts of one file inside one transaction."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import asdict
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from numpy.typing import NDArray

from data import absence, bulk, codes, corrections, known, rollup, spans
from data.catalogue import apply as apply_catalogue
from data.clock import day_start, local_day
from data.content import content
from data.facts import FACTS, SERIES_FACTS, SERVICE_FACTS
from data.home import Home
from data.known import Arrays, Outdated, Told
from data.records import Counts, ImportHead, Refusal, Session
from data.schema import (
    DAYS,
    FLAGS,
    STILL_BELIEVED,
    ancestors,
    confirmed,
    dossiers,
    imports,
    procedures,
    refusals,
    series,
    units,
    versions_by_code,
)
from data.schema import spans as dossier_spans
from data.units import Tree
from data.worktime import sync as sync_calendar

_SAME, _DIFFERS, _OLDER = range(3)
"""How a row stands to what is believed; the last one differs, but a later export has said otherwise."""
_BELIEF = ("read_import", "from_import", "to_import")


class Writer:
    """Applies the facts of one file. Loading the same facts again changes nothing."""

    def __init__(self, home: Home, session: Session, head: ImportHead, upsert: Any) -> None:
        self.home, self.session, self.head = home, session, head
        self.upsert = upsert
        highest = session.rows(sa.select(sa.func.max(imports.c.id)))[0][0]
        self.import_id = (highest or 0) + 1
        session.run(
            sa.insert(imports).values(
                id=self.import_id, **asdict(head), read=0, new=0, changed=0, unchanged=0, refused=0, state="loaded"
            )
        )
        sync_calendar(session, home)
        self.counts = Counts()
        self.loaded_before: int | None = None
        """The import that holds this very file already: seen inside the transaction, so that two loads at once count once."""
        self.older = 0
        """Rows that said otherwise than a later export, and were not taken."""
        self.absent = 0
        """Dossiers that this full export no longer holds."""
        self.refused_codes: list[str] = []
        """Codes of refused rows: in the file, so not absent."""
        self.latest: int | None = None
        self._owed: Counter[int] = Counter()
        """Import → how many rows of this file say again what that one had brought."""
        self._ids = {code: number for number, code in session.rows(sa.select(units.c.id, units.c.code))}

    def add_units(self, names: Mapping[str, str]) -> None:
        """Make units known to the store: code → name."""
        missing = {code: name for code, name in names.items() if code not in self._ids}
        if not missing:
            return
        first = max(self._ids.values(), default=0) + 1
        rows: list[dict[str, Any]] = [
            {"id": first + n, "code": code, "name": name} for n, (code, name) in enumerate(sorted(missing.items()))
        ]
        self.session.insert(units, rows)
        self._ids |= {row["code"]: row["id"] for row in rows}
        tree = Tree(self.home, date.max, [(code, names.get(code, code)) for code in self._ids])
        for row in rows:
            for code in tree.above(row["code"]):
                if code not in self._ids:
                    self.add_units({code: tree[code].name})
        pairs = [
            {"unit_id": row["id"], "ancestor_id": self._ids[code], "distance": distance}
            for row in rows
            for distance, code in enumerate(tree.above(row["code"]))
        ]
        self.session.insert(ancestors, pairs)

    def apply_dossiers(self, facts: pa.Table, told: Told | None = None) -> Counts:
        """Facts in the form ``schema.FACTS``, and ``code_hash`` where it is known, one row per dossier code; ``told``: what these are known by, and further rows.

        Raises Outdated when the further rows have to be judged after all; then nothing may be kept.
        """
        numbers = facts["code_hash"] if "code_hash" in facts.column_names else pa.array(codes.hashes(facts["code"]))
        facts = facts.select(FACTS.names).cast(FACTS)
        again = 0 if told is None else len(told.again)
        if facts.num_rows + again == 0:
            return self.counts
        if told and told.before and told.before.last_import != self.import_id - 1:
            raise Outdated
        self._name_units(facts["unit"])
        self._note_latest(facts, ("accepted_at", "finished_at", "returned_at", "apology_at"))
        rows = facts.append_column("unit_id", self._unit_ids(facts["unit"]))
        rows = rows.drop_columns(["unit", "procedure_name", "field_name"])
        rows = rows.append_column("content", content(rows))
        rows = rows.append_column("code_hash", numbers)
        rows = rows.append_column("place", pa.array(np.arange(rows.num_rows, dtype=np.int32)))
        met, order = self._meet(rows)
        entering, changed = (rows, 0) if met is None else self._replace(rows, met, order)
        self._again(told, met)
        self._confirm(self._owed)
        self._name_procedures(facts, entering)
        entering = _with_days(entering, self.home)
        with (
            rollup.Ahead(self.session, self.home, entering, self.import_id, left=changed > 0) as ahead,
            ThreadPoolExecutor(1) as beside,
        ):
            places, ids = self._places(entering)
            remembered = self._remembered(beside, facts, told, met, order, entering, ids)
            self._keep(entering, places, ids)
            self._remember(told, remembered)
            if met is not None:
                if self.head.mode == "full":
                    self.absent = absence.note(
                        self.session, met, self.import_id, self.head.profile, self.refused_codes, told
                    )
                self.session.unstage(met)
            until = corrections.told_until(self.session, self.import_id, self.head.kind)
            corrections.note_dossiers(self.session, self.import_id, self.head.at, self.head.who, until)
            added = entering.num_rows
            rollup.update(
                self.session, self.home, self.import_id, self.upsert, entered=added > 0, left=changed > 0, ahead=ahead
            )
        self._add(Counts(added - changed, changed, facts.num_rows - added + again))
        return self.counts

    def _again(self, told: Told | None, met: sa.Table | None) -> None:
        """Count the rows that read as in the file before, and are not judged. No other row may be of one of their dossiers."""
        if told is None or told.before is None or not len(told.again):
            return
        others = [] if met is None else [row[0] for row in self.session.rows(sa.select(met.c.id))]
        if told.tells(np.array(others, np.int64)).any():
            raise Outdated
        owed, n = np.unique(told.before.owed[told.again], return_counts=True)
        self._owed.update(dict(zip(owed.tolist(), n.tolist(), strict=True)))
        latest = int(told.before.latest[told.again].max())
        self.latest = latest if self.latest is None else max(self.latest, latest)

    def _remembered(
        self,
        beside: Executor,
        facts: pa.Table,
        told: Told | None,
        met: sa.Table | None,
        order: NDArray[np.int64],
        entering: pa.Table,
        entered: NDArray[np.int64],
    ) -> Future[Arrays] | None:
        """By what the rows of this file will be known, put together while they are written."""
        if told is None:
            return None
        ids, owed = np.zeros(facts.num_rows, np.int64), np.full(facts.num_rows, self.import_id)
        hashes = told.hashes.copy()
        if met is not None:
            m = met.c
            stay = self.session.rows(sa.select(m.row, m.id, m.read_import, m.differs).where(m.differs != _DIFFERS))
            if stay:
                row, id_, read, differs = np.array(stay, np.int64).T
                ids[order[row]], owed[order[row]] = id_, read
                hashes[order[row[differs == _OLDER]]] = 0
        ids[entering["place"].to_numpy()] = entered
        return beside.submit(known.arrays, facts, hashes, ids, owed)

    def _remember(self, told: Told | None, remembered: Future[Arrays] | None) -> None:
        """Keep by what the rows of this file will be known."""
        if told is None or remembered is None:
            known.forget(self.session, self.head.profile)
            return
        refused = known.versions_of(self.session, self.refused_codes)
        last = spans.next_id(self.session) - 1
        known.keep(self.session, self.head.profile, self.import_id, told, remembered.result(), refused, last)

    def _places(self, entering: pa.Table) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where the versions stand in ``entering``, in the order in which they are to lie, and their ids."""
        first = spans.next_id(self.session)
        places = spans.places(entering, bulk.STRETCH)
        ids = np.empty(entering.num_rows, np.int64)
        ids[places] = np.arange(first, first + entering.num_rows)
        return places, ids

    def _keep(self, entering: pa.Table, places: NDArray[np.int64], ids: NDArray[np.int64]) -> None:
        """Write the versions, in the order in which they are to lie, and note their runs and their codes."""
        same = dict(zip(_BELIEF, (self.import_id, self.import_id, STILL_BELIEVED), strict=True)) | _the_same(
            entering.drop_columns("place")
        )
        filled = [
            name
            for name in entering.column_names
            if entering[name].null_count < entering.num_rows and name not in ("place", *same)
        ]
        first = int(ids.min()) if len(ids) else 0
        runs: list[dict[str, Any]] = []

        def arrange(some: pa.Table, place: int) -> pa.Table:
            order = pa.array(places[place : place + some.num_rows] - place)
            # What is nothing in every row, or the same, is in any order.
            columns = [
                column if column.null_count == len(column) or name in same else column.combine_chunks().take(order)
                for name, column in zip(some.column_names, some.columns, strict=True)
            ]
            number = pa.array(np.arange(first + place, first + place + some.num_rows))
            ordered = pa.table(columns, some.schema.names).append_column("id", number)
            runs.extend(spans.runs(ordered, self.import_id))
            return ordered.select(["id", *filled])

        if entering.num_rows:
            self.session.append(
                dossiers,
                entering,
                arrange,
                same,
                beside=(versions_by_code, lambda: codes.in_order(entering["code_hash"], ids)),
            )
        self.session.insert(dossier_spans, sorted(runs, key=lambda run: run["first_id"]))

    def _meet(self, rows: pa.Table) -> tuple[sa.Table | None, NDArray[np.int64]]:
        """What is believed of the file's dossiers: row of the file, its version, whether they differ, where that was read.

        None in a store without dossiers. Rows are numbered in the order of the codes' numbers, in which the table of these
        is gone through from end to end instead of here and there; where they stand in ``rows`` is given beside.
        """
        if not self.session.rows(sa.select(dossiers.c.id).limit(1)):
            return None, np.zeros(0, np.int64)
        order = np.argsort(rows["code_hash"].to_numpy())
        number = pa.array(np.arange(rows.num_rows, dtype=np.int64))
        known_by = rows.select(["code_hash", "code", "content"]).combine_chunks().take(pa.array(order))
        stage = self.session.stage("dossier_stage", known_by.add_column(0, "row", number))
        columns = [sa.Column(name, sa.BigInteger) for name in ("id", "differs", "read_import")]
        row_column = sa.Column("row", sa.Integer, primary_key=True, autoincrement=False)
        met = sa.Table("dossier_met", sa.MetaData(), row_column, *columns, prefixes=["TEMPORARY"])
        self.session.scratch(met)
        old, new = dossiers.c, stage.c
        differs = sa.case((old.content == new.content, _SAME), else_=_DIFFERS)
        pair = sa.and_(codes.same(stage, versions_by_code, dossiers), old.to_import == STILL_BELIEVED)
        self.session.run(
            sa.insert(met).from_select(
                ["row", "id", "differs", "read_import"],
                sa.select(new.row, old.id, differs, old.read_import).where(pair),
            )
        )
        self.session.unstage(stage)
        return met, order

    def _replace(self, rows: pa.Table, met: sa.Table, order: NDArray[np.int64]) -> tuple[pa.Table, int]:
        """End the belief in what the file says otherwise; gives the rows to be believed now, and how many replace one."""
        m, session = met.c, self.session
        if newer := self._newer_exports():
            # What a later export said stays; how often that is the case is told.
            stays = sa.update(met).where(m.differs == _DIFFERS, m.read_import.in_(newer)).values(differs=_OLDER)
            self.older = session.run(stays)
        changed = [row[0] for row in session.rows(sa.select(m.row).where(m.differs == _DIFFERS))]
        replaced = sa.select(m.id).where(m.differs == _DIFFERS)
        session.run(sa.update(dossiers).where(dossiers.c.id.in_(replaced)).values(to_import=self.import_id))
        still = sa.select(m.read_import, sa.func.count()).where(m.differs != _DIFFERS).group_by(m.read_import)
        self._owed.update(dict(session.rows(still)))
        known = session.rows(sa.select(sa.func.count()).select_from(met))[0][0]
        entering = np.zeros(rows.num_rows, np.bool_)
        if known < rows.num_rows:
            entering[:] = True
            entering[order[[row[0] for row in session.rows(sa.select(m.row))]]] = False
        entering[order[changed]] = True
        return (rows if entering.all() else rows.filter(pa.array(entering))), len(changed)

    def apply_services(self, facts: pa.Table) -> Counts:
        """A catalogue export (``schema.SERVICE_FACTS``): what differs from what was known becomes history."""
        facts = facts.select(SERVICE_FACTS.names).cast(SERVICE_FACTS)
        self._name_units(facts["unit"])
        export_day = _local_days(pa.chunked_array([pa.array([self.head.at], pa.int64())]), self.home)[0].as_py()
        laid = apply_catalogue(self.session, self.import_id, facts, self._ids, export_day)
        self._confirm(laid.confirmed)
        self._correct(laid.changes)
        self._note_day(laid.latest)
        rollup.catalogue_changed(self.session, self.home, self.upsert)
        self._add(laid.counts)
        return laid.counts

    def apply_series(self, facts: pa.Table) -> Counts:
        """Entries of manual series and ranks (``schema.SERIES_FACTS``); one entry per figure, unit, level, scheme and day."""
        facts = facts.select(SERIES_FACTS.names).cast(SERIES_FACTS)
        c = series.c
        key, content = ("kpi", "unit", "level", "scheme", "on"), ("numerator", "denominator", "value", "source")
        known = {
            row[2 : 2 + len(key)]: (row[0], row[2 + len(key) :], row[1])
            for row in self.session.rows(
                sa.select(c.id, c.read_import, *(c[n] for n in (*key, *content))).where(c.to_import == STILL_BELIEVED)
            )
        }
        rows = {tuple(row[name] for name in key): row for row in facts.to_pylist()}
        fresh = {k: row for k, row in rows.items() if k not in known or known[k][1] != tuple(row[n] for n in content)}
        replaced = [known[k][0] for k in fresh if k in known]
        self._confirm(Counter(known[k][2] for k in rows if k not in fresh))
        if replaced:
            self.session.run(sa.update(series).where(c.id.in_(replaced)).values(to_import=self.import_id))
        if fresh:
            belief = dict(zip(_BELIEF, (self.import_id, self.import_id, STILL_BELIEVED), strict=True))
            values = [{**row, **belief} for row in fresh.values()]
            self._correct(
                [
                    (
                        corrections.CORRECTED if k in known else corrections.LATE,
                        self._ids.get(row["unit"]),
                        row["on"],
                        row["kpi"],
                    )
                    for k, row in fresh.items()
                ]
            )
            self.session.insert(series, values)
            self._note_day(max(row["on"] for row in fresh.values()))
        self._add(Counts(len(fresh) - len(replaced), len(replaced), facts.num_rows - len(fresh)))
        return self.counts

    def refuse(self, rows: Iterable[Refusal]) -> None:
        self.session.insert(refusals, [{"import_id": self.import_id, **asdict(row)} for row in rows])

    def finish(self, *, read: int, refused: int, unchanged: int = 0, notes: Mapping[str, Any] | None = None) -> Counts:
        """Write the import's counts. ``unchanged``: rows beyond those applied that say nothing new (repeats in the file).

        ``notes``: further counts of the load report (flags, skipped, merged).
        """
        self._add(Counts(0, 0, unchanged))
        told = json.dumps({**(notes or {}), "older": self.older, "absent": self.absent}, ensure_ascii=False)
        total = {**asdict(self.counts), "read": read, "refused": refused, "latest": self.latest, "notes": told}
        self.session.run(sa.update(imports).where(imports.c.id == self.import_id).values(**total))
        return self.counts

    def _confirm(self, owed: Mapping[int, int]) -> None:
        """Remember whose rows this file says again."""
        rows = [{"import_id": self.import_id, "owed_to": to, "n": n} for to, n in sorted(owed.items())]
        self.session.insert(confirmed, rows)

    def _newer_exports(self) -> list[int]:
        """Imports whose file speaks up to a later day than this one."""
        if self.head.exported is None:
            return []
        wanted = sa.select(imports.c.id).where(imports.c.exported > self.head.exported, imports.c.state == "loaded")
        return [row[0] for row in self.session.rows(wanted)]

    def _correct(self, changes: list[tuple[str, int | None, int, str]]) -> None:
        told = corrections.told_until(self.session, self.import_id, self.head.kind)
        day = None if told is None else local_day(told, self.home.zone)
        corrections.note_days(self.session, self.import_id, self.head.at, self.head.who, day, changes)

    def _add(self, counts: Counts) -> None:
        mine = self.counts
        self.counts = Counts(mine.new + counts.new, mine.changed + counts.changed, mine.unchanged + counts.unchanged)

    def _note_latest(self, facts: pa.Table, names: Sequence[str]) -> None:
        """Remember the latest moment; dates flagged as far away do not count."""
        near = pc.equal(pc.bit_wise_and(facts["flags"], FLAGS["far_date"]), 0)
        columns = [facts[name] for name in names]
        if not pc.all(near).as_py():
            columns = [column.filter(near) for column in columns]
        found = [moment for column in columns if (moment := pc.max(column).as_py()) is not None]
        self.latest = max([*found, *([] if self.latest is None else [self.latest])], default=None)

    def _note_day(self, day: int | None) -> None:
        if day is not None:
            self.latest = max(day_start(day, self.home.zone), self.latest or day_start(day, self.home.zone))

    def _name_units(self, codes: pa.ChunkedArray) -> None:
        wanted = pc.unique(codes).to_pylist()
        missing = [code for code in wanted if code not in self._ids]
        if missing:
            tree = Tree(self.home, date.max)
            self.add_units({code: tree.units[code].name if code in tree.units else code for code in missing})

    def _unit_ids(self, codes: pa.ChunkedArray) -> pa.Array:
        encoded = codes.combine_chunks().dictionary_encode()
        ids = pa.array([self._ids[code] for code in encoded.dictionary.to_pylist()], pa.int32())
        return ids.take(encoded.indices)

    def _name_procedures(self, facts: pa.Table, entering: pa.Table) -> None:
        """Name procedures that have no name yet, and rename those that rows with something new to say call otherwise.

        What said nothing new has no say: names would depend on which rows are judged again.
        """
        newest = _procedure_names(facts if entering.num_rows == facts.num_rows else facts.take(entering["place"]))
        known = {
            code: (name, field)
            for code, name, field in self.session.rows(
                sa.select(procedures.c.code, procedures.c.name, procedures.c.field_name)
            )
        }
        for code, (name, field) in (_procedure_names(facts) | newest).items():
            if code not in known:
                self.session.run(sa.insert(procedures).values(code=code, name=name, field_name=field))
            elif code in newest and known[code] != (name, field):
                self.session.run(
                    sa.update(procedures).where(procedures.c.code == code).values(name=name, field_name=field)
                )


def _procedure_names(facts: pa.Table) -> dict[str, tuple[str, str]]:
    """Procedure → its name and that of its field."""
    named = facts.select(["procedure", "procedure_name", "field_name"])
    named = named.filter(pc.and_(pc.is_valid(named["procedure"]), pc.is_valid(named["procedure_name"])))
    each = named.group_by(named.column_names).aggregate([]).to_pylist()
    return {row["procedure"]: (row["procedure_name"], row["field_name"] or "") for row in each}


def _the_same(rows: pa.Table) -> dict[str, int]:
    """Columns of whole numbers that say the same in every row, and what."""
    found: dict[str, int] = {}
    for name, column in zip(rows.column_names, rows.columns, strict=True):
        if column.null_count == 0 and pa.types.is_integer(column.type) and rows.num_rows:
            ends = pc.min_max(column).as_py()
            if ends["min"] == ends["max"]:
                found[name] = ends["min"]
    return found


def _local_days(moments: pa.ChunkedArray, home: Home) -> pa.ChunkedArray:
    if moments.null_count == len(moments):
        return pa.chunked_array([pa.nulls(len(moments), pa.int32())])
    zoned = moments.cast(pa.timestamp("us", tz="UTC")).cast(pa.timestamp("us", tz=str(home.zone)))
    return pc.local_timestamp(zoned).cast(pa.date32(), safe=False).cast(pa.int32())


def _with_days(facts: pa.Table, home: Home) -> pa.Table:
    moments = [*(facts[name] for name in DAYS), pc.add(facts["due_at"], 1)]
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda column: _local_days(column, home), moments)
        for name, days in zip((*DAYS.values(), "past_due_day"), found, strict=True):
            facts = facts.append_column(name, days)
    return facts
