"""The figures of dossiers once more, by plain loops over dicts: what the engine is tested against.

Written from the definitions alone and sharing nothing with the product: no SQL, no frames, no rollup, no `data.clock`.
A dossier is a dict with aware datetimes; absent keys are blank. Everything is recounted for every question, so it is
slow and easy to check by eye, which is the point.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Dossier = dict[str, Any]
MICROSECOND = timedelta(microseconds=1)

NOT_ACCEPTED = {1, 3}
PAUSED = {5, 6, 8}
WITHDRAWN = {7}
DONE = {9, 10}

DEFAULT_RULES = {
    "late_by": "day",
    "no_due_date": "exclude",
    "paused": "aside",
    "withdrawn": "exclude",
    "period": "finish",
    "end": "finished",
}


@dataclass(frozen=True)
class Import:
    """One file: when we received it and the dossiers in it."""

    at: datetime
    dossiers: tuple[Dossier, ...]


@dataclass(frozen=True)
class UnitLine:
    """A unit as it was from `valid_from` to `valid_to` (both inclusive, None = open)."""

    code: str
    level: str
    parent: str | None
    valid_from: date | None = None
    valid_to: date | None = None

    def valid(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True)
class World:
    """Everything a question depends on besides the question."""

    zone: ZoneInfo
    imports: tuple[Import, ...]
    units: tuple[UnitLine, ...] = ()
    record_start: date | None = None
    campaign_start: date | None = None
    campaign_last_day: date | None = None
    """The later of the campaign's end and the latest due date of its targets."""
    rules: dict[str, str] = field(default_factory=dict)
    e_certification: frozenset[str] = frozenset()
    days_off: frozenset[date] = frozenset()

    def rule(self, name: str) -> str:
        return self.rules.get(name, DEFAULT_RULES[name])

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def midnight(self, day: date) -> datetime:
        return datetime.combine(day, time.min, self.zone)


@dataclass(frozen=True)
class Answer:
    numerator: float
    denominator: float | None

    @property
    def value(self) -> float | None:
        if self.denominator is None:
            return self.numerator
        return self.numerator / self.denominator if self.denominator else None


def known(world: World, known_at: datetime | None) -> list[Dossier]:
    """The newest version of every dossier among the files received up to `known_at`."""
    newest: dict[str, Dossier] = {}
    for one in world.imports:
        if known_at is None or one.at <= known_at:
            for dossier in one.dossiers:
                newest[dossier["code"]] = dossier
    return list(newest.values())


# ---- one dossier at one moment -------------------------------------------------------------------------------------


def ended_at(world: World, dossier: Dossier) -> datetime | None:
    """When it was finished or withdrawn; None if it was not, or if nobody wrote down when."""
    if dossier.get("status") is not None and dossier["status"] not in DONE | WITHDRAWN:
        return None
    finished, returned = dossier.get("finished_at"), dossier.get("returned_at")
    if world.rule("end") == "returned":
        finished, returned = returned, finished
    return finished if finished is not None else returned


def is_withdrawn(world: World, dossier: Dossier) -> bool:
    return dossier.get("status") in WITHDRAWN and world.rule("withdrawn") == "exclude"


def exists(dossier: Dossier, moment: datetime) -> bool:
    return dossier.get("status") not in NOT_ACCEPTED and dossier["accepted_at"] <= moment


def is_open(world: World, dossier: Dossier, moment: datetime) -> bool:
    if not exists(dossier, moment):
        return False
    end = ended_at(world, dossier)
    if end is None:
        # Done or withdrawn without a moment: closed for as long as it exists.
        return dossier.get("status") not in DONE | WITHDRAWN
    return end > moment


def is_overdue(world: World, dossier: Dossier, moment: datetime) -> bool:
    """Open, past its due date, and its clock is running."""
    due = dossier.get("due_at")
    if due is None or not is_open(world, dossier, moment):
        return False
    if world.rule("paused") == "aside" and dossier.get("status") in PAUSED:
        return False
    if world.rule("late_by") == "day":
        return world.day(moment) > world.day(due)
    return moment > due


def finished_in(world: World, dossier: Dossier, first: datetime, last: datetime, as_of: datetime) -> bool:
    """Finished (not withdrawn) within first..last, as seen at `as_of`; the rule `period` may ask for acceptance too."""
    end = ended_at(world, dossier)
    if end is None or is_withdrawn(world, dossier) or not exists(dossier, as_of):
        return False
    if world.rule("period") == "accept" and not first <= dossier["accepted_at"] <= last:
        return False
    return first <= end <= last


def in_time(world: World, dossier: Dossier) -> bool:
    """Of a finished dossier; without a due date by the rule."""
    end, due = ended_at(world, dossier), dossier.get("due_at")
    assert end is not None
    if due is None:
        return world.rule("no_due_date") == "on_time"
    return world.day(end) <= world.day(due) if world.rule("late_by") == "day" else end <= due


def counts_for_punctuality(world: World, dossier: Dossier) -> bool:
    return dossier.get("due_at") is not None or world.rule("no_due_date") == "on_time"


def turned_overdue_at(world: World, dossier: Dossier) -> datetime | None:
    """The moment it became overdue: it had been open, its clock ran, and it did not end in time. None if it never did."""
    due, accepted, end = dossier.get("due_at"), dossier["accepted_at"], ended_at(world, dossier)
    if due is None or dossier.get("status") in NOT_ACCEPTED:
        return None
    if world.rule("paused") == "aside" and dossier.get("status") in PAUSED:
        return None
    if end is None and dossier.get("status") in DONE | WITHDRAWN:
        return None
    by_day = world.rule("late_by") == "day"
    if end is not None:
        ended_in_time = world.day(end) <= world.day(due) if by_day else end <= due
        if ended_in_time or end <= accepted:
            return None
    turn = world.midnight(world.day(due) + timedelta(days=1)) if by_day else due + MICROSECOND
    return max(turn, accepted)


def working_days(world: World, first: datetime, last: datetime) -> float:
    """Working time between two moments in days: the covered part of every working day. 0 if last is before first."""
    total = 0.0
    day = world.day(first)
    while first < last and day <= world.day(last):
        if day.weekday() < 5 and day not in world.days_off:
            begin, end = world.midnight(day).timestamp(), world.midnight(day + timedelta(days=1)).timestamp()
            covered = min(end, last.timestamp()) - max(begin, first.timestamp())
            total += covered / (end - begin)
        day += timedelta(days=1)
    return total


# ---- windows and groups --------------------------------------------------------------------------------------------


def window(world: World, name: str, as_of: datetime, dossiers: Iterable[Dossier]) -> tuple[datetime, datetime]:
    """First and last moment of a window, both inclusive; empty when first > last."""
    today = world.day(as_of)
    if name == "campaign":
        assert world.campaign_start and world.campaign_last_day
        first, last_day = world.campaign_start, world.campaign_last_day
    elif name == "day":
        first, last_day = today, today
    elif name == "week":
        first = today - timedelta(days=today.weekday())
        last_day = today
    elif name == "month":
        first, last_day = today.replace(day=1), today
    elif name == "all":
        if world.record_start is None:
            accepted = [d["accepted_at"] for d in dossiers]
            return (min(accepted) if accepted else as_of), as_of
        first, last_day = world.record_start, today
    else:
        first, last_day = (date.fromisoformat(part) for part in name.split(".."))
    return world.midnight(first), min(as_of, world.midnight(last_day + timedelta(days=1)) - MICROSECOND)


def group_units(world: World, code: str | None, as_of: datetime) -> set[str] | None:
    """A unit with all below it in the tree of that day; None = everything."""
    if code is None:
        return None
    parents = {line.code: line.parent for line in world.units if line.valid(world.day(as_of))}

    def below(unit: str | None) -> bool:
        while unit is not None:
            if unit == code:
                return True
            unit = parents.get(unit)
        return False

    return {unit for unit in parents if below(unit)}


# ---- figures -------------------------------------------------------------------------------------------------------


def figure(
    world: World,
    key: str,
    *,
    as_of: datetime,
    known_at: datetime | None = None,
    units: set[str] | None = None,
    window_name: str = "campaign",
    keep: Callable[[Dossier], bool] = lambda dossier: True,
) -> Answer:
    """One figure over the dossiers of `units` (None = all units) that `keep` lets through."""
    everything = known(world, known_at)
    first, last = window(world, window_name, as_of, everything)
    mine = [d for d in everything if (units is None or d["unit"] in units) and keep(d)]

    accepted = [d for d in mine if exists(d, as_of) and first <= d["accepted_at"] <= last]
    finished = [d for d in mine if finished_in(world, d, first, last, as_of)]
    still_open = [d for d in mine if is_open(world, d, as_of)]
    overdue = [d for d in still_open if is_overdue(world, d, as_of)]
    turned = [d for d in mine if (turn := turned_overdue_at(world, d)) is not None and first <= turn <= last]

    def share(of: list[Dossier], test: Callable[[Dossier], bool]) -> Answer:
        return Answer(sum(1 for d in of if test(d)), len(of))

    def online(dossier: Dossier) -> bool:
        return dossier.get("channel") == 2

    if key == "on_time_resolved":
        return share([d for d in finished if counts_for_punctuality(world, d)], lambda d: in_time(world, d))
    if key == "on_time_766":
        done = [d for d in finished if counts_for_punctuality(world, d)]
        running = [d for d in still_open if counts_for_punctuality(world, d)]
        good = sum(1 for d in done if in_time(world, d)) + sum(1 for d in running if not is_overdue(world, d, as_of))
        return Answer(good, len(done) + len(running))
    if key == "overdue_open":
        return Answer(len(overdue), None)
    if key == "overdue_share":
        since = world.midnight(world.record_start) if world.record_start else None
        recorded = [d for d in mine if exists(d, as_of) and (since is None or d["accepted_at"] >= since)]
        return Answer(len(overdue), len(recorded))
    if key == "overdue_share_open":
        return Answer(len(overdue), len(still_open))
    if key == "became_overdue":
        return Answer(len(turned), None)
    if key == "backlog_cleared":
        assert world.campaign_start
        start = world.midnight(world.campaign_start)
        return share([d for d in mine if is_overdue(world, d, start)], lambda d: not is_open(world, d, as_of))
    if key == "online_submit":
        return share(accepted, online)
    if key == "online_eligible":
        return share([d for d in accepted if (d.get("service_level") or 0) >= 3], online)
    if key == "processed_online":
        return share(finished, online)
    if key == "digitised":
        return share([d for d in accepted if d.get("digitised") is not None], lambda d: d["digitised"] == 1)
    if key == "online_payment":
        return share([d for d in accepted if d.get("payment") in (1, 2, 3)], lambda d: d["payment"] in (1, 2))
    if key == "no_contact":
        return share(finished, lambda d: online(d) and d.get("return_mode") in (1, 2))
    if key == "apology_ok":
        return share(turned, lambda d: apologised(world, d))
    if key == "e_certification":
        return Answer(sum(1 for d in finished if d.get("procedure") in world.e_certification), None)
    if key == "avg_days":
        spent = [working_days(world, d["accepted_at"], ended_at(world, d) or d["accepted_at"]) for d in finished]
        return Answer(sum(spent), len(finished))
    raise ValueError(key)


def apologised(world: World, dossier: Dossier) -> bool:
    """A letter at least a day before the due date, naming a new one."""
    sent = dossier.get("apology_at")
    if sent is None or dossier.get("apology_new_due_at") is None:
        return False
    return world.day(sent) < world.day(dossier["due_at"])
