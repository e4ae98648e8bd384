"""Sheets of cells with values of their own (texts, numbers, dates): workbooks, HTML tables, SpreadsheetML."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from loaders.formats import TOP_ROWS, Misfit, Rows, null_character

MAX_CELLS = 25_000_000
"""Cells of one sheet, blank ones between filled ones included: a million rows of 25 columns."""
CHUNK = 2048
"""Rows turned into columns at a time; with four times as many the garbage collector takes half of the time."""

Range = tuple[tuple[int, int], tuple[int, int]]
"""First and last cell (row, column; from 0) of merged cells."""

_EXACT = 10**15
"""Whole numbers up to here are exact as a spreadsheet's floating point numbers."""


class GridSheet:
    """One sheet. ``rows``: gives all its rows anew from the first, each of the same width.

    ``epoch_1904``: bare numbers in date columns count days from 1904, as in workbooks of old Macs.
    """

    def __init__(
        self,
        name: str,
        rows: Callable[[], Iterable[Sequence[Any]]],
        merged: Sequence[Range] | None = None,
        *,
        epoch_1904: bool = False,
    ) -> None:
        self.name, self.rows, self.epoch_1904 = name, rows, epoch_1904
        self.top: Sequence[Sequence[str]] = [[_text(cell) or "" for cell in row] for row in islice(rows(), TOP_ROWS)]
        self.heads: Sequence[Sequence[str]] = _filled(self.top, merged or ())

    def read(self, header: int, columns: dict[str, int]) -> Rows:
        chunks: dict[str, list[pa.Array]] = {field: [] for field in columns}
        kinds: dict[str, set[type]] = {field: set() for field in columns}
        numbers: list[np.ndarray[Any, np.dtype[np.int32]]] = []
        asides: dict[int, Sequence[str]] = {}
        misfits: list[Misfit] = []
        taken = 0
        first = next(iter(columns))
        for start, arrays, row in self._arrays(header + 1, columns, kinds):
            keep = np.ones(len(arrays[first]), np.bool_)
            for array in filter(_may_hold_null_characters, arrays.values()):
                for place in pc.indices_nonzero(pc.match_substring(array, "\0").fill_null(False)).to_pylist():
                    if keep[place]:
                        keep[place] = False
                        misfits.append(null_character(start + place + 1))
            # Only a row that does not say which record it is can be blank, or no record at all.
            for place in pc.indices_nonzero(arrays[first].is_null()).to_pylist():
                cells = [_text(cell) or "" for cell in row(place)]
                if any(cell and not cell.isspace() for cell in cells) and keep[place]:
                    asides[taken + int(keep[:place].sum())] = cells
                else:
                    keep[place] = False
            whole = bool(keep.all())
            for field, array in arrays.items():
                chunks[field].append(array if whole else array.filter(pa.array(keep)))
            numbers.append(np.flatnonzero(keep).astype(np.int32) + np.int32(start + 1))
            taken += len(numbers[-1])
        table = pa.table({field: pa.chunked_array(parts, pa.string()) for field, parts in chunks.items()})
        row_numbers = np.concatenate(numbers) if numbers else np.zeros(0, np.int32)
        return Rows(
            table.combine_chunks(),
            pa.array(row_numbers, pa.int32()),
            misfits,
            asides=asides,
            forms={field: self._forms(found) for field, found in kinds.items()},
        )

    def _arrays(
        self, skip: int, columns: dict[str, int], kinds: dict[str, set[type]]
    ) -> Iterator[tuple[int, dict[str, pa.Array], Callable[[int], Sequence[Any]]]]:
        """The rows from ``skip`` on, part by part: the first one's place, the wanted columns as text, and all of a row."""
        for start, chunk in self._chunks(skip):
            arrays = {field: _column([row[at] for row in chunk], kinds[field]) for field, at in columns.items()}
            yield start, arrays, chunk.__getitem__

    def _chunks(self, skip: int) -> Iterator[tuple[int, list[Sequence[Any]]]]:
        """Rows from ``skip`` on, some thousands at a time: a sheet's cells as Python objects would not fit."""
        rows = iter(self.rows())
        start = len(list(islice(rows, skip)))
        while chunk := list(islice(rows, CHUNK)):
            yield start, chunk
            start += len(chunk)

    def _forms(self, kinds: set[type]) -> tuple[str, ...]:
        """How dates that are no text were written down here."""
        forms = ("iso8601",) if kinds & {date, datetime} else ()
        serial = "excel1904" if self.epoch_1904 else "excel"
        return (*forms, serial) if kinds & {int, float} else forms


class TextSheet(GridSheet):
    """One sheet already in columns of text. ``kinds``: of which columns some cells were none, what they were, and down to
    which row there are any.
    """

    def __init__(
        self,
        name: str,
        texts: pa.RecordBatch,
        kinds: Mapping[int, tuple[type, int]] | None = None,
        *,
        epoch_1904: bool = False,
    ) -> None:
        self.texts, self.kinds = texts, kinds or {}
        super().__init__(name, lambda: map(self._row, range(texts.num_rows)), epoch_1904=epoch_1904)

    def _arrays(
        self, skip: int, columns: dict[str, int], kinds: dict[str, set[type]]
    ) -> Iterator[tuple[int, dict[str, pa.Array], Callable[[int], Sequence[Any]]]]:
        rest = self.texts.slice(skip)
        for field, at in columns.items():
            kind, last_row = self.kinds.get(at, (str, 0))
            if last_row > skip:
                kinds[field].add(kind)
        if rest.num_rows:
            # Copied, for what looks at a column's bytes takes no notice of where it begins.
            arrays = {field: _filled_only(pa.concat_arrays([rest.column(at)])) for field, at in columns.items()}
            yield skip, arrays, lambda place: self._row(skip + place)

    def _row(self, at: int) -> list[str | None]:
        return [column[at].as_py() for column in self.texts.columns]


_DATE_LIKE = r"^[+-]?\d{4,}-\d\d-\d\d"
_DATE = r"^(19[5-9]\d|[2-9]\d{3})-\d\d-\d\d \d\d:\d\d:\d\d$"
_NUMBER_LIKE = r"^[+-]?(\d+\.?\d*([eE][+-]?\d+)?|inf|nan|NaN)$"
_WHOLE = r"^(0|-?[1-9]\d{0,14})$"


def as_cells_show(texts: pa.Array, numbers: int, *, whole_ones: bool) -> tuple[pa.Array, type] | None:
    """A column of which so many cells held a number, after a reader that makes texts of everything: the texts as they would
    be cell by cell, and what those cells were. None where that cannot be told: dates beside numbers, parts of a second,
    fractions, hours without a day, or texts that look like what they stand beside. ``whole_ones``: no number is a fraction.
    """

    is_date = pc.match_substring_regex(texts, _DATE)
    dates = pc.sum(is_date).as_py() or 0
    others = texts.filter(pc.invert(is_date))

    def count(pattern: str) -> int:
        return pc.sum(pc.match_substring_regex(others, pattern)).as_py() or 0

    whole = count(_WHOLE)
    if count(_DATE_LIKE) or whole != count(_NUMBER_LIKE):
        return None
    if dates == 0 and whole == numbers:
        return (texts, float) if whole_ones else None
    if whole or dates != numbers:
        return None
    shown = pc.if_else(
        pc.ends_with(texts, " 00:00:00"),
        pc.utf8_slice_codeunits(texts, 0, 10),
        pc.utf8_replace_slice(texts, 10, 11, "T"),
    )
    return pc.if_else(is_date, shown, texts), datetime


def _may_hold_null_characters(texts: pa.Array) -> bool:
    """A look at the bytes, twenty times as fast as one at every cell."""
    content = texts.buffers()[2]
    return content is not None and b"\0" in content.to_pybytes()


def _column(values: list[Any], kinds: set[type]) -> pa.Array:
    """Cells as text, null where blank. A column of one kind goes to Arrow as it is."""
    try:
        texts = pa.array(values, pa.string())
    except (pa.ArrowTypeError, pa.ArrowInvalid, UnicodeEncodeError):
        found = set(map(type, values))
        kinds |= found
        texts = _of_one_kind(values, found)
        if texts is None:
            texts = pa.array([_AS_TEXT.get(type(value), _other)(value) for value in values], pa.string())
    return _filled_only(texts)


def _filled_only(texts: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(pc.binary_length(texts), 0), pa.scalar(None, pa.string()), texts)


def _of_one_kind(values: list[Any], kinds: set[type]) -> pa.Array | None:
    """Dates or numbers, with blanks between them, as ``_AS_TEXT`` writes them but a column at a time; None for others."""
    filled = kinds - {str, type(None)}
    if not (filled == {float} or filled <= {datetime, date}):
        return None
    if str in kinds:
        if any(type(value) is str and value for value in values):
            return None
        values = [None if value == "" else value for value in values]
    return _numbers(pa.array(values, pa.float64())) if float in filled else _moments(values)


def _numbers(numbers: pa.Array) -> pa.Array | None:
    whole = pc.and_(pc.equal(pc.floor(numbers), numbers), pc.less(pc.abs(numbers), float(_EXACT)))
    return numbers.cast(pa.int64()).cast(pa.string()) if pc.all(whole).as_py() in (True, None) else None


def _moments(values: list[Any]) -> pa.Array | None:
    if any(type(value) is datetime and value.tzinfo for value in values):
        return None
    try:
        moments = pa.array(values, pa.timestamp("us"))
        texts = moments.cast(pa.timestamp("s")).cast(pa.string())
    except (pa.ArrowTypeError, pa.ArrowInvalid):  # one has parts of a second
        return None
    days = pc.utf8_slice_codeunits(texts, 0, 10)
    clocks = pc.utf8_slice_codeunits(texts, 11)
    return pc.if_else(pc.equal(clocks, "00:00:00"), days, pc.binary_join_element_wise(days, clocks, "T"))


def _number(value: float) -> str:
    """Codes and counts without «.0»."""
    return str(int(value)) if value.is_integer() and abs(value) < _EXACT else repr(value)


def _moment(value: datetime) -> str:
    """A bare date where there is no time of day, as the spreadsheet program shows it."""
    return value.date().isoformat() if value.time() == time.min else value.isoformat()


def _duration(value: timedelta) -> str:
    minutes, seconds = divmod(round(value.total_seconds()), 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"


def _plain(value: str) -> str:
    # A lone surrogate is no text in any encoding.
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


def _other(value: object) -> str | None:
    return None if value is None else str(value)


_AS_TEXT: dict[type, Callable[[Any], str | None]] = {
    str: _plain,
    float: _number,
    int: str,
    bool: lambda value: "1" if value else "0",
    datetime: _moment,
    date: date.isoformat,
    time: time.isoformat,
    timedelta: _duration,
}


def _text(value: Any) -> str | None:
    return _AS_TEXT.get(type(value), _other)(value)


def _filled(top: Sequence[Sequence[str]], merged: Sequence[Range]) -> Sequence[Sequence[str]]:
    """The top rows with the text of merged cells in each of them."""
    if not merged:
        return top
    filled = [list(row) for row in top]
    for (first, left), (last, right) in merged:
        if first >= len(filled) or left >= len(filled[first]):
            continue
        text = top[first][left]
        for row in range(first, min(last + 1, len(filled))):
            width = min(right + 1, len(filled[row]))
            filled[row][left:width] = [text] * max(0, width - left)
    return filled
