"""The roll of viewers: who was invited as what, and the changes that wait for a second administrator.

Whoever may write the home's folder or run the command line is master of this machine anyway: what comes from there needs
no second person. On the pages, whatever widens what somebody may see or do needs one; narrowing and removing never wait.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any
from weakref import WeakSet

import sqlalchemy as sa

from data import audit
from data.access import TABLE, Action, Reach, Role, widens
from data.audit import Entry
from data.clock import from_micros
from data.errors import AccessFault, CallFault
from data.home import Home, read_csv
from data.locale import _
from data.people import Viewer, viewer_of
from data.records import Session
from data.schema_access import sessions, viewer_changes, viewers
from data.store import Store

FILE = "viewers.csv"
INVITED, ACTIVE, REMOVED = "invited", "active", "removed"
WAITING, DONE, REJECTED = "waiting", "done", "rejected"
_EMAIL = re.compile(r"[^\s@,;<>\"]+@[^\s@,;<>\"]+")
_LONGEST = 200


@dataclass(frozen=True)
class Wanted:
    """What a viewer is, or is to be. ``email`` only serves to invite: the first login binds ``issuer`` and ``subject``."""

    name: str
    role: Role
    unit: str = ""
    email: str = ""
    issuer: str = ""
    subject: str = ""

    @property
    def person(self) -> tuple[str, str, str]:
        """Who it is, apart from what they may do."""
        return self.email, self.issuer, self.subject


@dataclass(frozen=True)
class Person:
    """A viewer of the roll; moments in UTC microseconds. ``not_before``: logins before it are over."""

    id: int
    is_: Wanted
    state: str
    made_by: str
    made_at: int
    not_before: int

    @property
    def identity(self) -> str:
        return f"{self.is_.issuer} {self.is_.subject}" if self.is_.subject else self.is_.email


@dataclass(frozen=True)
class Change:
    """A change that waits, or waited. ``before`` None: a new viewer."""

    id: int
    viewer_id: int | None
    to: Wanted
    before: Wanted | None
    proposer: int
    proposed_by: str
    proposed_at: int
    state: str
    decided_by: str | None
    decided_at: int | None


# Reading --------------------------------------------------------------------------------------------------------------


def everybody(store: Store, *, removed: bool = False) -> list[Person]:
    """The roll by name; ``removed``: with those who are no longer on it."""
    wanted = sa.select(viewers).order_by(viewers.c.name, viewers.c.id)
    with store.read() as connection:
        rows = connection.execute(wanted if removed else wanted.where(viewers.c.state != REMOVED)).mappings()
        return [of_row(dict(row)) for row in rows]


def person(store: Store, number: int) -> Person:
    """Raises CallFault when nobody on the roll has this number."""
    with store.read() as connection:
        row = connection.execute(sa.select(viewers).where(viewers.c.id == number)).mappings().first()
    if row is None or row["state"] == REMOVED:
        raise CallFault(_("Không có người dùng số {number}.", number=number))
    return of_row(dict(row))


def waiting(store: Store) -> list[Change]:
    """Changes that wait for a second administrator, oldest first."""
    c = viewer_changes.c
    with store.read() as connection:
        rows = connection.execute(sa.select(viewer_changes).where(c.state == WAITING).order_by(c.id)).mappings()
        return [_change(dict(row)) for row in rows]


def as_viewer(home: Home, one: Person, at: int) -> Viewer:
    """What somebody of the roll may do at a moment."""
    is_ = one.is_
    return viewer_of(
        home, _day(home, at), id=one.id, name=is_.name, identity=one.identity, role=is_.role, unit=is_.unit
    )


# Changing -------------------------------------------------------------------------------------------------------------


def propose(store: Store, who: Viewer, to: Wanted, at: int, number: int | None = None) -> int | None:
    """Invite somebody (``number`` None) or change what they are. Gives the number of the change when it has to wait.

    Raises AccessFault, or CallFault for what cannot be: an unknown unit, no way to tell who it is, somebody who is on the
    roll already, the last administrator.
    """
    _must(who)
    to = _checked(store, to)
    with store.write(None) as session:
        must_still(session, who)
        one = None if number is None else _on_roll(session, number)
        before = None if one is None else one.is_
        if before == to:
            return None
        _nobody_twice(session, to, number)
        if who.via == "local" or not _widens(store.home, _day(store.home, at), before, to):
            _become(session, one, to, who, at)
            _note(session, "people", one, to, who, at, {"waits": False})
            return None
        row = {
            "viewer_id": number, "content": json.dumps({"to": asdict(to), "before": before and asdict(before), "by": who.id}, ensure_ascii=False),
            "proposed_by": audit.signed(who), "proposed_at": at, "state": WAITING,
        }  # fmt: skip
        made = int(session.rows(sa.select(sa.func.coalesce(sa.func.max(viewer_changes.c.id), 0)))[0][0]) + 1
        session.insert(viewer_changes, [{"id": made, **row}])
        _note(session, "people", one, to, who, at, {"waits": True, "change": made})
        return made


def confirm(store: Store, who: Viewer, change: int, at: int) -> None:
    """Say yes to a change that waits, as a second administrator.

    Raises AccessFault for whoever proposed it or is the one changed, CallFault when it no longer fits what is.
    """
    _must(who)
    with store.write(None) as session:
        must_still(session, who)
        found = _waiting(session, change)
        if who.via != "local" and who.id == found.proposer:
            raise AccessFault(_("Người đề nghị không tự xác nhận được; cần một quản trị viên khác."))
        if who.via != "local" and who.id == found.viewer_id:
            raise AccessFault(_("Không ai xác nhận được thay đổi về chính mình; cần một quản trị viên khác."))
        one = None if found.viewer_id is None else _on_roll(session, found.viewer_id)
        if (None if one is None else one.is_) != found.before:
            raise CallFault(_("Người dùng này đã được thay đổi từ khi có đề nghị; hãy từ chối và đề nghị lại."))
        _nobody_twice(session, found.to, found.viewer_id)
        _become(session, one, found.to, who, at)
        _decided(session, change, DONE, who, at)
        _note(session, "people", one, found.to, who, at, {"change": change, "proposed_by": found.proposed_by})


def reject(store: Store, who: Viewer, change: int, at: int) -> None:
    """Say no to a change that waits; whoever proposed it may take it back so."""
    _must(who)
    with store.write(None) as session:
        must_still(session, who)
        found = _waiting(session, change)
        _decided(session, change, REJECTED, who, at)
        _note(session, "people", None, found.to, who, at, {"change": change, "rejected": True})


def remove(store: Store, who: Viewer, number: int, at: int) -> None:
    """Take somebody off the roll at once; their logins and tokens are over. Raises CallFault for the last administrator."""
    _must(who)
    with store.write(None) as session:
        must_still(session, who)
        one = _on_roll(session, number)
        _keeps_an_administrator(session, one, who)
        session.run(sa.update(viewers).where(viewers.c.id == number).values(state=REMOVED, not_before=at))
        _end(session, number, at)
        _note(session, "people", one, one.is_, who, at, {"removed": True})


def end_sessions(store: Store, who: Viewer, number: int, at: int, patience: float | None = None) -> None:
    """Log somebody out everywhere: administrators may, and everybody for themselves. ``patience``: see ``Store.write``."""
    if who.id != number or who.via != "login":
        _must(who)
    with store.write(None, patience) as session:
        must_still(session, who)
        one = _on_roll(session, number)
        session.run(sa.update(viewers).where(viewers.c.id == number).values(not_before=at))
        _end(session, number, at)
        _note(session, "logout", one, one.is_, who, at, {"everywhere": True})


def bind(session: Session, one: Person, issuer: str, subject: str) -> None:
    """The first login of somebody invited: from now on issuer and subject say who it is."""
    bound = {"issuer": issuer, "subject": subject, "state": ACTIVE}
    session.run(sa.update(viewers).where(viewers.c.id == one.id, viewers.c.state == INVITED).values(**bound))


# viewers.csv ----------------------------------------------------------------------------------------------------------

_taken: WeakSet[Store] = WeakSet()
"""Stores whose home's file has been read; a changed file is opened anew."""


def from_file(home: Home) -> tuple[list[Wanted], list[str]]:
    """What ``viewers.csv`` says, and which of its lines say nothing that can be used, in words."""
    found, faults = [], []
    try:
        rows = list(read_csv(home.root / FILE))
    except UnicodeDecodeError:
        return [], [_("{file}: không đọc được; hãy lưu lại dạng CSV UTF-8.", file=FILE)]
    for line, row in enumerate(rows, start=2):
        try:
            role = Role(row.get("role", ""))
        except ValueError:
            faults.append(_("{file}, dòng {line}: không có vai trò «{role}» (có: {known}).", file=FILE, line=line, role=row.get("role", ""), known=", ".join(Role)))  # fmt: skip
            continue
        texts = {name: row.get(name, "") for name in ("unit", "email", "issuer", "subject")}
        try:
            found.append(_whole(home, Wanted(row.get("name", "") or row.get("email", ""), role, **texts)))
        except CallFault as fault:
            faults.append(_("{file}, dòng {line}: {fault}", file=FILE, line=line, fault=str(fault)))
    return found, faults


def take_file(store: Store, at: int, patience: float | None = None) -> int:
    """Put on the roll whom ``viewers.csv`` names and the roll has never had; gives how many. ``patience``: see ``Store.write``.

    Somebody who was removed on the pages stays removed, and a line taken out of the file removes nobody.
    """
    if store in _taken:
        return 0
    found, _faults = from_file(store.home)
    known = [one.is_ for one in everybody(store, removed=True)] if found else []
    fresh = [to for to in found if not any(_same(to, one) for one in known)]
    if fresh:
        with store.write(None, patience) as session:
            # Another process may have read the file meanwhile.
            known = [of_row(row).is_ for row in _rows(session)]
            fresh = [to for n, to in enumerate(fresh) if not any(_same(to, one) for one in [*known, *fresh[:n]])]
            for to in fresh:
                _insert(session, to, FILE, at)
                told = {"role": to.role, "file": FILE}
                audit.append(session, Entry("people", f"viewer {to.name}", at, FILE, "file", to.unit, details=told))
    _taken.add(store)
    return len(fresh)


def _same(one: Wanted, other: Wanted) -> bool:
    by_subject = bool(one.subject) and (one.issuer, one.subject) == (other.issuer, other.subject)
    return by_subject or (bool(one.email) and one.email == other.email)


# Rules ----------------------------------------------------------------------------------------------------------------


def _must(who: Viewer) -> None:
    # A token is nobody's second pair of eyes.
    if not who.may(Action.people) or who.via == "token":
        raise AccessFault(_("Chỉ quản trị viên đổi được người dùng và quyền."))


def must_still(session: Session, who: Viewer) -> None:
    """Whoever pressed may have waited for another write: one that took this right away comes first. Raises AccessFault."""
    v = viewers.c
    if who.via == "login" and not _rows(session, v.id == who.id, v.state == ACTIVE, v.role == who.role.value):
        raise AccessFault(_("Chỉ quản trị viên đổi được người dùng và quyền."))


def _whole(home: Home, to: Wanted) -> Wanted:
    """Tidied, and complete enough to tell who it is and what for."""
    name, unit, issuer, subject = (
        " ".join(text.split())[:_LONGEST] for text in (to.name, to.unit, to.issuer, to.subject)
    )
    to = replace(to, name=name, unit=unit, issuer=issuer, subject=subject, email=to.email.strip().lower()[:_LONGEST])
    if not to.name:
        raise CallFault(_("Thiếu họ tên."))
    if to.email and not _EMAIL.fullmatch(to.email):
        raise CallFault(_("«{email}» không phải địa chỉ thư điện tử.", email=to.email))
    if not to.email and not (to.issuer and to.subject):
        raise CallFault(_("Cần thư điện tử, hoặc cả nơi cấp (issuer) và mã (subject) của tài khoản."))
    if Reach.own in TABLE[to.role].values() and not to.unit:
        raise CallFault(_("Vai trò này cần một đơn vị."))
    if to.unit and home.units and all(row.code != to.unit for row in home.units):
        raise CallFault(_("Không có đơn vị mã «{unit}».", unit=to.unit))
    return to


def _checked(store: Store, to: Wanted) -> Wanted:
    return _whole(store.home, to)


def _widens(home: Home, day: date, before: Wanted | None, to: Wanted) -> bool:
    """Whether somebody gets to see or do more than before; another person in the same place always does."""
    if before is None or before.person != to.person or widens(TABLE[before.role], TABLE[to.role]):
        return True
    old, new = (viewer_of(home, day, id=0, name="", identity="", role=one.role, unit=one.unit) for one in (before, to))
    for action in Action:
        had, has = old.area(action).units, new.area(action).units
        if had is not None and (has is None or not has <= had):
            return True
    return False


def _nobody_twice(session: Session, to: Wanted, number: int | None) -> None:
    for row in _rows(session, viewers.c.state != REMOVED):
        if row["id"] != number and _same(to, of_row(row).is_):
            raise CallFault(_("Tài khoản này đã là của {name}.", name=row["name"]))


def _keeps_an_administrator(session: Session, one: Person, who: Viewer) -> None:
    """There is always an administrator left who has logged in; the person at the machine may count on an invited one."""
    if one.is_.role is not Role.administrator:
        return
    enough = (ACTIVE, INVITED) if who.via == "local" else (ACTIVE,)
    others = _rows(session, viewers.c.role == Role.administrator.value, viewers.c.id != one.id, viewers.c.state.in_(enough))  # fmt: skip
    if not others:
        raise CallFault(_("Đây là quản trị viên cuối cùng; hãy thêm một quản trị viên khác trước."))


# Writing --------------------------------------------------------------------------------------------------------------


def _become(session: Session, one: Person | None, to: Wanted, who: Viewer, at: int) -> None:
    if one is None:
        _insert(session, to, audit.signed(who), at)
        return
    if to.role is not Role.administrator or to.person != one.is_.person:
        _keeps_an_administrator(session, one, who)
    values: dict[str, Any] = {**asdict(to), "role": to.role.value}
    if to.person != one.is_.person:
        # Somebody else: who was logged in so far is not.
        values |= {"state": INVITED, "not_before": at}
        _end(session, one.id, at)
    session.run(sa.update(viewers).where(viewers.c.id == one.id).values(**values))


def _insert(session: Session, to: Wanted, made_by: str, at: int) -> None:
    made = int(session.rows(sa.select(sa.func.coalesce(sa.func.max(viewers.c.id), 0)))[0][0]) + 1
    row = {**asdict(to), "role": to.role.value, "state": INVITED, "made_by": made_by, "made_at": at, "not_before": 0}
    # Somebody who was removed and is invited again starts with a new login.
    old = [one for one in _rows(session, viewers.c.state == REMOVED) if _same(to, of_row(one).is_)]
    session.insert(viewers, [{"id": made, **row, "not_before": at if old else 0}])


def _end(session: Session, number: int, at: int) -> None:
    s = sessions.c
    session.run(sa.update(sessions).where(s.viewer_id == number, s.ended.is_(None)).values(ended=at))


def _decided(session: Session, change: int, state: str, who: Viewer, at: int) -> None:
    values = {"state": state, "decided_by": audit.signed(who), "decided_at": at}
    session.run(sa.update(viewer_changes).where(viewer_changes.c.id == change).values(**values))


def _note(
    session: Session, action: str, one: Person | None, to: Wanted, who: Viewer, at: int, told: dict[str, Any]
) -> None:
    details = {**told, "role": to.role.value, **({"was": one.is_.role.value, "was_unit": one.is_.unit} if one else {})}
    what = f"viewer:{one.id} {to.name}" if one else f"viewer {to.name}"
    audit.append(session, Entry(action, what, at, audit.signed(who), who.role.value, to.unit, details=details))


def _rows(session: Session, *conditions: sa.ColumnElement[bool]) -> list[dict[str, Any]]:
    names = [column.name for column in viewers.columns]
    wanted = sa.select(*viewers.columns).where(*conditions).order_by(viewers.c.id)
    return [dict(zip(names, row, strict=True)) for row in session.rows(wanted)]


def _on_roll(session: Session, number: int) -> Person:
    found: Sequence[dict[str, Any]] = _rows(session, viewers.c.id == number, viewers.c.state != REMOVED)
    if not found:
        raise CallFault(_("Không có người dùng số {number}.", number=number))
    return of_row(found[0])


def _waiting(session: Session, change: int) -> Change:
    names = [column.name for column in viewer_changes.columns]
    c = viewer_changes.c
    found = session.rows(sa.select(*viewer_changes.columns).where(c.id == change, c.state == WAITING))
    if not found:
        raise CallFault(_("Không có đề nghị số {number} đang chờ.", number=change))
    return _change(dict(zip(names, found[0], strict=True)))


def of_row(row: dict[str, Any]) -> Person:
    texts = {name: row[name] for name in ("name", "unit", "email", "issuer", "subject")}
    is_ = Wanted(role=Role(row["role"]), **texts)
    return Person(row["id"], is_, row["state"], row["made_by"], row["made_at"], row["not_before"])


def _change(row: dict[str, Any]) -> Change:
    content = json.loads(row["content"])
    to, before = (None if one is None else Wanted(**{**one, "role": Role(one["role"])}) for one in (content["to"], content["before"]))  # fmt: skip
    assert to is not None
    return Change(row["id"], row["viewer_id"], to, before, content["by"], row["proposed_by"], row["proposed_at"], row["state"], row["decided_by"], row["decided_at"])  # fmt: skip


def _day(home: Home, at: int) -> date:
    return from_micros(at, home.zone).date()
