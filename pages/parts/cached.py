"""Every st.cache_*: small grouped answers only, keyed by the store's data version and the viewer's scope. Never dossiers."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from data.clock import day_number, day_of, from_micros, local_day
from data.home import Home
from data.settings import home_folder
from data.store import Store
from data.units import Tree
from kpi import (
    apologies,
    arrivals,
    compare,
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
from kpi.model import Row
from kpi.query import Query


@dataclass(frozen=True)
class Opened:
    """The home and its store; ``version`` changes whenever an answer may."""

    home: Home
    store: Store
    version: str


def opened() -> Opened:
    """The home of this process; a changed file of the home is read anew."""
    folder = home_folder(None).resolve()
    stamp = _stamp(folder)
    url = os.environ.get("CAMPAIGN_DATABASE_URL", "")
    home = _home(str(folder), stamp)
    store = _store(home, str(folder), stamp, url)
    return Opened(home, store, f"{folder}|{stamp}|{url}|{store.data_version()}")


def _stamp(folder: Path) -> str:
    files = [*folder.glob("*.csv"), *folder.glob("*.toml"), *folder.glob("*/*.toml")]
    return str(max((file.stat().st_mtime_ns for file in files), default=0)) + f".{len(files)}"


@st.cache_resource(max_entries=2, show_spinner=False)
def _home(folder: str, stamp: str) -> Home:
    return Home(Path(folder))


@st.cache_resource(max_entries=2, show_spinner=False)
def _store(_home: Home, folder: str, stamp: str, url: str) -> Store:
    return Store.open(_home)


@st.cache_data(max_entries=20, show_spinner=False)
def latest(_opened: Opened, version: str, scope: str) -> int | None:
    """The latest moment in the data."""
    return _opened.store.latest_moment(_opened.store.import_at(None))


@st.cache_data(max_entries=50, show_spinner=False)
def default_as_of(_opened: Opened, version: str, scope: str, campaign: str) -> int:
    return engine.default_as_of(_opened.store, _opened.home, Query(_opened.home.campaign(campaign)))


def figures(
    opened: Opened,
    version: str,
    scope: str,
    campaign: str,
    kpis: tuple[str, ...],
    as_of: int,
    by: str | None,
    unit: str | None,
    window: str,
    filter: str,
) -> list[Row]:
    return list(_figures(opened, version, scope, campaign, kpis, as_of, by, unit, window, filter))


# Rows cannot be changed: one copy of them serves every session.
@st.cache_resource(max_entries=400, show_spinner=False)
def _figures(
    _opened: Opened,
    version: str,
    scope: str,
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
    _opened: Opened, version: str, scope: str, campaign: str, kpi: str, units: tuple[str, ...] | None, as_of: int
) -> pd.DataFrame:
    found = _opened.home.campaign(campaign)
    return history.daily(_opened.store, _opened.home, found, kpi, list(units) if units else None, as_of)


@st.cache_resource(max_entries=40, show_spinner=False)
def panel(
    _opened: Opened,
    version: str,
    scope: str,
    campaign: str,
    kpis: tuple[str, ...],
    units: tuple[str, ...] | None,
    as_of: int,
) -> history.Panel:
    """Every day of several figures and units; its arrays are read only."""
    return history.panel(_opened.store, _opened.home, _opened.home.campaign(campaign), kpis, units, as_of)


@st.cache_data(max_entries=60, show_spinner=False)
def forecasts(
    _opened: Opened, version: str, scope: str, campaign: str, kpi: str, by: str | None, unit: str, as_of: int
) -> list[forecast.Forecast]:
    found = _opened.home.campaign(campaign)
    return forecast.forecast(_opened.store, _opened.home, found, kpi, by=by, unit=unit, as_of=as_of)


@st.cache_data(max_entries=30, show_spinner=False)
def course(
    _opened: Opened, version: str, scope: str, campaign: str, kpi: str, unit: str, as_of: int
) -> tuple[Course, forecast.Paths]:
    """One unit's course and where its pace leads up to the last due date."""
    found = _opened.home.campaign(campaign)
    went = courses.course(_opened.store, _opened.home, found, kpi, unit=unit, as_of=as_of)
    return went, forecast.band(went, _opened.home.calendar, found.last_day)


@st.cache_data(max_entries=40, show_spinner=False)
def compared(
    _opened: Opened, version: str, scope: str, campaign: str, kpi: str, by: str | None, unit: str, as_of: int, other: str, then: int
) -> list[compare.Comparison]:  # fmt: skip
    with_ = compare.Beside(_opened.home.campaign(other), then)
    query = Query(_opened.home.campaign(campaign), (kpi,), as_of, by=by, unit=unit)
    return compare.compare(_opened.store, _opened.home, query, with_)


@st.cache_data(max_entries=4, show_spinner=False)
def checked(_opened: Opened, version: str, scope: str) -> list[published.Checked]:
    return published.check(_opened.store, _opened.home)


@st.cache_data(max_entries=40, show_spinner=False)
def told(_opened: Opened, version: str, scope: str, issue: int, unit: str) -> list[issues.Told]:
    """An issued report beside what was known then and is known now, for one unit."""
    found = issues.get(_opened.store, issue)
    return issues.compare(_opened.store, _opened.home, found, units=[unit])


@st.cache_data(max_entries=40, show_spinner=False)
def denominators(
    _opened: Opened, version: str, scope: str, campaign: str, kpi: str, unit: str, as_of: int
) -> list[variants.Variant]:
    """A figure over each denominator, with the services or procedures that each leaves out."""
    query = Query(_opened.home.campaign(campaign), as_of=as_of, unit=unit)
    return variants.variants(_opened.store, _opened.home, query, kpi)


@st.cache_data(max_entries=20, show_spinner=False)
def points(_opened: Opened, version: str, scope: str, campaign: str, by: str, as_of: int) -> list[scores.Score]:
    return scores.scores(_opened.store, _opened.home, Query(_opened.home.campaign(campaign), as_of=as_of, by=by))


@st.cache_data(max_entries=100, show_spinner=False)
def desk_counts(_opened: Opened, version: str, scope: str, campaign: str, unit: str, as_of: int, what: str) -> Any:
    """Counts of the desk of a unit: lanes, register_counts or ages."""
    found = _opened.home.campaign(campaign)
    with apologies.desk(_opened.store, _opened.home, found, unit, as_of) as desk:
        return getattr(desk, what)()


@st.cache_data(max_entries=4, show_spinner=False)
def quality_counts(_opened: Opened, version: str, scope: str) -> tuple[quality.Counts, int]:
    """Doubtful dossiers by kind and unit, and dossiers in all."""
    return quality.counts(_opened.store), quality.total(_opened.store)


@st.cache_data(max_entries=20, show_spinner=False)
def arrived(_opened: Opened, version: str, scope: str, first: date, last: date) -> arrivals.Arrivals:
    return arrivals.arrivals(_opened.store, _opened.home, day_number(first), day_number(last))


@st.cache_resource(max_entries=20, show_spinner=False)
def tree(_opened: Opened, version: str, scope: str, as_of: int) -> Tree:
    return _opened.store.tree(from_micros(as_of, _opened.home.zone).date())


@st.cache_data(max_entries=20, show_spinner=False)
def ranks(
    _opened: Opened, version: str, scope: str, campaign: str, scheme: str, as_of: int
) -> list[tuple[date, float]]:
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
