"""Figures from the service catalogue: counted from its history, which is small."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa

from data.clock import local_day
from data.errors import CallFault
from data.home import Home
from data.rollup import believed
from data.schema import CHANNELS, STILL_BELIEVED, dossiers, services
from data.spans import near
from data.units import Tree
from kpi.counting import Axis, Matrix
from kpi.filters import SERVICE_FIELDS, Condition
from kpi.memory import Recall
from kpi.query import Span


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
    read_import: int


class Catalogue:
    """The catalogue as known after an import."""

    def __init__(
        self,
        connection: sa.Connection,
        home: Home,
        span: Span,
        unit_codes: dict[int, str],
        conditions: tuple[Condition, ...],
        recall: Recall,
    ) -> None:
        for condition in conditions:
            if condition.field not in SERVICE_FIELDS:
                raise CallFault(f"Dịch vụ không lọc được theo «{condition.field}» (có: {', '.join(SERVICE_FIELDS)}).")
        self.connection, self.home, self.span, self.unit_codes = connection, home, span, unit_codes
        self.recall = recall
        self._key = "services", span.known_import, conditions
        known = recall.of(("catalogue", span.known_import), self._read)
        self.exists = bool(known)
        self.versions = recall.of(self._key, lambda: _chosen(known, conditions))

    def _read(self) -> list[Service]:
        c, span = services.c, self.span
        known = (
            c.to_import == STILL_BELIEVED
            if span.known_import == STILL_BELIEVED - 1
            else sa.and_(c.from_import <= span.known_import, span.known_import < c.to_import)
        )
        wanted = sa.select(
            c.service_code, c.procedure, c.name, c.unit_id, c.level, c.eligible_online, c.eligible_level4, c.exclusion_reason,
            c.state, c.reason, c.from_day, c.to_day, c.sheet, c.row, c.read_import,
        ).where(known)  # fmt: skip
        return [
            Service(a, b, c_, self.unit_codes[unit], *rest)
            for a, b, c_, unit, *rest in map(tuple, self.connection.execute(wanted))
        ]

    def at(self, day: int) -> list[Service]:
        return [version for version in self.versions if version.from_day <= day < version.to_day]

    def running(self, kind: str, tree: Tree, axis: Axis) -> tuple[Matrix, Matrix | None]:
        """Numerators and denominators of the figure's ``services`` kind by own unit on each day of the axis.

        In use as of T: right on T's day and the days before it only.
        """
        top, bottom = _KINDS[kind]
        spans = self.recall.of(("spans", kind, *self._key), lambda: self._spans(bottom))
        days = self.recall.of(("running", kind, axis, *self._key), lambda: self._present(spans, spans[1], axis))
        if kind == "active":
            used = self.used_days(tree, spans)
            return self._present(spans, np.maximum(spans[1], used), axis), days
        chosen = self.recall.of(("spans", kind, "top", *self._key), lambda: self._spans(lambda s: bottom(s) and top(s)))
        up = self.recall.of(("running", kind, "top", axis, *self._key), lambda: self._present(chosen, chosen[1], axis))
        return up, None if kind == "all" else days

    def _spans(self, test: _Test) -> Matrix:
        """Of the versions that pass the test: row of the unit, first day, day after the last, place in ``versions``."""
        rows = {code: row for row, code in enumerate(self.unit_codes.values())}
        found = [(rows[s.unit], s.from_day, s.to_day, n) for n, s in enumerate(self.versions) if test(s)]
        return np.array(found, np.int64).reshape(-1, 4).T.copy()

    def _present(self, spans: Matrix, first: Matrix, axis: Axis) -> Matrix:
        """Unit × day: how many services stand there from ``first`` to the end of their span."""
        unit, _, end, _ = spans
        steps = np.zeros((len(self.unit_codes), len(axis) + 1), np.int64)
        begins, ends = (np.clip(day - axis.base, 0, len(axis)) for day in (first, np.maximum(first, end)))
        np.add.at(steps, (unit, begins), 1)
        np.add.at(steps, (unit, ends), -1)
        return np.cumsum(steps[:, :-1], axis=1)

    def used_days(self, tree: Tree, spans: Matrix) -> Matrix:
        """For each span the first day in the window with an online acceptance; a day that never comes if there is none."""
        above = tuple((unit.code, unit.parent) for unit in tree.units.values())
        key = "used", above, self.span.first, self.span.last, *self._key
        moments, days = self.recall.of(key, lambda: self._used(tree, spans))
        return np.where(moments <= self.span.until, days, NEVER)

    def _used(self, tree: Tree, spans: Matrix) -> tuple[Matrix, Matrix]:
        first = self.first_use(tree)
        nothing = NEVER_AT, NEVER
        found = [first.get((s.unit, s.procedure), nothing) for s in (self.versions[n] for n in spans[3])]
        moments, days = np.array(found, np.int64).reshape(-1, 2).T
        return moments, days

    def first_use(self, tree: Tree) -> dict[tuple[str, str | None], tuple[int, int]]:
        """Moment and day of the window's first online acceptance, by unit (and each above it) and procedure."""
        above = tuple((unit.code, unit.parent) for unit in tree.units.values())
        key = "first use", above, self.span.first, self.span.last, *self._key
        return self.recall.of(key, lambda: self._first_use(tree))

    def _first_use(self, tree: Tree) -> dict[tuple[str, str | None], tuple[int, int]]:
        v, span = dossiers.c, self.span
        chosen = [believed(span.known_import), v.channel == CHANNELS["online"], v.procedure.is_not(None)]
        chosen.append(sa.or_(v.status.is_(None), v.status.not_in((1, 3))))
        if span.first is not None and span.last is not None:
            chosen.append(near(span.first, span.last))
        if span.first is not None:
            chosen.append(v.accepted_day >= span.first)
        if span.last is not None:
            chosen.append(v.accepted_day <= span.last)
        found: dict[tuple[str, str | None], tuple[int, int]] = {}
        wanted = (
            sa.select(v.unit_id, v.procedure, sa.func.min(v.accepted_at), sa.func.min(v.accepted_day))
            .where(*chosen)
            .group_by(v.unit_id, v.procedure)
        )
        above = {number: tree.above(code) for number, code in self.unit_codes.items()}
        for unit_id, procedure, moment, day in self.connection.execute(wanted):
            for unit in above[unit_id]:
                place = unit, procedure
                if place not in found or moment < found[place][0]:
                    found[place] = moment, day
        return found


def _chosen(versions: list[Service], conditions: tuple[Condition, ...]) -> list[Service]:
    # A withdrawn service has left the catalogue; only who asks for that state sees it.
    withdrawn_too = any(condition.field == "state" and condition.operator == "=" for condition in conditions)
    return [
        version
        for version in versions
        if (withdrawn_too or version.state != "withdrawn")
        and all(condition.holds(getattr(version, condition.field)) for condition in conditions)
    ]


NEVER, NEVER_AT = 2**31, 2**62
"""A day and a moment after all others."""


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
            moment, _ = used.get((service.unit, service.procedure), (NEVER_AT, NEVER))
            up = top(service) if kind != "active" else moment <= catalogue.span.until
            found.append((service, bool(up), kind != "all"))
    return found


_KINDS: dict[str, tuple[_Test, _Test]] = {
    "all": (lambda s: True, lambda s: True),
    "integrated": (lambda s: s.state == "integrated", lambda s: _level3(s) and s.eligible_online == 1),
    "level4": (lambda s: s.level is not None and s.level >= 4, lambda s: s.eligible_level4 == 1),
    "active": (lambda s: True, _level3),
}
