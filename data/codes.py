"""Dossier codes as numbers, so that a million of them are looked up, compared and sorted without touching a text.

Two codes may have the same number, by chance or because somebody wants it: whoever finds versions by number compares the
codes as well (``same``). The numbers are kept in the store: how they are made must not change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from data.records import Session
from data.schema import dossiers, versions_by_code

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

_ODD = 0x9E3779B97F4A7C15
_START = 0xD1B54A32D192ED03
_LANE = 8


def hashes(codes: pa.ChunkedArray | pa.StringArray) -> NDArray[np.int64]:
    """A number per code; none may be null."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = codes.combine_chunks() if isinstance(codes, pa.ChunkedArray) else codes
    found = np.zeros(len(texts), np.int64)
    lengths = pc.binary_length(texts).to_numpy()
    for length in pc.unique(pa.array(lengths)).to_pylist():
        at = np.flatnonzero(lengths == length)
        if len(at) == len(texts):
            return _mixed(same_length(texts, length))
        found[at] = _mixed(same_length(texts.take(pa.array(at)), length))
    return found


def hash_of(code: str) -> int:
    """The number of one code."""
    import pyarrow as pa

    return int(hashes(pa.chunked_array([[code]], pa.string()))[0])


def same_length(texts: pa.StringArray, length: int) -> NDArray[np.uint8]:
    """Texts of one length in bytes as rows of characters, without copying them."""
    import numpy as np

    if length == 0:
        return np.zeros((len(texts), 0), np.uint8)
    _, offsets, data = texts.buffers()
    first = np.frombuffer(offsets, np.int32)[texts.offset]
    return np.frombuffer(data, np.uint8, len(texts) * length, int(first)).reshape(len(texts), length)


def _mixed(letters: NDArray[np.uint8]) -> NDArray[np.int64]:
    import numpy as np

    rows, length = letters.shape
    lanes = np.zeros((rows, -(-length // _LANE) * _LANE), np.uint8)
    lanes[:, :length] = letters
    mixed = np.full(rows, (length + 1) * _START % 2**64, np.uint64)
    for lane in lanes.view("<u8").T:
        mixed ^= lane
        mixed *= np.uint64(_ODD)
        mixed ^= mixed >> np.uint64(32)
    return mixed.view(np.int64)


def of_code(code: str) -> sa.ColumnElement[bool]:
    """The versions of one dossier."""
    by, v = versions_by_code.c, dossiers.c
    return sa.and_(v.id.in_(sa.select(by.id).where(by.code_hash == hash_of(code))), v.code == code)


def same(one: sa.FromClause, by: sa.FromClause, other: sa.FromClause) -> sa.ColumnElement[bool]:
    """``other`` is a version of the dossier ``one``, which has a code and its number; ``by``: ``versions_by_code``.

    From one to the other the way leads through ``by``, which has to be among what is selected from.
    """
    return sa.and_(by.c.code_hash == one.c.code_hash, other.c.id == by.c.id, other.c.code == one.c.code)


def in_order(numbers: pa.ChunkedArray, ids: NDArray[np.int64]) -> pa.Table:
    """Rows of ``versions_by_code`` in its own order."""
    import numpy as np
    import pyarrow as pa

    found = numbers.to_numpy()
    order = np.argsort(found)
    return pa.table({"code_hash": found[order], "id": ids[order]})


def note(session: Session, after: int) -> None:
    """Make the versions with ids beyond ``after`` known by their codes."""
    v = dossiers.c
    wanted: sa.Select[Any] = sa.select(v.code_hash, v.id).where(v.id > after).order_by(v.code_hash, v.id)
    session.run(sa.insert(versions_by_code).from_select(["code_hash", "id"], wanted))
