"""Tables as files: CSV and XLSX in which no cell can run as a formula."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO, StringIO
from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is taken for a formula by a spreadsheet."""

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
UNFIT = re.compile(r"[\[\]:*?/\\]")
"""Signs that a sheet's name may not hold."""

Value = str | int | float | None
Rows = Iterable[Sequence[Value]]


def as_csv(heads: Sequence[str], rows: Rows) -> bytes:
    """UTF-8 with BOM, as office software expects it."""
    out = StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(heads)
    writer.writerows([defused(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(heads: Sequence[str], rows: Rows, name: str) -> bytes:
    """One sheet; texts are written as texts, whatever they look like."""
    return book({name: (heads, rows)})


def book(tables: Mapping[str, tuple[Sequence[str], Rows]]) -> bytes:
    """A sheet per table, by name."""
    import xlsxwriter  # seldom needed

    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as made:
        bold = made.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        quoted = made.add_format({"quote_prefix": True})  # stays a text when the cell is edited or saved as CSV
        for name, (heads, rows) in tables.items():
            _sheet(made.add_worksheet(UNFIT.sub(" ", name)[:31]), heads, rows, bold, quoted)
    return out.getvalue()


def _sheet(sheet: Any, heads: Sequence[str], rows: Rows, bold: Any, quoted: Any) -> None:
    widths = [len(head) for head in heads]
    for column, head in enumerate(heads):
        sheet.write_string(0, column, head, bold)
    for line, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            if isinstance(value, (int, float)):
                sheet.write_number(line, column, value)
            elif value:
                sheet.write_string(line, column, value[:32_767], quoted if value.startswith(FORMULA) else None)
                widths[column] = max(widths[column], min(len(value), 60))
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width + 2)
    sheet.freeze_panes(1, 0)


def defused(value: Value) -> Value:
    """A text that looks like a formula gets an apostrophe before it."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
