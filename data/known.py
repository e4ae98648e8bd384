"""Rows of a source's last file, known by the numbers of their cells: the same row again says nothing new.

A full export repeats a million rows of which a few thousand say something else. A row whose wanted cells read as they did in
the file before is not judged, met and compared again: it leads straight to the version it had become. What was refused then is
never known here, and whatever else judging depends on is part of the stamp. What is kept
follows from the imports and may be dropped at any time: for a profile the rows of one file, and for each file after it what
that one said otherwise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import sqlalchemy as sa

from data import codes
from data.records import Session
from data.schema import FLAGS, REPLACED, STILL_BELIEVED, dossiers, imports, known_rows, versions_by_code

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from data.store import Store

MOST = 3_000_000
"""Of larger files nothing is kept: it would be in memory while they are written."""
_LARGEST_ID = 2**27
_EVENTS = ("accepted_at", "finished_at", "returned_at", "apology_at")
_ALIGNED = 16
"""Of so many rows one is surely known where most are."""
_FILES = 10
"""Of so many files at most is one profile's knowledge put together."""
_IDS = "<i4"
_ARRAYS = {"hashes": "<i8", "ids": _IDS, "owed": "<i4", "latest": "<i8", "flags": "<i4"}
_FLEETING = FLAGS["far_date"] | FLAGS["repeated_in_file"]
"""Flags that a row has for the time being, or for what else is in its file."""


Arrays = dict[str, "NDArray[np.generic]"]
"""By the names of ``_ARRAYS``; empty for what is not to be kept."""


class Outdated(Exception):
    """What was known does not hold for this file, or not any more: it has to be judged in full."""


@dataclass(frozen=True)
class Known:
    """Arrays of one entry per row, in the order of the file; ``hashes`` are 0 for a row that is not told by its cells.

    ``ids``: its version; ``owed``: the import that had read this; ``latest``: its latest event, UTC microseconds; ``flags``.
    ``last_import``, ``last_id``: of the store when this was read and when it was kept; ``files``: how many it is made of.
    """

    hashes: NDArray[np.int64]
    ids: NDArray[np.int64]
    owed: NDArray[np.int64]
    latest: NDArray[np.int64]
    flags: NDArray[np.int64]
    last_import: int
    last_id: int
    files: int

    @cached_property
    def _sorted(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        import numpy as np

        order = np.argsort(self.hashes)
        return order, self.hashes[order]

    def find(self, hashes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where each of some rows that follow each other is; -1 for what is not known."""
        import numpy as np

        place = np.full(len(hashes), -1, np.int64)
        if not len(self.hashes):
            return place
        near = self._searched(hashes[:_ALIGNED])
        if (at := np.flatnonzero(near >= 0)).size:
            # Mostly the rows stand as they stood, so that only those that differ need be looked for.
            start = int(near[at[0]] - at[0])
            first, end = max(0, -start), min(len(hashes), len(self.hashes) - start)
            same = self.hashes[start + first : start + end] == hashes[first:end]
            place[first:end] = np.where(same, np.arange(start + first, start + end), -1)
        left = place < 0
        place[left] = self._searched(hashes[left])
        place[hashes == 0] = -1
        return place

    def _searched(self, hashes: NDArray[np.int64]) -> NDArray[np.int64]:
        import numpy as np

        order, ranked = self._sorted
        at = np.minimum(np.searchsorted(ranked, hashes), len(ranked) - 1)
        return np.where(ranked[at] == hashes, order[at], -1)


@dataclass(frozen=True)
class Told:
    """What a file's rows are known by. ``hashes``: one per fact.

    ``again``: places in ``before`` of the rows that read as they did.
    """

    stamp: str
    hashes: NDArray[np.int64]
    before: Known | None
    again: NDArray[np.int64]

    @cached_property
    def _marked(self) -> NDArray[np.bool_]:
        """By id: the versions of the rows that read as they did; the last entry is for what came later."""
        import numpy as np

        marked = np.zeros(self.before.last_id + 2 if self.before else 1, np.bool_)
        if self.before:
            marked[self.before.ids[self.again]] = True
        if int(marked.sum()) < len(self.again):
            raise Outdated
        return marked

    def tells(self, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which versions are those of rows that read as they did. Raises Outdated when two such rows are of one dossier."""
        import numpy as np

        return self._marked[np.minimum(ids, len(self._marked) - 1)]

    @cached_property
    def ids_no_more(self) -> NDArray[np.int64]:
        """Versions that were in the file before and are not among the rows that read as they did."""
        import numpy as np

        if self.before is None:
            return np.zeros(0, np.int64)
        left = np.ones(len(self.before.ids), np.bool_)
        left[self.again] = False
        ids = self.before.ids[left]
        # A dossier may have been in that file twice, once refused.
        return ids[~self.tells(ids)]


def flags_again(told: Told | None) -> Counter[str]:
    """How many of the rows that read as they did bear which flags."""
    if told is None or told.before is None:
        return Counter()
    flags = told.before.flags[told.again]
    return Counter({name: n for name, bit in FLAGS.items() if (n := int((flags & bit != 0).sum()))})


def recall(store: Store, profile: str, stamp: str, at: int) -> Known | None:
    """What is known of a profile's last file; None when nothing is, or was judged by other rules or at a later time."""
    import numpy as np

    c, v, i = known_rows.c, dossiers.c, imports.c
    with store.read() as connection:
        files = (
            connection.execute(sa.select(known_rows).where(c.profile == profile).order_by(c.import_id)).mappings().all()
        )
        if not files or files[-1]["stamp"] != stamp:
            return None
        kept = files[-1]
        # An undo believes again what a file had lacked.
        since = sa.select(sa.func.count()).where(i.id > kept["import_id"], i.kind == "undo")
        loaded = sa.select(i.at).where(i.id == kept["import_id"], i.state == "loaded", i.at <= at)
        if connection.scalar(since) or connection.scalar(loaded) is None:
            return None
        last = connection.scalar(sa.select(sa.func.max(i.id))) or 0
        # What another source had replaced before one of the later files is told by none of them.
        since_first = v.to_import > files[0]["import_id"]
        gone = connection.scalars(sa.select(v.id).where(sa.text(REPLACED), since_first)).all()
    found = {name: np.zeros(0, np.int64) for name in _ARRAYS}
    for one in files:
        stay = ~np.isin(found["ids"], np.frombuffer(one["no_more"], _IDS))
        for name, kind in _ARRAYS.items():
            more = np.frombuffer(one[name], kind).astype(np.int64)
            found[name] = np.concatenate([found[name][stay], more]) if len(stay) else more
    if gone:
        left = ~np.isin(found["ids"], np.array(gone, np.int64))
        found = {name: array[left] for name, array in found.items()}
    known = Known(**found, last_import=last, last_id=kept["last_id"], files=len(files))
    known.find(known.hashes[:1])  # puts them into order, while the file is being read
    return known


def arrays(facts: pa.Table, hashes: NDArray[np.int64], ids: NDArray[np.int64], owed: NDArray[np.int64]) -> Arrays:
    """What a file's facts are known by. ``ids``, ``owed``: the version of every fact, and who had read what it says."""
    import numpy as np
    import pyarrow.compute as pc

    if facts.num_rows > MOST:
        return {}
    latest = pc.fill_null(pc.max_element_wise(*(facts[name] for name in _EVENTS)), 0).to_numpy()
    flags = facts["flags"].to_numpy()
    told = np.where(flags & _FLEETING, 0, hashes)
    found = {"hashes": told, "ids": ids, "owed": owed, "latest": latest, "flags": flags}
    return {name: found[name].astype(kind) for name, kind in _ARRAYS.items()}


def keep(
    session: Session,
    profile: str,
    import_id: int,
    told: Told,
    mine: Arrays,
    refused: NDArray[np.int64],
    last_id: int,
) -> None:
    """Keep what a file's rows are known by. ``mine``: ``arrays``; ``refused``: versions of refused rows."""
    import numpy as np

    new = len(mine.get("ids", ()))
    size = new + len(refused) + len(told.again)
    if not mine or size > MOST or last_id >= _LARGEST_ID:
        forget(session, profile)
        return
    if len(refused):
        nothing = np.zeros(len(refused), np.int64)
        mine = {name: np.concatenate([one, refused if name == "ids" else nothing]) for name, one in mine.items()}
    before, no_more = told.before, told.ids_no_more
    if not before or before.files == _FILES or new + len(no_more) >= size // 4:
        forget(session, profile)
        if before:
            mine = {name: np.concatenate([getattr(before, name)[told.again], one]) for name, one in mine.items()}
        no_more = no_more[:0]
    kept = {name: mine[name].astype(kind, copy=False).tobytes() for name, kind in _ARRAYS.items()}
    about = {"profile": profile, "stamp": told.stamp, "import_id": import_id, "last_id": last_id}
    session.insert(known_rows, [{**about, "no_more": no_more.astype(_IDS).tobytes(), **kept}])


def forget(session: Session, profile: str) -> None:
    """A file of the profile has come whose rows are not known by their cells."""
    session.run(sa.delete(known_rows).where(known_rows.c.profile == profile))


def versions_of(session: Session, found: Sequence[str]) -> NDArray[np.int64]:
    """What is believed of the dossiers with these codes."""
    import numpy as np
    import pyarrow as pa

    if not found:
        return np.zeros(0, np.int64)
    column = pa.chunked_array([found], pa.string())
    stage = session.stage("known_stage", pa.table({"code": column, "code_hash": pa.array(codes.hashes(column))}))
    pair = sa.and_(codes.same(stage, versions_by_code, dossiers), dossiers.c.to_import == STILL_BELIEVED)
    ids = [row[0] for row in session.rows(sa.select(dossiers.c.id).where(pair))]
    session.unstage(stage)
    return np.unique(np.array(ids, np.int64))
