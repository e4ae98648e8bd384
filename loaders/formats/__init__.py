"""One adapter per file format. An adapter turns bytes into sheets; a sheet shows its top rows and reads chosen columns.

A new format is one module with ``accepts(head)`` and ``sheets(data, name)``, named in ``ADAPTERS``. Only the columns a
profile names are read on; whatever else a file holds never leaves the adapter.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    """``table``: the wanted columns as text, null where blank, named by the field; ``numbers``: their rows (int32)."""

    table: pa.Table
    numbers: pa.Array
    misfits: Sequence[Misfit] = field(default=())


class Sheet(Protocol):
    """One table of a file. Rows are numbered as in a spreadsheet program, from 1."""

    name: str
    top: Sequence[Sequence[str]]
    """The first rows, cell by cell."""

    def read(self, header: int, columns: dict[str, int]) -> Rows:
        """The rows below ``top[header]``: field → position of its column. Rows without any cell filled are left out."""
        ...


def open_sheets(data: bytes, name: str) -> list[Sheet]:
    """The sheets of a file. Raises RefusedFile when no adapter can read it."""
    from loaders.formats import csv_file, json_file

    if not data.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise RefusedFile(name, _("Tệp rỗng."), _("Hãy xuất lại tệp từ phần mềm một cửa."))
    head = data[:4096]
    foreign = _foreign(head)
    if foreign:
        raise RefusedFile(
            name, foreign, _("Hãy mở tệp trong phần mềm bảng tính và lưu lại dạng CSV UTF-8, rồi nạp tệp CSV đó.")
        )
    adapters: tuple[ModuleType, ...] = (json_file, csv_file)
    adapter = next(adapter for adapter in adapters if adapter.accepts(head))
    found: list[Sheet] = adapter.sheets(data, name)
    return found


def _foreign(head: bytes) -> str:
    """What a file is when it is no text, in words; "" for text."""
    if head.startswith(b"PK\x03\x04"):
        return _("Đây là sổ tính (XLSX, ODS …) hoặc tệp nén ZIP, không phải tệp CSV.")
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return _("Đây là sổ tính Excel đời cũ (XLS) hoặc sổ tính có mật khẩu, không phải tệp CSV.")
    if head.startswith(b"%PDF"):
        return _("Đây là tệp PDF, không phải bảng dữ liệu.")
    if head.startswith(b"\x1f\x8b"):
        return _("Đây là tệp nén GZIP, không phải tệp CSV.")
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<html", b"<!doctype", b"<table", b"<?xml", b"<meta", b"<div", b"<head")):
        return _(
            "Đây là trang HTML hoặc XML (phần mềm một cửa có khi đặt đuôi .xls cho loại tệp này), không phải tệp CSV."
        )
    return ""
