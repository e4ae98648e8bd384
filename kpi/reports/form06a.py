"""Form II.06a: what was received, resolved and is still being handled, by unit, over any stretch of time.

Every dossier that was open when the stretch began or was accepted in it stands in exactly one place: resolved, still open,
or set apart (withdrawn, or ended on a day nobody recorded), so the form adds up; ``faults`` checks that it did, and that it
says what the figures say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from data.clock import day_number, day_start, local_day
from data.home import Campaign, Home, Rules
from data.measures import life, runs
from data.rollup import believed
from data.schema import CHANNELS, STILL_BELIEVED, dossiers
from data.store import Store
from kpi.memory import Recall
from kpi.reports.content import Cell, Column, Table
from kpi.reports.words import counted, number

v = dossiers.c

NEVER = 2**62
Numbers = NDArray[np.int64]
Which = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Population:
    """Every dossier that was open during the campaign or accepted in it: one array entry each, by version.

    Days are local, moments UTC microseconds; ``end_*`` is ``NEVER`` for one that has not ended, ``due_day`` for one without.
    ``runs``: its clock is not stopped.
    """

    version: Numbers
    unit: Numbers
    online: Which
    accepted_day: Numbers
    accepted_at: Numbers
    end_day: Numbers
    end_at: Numbers
    due_day: Numbers
    stays_open: Which
    finished: Which
    in_time: Which
    runs: Which
    overdue_day: Numbers
    overdue_at: Numbers

    def open_at(self, moment: int) -> Which:
        found: Which = self.stays_open & (self.accepted_at <= moment) & (self.end_at > moment)
        return found

    def overdue_at_moment(self, moment: int, day: int) -> Which:
        """Open and past their due date; ``day`` is the moment's."""
        found: Which = self.open_at(moment) & (self.overdue_day <= day) & (self.overdue_at <= moment)
        return found

    def finished_between(self, after: int, until: int) -> Which:
        """Finished after a moment and not later than another; never before their acceptance."""
        at = np.maximum(self.end_at, self.accepted_at)
        found: Which = self.finished & (at > after) & (at <= until)
        return found

    def late(self) -> Which:
        """Of the finished ones, those after their due date."""
        found: Which = self.finished & ~self.in_time & (self.due_day < NEVER)
        return found


def population(store: Store, home: Home, campaign: Campaign) -> Population:
    """The dossiers of a campaign as known now, read once for every moment of it."""
    recall, start = Recall(store.cache_key()), day_start(day_number(campaign.start), home.zone)
    key = "population", start, campaign.last_day, str(campaign.rules)
    return Population(*recall.of(key, lambda: _read(store, campaign.rules, start, day_number(campaign.last_day))))


def _read(store: Store, rules: Rules, start: int, last_day: int) -> tuple[NDArray[Any], ...]:
    told = life(rules) | {"runs": runs(rules)}
    ended_before = sa.and_(told["leaves"], told["end_at"] < start, v.accepted_at < start)
    columns = (
        v.id, v.unit_id, sa.case((v.channel == CHANNELS["online"], 1), else_=0), v.accepted_day, v.accepted_at,
        sa.case((told["leaves"], told["end_day"]), else_=NEVER), sa.case((told["leaves"], told["end_at"]), else_=NEVER),
        sa.func.coalesce(v.due_day, NEVER),
        *(sa.case((told[name], 1), else_=0) for name in ("stays_open", "finished", "in_time", "runs")),
        sa.case((told["turns_overdue"], told["overdue_day"]), else_=NEVER),
        sa.case((told["turns_overdue"], told["overdue_at"]), else_=NEVER),
    )  # fmt: skip
    wanted = sa.select(*columns).where(
        believed(STILL_BELIEVED - 1), told["accepted"], v.accepted_day <= last_day, sa.not_(ended_before)
    )
    with store.read() as connection:
        rows = [tuple(row) for row in connection.execute(wanted)]
    table = np.array(rows, dtype=np.int64).reshape(len(rows), len(columns))
    whether = {field.name for field in fields(Population) if field.type == "Which"}
    return tuple(
        np.ascontiguousarray(table[:, place]).astype(bool if field.name in whether else np.int64)
        for place, field in enumerate(fields(Population))
    )


# Counting -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the form. ``apart``: withdrawn, or ended on an unknown day; ``undated``: resolved without a due date."""

    online: int = 0
    direct: int = 0
    carried: int = 0
    early: int = 0
    on_day: int = 0
    late: int = 0
    open_in_time: int = 0
    open_late: int = 0
    apart: int = 0
    undated: int = 0

    @property
    def received(self) -> int:
        return self.online + self.direct + self.carried

    @property
    def resolved(self) -> int:
        return self.early + self.on_day + self.late

    @property
    def in_hand(self) -> int:
        return self.open_in_time + self.open_late

    def __add__(self, other: Line) -> Line:
        return Line(*(getattr(self, name) + getattr(other, name) for name in _NAMES))


_NAMES = tuple(field.name for field in fields(Line))


def lines(found: Population, home: Home, since: int, until: int) -> dict[int, Line]:
    """The form from a moment (what was open then is carried over) to another, by the unit's number in the store."""
    day = local_day(until, home.zone)
    accepted = (found.accepted_at > since) & (found.accepted_at <= until)
    carried = found.open_at(since)
    mine = accepted | carried
    open_now = found.open_at(until)
    overdue = found.overdue_at_moment(until, day)
    done = mine & found.finished_between(since, until)
    late, undated = done & found.late(), done & (found.due_day == NEVER)
    early = done & ~late & ~undated & (found.end_day < found.due_day)
    parts = {
        "online": accepted & found.online,
        "direct": accepted & ~found.online,
        "carried": carried,
        "early": early,
        "on_day": done & ~late & ~early,
        "late": late,
        "open_in_time": mine & open_now & ~overdue,
        "open_late": mine & open_now & overdue,
        "apart": mine & ~done & ~open_now,
        "undated": undated,
    }
    size = int(found.unit.max(initial=0)) + 1
    counts = {name: np.bincount(found.unit[which], minlength=size) for name, which in parts.items()}
    present = np.flatnonzero(np.bincount(found.unit[mine], minlength=size))
    return {int(unit): Line(**{name: int(counts[name][unit]) for name in _NAMES}) for unit in present}


def total(found: Iterable[Line]) -> Line:
    """Lines added up."""
    return sum(found, Line())


# Checks ---------------------------------------------------------------------------------------------------------------


def faults(line: Line, cells: Mapping[int, int]) -> list[str]:
    """Which identities a line as printed breaks. ``cells``: what stands in columns 3 to 13."""
    sums = {3: (4, 5, 6), 7: (8, 9, 10), 11: (12, 13)}
    found = [
        f"({whole}) = {' + '.join(f'({part})' for part in parts)}"
        for whole, parts in sums.items()
        if cells[whole] != sum(cells[part] for part in parts)
    ]
    if cells[3] != cells[7] + cells[11] + line.apart:
        found.append("(3) = (7) + (11) + hồ sơ đã rút hoặc không rõ ngày kết thúc")
    return found


def cells_of(line: Line) -> dict[int, int]:
    """Columns 3 to 13 of the form."""
    return {
        3: line.received, 4: line.online, 5: line.direct, 6: line.carried,
        7: line.resolved, 8: line.early, 9: line.on_day, 10: line.late,
        11: line.in_hand, 12: line.open_in_time, 13: line.open_late,
    }  # fmt: skip


# The table ------------------------------------------------------------------------------------------------------------

_RECEIVED, _RESOLVED, _IN_HAND = "Số hồ sơ nhận giải quyết", "Số hồ sơ đã giải quyết", "Số hồ sơ đang giải quyết"
COLUMNS = (
    Column("STT", width=0.5),
    Column("Đơn vị", width=3.2),
    Column("Tổng số", _RECEIVED, 0.9, right=True),
    Column("Trong kỳ: trực tuyến", _RECEIVED, 0.9, right=True),
    Column("Trong kỳ: trực tiếp, dịch vụ bưu chính", _RECEIVED, 1.1, right=True),
    Column("Từ kỳ trước", _RECEIVED, 0.9, right=True),
    Column("Tổng số", _RESOLVED, 0.9, right=True),
    Column("Trước hạn", _RESOLVED, 0.9, right=True),
    Column("Đúng hạn", _RESOLVED, 0.9, right=True),
    Column("Quá hạn", _RESOLVED, 0.9, right=True),
    Column("Tổng số", _IN_HAND, 0.9, right=True),
    Column("Trong hạn", _IN_HAND, 0.9, right=True),
    Column("Quá hạn", _IN_HAND, 0.9, right=True),
)
TOTAL = "TỔNG SỐ"
WARNING = "CẢNH BÁO"
"""How a note begins that says why the form must not be used."""


def table(
    title: str, groups: Iterable[tuple[str, list[tuple[str, Line]]]], whole: Line, notes: tuple[str, ...]
) -> Table:
    """Groups of (unit, line) under a heading each, and the total, which is counted by itself and not added up."""
    rows: list[tuple[Cell, ...]] = []
    listed: list[Line] = []
    groups = [(heading, units) for heading, units in groups if units]
    for place, (heading, units) in enumerate(groups):
        if heading:
            rows.append(
                (Cell("ABCDEFGH"[place % 8], bold=True), *_row(heading, total(line for _, line in units), True))
            )
        for n, (name, line) in enumerate(units, start=1):
            rows.append((Cell(str(n), float(n), "count"), *_row(name, line, False)))
            listed.append(line)
    rows.append((Cell(""), *_row(TOTAL, whole, True)))
    wrong = _wrong(listed, whole)
    return Table("form06a", title, COLUMNS, tuple(rows), numbered=True, notes=(*wrong, *notes, *_set_apart(whole)))


def _row(name: str, line: Line, bold: bool) -> tuple[Cell, ...]:
    counts = cells_of(line)
    return (
        Cell(name, bold=bold),
        *(Cell(number(counts[place]), float(counts[place]), "count", bold) for place in range(3, 14)),
    )


def _wrong(listed: list[Line], whole: Line) -> list[str]:
    """What a reader must know before trusting the form."""
    broken = {words: None for line in (*listed, whole) for words in faults(line, cells_of(line))}
    if cells_of(total(listed)) != cells_of(whole):
        broken["tổng các đơn vị bằng dòng TỔNG SỐ"] = None
    return [f"{WARNING}: biểu không khớp ở đẳng thức {words}; chưa dùng để báo cáo." for words in broken]


def _set_apart(whole: Line) -> list[str]:
    found = []
    if whole.apart:
        found.append(
            f"Cột (3) lớn hơn tổng cột (7) và cột (11) {counted(whole.apart, 'hồ sơ')}: đã rút, hoặc đã kết thúc nhưng không ghi ngày."
        )
    if whole.undated:
        found.append(f"Cột (9) có {counted(whole.undated, 'hồ sơ')} không ghi ngày hẹn trả, xếp vào đúng hạn.")
    return found
