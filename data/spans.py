"""Where a unit's dossiers lie: the rows of an import are kept in the order of units and ends, and runs of them are noted.

A few hundred rows with one unit and few days make a run; where a run begins and ends, and which days it has, answers what
indexes over units and days would, at a thousandth of their size and nothing to sort when a million rows come. What is still
open lies together at the end of its unit, so that lists of open dossiers leave the others alone, also as of a past day.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from data.measures import DONE, WITHDRAWN
from data.records import Session
from data.schema import REPLACED, SPANNED, STILL_BELIEVED, dossiers, spans

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

ROWS = 500
"""At most so many rows make a run."""
_NONE = 2**62
_NEVER = STILL_BELIEVED
"""Later than any day."""
_ENDS = ("finished_day", "returned_day")
_READ = tuple(dict.fromkeys(("id", "unit_id", "status", *SPANNED, *_ENDS)))
"""Columns of which runs are made."""

v, s = dossiers.c, spans.c


def of_units(ids: Sequence[int]) -> sa.ColumnElement[bool]:
    """Dossier versions of the units."""
    return sa.and_(_inside(), s.unit_id.in_(ids))


def open_on(day: int) -> sa.ColumnElement[bool]:
    """Dossier versions that may be open at a moment of the day, whatever the rules; it may be long gone."""
    return sa.and_(_inside(), s.open_until >= day)


def accepted_in(first: int | None, last: int) -> sa.ColumnElement[bool]:
    """Dossier versions that may have been accepted on the days ``first`` (None: ever) to ``last``."""
    since_first = () if first is None else (s.last_accepted_day >= first,)
    return sa.and_(_inside(), s.first_accepted_day <= last, *since_first)


def due_in(first: int, last: int) -> sa.ColumnElement[bool]:
    """Dossier versions that may be due on the days ``first`` to ``last``."""
    return sa.and_(_inside(), s.first_due_day <= last, s.last_due_day >= first)


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


def units_with(which: sa.ColumnElement[bool]) -> sa.Select[int]:
    """Units that have such versions: mostly the first one of a run tells."""
    within = sa.select(v.id).where(v.id >= s.first_id, v.id <= s.last_id, which).correlate(spans)
    return sa.select(s.unit_id).distinct().where(within.exists())


def count_believed() -> sa.Select[int]:
    """How many dossiers are believed now: all versions less the replaced ones, without looking at any."""
    kept = sa.select(sa.func.coalesce(sa.func.sum(s.last_id - s.first_id + 1), 0)).scalar_subquery()
    replaced = sa.select(sa.func.count()).select_from(dossiers).where(sa.text(REPLACED)).scalar_subquery()
    return sa.select(kept - replaced)


def order() -> tuple[sa.ColumnElement[Any], ...]:
    """The order in which versions of a unit are kept, as SQL."""
    first, second = (sa.func.coalesce(v[one], v[other]) for one, other in (_ENDS, _ENDS[::-1]))
    ended = sa.or_(v.status.is_(None), v.status.in_((WITHDRAWN, *DONE)))
    end = sa.case((first >= second, first), else_=second)
    return sa.func.coalesce(sa.case((ended, end)), _NEVER), v.accepted_day


def next_id(session: Session) -> int:
    """The id of the next dossier version."""
    return int(session.rows(sa.select(sa.func.max(v.id)))[0][0] or 0) + 1


def places(rows: pa.Table, stretch: int) -> NDArray[np.int64]:
    """Where the rows of one import stand in ``rows``, in the order in which they are to be kept: ``stretch`` rows at a time."""
    import numpy as np

    def sorted_from(first: int) -> NDArray[np.int64]:
        some = rows.slice(first, stretch)
        keys = some["accepted_day"].to_numpy(), _open_until(some), some["unit_id"].to_numpy()
        found: NDArray[np.int64] = np.lexsort(keys) + first
        return found

    with ThreadPoolExecutor(2) as pool:
        parts = list(pool.map(sorted_from, range(0, rows.num_rows, stretch)))
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def _open_until(rows: pa.Table) -> NDArray[np.int64]:
    """The last day on which a version may be open under any rules: that of its later end, if it has ended at all."""
    import pyarrow as pa
    import pyarrow.compute as pc

    end = pc.max_element_wise(*(rows[name].cast(pa.int64()) for name in _ENDS))
    ended = pc.is_in(rows["status"].cast(pa.int64()), pa.array([WITHDRAWN, *DONE, None], pa.int64()))
    until: NDArray[np.int64] = pc.if_else(ended, pc.fill_null(end, _NEVER), _NEVER).to_numpy()
    return until


def runs(rows: pa.Table, import_id: int) -> list[dict[str, Any]]:
    """The runs of rows that are in order, for the table of spans."""
    import numpy as np
    import pyarrow as pa

    units = rows["unit_id"].to_numpy()
    new_unit = np.concatenate(([True], units[1:] != units[:-1])) if len(units) else np.zeros(0, np.bool_)
    begins = np.flatnonzero(new_unit)
    place = np.arange(len(units)) - np.repeat(begins, np.diff(np.append(begins, len(units))))
    number = np.cumsum(place % ROWS == 0)
    columns = {name: rows[name] for name in ("id", "unit_id", *SPANNED)}
    found = (
        pa.table({"run": number, **columns, "open_until": _open_until(rows)})
        .group_by("run")
        .aggregate(
            [("unit_id", "min"), ("open_until", "max")]
            + [(name, end) for name in ("id", *SPANNED) for end in ("min", "max")]
        )
        .sort_by("run")
    )
    kept = {"first_id": found["id_min"], "last_id": found["id_max"], "unit_id": found["unit_id_min"]}
    kept["import_id"] = pa.repeat(pa.scalar(import_id, pa.int32()), found.num_rows)
    kept["open_until"] = found["open_until_max"]
    for name in SPANNED:
        kept |= {f"first_{name}": found[f"{name}_min"], f"last_{name}": found[f"{name}_max"]}
    rows_of_runs: list[dict[str, Any]] = pa.table(kept).to_pylist()
    return rows_of_runs


def note(session: Session, after: int, import_id: int) -> None:
    """Note the runs of the versions with ids beyond ``after``, which came into the store in the order of units."""
    import pyarrow as pa

    found = session.rows(sa.select(*(v[name] for name in _READ)).where(v.id > after).order_by(v.id))
    if found:
        columns = zip(_READ, zip(*found, strict=True), strict=True)
        rows = pa.table({name: pa.array(values, pa.int64()) for name, values in columns})
        session.insert(spans, runs(rows, import_id))
