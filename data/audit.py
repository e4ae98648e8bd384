"""The audit log: who did what, when, and what came of it. Append-only; every entry holds the hash of the one before.

An entry that speaks of a write is made in the write's own transaction (``Store.write`` asks for it), so neither is there
without the other. Entries about mere looking come by ``seen``: nobody waits for those (``data.aside``).

What it finds, and what not: a changed, missing, added or moved entry breaks the chain (``verify``). Whoever may write the
database could make the whole chain anew; against that the newest hash is kept elsewhere (``head``, the manifest of every
backup) and compared (``holds``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa

from data.clock import MICROSECONDS_PER_DAY
from data.locale import _
from data.records import Session
from data.schema import settings
from data.schema_access import audit

if TYPE_CHECKING:
    from data.store import Store

HEAD = "audit_head"
"""Setting: number and hash of the newest entry, so that a log cut off at its end shows."""
CUT = "audit_cut"
"""Setting, within one transaction: up to which entry retention may delete (the trigger of the table asks for it)."""
RETENTION = "retention"
"""Action of the entry that vouches for those that were cut."""

OUTCOMES = ("done", "refused", "failed")
MINUTE = 60_000_000
_LONGEST = {"who": 200, "role": 16, "action": 32, "what": 300, "unit": 100, "outcome": 16}
_LONGEST_DETAILS = 2_000


class Actor(Protocol):
    """Whoever does something; ``data.people.Viewer`` is one."""

    @property
    def name(self) -> str: ...
    @property
    def identity(self) -> str: ...
    @property
    def role(self) -> str: ...


@dataclass(frozen=True)
class Entry:
    """What is to be written down. ``at``: UTC microseconds. ``who`` stands where nobody acts in this context (``act_as``).

    ``details`` hold counts, keys and settings: never a secret, never a dossier's content, never a search word.
    """

    action: str
    what: str
    at: int
    who: str = ""
    role: str = ""
    unit: str = ""
    outcome: str = "done"
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """An entry as it is kept. ``details``: JSON."""

    id: int
    at: int
    who: str
    role: str
    action: str
    what: str
    unit: str
    outcome: str
    details: str
    before: str
    hash: str


_acting: ContextVar[tuple[str, str]] = ContextVar("acting", default=("", ""))


def act_as(actor: Actor) -> None:
    """From here on this context (one page run, one request, one command) writes in this person's name."""
    _acting.set((signed(actor), str(actor.role)))


def signed(actor: Actor) -> str:
    """How somebody stands in the log: the name, and what the login or token is known by."""
    # The dot tells name and account apart, so no name may hold one.
    name = actor.name.replace("·", "-")
    return name if actor.identity in ("", actor.name) else f"{name} · {actor.identity}"


def record(
    store: Store,
    who: Actor,
    action: str,
    what: str,
    *,
    at: int,
    unit: str = "",
    outcome: str = "done",
    details: Mapping[str, Any] | None = None,
) -> None:
    """One entry in a transaction of its own: for what writes nothing else but must not go unrecorded.

    Raises StoreFault when it cannot be written; then what it speaks of must not be done.
    """
    with store.write(_entry(who, action, what, at, unit, outcome, details or {})):
        pass


def seen(
    store: Store,
    who: Actor,
    action: str,
    what: str,
    *,
    at: int,
    unit: str = "",
    outcome: str = "done",
    details: Mapping[str, Any] | None = None,
) -> None:
    """Somebody looked at dossiers, or was refused: at most once per person, action, page, unit, outcome and minute.

    Costs nothing here: it is written as soon as the store is free, even if a load holds it for a while. Raises StoreFault
    when the log has not been writable for so long that nothing more can wait: then nothing is to be shown.
    """
    entry = _entry(who, action, what, at, unit, outcome, details or {})
    store.aside.once(
        (entry.who, entry.action, entry.what, unit, outcome), at, MINUTE, lambda session: append(session, entry)
    )
    keep_days = store.home.file.access.audit_keep_days
    store.aside.once(RETENTION, at, MICROSECONDS_PER_DAY, lambda session: trim(session, keep_days, at))


def _entry(who: Actor, action: str, what: str, at: int, unit: str, outcome: str, details: Mapping[str, Any]) -> Entry:
    return Entry(str(action), what, at, signed(who), str(who.role), unit, outcome, details)


# Made once: a session keeps what a statement has been compiled to.
_LAST = sa.select(audit.c.id, audit.c.hash).order_by(audit.c.id.desc()).limit(1)
_WITNESS = sa.select(settings.c.value).where(settings.c.key == HEAD)
_SET = sa.update(settings).where(settings.c.key == sa.bindparam("which")).values(value=sa.bindparam("new"))


def append(session: Session, entry: Entry) -> Line:
    """Write an entry inside the transaction of a write. There is one writer at a time, so the chain never forks."""
    known = [(0, ""), *((int(number), str(hash_)) for number, hash_ in session.rows(_LAST)), *_witness(session)]
    # Were entries cut off at the end, the chain goes on from what was there: the hole stays to be seen.
    number, before = max(known)
    who, role = (entry.who, entry.role) if entry.who and entry.role else _acting.get()
    line = _line(number + 1, before, entry, who or entry.who, role)
    session.insert(audit, [asdict(line)])
    _set(session, HEAD, f"{line.id}:{line.hash}")
    return line


def _line(number: int, before: str, entry: Entry, who: str, role: str) -> Line:
    texts = {"who": who, "role": role} | {name: getattr(entry, name) for name in ("action", "what", "unit", "outcome")}
    kept = {name: _bounded(str(text), _LONGEST[name]) for name, text in texts.items()}
    details = _canonical(entry.details)
    if len(details) > _LONGEST_DETAILS:
        details = _canonical({"cut": details[: _LONGEST_DETAILS - 100]})
    bare = Line(id=number, at=entry.at, **kept, details=details, before=before, hash="")
    return Line(**{**asdict(bare), "hash": hash_of(bare)})


def hash_of(line: Line) -> str:
    """SHA-256 over everything in an entry but the hash itself, the hash before included."""
    said = asdict(line)
    del said["hash"]
    return hashlib.sha256(_canonical(said).encode()).hexdigest()


def _canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def _bounded(text: str, longest: int) -> str:
    """Texts come from links and files: no control characters, no surrogates, never longer than their column."""
    clean = "".join(letter if letter.isprintable() else " " for letter in text)
    return clean if len(clean) <= longest else clean[: longest - 1] + "…"


def _witness(session: Session) -> Iterable[tuple[int, str]]:
    for (value,) in session.rows(_WITNESS):
        number, _colon, hash_ = str(value).partition(":")
        yield int(number), hash_


def _set(session: Session, key: str, value: str) -> None:
    if not session.run(_SET, {"which": key, "new": value}):
        session.run(sa.insert(settings).values(key=key, value=value))


# Reading --------------------------------------------------------------------------------------------------------------


def search(
    store: Store,
    *,
    who: str = "",
    action: str = "",
    what: str = "",
    unit: str = "",
    outcome: str = "",
    since: int | None = None,
    until: int | None = None,
    limit: int = 100,
    offset: int = 0,
) -> tuple[list[Line], int]:
    """Entries, newest first, and how many there are in all. ``who`` and ``what`` are parts of a text; moments inclusive."""
    c = audit.c
    asked = [
        c.who.icontains(who, autoescape=True) if who else None,
        c.what.icontains(what, autoescape=True) if what else None,
        c.action == action if action else None,
        c.unit == unit if unit else None,
        c.outcome == outcome if outcome else None,
        c.at >= since if since is not None else None,
        c.at <= until if until is not None else None,
    ]
    conditions = [one for one in asked if one is not None]
    wanted = sa.select(audit).where(*conditions).order_by(c.id.desc()).limit(limit).offset(offset)
    with store.read() as connection:
        lines = [Line(**row) for row in connection.execute(wanted).mappings()]
        total = connection.scalar(sa.select(sa.func.count()).select_from(audit).where(*conditions))
    return lines, int(total or 0)


def head(store: Store) -> str:
    """``NUMBER:HASH`` of the newest entry, to be kept elsewhere; empty for an empty log."""
    c = audit.c
    with store.read() as connection:
        last = connection.execute(sa.select(c.id, c.hash).order_by(c.id.desc()).limit(1)).first()
    return "" if last is None else f"{last.id}:{last.hash}"


def holds(store: Store, kept: str) -> bool:
    """Whether the log still is the one whose ``head`` was noted: the same entry is there, or retention has cut beyond it."""
    number, _colon, hash_ = kept.partition(":")
    if not number.isdigit():
        return kept == ""
    c = audit.c
    with store.read() as connection:
        found = connection.scalar(sa.select(c.hash).where(c.id == int(number)))
        first = connection.scalar(sa.select(sa.func.min(c.id)))
    return found == hash_ if found is not None else first is not None and int(number) < first


def verify(store: Store) -> list[str]:
    """What is wrong with the log, in words that name the entries; nothing for a sound one."""
    faults: list[str] = []
    anchors: dict[int, str] = {}
    first: Line | None = None
    last: Line | None = None
    with store.read() as connection:
        for row in connection.execute(sa.select(audit).order_by(audit.c.id)).mappings():
            line = Line(**row)
            if last is not None and line.id != last.id + 1:
                faults.append(_("Nhật ký: thiếu mục {first} đến {last}.", first=last.id + 1, last=line.id - 1))
            elif last is not None and line.before != last.hash:
                faults.append(
                    _("Nhật ký: mục {number} không nối tiếp mục trước; một trong hai đã bị sửa.", number=line.id)
                )
            if hash_of(line) != line.hash:
                faults.append(_("Nhật ký: mục {number} đã bị sửa hoặc đổi chỗ.", number=line.id))
            elif line.action == RETENTION:
                anchors |= _vouched(line)
            first, last = first or line, line
        witness = connection.scalar(sa.select(settings.c.value).where(settings.c.key == HEAD))
    if first is not None and anchors.get(first.id - 1, "" if first.id == 1 else None) != first.before:
        faults.append(_("Nhật ký: thiếu các mục trước mục {number}.", number=first.id))
    if (f"{last.id}:{last.hash}" if last else None) != witness:
        faults.append(_("Nhật ký: các mục cuối cùng đã bị xóa hoặc thêm ngoài chương trình."))
    return faults


def _vouched(line: Line) -> dict[int, str]:
    """The entry that was cut last, and its hash; nothing where the details were not written by us."""
    try:
        said = json.loads(line.details)
        return {int(said["cut_to"]): str(said["hash"])}
    except (ValueError, TypeError, KeyError):
        return {}


# Retention ------------------------------------------------------------------------------------------------------------


def trim(session: Session, keep_days: int, at: int) -> int:
    """Cut entries older than the home keeps them (``audit_keep_days``); gives how many. An entry vouches for them.

    Only from the beginning, and only up to the first entry that is young enough: the chain has no holes.
    """
    oldest = at - keep_days * MICROSECONDS_PER_DAY
    c = audit.c
    young = session.rows(sa.select(sa.func.min(c.id)).where(c.at >= oldest))[0][0]
    old = c.id < young if young is not None else sa.true()
    gone = session.rows(sa.select(c.id, c.hash, c.at).where(old).order_by(c.id.desc()).limit(1))
    if not gone:
        return 0
    (number, hash_, until) = gone[0]
    start = session.rows(sa.select(sa.func.min(c.id)))[0][0]
    count = number - start + 1
    details = {"cut_to": number, "hash": hash_, "entries": count, "until": until}
    append(session, Entry(RETENTION, f"{start}–{number}", at, details=details))
    _set(session, CUT, str(number))
    session.run(sa.delete(audit).where(c.id <= number))
    session.run(sa.delete(settings).where(settings.c.key == CUT))
    return int(count)
