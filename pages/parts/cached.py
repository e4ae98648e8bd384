"""Every st.cache_*: small grouped answers only, keyed by the store's data version. Never dossiers.

Figures are the same for everybody and one copy serves all. Whatever counts dossiers a viewer may see has the viewer's
scope in its key.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from data.access import Scope
from data.clock import day_number, day_of, from_micros, local_day
from data.opened import Opened as Opened
from data.opened import opened as opened
from data.units import Tree
from kpi import (
    apologies,
    arrivals,
    compare,
    decisions,
    engine,
    forecast,
    history,
    issues,
    manual,
    published,
    quality,
    scores,
    variants,
)
from kpi import course as courses
from kpi.course import Course
from kpi.decisions import Decision, Judged
from kpi.model import Row
from kpi.query import Query


@st.cache_data(max_entries=20, show_spinner=False)
def latest(_opened: Opened, version: str) -> int | None:
    """The latest moment in the data."""
    return _opened.store.latest_moment(_opened.store.import_at(None))


@st.cache_data(max_entries=50, show_spinner=False)
def default_as_of(_opened: Opened, version: str, campaign: str) -> int:
    return engine.default_as_of(_opened.store, _opened.home, Query(_opened.home.campaign(campaign)))


def figures(
    opened: Opened,
    version: str,
    campaign: str,
    kpis: tuple[str, ...],
    as_of: int,
    by: str | None,
    unit: str | None,
    window: str,
    filter: str,
) -> list[Row]:
    return list(_figures(opened, version, campaign, kpis, as_of, by, unit, window, filter))


# Rows cannot be changed: one copy of them serves every session.
@st.cache_resource(max_entries=400, show_spinner=False)
def _figures(
    _opened: Opened,
    version: str,
    campaign: str,
    kpis: tuple[str, ...],
    as_of: int,
    by: str | None,
    unit: str | None,
    window: str,
    filter: str,
) -> tuple[Row, ...]:
    query = Query(_opened.home.campaign(campaign), kpis, as_of, by=by, unit=unit, window=window, filter=filter)
    return tuple(engine.figures(_opened.store, _opened.home, query))


@st.cache_data(max_entries=60, show_spinner=False)
def daily(
    _opened: Opened, version: str, campaign: str, kpi: str, units: tuple[str, ...] | None, as_of: int
) -> pd.DataFrame:
    found = _opened.home.campaign(campaign)
    return history.daily(_opened.store, _opened.home, found, kpi, list(units) if units else None, as_of)


@st.cache_resource(max_entries=40, show_spinner=False)
def panel(
    _opened: Opened,
    version: str,
    campaign: str,
    kpis: tuple[str, ...],
    units: tuple[str, ...] | None,
    as_of: int,
) -> history.Panel:
    """Every day of several figures and units; its arrays are read only."""
    return history.panel(_opened.store, _opened.home, _opened.home.campaign(campaign), kpis, units, as_of)


@st.cache_data(max_entries=60, show_spinner=False)
def forecasts(
    _opened: Opened, version: str, campaign: str, kpi: str, by: str | None, unit: str, as_of: int
) -> list[forecast.Forecast]:
    found = _opened.home.campaign(campaign)
    return forecast.forecast(_opened.store, _opened.home, found, kpi, by=by, unit=unit, as_of=as_of)


@st.cache_data(max_entries=30, show_spinner=False)
def course(
    _opened: Opened, version: str, campaign: str, kpi: str, unit: str, as_of: int
) -> tuple[Course, forecast.Paths]:
    """One unit's course and where its pace leads up to the last due date."""
    found = _opened.home.campaign(campaign)
    went = courses.course(_opened.store, _opened.home, found, kpi, unit=unit, as_of=as_of)
    return went, forecast.band(went, _opened.home.calendar, found.last_day)


@st.cache_data(max_entries=40, show_spinner=False)
def compared(
    _opened: Opened, version: str, campaign: str, kpi: str, by: str | None, unit: str, as_of: int, other: str, then: int
) -> list[compare.Comparison]:  # fmt: skip
    with_ = compare.Beside(_opened.home.campaign(other), then)
    query = Query(_opened.home.campaign(campaign), (kpi,), as_of, by=by, unit=unit)
    return compare.compare(_opened.store, _opened.home, query, with_)


@st.cache_data(max_entries=4, show_spinner=False)
def checked(_opened: Opened, version: str) -> list[published.Checked]:
    return published.check(_opened.store, _opened.home)


# Like rows of figures they cannot be changed.
@st.cache_resource(max_entries=60, show_spinner=False)
def judged(_opened: Opened, version: str, found: tuple[Decision, ...], as_of: int) -> tuple[Judged, ...]:
    """What became of decisions; what a person said of them is part of the key."""
    return tuple(decisions.judge(_opened.store, _opened.home, found, as_of))


@st.cache_data(max_entries=40, show_spinner=False)
def told(_opened: Opened, version: str, issue: int, unit: str) -> list[issues.Told]:
    """An issued report beside what was known then and is known now, for one unit."""
    found = issues.get(_opened.store, issue)
    return issues.compare(_opened.store, _opened.home, found, units=[unit])


@st.cache_data(max_entries=40, show_spinner=False)
def denominators(
    _opened: Opened, version: str, campaign: str, kpi: str, unit: str, as_of: int
) -> list[variants.Variant]:
    """A figure over each denominator, with the services or procedures that each leaves out."""
    query = Query(_opened.home.campaign(campaign), as_of=as_of, unit=unit)
    return variants.variants(_opened.store, _opened.home, query, kpi)


@st.cache_data(max_entries=20, show_spinner=False)
def points(_opened: Opened, version: str, campaign: str, by: str, as_of: int) -> list[scores.Score]:
    return scores.scores(_opened.store, _opened.home, Query(_opened.home.campaign(campaign), as_of=as_of, by=by))


def desk_counts(opened: Opened, version: str, scope: Scope, campaign: str, unit: str, as_of: int, what: str) -> Any:
    """Counts of the desk of a unit: lanes, register_counts or ages."""
    return _desk_counts(opened, version, scope, scope.key, campaign, unit, as_of, what)


@st.cache_data(max_entries=100, show_spinner=False)
def _desk_counts(
    _opened: Opened, version: str, _scope: Scope, scope_key: str, campaign: str, unit: str, as_of: int, what: str
) -> Any:
    found = _opened.home.campaign(campaign)
    with apologies.desk(_opened.store, _opened.home, found, unit, as_of, scope=_scope) as desk:
        return getattr(desk, what)()


def quality_counts(opened: Opened, version: str, scope: Scope) -> tuple[quality.Counts, int]:
    """Doubtful dossiers by kind and unit, and dossiers in all."""
    return _quality_counts(opened, version, scope, scope.key)


@st.cache_data(max_entries=8, show_spinner=False)
def _quality_counts(_opened: Opened, version: str, _scope: Scope, scope_key: str) -> tuple[quality.Counts, int]:
    return quality.counts(_opened.store, scope=_scope), quality.total(_opened.store, scope=_scope)


@st.cache_data(max_entries=20, show_spinner=False)
def arrived(_opened: Opened, version: str, first: date, last: date) -> arrivals.Arrivals:
    return arrivals.arrivals(_opened.store, _opened.home, day_number(first), day_number(last))


@st.cache_resource(max_entries=20, show_spinner=False)
def tree(_opened: Opened, version: str, as_of: int) -> Tree:
    return _opened.store.tree(from_micros(as_of, _opened.home.zone).date())


@st.cache_data(max_entries=20, show_spinner=False)
def ranks(_opened: Opened, version: str, campaign: str, scheme: str, as_of: int) -> list[tuple[date, float]]:
    """National ranks of one scheme from the campaign's start to T, one entry per publication."""
    if not scheme:
        return []
    start = day_number(_opened.home.campaign(campaign).start)
    with _opened.store.read() as connection:
        found = manual.entries(connection, _opened.home, _opened.store.import_at(None))
    last = local_day(as_of, _opened.home.zone)
    return [
        (day_of(entry.on), entry.value)
        for entry in found
        if entry.kpi == "national_rank"
        and entry.scheme == scheme
        and start <= entry.on <= last
        and entry.value is not None
    ]
