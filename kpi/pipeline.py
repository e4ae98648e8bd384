"""How far services have come on the way to the national portal: stages, what was sent back and why, what still waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from data.clock import day_number, day_of
from data.home import Home
from data.store import Store
from kpi.engine import Answer
from kpi.query import Query
from kpi.services import Service, counted

ORDER = ("rejected", "submitted", "reviewed", "listed")
"""States of services that still wait, those that can be mended first."""
_REVIEWED = frozenset({"reviewed", "submitted", "rejected", "integrated"})
_SENT = _REVIEWED - {"reviewed"}


@dataclass(frozen=True, slots=True)
class Waiting:
    """An eligible service that is not integrated; ``since``: the day it came into its state, None = before the catalogue."""

    code: str
    name: str
    unit: str
    level: int | None
    state: str
    reason: str
    since: date | None


@dataclass(frozen=True)
class Pipeline:
    """Eligible services of level 3 and 4 as of T.

    ``stages``: eligible, reviewed, sent, rejected (sent back, not yet mended), mended (sent back once, sent anew since),
    integrated, used (integrated, with a dossier handed in online in the window). ``reasons``: why services stand sent back.
    """

    stages: Mapping[str, int]
    reasons: Sequence[tuple[str, int]]
    waiting: Sequence[Waiting]


def pipeline(store: Store, home: Home, query: Query) -> Pipeline | None:
    """The pipeline of ``query.unit`` (default the root) and everything below it; None without a catalogue."""
    asked = Query(query.campaign, ("npsp_integration", "services_active"), query.as_of, query.known_at, unit=query.unit)
    with store.read() as connection:
        answer = Answer(connection, store, home, asked)
        catalogue = answer.catalogue
        if catalogue is None or not catalogue.exists:
            return None
        members = answer.groups()[0].members
        day = day_number(answer.day)
        there = [one for one in catalogue.at(day) if one.unit in members and _eligible(one)]
        in_use = {one.service_code for one, up, _ in counted(catalogue, "active", answer.tree, answer.span.as_of) if up}
        sent_back = {one.service_code for one in catalogue.versions if one.state == "rejected" and one.from_day <= day}
    integrated = [one for one in there if one.state == "integrated"]
    stages = {
        "eligible": len(there),
        "reviewed": sum(one.state in _REVIEWED for one in there),
        "sent": sum(one.state in _SENT for one in there),
        "rejected": sum(one.state == "rejected" for one in there),
        "mended": sum(one.service_code in sent_back and one.state in ("submitted", "integrated") for one in there),
        "integrated": len(integrated),
        "used": sum(one.service_code in in_use for one in integrated),
    }
    reasons = Counter(one.reason or "" for one in there if one.state == "rejected")
    waiting = sorted(
        (one for one in there if one.state != "integrated"),
        key=lambda one: (ORDER.index(one.state), one.reason or "", one.from_day, one.service_code),
    )
    return Pipeline(stages, reasons.most_common(), [_waiting(one) for one in waiting])


def _eligible(service: Service) -> bool:
    return (service.level or 0) >= 3 and service.eligible_online == 1


def _waiting(service: Service) -> Waiting:
    try:
        since = day_of(service.from_day)
    except (OverflowError, ValueError):
        since = None
    return Waiting(service.service_code, service.name, service.unit, service.level, service.state, service.reason or "", since)  # fmt: skip
