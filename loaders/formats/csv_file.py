"""CSV as offices export it: any usual delimiter and encoding, title rows above the headings, line breaks in cells.

The usual file goes through Arrow; one with blank, ragged or damaged rows goes through Python's csv, so that every row
keeps the number a spreadsheet program shows and every bad one is named.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
from charset_normalizer import from_bytes

from data.errors import RefusedFile
from data.locale import _
from loaders.formats import TOP_ROWS, Misfit, Rows, encodings
from loaders.layout import is_layout

DELIMITERS = (",", ";", "\t", "|")
ENCODINGS = ["cp1258", "cp1252", "utf_16"]
"""What is guessed beside UTF-8: a wrong guess would garble names silently, so the list is short."""
CELL_LIMIT = 10_000_000
_SAMPLE = 1 << 18
_BLOCK = 1 << 22


def accepts(head: bytes) -> bool:
    """Any text may be CSV: this adapter is asked last."""
    return True


def sheets(data: bytes, name: str) -> list[CsvSheet]:
    """Raises RefusedFile when the encoding cannot be told."""
    return [CsvSheet(as_utf8(data, name), name)]


def as_utf8(data: bytes, name: str) -> bytes:
    """The file's text in UTF-8 without a byte order mark."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _recode(data, "utf_16", name)
    data = data.removeprefix(b"\xef\xbb\xbf")
    wide = _utf16_without_mark(data)
    if wide:
        return _recode(data, wide, name)
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
    """The one sheet of a CSV file. ``data``: UTF-8."""

    name = ""

    def __init__(self, data: bytes, file: str) -> None:
        csv.field_size_limit(CELL_LIMIT)
        self.file = file
        self.data = data
        sample = data[:_SAMPLE].decode("utf-8", "ignore")
        self.delimiter = ","
        # Excel's own hint; a spreadsheet program does not show or count that line.
        if sample[:4].lower() == "sep=" and len(sample) > 5 and sample[5] in "\r\n":
            self.delimiter = sample[4]
            cut = 5 + (2 if sample[5:7] == "\r\n" else 1)
            self.data, sample = data[len(sample[:cut].encode()) :], sample[cut:]
        else:
            self.delimiter = _delimiter(sample)
        self._ends: list[int] = []
        self.top: Sequence[Sequence[str]] = list(self._peek(sample))
        self.heads = self.top

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
        start = self._ends[header]
        width = len(self.top[header])
        body = memoryview(self.data)[start:]
        rows = None
        # An odd number of quotation marks may mean one that never closes and would swallow the rows after it.
        quotes_pair = self.data.count(b'"', start) % 2 == 0
        if b"\0" not in self.data and quotes_pair and len(body):
            rows = self._fast(body, width, header, columns)
        return rows or self._careful(header, columns, strict=not quotes_pair)

    def _fast(self, body: memoryview, width: int, header: int, columns: dict[str, int]) -> Rows | None:
        """Every row through Arrow; None when one of them needs a closer look."""
        wanted = list(dict.fromkeys(str(position) for position in columns.values()))
        try:
            table = pacsv.read_csv(
                pa.BufferReader(pa.py_buffer(body)),
                read_options=pacsv.ReadOptions(column_names=[str(n) for n in range(width)], block_size=_BLOCK),
                parse_options=pacsv.ParseOptions(
                    delimiter=self.delimiter, newlines_in_values=True, ignore_empty_lines=False
                ),
                convert_options=pacsv.ConvertOptions(
                    include_columns=wanted,
                    column_types=dict.fromkeys(wanted, pa.string()),
                    null_values=[""],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=True,
                ),
            )
        except pa.ArrowInvalid:
            return None
        table = pa.table({field: table[str(position)].combine_chunks() for field, position in columns.items()})
        # Not utf8_is_space: its first call builds tables for more than a second.
        blank = pc.match_substring_regex(table[0], r"^[\s\x{00A0}]*$")
        filled = pc.invert(blank.fill_null(True))
        if table.num_rows and not pc.all(filled).as_py():
            return None
        first = header + 2
        return Rows(table, pa.array(np.arange(first, first + table.num_rows, dtype=np.int32)))

    def _careful(self, header: int, columns: dict[str, int], *, strict: bool) -> Rows:
        """Row by row. Raises RefusedFile where the quotation marks do not close."""
        cells: dict[str, list[str | None]] = {field: [] for field in columns}
        numbers: list[int] = []
        misfits: list[Misfit] = []
        asides: dict[int, Sequence[str]] = {}
        first, width = next(iter(columns.values())), len(self.top[header])
        text = io.StringIO(self.data[self._ends[header] :].decode(), newline="")
        reader = csv.reader(text, delimiter=self.delimiter, strict=strict)
        number = header + 1
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
        return Rows(table, pa.array(numbers, pa.int32()), misfits, asides)


def _misfit(record: list[str], headings: Sequence[str], number: int) -> Misfit | None:
    """Why a row does not fit under the headings; blank cells at its end, or headings left blank, do not matter."""
    if any("\0" in cell for cell in record):
        return Misfit(
            number, _("Dòng có ký tự rỗng (NUL): tệp bị hỏng khi xuất hoặc khi chép."), _("Hãy xuất lại tệp.")
        )
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
