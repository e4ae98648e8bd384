"""What the engine answers with: frozen values, no behaviour beyond their form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Status(StrEnum):
    """Where a unit stands against its target; always shown as word + shape + colour."""

    MET = "met"
    ON_COURSE = "on_course"
    AT_RISK = "at_risk"
    BEHIND = "behind"
    STALE = "stale"
    NO_TARGET = "no_target"
    NO_DATA = "no_data"
    NOT_BEGUN = "not_begun"


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a unit goes and would have to go.

    ``gap_count``: what is missing as a count of dossiers or services (positive = missing), at today's denominator.
    ``needed``: count per working day until ``due``; None when no working day is left or nothing is missing.
    ``recent``: median count per working day over the last 7 working days. ``ceiling``: best value still attainable.
    ``needed_calendar``: count per calendar day until ``due``, for those who work through days off.
    """

    due: date
    working_days_left: int
    gap_count: float
    needed: float | None
    recent: float | None
    ceiling: float | None
    calendar_days_left: int = 0
    needed_calendar: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of one unit (the columns of ``figures.md``, ratios as fractions of 1, moments in UTC microseconds)."""

    kpi: str
    unit: str
    name: str
    level: str
    window: str
    numerator: float | None
    denominator: float | None
    value: float | None
    target: float | None
    gap: float | None
    status: Status
    as_of: int
    known_at: int | None
    scheme: str | None = None
    pace: Pace | None = None
    few: bool = False
