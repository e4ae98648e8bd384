"""The exact dossiers and services whose handling closes a unit's gap, and what the figure will say after each of them."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter as Tally
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from itertools import accumulate
from typing import Any

import sqlalchemy as sa

from data.access import Scope
from data.clock import day_end, day_number, day_of, iso, local_day
from data.home import Campaign, Home, Label
from data.measures import NOT_ACCEPTED, is_open, is_overdue, overdue_day, past_due, runs
from data.rollup import believed
from data.schema import CHANNELS, RETURN_MODES, dossiers, procedures
from data.spans import accepted_in, of_units, open_on
from data.store import Store
from kpi.catalog.figure import Figure
from kpi.effects import Change, Effect, digitising, effects, finishing
from kpi.engine import Answer, value_of
from kpi.query import Query
from kpi.services import Service, counted
from kpi.targets import target_of
from kpi.urgency import days_left, send_today

v = dossiers.c
SERVICE_ORDER = {"rejected": 0, "submitted": 1, "reviewed": 2, "listed": 3}
ONLINE_LEVEL, FULL_LEVEL = 3, 4


@dataclass(frozen=True, slots=True)
class Task:
    """One dossier or service to handle.

    ``what``: overdue or due (finish it), undigitised, letter, the state of a service, or unused. ``due``: due date, or
    since when a service is in its state. ``days_left``: working days until due, negative = working days overdue.
    ``numerator`` and ``denominator``: what doing it adds to the figure at once; (0, 0) keeps the figure from falling later.
    ``helps``: +1 it improves the value, 0 it does not change it, −1 it lowers it (a late dossier stays late).
    """

    code: str
    name: str
    unit: str
    what: str
    due: date | None
    days_left: int | None
    reason: str = ""
    numerator: float = 0
    denominator: float = 0
    helps: int = 0
    version: int = 0


@dataclass(frozen=True, slots=True)
class Reached:
    """The figure of the unit; ``rank`` among units of its level, which stay as they are; None without a league."""

    numerator: float | None
    denominator: float | None
    value: float | None
    rank: int | None


@dataclass(frozen=True)
class WorkList:
    """What to do for one figure of one unit, most effective and most urgent first.

    ``after[n]``: the figure at ``at`` once the first n tasks are done at ``as_of`` and nothing else has changed.
    ``at`` is ``as_of``, except for letters: the end of the day on which the last of their dossiers has turned overdue.
    ``nothing``: why there is no task; None where there are some.
    """

    kpi: str
    unit: str
    as_of: int
    at: int
    tasks: tuple[Task, ...]
    after: tuple[Reached, ...]
    total: int
    nothing: Label | None = None


ALL_DONE = Label(
    vi="Không còn việc nào làm tăng được chỉ tiêu này lúc này.",
    en="Nothing is left that would improve this figure now.",
)
NOT_BEGUN = Label(vi="Chiến dịch chưa bắt đầu.", en="The campaign has not begun.")
WINDOW_OVER = Label(
    vi="Kỳ của chiến dịch đã hết: việc làm từ nay không còn tính vào chỉ tiêu này.",
    en="The window is over: what is done from now on no longer counts.",
)
ENTERED_BY_HAND = Label(
    vi="Số liệu nhập tay: hệ thống không biết từng báo cáo, hồ sơ công việc. Hãy làm phần còn thiếu rồi cập nhật chuỗi số liệu.",
    en="Entered by hand: the single reports or files are not known here. Do what is missing, then update the series.",
)
SET_BY_OTHERS = Label(
    vi="Thứ hạng do cơ quan khác công bố; muốn tăng hạng phải tăng các chỉ tiêu thành phần.",
    en="Ranks are published by others; they follow the figures they are made of.",
)
CANNOT_CHANGE = {
    "online_submit": Label(
        vi="Hồ sơ đã tiếp nhận không đổi được cách nộp. Việc làm được: hướng dẫn, hỗ trợ người dân nộp trực tuyến hồ sơ mới.",
        en="How a dossier was submitted cannot be changed. What helps: guiding people to submit new ones online.",
    ),
    "online_payment": Label(
        vi="Khoản đã nộp không đổi được cách nộp. Việc làm được: hướng dẫn thanh toán trực tuyến với khoản mới phát sinh.",
        en="How a fee was paid cannot be changed. What helps: guiding people to pay new fees online.",
    ),
    "avg_days": Label(
        vi="Thời gian đã dùng không rút lại được. Việc làm được: giải quyết sớm các hồ sơ mới nhận.",
        en="Time already spent cannot be won back. What helps: finishing new dossiers early.",
    ),
    "services": Label(
        vi="Danh mục chỉ thay đổi khi công bố thủ tục; đây không phải việc của từng ngày.",
        en="The catalogue changes only when procedures are published; there is no daily work in it.",
    ),
}
CANNOT_CHANGE["online_eligible"] = CANNOT_CHANGE["online_submit"]

PROTECTED = frozenset({"on_time_resolved", "on_time_766", "became_overdue"})
"""Figures that fall when a dossier turns overdue: finishing it in time is work even where the value stands still."""


def work(
    store: Store,
    home: Home,
    campaign: Campaign,
    kpi: str,
    unit: str,
    as_of: int | None = None,
    limit: int = 50,
    *,
    scope: Scope,
) -> WorkList:
    """The first ``limit`` tasks of a unit and everything below it (own only where its target says so).

    Dossiers of units outside of ``scope`` are neither listed nor counted; services are no dossiers.
    """
    with store.read() as connection:
        place = Place.of(connection, store, home, campaign, kpi, unit, as_of, scope)
        declared = place.declared
        reason = _hopeless(place)
        if reason is not None:
            return place.list_of((), 0, reason)
        if kpi == "apology_ok":
            return _letters(place, limit)
        if declared.reads == "services":
            tasks = _unused(place) if declared.services == "active" else services_to_do(place)
            return place.list_of(tasks[:limit], len(tasks))
        return _dossiers(place, limit)


def _hopeless(place: Place) -> Label | None:
    declared, span = place.declared, place.answer.span
    if declared.reads == "series":
        return SET_BY_OTHERS if declared.unit == "rank" else ENTERED_BY_HAND
    if declared.key in CANNOT_CHANGE:
        return CANNOT_CHANGE[declared.key]
    if not place.answer.begun and (not declared.is_stock or declared.key == "backlog_cleared"):
        return NOT_BEGUN
    if span.until < span.as_of and not declared.is_stock and declared.key != "digitised":
        return WINDOW_OVER
    return None


# The unit and its league ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """A unit, its figure now, and the values of the others in its league. ``handlers``: ids of units whose dossiers may be read."""

    answer: Answer
    declared: Figure
    unit: str
    members: frozenset[str]
    handlers: tuple[int, ...]
    numerator: float | None
    denominator: float | None
    ladder: tuple[float, ...] | None

    @classmethod
    def of(
        cls,
        connection: sa.Connection,
        store: Store,
        home: Home,
        campaign: Campaign,
        kpi: str,
        unit: str,
        as_of: int | None,
        scope: Scope,
    ) -> Place:
        query = Query(campaign, (kpi,), as_of, unit=unit)
        answer = Answer(connection, store, home, query)
        tree, declared = answer.tree, answer.figures[0]
        rows = [row for row in answer.rows() if row.scheme is None]
        mine = rows[0] if rows else None
        ladder = None
        level = tree[unit].level
        if unit != tree.root and tree[unit].valid and level:
            others = Answer(
                connection, store, home, replace(query, by=level, unit=None, as_of=answer.span.as_of)
            ).rows()
            values = {row.value for row in others if row.unit != unit and row.value is not None}
            ladder = tuple(sorted(declared.direction * value for value in values))
        target = target_of(campaign, kpi, tree[unit], answer.day)
        own = target is not None and target.scope == "own"
        members = frozenset({unit}) if own else answer.groups()[0].members
        return cls(
            answer,
            declared,
            unit,
            members,
            tuple(number for number, code in answer.unit_codes.items() if code in members and scope.allows(code)),
            None if mine is None else mine.numerator,
            None if mine is None else mine.denominator,
            ladder,
        )

    @property
    def today(self) -> date:
        return self.answer.day

    def reached(self, effect: Effect) -> Reached:
        up, down = effect
        numerator = None if self.numerator is None else self.numerator + up
        denominator = None if self.denominator is None else self.denominator + down
        value = value_of(self.declared, numerator, denominator)
        rank = None
        if self.ladder is not None and value is not None:
            rank = 1 + len(self.ladder) - bisect_right(self.ladder, self.declared.direction * value)
        return Reached(numerator, denominator, value, rank)

    def list_of(
        self, tasks: Sequence[Task], total: int, nothing: Label | None = None, at: int | None = None
    ) -> WorkList:
        sums = accumulate(((t.numerator, t.denominator) for t in tasks), _plus, initial=(0.0, 0.0))
        as_of = self.answer.span.as_of
        return WorkList(
            self.declared.key,
            self.unit,
            as_of,
            as_of if at is None else at,
            tuple(tasks),
            tuple(self.reached(effect) for effect in sums),
            total,
            nothing if tasks or nothing else ALL_DONE,
        )

    def helps(self, effect: Effect) -> int:
        """Whether the value rises, stands or falls in the figure's direction."""
        before, after = self.reached((0, 0)).value, self.reached(effect).value
        if after is None or before == after:
            return 0
        if before is None:
            return 1
        return 1 if self.declared.direction * (after - before) > 0 else -1


def _plus(total: Effect, effect: Effect) -> Effect:
    return total[0] + effect[0], total[1] + effect[1]


# Dossiers -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Chosen:
    """Which dossiers move a figure and what is done to them. ``late``: overdue ones come first (−1), last (1) or by date."""

    where: tuple[sa.ColumnElement[bool], ...]
    change: Change
    late: int = 0
    what: str = ""


def _dossiers(place: Place, limit: int) -> WorkList:
    answer, declared = place.answer, place.declared
    chosen = _chosen(place)
    rows = _rows(place, chosen, limit)
    ids = [row.id for row in rows]
    moved = effects(answer.connection, answer.counter, (declared,), ids, chosen.change)[declared.key]
    tasks = []
    for row in rows:
        effect = moved.get(row.id, (0, 0))
        if any(effect) or declared.key in PROTECTED:
            tasks.append(_task(place, row, chosen.what or ("overdue" if row.overdue else "due"), effect))
    # Equal effects keep the order of urgency in which they came.
    tasks.sort(key=lambda task: -_gain(place, task))
    return place.list_of(tasks, rows[0].total if rows else 0)


def _chosen(place: Place) -> Chosen:
    answer, key = place.answer, place.declared.key
    rules, span = answer.query.rules, answer.span
    today, at = day_number(answer.day), span.as_of
    open_now, overdue = (open_on(today), is_open(rules, at), runs(rules)), is_overdue(rules, today, at)
    finish = finishing(answer.home, at)
    in_window = (
        v.accepted_at <= span.until,
        accepted_in(span.first, local_day(span.until, answer.home.zone)),
        *((v.accepted_day >= span.first,) if span.first is not None else ()),
    )
    cohort = in_window if rules.period == "accept" else ()
    dated = () if rules.no_due_date == "on_time" else (v.due_at.is_not(None),)
    match key:
        case "digitised":
            accepted = sa.or_(v.status.is_(None), v.status.not_in(NOT_ACCEPTED))
            return Chosen((accepted, v.digitised == 0, *in_window), digitising(), what="undigitised")
        case "backlog_cleared":
            start = answer.counter.backlog_at
            assert start is not None
            return Chosen((is_overdue(rules, local_day(start, answer.home.zone), start), *open_now), finish)
        case "overdue_open" | "overdue_share" | "overdue_share_open":
            return Chosen((open_on(today), overdue), finish)
        case "became_overdue":
            return Chosen((*open_now, v.due_at.is_not(None), ~overdue), finish)
        case "on_time_766":
            # A late one accepted before the window weighs the figure down only while it is open.
            old = (sa.and_(overdue, v.accepted_day < span.first),) if cohort and span.first is not None else ()
            return Chosen((*open_now, *dated, sa.or_(~overdue, *old)), finish, late=-1)
        case "processed_online":
            return Chosen((*open_now, *cohort, v.channel == CHANNELS["online"]), finish)
        case "no_contact":
            by_wire = v.return_mode.in_((RETURN_MODES["online"], RETURN_MODES["post"]))
            return Chosen((*open_now, *cohort, v.channel == CHANNELS["online"], by_wire), finish)
        case "e_certification":
            return Chosen((*open_now, *cohort, v.procedure.in_(answer.home.file.e_certification)), finish)
        case _:
            return Chosen((*open_now, *cohort, *dated), finish, late=1)


def _rows(place: Place, chosen: Chosen, limit: int) -> Sequence[Any]:
    answer = place.answer
    p, overdue = procedures.c, is_overdue(answer.query.rules, day_number(answer.day), answer.span.as_of)
    first = v.accepted_at if chosen.what == "undigitised" else v.due_at
    wanted = (
        sa.select(v.id, v.code, p.name, v.unit_id, v.due_day, overdue.label("overdue"), _all().label("total"))
        .select_from(dossiers.outerjoin(procedures, p.code == v.procedure))
        .where(_of(place), *chosen.where)
        .order_by(sa.case((overdue, chosen.late), else_=0), first.is_(None), first, v.code)
        .limit(limit)
    )
    return answer.connection.execute(wanted).all()


def _all() -> sa.ColumnElement[int]:
    return sa.func.count().over()


def _of(place: Place) -> sa.ColumnElement[bool]:
    """The dossiers of the unit, as far as they may be read."""
    return sa.and_(believed(place.answer.span.known_import), of_units(place.handlers))


def _task(place: Place, row: Any, what: str, effect: Effect) -> Task:
    answer = place.answer
    due = None if row.due_day is None else day_of(row.due_day)
    return Task(
        code=row.code,
        name=row.name or "",
        unit=answer.unit_codes[row.unit_id],
        what=what,
        due=due,
        days_left=None if due is None else days_left(answer.home.calendar, place.today, due),
        numerator=effect[0],
        denominator=effect[1],
        helps=place.helps(effect),
        version=row.id,
    )


def _gain(place: Place, task: Task) -> float:
    before, after = place.reached((0, 0)).value, place.reached((task.numerator, task.denominator)).value
    return place.declared.direction * (after - before) if after is not None and before is not None else task.helps


# Letters --------------------------------------------------------------------------------------------------------------

NO_LETTER_TODAY = Label(
    vi="Hôm nay không có thư xin lỗi nào phải gửi: không hồ sơ nào đến hạn gửi mà chưa có thư.",
    en="No letter has to go out today: none whose last day has come is without one.",
)


def _letters(place: Place, limit: int) -> WorkList:
    """Letters whose last permitted day is today, or falls on days off before work begins again."""
    answer = place.answer
    rules, span, home = answer.query.rules, answer.span, answer.home
    setting = answer.query.campaign.apology if answer.query.campaign else None
    dues = send_today(setting, home.calendar, place.today) if setting else None
    if dues is None or span.last is None or place.numerator is None or place.denominator is None:
        return place.list_of((), 0, NO_LETTER_TODAY)
    due_days = v.due_day.between(day_number(dues[0]), day_number(dues[1]))
    horizon = day_end(day_number(dues[1]) + 1, home.zone)
    last = min(day_number(dues[1]) + 1, span.last)
    until = min(horizon, day_end(span.last, home.zone))
    turning = past_due(rules, last, until)
    if span.first is not None:
        turning = sa.and_(turning, overdue_day(rules) >= span.first)
    now_late = is_overdue(rules, day_number(place.today), span.as_of)
    waiting = (
        open_on(day_number(place.today)),
        is_open(rules, span.as_of),
        runs(rules),
        ~now_late,
        v.due_at.is_not(None),
    )
    proper = sa.and_(v.apology_at <= span.as_of, v.apology_day <= v.due_day - 1, v.apology_new_due_at.is_not(None))
    has_letter = sa.case((proper, 1), else_=0)
    up, down = answer.connection.execute(
        sa.select(sa.func.coalesce(sa.func.sum(has_letter), 0), sa.func.count())
        .select_from(dossiers)
        .where(_of(place), *waiting, turning)
    ).one()
    place = replace(place, numerator=place.numerator + up, denominator=place.denominator + down)
    p = procedures.c
    wanted = (
        sa.select(
            v.id, v.code, p.name, v.unit_id, v.due_day, sa.case((turning, 1), else_=0).label("counts"), _all().label("total")
        )
        .select_from(dossiers.outerjoin(procedures, p.code == v.procedure))
        .where(_of(place), *waiting, due_days, has_letter == 0)
        .order_by(v.due_at, v.code)
        .limit(limit)
    )  # fmt: skip
    rows = answer.connection.execute(wanted).all()
    tasks = [_task(place, row, "letter", (row.counts, 0)) for row in rows]
    return place.list_of(tasks, rows[0].total if rows else 0, None if rows else NO_LETTER_TODAY, horizon)


# Services -------------------------------------------------------------------------------------------------------------


def services_to_do(place: Place) -> list[Task]:
    """Services that do not count yet: rejected ones first (most can be mended), the commonest reason first."""
    needs: Callable[[Service], bool]
    if place.declared.services == "level4":

        def needs(s: Service) -> bool:
            return s.eligible_level4 == 1 and (s.level or 0) < FULL_LEVEL
    else:

        def needs(s: Service) -> bool:
            return s.eligible_online == 1 and (s.level or 0) >= ONLINE_LEVEL and s.state != "integrated"

    missing = [service for service in _offered(place) if needs(service)]
    reasons = Tally((s.state, s.reason) for s in missing)
    missing.sort(
        key=lambda s: (
            SERVICE_ORDER.get(s.state, 9),
            -reasons[s.state, s.reason],
            s.reason or "",
            s.from_day,
            s.service_code,
        )
    )
    return [_service_task(place, service, service.state, 1) for service in missing]


def _unused(place: Place) -> list[Task]:
    """Services without an online dossier in the window; one new dossier also counts for the same procedure above it.

    A service without a procedure code can never be seen to be used and is left out.
    """
    tree, catalogue = place.answer.tree, place.answer.catalogue
    if catalogue is None:
        return []
    by_procedure: dict[str, list[Service]] = {}
    for service, used, _ in counted(catalogue, "active", tree, place.answer.span.as_of):
        if service.procedure and not used and service.unit in place.members:
            by_procedure.setdefault(service.procedure, []).append(service)
    tasks = []
    for same in by_procedure.values():
        left = {s.service_code: s for s in sorted(same, key=lambda s: s.service_code)}
        above = {s.unit: set(tree.above(s.unit)) for s in same}
        while left:
            moved = {
                code: [o.service_code for o in left.values() if o.unit in above[s.unit]] for code, s in left.items()
            }
            best = max(moved, key=lambda code: len(moved[code]))
            tasks.append(_service_task(place, left[best], "unused", len(moved[best])))
            left = {code: s for code, s in left.items() if code not in moved[best]}
    tasks.sort(key=lambda task: (-task.numerator, task.code))
    return tasks


def _offered(place: Place) -> list[Service]:
    catalogue = place.answer.catalogue
    return [] if catalogue is None else [s for s in catalogue.at(day_number(place.today)) if s.unit in place.members]


def _service_task(place: Place, service: Service, what: str, counts: int) -> Task:
    # A service "since always" has no day to show.
    since = day_of(service.from_day) if service.from_day > 0 else None
    return Task(
        service.service_code,
        service.name,
        service.unit,
        what,
        since,
        None,
        service.reason or "",
        counts,
        0,
        place.helps((counts, 0)),
    )


def as_rows(found: WorkList) -> list[dict[str, Any]]:
    """The list for a table or a file: one row per task, with the figure after it."""
    return [
        {
            "n": n,
            "code": task.code,
            "name": task.name,
            "unit": task.unit,
            "what": task.what,
            "reason": task.reason,
            "due": None if task.due is None else task.due.isoformat(),
            "days_left": task.days_left,
            "adds_numerator": task.numerator,
            "adds_denominator": task.denominator,
            "numerator": found.after[n].numerator,
            "denominator": found.after[n].denominator,
            "value": found.after[n].value,
            "rank": found.after[n].rank,
        }
        for n, task in enumerate(found.tasks, start=1)
    ]


def as_object(found: WorkList, home: Home) -> dict[str, Any]:
    """The list as one plain object: the figure as it stands, and the rows of ``as_rows`` as ``tasks``."""
    return {
        "kpi": found.kpi,
        "unit": found.unit,
        "as_of": iso(found.as_of, home.zone),
        "at": iso(found.at, home.zone),
        "now": asdict(found.after[0]),
        "total": found.total,
        "nothing": None if found.nothing is None else found.nothing.vi,
        "tasks": as_rows(found),
    }
