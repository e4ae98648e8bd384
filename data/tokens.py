"""Tokens: keys for machines (the operations centre, other systems). Each may do a few named actions and no more.

A token is 256 random bits, so its plain SHA-256 is kept: slow hashes protect secrets that people choose and others could
guess; nobody guesses this one, and a slow hash would only make every request slow.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from data import audit, roll
from data.access import Action, Reach, Role
from data.audit import MINUTE, Entry
from data.clock import MICROSECONDS_PER_DAY, from_micros
from data.errors import AccessFault, CallFault
from data.locale import _
from data.people import Viewer, viewer_of
from data.schema_access import tokens, viewers
from data.store import Store

PREFIX = "cdt_"
"""What a token begins with, so that one left in a file can be found."""
MOST_DAYS = 366
GIVEN = tuple(action for action in Action if action is not Action.people)
"""What a token may be given: it is nobody's second pair of eyes, so it decides about nobody's rights."""


@dataclass(frozen=True)
class Token:
    """A token without its secret; moments in UTC microseconds. ``unit`` empty: the province."""

    id: int
    name: str
    actions: tuple[Action, ...]
    unit: str
    made_by: str
    maker_id: int
    made_at: int
    expires: int
    revoked_at: int | None
    last_used: int | None

    def is_live(self, at: int) -> bool:
        return self.revoked_at is None and at < self.expires


def make(
    store: Store, who: Viewer, name: str, actions: Collection[Action], unit: str, days: int, at: int
) -> tuple[int, str]:
    """A new token: its number, and the secret, which is shown this once and kept nowhere.

    Raises AccessFault for more than the maker may do, CallFault for a token without name, action or end.
    """
    if not who.may(Action.people) or who.via == "token":
        raise AccessFault(_("Chỉ quản trị viên cấp được mã truy cập."))
    name = " ".join(name.split())[:100]
    if not name or not actions:
        raise CallFault(_("Mã truy cập cần tên và ít nhất một quyền."))
    if not 1 <= days <= MOST_DAYS:
        raise CallFault(_("Hạn của mã truy cập: từ 1 đến {most} ngày.", most=MOST_DAYS))
    if unit and store.home.units and all(row.code != unit for row in store.home.units):
        raise CallFault(_("Không có đơn vị mã «{unit}».", unit=unit))
    if any(action not in GIVEN or not _covers(who, action, unit) for action in actions):
        raise AccessFault(_("Mã truy cập không thể có quyền rộng hơn người cấp."))
    secret = PREFIX + secrets.token_urlsafe(32)
    chosen = [action.value for action in Action if action in actions]
    row = {
        "hash": _hash(secret), "name": name, "actions": json.dumps(chosen), "unit": unit, "made_by": audit.signed(who),
        "maker_id": who.id, "made_at": at, "expires": at + days * MICROSECONDS_PER_DAY, "revoked_at": None, "last_used": None,
    }  # fmt: skip
    with store.write(None) as session:
        roll.must_still(session, who)
        number = int(session.rows(sa.select(sa.func.coalesce(sa.func.max(tokens.c.id), 0)))[0][0]) + 1
        session.insert(tokens, [{"id": number, **row}])
        told = {"actions": chosen, "days": days}
        audit.append(
            session, Entry("token", f"token:{number} {name}", at, audit.signed(who), who.role.value, unit, details=told)
        )
    return number, secret


def revoke(store: Store, who: Viewer, number: int, at: int) -> None:
    """End a token at once. Raises CallFault when there is none of that number that has not been ended."""
    if not who.may(Action.people) or who.via == "token":
        raise AccessFault(_("Chỉ quản trị viên thu hồi được mã truy cập."))
    t = tokens.c
    with store.write(
        Entry("token", f"token:{number}", at, audit.signed(who), who.role.value, details={"revoked": True})
    ) as session:
        if not session.run(sa.update(tokens).where(t.id == number, t.revoked_at.is_(None)).values(revoked_at=at)):
            raise CallFault(_("Không có mã truy cập số {number} còn hiệu lực.", number=number))


def listed(store: Store) -> list[Token]:
    """All tokens, newest first."""
    with store.read() as connection:
        rows = connection.execute(sa.select(*_columns()).order_by(tokens.c.id.desc()))
        return [_token(tuple(row)) for row in rows]


def viewer(store: Store, secret: str, at: int) -> Viewer | None:
    """Who a request with this token speaks for; None for one that is unknown, over, or whose maker is gone.

    Never more than its maker may do now. The use is noted once a minute, and nobody waits for that.
    """
    given = _hash(secret)
    with store.read() as connection:
        row = connection.execute(sa.select(tokens.c.hash, *_columns()).where(tokens.c.hash == given)).first()
        if row is None or not hmac.compare_digest(row[0], given):
            return None
        found = _token(tuple(row[1:]))
        maker = connection.execute(sa.select(viewers).where(viewers.c.id == found.maker_id)).mappings().first()
    if not found.is_live(at):
        return None
    if found.maker_id:
        if maker is None or maker["state"] == roll.REMOVED:
            return None
        by = roll.as_viewer(store.home, roll.of_row(dict(maker)), at)
        actions = [action for action in found.actions if by.may(Action.people) and _covers(by, action, found.unit)]
    else:
        actions = list(found.actions)  # made at the machine itself
    reach = Reach.own if found.unit else Reach.province
    made = viewer_of(
        store.home, from_micros(at, store.home.zone).date(), id=0, name=found.name, identity=f"token:{found.id}",
        role=Role.officer, unit=found.unit, via="token", reaches=dict.fromkeys(actions, reach),
    )  # fmt: skip
    used = sa.update(tokens).where(tokens.c.id == found.id).values(last_used=at)
    store.aside.once(("token", found.id), at, MINUTE, lambda session: session.run(used))
    audit.act_as(made)
    return made


def _covers(who: Viewer, action: Action, unit: str) -> bool:
    """Whether somebody may do an action over a unit with its tree; without a unit: over the province."""
    return who.may(action, unit) if unit else who.area(action).units is None


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _columns() -> list[sa.Column[object]]:
    return [tokens.c[name] for name in Token.__dataclass_fields__]


def _token(row: tuple[object, ...]) -> Token:
    values = dict(zip(Token.__dataclass_fields__, row, strict=True))
    chosen = json.loads(str(values["actions"]))
    values["actions"] = tuple(action for action in Action if action.value in chosen)
    return Token(**values)  # type: ignore[arg-type]
