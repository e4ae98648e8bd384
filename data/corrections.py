"""What changes figures of moments already told: late data and corrections, one line per import, unit and kind.

A moment counts as told when an earlier import held something that happened later. What only carries on from there (a
dossier accepted or finished since) is no correction.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from data import codes, spans
from data.measures import NOT_ACCEPTED, WITHDRAWN
from data.records import Session
from data.schema import STILL_BELIEVED, corrections, dossiers, imports, versions_by_code

LATE, CORRECTED, UNDONE, REDEFINED = "late", "correction", "undo", "definition"

_HAPPENED = ("accepted_at", "finished_at", "returned_at", "apology_at")
"""Moments of events; one that was blank before is late, one that read otherwise is a correction."""
_DAYS = {
    "accepted_at": "accepted_day",
    "finished_at": "finished_day",
    "returned_at": "returned_day",
    "apology_at": "apology_day",
    "due_at": "due_day",
}
_SAID = ("unit_id", "procedure", "service_level", "channel", "return_mode", "digitised", "payment")
"""What holds from acceptance on; said otherwise it changes every figure since."""
_LIFTED = (*NOT_ACCEPTED, WITHDRAWN)
"""Statuses that take a dossier out of the counts."""


def told_until(session: Session, import_id: int, kind: str) -> int | None:
    """The latest moment of all imports of a kind before this one; None when it is the first."""
    c = imports.c
    earlier = sa.select(sa.func.max(c.latest)).where(c.id < import_id, c.kind == kind, c.state == "loaded")
    found: int | None = session.rows(earlier)[0][0]
    return found


def note_dossiers(session: Session, import_id: int, at: int, who: str, told: int | None) -> None:
    """Log what the versions that came in with an import change before ``told`` (UTC microseconds)."""
    if told is None:
        return
    lines = [*_new(session, import_id, told), *_changed(session, import_id, told)]
    session.insert(
        corrections, [{"import_id": import_id, "at": at, "who": who, "reason": "", **line} for line in lines]
    )


def _new(session: Session, import_id: int, told: int) -> list[dict[str, Any]]:
    """Dossiers heard of for the first time that existed before."""
    v, old = dossiers.c, dossiers.alias("old")
    known = sa.exists().where(codes.same(dossiers, versions_by_code, old), old.c.to_import == import_id)
    wanted = (
        sa.select(v.unit_id, sa.func.min(v.accepted_day), sa.func.max(v.accepted_day), sa.func.count())
        .where(v.from_import == import_id, spans.since(import_id), v.accepted_at <= told, ~known)
        .group_by(v.unit_id)
        .order_by(v.unit_id)
    )
    return [_line(LATE, unit, first, last, n, ["dossier_code"]) for unit, first, last, n in session.rows(wanted)]


def _changed(session: Session, import_id: int, told: int) -> list[dict[str, Any]]:
    old, new = dossiers.alias("old"), dossiers.alias("new")
    o, n = old.c, new.c
    changes: list[tuple[str, str, sa.ColumnElement[bool], sa.ColumnElement[Any]]] = []
    for name in _HAPPENED:
        day = _DAYS[name]
        changes += [
            (LATE, name, sa.and_(o[name].is_(None), n[name] <= told), n[day]),
            (CORRECTED, name, sa.and_(o[name].is_not(None), o[name].is_distinct_from(n[name]), _earlier(o[name], n[name]) <= told), _earlier(o[day], n[day])),
        ]  # fmt: skip
    passed = sa.or_(o.due_at <= told, n.due_at <= told)
    changes.append(
        (CORRECTED, "due_at", sa.and_(o.due_at.is_distinct_from(n.due_at), passed), _earlier(o.due_day, n.due_day))
    )
    for name in _SAID:
        changes.append(
            (CORRECTED, name, sa.and_(o[name].is_distinct_from(n[name]), o.accepted_at <= told), o.accepted_day)
        )
    lifted = sa.func.coalesce(o.status.in_(_LIFTED), False).is_distinct_from(
        sa.func.coalesce(n.status.in_(_LIFTED), False)
    )
    changes.append((CORRECTED, "status", sa.and_(lifted, o.accepted_at <= told), o.accepted_day))
    # In the words of the index over replaced versions.
    replaced = sa.and_(o.to_import == import_id, o.to_import < sa.literal_column(str(STILL_BELIEVED)))
    pair = sa.and_(replaced, codes.same(old, versions_by_code, new), n.from_import == import_id)
    kinds = (LATE, CORRECTED)
    any_of = [sa.or_(*(where for k, _, where, _ in changes if k == kind)) for kind in kinds]
    days = [sa.case((where, day)) for _, _, where, day in changes]
    # Both kinds in one go: the way from the old versions to the new ones is what takes time.
    wanted = (
        sa.select(
            n.unit_id,
            *(sa.func.count(sa.case((where, 1))) for where in any_of),
            *(end(day) for end in (sa.func.count, sa.func.min, sa.func.max) for day in days),
        )
        .where(pair)
        .group_by(n.unit_id)
        .order_by(n.unit_id)
    )
    size, rows = len(changes), session.rows(wanted)
    found = []
    for place, kind in enumerate(kinds):
        for unit, *rest in rows:
            counts, firsts, lasts = (rest[len(kinds) + size * turn :][:size] for turn in range(3))
            mine = [at for at in range(size) if changes[at][0] == kind and counts[at]]
            first = min((firsts[at] for at in mine if firsts[at] is not None), default=None)
            last = max((lasts[at] for at in mine if lasts[at] is not None), default=None)
            if rest[place]:
                found.append(_line(kind, unit, first, last, rest[place], [changes[at][1] for at in mine]))
    return found


def note_days(
    session: Session,
    import_id: int,
    at: int,
    who: str,
    told_day: int | None,
    changes: list[tuple[str, int | None, int, str]],
) -> None:
    """Log changes of services or series: kind, unit id, day since when they hold, field; later ones than told are none."""
    if told_day is None:
        return
    lines: dict[tuple[str, int | None], dict[str, Any]] = {}
    for kind, unit, day, field in changes:
        if day > told_day:
            continue
        line = lines.setdefault((kind, unit), _line(kind, unit, day, day, 0, []))
        line["n"] += 1
        line["first_day"], line["last_day"] = min(line["first_day"], day), max(line["last_day"], day)
        line["what"] = ",".join(dict.fromkeys([*filter(None, line["what"].split(",")), field]))
    session.insert(
        corrections, [{"import_id": import_id, "at": at, "who": who, "reason": "", **line} for line in lines.values()]
    )


def _earlier(a: sa.ColumnElement[Any], b: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The smaller of two, of which either may be null."""
    return sa.case((a.is_(None), b), (b.is_(None), a), (a <= b, a), else_=b)


def _line(
    kind: str, unit: int | None, first: int | None, last: int | None, n: int, fields: list[str]
) -> dict[str, Any]:
    return {"kind": kind, "unit_id": unit, "first_day": first, "last_day": last, "n": n, "what": ",".join(fields)}
