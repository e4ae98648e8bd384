"""What a page looks at: home, campaign, moment, unit; and its questions to the engine."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pandas as pd

from data import audit
from data.access import Action
from data.clock import day_end, day_number, day_start, from_micros
from data.home import Campaign, Home
from data.locale.formats import sort_key
from data.people import Viewer
from data.store import Store
from data.units import ROOT_LEVEL, Tree, Unit
from kpi import apologies, arrivals, explain, issues, pipeline, quality, versions, worklist
from kpi.catalog import FIGURES, figure
from kpi.catalog.figure import Figure
from kpi.compare import Beside, Comparison
from kpi.course import Course
from kpi.decisions import Decision, Judged
from kpi.forecast import Forecast, Paths
from kpi.issues import Cause, Issue, Told
from kpi.model import Row, Status
from kpi.pipeline import Pipeline
from kpi.published import Checked
from kpi.query import Query
from kpi.scores import Score
from kpi.variants import Variant
from kpi.worklist import WorkList
from pages.parts import cached, doors, links
from pages.parts.intake import now

MOST_TILES = 5
LOST_WEIGHT = 0.5
LATE = (Status.BEHIND, Status.AT_RISK)
WORST = (Status.BEHIND, Status.AT_RISK, Status.STALE, Status.ON_COURSE, Status.MET)
"""Statuses in the order of tiles, worst first; what cannot be judged comes last."""


@dataclass(frozen=True)
class View:
    opened: cached.Opened
    viewer: Viewer
    campaign: Campaign
    as_of: int
    unit: str
    kpi: str
    tree: Tree
    kept: Mapping[str, str]
    page: str

    @property
    def home(self) -> Home:
        return self.opened.home

    @property
    def store(self) -> Store:
        return self.opened.store

    @property
    def day(self) -> date:
        return from_micros(self.as_of, self.home.zone).date()

    @property
    def is_over(self) -> bool:
        """The window has closed: T is the last instant of its last day, or later."""
        return self.passed(self.campaign.last_day)

    def passed(self, due: date) -> bool:
        return self.as_of >= day_end(day_number(due), self.home.zone)

    @property
    def place(self) -> Unit:
        return self.tree[self.unit]

    @property
    def is_root(self) -> bool:
        return self.unit == self.tree.root

    @property
    def reads_dossiers(self) -> bool:
        """Whether the dossiers of the view's unit may be listed and counted for this viewer."""
        return self.viewer.may(Action.dossiers, self.unit)

    def figures(
        self,
        kpis: tuple[str, ...],
        by: str | None = None,
        unit: str | None = None,
        as_of: int | None = None,
        window: str = "campaign",
        filter: str = "",
    ) -> list[Row]:
        return cached.figures(
            self.opened, self.opened.version, self.campaign.key, kpis, as_of or self.as_of, by, unit, window, filter
        )  # fmt: skip

    def daily(self, kpi: str, units: tuple[str, ...] | None = None) -> pd.DataFrame:
        return cached.daily(self.opened, self.opened.version, self.campaign.key, kpi, units, self.as_of)

    def forecasts(self, kpi: str, by: str | None = None) -> list[Forecast]:
        """Forecasts of the view's unit, or of the units of a level below it."""
        return cached.forecasts(self.opened, self.opened.version, self.campaign.key, kpi, by, self.unit, self.as_of)

    def course(self, kpi: str) -> tuple[Course, Paths]:
        """How the view's unit went, and where its pace leads."""
        return cached.course(self.opened, self.opened.version, self.campaign.key, kpi, self.unit, self.as_of)

    def of_campaign(self, campaign: Campaign) -> View:
        """The same unit in another campaign, as far as the data go; the campaign's own view for its own."""
        if campaign.key == self.campaign.key:
            return self
        latest = self.latest or self.as_of
        return replace(
            self, campaign=campaign, as_of=min(latest, day_end(day_number(campaign.last_day), self.home.zone))
        )

    def compared(self, kpi: str, with_: Beside, by: str | None = None) -> list[Comparison]:
        return cached.compared(
            self.opened,
            self.opened.version,
            self.campaign.key,
            kpi,
            by,
            self.unit,
            self.as_of,
            with_.campaign.key,
            with_.as_of,
        )

    def note(self, action: Action, what: str = "", outcome: str = "done") -> None:
        """Into the audit log: who looked at what of which unit. Nobody logs what is read at the machine itself."""
        if self.viewer.via != "local":
            page = " ".join(filter(None, (self.page, what)))
            audit.seen(self.store, self.viewer, action, page, at=now(), unit=self.unit, outcome=outcome)

    def work(self, kpi: str, most: int) -> WorkList:
        """The unit's work list; never cached, since it names dossiers."""
        self.note(Action.dossiers, kpi)
        return worklist.work(
            self.store, self.home, self.campaign, kpi, self.unit, self.as_of, most, scope=self.viewer.scope
        )

    def behind(self, kpi: str, limit: int, offset: int, part: str = "all") -> list[dict[str, Any]]:
        """What a figure of the view's unit counts: ``part`` all, counted or missing. Never cached, since it names dossiers."""
        self.note(Action.dossiers, kpi)
        query = Query(self.campaign, (kpi,), self.as_of, unit=self.unit)
        return explain.behind(
            self.store, self.home, query, kpi, limit, offset, numerator_only=part == "counted", missing_only=part == "missing",
            scope=self.viewer.scope,
        )  # fmt: skip

    def causes(self, one: Issue, kpi: str) -> list[Cause]:
        """The dossiers and services by which an issued figure of the view's unit now is another."""
        self.note(Action.dossiers, kpi)
        return issues.causes(self.store, self.home, one, kpi, self.unit, scope=self.viewer.scope)

    def dossier(self, code: str) -> list[dict[str, Any]]:
        """Versions of a dossier, as far as the viewer may see the units that held it."""
        found = versions.of_dossier(self.store, self.home, code, scope=self.viewer.scope)
        if found:
            self.note(Action.dossiers)
        return found

    def doubtful(self, kind: str, limit: int, offset: int) -> list[dict[str, Any]]:
        """Dossiers of the view's unit and everything below it that carry a kind of doubt."""
        self.note(Action.dossiers, kind)
        members = set(self.tree.below(self.unit))
        return quality.listed(self.store, self.home, kind, members, limit, offset, scope=self.viewer.scope)

    def judged(self, found: Iterable[Decision]) -> tuple[Judged, ...]:
        """What became of decisions by the view's moment."""
        return cached.judged(self.opened, self.opened.version, tuple(found), self.as_of)

    def told(self, issue: int) -> list[Told]:
        """An issued report's figures of the view's unit: reported, known then, known now."""
        return cached.told(self.opened, self.opened.version, issue, self.unit)

    def pipeline(self) -> Pipeline | None:
        """Services of the view's unit on their way to the national portal; None without a catalogue."""
        query = Query(self.campaign, as_of=self.as_of, unit=self.unit)
        return pipeline.pipeline(self.store, self.home, query)

    def variants(self, kpi: str) -> list[Variant]:
        """A figure of the view's unit over each denominator."""
        return cached.denominators(self.opened, self.opened.version, self.campaign.key, kpi, self.unit, self.as_of)

    def scores(self, by: str) -> list[Score]:
        """Points by Decision 766 of the units of a level."""
        return cached.points(self.opened, self.opened.version, self.campaign.key, by, self.as_of)

    def lanes(self) -> dict[str, int]:
        """Open dossiers of the view's unit by how near their due date is."""
        return self._counted("lanes")

    def letters_sent(self) -> dict[str, int]:
        """Letters of apology sent, by their state."""
        return self._counted("register_counts")

    def letters_to_send(self) -> int:
        """Letters of apology whose last day is today."""
        return int(self._counted("to_send_count"))

    def overdue_ages(self) -> list[tuple[int, int | None, int]]:
        """Overdue dossiers by calendar days overdue."""
        return self._counted("ages")

    def _counted(self, what: str) -> Any:
        return cached.desk_counts(
            self.opened, self.opened.version, self.viewer.scope, self.campaign.key, self.unit, self.as_of, what
        )

    def desk(self) -> AbstractContextManager[apologies.Desk]:
        """Lanes and letters of the view's unit, from one state of the store."""
        self.note(Action.dossiers)
        return apologies.desk(self.store, self.home, self.campaign, self.unit, self.as_of, scope=self.viewer.scope)

    def national_ranks(self) -> list[tuple[date, float]]:
        """Ranks of the campaign's own scheme from its start to the view's day, one per day they changed."""
        scheme = self.campaign.rank_scheme
        return cached.ranks(self.opened, self.opened.version, self.campaign.key, scheme, self.as_of)

    @property
    def latest(self) -> int | None:
        """The latest moment in the data."""
        return cached.latest(self.opened, self.opened.version)

    def published(self) -> list[Checked]:
        return cached.checked(self.opened, self.opened.version)

    def quality(self) -> tuple[quality.Counts, int]:
        return cached.quality_counts(self.opened, self.opened.version, self.viewer.scope)

    def arrivals(self, first: date, last: date) -> arrivals.Arrivals:
        return cached.arrived(self.opened, self.opened.version, first, last)

    def loads_of_day(self) -> list[dict[str, Any]]:
        """Imports received on the view's day up to its moment; none for who may not see imports."""
        if not doors.is_open(self.viewer, "imports"):
            return []
        since = day_start(day_number(self.day), self.home.zone)
        return [load for load in self.store.loads() if since <= load["at"] <= self.as_of]

    def href(self, page: str, **changes: str) -> str:
        """Address of a page that the viewer may open; empty for any other."""
        return links.href(page, self.kept, **changes) if doors.is_open(self.viewer, page) else ""

    def at(self, day: date) -> int:
        """The same time of day on another day."""
        return links.same_time_on(self.as_of, day, self.home)

    @property
    def previous_day(self) -> date:
        """The last working day before the view's."""
        return self.home.calendar.last_working_days(date.fromordinal(self.day.toordinal() - 1), 1)[0]

    @property
    def target_kpis(self) -> tuple[str, ...]:
        """Figures of the campaign's targets, each once, in the order of its file."""
        return tuple(dict.fromkeys(target.kpi for target in self.campaign.target))

    @property
    def league_kpis(self) -> tuple[str, ...]:
        """Figures in which units can be compared: those with a target first, then every ratio of dossiers and services."""
        others = (key for key, declared in FIGURES.items() if declared.is_ratio and declared.reads != "series")
        targets = (key for key in self.target_kpis if key in FIGURES and figure(key).reads != "series")
        return tuple(dict.fromkeys((*targets, *others)))

    @property
    def league_kpi(self) -> Figure:
        """The figure the link asks for, else integration if it is a target, else the first target."""
        found = self.league_kpis
        if self.kpi in found:
            return figure(self.kpi)
        return figure("npsp_integration" if "npsp_integration" in self.target_kpis else found[0])

    def levels_below(self) -> list[str]:
        """Levels of the units directly below the view's unit that are compared with each other."""
        levels = {self.tree[code].level for code in self.tree.children.get(self.unit, ()) if self.tree[code].valid}
        return sorted(
            levels - {ROOT_LEVEL},
            key=lambda level: (
                ("department", "district", "commune").index(level)
                if level in ("department", "district", "commune")
                else 9
            ),
        )

    def units_of(self, level: str) -> list[Unit]:
        """Valid units of a level in Vietnamese order."""
        return sorted((self.tree[code] for code in self.tree.of_level(level)), key=lambda unit: sort_key(unit.name))

    def with_unit(self, unit: str) -> View:
        return replace(self, unit=unit)


def worst_first(rows: list[Row]) -> list[Row]:
    """By status, then by how much is missing as a share of what is counted."""
    return sorted(rows, key=lambda row: (WORST.index(row.status) if row.status in WORST else 9, -_missing(row)))


def _missing(row: Row) -> float:
    return row.gap if row.gap is not None and figure(row.kpi).is_ratio else 0.0


def bottlenecks(rows: list[Row], whole: list[Row], most: int) -> list[Row]:
    """The unit × figure cells behind or at risk that hold the largest part of the whole's gap.

    A gap that nothing can win back weighs half of one that work can still close.
    """
    total = {row.kpi: row.pace.gap_count for row in whole if row.pace is not None and row.pace.gap_count > 0}
    cleared = {row.unit for row in rows if row.kpi == "backlog_cleared" and row.status in LATE}
    late = [
        row
        for row in rows
        if row.status in LATE
        and not row.few
        and row.pace is not None
        and row.pace.gap_count > 0
        and row.kpi in total
        # The old backlog is overdue as well: the same dossiers are not listed twice.
        and not (row.kpi == "overdue_open" and row.unit in cleared)
    ]

    def weight(row: Row) -> float:
        part = row.pace.gap_count / total[row.kpi] if row.pace is not None else 0.0
        return part * LOST_WEIGHT if is_lost(row) else part

    late.sort(key=lambda row: (-weight(row), row.unit))
    return late[:most]


def is_lost(row: Row) -> bool:
    """The ceiling lies below the target: nothing done from now on can reach it."""
    if row.pace is None or row.pace.ceiling is None or row.target is None or math.isinf(row.pace.ceiling):
        return False
    return figure(row.kpi).direction * (row.pace.ceiling - row.target) < 0
