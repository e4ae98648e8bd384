"""Applies the facts of one file inside one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from data import rollup
from data.catalogue import apply as apply_catalogue
from data.clock import day_start
from data.facts import FACTS, SERIES_FACTS, SERVICE_FACTS
from data.home import Home
from data.records import Counts, ImportHead, Refusal, Session
from data.schema import (
    CONTENT,
    DAYS,
    FLAGS,
    STILL_BELIEVED,
    ancestors,
    dossiers,
    imports,
    procedures,
    refusals,
    series,
    units,
)
from data.units import Tree
from data.worktime import sync as sync_calendar


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
        self.latest: int | None = None
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

    def apply_dossiers(self, facts: pa.Table) -> Counts:
        """Facts in the form ``schema.FACTS``, one row per dossier code."""
        facts = facts.select(FACTS.names).cast(FACTS)
        if facts.num_rows == 0:
            return self.counts
        self._name_units(facts["unit"])
        self._name_procedures(facts)
        staged = _with_days(facts, self.home).append_column("unit_id", self._unit_ids(facts["unit"]))
        stage = self.session.stage("dossier_stage", staged.drop_columns(["unit", "procedure_name", "field_name"]))
        self._note_latest(facts, ("accepted_at", "finished_at", "returned_at", "apology_at"))

        old, new = dossiers.alias("old"), stage.c
        current = sa.and_(old.c.code == new.code, old.c.to_import == STILL_BELIEVED)
        differs = sa.or_(*(old.c[name].is_distinct_from(new[name]) for name in CONTENT))
        replaced = sa.select(old.c.id).select_from(stage.join(old, current)).where(differs)
        changed = self.session.run(
            sa.update(dossiers).where(dossiers.c.id.in_(replaced)).values(to_import=self.import_id)
        )
        columns = [column.name for column in dossiers.columns if column.name not in ("id", "from_import", "to_import")]
        believed = sa.exists().where(old.c.code == new.code, old.c.to_import == STILL_BELIEVED)
        added = self.session.run(
            sa.insert(dossiers).from_select(
                [*columns, "from_import", "to_import"],
                sa.select(
                    *(new[name] for name in columns), sa.literal(self.import_id), sa.literal(STILL_BELIEVED)
                ).where(~believed),
            )
        )
        self.session.run(sa.text("DROP TABLE dossier_stage"))
        rollup.update(self.session, self.home, self.import_id, self.upsert, entered=added > 0, left=changed > 0)
        self._add(Counts(added - changed, changed, facts.num_rows - added))
        return self.counts

    def apply_services(self, facts: pa.Table) -> Counts:
        """A catalogue export (``schema.SERVICE_FACTS``): what differs from what was known becomes history."""
        facts = facts.select(SERVICE_FACTS.names).cast(SERVICE_FACTS)
        self._name_units(facts["unit"])
        export_day = _local_days(pa.chunked_array([pa.array([self.head.at], pa.int64())]), self.home)[0].as_py()
        counts, latest_day = apply_catalogue(self.session, self.import_id, facts, self._ids, export_day)
        self._note_day(latest_day)
        rollup.catalogue_changed(self.session, self.home, self.upsert)
        self._add(counts)
        return counts

    def apply_series(self, facts: pa.Table) -> Counts:
        """Entries of manual series and ranks (``schema.SERIES_FACTS``); one entry per figure, unit, level, scheme and day."""
        facts = facts.select(SERIES_FACTS.names).cast(SERIES_FACTS)
        c = series.c
        key, content = ("kpi", "unit", "level", "scheme", "on"), ("numerator", "denominator", "value", "source")
        known = {
            row[1 : 1 + len(key)]: (row[0], row[1 + len(key) :])
            for row in self.session.rows(
                sa.select(c.id, *(c[n] for n in (*key, *content))).where(c.to_import == STILL_BELIEVED)
            )
        }
        rows = {tuple(row[name] for name in key): row for row in facts.to_pylist()}
        fresh = {k: row for k, row in rows.items() if k not in known or known[k][1] != tuple(row[n] for n in content)}
        replaced = [known[k][0] for k in fresh if k in known]
        if replaced:
            self.session.run(sa.update(series).where(c.id.in_(replaced)).values(to_import=self.import_id))
        if fresh:
            values = [{**row, "from_import": self.import_id, "to_import": STILL_BELIEVED} for row in fresh.values()]
            self.session.insert(series, values)
            self._note_day(max(row["on"] for row in fresh.values()))
        self._add(Counts(len(fresh) - len(replaced), len(replaced), facts.num_rows - len(fresh)))
        return self.counts

    def refuse(self, rows: Iterable[Refusal]) -> None:
        self.session.insert(refusals, [{"import_id": self.import_id, **asdict(row)} for row in rows])

    def finish(self, *, read: int, refused: int, unchanged: int = 0) -> Counts:
        """Write the import's counts. ``unchanged``: rows beyond those applied that say nothing new (repeats in the file)."""
        self._add(Counts(0, 0, unchanged))
        total = {**asdict(self.counts), "read": read, "refused": refused, "latest": self.latest}
        self.session.run(sa.update(imports).where(imports.c.id == self.import_id).values(**total))
        return self.counts

    def _add(self, counts: Counts) -> None:
        mine = self.counts
        self.counts = Counts(mine.new + counts.new, mine.changed + counts.changed, mine.unchanged + counts.unchanged)

    def _note_latest(self, facts: pa.Table, names: Sequence[str]) -> None:
        """Remember the latest moment; dates flagged as far away do not count."""
        near = facts.filter(pc.equal(pc.bit_wise_and(facts["flags"], FLAGS["far_date"]), 0))
        found = [moment for name in names if (moment := pc.max(near[name]).as_py()) is not None]
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

    def _name_procedures(self, facts: pa.Table) -> None:
        named = facts.select(["procedure", "procedure_name", "field_name"]).filter(
            pc.and_(pc.is_valid(facts["procedure"]), pc.is_valid(facts["procedure_name"]))
        )
        latest = {row["procedure"]: row for row in named.group_by(named.column_names).aggregate([]).to_pylist()}
        known = {
            code: (name, field)
            for code, name, field in self.session.rows(
                sa.select(procedures.c.code, procedures.c.name, procedures.c.field_name)
            )
        }
        for code, row in latest.items():
            name, field = row["procedure_name"], row["field_name"] or ""
            if code not in known:
                self.session.run(sa.insert(procedures).values(code=code, name=name, field_name=field))
            elif known[code] != (name, field):
                self.session.run(
                    sa.update(procedures).where(procedures.c.code == code).values(name=name, field_name=field)
                )


def _local_days(moments: pa.ChunkedArray, home: Home) -> pa.ChunkedArray:
    zoned = moments.cast(pa.timestamp("us", tz="UTC")).cast(pa.timestamp("us", tz=str(home.zone)))
    return pc.local_timestamp(zoned).cast(pa.date32(), safe=False).cast(pa.int32())


def _with_days(facts: pa.Table, home: Home) -> pa.Table:
    for moment, day in DAYS.items():
        facts = facts.append_column(day, _local_days(facts[moment], home))
    return facts.append_column("past_due_day", _local_days(pc.add(facts["due_at"], 1), home))
