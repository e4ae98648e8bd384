"""The same numerator over different denominators, side by side, each with what it leaves out.

Public figures mix these: 50 % of all dossiers and 99 % of those of level 3 and 4 are the same achievement.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from data.clock import day_number
from data.errors import CallFault
from data.home import Home, Label
from data.measures import NOT_ACCEPTED, service_level
from data.rollup import believed
from data.schema import CHANNELS, dossiers, procedures
from data.spans import of_units
from data.store import Store
from kpi.engine import Answer, figures, value_of
from kpi.query import Query
from kpi.services import Service, counted

v = dossiers.c

DOSSIER_FIGURES = ("online_submit", "online_eligible")
SERVICE_FIGURES = ("npsp_integration", "level4_share", "services_active")
PERIOD_FIGURES = ("on_time_resolved", "processed_online", "no_contact", "avg_days", "e_certification", "on_time_766")
"""Figures of finished dossiers, which the rule ``period`` reads in two ways."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A service, or the dossiers of a procedure, that the denominator does not count. ``count``: services or dossiers."""

    code: str
    name: str
    unit: str
    why: str
    reason: str
    count: int


@dataclass(frozen=True)
class Variant:
    """``is_figure``: the denominator of the figure as it is defined."""

    key: str
    label: Label
    numerator: float | None
    denominator: float | None
    value: float | None
    is_figure: bool
    left_out: tuple[LeftOut, ...] = ()


ALL = Label(vi="Tất cả", en="All")
LEVEL_3_4 = Label(vi="Mức độ 3, 4", en="Level 3 and 4")
LEVEL_4 = Label(vi="Mức độ 4 (toàn trình)", en="Level 4 (fully online)")
ELIGIBLE = Label(vi="Đủ điều kiện", en="Eligible")
BY_ACCEPTANCE = Label(vi="Chỉ hồ sơ tiếp nhận trong kỳ", en="Only those accepted in the window")
BY_FINISH = Label(vi="Mọi hồ sơ giải quyết xong trong kỳ", en="All finished in the window")

LOW_LEVEL, NOT_LEVEL_4, NO_LEVEL, NOT_ELIGIBLE, UNKNOWN_SERVICE = (
    "low_level", "not_level_4", "no_level", "not_eligible", "unknown_service",
)  # fmt: skip


def variants(store: Store, home: Home, query: Query, kpi: str) -> list[Variant]:
    """A figure of one unit (``query.unit``, default the root) over each denominator. Raises CallFault where there is but one."""
    query = replace(query, kpis=(kpi,), by=None)
    if kpi in PERIOD_FIGURES:
        return _readings(store, home, query)
    with store.read() as connection:
        # Both kinds need the catalogue, whatever the figure reads.
        answer = Answer(connection, store, home, replace(query, kpis=(kpi, "services")))
        if kpi in SERVICE_FIGURES:
            return _of_services(answer, kpi)
        if kpi in DOSSIER_FIGURES:
            return _of_dossiers(connection, answer, kpi)
    known = ", ".join((*DOSSIER_FIGURES, *SERVICE_FIGURES, *PERIOD_FIGURES))
    raise CallFault(f"Chỉ tiêu «{kpi}» chỉ có một mẫu số. Các chỉ tiêu có nhiều cách tính: {known}.")


def other_reading(query: Query) -> Query:
    """The same question with the rule ``period`` turned round. Needs a campaign."""
    campaign = query.campaign
    if campaign is None:
        raise CallFault("Cách đọc khác của quy tắc «period» cần --campaign.")
    period = "finish" if campaign.rules.period == "accept" else "accept"
    rules = campaign.rules.model_copy(update={"period": period})
    return replace(query, campaign=campaign.model_copy(update={"rules": rules}))


def _readings(store: Store, home: Home, query: Query) -> list[Variant]:
    found = []
    for asked in (query, other_reading(query)):
        row = figures(store, home, asked)[0]
        accept = asked.rules.period == "accept"
        found.append(
            Variant(
                "accept" if accept else "finish", BY_ACCEPTANCE if accept else BY_FINISH, row.numerator, row.denominator,
                row.value, asked is query,
            )
        )  # fmt: skip
    return found


# Services -------------------------------------------------------------------------------------------------------------


def _of_services(answer: Answer, kpi: str) -> list[Variant]:
    declared, catalogue = answer.figures[0], answer.catalogue
    members = answer.groups()[0].members
    if catalogue is None or not catalogue.exists:
        return []
    there = [s for s in catalogue.at(day_number(answer.day)) if s.unit in members]
    if kpi == "services_active":
        # Every service offered online counts as used or not; the figure's own test says which are.
        in_use = {s.service_code for s, up, _ in counted(catalogue, "active", answer.tree, answer.span.as_of) if up}
        good: Callable[[Service], bool] = lambda s: s.service_code in in_use  # noqa: E731
    elif kpi == "level4_share":
        good = lambda s: (s.level or 0) >= 4  # noqa: E731
    else:
        good = lambda s: s.state == "integrated"  # noqa: E731
    eligible = (lambda s: s.eligible_level4 == 1) if kpi == "level4_share" else _eligible
    tests: list[tuple[str, Label, Callable[[Service], bool], bool]] = [
        ("all", ALL, lambda s: True, False),
        ("level34", LEVEL_3_4, _level3, kpi == "services_active"),
        ("level4", LEVEL_4, lambda s: (s.level or 0) >= 4, False),
        ("eligible", ELIGIBLE, eligible, kpi != "services_active"),
    ]
    found = []
    for key, label, counts, is_figure in tests:
        inside = [s for s in there if counts(s)]
        numerator, denominator = sum(map(good, inside)), len(inside)
        left = tuple(_left_out(s, kpi, key) for s in sorted(there, key=lambda s: s.service_code) if not counts(s))
        value = value_of(declared, numerator, denominator)
        found.append(Variant(key, label, numerator, denominator, value, is_figure, left))
    # Level 4 services over level 4 services say nothing.
    return [variant for variant in found if (kpi, variant.key) != ("level4_share", "level4")]


def _level3(service: Service) -> bool:
    return (service.level or 0) >= 3


def _eligible(service: Service) -> bool:
    return _level3(service) and service.eligible_online == 1


def _left_out(service: Service, kpi: str, variant: str) -> LeftOut:
    if variant == "level4":
        why = NO_LEVEL if service.level is None else NOT_LEVEL_4
    elif kpi == "level4_share" and variant == "eligible":
        why = NOT_ELIGIBLE
    elif service.level is None:
        why = NO_LEVEL
    else:
        why = LOW_LEVEL if service.level < 3 else NOT_ELIGIBLE
    return LeftOut(service.service_code, service.name, service.unit, why, service.exclusion_reason or "", 1)


# Dossiers -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Heap:
    """Dossiers accepted in the window of one unit, procedure and level."""

    procedure: str | None
    name: str
    level: int | None
    service: Service | None
    count: int
    online: int


def _of_dossiers(connection: sa.Connection, answer: Answer, kpi: str) -> list[Variant]:
    """Level as at acceptance; eligibility as the catalogue says it at T for the unit or the nearest one above it."""
    declared, heaps = answer.figures[0], _heaps(connection, answer)
    tests: list[tuple[str, Label, Callable[[_Heap], str]]] = [
        ("all", ALL, lambda h: ""),
        ("level34", LEVEL_3_4, lambda h: _too_low(h, 3)),
        ("level4", LEVEL_4, lambda h: _too_low(h, 4)),
        ("eligible", ELIGIBLE, _ineligible),
    ]
    found = []
    for key, label, why_not in tests:
        inside = [heap for heap in heaps if not why_not(heap)]
        numerator, denominator = sum(h.online for h in inside), sum(h.count for h in inside)
        left: Tally[tuple[str, str, str, str]] = Tally()
        for heap in heaps:
            if why := why_not(heap):
                reason = heap.service.exclusion_reason or "" if heap.service is not None and why == NOT_ELIGIBLE else ""
                left[heap.procedure or "", heap.name, why, reason] += heap.count
        out = tuple(
            LeftOut(code, name, "", why, reason, n)
            for (code, name, why, reason), n in sorted(left.items(), key=lambda item: (-item[1], item[0]))
        )
        is_figure = key == ("all" if kpi == "online_submit" else "level34")
        value = value_of(declared, numerator, denominator)
        found.append(Variant(key, label, numerator, denominator, value, is_figure, out))
    return found


def _too_low(heap: _Heap, level: int) -> str:
    if heap.level is None:
        return NO_LEVEL
    return "" if heap.level >= level else LOW_LEVEL if heap.level < 3 else NOT_LEVEL_4


def _ineligible(heap: _Heap) -> str:
    if why := _too_low(heap, 3):
        return why
    if heap.service is None:
        return UNKNOWN_SERVICE
    return "" if heap.service.eligible_online == 1 else NOT_ELIGIBLE


def _heaps(connection: sa.Connection, answer: Answer) -> list[_Heap]:
    span, tree, p = answer.span, answer.tree, procedures.c
    members = answer.groups()[0].members
    ids = [number for number, code in answer.unit_codes.items() if code in members]
    level, online = service_level().label("level"), sa.case((v.channel == CHANNELS["online"], 1), else_=0)
    where = [
        believed(span.known_import),
        of_units(ids),
        sa.or_(v.status.is_(None), v.status.not_in(NOT_ACCEPTED)),
        v.accepted_at <= span.until,
    ]
    if span.first is not None:
        where.append(v.accepted_day >= span.first)
    each = sa.select(v.procedure, v.unit_id, level, online.label("online")).where(*where).subquery().c
    wanted = (
        sa.select(each.procedure, p.name, each.unit_id, each.level, sa.func.count(), sa.func.sum(each.online))
        .select_from(each.procedure.table.outerjoin(procedures, p.code == each.procedure))
        .group_by(each.procedure, p.name, each.unit_id, each.level)
    )
    services: dict[tuple[str, str], Service] = {}
    if answer.catalogue is not None:
        for service in sorted(answer.catalogue.at(day_number(answer.day)), key=lambda s: s.service_code, reverse=True):
            if service.procedure:
                services[service.unit, service.procedure] = service
    found = []
    for procedure, name, unit, at_level, count, online_ones in connection.execute(
        wanted, {"known_import": span.known_import}
    ):
        above = tree.above(answer.unit_codes[unit])
        nearest = next((services[up, procedure] for up in above if (up, procedure) in services), None)
        found.append(_Heap(procedure, name or "", at_level, nearest, count, online_ones))
    return found


def as_objects(found: list[Variant], *, left_out: bool = False, language: str = "vi") -> list[dict[str, Any]]:
    """Variants as plain objects; ``left_out``: with the list of what each leaves out."""
    return [
        {
            "variant": one.key,
            "label": one.label(language),
            "numerator": one.numerator,
            "denominator": one.denominator,
            "value": one.value,
            "is_figure": one.is_figure,
            "left_out": [
                {name: getattr(out, name) for name in ("code", "name", "unit", "why", "reason", "count")}
                for out in one.left_out
            ]
            if left_out
            else sum(out.count for out in one.left_out),
        }
        for one in found
    ]
