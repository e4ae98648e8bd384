"""Everything ever believed of one dossier or service, each version with the file, sheet and row it was read from."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from data import codes
from data.access import Scope
from data.clock import day_of, iso
from data.home import Home
from data.schema import (
    CHANNELS,
    CONTENT,
    FLAGS,
    MOMENTS,
    RETURN_MODES,
    STILL_BELIEVED,
    dossiers,
    imports,
    services,
    units,
)
from data.store import Store

_NAMES = {
    "channel": {n: name for name, n in CHANNELS.items()},
    "return_mode": {n: name for name, n in RETURN_MODES.items()},
}
_SERVICE = ("procedure", "name", "level", "eligible_online", "eligible_level4", "exclusion_reason", "state", "reason")


def of_dossier(store: Store, home: Home, code: str, *, scope: Scope) -> list[dict[str, Any]]:
    """Versions of a dossier, oldest first; none when the code is not known, nor while units outside of ``scope`` held it.

    ``since`` and ``until``: when it began and ceased to be believed (UTC microseconds, ``until`` None = still is);
    ``file``, ``sheet``, ``row``, ``import_id``: where it was read; ``flags``: names. Moments are ISO texts.
    """
    v, u, read, begun, ended = (
        dossiers.c,
        units.c,
        imports.alias("read"),
        imports.alias("begun"),
        imports.alias("ended"),
    )
    wanted = (
        sa.select(
            u.code.label("unit"), *(v[name] for name in CONTENT if name != "unit_id"), v.flags, v.sheet, v.row,
            read.c.id.label("import_id"), read.c.file, begun.c.at.label("since"), begun.c.kind.label("begun_by"), ended.c.at.label("until"),
        )
        .select_from(
            dossiers.join(units, u.id == v.unit_id)
            .outerjoin(read, read.c.id == v.read_import)
            .outerjoin(begun, begun.c.id == v.from_import)
            .outerjoin(ended, sa.and_(ended.c.id == v.to_import, v.to_import < STILL_BELIEVED))
        )
        .where(codes.of_code(code), scope.condition(u.code))
        .order_by(v.from_import, v.to_import)
    )  # fmt: skip
    with store.read() as connection:
        rows = [dict(row) for row in connection.execute(wanted).mappings()]
    for row in rows:
        row |= {name: None if row[name] is None else iso(row[name], home.zone) for name in MOMENTS}
        row |= {name: words.get(row[name]) for name, words in _NAMES.items()}
        row["flags"] = [name for name, bit in FLAGS.items() if row["flags"] & bit]
    return rows


def of_service(store: Store, code: str) -> list[dict[str, Any]]:
    """States of a service as believed now, oldest first: ``from_day`` and ``to_day`` (None = still) are days."""
    s, u, read = services.c, units.c, imports.alias("read")
    wanted = (
        sa.select(
            u.code.label("unit"), *(s[name] for name in _SERVICE), s.from_day, s.to_day, s.sheet, s.row,
            read.c.id.label("import_id"), read.c.file,
        )
        .select_from(services.join(units, u.id == s.unit_id).outerjoin(read, read.c.id == s.read_import))
        .where(s.service_code == code, s.to_import == STILL_BELIEVED)
        .order_by(s.from_day)
    )  # fmt: skip
    with store.read() as connection:
        rows = [dict(row) for row in connection.execute(wanted).mappings()]
    for row in rows:
        row["from_day"] = _day(row["from_day"])
        row["to_day"] = _day(row["to_day"])
    return rows


def _day(number: int) -> Any:
    """A day; None beyond the calendar: without beginning or end."""
    try:
        return day_of(number)
    except (OverflowError, ValueError):
        return None
