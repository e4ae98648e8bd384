"""Figures × grouping × window × as-of × known-at → tidy rows. Semantics: ``docs/definitions.md``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, repeat

import numpy as np
import sqlalchemy as sa

from data.clock import day_number, day_start, from_micros
from data.errors import CallFault
from data.home import Home, Target
from data.rollup import believed
from data.schema import dossiers
from data.spans import accepted_in, units_with
from data.store import Store
from data.units import Tree
from kpi import manual
from kpi.catalog import FIGURES, figure
from kpi.catalog.figure import Figure, Term
from kpi.counting import Counter, Matrix
from kpi.filters import Condition, parse
from kpi.freshness import fresh_services, fresh_units
from kpi.memory import Recall
from kpi.model import Pace, Row, Status
from kpi.pace import days_needed, pace
from kpi.query import Query, Span, resolve
from kpi.services import Catalogue
from kpi.status import status
from kpi.targets import target_of

FEW = 30
"""Below this many dossiers a ratio is neither praised nor blamed."""
PERIODIC = frozenset({"national_rank"})

Cells = list[list[float]]
"""One line per group, one cell per day."""
Sums = tuple[Cells | None, Cells | None]
"""Numerators and denominators at the end of each day, at T on the last; None: there is none, or it cannot be said."""


@dataclass(frozen=True)
class Group:
    """A unit and those whose own counts make up its figure."""

    unit: str
    members: frozenset[str]
    own_only: bool = False


class Totals:
    """Sums over the members of groups. ``places``: unit code → row of the matrices to be summed."""

    def __init__(self, groups: Sequence[Group], places: dict[str, int]) -> None:
        # Every group begins with a row of zeros, since an empty stretch cannot be summed.
        nothing = len(places)
        members = [[nothing, *sorted(places[unit] for unit in group.members if unit in places)] for group in groups]
        self._rows = np.fromiter(chain.from_iterable(members), np.intp)
        self._starts = np.cumsum([0, *map(len, members)])[:-1]

    def of(self, matrix: Matrix) -> Matrix:
        """Group × day, from unit × day."""
        if not len(self._starts):
            return matrix[:0]
        padded = np.vstack([matrix, np.zeros((1, matrix.shape[1]), matrix.dtype)])
        found: Matrix = np.add.reduceat(padded[self._rows], self._starts, axis=0)
        return found


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
    """One query being answered. ``history_from``: each day's sums are kept from that day on."""

    def __init__(
        self, connection: sa.Connection, store: Store, home: Home, query: Query, history_from: int | None = None
    ) -> None:
        self.connection, self.home, self.query = connection, home, query
        self.recall = Recall(store.cache_key())
        self.figures = [known_figure(connection, home, key) for key in query.kpis] or list(FIGURES.values())
        self.conditions: tuple[Condition, ...] = parse(query.filter)
        self.span: Span = resolve(store, home, query)
        self.day: date = from_micros(self.span.as_of, home.zone).date()
        known_units = self.recall.of(("units",), store.unit_rows)
        self.unit_codes = {number: code for number, code, _ in known_units}
        self.places = {code: place for place, code in enumerate(self.unit_codes.values())}
        self.tree = Tree(home, self.day, [(code, name) for _, code, name in known_units])
        self.recent = (
            days_needed(home, query.campaign, self.span.as_of) if query.campaign and query.window == "campaign" else []
        )
        self.days = self._days(history_from)
        self.counter = Counter(connection, home, query, self.span, self.conditions, tuple(self.unit_codes), self.recall)
        self.entries = self._entries()
        self.entries_of: dict[tuple[str, str], list[manual.Entry]] = {}
        for entry in self.entries:
            self.entries_of.setdefault((entry.kpi, entry.unit), []).append(entry)
        self.catalogue = self._catalogue()
        self.has_dossiers = self._has_dossiers()
        self.begun = query.campaign is None or self.span.as_of >= day_start(day_number(query.campaign.start), home.zone)

    # Rows ---------------------------------------------------------------------------------------------------------------

    def rows(self) -> list[Row]:
        groups, fresh = self.groups(), self._fresh()
        is_fresh = [not group.members.isdisjoint(fresh) for group in groups]
        self.prepare()
        totals, own = Totals(groups, self.places), None
        found: list[Row] = []
        for declared in self.figures:
            aimed = self._targets(declared, groups)
            if declared.reads == "series":
                for group, target in zip(groups, aimed, strict=True):
                    found.extend(self._rows_of_series(declared, group, target))
                continue
            up, down = self.sums(declared, totals)
            own_up, own_down = up, down
            if any(target is not None and target.scope == "own" for target in aimed):
                own = own or Totals([Group(g.unit, frozenset({g.unit}), True) for g in groups], self.places)
                own_up, own_down = self.sums(declared, own)
            for place, (group, target) in enumerate(zip(groups, aimed, strict=True)):
                only_own = target is not None and target.scope == "own"
                above, below = (own_up, own_down) if only_own else (up, down)
                numerators = None if above is None else above[place]
                denominators = None if below is None else below[place]
                found.append(self._row_of_counts(declared, group, target, numerators, denominators, is_fresh[place]))
        return found

    def _targets(self, declared: Figure, groups: Sequence[Group]) -> list[Target | None]:
        campaign = self.query.campaign
        if campaign is None or not any(target.kpi == declared.key for target in campaign.target):
            return [None] * len(groups)
        return [target_of(campaign, declared.key, self.tree[group.unit], self.day) for group in groups]

    def _row_of_counts(
        self,
        declared: Figure,
        group: Group,
        target: Target | None,
        numerators: list[float] | None,
        denominators: list[float] | None,
        is_fresh: bool,
    ) -> Row:
        numerator = None if numerators is None else numerators[-1]
        denominator = None if denominators is None else denominators[-1]
        value = value_of(declared, numerator, denominator)
        how_fast = None
        if target is not None and value is not None and numerators is not None and numerator is not None:
            both = zip(numerators, denominators or repeat(None), strict=False)
            how_fast = pace(
                declared, target, dict(zip(self.days, both, strict=True)), (numerator, denominator), self.recent,
                self.home.calendar, self.day,
            )  # fmt: skip
        return self._row(declared, group, numerator, denominator, value, target, how_fast, is_fresh)

    def _rows_of_series(self, declared: Figure, group: Group, target: Target | None) -> Iterable[Row]:
        entries = self.entries_of.get((declared.key, group.unit), [])
        chosen = manual.latest(entries, declared.key, group.unit, self._last_day, any_level=bool(self.conditions))
        if declared.unit == "rank":
            for scheme, entry in sorted(chosen.items()):
                yield self._row(declared, group, None, None, entry.value, target, None, True, scheme)
            if chosen:
                return
        last = next(iter(chosen.values()), None)
        numerator, denominator = (None, None) if last is None else (last.numerator, last.denominator)
        value = None if last is None else last.result
        yield self._row(declared, group, numerator, denominator, value, target, None, True)

    def _row(
        self,
        declared: Figure,
        group: Group,
        numerator: float | None,
        denominator: float | None,
        value: float | None,
        target: Target | None,
        how_fast: Pace | None,
        is_fresh: bool,
        scheme: str | None = None,
    ) -> Row:
        unit = self.tree[group.unit]
        wanted = None if target is None else target.value
        gap = None if value is None or wanted is None else declared.direction * (wanted - value)
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

    # Sums ---------------------------------------------------------------------------------------------------------------

    @property
    def _last_day(self) -> int:
        return day_number(self.day)

    def prepare(self) -> None:
        """Read at once what all figures need."""
        terms = chain.from_iterable((*declared.numerator, *declared.denominator) for declared in self.figures)
        self.counter.prepare(dict.fromkeys(terms))

    def sums(self, declared: Figure, totals: Totals) -> Sums:
        """Numerators and denominators of a figure of dossiers or services, by group, on each of ``days``."""
        columns = np.array(self.days) - self.counter.axis.base
        if declared.reads == "services":
            if self.catalogue is None or not self.catalogue.exists:
                return None, None
            up, down = self.catalogue.running(declared.services, self.tree, self.counter.axis)
            return (
                totals.of(up[:, columns]).tolist(),
                None if down is None else totals.of(down[:, columns]).tolist(),
            )
        if not self.begun and declared.numerator[0].span.startswith("backlog"):
            return None, None
        numerators: Cells = totals.of(self._running(declared.numerator)[:, columns]).tolist()
        if declared.scale != 1:
            numerators = [[n / declared.scale for n in line] for line in numerators]
        if declared.denominator:
            return numerators, totals.of(self._running(declared.denominator)[:, columns]).tolist()
        return (numerators if self.has_dossiers else None), None

    def _running(self, terms: Sequence[Term]) -> Matrix:
        found = self.counter.running(terms[0])
        if terms[0].sign < 0:
            np.negative(found, out=found)
        for term in terms[1:]:
            found += term.sign * self.counter.running(term)
        return found

    def _days(self, history_from: int | None) -> list[int]:
        """Days whose sums are kept: those asked for and those the pace needs, from the campaign's eve on, and T's own."""
        last, campaign = self._last_day, self.query.campaign
        start = last if campaign is None else day_number(campaign.start)
        asked = [day_number(day) for day in self.recent[:1]] + ([] if history_from is None else [history_from])
        first = max(min(asked, default=last), start - 1)
        return [*range(first, last), last]

    # What there is ------------------------------------------------------------------------------------------------------

    def groups(self) -> list[Group]:
        """The one place where units are chosen."""
        tree, query = self.tree, self.query
        top = query.unit or tree.root
        within = set(tree.below(tree[top].code))
        if query.by is None:
            return [Group(top, frozenset(within))]
        if query.by == "unit":
            return [Group(code, frozenset({code}), True) for code in sorted(self._owners() & within)]
        if query.by not in tree.levels:
            raise CallFault(f"Không có cấp «{query.by}» (có: {', '.join(sorted(filter(None, tree.levels)))}, unit).")
        return [
            Group(code, frozenset(tree.below(code)))
            for code in tree.of_level(query.by)
            if code in within and (query.unit is None or code != query.unit)
        ]

    def _owners(self) -> set[str]:
        """Units with dossiers or services of their own."""
        known = self.span.known_import
        wanted = units_with(believed(known))
        numbers = self.recall.of(("owners", known), lambda: frozenset(self.connection.scalars(wanted)))
        services = set() if self.catalogue is None else {version.unit for version in self.catalogue.versions}
        return {self.unit_codes[number] for number in numbers} | services

    def _entries(self) -> list[manual.Entry]:
        """Entries of the series, oldest first; a filter meant for dossiers or services leaves them whole."""
        of_series = [declared.reads == "series" for declared in self.figures]
        if not any(of_series):
            return []
        known, conditions = self.span.known_import, self.conditions if all(of_series) else ()
        return self.recall.of(
            ("series", known, conditions, manual.stamp(self.home)),
            lambda: manual.entries(self.connection, self.home, known, conditions),
        )

    def _catalogue(self) -> Catalogue | None:
        if not any(declared.reads == "services" for declared in self.figures):
            return None
        return Catalogue(self.connection, self.home, self.span, self.unit_codes, self.conditions, self.recall)

    def _has_dossiers(self) -> bool:
        return self.recall.of(("any", self.span.known_import, self.span.as_of), lambda: self._any(self._last_day))

    def _any(self, day: int) -> bool:
        """Whether a dossier has been accepted up to the end of a day, or up to T."""
        v = dossiers.c
        wanted = sa.select(v.id).where(
            believed(self.span.known_import),
            accepted_in(None, day),
            v.accepted_day <= day,
            v.accepted_at <= self.span.as_of,
        )
        return self.connection.execute(wanted.limit(1)).first() is not None

    def days_without_dossiers(self) -> int:
        """How many of ``days`` ended before there was a dossier at all: their counts are not nought but nothing."""
        if self._any(self.days[0]):
            return 0
        return sum(not self._any(day) for day in self.days)

    def _fresh(self) -> set[str]:
        """Units with a fresh fact; asked only where a status needs it."""
        if not (self.query.campaign and self.query.campaign.target):
            return set(self.tree.units)
        numbers = fresh_units(self.connection, self.home, self.query, self.span, self.recall)
        return {self.unit_codes[number] for number in numbers} | fresh_services(
            self.home, self.query, self.span, self.catalogue
        )


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
