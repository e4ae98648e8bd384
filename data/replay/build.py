"""Builds the 50 days of 2021 as the files that came in: an opening register, then exports day by day.

Deterministic: one seed, no clock. Everything in the files is simulated; ``docs/replay.md`` says what was calibrated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data.clock import day_of
from data.home import Home
from data.replay import catalogue, fates, model, population, procedures, sheets, versions
from data.replay.model import DAY, Days, Ints, day

OFFSET = 7 * 3600
"""Asia/Ho_Chi_Minh has been seven hours ahead of UTC since 1975."""


@dataclass(frozen=True, slots=True)
class ReplayFile:
    """One file, in loading order. ``at``: UTC µs when it was received; ``kind``: dossiers or services."""

    path: Path
    at: int
    kind: str


def build(home_root: Path, out: Path, on_file: Callable[[int, int, str], None] | None = None) -> Iterator[ReplayFile]:
    """Writes the files into ``out`` and yields each as soon as it is complete.

    ``home_root`` is a copy of the home of Bình Phước. ``on_file(done, total, name)`` is told about progress.
    """
    out.mkdir(parents=True, exist_ok=True)
    home = Home(home_root)
    random = np.random.RandomState(model.SEED)
    services = procedures.services()
    states = catalogue.histories(services)
    units = population.units_of(home, random)
    days = Days(home.calendar)
    dossiers = population.populate(random, days, units, services)
    fates.decide(random, days, units, services, dossiers)
    known = versions.knowledge(random, units, dossiers)
    handled = sheets.handling(random, services, dossiers)
    names = sheets.written_names(home, units, model.OPENING)
    level = _levels(services, states, dossiers)
    register = sheets.register(random, names, units, services, dossiers, level, handled)

    exports = _catalogue_days(days, states)
    total = 2 + (model.LAST - model.OPENING) + len(exports)
    done = 0

    def finished(path: Path, received: int, kind: str) -> ReplayFile:
        nonlocal done
        done += 1
        if on_file:
            on_file(done, total, path.name)
        return ReplayFile(path, (received - OFFSET) * 1_000_000, kind)

    moment = model.OPENING * DAY + 18 * 3600
    path = out / f"danh-muc-dvc-{day_of(model.OPENING)}.csv"
    sheets.write_catalogue(path, home, services, states, model.OPENING)
    yield finished(path, moment, "services")
    path = out / f"so-theo-doi-ho-so-den-{day_of(model.OPENING)}.csv"
    version = versions.at(dossiers, known, moment, versions.opening(known, moment))
    sheets.write_dossiers(path, register.table(version, dossiers, with_names=False))
    yield finished(path, moment + 900, "dossiers")

    yesterday: Ints = np.empty(0, dtype=np.int64)
    for on in range(model.START, model.LAST + 1):
        since, moment = moment, on * DAY + 17 * 3600 + int(random.randint(32 * 60, 55 * 60))
        rows = versions.changed(dossiers, known, since, moment)
        version = versions.at(dossiers, known, moment, _with_repeats(random, rows, yesterday))
        yesterday = rows
        path = out / f"ho-so-{day_of(on)}.csv"
        sheets.write_dossiers(path, register.table(version, dossiers, with_names=True))
        yield finished(path, moment + 240, "dossiers")
        if on in exports:
            path = out / f"danh-muc-dvc-{day_of(on)}.csv"
            sheets.write_catalogue(path, home, services, states, on)
            yield finished(path, moment + 900, "services")


def _levels(services: list[procedures.Service], states: list[list[catalogue.State]], d: population.Dossiers) -> Ints:
    """Level of each dossier's service on the day of acceptance."""
    first = np.array([s.procedure.level for s in services], dtype=np.int64)
    when, after = catalogue.level_changes(states)
    return np.where(d.accepted // DAY >= when[d.service], after[d.service], first[d.service])


def _catalogue_days(days: Days, states: list[list[catalogue.State]]) -> set[int]:
    """Days with an export of the catalogue: working days with changes, and every day of the last ten with one."""
    changes = catalogue.change_days(states)
    return {on for on in changes if days.is_working(np.array([on]))[0] or on >= day("2021-05-08")}


def _with_repeats(random: np.random.RandomState, rows: Ints, yesterday: Ints) -> Ints:
    """Some rows of yesterday's export come again, and a few rows stand in the file twice."""
    again = yesterday[random.random_sample(len(yesterday)) < 0.01]
    twice = rows[random.random_sample(len(rows)) < 0.001]
    return np.concatenate([np.union1d(rows, again), twice])
