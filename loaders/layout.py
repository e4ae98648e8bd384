"""Rows of a sheet that are no records: headings again, column numbers, groups, totals, signatures.

Only rows that lack what every record must have are looked at, so no record is ever taken for one of them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from loaders.formats import Rows
from loaders.text import plain, tidy

KINDS = ("headings", "column_numbers", "groups", "totals", "signatures")
"""What a skipped row may be."""

_FIRST_COLUMNS = 4
"""A group's name stands in one of these."""
_LONGEST = 300
# «Công an huyện» and «Tổng công ty» are no totals.
_TOTAL = re.compile(
    r"(tong so|tong cong(?! ty)|luy ke|cong don|cong luy ke|cong trang|tong ho so)\b|(tong|cong)( \d.*)?$"
)
_SIGNED = re.compile(
    r"(nguoi (lap|tong hop|bao cao|kiem tra)|ke toan|thu truong|giam doc|pho giam doc|chu tich|pho chu tich|chanh van phong"
    r"|truong phong|lanh dao|can bo|ky ten|ky ghi ro|ky va ghi ro|xac nhan|k ?t |t ?m |t ?l |t ?u ?q |noi nhan)"
    r"|.*\bngay \d{0,2} ?thang \d{0,2} ?nam( \d{4})?$|ngay thang nam$|.*\bdong dau\b"
)
_ORDINAL = re.compile(r"([IVXLC]{1,7}|[A-Za-zĐđ]|\d{1,3}([.]\d{1,2}){0,3})[.)]?")
_ENUMERATED = re.compile(r"([IVXLC]{1,7}|[A-ZĐ]|\d{1,3})[.)/-] *")
# «(5)», «[5]», «(5)=(3)+(4)»; A and B before 1; -5, which Excel makes of a (5) that somebody typed.
_NUMBER = re.compile(r"[(\[]? ?-?(\d{1,2}) ?[)\]]?( ?[=+-] ?[(\[]?\d{1,2}[)\]]?)*|[A-Z]")
_CODE = re.compile(r"\d{4}")
_COUNT = re.compile(r"[(\[]? ?\d[\d.,]* ?(hồ sơ|hs|hồ sơ\))?[)\]]?", re.IGNORECASE)


def without_layout(
    rows: Rows, headings: dict[str, Collection[str]], needed: Sequence[str], *, more: bool = False
) -> tuple[Rows, Counter[str]]:
    """The rows that are records, and how many of each kind were left out.

    ``headings``: field → keys of what its heading may read; ``needed``: fields no record lacks, the record's name first;
    ``more``: other rows of the sheet follow, so that these are not its end.
    """
    skipped: Counter[str] = Counter()
    size = rows.table.num_rows
    if not size:
        return rows, skipped
    named = _like_headings(rows, needed[0], headings[needed[0]])
    lacking = [np.asarray(rows.table[name].is_null()) for name in needed]
    suspicious = named | np.logical_or.reduce(lacking)
    suspicious[0] = True
    keep = np.ones(size, np.bool_)
    # Behind the last record.
    after = int(np.flatnonzero(~suspicious)[-1]) + 1 if not suspicious.all() else 0
    after = max(after, int(np.searchsorted(rows.numbers.to_numpy(), rows.records_until, "right")))
    names = rows.table.column_names
    signed = False
    for at in np.flatnonzero(suspicious).tolist():
        cells = {name: tidy(cell[:_LONGEST]) for name in names if (cell := rows.table[name][at].as_py())}
        aside = [tidy(cell[:_LONGEST]) for cell in rows.asides.get(at, ())]
        kind = _kind(cells, aside, headings, needed, after=at >= after and not more, signed=signed)
        if kind:
            keep[at] = False
            skipped[kind] += 1
            signed |= kind == "signatures"
    if not skipped:
        return rows, skipped
    return rows.only(keep), skipped


def _like_headings(rows: Rows, name: str, keys: Collection[str]) -> NDArray[np.bool_]:
    """Where a column's cells read like one of the headings, cheaply: only short texts that are no codes are compared."""
    column = rows.table[name]
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    # What begins with a digit is told at its first letter: most codes do, and few headings.
    no_heading = _CODE.pattern if any(key[:1].isdigit() for key in keys) else rf"^\d|{_CODE.pattern}"
    code = pc.or_(pc.greater_equal(pc.binary_length(column), _LONGEST), pc.match_substring_regex(column, no_heading))
    left = ~code.fill_null(True).to_numpy(zero_copy_only=False)
    texts = column.filter(pa.array(left)).dictionary_encode()
    words = [len(word) < 80 and plain(word).replace(" ", "") in keys for word in texts.dictionary.to_pylist()]
    found = np.zeros(len(column), np.bool_)
    found[left] = np.array(words, np.bool_)[texts.indices.to_numpy()]
    return found


def _kind(
    cells: dict[str, str],
    aside: list[str],
    headings: dict[str, Collection[str]],
    needed: Sequence[str],
    *,
    after: bool,
    signed: bool,
) -> str:
    """What a row is; "" for a record, good or bad. ``after``: below the last record; ``signed``: below a signature."""
    filled = [cell for cell in aside or cells.values() if cell]
    if not filled:
        return ""
    if cells and all(plain(cell).replace(" ", "") in headings[name] for name, cell in cells.items()):
        return "headings"
    if len(filled) > 2 and _numbered(filled):
        return "column_numbers"
    if not any(name not in cells for name in needed):
        return ""
    words = [plain(cell) for cell in filled]
    if any(map(_TOTAL.match, words[:3])):
        return "totals"
    if after and len(filled) <= _FIRST_COLUMNS:
        if any(_SIGNED.match(word + " ") or _SIGNED.match(word) for word in words):
            return "signatures"
        if signed and not any(_CODE.search(cell) for cell in filled):
            return "signatures"
    place = next((at for at, cell in enumerate(aside) if cell), 0)
    return "groups" if place < _FIRST_COLUMNS and is_group(filled) else ""


def _numbered(filled: Sequence[str]) -> bool:
    """Whether a row's filled cells, in whatever order, number the columns."""
    found = [_NUMBER.fullmatch(cell) for cell in filled]
    numbers = [one[1] for one in found if one and one[1]]
    return all(found) and len(set(numbers)) == len(numbers) > 1


def is_group(filled: Sequence[str]) -> bool:
    """Whether a row's filled cells are a group's: «II», «II | UBND huyện Đồng Phú | 12», «1. Sở Tư pháp»."""
    left = list(filled)
    numbered = bool(left) and _ORDINAL.fullmatch(left[0]) is not None
    if numbered:
        if len(left) == 1:
            return not left[0].strip(".)").isdigit()
        left = left[1:]
    if not left or len(left) > 4 or any(_COUNT.fullmatch(cell) is None for cell in left[1:]):
        return False
    text = left[0]
    return (
        not _CODE.search(text) and (" " in text or _ENUMERATED.match(text) is not None) and any(map(str.isalpha, text))
    )


def is_layout(record: Sequence[str]) -> bool:
    """Whether a row with too few or too many cells is only a group, total or signature: for adapters without columns."""
    filled = [tidy(cell[:_LONGEST]) for cell in record if cell.strip()]
    words = [plain(cell) for cell in filled]
    if any("\0" in cell for cell in filled):
        return False
    return 0 < len(filled) <= _FIRST_COLUMNS and (
        is_group(filled) or any(_TOTAL.match(word) or _SIGNED.match(word) for word in words)
    )
