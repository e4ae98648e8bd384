"""What a meeting decided, judged by the figures themselves at the moment looked at.

A decision with a figure is a target of its own: value, day, unit. Until its due day is over it stands where the machinery
of targets puts it (pace to its own value); after that the figure at the end of the due day says kept or failed, and what
came later says late. Tasks without a figure are closed by a person. A decision exists from the moment of the figures it
was made at, a closing from the moment it was closed at: an earlier view shows what was so then.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from data.audit import Entry
from data.clock import day_end, day_number, day_of, from_micros, iso
from data.errors import CallFault
from data.home import Campaign, Home, Label, Target
from data.schema_meeting import decisions
from data.store import Store
from kpi.catalog.figure import Figure
from kpi.course import course
from kpi.engine import figures, known_figure
from kpi.history import panel
from kpi.model import Row, Status
from kpi.query import Query
from kpi.status import met
from kpi.targets import target_of


class Verdict(StrEnum):
    """The first three are final words about the due day; ``met`` is reached with the due day still to come."""

    KEPT = "kept"
    LATE = "late"
    FAILED = "failed"
    MET = "met"
    ON_COURSE = "on_course"
    AT_RISK = "at_risk"
    BEHIND = "behind"
    OPEN = "open"
    """not due, and nothing says how it goes: a task, a figure entered by hand, a campaign not begun"""
    UNKNOWN = "unknown"
    """no value, or old data"""
    DROPPED = "dropped"


WORDS = {
    Verdict.KEPT: Label(vi="Đạt", en="Kept"),
    Verdict.LATE: Label(vi="Đạt muộn", en="Late"),
    Verdict.FAILED: Label(vi="Không đạt", en="Failed"),
    Verdict.MET: Label(vi="Đang đạt", en="Met so far"),
    Verdict.ON_COURSE: Label(vi="Đúng tiến độ", en="On course"),
    Verdict.AT_RISK: Label(vi="Có nguy cơ", en="At risk"),
    Verdict.BEHIND: Label(vi="Chậm", en="Behind"),
    Verdict.OPEN: Label(vi="Đang thực hiện", en="In progress"),
    Verdict.UNKNOWN: Label(vi="Chưa đủ số liệu", en="Not enough data"),
    Verdict.DROPPED: Label(vi="Thôi theo dõi", en="Dropped"),
}
CLOSINGS = ("kept", "failed", "dropped")
OPEN_STATE = "open"
_BEFORE_DUE = {
    Status.MET: Verdict.MET,
    Status.ON_COURSE: Verdict.ON_COURSE,
    Status.AT_RISK: Verdict.AT_RISK,
    Status.BEHIND: Verdict.BEHIND,
    Status.NOT_BEGUN: Verdict.OPEN,
}


@dataclass(frozen=True, slots=True)
class Decision:
    """``kpi`` None: a task. ``value``, ``start_value``: in the figure's unit, ratios as fractions of 1. Moments in UTC
    microseconds; ``state``: open, kept, failed or dropped, of figures only open and dropped."""

    id: int
    campaign: str
    meeting_id: int | None
    unit: str
    kpi: str | None
    task: str
    value: float | None
    start_value: float | None
    due: date
    owner: str
    made_by: str
    made_at: int
    made_as_of: int
    state: str
    closed_by: str | None
    closed_at: int | None
    closed_as_of: int | None
    note: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A decision at the moment looked at. ``value``: the figure now; ``at_due``: at the end of the due day, None before
    it; ``reached``: the day on which a late or closed one was done. ``row``: the figure with the decision as its target.
    """

    decision: Decision
    verdict: Verdict
    value: float | None = None
    at_due: float | None = None
    reached: date | None = None
    row: Row | None = None

    @property
    def is_final(self) -> bool:
        return self.verdict in (Verdict.KEPT, Verdict.LATE, Verdict.FAILED, Verdict.DROPPED)


# Writing --------------------------------------------------------------------------------------------------------------


def decide(
    store: Store,
    home: Home,
    campaign: Campaign,
    *,
    unit: str,
    kpi: str | None = None,
    task: str = "",
    value: float | None = None,
    due: date,
    owner: str = "",
    as_of: int,
    who: str,
    at: int,
    meeting_id: int | None = None,
) -> Decision:
    """Record a decision; with a figure ``task`` may add words to it.

    Raises CallFault for an unknown unit or figure, a value the figure cannot have, a due day before the moment, and for a
    figure that counts inside the campaign's window a due day after it.
    """
    day = from_micros(as_of, home.zone).date()
    place = store.tree(day)[unit]
    task, owner = task.strip(), owner.strip()
    if due < day:
        raise CallFault(f"Hạn {due:%d/%m/%Y} ở trước thời điểm của số liệu ({day:%d/%m/%Y}).")
    start_value = None
    if kpi is not None:
        with store.read() as connection:
            declared = known_figure(connection, home, kpi)
        value = _checked(declared, value)
        if not declared.is_stock and due > campaign.last_day:
            raise CallFault(f"«{declared.label.vi}» chỉ đếm đến hết kỳ của chiến dịch ({campaign.last_day:%d/%m/%Y}): hạn không được sau ngày đó.")  # fmt: skip
        row = _Aim(store, home, campaign.key, place.code, kpi, value, due).row(as_of)
        start_value = None if row is None else row.value
    elif not task:
        raise CallFault("Một kết luận cần có chỉ tiêu hoặc việc phải làm.")
    elif value is not None:
        raise CallFault("Việc không có chỉ tiêu thì không có mức phải đạt.")
    new = {
        "campaign": campaign.key, "meeting_id": meeting_id, "unit": place.code, "kpi": kpi, "task": task, "value": value,
        "start_value": start_value, "due": day_number(due), "owner": owner, "made_by": who, "made_at": at, "made_as_of": as_of,
        "state": OPEN_STATE, "closed_by": None, "closed_at": None, "closed_as_of": None, "note": "",
    }  # fmt: skip
    aim = {"kpi": kpi, "value": value, "due": due.isoformat()}
    with store.write(Entry("decide", f"decision {campaign.key}", at, who, unit=place.code, details=aim)) as session:
        made = (session.rows(sa.select(sa.func.max(decisions.c.id)))[0][0] or 0) + 1
        session.insert(decisions, [{"id": made, **new}])
    return get(store, made)


def close(store: Store, number: int, state: str, *, as_of: int, who: str, at: int, note: str = "") -> Decision:
    """A person's word: a task kept or failed, anything dropped. Raises CallFault for what figures judge."""
    found = get(store, number)
    if state not in CLOSINGS:
        raise CallFault(f"Không có kết quả «{state}» (có: {', '.join(CLOSINGS)}).")
    if found.kpi is not None and state != "dropped":
        raise CallFault("Kết luận theo chỉ tiêu do chính số liệu đánh giá, không ghi tay kết quả.")
    if found.state != OPEN_STATE:
        raise CallFault(f"Kết luận {number} đã được ghi kết quả.")
    if as_of < found.made_as_of:
        raise CallFault(f"Kết luận {number} chưa có ở thời điểm này.")
    closed = {"state": state, "closed_by": who, "closed_at": at, "closed_as_of": as_of, "note": note.strip()}
    entry = Entry("decide", f"decision:{number}", at, who, unit=found.unit, details={"state": state})
    with store.write(entry) as session:
        # Whoever comes second changes nothing.
        done = sa.update(decisions).where(decisions.c.id == number, decisions.c.state == OPEN_STATE)
        session.run(done.values(**closed))
    return get(store, number)


def _checked(declared: Figure, value: float | None) -> float:
    """A value the figure can have."""
    if value is None or not math.isfinite(value):
        raise CallFault("Kết luận theo chỉ tiêu cần mức phải đạt.")
    least = 1 if declared.unit == "rank" else 0
    if value < least or (declared.is_ratio and value > 1):
        bounds = "từ 0 đến 100 %" if declared.is_ratio else f"từ {least} trở lên"
        raise CallFault(f"Mức phải đạt của «{declared.label.vi}» phải {bounds}.")
    return value


# Reading --------------------------------------------------------------------------------------------------------------


def listed(
    store: Store, campaign: str | None = None, as_of: int | None = None, units: Collection[str] | None = None
) -> list[Decision]:
    """Decisions that exist at a moment (None: all), of some units, in the order in which they were made."""
    c = decisions.c
    names = Decision.__dataclass_fields__
    wanted = sa.select(*(c[name] for name in names)).order_by(c.id)
    if campaign is not None:
        wanted = wanted.where(c.campaign == campaign)
    if as_of is not None:
        wanted = wanted.where(c.made_as_of <= as_of)
    with store.read() as connection:
        found = [Decision(**{**row, "due": day_of(row["due"])}) for row in connection.execute(wanted).mappings()]
    return [one for one in found if units is None or one.unit in units]


def get(store: Store, number: int) -> Decision:
    """Raises CallFault when there is no such decision."""
    found = next((one for one in listed(store) if one.id == number), None)
    if found is None:
        raise CallFault(f"Không có kết luận {number}. Xem danh sách bằng «campaign decisions».")
    return found


def as_object(one: Judged, home: Home) -> dict[str, Any]:
    """A judged decision as plain values, days and moments as ISO texts."""
    made, pace = one.decision, None if one.row is None else one.row.pace
    return {
        "id": made.id, "meeting": made.meeting_id, "unit": made.unit, "kpi": made.kpi, "task": made.task, "value": made.value,
        "due": made.due.isoformat(), "owner": made.owner, "as_of": iso(made.made_as_of, home.zone), "made_by": made.made_by,
        "start": made.start_value, "now": one.value, "at_due": one.at_due, "verdict": str(one.verdict),
        "reached": None if one.reached is None else one.reached.isoformat(),
        "needed": None if pace is None else pace.needed, "recent": None if pace is None else pace.recent,
        "state": made.state, "note": made.note,
    }  # fmt: skip


# Judging --------------------------------------------------------------------------------------------------------------


def judge(store: Store, home: Home, found: Iterable[Decision], as_of: int) -> list[Judged]:
    """Each decision as the data have it at a moment, from one state of the store."""
    with store.read():
        return [_judge(store, home, one, as_of) for one in found]


def _judge(store: Store, home: Home, one: Decision, as_of: int) -> Judged:
    closed = one.state != OPEN_STATE and (one.closed_as_of or 0) <= as_of
    due_end = day_end(day_number(one.due), home.zone)
    if one.kpi is None or one.value is None:
        return _of_task(home, one, closed, as_of >= due_end)
    aim = _Aim(store, home, one.campaign, one.unit, one.kpi, one.value, one.due)
    row = aim.row(as_of)
    value = None if row is None else row.value
    if closed:
        return Judged(one, Verdict.DROPPED, value, row=row)
    if row is None or row.status in (Status.NO_DATA, Status.STALE):
        return Judged(one, Verdict.UNKNOWN, value, row=row)
    if as_of < due_end:
        # Of a figure entered by hand or published by others no pace is known.
        judged = row.status is Status.MET or row.pace is not None
        return Judged(one, _BEFORE_DUE[row.status] if judged else Verdict.OPEN, value, row=row)
    then = aim.row(due_end)
    at_due = None if then is None else then.value
    if at_due is not None and met(aim.figure, at_due, one.value):
        return Judged(one, Verdict.KEPT, value, at_due, row=row)
    reached = aim.reached(as_of)
    return Judged(one, Verdict.LATE if reached else Verdict.FAILED, value, at_due, reached, row)


def _of_task(home: Home, one: Decision, closed: bool, is_over: bool) -> Judged:
    if not closed:
        return Judged(one, Verdict.FAILED if is_over else Verdict.OPEN)
    assert one.closed_as_of is not None
    done = from_micros(one.closed_as_of, home.zone).date()
    if one.state == "kept":
        return Judged(one, Verdict.KEPT if done <= one.due else Verdict.LATE, reached=done)
    return Judged(one, Verdict.DROPPED if one.state == "dropped" else Verdict.FAILED, reached=done)


class _Aim:
    """A decision as the one target of its campaign, in the campaign's own window."""

    def __init__(self, store: Store, home: Home, campaign: str, unit: str, kpi: str, value: float, due: date) -> None:
        self.store, self.home, self.unit, self.kpi = store, home, unit, kpi
        self.campaign = home.campaign(campaign)
        with store.read() as connection:
            self.figure = known_figure(connection, home, kpi)
        # Own dossiers only where the campaign's own target says so.
        given = target_of(self.campaign, kpi, store.tree(due)[unit], due)
        scope = given.scope if given is not None else "tree"
        self.target = Target(kpi=kpi, value=value, due=due, unit=(unit,), scope=scope)

    def aimed(self, as_of: int) -> Campaign:
        """After the due day a unit's data are old when nothing came from one cycle before the due day on: a quiet Sunday
        on which a promise falls due is no lack of data once the unit has been heard of again."""
        report = self.campaign.report
        since = max((from_micros(as_of, self.home.zone).date() - self.target.due).days, 0)
        patient = report.model_copy(update={"every_days": report.every_days + since})
        return self.campaign.model_copy(
            update={"target": (self.target,), "end": self.campaign.last_day, "report": patient}
        )

    def row(self, as_of: int) -> Row | None:
        """The figure at a moment; of ranks that of the campaign's own scheme."""
        rows = figures(self.store, self.home, Query(self.aimed(as_of), (self.kpi,), as_of, unit=self.unit))
        return next((row for row in rows if row.scheme in (None, self.campaign.rank_scheme)), None)

    def reached(self, as_of: int) -> date | None:
        """The first day after the due day at whose end (the last: at the moment) the figure had reached the value."""
        if self.figure.reads == "series":
            went = panel(self.store, self.home, self.campaign, [self.kpi], [self.unit], as_of)
            days, values = went.days, went.value[self.kpi][0]
        else:
            ran = course(self.store, self.home, self.aimed(as_of), self.kpi, unit=self.unit, as_of=as_of)
            days, values = ran.days, ran.value[0]
        later = ((day, float(value)) for day, value in zip(days, values, strict=True) if day > self.target.due)
        return next(
            (day for day, value in later if not math.isnan(value) and met(self.figure, value, self.target.value)), None
        )
