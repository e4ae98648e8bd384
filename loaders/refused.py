"""Refused rows as they were written down, sheet by sheet."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from data.access import Scope
from data.schema import imports, refusals
from data.store import Store


def count(store: Store, import_id: int | None = None, *, scope: Scope) -> int:
    """How many there are, of one import or of all."""
    wanted = sa.select(sa.func.count()).select_from(refusals).where(_seen(scope))
    if import_id is not None:
        wanted = wanted.where(refusals.c.import_id == import_id)
    with store.read() as connection:
        return int(connection.scalar(wanted) or 0)


def listed(
    store: Store, import_id: int | None = None, limit: int | None = None, offset: int = 0, *, scope: Scope
) -> list[dict[str, Any]]:
    """Of one import in the order of its rows, of all imports the newest import first; each with the name of its file."""
    r = refusals.c
    wanted = sa.select(refusals, imports.c.file).join(imports, imports.c.id == r.import_id).where(_seen(scope))
    if import_id is not None:
        wanted = wanted.where(r.import_id == import_id)
    wanted = wanted.order_by(r.import_id.desc(), r.id).limit(limit).offset(offset)
    with store.read() as connection:
        return [dict(row) for row in connection.execute(wanted).mappings()]


def _seen(scope: Scope) -> sa.ColumnElement[bool]:
    """A refused row has no unit that could be trusted: only who may see every unit's sees any."""
    return sa.true() if scope.units is None else sa.false()
