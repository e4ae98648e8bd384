"""One adapter per file format. An adapter turns bytes into sheets; a sheet shows its top rows and reads chosen columns.

A new format is one module with ``accepts(head)`` and ``sheets(data, name)``, named in ``ADAPTERS``. Only the columns a
profile names are read on; whatever else a file holds never leaves the adapter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.errors import RefusedFile
from data.locale import _
from loaders.text import cut, mask, tidy

_LONGEST_TITLE = 100
TOP_ROWS = 40
"""Rows looked at for the headings, and to find out how a file is written."""


@dataclass(frozen=True)
class Misfit:
    """A row that cannot be read as cells under the headings."""

    row: int
    reason: str
    what_to_do: str


def null_character(row: int) -> Misfit:
    """A row with a character that no text has."""
    return Misfit(row, _("Dòng có ký tự rỗng (NUL): tệp bị hỏng khi xuất hoặc khi chép."), _("Hãy xuất lại tệp."))


@dataclass(frozen=True)
class Rows:
    """``table``: the wanted columns as text, null where blank, named by the field; ``numbers``: their rows (int32).

    ``asides``: all cells of the rows (by place in ``table``) whose first wanted cell is blank, to tell group, total and
    signature rows; ``forms``: how the adapter wrote down a field's dates that were no text («iso8601», «excel» …).
    """

    table: pa.Table
    numbers: pa.Array
    misfits: Sequence[Misfit] = field(default=())
    asides: Mapping[int, Sequence[str]] = field(default_factory=dict)
    forms: Mapping[str, Sequence[str]] = field(default_factory=dict)
    records_until: int = 0
    """There are records up to this row beside those in ``table``."""

    def only(self, keep: NDArray[np.bool_]) -> Rows:
        """These rows without some."""
        mask, moved = pa.array(keep), np.cumsum(keep) - 1
        asides = {int(moved[at]): cells for at, cells in self.asides.items() if keep[at]}
        return replace(self, table=self.table.filter(mask), numbers=self.numbers.filter(mask), asides=asides)

    def in_two(self) -> tuple[Rows, Rows]:
        """The first half of these rows and the other one."""
        first = np.arange(self.table.num_rows) < self.table.num_rows // 2
        last_row = self.numbers[int(first.sum()) - 1].as_py()
        misfits = [[one for one in self.misfits if (one.row <= last_row) == mine] for mine in (True, False)]
        return replace(self.only(first), misfits=misfits[0]), replace(self.only(~first), misfits=misfits[1])


def joined(parts: Sequence[Rows], columns: Iterable[str]) -> Rows:
    """Rows that follow each other, as one. ``columns``: their fields, where there are no rows at all."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return Rows(pa.table({field: pa.nulls(0, pa.string()) for field in columns}), pa.nulls(0, pa.int32()))
    asides: dict[int, Sequence[str]] = {}
    forms: dict[str, Sequence[str]] = {}
    before = 0
    for part in parts:
        asides |= {before + at: cells for at, cells in part.asides.items()}
        forms |= part.forms
        before += part.table.num_rows
    return Rows(
        pa.concat_tables([part.table for part in parts]).combine_chunks(),
        pa.concat_arrays([part.numbers for part in parts]),
        [misfit for part in parts for misfit in part.misfits],
        asides,
        forms,
    )


class Sheet(Protocol):
    """One table of a file. Rows are numbered as in a spreadsheet program, from 1."""

    name: str
    top: Sequence[Sequence[str]]
    """The first rows, cell by cell."""
    heads: Sequence[Sequence[str]]
    """The same with the text of merged cells in each of them."""

    def read(self, header: int, columns: dict[str, int]) -> Rows:
        """The rows below ``top[header]``: field → position of its column. Rows without any cell filled are left out."""
        ...


def parts(sheet: Sheet, header: int, columns: dict[str, int], *, whole: bool) -> Iterator[tuple[Rows, bool]]:
    """The rows of a sheet in parts where it can give them so, and whether others follow. ``whole``: never in parts.

    The last part is never a small one: what stands at the end of a sheet stays together.
    """
    blocks: Iterator[Rows] | None = None if whole else getattr(sheet, "blocks", lambda *_: None)(header, columns)
    if blocks is None:
        rows = sheet.read(header, columns)
        if not whole and rows.table.num_rows >= _WORTH_TWO:
            first, rows = rows.in_two()
            yield first, True
        yield rows, False
        return
    waiting: list[Rows] = []
    for block in blocks:
        waiting.append(block)
        if len(waiting) == 3:
            yield waiting.pop(0), True
    if len(waiting) == 2 and waiting[1].table.num_rows >= _END:
        yield waiting.pop(0), True
    yield joined(waiting, columns), False


_WORTH_TWO = 40_000
"""From so many rows on they are judged sooner by two."""
_END = 1000
"""Rows among which a sheet's totals and signatures stand."""


LARGE = 1 << 26
"""A text file of so many bytes is read bit by bit."""


def begin(path: Path) -> None:
    """Begin with a large file that will be opened next, while the caller makes itself ready.

    Whatever is wrong with it is left for whoever opens it to tell.
    """
    from loaders.formats import workbook

    workbook.begin(path)
    with suppress(OSError):
        state = _state(path)
        if state[1] >= LARGE:
            beside = ThreadPoolExecutor(1)
            _begun[:] = [(state, beside.submit(_fingerprint, path))]
            beside.shutdown(wait=False)


_begun: list[tuple[tuple[str, int, int], Future[str]]] = []
"""One at most, until it is asked for: which file in what state, and its fingerprint."""


class NotText(Exception):
    """Somewhere a large file is no text in UTF-8: it has to be read as a whole, in whatever encoding it is."""


def _state(path: Path) -> tuple[str, int, int]:
    found = path.stat()
    return str(path), found.st_size, found.st_mtime_ns


def open_large(path: Path, name: str) -> tuple[list[Sheet], Future[str]] | None:
    """The sheets of a large file read bit by bit, and its SHA-256, made meanwhile; None for one to be read as a whole.

    The fingerprint raises NotText if the file goes on otherwise than it begins; then nothing of it may be believed.
    """
    from loaders.formats import csv_file, json_file, markup, packed, workbook

    with path.open("rb") as stream:
        head = stream.read(1 << 20)
    if head.startswith(b"%PDF") or any(one.accepts(head[:4096]) for one in (packed, workbook, markup, json_file)):
        return None
    if csv_file.is_utf16(head[:4096]) or not csv_file.is_utf8(head[: head.rfind(b"\n") + 1]):
        return None
    state, found = _begun.pop() if _begun else (None, None)
    if found is None or state != _state(path):
        beside = ThreadPoolExecutor(1)
        found = beside.submit(_fingerprint, path)
        beside.shutdown(wait=False)
    return list(csv_file.of_file(path, name)), found


def _fingerprint(path: Path) -> str:
    """The SHA-256 of a file that is text in UTF-8 from end to end."""
    from loaders.formats import csv_file
    from loaders.formats.blocks import blocks, ends_of_lines

    digest = hashlib.sha256()
    with path.open("rb") as stream:
        # Up to a line's end: elsewhere a letter may be cut in two.
        for block in blocks(stream, 1 << 22, ends_of_lines):
            digest.update(block.view)
            if not csv_file.is_utf8(block.view):
                raise NotText
    return digest.hexdigest()


def open_sheets(data: bytes, name: str, depth: int = 0) -> list[Sheet]:
    """The sheets of a file; ``depth``: how many archives it was in. Raises RefusedFile when no adapter can read it."""
    from loaders.formats import packed

    if not data.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise RefusedFile(name, _("Tệp rỗng."), _("Hãy xuất lại tệp từ phần mềm một cửa."))
    head = data[:4096]
    if head.startswith(b"%PDF"):
        raise RefusedFile(
            name, _("Đây là tệp PDF, không phải bảng dữ liệu."), _("Hãy xuất dạng XLSX hoặc CSV UTF-8 rồi nạp lại.")
        )
    if packed.accepts(head):
        found = packed.sheets(data, name, depth)
    else:
        from loaders.formats import csv_file, json_file, markup, workbook

        adapters: tuple[ModuleType, ...] = (workbook, markup, json_file, csv_file)
        adapter = next(adapter for adapter in adapters if adapter.accepts(head))
        found = adapter.sheets(data, name)
    for sheet in found:
        sheet.name = title(sheet.name)
    return found


def title(name: str) -> str:
    """The name of a sheet or of a file in an archive as it is kept and shown."""
    return cut(mask(tidy(name)), _LONGEST_TITLE)
