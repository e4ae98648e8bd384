"""Did each unit's dossiers arrive on each day? Facts by day of the file and unit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from data.clock import local_day
from data.home import Home
from data.schema import dossiers, imports, units
from data.spans import of_imports
from data.store import Store


@dataclass(frozen=True)
class Arrivals:
    """``files``: day → files received for it. ``facts``: unit code → day → new and changed dossiers its rows brought."""

    files: Mapping[int, int]
    facts: Mapping[str, Mapping[int, int]]


def arrivals(store: Store, home: Home, first: int, last: int) -> Arrivals:
    """Dossier files of the local days ``first`` to ``last``, each with what it brought to each unit.

    A file belongs to the day it speaks of, where its name or title says it, else to the day it was received.
    Rows that say nothing new are not counted.
    """
    i, v, u = imports.c, dossiers.c, units.c
    heads = sa.select(i.id, i.at, i.exported).where(i.kind == "dossiers", i.state == "loaded")
    with store.read() as connection:
        days = {
            number: day
            for number, at, exported in connection.execute(heads)
            if first <= (day := local_day(at, home.zone) if exported is None else exported) <= last
        }
        # A version that an undo restored was read long before it began to be believed again.
        wanted = (
            sa.select(v.from_import, u.code, sa.func.count())
            .join(units, u.id == v.unit_id)
            .where(of_imports(days), v.from_import == v.read_import)
            .group_by(v.from_import, u.code)
        )
        rows = connection.execute(wanted).all() if days else []
    files: dict[int, int] = defaultdict(int)
    for day in days.values():
        files[day] += 1
    facts: dict[str, dict[int, int]] = {}
    for number, code, n in rows:
        one = facts.setdefault(code, {})
        one[days[number]] = one.get(days[number], 0) + n
    return Arrivals(dict(files), facts)
