"""Files that wait for a person's yes: they look cut off, or older than what is known.

What waits is the judged content (facts and refusals, without personal data), never the file.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from statistics import median
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from data.audit import Entry
from data.clock import MICROSECONDS_PER_DAY, day_of
from data.errors import CallFault
from data.home import Home
from data.known import Told
from data.locale import _
from data.records import ImportHead, Refusal
from data.schema import held, imports
from data.store import Store
from loaders.report import LoadReport

LEAST_ROWS = 50
"""Smaller files come and go; they are never taken for cut off."""
FEWER = 1 / 3
"""A daily file with less than this share of the smallest usual one looks cut off."""
FEWER_FULL = 0.9
"""A full export never shrinks by more."""
USUAL = 3
"""So many earlier files of the weekday make a habit."""


@dataclass(frozen=True)
class Judged:
    """A file's content, judged and ready to be applied."""

    head: ImportHead
    facts: pa.Table
    refusals: Sequence[Refusal]
    unit_names: dict[str, str]
    refused_codes: list[str]
    read: int
    refused: int
    repeated: int
    notes: dict[str, Any]
    told: Told | None = None
    """What the rows are known by when they come again, and those that are so known now."""


@dataclass(frozen=True, slots=True)
class Held:
    """A file that waits. ``at``: when it came, UTC microseconds."""

    id: int
    file: str
    reason: str
    profile: str
    read: int
    refused: int
    who: str
    at: int


def looks_cut_off(store: Store, home: Home, head: ImportHead, read: int) -> str:
    """Why a file looks cut off; empty when it does not. Compared with files of its profile, daily ones of its weekday."""
    c = imports.c
    same = sa.select(c.exported, c.read).where(c.profile == head.profile, c.state == "loaded", c.kind == head.kind)
    with store.read() as connection:
        past = [tuple(row) for row in connection.execute(same.where(c.mode == head.mode).order_by(c.id.desc()))]
    if head.mode == "full":
        if past and past[0][1] >= LEAST_ROWS and read < FEWER_FULL * past[0][1]:
            return _(
                "Tệp đầy đủ này chỉ có {rows} dòng, lần trước có {before}: có thể bị cắt.", rows=read, before=past[0][1]
            )
        return ""
    if head.exported is None or not home.calendar.is_working(day_of(head.exported)):
        return ""
    usual = [
        rows
        for day, rows in past
        if day is not None
        and day < head.exported
        and (head.exported - day) % 7 == 0
        and home.calendar.is_working(day_of(day))
    ][:8]
    if len(usual) < USUAL or min(usual) < LEAST_ROWS or read >= FEWER * min(usual):
        return ""
    return _(
        "Tệp chỉ có {rows} dòng; cùng ngày trong tuần thường có khoảng {usual}: có thể bị cắt.",
        rows=read,
        usual=round(median(usual)),
    )


def looks_older(
    store: Store, head: ImportHead, latest: int | None, older: int, new: int, changed: int, absent: int
) -> str:
    """Why a file looks older than what is known; empty when it does not.

    ``older``: its rows that say otherwise than an export of a later day. A full export without a date gives itself away:
    it brings nothing new, ends earlier, and lacks dossiers.
    """
    if older:
        return _("{rows} dòng khác với tệp của ngày muộn hơn đã nạp: tệp này cũ hơn số liệu đang có.", rows=older)
    if head.mode != "full" or head.exported is not None or new or not changed or not absent or latest is None:
        return ""
    c = imports.c
    before = sa.select(sa.func.max(c.latest)).where(c.profile == head.profile, c.state == "loaded")
    with store.read() as connection:
        known = connection.execute(before).scalar()
    if known is None or latest >= known - MICROSECONDS_PER_DAY // 24:
        return ""
    return _("Tệp đầy đủ này không có gì mới và thiếu các hồ sơ gần nhất: có thể là tệp cũ.")


def hold(store: Store, judged: Judged, reason: str) -> int:
    """Keep a file's judged content until somebody decides. The same file waits once."""
    c, head = held.c, judged.head
    counts = {"profile": head.profile, "read": judged.read, "refused": judged.refused}
    with store.write(Entry("hold", head.file, head.at, head.who, details=counts)) as session:
        waiting = sa.select(c.id).where(c.sha256 == head.sha256, c.profile == head.profile, c.state == "waiting")
        found = session.rows(waiting)
        if found:
            return int(found[0][0])
        number = (session.rows(sa.select(sa.func.max(c.id)))[0][0] or 0) + 1
        row = {**asdict(head), "id": number, "reason": reason, "read": judged.read, "refused": judged.refused}
        session.insert(held, [{**row, "content": _packed(judged), "state": "waiting"}])
        return int(number)


def waiting(store: Store) -> list[Held]:
    """Files that nobody has decided about, oldest first."""
    c = held.c
    wanted = sa.select(c.id, c.file, c.reason, c.profile, c.read, c.refused, c.who, c.at)
    with store.read() as connection:
        rows = connection.execute(wanted.where(c.state == "waiting").order_by(c.id))
        return [Held(*row) for row in rows]


def take(store: Store, held_id: int) -> Judged:
    """The content of a waiting file. Raises CallFault when there is none of that number."""
    with store.read() as connection:
        row = (
            connection.execute(sa.select(held).where(held.c.id == held_id, held.c.state == "waiting"))
            .mappings()
            .first()
        )
    if row is None:
        raise CallFault(_("Không có tệp đang chờ số {number}.", number=held_id))
    return _unpacked(dict(row))


def decide(store: Store, home: Home, held_id: int, yes: bool, *, who: str, at: int) -> LoadReport:
    """Take a waiting file after all, or drop it. Raises CallFault when no file of that number waits."""
    from loaders.apply import apply

    judged = take(store, held_id)
    judged = replace(judged, head=replace(judged.head, at=at, who=who))
    if not yes:
        _decided(store, held_id, "rejected", who, at, None)
        reason = _("{who} không nhận tệp này.", who=who)
        return LoadReport(judged.head.file, "refused", judged.read, refused=judged.read, reason=reason)
    report = apply(store, home, judged, accept=True)
    _decided(store, held_id, "accepted", who, at, report.import_id)
    return report


def _decided(store: Store, held_id: int, state: str, who: str, at: int, import_id: int | None) -> None:
    """The content is not needed any more."""
    told = {"decision": state, "import": import_id}
    with store.write(Entry("load", f"held:{held_id}", at, who, details=told)) as session:
        session.run(
            sa.update(held)
            .where(held.c.id == held_id)
            .values(state=state, decided_by=who, decided_at=at, import_id=import_id, content=None)
        )


def _packed(judged: Judged) -> bytes:
    out = io.BytesIO()
    kept = {name: getattr(judged, name) for name in ("unit_names", "refused_codes", "repeated", "notes")}
    kept["refusals"] = [asdict(row) for row in judged.refusals]
    schema = judged.facts.schema.with_metadata({b"judged": json.dumps(kept, ensure_ascii=False).encode()})
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(out, schema, options=options) as stream:
        stream.write_table(judged.facts.cast(schema))
    return out.getvalue()


def _unpacked(row: dict[str, Any]) -> Judged:
    facts = pa.ipc.open_stream(row["content"]).read_all()
    kept = json.loads(facts.schema.metadata[b"judged"])
    names = ("file", "sha256", "source", "profile", "kind", "who", "at", "mode", "exported")
    return Judged(
        head=ImportHead(**{name: row[name] for name in names}),
        facts=facts.replace_schema_metadata(None),
        refusals=[Refusal(**one) for one in kept["refusals"]],
        unit_names=kept["unit_names"],
        refused_codes=kept["refused_codes"],
        read=row["read"],
        refused=row["refused"],
        repeated=kept["repeated"],
        notes=kept["notes"],
    )
