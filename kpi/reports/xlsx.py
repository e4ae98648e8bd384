"""A report as a workbook that can be calculated with: numbers are numbers shown as the report writes them, texts only texts."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

from data.clock import from_micros
from kpi.catalog import FIGURES
from kpi.catalog.figure import Figure
from kpi.model import Row
from kpi.reports import form, tables, words
from kpi.reports.content import Bars, Cell, Column, Line, Paragraph, Part, Report, Table
from kpi.reports.trace import Trace

LETTERS = "Times New Roman"
ON_FIRST_SHEET = ("targets",)
"""Tables that stand between the paragraphs; every other one has a sheet of its own, to be sorted and filtered."""
ROOM, WIDE = 252.0, 130
"""Millimetres and letters across a page."""
LINE = 15.5
"""Points of a line of letters."""

_UNFIT = re.compile(r"[\[\]:*?/\\']")
_NUMBER = re.compile(r"[+−-]?\d[\d.]*(?:,(\d+))?")
_VIETNAMESE = "[$-42A]"
"""Before a number's form: the separators of Vietnamese where the reader's own programme does not bring them."""


def write(report: Report, day: date, rows: Sequence[Row] = (), traces: Sequence[Trace] = ()) -> bytes:
    """An .xlsx as bytes. ``rows``: figures of units on ``day``, ``traces``: where the figures of the report come from."""
    return words.in_vietnamese(lambda: _write(form.cleaned(report), day, rows, traces))


def _write(report: Report, day: date, rows: Sequence[Row], traces: Sequence[Trace]) -> bytes:
    import xlsxwriter  # only who writes one pays for it

    out = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as made:
        # The moment of the figures, not of the writing: the same report gives the same file.
        moment = from_micros(report.as_of, ZoneInfo("UTC")).replace(tzinfo=None)
        made.set_properties({"title": report.head.subject, "author": report.head.office, "created": moment})
        book = _Book(made, report)
        book.front()
        for name, table in _tables(report):
            book.sheet(name, table)
        kpis = {row.kpi for row in rows} | {trace.row.kpi for trace in traces}
        for name, table in (
            ("Số liệu đơn vị", _units(rows, day)),
            ("Định nghĩa", _definitions([declared for key, declared in FIGURES.items() if key in kpis])),
            ("Nguồn số", _sources(traces)),
        ):
            if table.rows:
                book.sheet(name, table)
    return out.getvalue()


# What stands on the sheets --------------------------------------------------------------------------------------------


def _tables(report: Report) -> Iterable[tuple[str, Table]]:
    """Tables with sheets of their own, by the sheet's name."""
    for section in report.sections:
        for part in section.parts:
            if isinstance(part, Table) and part.key not in ON_FIRST_SHEET:
                yield part.title or section.title, part
    for annex in report.annexes:
        for part in annex.parts:
            if isinstance(part, Table):
                yield f"Phụ lục {annex.number}", part
    for part in _parts(report):
        if isinstance(part, (Bars, Line)):
            yield f"Hình {part.title}", _drawn(part)


def _parts(report: Report) -> Iterable[Part]:
    for section in report.sections:
        yield from section.parts
    for annex in report.annexes:
        yield from annex.parts


def _drawn(part: Bars | Line) -> Table:
    """The numbers behind a drawing."""
    if isinstance(part, Bars):
        columns = (Column("", width=2), Column("Giá trị", right=True), Column("Mục tiêu", right=True))
        rows = tuple(
            (Cell(label), Cell(text, value, part.kind), _plain(target, part.kind))
            for label, text, value, target in zip(part.labels, part.texts, part.values, part.targets, strict=True)
        )
    else:
        columns = (Column("Ngày"), Column("Giá trị", right=True), Column("Mục tiêu", right=True))
        rows = tuple(
            (Cell(words.day(date.fromisoformat(day)), day, "day"), _plain(value, part.kind), _plain(part.target, part.kind))
            for day, value in zip(part.days, part.values, strict=True)
        )  # fmt: skip
    return Table(part.key, part.title, columns, rows)


def _plain(value: float | None, kind: str) -> Cell:
    if value is None:
        return Cell(words.NOTHING)
    if kind == "percent":
        return Cell(words.percent(value), value, "percent")
    return words.count_cell(value) if kind == "count" else Cell(words.decimal(value), value, "decimal")


def _units(rows: Sequence[Row], day: date) -> Table:
    columns = (
        Column("Cấp", width=1), Column("Mã đơn vị", width=1.2), Column("Đơn vị", width=2.4), Column("Chỉ tiêu", width=3.4),
        Column("Tử số", right=True), Column("Mẫu số", right=True), Column("Kết quả", right=True),
        Column("Mục tiêu", right=True), Column("Còn thiếu", right=True), Column("Đánh giá", width=1.5),
    )  # fmt: skip
    lines = []
    for row in rows:
        declared = FIGURES[row.kpi]
        name = words.label(declared) + (f" ({words.scheme(row.scheme)})" if row.scheme else "")
        lines.append(
            (
                Cell(words.level(row.level)[1] if row.level in words.LEVELS else ""), Cell(form.cleaned(row.unit)), Cell(form.cleaned(row.name)), Cell(name),
                _number(row.numerator), _number(row.denominator), words.value_cell(declared, row.value, row.target),
                words.value_cell(declared, row.target), words.value_cell(declared, None if row.gap is None else max(row.gap, 0.0)), Cell(words.status(row, over=row.pace is not None and row.pace.due < day)),
            )
        )  # fmt: skip
    return Table("units", "Số liệu của từng đơn vị", columns, tuple(lines))


def _number(value: float | None) -> Cell:
    """Numerators may be days with parts of days."""
    whole = value is None or float(value).is_integer()
    return words.count_cell(value) if whole else Cell(words.decimal(value or 0.0), value, "decimal")


def _definitions(figures: Sequence[Figure]) -> Table:
    columns = (
        Column("Mã", width=1.4), Column("Chỉ tiêu", width=2.2), Column("Tử số", width=2.6), Column("Mẫu số", width=2.6),
        Column("Không tính", width=2.6), Column("Căn cứ", width=2.2), Column("Phụ trách", width=1.6),
        Column("Phiên bản", width=0.8, right=True), Column("Rà soát ngày", width=1, right=True),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(one.key), Cell(one.label.vi), Cell(one.numerator_text.vi), Cell(one.denominator_text.vi), Cell(one.exclusions.vi),
            Cell(one.legal_basis.vi), Cell(one.owner.vi), words.count_cell(one.version),
            Cell(words.day(one.reviewed_on), one.reviewed_on.isoformat(), "day"),
        )
        for one in figures
    )  # fmt: skip
    return Table("definitions", "Định nghĩa các chỉ tiêu", columns, rows)


def _sources(traces: Sequence[Trace]) -> Table:
    columns = (
        Column("Chỉ tiêu", width=2.6), Column("Đơn vị", width=1.8), Column("Mã hồ sơ, dịch vụ", width=2.2),
        Column("Tính vào tử số", width=0.8, right=True), Column("Tính vào mẫu số", width=0.8, right=True),
        Column("Tệp", width=2.6), Column("Trang tính", width=1.2), Column("Dòng", width=0.7, right=True),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for trace in traces:
        name = Cell(words.label(FIGURES[trace.row.kpi]))
        for entry in trace.entries:
            code = entry.get("code") or entry.get("service_code") or entry.get("on") or ""
            rows.append(
                (
                    name, Cell(str(entry.get("unit") or "")), Cell(str(code)), _number(entry.get("numerator")), _number(entry.get("denominator")),
                    Cell(str(entry.get("file") or entry.get("source") or "")), Cell(str(entry.get("sheet") or "")), _number(entry.get("row")),
                )
            )  # fmt: skip
        left = trace.total - len(trace.entries)
        if left > 0:
            said = f"Còn {words.number(left)} mục nữa không ghi ở đây: xem đủ bằng cách bấm vào con số trên hệ thống."
            rows.append((name, Cell(""), Cell(said), *[Cell("")] * 5))
    return Table("sources", "Tệp và dòng đứng sau mỗi chỉ tiêu", columns, form.cleaned(tuple(rows)))


# How it is written ----------------------------------------------------------------------------------------------------


class _Book:
    def __init__(self, book: Any, report: Report) -> None:
        self.book, self.report = book, report
        self.formats: dict[tuple[tuple[str, Any], ...], Any] = {}
        self.names: set[str] = set()

    def front(self) -> None:
        """The text of the report, with the table of its targets."""
        report, head = self.report, self.report.head
        across = max((len(part.columns) for part in _parts(report) if isinstance(part, Table) and part.key in ON_FIRST_SHEET), default=6)  # fmt: skip
        sheet = self._new("Báo cáo")
        line = 0

        def say(text: str, bold: bool = False, italic: bool = False, align: str = "left") -> None:
            nonlocal line
            wanted = self._format(bold=bold, italic=italic, align=align, text_wrap=True, quote_prefix=True)
            sheet.merge_range(line, 0, line, across - 1, "", wanted)
            sheet.write_string(line, 0, text[:32_767], wanted)
            sheet.set_row(line, LINE * _lines(text, WIDE))
            line += 1

        for text, bold in (
            (head.authority, False), (head.office, True), (form.number_line(head) if head.symbol else "", False),
            (head.kind, True), (head.subject, True), (f"Số liệu đến {report.as_of_text}; phiên bản {report.data_version}", False),
        ):  # fmt: skip
            if text:
                say(text, bold=bold, align="center")
        if report.draft:
            say(form.DRAFT, bold=True, align="center")
        if report.simulated:
            say(form.SIMULATED, italic=True, align="center")
        for section in form.closed(report.sections):
            line += section.level == 1
            say(form.numbered(section), bold=section.level < 3)
            for part in section.parts:
                if isinstance(part, Paragraph):
                    for text in filter(str.strip, part.text.splitlines()):
                        say(text)
                elif isinstance(part, Table) and part.key in ON_FIRST_SHEET:
                    say(part.title, bold=True, align="center")
                    line = self._grid(sheet, line, part)[1]
                    for note in part.notes:
                        say(note, italic=True)
        self._paper(sheet, line, across)

    def sheet(self, name: str, table: Table) -> None:
        """One table: title, frozen heading repeated on every page, filter, then the notes."""
        sheet = self._new(name)
        across = len(table.columns)
        sheet.write_string(0, 0, table.title[:32_767], self._format(bold=True, quote_prefix=True))
        body, end = self._grid(sheet, 1, table)
        sheet.freeze_panes(body, 0)
        sheet.repeat_rows(1, body - 1)
        if end > body:
            sheet.autofilter(body - 1, 0, end - 1, across - 1)
        for line, note in enumerate(table.notes, start=end):
            sheet.write_string(line, 0, note[:32_767], self._format(italic=True, quote_prefix=True))
        self._paper(sheet, end + len(table.notes), across)

    def _new(self, name: str) -> Any:
        """A sheet whose name no other has, of signs that a name may hold."""
        wanted = _UNFIT.sub(" ", name).strip()[:31].rstrip() or "Bảng"
        number, found = 1, wanted
        while found.casefold() in self.names:
            number += 1
            found = f"{wanted[:26].rstrip()} ({number})"
        self.names.add(found.casefold())
        return self.book.add_worksheet(found)

    def _grid(self, sheet: Any, line: int, table: Table) -> tuple[int, int]:
        """Heading and rows from ``line`` on; gives the first line of the body and the first one below it."""
        wanted = self._format(bold=True, align="center", text_wrap=True, border=1, quote_prefix=True)
        heads, found = tables.heading_rows(table), tables.layout(table, ROOM)
        widths = [max(6.0, WIDE * width / ROOM) for width in found.widths]
        for place, width in enumerate(widths):
            sheet.set_column(place, place, width)
        taken: set[tuple[int, int]] = set()
        for depth, row in enumerate(heads):
            place = 0
            if depth == len(heads) - 1:
                high = max(_lines(column.heading, width) for column, width in zip(table.columns, widths, strict=True))
                sheet.set_row(line + depth, LINE * high)
            for text, across, down in row:
                while (depth, place) in taken:
                    place += 1
                if across > 1 or down > 1:
                    sheet.merge_range(line + depth, place, line + depth + down - 1, place + across - 1, "", wanted)
                sheet.write_string(line + depth, place, text[:32_767], wanted)
                taken |= {(depth + y, place + x) for y in range(down) for x in range(across)}
        line += len(heads)
        if table.numbered:
            for place in range(len(table.columns)):
                sheet.write_string(line, place, f"({place + 1})", self._format(italic=True, align="center", border=1))
            line += 1
        for below, cells in enumerate(table.rows):
            high = max(_lines(cell.text, width) for cell, width in zip(cells, widths, strict=True))
            if high > 1:
                sheet.set_row(line + below, LINE * high)
            for place, (cell, side) in enumerate(zip(cells, found.sides, strict=True)):
                self._write(sheet, line + below, place, cell, side)
        return line, line + len(table.rows)

    def _write(self, sheet: Any, line: int, place: int, cell: Cell, side: tables.Side) -> None:
        plain = {"bold": cell.bold, "border": 1, "text_wrap": True, "align": side, "indent": int(side == "left")}
        if isinstance(cell.raw, str) and cell.kind == "day":
            day = date.fromisoformat(cell.raw)
            sheet.write_datetime(line, place, datetime(day.year, day.month, day.day), self._format(**plain, num_format="dd/mm/yyyy"))  # noqa: DTZ001  # fmt: skip
        elif isinstance(cell.raw, (int, float)) and math.isfinite(cell.raw):
            sheet.write_number(line, place, cell.raw, self._format(**plain, num_format=number_form(cell)))
        else:
            sheet.write_string(line, place, cell.text[:32_767], self._format(**plain, quote_prefix=True))

    def _paper(self, sheet: Any, lines: int, across: int) -> None:
        """A4 across, as wide as the paper, page numbers."""
        sheet.set_paper(9)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.6, right=0.6, top=0.8, bottom=0.7)
        sheet.set_header("&C&P", {"margin": 0.4})
        if marks := form.marks(self.report):
            sheet.set_footer(f"&C&9{marks.replace('&', '&&')[:200]}", {"margin": 0.3})
        sheet.print_area(0, 0, max(lines - 1, 0), across - 1)

    def _format(self, **wanted: Any) -> Any:
        """One format object for every look: a workbook can hold only so many."""
        key = tuple(sorted(wanted.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format({"font_name": LETTERS, "font_size": 11, "valign": "vcenter", **wanted})  # fmt: skip
        return self.formats[key]


def _lines(text: str, width: float) -> int:
    """Lines that a text takes: not every programme makes a row as high as its words need."""
    room, lines, used = max(int(width * 1.05), 1), 1, 0
    for word in text.split():
        if used and used + 1 + len(word) > room:
            lines, used = lines + 1, 0
        used += len(word) + (used > 0)
        lines, used = lines + used // (room + 1), used % (room + 1)
    return lines


def number_form(cell: Cell) -> str:
    """The form that shows ``raw`` as ``text`` writes it, with as many decimals.

    99,996% must not become 100,00% in a workbook either.
    """
    found = _NUMBER.search(cell.text)
    decimals = len(found[1] or "") if found else 0
    points = f".{'0' * decimals}" if decimals else ""
    if cell.kind == "percent":
        return f"{_VIETNAMESE}0{points}%"
    if cell.kind == "points":
        shown = f"0{points or '.0'}%"
        return f"{_VIETNAMESE}+{shown};{_VIETNAMESE}-{shown};{_VIETNAMESE}0%"
    shown = f"#,##0{points}"
    signed = bool(found and found[0][0] == "+")
    return f"{_VIETNAMESE}+{shown};{_VIETNAMESE}-{shown}" if signed else f"{_VIETNAMESE}{shown}"
