"""One adapter per file format. An adapter turns bytes into sheets; a sheet shows its top rows and reads chosen columns.

A new format is one module with ``accepts(head)`` and ``sheets(data, name)``, named in ``ADAPTERS``. Only the columns a
profile names are read on; whatever else a file holds never leaves the adapter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Protocol

import pyarrow as pa

from data.errors import RefusedFile
from data.locale import _

TOP_ROWS = 40
"""Rows looked at for the headings, and to find out how a file is written."""


@dataclass(frozen=True)
class Misfit:
    """A row that cannot be read as cells under the headings."""

    row: int
    reason: str
    what_to_do: str


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


def open_sheets(data: bytes, name: str, depth: int = 0) -> list[Sheet]:
    """The sheets of a file; ``depth``: how many archives it was in. Raises RefusedFile when no adapter can read it."""
    from loaders.formats import csv_file, json_file, markup, packed, workbook

    if not data.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise RefusedFile(name, _("Tệp rỗng."), _("Hãy xuất lại tệp từ phần mềm một cửa."))
    head = data[:4096]
    if head.startswith(b"%PDF"):
        raise RefusedFile(
            name, _("Đây là tệp PDF, không phải bảng dữ liệu."), _("Hãy xuất dạng XLSX hoặc CSV UTF-8 rồi nạp lại.")
        )
    if packed.accepts(head):
        return packed.sheets(data, name, depth)
    adapters: tuple[ModuleType, ...] = (workbook, markup, json_file, csv_file)
    adapter = next(adapter for adapter in adapters if adapter.accepts(head))
    found: list[Sheet] = adapter.sheets(data, name)
    return found
