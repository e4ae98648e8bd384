"""CSV as offices export it: any usual delimiter and encoding, title rows above the headings, line breaks in cells.

The usual file goes through Arrow; one with blank, ragged or damaged rows goes through Python's csv, so that every row
keeps the number a spreadsheet program shows and every bad one is named.
"""

from __future__ import annotations

import csv
import io
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
from charset_normalizer import from_bytes

from data.errors import RefusedFile
from data.locale import _
from loaders.formats import TOP_ROWS, Misfit, Rows, encodings, joined, null_character
from loaders.formats.blocks import Block, blocks
from loaders.layout import is_layout

DELIMITERS = (",", ";", "\t", "|")
ENCODINGS = ["cp1258", "cp1252", "utf_16"]
"""What is guessed beside UTF-8: a wrong guess would garble names silently, so the list is short."""
CELL_LIMIT = 10_000_000
_SAMPLE = 1 << 18
_BLOCK = 1 << 24
"""Bytes of records read together: some ten thousand rows."""
_PART = 1 << 20
_TOGETHER = 2
"""So many blocks are read at the same time."""
_BOM = b"\xef\xbb\xbf"
_BLANK, _LAST_ASCII = 0x20, 0x7E


def accepts(head: bytes) -> bool:
    """Any text may be CSV: this adapter is asked last."""
    return True


def sheets(data: bytes, name: str) -> list[CsvSheet]:
    """Raises RefusedFile when the encoding cannot be told."""
    text = as_utf8(data, name)
    return [CsvSheet(lambda: io.BytesIO(text), name)]


def of_file(path: Path, name: str) -> list[CsvSheet]:
    """A file of text in UTF-8 that is read bit by bit, however large it is."""
    return [CsvSheet(lambda: path.open("rb"), name)]


def as_utf8(data: bytes, name: str) -> bytes:
    """The file's text in UTF-8 without a byte order mark."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _recode(data, "utf_16", name)
    data = data.removeprefix(_BOM)
    wide = _utf16_without_mark(data)
    if wide:
        return _recode(data, wide, name)
    if is_utf8(data):
        return data
    try:
        data.decode("utf-8")
        return data
    except UnicodeDecodeError as fault:
        # The part with the first letter beyond ASCII says most about the encoding.
        near = data[max(0, fault.start - _SAMPLE // 8) : fault.start + _SAMPLE // 4]
    vietnamese = encodings.guess(near)
    if vietnamese:
        return _recode(data, vietnamese, name)
    guess = from_bytes(near, cp_isolation=ENCODINGS).best()
    if guess is None:
        raise RefusedFile(
            name,
            _("Không nhận ra bảng mã chữ của tệp (không phải UTF-8, UTF-16, Windows-1258, VISCII hay TCVN3)."),
            _("Hãy lưu lại tệp dạng «CSV UTF-8»; chữ VNI phải được chuyển sang Unicode trước."),
        )
    return _recode(data, guess.encoding, name)


def is_utf8(data: bytes | memoryview) -> bool:
    """Four times as fast as decoding."""
    offsets = pa.py_buffer(np.array([0, len(data)], np.int64))
    whole = pa.Array.from_buffers(pa.large_binary(), 1, [None, offsets, pa.py_buffer(data)])
    try:
        whole.cast(pa.large_string())
    except pa.ArrowInvalid:
        return False
    return True


def is_utf16(head: bytes) -> bool:
    """Whether a file that begins so is in UTF-16, marked or not."""
    return head.startswith((b"\xff\xfe", b"\xfe\xff")) or bool(_utf16_without_mark(head))


def _utf16_without_mark(data: bytes) -> str:
    head = data[:2000]
    if len(head) < 4 or head.count(0) < len(head) // 4:
        return ""
    odd, even = head[1::2].count(0), head[0::2].count(0)
    return "utf_16_le" if odd > 2 * even else "utf_16_be" if even > 2 * odd else ""


def _recode(data: bytes, encoding: str, name: str) -> bytes:
    try:
        return encodings.decode(data, encoding).removeprefix("\ufeff").encode()
    except (UnicodeDecodeError, UnicodeEncodeError) as fault:
        raise RefusedFile(
            name,
            _("Tệp hỏng: có đoạn không đọc được theo bảng mã {encoding}.", encoding=encoding.replace("_", "-")),
            _("Hãy xuất lại tệp, chọn «CSV UTF-8»."),
        ) from fault


class CsvSheet:
    """The one sheet of a CSV file. ``open_``: gives the file anew from its beginning, in UTF-8."""

    name = ""

    def __init__(self, open_: Callable[[], BinaryIO], file: str) -> None:
        csv.field_size_limit(CELL_LIMIT)
        self.file = file
        self.open = open_
        with open_() as stream:
            data = stream.read(_SAMPLE)
        self._start = len(_BOM) if data.startswith(_BOM) else 0
        sample = data[self._start :].decode("utf-8", "ignore")
        # Excel's own hint; a spreadsheet program does not show or count that line.
        if sample[:4].lower() == "sep=" and len(sample) > 5 and sample[5] in "\r\n":
            self.delimiter = sample[4]
            cut = 5 + (2 if sample[5:7] == "\r\n" else 1)
            self._start, sample = self._start + len(sample[:cut].encode()), sample[cut:]
        else:
            self.delimiter = _delimiter(sample)
        self.share = 0.0
        """How much of the file has been read."""
        self._ends: list[int] = []
        self.top: Sequence[Sequence[str]] = list(self._peek(sample))
        self.heads: Sequence[Sequence[str]] = self.top

    def _peek(self, sample: str) -> Iterator[list[str]]:
        """The first records; remembers at which byte each ends."""
        lines = _Lines(sample)
        reader = csv.reader(lines, delimiter=self.delimiter)
        try:
            for record in reader:
                self._ends.append(len(sample[: lines.position].encode()))
                yield record
                if len(self._ends) == TOP_ROWS:
                    return
        except csv.Error:
            return

    def read(self, header: int, columns: dict[str, int]) -> Rows:
        return joined(list(self.blocks(header, columns)), columns)

    def blocks(self, header: int, columns: dict[str, int]) -> Iterator[Rows]:
        """The rows below the headings in order, some ten thousand at a time."""
        number = header + 1
        with self.open() as stream:
            size = stream.seek(0, io.SEEK_END)
            at = stream.seek(self._start + self._ends[header])
            fast = partial(self._fast, header=header, columns=columns)
            # Each is done with when the next is asked for, beside those that are read meanwhile.
            for block, table in _ahead(fast, blocks(stream, _BLOCK, _end_of_record, alive=_TOGETHER + 1)):
                if table is None:
                    rows, number = self._careful(block, number, header, columns)
                else:
                    first, number = number + 1, number + table.num_rows
                    rows = Rows(table, pa.array(np.arange(first, number + 1, dtype=np.int32)))
                at += block.size
                self.share = at / size
                yield rows

    def _fast(self, block: Block, header: int, columns: dict[str, int]) -> pa.Table | None:
        """Every row through Arrow; None when one of them needs a closer look."""
        if _may_not_close(block) or block.holds(b"\0"):
            return None
        wanted = list(dict.fromkeys(str(position) for position in columns.values()))
        width = len(self.top[header])
        try:
            table = pacsv.read_csv(
                pa.BufferReader(pa.py_buffer(block.view)),
                # In one piece, which need not be joined again: as quick on few cores, and less work.
                read_options=pacsv.ReadOptions(
                    column_names=[str(n) for n in range(width)], block_size=max(block.size, _PART), use_threads=False
                ),
                parse_options=pacsv.ParseOptions(
                    delimiter=self.delimiter, newlines_in_values=True, ignore_empty_lines=False
                ),
                convert_options=pacsv.ConvertOptions(
                    include_columns=wanted,
                    column_types=dict.fromkeys(wanted, pa.string()),
                    null_values=[""],
                    # Whoever opened the file has seen to that, or does so meanwhile (NotText).
                    check_utf8=False,
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=True,
                ),
            )
        except pa.ArrowInvalid:
            return None
        table = pa.table({field: table[str(position)].combine_chunks() for field, position in columns.items()})
        return None if _any_blank(table[0]) else table

    def _careful(self, block: Block, number: int, header: int, columns: dict[str, int]) -> tuple[Rows, int]:
        """Row by row; gives the number of the last row too. Raises RefusedFile where the quotation marks do not close."""
        cells: dict[str, list[str | None]] = {field: [] for field in columns}
        numbers: list[int] = []
        misfits: list[Misfit] = []
        asides: dict[int, Sequence[str]] = {}
        first, width = next(iter(columns.values())), len(self.top[header])
        text = io.StringIO(str(block.view, "utf-8"), newline="")
        reader = csv.reader(text, delimiter=self.delimiter, strict=_may_not_close(block))
        try:
            for record in reader:
                number += 1
                if not any(cell and not cell.isspace() for cell in record):
                    continue
                fault = _misfit(record, self.top[header], number)
                if fault and not is_layout(record):
                    misfits.append(fault)
                    continue
                if fault:
                    record = (record + [""] * width)[:width]
                if not record[first].strip():
                    asides[len(numbers)] = record
                numbers.append(number)
                for field, position in columns.items():
                    cells[field].append(record[position] or None)
        except csv.Error as fault:
            raise RefusedFile(
                self.file,
                _('Dòng {row}: dấu nháy kép (") mở mà không đóng, hoặc ô quá dài.', row=number + 1),
                _("Hãy sửa ô đó hoặc xuất lại tệp; các dòng sau dấu nháy không thể đọc chắc chắn."),
            ) from fault
        table = pa.table({field: pa.array(values, pa.string()) for field, values in cells.items()})
        return Rows(table, pa.array(numbers, pa.int32()), misfits, asides), number


def _ahead(read: Callable[[Block], pa.Table | None], found: Iterator[Block]) -> Iterator[tuple[Block, pa.Table | None]]:
    """The blocks in order, each with what is read from it; the next ones are read meanwhile."""
    with ThreadPoolExecutor(_TOGETHER) as pool:
        waiting: deque[tuple[Block, Future[pa.Table | None]]] = deque()
        for block in found:
            waiting.append((block, pool.submit(read, block)))
            if len(waiting) > _TOGETHER:
                first, table = waiting.popleft()
                yield first, table.result()
        for first, table in waiting:
            yield first, table.result()


def _end_of_record(data: bytearray, filled: int) -> int:
    """Where the last whole record ends: at a line's end outside of quotation marks; 0 where there is none."""
    open_marks, after = data.count(b'"', 0, filled), filled
    at = data.rfind(b"\n", 0, filled)
    while at >= 0:
        open_marks -= data.count(b'"', at, after)
        if open_marks % 2 == 0:
            return at + 1
        at, after = data.rfind(b"\n", 0, at), at
    return 0


def _may_not_close(block: Block) -> bool:
    """An odd number of quotation marks in what is left at the end may mean one that never closes and swallows rows."""
    return block.last and block.data.count(b'"') % 2 == 1


def _any_blank(column: pa.ChunkedArray) -> bool:
    if column.null_count:
        return True
    texts = column.combine_chunks()
    if not len(texts):
        return False
    _, offsets, data = texts.buffers()
    places = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    if (places[1:] == places[:-1]).any():
        return True
    # What begins with a letter or a digit is not blank; hardly any cell has to be looked at beyond its first byte.
    first = np.frombuffer(data, np.uint8)[places[:-1]]
    doubtful = texts.filter(pa.array((first <= _BLANK) | (first > _LAST_ASCII)))
    # Not utf8_is_space: its first call builds tables for more than a second.
    return bool(pc.any(pc.match_substring_regex(doubtful, r"^[\s\v\x1c-\x1f\x{85}\p{Z}]*$")).as_py())


def _misfit(record: list[str], headings: Sequence[str], number: int) -> Misfit | None:
    """Why a row does not fit under the headings; blank cells at its end, or headings left blank, do not matter."""
    if any("\0" in cell for cell in record):
        return null_character(number)
    if _filled(headings) <= len(record) and _filled(record) <= len(headings):
        record += [""] * (len(headings) - len(record))
        return None
    return Misfit(
        number,
        _("Dòng có {found} ô, hàng tiêu đề có {expected} cột.", found=len(record), expected=len(headings)),
        _("Hãy kiểm tra dấu phân cách hoặc dấu nháy kép trong dòng này, rồi xuất lại tệp."),
    )


def _filled(cells: Sequence[str]) -> int:
    """How many cells there are up to the last one that is not blank."""
    return max((place for place, cell in enumerate(cells, start=1) if cell.strip()), default=0)


class _Lines:
    """Lines with their ends, and how far the reader has come."""

    def __init__(self, text: str) -> None:
        self.position = 0
        self._source = io.StringIO(text, newline="")

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._source.readline()
        if not line:
            raise StopIteration
        self.position += len(line)
        return line


def _delimiter(sample: str) -> str:
    """The delimiter that cuts the most rows into the same number of cells."""

    def weight(delimiter: str) -> int:
        widths: Counter[int] = Counter()
        try:
            for number, record in enumerate(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)):
                widths[len(record)] += 1
                if number == 2 * TOP_ROWS:
                    break
        except csv.Error:
            pass
        return max(((width - 1) * count for width, count in widths.items()), default=0)

    return max(DELIMITERS, key=weight)
