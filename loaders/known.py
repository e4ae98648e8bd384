"""Rows of a large file that read as they did in the last file of its profile: they are not judged again (``data.known``)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data import codes, columnar
from data.home import Home
from data.known import Known, Told, recall
from data.store import Store
from loaders.formats import Rows
from loaders.profiles import Match

_JUDGES = ("loaders", "loaders/formats", "data")
"""Folders of the modules that say what becomes of a row."""


@dataclass(frozen=True)
class Marks:
    """Numbers of a part's rows by their cells. ``again``: places in what is known, -1 for a row that is not."""

    rows: NDArray[np.int64]
    hashes: NDArray[np.int64]
    again: NDArray[np.int64]


@dataclass(frozen=True)
class Memory:
    """By what rows are told apart, and what is known of the last file.

    ``before`` is None where nothing is known: this file is the first to be remembered.
    """

    recalled: Future[tuple[str, Known | None]]

    @property
    def stamp(self) -> str:
        return self.recalled.result()[0]

    @property
    def before(self) -> Known | None:
        """Waits for it: it is looked for while the file is being read."""
        return self.recalled.result()[1]

    def split(self, rows: Rows) -> tuple[Rows, Marks]:
        """The rows that are to be judged, and the numbers of all."""
        hashes = columnar.row_hashes(rows.table)
        # In a workbook what dates were written down as says how the texts beside them read.
        if any(rows.forms.values()):
            hashes ^= codes.hash_of(repr(sorted(rows.forms.items())))
        again = np.full(len(hashes), -1, np.int64) if self.before is None else self.before.find(hashes)
        # Whatever stands in a part's first row may be layout (loaders.layout); in another one it may not.
        again[:1] = -1
        numbers = rows.numbers.to_numpy().astype(np.int64)
        known = again >= 0
        if known.any():
            rows = replace(rows.only(~known), records_until=int(numbers[known].max()))
        return rows, Marks(numbers, hashes, again)

    def told(self, facts: pa.Table, marks: Sequence[Marks]) -> Told:
        """What the facts of a sheet and its known rows are known by."""
        rows = np.concatenate([one.rows for one in marks])
        hashes = np.concatenate([one.hashes for one in marks])
        again = np.concatenate([one.again for one in marks])
        mine = hashes if len(rows) == facts.num_rows else hashes[np.searchsorted(rows, facts["row"].to_numpy())]
        return Told(self.stamp, mine, self.before, again[again >= 0])


def memory(
    store: Store, home: Home, found: Sequence[Match], offered: Collection[str], at: int, *, afresh: bool
) -> Memory | None:
    """What is known of the file before, for a file of dossiers on one sheet. ``afresh``: nothing is, so that all is judged."""
    (one, *others) = found
    if others or one.profile.kind != "dossiers" or one.profile.one_row is not None:
        return None

    def recalled() -> tuple[str, Known | None]:
        stamp = _stamp(home, one, offered)
        return stamp, None if afresh else recall(store, one.profile.key, stamp, at)

    beside = ThreadPoolExecutor(1)
    found_meanwhile = beside.submit(recalled)
    beside.shutdown(wait=False)
    return Memory(found_meanwhile)


def _stamp(home: Home, found: Match, offered: Collection[str]) -> str:
    """A number of everything beside its cells that says what becomes of a row."""
    said = (
        _judges(),
        found.profile.model_dump_json(),
        sorted(found.columns.items()),
        found.headings,
        found.sheet.name,
        home.units,
        sorted(home.aliases.items()),
        home.zone.key,
        sorted(offered),
    )
    return hashlib.sha256(repr(said).encode()).hexdigest()


@cache
def _judges() -> str:
    """A number of the program itself: another version may judge otherwise."""
    root = Path(__file__).parent.parent
    said = hashlib.sha256(columnar.version().encode())
    for folder in _JUDGES:
        for entry in sorted(os.scandir(root / folder), key=lambda one: one.name):
            if entry.name.endswith(".py"):
                said.update(entry.name.encode())
                said.update(Path(entry.path).read_bytes())
    return said.hexdigest()
