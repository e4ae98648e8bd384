"""Figures × grouping × window × as-of × known-at → tidy rows. Semantics: ``docs/definitions.md``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from data.clock import day_number, day_start, from_micros, local_day
from data.errors import CallFault
from data.home import Home, Target
from data.rollup import believed
from data.schema import dossiers
from data.store import Store
from data.units import Tree
from kpi import manual
from kpi.catalog import FIGURES, figure
from kpi.catalog.figure import Figure, Term
from kpi.counting import Counter
from kpi.filters import Condition, parse
from kpi.freshness import fresh_services, fresh_units
from kpi.model import Pace, Row, Status
from kpi.pace import days_needed, pace
from kpi.query import Query, Span, resolve
from kpi.services import Catalogue
from kpi.status import status
from kpi.targets import target_of

FEW = 30
"""Below this many dossiers a ratio is neither praised nor blamed."""
PERIODIC = frozenset({"national_rank"})

NOTHING: dict[int, int] = {}
Sums = dict[int, tuple[float | None, float | None]]
"""day → numerator and denominator at the end of that day."""


@dataclass(frozen=True)
class Group:
    """A unit and those whose own counts make up its figure."""

    unit: str
    members: frozenset[str]
    own_only: bool = False


def figures(store: Store, home: Home, query: Query) -> list[Row]:
    """One row per figure and unit (per scheme for ranks), ordered by figure as asked and unit code.

    Raises CallFault for unknown figures, units, levels, windows and conditions; DataFault where there is no data at all.
    """
    with store.read() as connection:
        return Answer(connection, store, home, query).rows()


def default_as_of(store: Store, home: Home, query: Query) -> int:
    """T of a query that names none: the earlier of the latest moment in the data and the window's end."""
    return resolve(store, home, query).as_of


class Answer:
    """One query being answered. ``history_from``: also keep each day's sums from that day on."""

    def __init__(
        self, connection: sa.Connection, store: Store, home: Home, query: Query, history_from: int | None = None
    ) -> None:
        self.connection, self.home, self.query = connection, home, query
        self.figures = [known_figure(connection, home, key) for key in query.kpis] or list(FIGURES.values())
        self.conditions: tuple[Condition, ...] = parse(query.filter)
        self.span: Span = resolve(store, home, query)
        self.day: date = from_micros(self.span.as_of, home.zone).date()
        self.unit_codes = {number: code for number, code, _ in store.unit_rows()}
        self.unit_ids = {code: number for number, code in self.unit_codes.items()}
        self.tree: Tree = store.tree(self.day)
        self.recent = (
            days_needed(home, query.campaign, self.span.as_of) if query.campaign and query.window == "campaign" else []
        )
        first = day_number(self.recent[0]) if self.recent else day_number(self.day)
        self.history_from = first if history_from is None else min(first, history_from)
        self.counter = Counter(connection, home, query, self.span, self.conditions, self.history_from)
        self.entries = manual.entries(
            connection, home, self.span.known_import, self.conditions if self._only_series() else ()
        )
        self._history_days = self._days()
        self._forced_history = history_from is not None
        self.catalogue = self._catalogue()
        self.has_dossiers = self._has_dossiers()
        self.begun = query.campaign is None or self.span.as_of >= day_start(day_number(query.campaign.start), home.zone)

    # Rows ---------------------------------------------------------------------------------------------------------------

    def rows(self) -> list[Row]:
        groups = self.groups()
        fresh = self._fresh()
        found: list[Row] = []
        for declared in self.figures:
            for group in groups:
                found.extend(self._rows_of(declared, group, bool(group.members & fresh) or declared.reads == "series"))
        return found

    def _rows_of(self, declared: Figure, group: Group, is_fresh: bool) -> Iterable[Row]:
        target = target_of(self.query.campaign, declared.key, self.tree[group.unit], self.day)
        if target is not None and target.scope == "own":
            group = Group(group.unit, frozenset({group.unit}), True)
        if declared.reads == "series":
            yield from self._rows_of_series(declared, group, target)
            return
        sums = self.sums(declared, group, history=target is not None)
        numerator, denominator = sums[self._last_day]
        yield self._row(
            declared, group, numerator, denominator, value_of(declared, numerator, denominator), target, sums, is_fresh
        )

    def _rows_of_series(self, declared: Figure, group: Group, target: Target | None) -> Iterable[Row]:
        day = local_day(self.span.as_of, self.home.zone)
        chosen = manual.latest(self.entries, declared.key, group.unit, day, any_level=bool(self.conditions))
        if declared.unit == "rank":
            for scheme, entry in sorted(chosen.items()):
                yield self._row(declared, group, None, None, entry.value, target, {}, True, scheme)
            if chosen:
                return
        last = next(iter(chosen.values()), None)
        numerator, denominator = (None, None) if last is None else (last.numerator, last.denominator)
        yield self._row(
            declared, group, numerator, denominator, None if last is None else last.result, target, {}, True
        )

    def _row(
        self,
        declared: Figure,
        group: Group,
        numerator: float | None,
        denominator: float | None,
        value: float | None,
        target: Target | None,
        sums: Sums,
        is_fresh: bool,
        scheme: str | None = None,
    ) -> Row:
        unit = self.tree[group.unit]
        wanted = None if target is None else target.value
        gap = None if value is None or wanted is None else declared.direction * (wanted - value)
        how_fast = self._pace(declared, target, sums) if value is not None else None
        return Row(
            kpi=declared.key,
            unit=unit.code,
            name=unit.name,
            level=unit.level,
            window=self.query.window,
            numerator=numerator,
            denominator=denominator,
            value=value,
            target=wanted,
            gap=gap,
            status=status(declared, value, wanted, how_fast, begun=self.begun, stale=not is_fresh),
            as_of=self.span.as_of,
            known_at=self.query.known_at,
            scheme=scheme,
            pace=how_fast,
            few=declared.reads == "dossiers" and declared.divides and (denominator or 0) < FEW,
        )

    def _pace(self, declared: Figure, target: Target | None, sums: Sums) -> Pace | None:
        now = sums.get(self._last_day)
        if target is None or now is None or now[0] is None:
            return None
        values = {day: (n, d) for day, (n, d) in sums.items() if n is not None}
        return pace(declared, target, values, (now[0], now[1]), self.recent, self.home.calendar, self.day)

    # Sums ---------------------------------------------------------------------------------------------------------------

    @property
    def _last_day(self) -> int:
        return day_number(self.day)

    def sums(self, declared: Figure, group: Group, *, history: bool = True) -> Sums:
        """Numerator and denominator of a group at the end of each day of the history (or only the last one), at T."""
        days = self._history_days if history else [self._last_day]
        if declared.reads == "services":
            return self._services(declared, group, days)
        if not self.begun and (declared.numerator[0].span.startswith("backlog")):
            return dict.fromkeys(days, (None, None))
        numerator: list[float] = [
            n if declared.scale == 1 else n / declared.scale for n in self._running(declared.numerator, group, days)
        ]
        if not declared.denominator:
            return {day: (n if self.has_dossiers else None, None) for day, n in zip(days, numerator, strict=True)}
        denominator = self._running(declared.denominator, group, days)
        return {day: (n, d) for day, n, d in zip(days, numerator, denominator, strict=True)}

    def _needs_history(self, declared: Figure) -> bool:
        campaign = self.query.campaign
        return self._forced_history or (campaign is not None and any(t.kpi == declared.key for t in campaign.target))

    def _days(self) -> list[int]:
        first = min(self.history_from, self._last_day)
        if self.recent:
            start = day_number(self.query.campaign.start) - 1 if self.query.campaign else first
            return [day for day in range(first, self._last_day) if day >= start] + [self._last_day]
        return list(range(first, self._last_day + 1)) if self.history_from < self._last_day else [self._last_day]

    def _running(self, terms: Sequence[Term], group: Group, days: list[int]) -> list[int]:
        steps: dict[int, int] = {}
        for term in terms:
            counts = self.counter.daily(term, history=len(days) > 1)
            for unit in group.members & self.unit_ids.keys():
                for day, n in counts.get(self.unit_ids[unit], NOTHING).items():
                    steps[day] = steps.get(day, 0) + term.sign * n
        running, total, queue = [], 0, sorted(steps.items())
        position = 0
        for day in days:
            while position < len(queue) and (queue[position][0] <= day or day == days[-1]):
                total += queue[position][1]
                position += 1
            running.append(total)
        return running

    def _services(self, declared: Figure, group: Group, days: list[int]) -> Sums:
        if self.catalogue is None or not self.catalogue.exists:
            return dict.fromkeys(days, (None, None))
        if declared.key not in self._counted:
            wanted = self._history_days if self._needs_history(declared) else [self._last_day]
            self._counted[declared.key] = self.catalogue.count(declared.services, wanted, self.tree)
        up, down = self._counted[declared.key]

        def total(counts: dict[str, int]) -> int:
            return sum(n for unit, n in counts.items() if unit in group.members)

        return {day: (total(up[day]), None if down is None else total(down[day])) for day in days}

    # What there is ------------------------------------------------------------------------------------------------------

    def groups(self) -> list[Group]:
        tree, query = self.tree, self.query
        top = query.unit or tree.root
        within = set(tree.below(tree[top].code))
        if query.by is None:
            return [Group(top, frozenset(within))]
        if query.by == "unit":
            owners = set(self.unit_codes.values()) & self._owners()
            return [Group(code, frozenset({code}), True) for code in sorted(owners & within)]
        if query.by not in tree.levels:
            raise CallFault(f"Không có cấp «{query.by}» (có: {', '.join(sorted(filter(None, tree.levels)))}, unit).")
        return [
            Group(code, frozenset(tree.below(code)))
            for code in tree.of_level(query.by)
            if code in within and (query.unit is None or code != query.unit)
        ]

    def _owners(self) -> set[str]:
        """Units with dossiers or services of their own."""
        v = dossiers.c
        wanted = sa.select(v.unit_id).distinct().where(believed(self.span.known_import))
        owners = {self.unit_codes[number] for number in self.connection.scalars(wanted)}
        return owners | ({version.unit for version in self.catalogue.versions} if self.catalogue else set())

    def _only_series(self) -> bool:
        return all(declared.reads == "series" for declared in self.figures)

    def _catalogue(self) -> Catalogue | None:
        self._counted: dict[str, tuple[dict[int, dict[str, int]], dict[int, dict[str, int]] | None]] = {}
        if not any(declared.reads == "services" for declared in self.figures):
            return None
        return Catalogue(self.connection, self.home, self.span, self.unit_codes, self.conditions)

    def _has_dossiers(self) -> bool:
        v = dossiers.c
        wanted = sa.select(v.id).where(believed(self.span.known_import), v.accepted_at <= self.span.as_of).limit(1)
        return self.connection.execute(wanted).first() is not None

    def _fresh(self) -> set[str]:
        """Units with a fresh fact; asked only where a status needs it."""
        if not (self.query.campaign and self.query.campaign.target):
            return set(self.tree.units)
        found = {self.unit_codes[number] for number in fresh_units(self.connection, self.home, self.query, self.span)}
        return found | fresh_services(self.home, self.query, self.span, self.catalogue)


def value_of(declared: Figure, numerator: float | None, denominator: float | None) -> float | None:
    """No denominator gives no value; a count is its numerator."""
    if not declared.divides:
        return numerator
    return numerator / denominator if numerator is not None and denominator else None


def known_figure(connection: sa.Connection, home: Home, key: str) -> Figure:
    """A declared figure, or a manual series of that name."""
    if key in FIGURES:
        return FIGURES[key]
    from kpi.catalog import manual_series

    if any(entry.kpi == key for entry in manual.entries(connection, home, 2**31 - 2)):
        return manual_series(key)
    return figure(key)


__all__ = ["Answer", "Query", "Row", "Status", "default_as_of", "figures"]
