"""An HTML table or SpreadsheetML 2003 that calls itself .xls, as many one-stop systems export it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from typing import Any
from xml.parsers import expat

from data.errors import RefusedFile
from data.locale import _
from loaders.formats.csv_file import as_utf8
from loaders.formats.grid import MAX_CELLS, GridSheet, Range

_STARTS = (
    b"<html",
    b"<!doctype",
    b"<table",
    b"<?xml",
    b"<meta",
    b"<div",
    b"<head",
    b"<style",
    b"<body",
    b"<!--",
    b"<workbook",
    b"<ss:workbook",
)
_SPREADSHEET = "urn:schemas-microsoft-com:office:spreadsheet"
_WIDEST = 16_384
_LAST_ROW = 1_048_576
_CELL_LIMIT = 1_000_000
_SPANNED = 2_000_000
"""Cells that exist only because another spans them."""


def accepts(head: bytes) -> bool:
    start = head.removeprefix(b"\xef\xbb\xbf").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    return start.replace(b"\0", b"").lstrip().lower().startswith(_STARTS)


def sheets(data: bytes, name: str) -> list[GridSheet]:
    """Raises RefusedFile when there is no table in it, it is damaged or too big."""
    text = as_utf8(data, name)
    if _SPREADSHEET.encode() in text[:8192]:
        return _spreadsheet(text, name)
    page = _Page(name)
    page.feed(text.decode())
    page.close()
    page.end_row()
    if page.open_tables:
        raise RefusedFile(
            name,
            _("Trang HTML bị cắt giữa chừng: bảng mở mà không đóng."),
            _("Hãy xuất lại tệp và đợi tải xong."),
        )
    if not page.grid.rows:
        raise RefusedFile(
            name,
            _("Đây là trang HTML hoặc XML không có bảng dữ liệu nào (có thể là trang đăng nhập hoặc trang báo lỗi)."),
            _("Hãy đăng nhập lại phần mềm nguồn rồi xuất lại tệp."),
        )
    return [page.grid.sheet("")]


class _Grid:
    """Cells placed row by row; knows which are covered by cells that span rows or columns."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rows: list[list[Any]] = []
        self.merged: list[Range] = []
        self.width = 0
        self._covered: dict[int, set[int]] = {}
        self._spanned = 0

    def begin(self, row: int) -> None:
        """Go on in row ``row`` (from 0)."""
        if row >= _LAST_ROW:
            raise self.too_big()
        while len(self.rows) <= row:
            self.rows.append([])

    def put(self, value: Any, down: int, across: int, column: int | None = None) -> None:
        """The next cell of the last row, or the one in ``column``; it covers ``down`` and ``across`` more."""
        row, cells = len(self.rows) - 1, self.rows[-1]
        covered = self._covered.get(row, ())
        at = len(cells) if column is None else max(column, len(cells))
        while at in covered:
            at += 1
        if at + across >= _WIDEST or down >= _LAST_ROW:
            raise self.too_big()
        cells.extend([""] * (at - len(cells)))
        cells.append(value)
        cells.extend([""] * across)
        if down or across:
            self._spanned += (down + 1) * (across + 1)
            if self._spanned > _SPANNED:
                raise self.too_big()
            self.merged.append(((row, at), (row + down, at + across)))
            for below in range(row + 1, row + down + 1):
                self._covered.setdefault(below, set()).update(range(at, at + across + 1))
        self.width = max(self.width, len(cells))
        if len(self.rows) * self.width > MAX_CELLS:
            raise self.too_big()

    def sheet(self, title: str, *, epoch_1904: bool = False) -> GridSheet:
        for row in self.rows:
            row.extend([""] * (self.width - len(row)))
        return GridSheet(title, _Same(self.rows), self.merged, epoch_1904=epoch_1904)

    def too_big(self) -> RefusedFile:
        return RefusedFile(
            self.name,
            _("Bảng quá lớn hoặc có ô gộp quá rộng."),
            _("Hãy chia thành nhiều tệp, hoặc xuất dạng CSV."),
        )


class _Same:
    def __init__(self, rows: list[list[Any]]) -> None:
        self.rows = rows

    def __call__(self) -> Sequence[Sequence[Any]]:
        return self.rows


class _Page(HTMLParser):
    """All tables of a page, one below the other as a spreadsheet program shows them."""

    def __init__(self, name: str) -> None:
        super().__init__(convert_charrefs=True)
        self.grid = _Grid(name)
        self._text: list[str] | None = None
        self._span = (0, 0)
        self._in_row = False
        self._silent = 0
        self.open_tables = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self._silent += 1
        elif tag == "table":
            self.open_tables += 1
        elif tag == "tr":
            self.end_row()
            self.grid.begin(len(self.grid.rows))
            self._in_row = True
        elif tag in ("td", "th"):
            self._end_cell()
            if not self._in_row:
                self.grid.begin(len(self.grid.rows))
                self._in_row = True
            asked = dict(attrs)
            self._span = _count(asked.get("rowspan")) - 1, _count(asked.get("colspan")) - 1
            self._text = []
        elif tag in ("br", "p", "div") and self._text:
            self._text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._silent = max(0, self._silent - 1)
        elif tag in ("td", "th"):
            self._end_cell()
        elif tag in ("tr", "table"):
            self.end_row()
            self.open_tables -= tag == "table" and self.open_tables > 0

    def handle_data(self, data: str) -> None:
        if self._text is not None and not self._silent:
            self._text.append(data)

    def end_row(self) -> None:
        self._end_cell()
        self._in_row = False

    def _end_cell(self) -> None:
        if self._text is not None:
            self.grid.put("".join(self._text)[:_CELL_LIMIT].strip(), *self._span)
            self._text = None


def _count(text: str | None) -> int:
    return (
        min(_LAST_ROW, int(text)) if text and text.isascii() and text.isdigit() and len(text) < 9 and int(text) else 1
    )


_MIDNIGHT = re.compile(r"T00:00:00(\.0+)?$")
_VALUES: dict[str, Callable[[str], Any]] = {
    "Number": float,
    "Boolean": lambda text: text.strip() == "1",
    "DateTime": lambda text: _MIDNIGHT.sub("", text.strip()),
    "Error": lambda text: "",
}


def _spreadsheet(text: bytes, name: str) -> list[GridSheet]:
    """SpreadsheetML 2003. Document types, and with them entities, are refused: no export has any."""
    reader = _SpreadsheetXml(name)
    parser = expat.ParserCreate(namespace_separator=" ", encoding="utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.characters
    parser.StartDoctypeDeclHandler = reader.doctype
    try:
        parser.Parse(text, True)
    except expat.ExpatError as fault:
        raise RefusedFile(
            name,
            _("Tệp XML của Excel bị hỏng ở dòng {row} của tệp (có thể bị cắt khi tải về).", row=fault.lineno),
            _("Hãy xuất lại tệp từ phần mềm nguồn."),
        ) from fault
    return reader.sheets


class _SpreadsheetXml:
    def __init__(self, name: str) -> None:
        self.name = name
        self.sheets: list[GridSheet] = []
        self.epoch_1904 = False
        self._grid = _Grid(name)
        self._title = ""
        self._row = -1
        self._cell: tuple[int, int, int | None] = (0, 0, None)
        self._kind = ""
        self._value: Any = ""
        self._text: list[str] | None = None
        self._size = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        where, _space, element = tag.rpartition(" ")
        asked = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        if element == "Date1904":
            self.epoch_1904 = True
        if where != _SPREADSHEET:
            return
        if element == "Worksheet":
            self._grid, self._title, self._row = _Grid(self.name), asked.get("Name", ""), -1
        elif element == "Row":
            self._row = max(_count(asked.get("Index")) - 1, self._row + 1) if "Index" in asked else self._row + 1
            self._grid.begin(self._row)
        elif element == "Cell" and self._row >= 0:
            spans = (
                _count(asked.get(key)) if asked.get(key, "0") != "0" else 0 for key in ("MergeDown", "MergeAcross")
            )
            self._cell = (*spans, _count(asked["Index"]) - 1 if "Index" in asked else None)  # type: ignore[assignment]
            self._value = ""
        elif element == "Data":
            self._kind, self._text, self._size = asked.get("Type", "String"), [], 0

    def end(self, tag: str) -> None:
        where, _space, element = tag.rpartition(" ")
        if where != _SPREADSHEET:
            return
        if element == "Data" and self._text is not None:
            text = "".join(self._text)
            try:
                self._value = _VALUES.get(self._kind, str)(text)
            except ValueError:
                self._value = text
            self._text = None
        elif element == "Cell" and self._row >= 0:
            self._grid.put(self._value, *self._cell)
        elif element == "Worksheet":
            self.sheets.append(self._grid.sheet(self._title, epoch_1904=self.epoch_1904))

    def characters(self, text: str) -> None:
        if self._text is not None and self._size < _CELL_LIMIT:
            self._size += len(text)
            self._text.append(text)

    def doctype(self, *_about: object) -> None:
        raise RefusedFile(
            self.name, _("Tệp XML có khai báo DOCTYPE, không được phép."), _("Hãy xuất lại tệp từ phần mềm nguồn.")
        )
