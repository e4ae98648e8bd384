"""Every st.cache_*: small grouped answers only, keyed by the store's data version and the viewer's scope. Never dossiers."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
import streamlit as st

from data.clock import day_number, day_of, from_micros, local_day
from data.home import Home
from data.settings import home_folder
from data.store import Store
from data.units import Tree
from kpi import engine, history, manual, published
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


@st.cache_data(max_entries=400, show_spinner=False)
def figures(
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
) -> list[Row]:
    query = Query(_opened.home.campaign(campaign), kpis, as_of, None, by, unit, window, filter)
    return engine.figures(_opened.store, _opened.home, query)


@st.cache_data(max_entries=60, show_spinner=False)
def daily(
    _opened: Opened, version: str, scope: str, campaign: str, kpi: str, units: tuple[str, ...] | None, as_of: int
) -> pd.DataFrame:
    found = _opened.home.campaign(campaign)
    return history.daily(_opened.store, _opened.home, found, kpi, list(units) if units else None, as_of)


@st.cache_data(max_entries=4, show_spinner=False)
def checked(_opened: Opened, version: str, scope: str) -> list[published.Checked]:
    return published.check(_opened.store, _opened.home)


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
