"""What a report knows: every answer it needs about one unit at one moment, asked once and from one state of the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import cast

import numpy as np
import sqlalchemy as sa

from data.access import ALL, Scope
from data.clock import day_end, day_number, day_of, day_start, from_micros, local_day
from data.home import Campaign, Home
from data.locale.formats import sort_key
from data.schema import dossiers
from data.store import Store
from data.units import ROOT_LEVEL, Tree, Unit
from kpi import apologies
from kpi.arrivals import Arrivals, arrivals
from kpi.catalog import FIGURES, figure
from kpi.catalog.figure import Figure
from kpi.engine import figures
from kpi.history import daily
from kpi.model import Row, Status
from kpi.query import Query
from kpi.reports import form06a, rhythm
from kpi.reports.form06a import NEVER, Line, Population
from kpi.urgency import reach

LATE = (Status.BEHIND, Status.AT_RISK)
ALWAYS = ("on_time_resolved", "overdue_open", "became_overdue", "online_submit", "apology_ok")
"""Figures that a report speaks of whether or not they have a target."""
LEVEL_ORDER = ("department", "district", "commune")


@dataclass(frozen=True, slots=True)
class Listed:
    """A dossier of the overdue list, without anybody's name. ``finished``: None while it is open."""

    code: str
    unit: str
    accepted: date
    due: date
    finished: date | None
    apologised: bool


@dataclass(frozen=True)
class Facts:
    """``unit``: code of the unit spoken of; ``previous``: moment of the report before, None for the first one."""

    store: Store
    home: Home
    campaign: Campaign
    as_of: int
    previous: int | None
    unit: str
    tree: Tree
    scope: Scope

    @classmethod
    def of(cls, store: Store, home: Home, campaign: Campaign, as_of: int, unit: str, scope: Scope) -> Facts:
        """Raises CallFault for an unknown unit."""
        tree = store.tree(from_micros(as_of, home.zone).date())
        place = tree[unit or tree.root].code
        return cls(store, home, campaign, as_of, rhythm.previous(home, campaign, as_of), place, tree, scope)

    @property
    def day(self) -> date:
        return from_micros(self.as_of, self.home.zone).date()

    @property
    def place(self) -> Unit:
        return self.tree[self.unit]

    @property
    def is_root(self) -> bool:
        return self.unit == self.tree.root

    @property
    def begun(self) -> bool:
        return self.day >= self.campaign.start

    @property
    def over(self) -> bool:
        return self.day > self.campaign.end

    def passed(self, due: date) -> bool:
        return self.day > due

    # Figures ------------------------------------------------------------------------------------------------------------

    @cached_property
    def target_kpis(self) -> tuple[str, ...]:
        """Figures of the campaign's targets, each once, in the order of its file."""
        return tuple(dict.fromkeys(target.kpi for target in self.campaign.target))

    @cached_property
    def kpis(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.target_kpis, *ALWAYS)))

    @cached_property
    def now(self) -> dict[str, Row]:
        return self._of_unit(self.as_of)

    @cached_property
    def before(self) -> dict[str, Row]:
        return {} if self.previous is None else self._of_unit(self.previous)

    def _of_unit(self, as_of: int) -> dict[str, Row]:
        rows = figures(self.store, self.home, Query(self.campaign, self.kpis, as_of, unit=self.unit))
        return {row.kpi: row for row in rows if row.scheme is None}

    def was(self, row: Row) -> float | None:
        """The value in the report before, of this unit or one of a league."""
        found = self.before if row.unit == self.unit else self._leagues_before.get(row.unit, {})
        return found[row.kpi].value if row.kpi in found else None

    @cached_property
    def judged(self) -> list[Row]:
        """The unit's figures with a target in the order of the campaign; without any those it always speaks of."""
        with_target = [row for row in self.now.values() if row.target is not None and row.kpi in self.target_kpis]
        return with_target or [self.now[kpi] for kpi in ALWAYS]

    # Units --------------------------------------------------------------------------------------------------------------

    @cached_property
    def levels(self) -> list[str]:
        """Levels of the units directly below, two units and more, in the order of the administration."""
        below = [self.tree[code] for code in self.tree.children.get(self.unit, ())]
        found = {one.level for one in below if one.valid and one.level != ROOT_LEVEL}
        several = [level for level in found if sum(one.level == level and one.valid for one in below) > 1]
        return sorted(several, key=lambda level: (LEVEL_ORDER.index(level) if level in LEVEL_ORDER else 9, level))

    def units_of(self, level: str) -> list[Unit]:
        """The valid units of a level directly below, in Vietnamese order."""
        found = (self.tree[code] for code in self.tree.children.get(self.unit, ()))
        return sorted((one for one in found if one.valid and one.level == level), key=lambda one: sort_key(one.name))

    def members(self, unit: str) -> frozenset[str]:
        return frozenset(self.tree.below(unit))

    @cached_property
    def leagues(self) -> dict[str, dict[str, list[Row]]]:
        """Level → figure → rows of the units directly below."""
        return {level: self._league(level, self.as_of) for level in self.levels}

    @cached_property
    def _leagues_before(self) -> dict[str, dict[str, Row]]:
        """Unit → figure → row in the report before."""
        found: dict[str, dict[str, Row]] = {}
        if self.previous is not None:
            for level in self.levels:
                for kpi, rows in self._league(level, self.previous).items():
                    for row in rows:
                        found.setdefault(row.unit, {})[kpi] = row
        return found

    def league_before(self, rows: Iterable[Row]) -> list[Row]:
        """The same figures of the same units in the report before."""
        found = (self._leagues_before.get(row.unit, {}).get(row.kpi) for row in rows)
        return [row for row in found if row is not None]

    def _league(self, level: str, as_of: int) -> dict[str, list[Row]]:
        unit = None if self.is_root else self.unit
        names = {one.code for one in self.units_of(level)}
        found: dict[str, list[Row]] = {}
        for row in figures(self.store, self.home, Query(self.campaign, self.kpis, as_of, by=level, unit=unit)):
            if row.scheme is None and row.unit in names:
                found.setdefault(row.kpi, []).append(row)
        return found

    @cached_property
    def below(self) -> list[Row]:
        """Every figure of every unit directly below."""
        return [row for league in self.leagues.values() for rows in league.values() for row in rows]

    @cached_property
    def peers(self) -> dict[str, list[Row]]:
        """Figure → rows of the units of the same level, for a unit's own report; empty for the province."""
        if self.is_root or not self.place.level:
            return {}
        found: dict[str, list[Row]] = {}
        for row in figures(self.store, self.home, Query(self.campaign, self.kpis, self.as_of, by=self.place.level)):
            found.setdefault(row.kpi, []).append(row)
        return found

    @cached_property
    def ranked_by(self) -> list[Figure]:
        """Figures units can be ranked by, the first is the main one: integration where it is a target, else as targets come."""
        ratios = [figure(kpi) for kpi in self.target_kpis if kpi in FIGURES and figure(kpi).is_ratio]
        found = [one for one in ratios if one.reads != "series"] or [figure("on_time_resolved")]
        return sorted(found, key=lambda one: one.key != "npsp_integration")

    @property
    def main(self) -> Figure:
        return self.ranked_by[0]

    def main_of(self, level: str) -> Figure:
        """The first of them that units of a level have a value of: communes offer no services of their own."""
        league = self.leagues[level]
        known = (one for one in self.ranked_by if any(row.value is not None for row in league.get(one.key, ())))
        return next(known, self.main)

    def course_of(self, kpi: str) -> list[tuple[date, float | None]]:
        """The unit's value at the end of every day of the campaign up to T."""
        if not self.begun:
            return []
        found = daily(self.store, self.home, self.campaign, kpi, [self.unit], self.as_of)
        return [
            (cast(date, day), None if value != value else float(value))
            for day, value in zip(found["day"], found["value"], strict=True)
        ]

    @cached_property
    def national_rank(self) -> tuple[Row, Row | None] | None:
        """The province's rank by the campaign's own scheme, now and in the report before."""
        if not self.is_root or not self.campaign.rank_scheme:
            return None

        def rank(as_of: int) -> Row | None:
            rows = figures(self.store, self.home, Query(self.campaign, ("national_rank",), as_of))
            return next((row for row in rows if row.scheme == self.campaign.rank_scheme), None)

        now = rank(self.as_of)
        return None if now is None else (now, None if self.previous is None else rank(self.previous))

    # Dossiers -----------------------------------------------------------------------------------------------------------

    @cached_property
    def population(self) -> Population:
        return form06a.population(self.store, self.home, self.campaign)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Unit code → its number in the store."""
        return {code: number for number, code, _ in self.store.unit_rows()}

    @cached_property
    def start(self) -> int:
        """The last instant before the campaign."""
        return day_start(day_number(self.campaign.start), self.home.zone) - 1

    @property
    def until(self) -> int:
        """T, or the end of the campaign's window where that is earlier: what came in later is not the campaign's."""
        return min(self.as_of, day_end(day_number(self.campaign.last_day), self.home.zone))

    @cached_property
    def form(self) -> dict[int, Line]:
        """Form II.06a from the campaign's start, by the unit's number."""
        return form06a.lines(self.population, self.home, self.start, self.until)

    @cached_property
    def form_since(self) -> dict[int, Line]:
        """The same since the report before."""
        return form06a.lines(self.population, self.home, self._since, self.until)

    @property
    def _since(self) -> int:
        return self.start if self.previous is None else self.previous

    def line(self, form: Mapping[int, Line], members: Iterable[str]) -> Line:
        return form06a.total(form[self.numbers[code]] for code in members if self.numbers.get(code, -1) in form)

    def overdue(self, most: int) -> tuple[list[Listed], int, int]:
        """Dossiers open and overdue, the longest first, then those finished late since the report before.

        At most ``most``, only those within the scope; how many of either kind there are in all.
        """
        found, seen = self.population, self.scope.limit(self.members(self.unit))
        ids = [self.numbers[code] for code in sorted(seen) if code in self.numbers]
        mine = np.isin(found.unit, ids)
        late_open = mine & found.overdue_at_moment(self.until, local_day(self.until, self.home.zone))
        late_done = mine & found.finished_between(self._since, self.until) & found.late()
        places = [*_by_due(late_open, found), *_by_due(late_done, found)][:most]
        told = self._told([int(found.version[n]) for n in places])
        codes = {number: code for code, number in self.numbers.items()}
        listed = [
            Listed(
                code=told[int(found.version[n])][0],
                unit=codes[int(found.unit[n])],
                accepted=day_of(int(found.accepted_day[n])),
                due=day_of(int(found.due_day[n])),
                finished=None if late_open[n] else day_of(int(found.end_day[n])),
                apologised=told[int(found.version[n])][1],
            )
            for n in places
        ]
        return listed, int(late_open.sum()), int(late_done.sum())

    def _told(self, versions: list[int]) -> dict[int, tuple[str, bool]]:
        """Code of a dossier version, and whether a letter of apology had gone out by T."""
        v = dossiers.c
        found: dict[int, tuple[str, bool]] = {}
        with self.store.read() as connection:
            for start in range(0, len(versions), 500):
                wanted = sa.select(v.id, v.code, v.apology_at).where(v.id.in_(versions[start : start + 500]))
                for number, code, sent in connection.execute(wanted):
                    found[number] = code, sent is not None and sent <= self.as_of
        return found

    @cached_property
    def pressing(self) -> Pressing:
        """Open dossiers of the unit at T by what makes them urgent, whoever reads."""
        found, today = self.population, day_number(self.day)
        mine = np.isin(found.unit, [self.numbers[code] for code in self.members(self.unit) if code in self.numbers])
        still_open, overdue = mine & found.open_at(self.as_of), mine & found.overdue_at_moment(self.as_of, today)
        dated = still_open & (found.due_day < NEVER)
        near = dated & found.runs & ~overdue & (found.due_day <= day_number(reach(self.home.calendar, self.day, 1)))
        days = np.maximum(today - found.due_day[overdue], 1)
        with apologies.desk(self.store, self.home, self.campaign, self.unit, self.as_of, scope=ALL) as desk:
            letters = desk.to_send_count()
        return Pressing(
            letters=letters,
            near=int(near.sum()),
            paused=int((dated & ~found.runs).sum()),
            undated=int((still_open & (found.due_day == NEVER)).sum()),
            ages=[
                (low, high, int(((days >= low) & (days <= (NEVER if high is None else high))).sum())) for low, high in apologies.AGES
            ],
        )  # fmt: skip

    # Files --------------------------------------------------------------------------------------------------------------

    @cached_property
    def arrived(self) -> Arrivals:
        """Files of the days since the report before."""
        first = from_micros(self._since, self.home.zone).date() + timedelta(days=1)
        return arrivals(self.store, self.home, day_number(min(first, self.day)), day_number(self.day))

    @cached_property
    def silent(self) -> list[Unit]:
        """Units directly below of which nothing new arrived since the report before."""
        heard = set(self.arrived.facts)
        units = (one for level in self.levels for one in self.units_of(level))
        return [one for one in units if self.members(one.code).isdisjoint(heard)]


@dataclass(frozen=True, slots=True)
class Pressing:
    """``letters``: dossiers whose letter of apology has to go out today; ``near``: due today or on the next working day;
    ``paused``: their clock stopped; ``ages``: overdue ones by calendar days, from, to (None = and more), how many."""

    letters: int
    near: int
    paused: int
    undated: int
    ages: list[tuple[int, int | None, int]]


def _by_due(which: form06a.Which, found: Population) -> list[int]:
    """Places of the chosen dossiers, the longest due first."""
    return sorted(map(int, which.nonzero()[0]), key=lambda n: (int(found.due_day[n]), int(found.version[n])))
