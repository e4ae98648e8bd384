"""Figures from the service catalogue: counted from its history, which is small."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from data.clock import local_day
from data.errors import CallFault
from data.home import Home
from data.rollup import believed
from data.schema import CHANNELS, STILL_BELIEVED, dossiers, services
from data.units import Tree
from kpi.filters import SERVICE_FIELDS, Condition
from kpi.query import Span

OwnCounts = dict[str, int]
"""unit code → count of its own services."""


@dataclass(frozen=True, slots=True)
class Service:
    """A state of a service between two days (the last not included)."""

    service_code: str
    procedure: str | None
    name: str
    unit: str
    level: int | None
    eligible_online: int | None
    eligible_level4: int | None
    exclusion_reason: str | None
    state: str
    reason: str | None
    from_day: int
    to_day: int
    sheet: str
    row: int
    from_import: int


class Catalogue:
    """The catalogue as known after an import."""

    def __init__(
        self,
        connection: sa.Connection,
        home: Home,
        span: Span,
        unit_codes: dict[int, str],
        conditions: tuple[Condition, ...],
    ) -> None:
        for condition in conditions:
            if condition.field not in SERVICE_FIELDS:
                raise CallFault(f"Dịch vụ không lọc được theo «{condition.field}» (có: {', '.join(SERVICE_FIELDS)}).")
        c = services.c
        known = (
            c.to_import == STILL_BELIEVED
            if span.known_import == STILL_BELIEVED - 1
            else sa.and_(c.from_import <= span.known_import, span.known_import < c.to_import)
        )
        wanted = sa.select(
            c.service_code, c.procedure, c.name, c.unit_id, c.level, c.eligible_online, c.eligible_level4, c.exclusion_reason,
            c.state, c.reason, c.from_day, c.to_day, c.sheet, c.row, c.from_import,
        ).where(known)  # fmt: skip
        self.connection, self.home, self.span, self.unit_codes = connection, home, span, unit_codes
        withdrawn_too = any(condition.field == "state" and condition.operator == "=" for condition in conditions)
        versions = [
            Service(a, b, c_, unit_codes[unit], *rest)
            for a, b, c_, unit, *rest in map(tuple, connection.execute(wanted))
        ]
        self.versions = [
            version
            for version in versions
            # A withdrawn service has left the catalogue; only who asks for that state sees it.
            if (withdrawn_too or version.state != "withdrawn")
            and all(condition.holds(getattr(version, condition.field)) for condition in conditions)
        ]
        self.exists = bool(versions)

    def at(self, day: int) -> list[Service]:
        return [version for version in self.versions if version.from_day <= day < version.to_day]

    def count(
        self, kind: str, days: Sequence[int], tree: Tree
    ) -> tuple[dict[int, OwnCounts], dict[int, OwnCounts] | None]:
        """Numerators and denominators by day and unit, of the figure's ``services`` kind."""
        top, bottom = _KINDS[kind]
        used = self.first_use(tree) if kind == "active" else {}
        numerators, denominators = {}, {}
        for day in days:
            up: OwnCounts = defaultdict(int)
            down: OwnCounts = defaultdict(int)
            for service in self.at(day):
                if bottom(service):
                    down[service.unit] += 1
                    if (
                        top(service)
                        if kind != "active"
                        else used.get((service.unit, service.procedure), day + 1) <= day
                    ):
                        up[service.unit] += 1
            numerators[day], denominators[day] = up, down
        return numerators, None if kind == "all" else denominators

    def first_use(self, tree: Tree) -> dict[tuple[str, str | None], int]:
        """First day in the window with an online acceptance, by unit (and each above it) and procedure."""
        v, span = dossiers.c, self.span
        chosen = [
            believed(span.known_import),
            v.channel == CHANNELS["online"],
            v.procedure.is_not(None),
            v.accepted_at <= span.until,
        ]
        chosen.append(sa.or_(v.status.is_(None), v.status.not_in((1, 3))))
        if span.first is not None:
            chosen.append(v.accepted_day >= span.first)
        chosen.append(v.accepted_day <= local_day(span.until, self.home.zone))
        found: dict[tuple[str, str | None], int] = {}
        wanted = (
            sa.select(v.unit_id, v.procedure, sa.func.min(v.accepted_day))
            .where(*chosen)
            .group_by(v.unit_id, v.procedure)
        )
        for unit_id, procedure, day in self.connection.execute(wanted):
            for unit in tree.above(self.unit_codes[unit_id]):
                found[unit, procedure] = min(day, found.get((unit, procedure), day))
        return found


_Test = Callable[[Service], Any]


def _level3(service: Service) -> bool:
    return service.level is not None and service.level >= 3


def counted(catalogue: Catalogue, kind: str, tree: Tree, as_of: int) -> list[tuple[Service, bool, bool]]:
    """The services a figure counts at T: each with whether it stands in the numerator and in the denominator."""
    top, bottom = _KINDS[kind]
    day = local_day(as_of, catalogue.home.zone)
    used = catalogue.first_use(tree) if kind == "active" else {}
    found = []
    for service in sorted(catalogue.at(day), key=lambda service: service.service_code):
        if bottom(service):
            up = top(service) if kind != "active" else used.get((service.unit, service.procedure), day + 1) <= day
            found.append((service, bool(up), kind != "all"))
    return found


_KINDS: dict[str, tuple[_Test, _Test]] = {
    "all": (lambda s: True, lambda s: True),
    "integrated": (lambda s: s.state == "integrated", lambda s: _level3(s) and s.eligible_online == 1),
    "level4": (lambda s: s.level is not None and s.level >= 4, lambda s: s.eligible_level4 == 1),
    "active": (lambda s: True, _level3),
}
