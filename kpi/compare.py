"""A figure beside the same figure at another time: what changed, and whether by volume or by speed.

The change of a quotient is split exactly in two. With numerators a, b and denominators c, d (earlier, now):

    numerator's effect    (b − a) × (1/c + 1/d) / 2
    denominator's effect  (1/d − 1/c) × (a + b) / 2        together b/d − a/c

each being the mean of what the one does while the other stands as it was before and as it is now (the Shapley value of
two players): neither goes first. A stock of overdue dossiers is split by what came in and what was cleared.

Sums over a campaign only grow, so that between two of its days their denominators always seem to be at fault. There the
cause is sought in the period itself: its own share beside that of as many working days before it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any

from data import measures
from data.clock import from_micros, iso, to_micros
from data.errors import CallFault
from data.home import Campaign, Home
from data.locale import _, language
from data.locale import formats as written
from data.store import Store
from data.units import Unit
from kpi.catalog import figure
from kpi.catalog.figure import Figure
from kpi.ceiling import accumulates
from kpi.engine import default_as_of, figures
from kpi.model import Row
from kpi.query import Query
from kpi.targets import target_of


class Cause(StrEnum):
    """What held a unit back."""

    VOLUME = "volume"
    """more came in than before"""
    SPEED = "speed"
    """too little was done"""
    NONE = "none"
    """nothing: it did not get worse, or that cannot be said"""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of value and its two parts, which add up to it. Of counts without parts both effects are None."""

    total: float
    of_numerator: float | None
    of_denominator: float | None


@dataclass(frozen=True, slots=True)
class Period:
    """What a period brought, beside as many working days before it, and the change of its own share."""

    numerator: float
    denominator: float
    numerator_then: float
    denominator_then: float

    @property
    def value(self) -> float:
        return self.numerator / self.denominator

    @property
    def value_then(self) -> float:
        return self.numerator_then / self.denominator_then

    @property
    def change(self) -> Change:
        return split(self.numerator, self.denominator, self.numerator_then, self.denominator_then)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One unit then and now. ``then`` None: no such row; ``change`` None: one of the two has no value.

    ``reasons``: why the two do not mean the same, in words; then nothing is compared.
    """

    now: Row
    then: Row | None
    change: Change | None
    cause: Cause
    period: Period | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Beside:
    """What to compare with: a campaign at a moment."""

    campaign: Campaign
    as_of: int


def split(numerator: float, denominator: float, numerator_then: float, denominator_then: float) -> Change:
    """The change of a quotient in its two effects; both denominators positive."""
    a, b, c, d = numerator_then, numerator, denominator_then, denominator
    total = b / d - a / c
    return Change(total, (b - a) * (1 / c + 1 / d) / 2, (1 / d - 1 / c) * (a + b) / 2)


def change(declared: Figure, now: Row, then: Row) -> Change | None:
    if now.value is None or then.value is None:
        return None
    if declared.divides and now.denominator and then.denominator:
        assert now.numerator is not None
        assert then.numerator is not None
        return split(now.numerator, now.denominator, then.numerator, then.denominator)
    return Change(now.value - then.value, None, None)


def cause(declared: Figure, found: Change | None) -> Cause:
    """The larger of the effects that pulled a figure the wrong way, when it did go the wrong way."""
    if found is None or found.of_numerator is None or found.of_denominator is None:
        return Cause.NONE
    by_speed, by_volume = (declared.direction * effect for effect in (found.of_numerator, found.of_denominator))
    if declared.direction * found.total >= 0:
        return Cause.NONE
    return Cause.VOLUME if by_volume < by_speed else Cause.SPEED


def compare(store: Store, home: Home, query: Query, with_: Beside) -> list[Comparison]:
    """The query's one figure beside itself at another moment, unit by unit; not where another campaign means another thing."""
    assert query.campaign is not None
    (kpi,) = query.kpis
    declared = figure(kpi)
    now = figures(store, home, query)
    earlier = replace(query, campaign=with_.campaign, as_of=with_.as_of)
    then = {(row.unit, row.scheme): row for row in figures(store, home, earlier)}
    inflow = _inflow(store, home, query, earlier) if declared.key == "overdue_open" else {}
    before = _before(store, home, query, earlier) if declared.divides and accumulates(declared) else {}
    tree, day = store.tree(query.campaign.start), 1
    if now and with_.campaign != query.campaign:
        day = (from_micros(now[0].as_of, home.zone).date() - query.campaign.start).days + 1
    found = []
    for row in now:
        if with_.campaign != query.campaign and (
            reasons := differences(home, declared, query.campaign, with_.campaign, day, tree[row.unit])
        ):
            found.append(Comparison(row, None, None, Cause.NONE, reasons=tuple(reasons)))
            continue
        past = then.get((row.unit, row.scheme))
        changed = None if past is None else change(declared, row, past)
        if changed is not None and row.unit in inflow:
            changed = Change(changed.total, changed.total - inflow[row.unit], inflow[row.unit])
        period = None if past is None or row.unit not in before else _period(row, past, before[row.unit])
        judged = changed if period is None else period.change
        found.append(Comparison(row, past, changed, cause(declared, judged), period))
    return found


def _before(store: Store, home: Home, now: Query, then: Query) -> dict[str, Row]:
    """The same figure as many working days before the earlier moment as lie between the two, inside the campaign."""
    assert now.campaign is not None
    assert then.as_of is not None
    if now.campaign != then.campaign:
        return {}
    until = now.as_of if now.as_of is not None else default_as_of(store, home, now)
    last, first = (from_micros(moment, home.zone) for moment in (until, then.as_of))
    count = len(home.calendar.working_days(first.date() + timedelta(days=1), last.date()))
    day = home.calendar.last_working_days(first.date() - timedelta(days=1), max(count, 1))[0]
    if not count or day < now.campaign.start:
        return {}
    moment = to_micros(datetime.combine(day, first.time(), home.zone))
    return {row.unit: row for row in figures(store, home, replace(then, as_of=moment))}


def _period(now: Row, then: Row, before: Row) -> Period | None:
    """None where one of the two periods brought nothing."""
    sums = [(row.numerator or 0.0, row.denominator or 0.0) for row in (now, then, before)]
    found = Period(sums[0][0] - sums[1][0], sums[0][1] - sums[1][1], sums[1][0] - sums[2][0], sums[1][1] - sums[2][1])
    return found if found.denominator > 0 and found.denominator_then > 0 else None


def _inflow(store: Store, home: Home, now: Query, then: Query) -> dict[str, float]:
    """Dossiers that turned overdue between the two moments of one campaign, by unit; nothing across campaigns."""
    if now.campaign != then.campaign:
        return {}
    counts = []
    for query in (now, then):
        rows = figures(store, home, replace(query, kpis=("became_overdue",), window="all"))
        counts.append({row.unit: row.value for row in rows})
    later, before = counts
    return {
        unit: value - earlier
        for unit, value in later.items()
        if value is not None and (earlier := before.get(unit)) is not None
    }


# What to compare with -------------------------------------------------------------------------------------------------


def beside(store: Store, home: Home, query: Query, what: str, moment: Callable[[str], int | None]) -> Beside:
    """``last-session``, the key of another campaign, or a moment, which ``moment`` reads."""
    assert query.campaign is not None
    if what == "last-session":
        return last_session(store, home, query)
    if what in home.campaigns:
        return same_day(store, home, query, home.campaign(what))
    as_of = moment(what)
    assert as_of is not None
    return Beside(query.campaign, as_of)


def last_session(store: Store, home: Home, query: Query) -> Beside:
    """The end of the last working day before T's, by the reporting hour."""
    assert query.campaign is not None
    as_of = query.as_of if query.as_of is not None else default_as_of(store, home, query)
    today = from_micros(as_of, home.zone).date()
    day = home.calendar.last_working_days(today - timedelta(days=1), 1)[0]
    if day < query.campaign.start:
        raise CallFault("Chưa có phiên làm việc nào trước đó trong chiến dịch.")
    moment = datetime.combine(day, time.fromisoformat(query.campaign.report.cut_off), home.zone)
    return Beside(query.campaign, to_micros(moment))


def same_day(store: Store, home: Home, query: Query, other: Campaign) -> Beside:
    """The other campaign on its day of the same number, at the same time of day."""
    assert query.campaign is not None
    as_of = query.as_of if query.as_of is not None else default_as_of(store, home, query)
    moment = from_micros(as_of, home.zone)
    number = moment.date() - query.campaign.start
    return Beside(other, to_micros(datetime.combine(other.start + number, moment.time(), home.zone)))


def differences(home: Home, declared: Figure, ours: Campaign, other: Campaign, day: int, unit: Unit) -> list[str]:
    """Why a figure of a unit does not mean the same in two campaigns, in words; empty when it does.

    ``day``: which day of the campaigns is compared (the first is 1).
    """
    reasons = []
    for name in declared.measures:
        mine = dict(measures.build(name, ours.rules, home.file.e_certification).parts)
        theirs = dict(measures.build(name, other.rules, home.file.e_certification).parts)
        reasons += [
            _("quy tắc {rule} khác nhau: {mine} và {theirs}", rule=rule, mine=mine[rule], theirs=theirs[rule])
            for rule in mine
            if mine[rule] != theirs[rule]
        ]
    if declared.unit == "rank" and ours.rank_scheme != other.rank_scheme:
        reasons.append(
            _("hai cách xếp hạng khác nhau: {mine} và {theirs}", mine=ours.rank_scheme, theirs=other.rank_scheme)
        )
    scopes = [
        found.scope if (found := target_of(campaign, declared.key, unit, campaign.last_day)) is not None else "tree"
        for campaign in (ours, other)
    ]
    if scopes[0] != scopes[1]:
        reasons.append(_("phạm vi khác nhau: một bên tính cả đơn vị cấp dưới, một bên chỉ tính chính đơn vị"))
    length = (other.last_day - other.start).days + 1
    if not 1 <= day <= length:
        reasons.append(
            _("{name} chỉ có {n} ngày, không có ngày thứ {day}", name=other.name(language()), n=length, day=day)
        )
    return list(dict.fromkeys(reasons))


def as_object(found: Comparison, home: Home) -> dict[str, Any]:
    """For the command line and HTTP."""
    now, then, changed, period = found.now, found.then, found.change, found.period
    return {
        "kpi": now.kpi,
        "unit": now.unit,
        "name": now.name,
        "as_of": iso(now.as_of, home.zone),
        "value": now.value,
        "numerator": now.numerator,
        "denominator": now.denominator,
        "then": None if then is None else iso(then.as_of, home.zone),
        "value_then": None if then is None else then.value,
        "numerator_then": None if then is None else then.numerator,
        "denominator_then": None if then is None else then.denominator,
        "change": None if changed is None else changed.total,
        "numerator_effect": None if changed is None else changed.of_numerator,
        "denominator_effect": None if changed is None else changed.of_denominator,
        "period": None if period is None else period.value,
        "period_then": None if period is None else period.value_then,
        "cause": str(found.cause),
        "comparable": not found.reasons,
        "sentence": sentence(found),
    }


# In words -------------------------------------------------------------------------------------------------------------


def sentence(found: Comparison) -> str:
    """What changed and why, in one sentence: slow by volume or by speed?"""
    declared = figure(found.now.kpi)
    if found.reasons:
        return _("Không so sánh được: {reasons}.", reasons="; ".join(found.reasons))
    if found.then is None or found.change is None:
        return _("Không so sánh được: một trong hai thời điểm chưa có số liệu.")
    total = found.change.total
    size = _size(declared, abs(total))
    if not total:
        text = _("Không thay đổi")
    elif size.startswith(f"0{written.NBSP}"):
        text = _("Gần như không đổi")
    else:
        text = _("Tăng {size}", size=size) if total > 0 else _("Giảm {size}", size=size)
    parts = _parts(declared, found)
    why = {Cause.VOLUME: _("chậm vì khối lượng"), Cause.SPEED: _("chậm vì tốc độ"), Cause.NONE: ""}[found.cause]
    worse = declared.direction * total < 0
    return f"{text}{': ' if parts else ''}{parts}{f'; {why}' if worse and why else ''}."


def _parts(declared: Figure, found: Comparison) -> str:
    """The effects in words: of the period's own share where the sums only grow, else of the change itself."""
    change, shares = found.change, ""
    if found.period is not None:
        change = found.period.change
        new, old = (_value(declared, value) for value in (found.period.value, found.period.value_then))
        shares = _("riêng kỳ này {new}, kỳ liền trước {old}", new=new, old=old)
    if change is None or change.of_numerator is None or change.of_denominator is None or not found.change:
        return ""
    if not change.of_numerator and not change.of_denominator:
        return shares
    speed, volume = _signed(declared, change.of_numerator), _signed(declared, change.of_denominator)
    if declared.divides:
        effects = _("do tử số {speed}, do mẫu số {volume}", speed=speed, volume=volume)
        return f"{shares}; {effects}" if shares else effects
    return _("mới quá hạn {volume}, xử lý xong {speed}", speed=speed, volume=volume)


def _value(declared: Figure, value: float) -> str:
    return written.percent(value) if declared.is_ratio else _size(declared, value)


def _size(declared: Figure, amount: float) -> str:
    if declared.is_ratio:
        return written.points(amount)
    digits = 2 if declared.unit == "days" else 0
    return f"{written.decimal(amount, digits)}{written.NBSP}{declared.noun(language())}"


def _signed(declared: Figure, amount: float) -> str:
    size = _size(declared, abs(amount))
    if size.startswith(f"0{written.NBSP}"):
        return size
    return f"{'+' if amount > 0 else written.MINUS}{size}"
