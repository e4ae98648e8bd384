"""Logins: from what the provider vouches for to a viewer, on every run; and logins that are over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from data import audit, roll
from data.audit import MINUTE, Entry
from data.clock import MICROSECONDS_PER_DAY
from data.errors import AccessFault
from data.locale import _
from data.people import Viewer
from data.roll import ACTIVE, INVITED, Person
from data.schema_access import sessions, viewers
from data.store import Store

PATIENCE_S = 3.0
"""How long somebody who logs in or out waits for a load to end, before being told to try again."""
_KEPT_DAYS = 62
"""A login's record outlives the longest login there can be, so that one that was ended never comes back."""

Why = Literal["unknown", "ended", "idle", "old"]


@dataclass(frozen=True)
class Login:
    """One login, checked against the provider. ``email``: only one the provider has verified. ``key``: names this login and no
    other; ``started``: when the provider issued it, UTC microseconds.
    """

    issuer: str
    subject: str
    email: str
    key: str
    started: int


def _words(why: Why) -> str:
    return {
        "unknown": _("Tài khoản này chưa được mời vào hệ thống. Hãy liên hệ quản trị viên của tỉnh."),
        "ended": _("Phiên đăng nhập này đã kết thúc. Hãy đăng nhập lại."),
        "idle": _("Phiên đăng nhập đã dừng vì lâu không dùng. Hãy đăng nhập lại."),
        "old": _("Phiên đăng nhập đã quá hạn. Hãy đăng nhập lại."),
    }[why]


class Refused(AccessFault):
    """Nobody comes in with this login: ``unknown`` here, or it is ``ended``, ``idle`` or too ``old``."""

    def __init__(self, why: Why) -> None:
        self.why = why
        super().__init__(_words(why))


def begin(store: Store, claimed: Login, at: int) -> Viewer:
    """Somebody has just come back from the provider: from here on this login is known.

    The first login of somebody invited binds issuer and subject to them. Raises Refused, and StoreFault when the beginning
    cannot be kept: a login that nobody could end must not begin.
    """
    roll.take_file(store, at, PATIENCE_S)
    found = _find(store, claimed)
    if found is not None and found.state == INVITED:
        with store.write(_entry("bind", found, claimed, at), PATIENCE_S) as session:
            roll.bind(session, found, claimed.issuer, claimed.subject)
        found = _bound(store, claimed)  # none if somebody else came first with the same invitation
    if found is None:
        raise Refused("unknown")
    if claimed.started <= found.not_before:
        raise Refused("ended")
    s = sessions.c
    with store.write(None, PATIENCE_S) as session:
        before = session.rows(sa.select(s.ended).where(s.key == claimed.key))
        if before and before[0][0]:
            raise Refused("ended")
        if not before:
            row = {"key": claimed.key, "viewer_id": found.id, "started": at, "last_seen": at, "ended": None}
            session.insert(sessions, [row])
            session.run(sa.delete(sessions).where(s.started < at - _KEPT_DAYS * MICROSECONDS_PER_DAY))
            audit.append(session, _entry("login", found, claimed, at))
    return roll.as_viewer(store.home, found, at)


def present(store: Store, claimed: Login, at: int) -> Viewer:
    """Whose login this is. Asked on every run and request, so that rights, removal and ended logins hold from the next one on.

    Raises Refused. Two look-ups by index; that it is in use is noted once a minute, and nobody waits for that.
    """
    s = sessions.c
    wanted = sa.select(s.viewer_id, s.started, s.last_seen, s.ended).where(s.key == claimed.key)
    with store.read() as connection:
        found = _bound(store, claimed)
        known = connection.execute(wanted).first()
    if found is None:
        raise Refused("unknown")
    if known is None or known.ended or known.viewer_id != found.id or claimed.started <= found.not_before:
        raise Refused("ended")
    rules = store.home.file.access
    if at - min(claimed.started, known.started) > rules.max_age_hours * 60 * MINUTE:
        raise Refused("old")
    if at - known.last_seen > rules.idle_minutes * MINUTE:
        raise Refused("idle")
    used = sa.update(sessions).where(s.key == claimed.key, s.ended.is_(None)).values(last_seen=at)
    store.aside.once(("login", claimed.key), at, MINUTE, lambda session: session.run(used))
    return roll.as_viewer(store.home, found, at)


def end(store: Store, key: str, at: int) -> None:
    """End one login here, whatever copies of its cookie there are. Raises StoreFault when that cannot be kept."""
    s, v = sessions.c, viewers.c
    whose = sa.select(v.id, v.name, v.issuer, v.subject, v.role).join(sessions, s.viewer_id == v.id)
    with store.write(None, PATIENCE_S) as session:
        found = session.rows(whose.where(s.key == key, s.ended.is_(None)))
        session.run(sa.update(sessions).where(s.key == key, s.ended.is_(None)).values(ended=at))
        for number, name, issuer, subject, role in found:
            audit.append(
                session,
                Entry("logout", f"viewer:{number}", at, audit.signed(_Stranger(name, f"{issuer} {subject}")), role),
            )


def open_logins(store: Store, at: int) -> dict[int, tuple[int, int]]:
    """Number of a viewer → how many of their logins are in use, and when one was last used."""
    rules = store.home.file.access
    s, v = sessions.c, viewers.c
    wanted = (
        sa.select(s.viewer_id, sa.func.count(), sa.func.max(s.last_seen))
        .join(viewers, sa.and_(v.id == s.viewer_id, s.started > v.not_before))
        .where(s.ended.is_(None), s.started >= at - round(rules.max_age_hours * 60 * MINUTE))
        .where(s.last_seen >= at - round(rules.idle_minutes * MINUTE))
        .group_by(s.viewer_id)
    )
    with store.read() as connection:
        return {number: (count, last) for number, count, last in connection.execute(wanted)}


def refused(store: Store, name: str, identity: str, action: str, why: str, at: int) -> None:
    """Write down that somebody was not let in: once a minute each, and nobody waits for it."""
    audit.seen(store, _Stranger(name, identity), action, "", at=at, outcome="refused", details={"why": why})


@dataclass(frozen=True)
class _Stranger:
    """Somebody who is nobody here."""

    name: str
    identity: str
    role: str = ""


def _bound(store: Store, claimed: Login) -> Person | None:
    """Whoever issuer and subject belong to."""
    v = viewers.c
    bound = sa.and_(v.issuer == claimed.issuer, v.subject == claimed.subject, v.state == ACTIVE)
    return _first(store, bound)


def _find(store: Store, claimed: Login) -> Person | None:
    """Whoever they belong to; else whoever was invited by them, or by this address, and has never logged in."""
    v = viewers.c
    by_subject = sa.and_(v.issuer == claimed.issuer, v.subject == claimed.subject)
    by_email = sa.and_(v.email == claimed.email, v.subject == "", sa.or_(v.issuer == "", v.issuer == claimed.issuer))
    return (
        _bound(store, claimed)
        or _first(store, sa.and_(v.state == INVITED, by_subject))
        or (_first(store, sa.and_(v.state == INVITED, by_email)) if claimed.email else None)
    )


def _first(store: Store, condition: sa.ColumnElement[bool]) -> Person | None:
    with store.read() as connection:
        row = connection.execute(sa.select(viewers).where(condition)).mappings().first()
    return None if row is None else roll.of_row(dict(row))


def _entry(action: str, found: Person, claimed: Login, at: int) -> Entry:
    who = audit.signed(_Stranger(found.is_.name, f"{claimed.issuer} {claimed.subject}"))
    return Entry(action, f"viewer:{found.id}", at, who, found.is_.role.value)
