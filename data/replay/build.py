"""Builds both campaigns as the files that came in: an opening register, then exports day by day or month by month.

Deterministic: one seed, no clock. Everything in the files is simulated; ``docs/replay.md`` says what was calibrated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from data.clock import day_number, day_of
from data.home import Home
from data.replay import catalogue, fates, later, model, population, procedures, sheets, versions, year2022
from data.replay.book import Book, with_repeats
from data.replay.model import DAY, Days, Ints, day

OFFSET = 7 * 3600
"""Asia/Ho_Chi_Minh has been seven hours ahead of UTC since 1975."""
File = tuple[Path, int, str]
"""Path, local seconds of its receipt, kind."""


SIMULATOR = "mô phỏng"
"""Who loads the replay's files: the imports say so themselves."""
LAST_DAY = day_of(year2022.LAST)
"""The day on which the last file is received."""


@dataclass(frozen=True, slots=True)
class ReplayFile:
    """One file, in loading order. ``at``: UTC µs when it was received; ``kind``: dossiers or services."""

    path: Path
    at: int
    kind: str


def build(
    home_root: Path,
    out: Path,
    on_file: Callable[[int, int, str], None] | None = None,
    until: date | None = None,
) -> Iterator[ReplayFile]:
    """Writes the files into ``out`` and yields each as soon as it is complete.

    ``home_root`` is a copy of the home of Bình Phước. ``on_file(done, total, name)`` is told about progress;
    ``until``: the last day on which a file is received. The first campaign is complete before the second is drawn.
    """
    out.mkdir(parents=True, exist_ok=True)
    home = Home(home_root)
    last = year2022.LAST if until is None else day_number(until)
    first = _First(home)
    total = first.count(last) + len([on for on, _ in later.schedule() if on <= last])
    for done, (path, received, kind) in enumerate(_files(home, out, first, last), start=1):
        if on_file:
            on_file(done, total, path.name)
        yield ReplayFile(path, (received - OFFSET) * 1_000_000, kind)


def _files(home: Home, out: Path, first: _First, last: int) -> Iterator[File]:
    yield from first.files(home, out, last)
    if last > model.LAST:
        yield from later.files(home, out, first.book, first.moment, first.services, first.states, first.units, last)


class _First:
    """The record up to the end of the first campaign."""

    def __init__(self, home: Home) -> None:
        self.random = random = np.random.RandomState(model.SEED)
        self.services = procedures.services()
        self.states = catalogue.histories(self.services)
        self.units = population.units_of(home, random)
        self.days = Days(home.calendar, year2022.LAST)
        dossiers = population.populate(random, self.days, self.units, self.services)
        fates.decide(random, self.days, self.units, self.services, dossiers)
        known = versions.knowledge(random, self.units, dossiers)
        handled = sheets.handling(random, self.services, dossiers)
        names = sheets.written_names(home, self.units, model.OPENING)
        level = _levels(self.services, self.states, dossiers)
        register = sheets.register(random, names, self.units, self.services, dossiers, level, handled)
        self.book = Book(dossiers, known, register)
        self.exports = _catalogue_days(self.days, self.states)
        self.moment = model.OPENING * DAY + 18 * 3600
        """Local seconds of the last export written."""

    def count(self, last: int) -> int:
        """How many files are received up to the day ``last``."""
        if last < model.OPENING:
            return 0
        return 2 + min(last, model.LAST) - model.OPENING + len([on for on in self.exports if on <= last])

    def files(self, home: Home, out: Path, last: int) -> Iterator[File]:
        if last < model.OPENING:
            return
        moment = self.moment
        path = out / f"danh-muc-dvc-{day_of(model.OPENING)}.csv"
        sheets.write_catalogue(path, home, self.services, self.states, model.OPENING)
        yield path, moment, "services"
        path = out / f"so-theo-doi-ho-so-den-{day_of(model.OPENING)}.csv"
        rows = versions.opening(self.book.known, moment)
        sheets.write_dossiers(path, self.book.table(rows, moment, with_names=False))
        yield path, moment + 900, "dossiers"
        yesterday: Ints = np.empty(0, dtype=np.int64)
        for on in range(model.START, min(last, model.LAST) + 1):
            since, moment = moment, on * DAY + 17 * 3600 + int(self.random.randint(32 * 60, 55 * 60))
            self.moment = moment
            rows = self.book.changed(since, moment)
            table = self.book.table(with_repeats(self.random, rows, yesterday), moment)
            yesterday = rows
            path = out / f"ho-so-{day_of(on)}.csv"
            sheets.write_dossiers(path, table)
            yield path, moment + 240, "dossiers"
            if on in self.exports:
                path = out / f"danh-muc-dvc-{day_of(on)}.csv"
                sheets.write_catalogue(path, home, self.services, self.states, on)
                yield path, moment + 900, "services"


def _levels(services: list[procedures.Service], states: list[list[catalogue.State]], d: population.Dossiers) -> Ints:
    """Level of each dossier's service on the day of acceptance."""
    first = np.array([s.procedure.level for s in services], dtype=np.int64)
    when, after = catalogue.level_changes(states)
    return np.where(d.accepted // DAY >= when[d.service], after[d.service], first[d.service])


def _catalogue_days(days: Days, states: list[list[catalogue.State]]) -> set[int]:
    """Days with an export of the catalogue: working days with changes, and every day of the last ten with one."""
    changes = catalogue.change_days(states)
    return {on for on in changes if days.is_working(np.array([on]))[0] or on >= day("2021-05-08")}
