"""Where a unit's dossiers lie: the rows of an import are kept in the order of units and days, and runs of them are noted.

A few hundred rows with one unit and few days make a run; where a run begins and ends, and which days it has, answers what
indexes over units and days would, at a thousandth of their size and nothing to sort when a million rows come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from data.records import Session
from data.schema import SPANNED, dossiers, spans

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 500
"""At most so many rows make a run."""
_NONE = 2**62

v, s = dossiers.c, spans.c


def of_units(ids: list[int]) -> sa.ColumnElement[bool]:
    """Dossier versions of the units."""
    return sa.and_(_inside(), s.unit_id.in_(ids))


def near(first: int, last: int) -> sa.ColumnElement[bool]:
    """Dossier versions that may have an event, or the cohort of one, on the days ``first`` to ``last``."""
    # Overdue begins the day after the due one.
    from_ = {name: first - 1 if name == "due_day" else first for name in SPANNED}
    days = [sa.and_(s[f"first_{name}"] <= last, s[f"last_{name}"] >= day) for name, day in from_.items()]
    return sa.and_(_inside(), sa.or_(*days))


def of_imports(ids: Any) -> sa.ColumnElement[bool]:
    """Dossier versions believed since one of the imports."""
    return sa.and_(_inside(), s.import_id.in_(ids))


def since(import_id: Any) -> sa.ColumnElement[bool]:
    """Dossier versions believed since an import or a later one."""
    first = sa.select(sa.func.min(s.first_id)).where(s.import_id >= import_id).scalar_subquery()
    return v.id >= sa.func.coalesce(first, _NONE)


def _inside() -> sa.ColumnElement[bool]:
    # Sums on one side only: a run leads to its rows, never a row to its run.
    return sa.and_(v.id >= s.first_id + 0, v.id <= s.last_id + 0)


def next_id(session: Session) -> int:
    """The id of the next dossier version."""
    return int(session.rows(sa.select(sa.func.max(v.id)))[0][0] or 0) + 1


def in_order(rows: pa.Table, first_id: int) -> pa.Table:
    """Rows of one import as they are to be kept, with their ids."""
    import numpy as np
    import pyarrow as pa

    units, days = (rows[name].to_numpy() for name in ("unit_id", "accepted_day"))
    order = np.lexsort((days, units))
    if (order[1:] < order[:-1]).any():
        rows = rows.take(pa.array(order))
    return rows.append_column("id", pa.array(np.arange(first_id, first_id + rows.num_rows)))


def runs(rows: pa.Table, import_id: int) -> list[dict[str, Any]]:
    """The runs of rows that are in order, for the table of spans."""
    import numpy as np
    import pyarrow as pa

    units = rows["unit_id"].to_numpy()
    new_unit = np.concatenate(([True], units[1:] != units[:-1])) if len(units) else np.zeros(0, np.bool_)
    begins = np.flatnonzero(new_unit)
    place = np.arange(len(units)) - np.repeat(begins, np.diff(np.append(begins, len(units))))
    number = np.cumsum(place % ROWS == 0)
    found = (
        pa.table({"run": number, **{name: rows[name] for name in ("id", "unit_id", *SPANNED)}})
        .group_by("run")
        .aggregate([("unit_id", "min"), *((name, end) for name in ("id", *SPANNED) for end in ("min", "max"))])
        .sort_by("run")
    )
    columns = {"first_id": found["id_min"], "last_id": found["id_max"], "unit_id": found["unit_id_min"]}
    columns["import_id"] = pa.repeat(pa.scalar(import_id, pa.int32()), found.num_rows)
    for name in SPANNED:
        columns |= {f"first_{name}": found[f"{name}_min"], f"last_{name}": found[f"{name}_max"]}
    rows_of_runs: list[dict[str, Any]] = pa.table(columns).to_pylist()
    return rows_of_runs


def note(session: Session, after: int, import_id: int) -> None:
    """Note the runs of the versions with ids beyond ``after``, which came into the store in the order of units."""
    import pyarrow as pa

    names = ("id", "unit_id", *SPANNED)
    found = session.rows(sa.select(*(v[name] for name in names)).where(v.id > after).order_by(v.id))
    if found:
        columns = zip(names, zip(*found, strict=True), strict=True)
        rows = pa.table({name: pa.array(values, pa.int64()) for name, values in columns})
        session.insert(spans, runs(rows, import_id))
