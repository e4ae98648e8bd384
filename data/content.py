"""One number for what a dossier version says, so that a million rows are compared with what is believed by an index.

Two versions that differ in one column never have the same number, those that differ in several by a chance of 2^-64. The
numbers are kept in the store: how they are made must not change.
"""

from __future__ import annotations

import hashlib

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.schema import CONTENT

_ODD = np.uint64(0x9E3779B97F4A7C15)
_NOTHING = np.uint64(0xD1B54A32D192ED03)
_HALF = np.uint64(32)


def content(rows: pa.Table) -> pa.Array:
    """int64 per row, of the columns ``schema.CONTENT``; a missing column counts as blank."""
    mixed = np.zeros(rows.num_rows, np.uint64)
    for name in CONTENT:
        mixed ^= _numbers(rows[name], rows.num_rows) if name in rows.column_names else _NOTHING
        # Both steps can be undone, so that nothing is lost on the way.
        mixed *= _ODD
        mixed ^= mixed >> _HALF
    return pa.array(mixed.view(np.int64))


def _numbers(column: pa.ChunkedArray, rows: int) -> NDArray[np.uint64] | np.uint64:
    if column.null_count == rows:
        return _NOTHING
    if pa.types.is_string(column.type):
        encoded = column.combine_chunks().dictionary_encode()
        column = pa.array(list(map(_number, encoded.dictionary.to_pylist())), pa.int64()).take(encoded.indices)
    values = column.cast(pa.int64()).fill_null(0).to_numpy().view(np.uint64)
    return np.where(column.is_valid().to_numpy(zero_copy_only=False), values, _NOTHING) if column.null_count else values


def _number(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little", signed=True)
