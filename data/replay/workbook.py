"""Workbooks shaped like the register that one-stop software prints: titles, merged headings, numbered columns, signatures."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from data.replay.sheets import NOTE

MOST_ROWS = 2000
"""The software prints no more rows into one workbook."""
UNDER = {
    "Thời gian tiếp nhận, hẹn trả": ("Ngày nộp hồ sơ", "Ngày tiếp nhận", "Ngày hẹn trả"),
    "Kết quả giải quyết": ("Ngày kết thúc xử lý", "Ngày trả kết quả", "Trạng thái hồ sơ"),
    "Xin lỗi, hẹn lại": ("Ngày xin lỗi", "Ngày hẹn trả mới"),
}
"""Headings that stand above others; every other heading is as high as both rows."""
WIDTHS = {"Tên thủ tục hành chính": 48, "Mã hồ sơ": 28, "Đơn vị giải quyết": 36, "Mã TTHC": 24}


def write(path: Path, table: pa.Table, first: date, last: date, written: datetime) -> None:
    """``first`` to ``last``: the days the register speaks of. Raises ValueError beyond ``MOST_ROWS`` rows."""
    if table.num_rows > MOST_ROWS:
        raise ValueError(f"{table.num_rows} rows are too many for one workbook")
    book = xlsxwriter.Workbook(str(path), {"in_memory": True})
    book.set_properties({"title": "Sổ theo dõi hồ sơ", "comments": NOTE, "created": written})
    sheet: Worksheet = book.add_worksheet("Sổ theo dõi")
    face = {"font_name": "Times New Roman"}
    bold = book.add_format({**face, "bold": True, "align": "center", "valign": "vcenter", "text_wrap": True})
    head = book.add_format(
        {**face, "bold": True, "align": "center", "valign": "vcenter", "text_wrap": True, "border": 1}
    )
    plain = book.add_format({**face, "align": "center", "italic": True})
    right = len(table.column_names)
    _titles(sheet, bold, plain, right, first, last)
    top = 7
    _headings(sheet, head, top, table.column_names)
    cell = book.add_format(face)
    row = top + 3
    for number, values in enumerate(zip(*(column.to_pylist() for column in table.columns), strict=True), start=1):
        sheet.write_number(row, 0, number, cell)
        for place, value in enumerate(values, start=1):
            if value:
                sheet.write_string(row, place, value, cell)
        row += 1
    _signatures(sheet, bold, plain, row + 1, right, table.num_rows, last)
    book.close()


def _titles(sheet: Worksheet, bold: Format, plain: Format, right: int, first: date, last: date) -> None:
    """The unit on the left, the national title on the right, then what this is and of which days."""
    middle = right // 2
    sheet.merge_range(0, 0, 0, 4, "UBND TỈNH BÌNH PHƯỚC", bold)
    sheet.merge_range(0, middle, 0, right, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", bold)
    sheet.merge_range(1, 0, 1, 4, "TRUNG TÂM PHỤC VỤ HÀNH CHÍNH CÔNG", bold)
    sheet.merge_range(1, middle, 1, right, "Độc lập - Tự do - Hạnh phúc", bold)
    sheet.merge_range(3, 0, 3, right, "SỔ THEO DÕI HỒ SƠ", bold)
    span = f"(Từ ngày {first:%d/%m/%Y} đến ngày {last:%d/%m/%Y})"
    sheet.merge_range(4, 0, 4, right, span, plain)
    sheet.merge_range(5, 0, 5, right, NOTE, plain)


def _headings(sheet: Worksheet, head: Format, top: int, names: list[str]) -> None:
    above = {name: group for group, below in UNDER.items() for name in below}
    sheet.merge_range(top, 0, top + 1, 0, "STT", head)
    place = 1
    while place <= len(names):
        name = names[place - 1]
        if name not in above:
            sheet.merge_range(top, place, top + 1, place, name, head)
            sheet.set_column(place, place, WIDTHS.get(name, 18))
            place += 1
            continue
        below = UNDER[above[name]]
        sheet.merge_range(top, place, top, place + len(below) - 1, above[name], head)
        for shift, one in enumerate(below):
            if names[place - 1 + shift] != one:
                raise ValueError(f"«{one}» must follow «{name}»")
            sheet.write_string(top + 1, place + shift, one, head)
            sheet.set_column(place + shift, place + shift, 18)
        place += len(below)
    for column in range(len(names) + 1):
        sheet.write_string(top + 2, column, f"({column + 1})", head)
    sheet.freeze_panes(top + 3, 2)


def _signatures(sheet: Worksheet, bold: Format, plain: Format, row: int, right: int, count: int, on: date) -> None:
    number = f"{count:,}".replace(",", ".")
    sheet.merge_range(row, 0, row, 4, f"Tổng cộng: {number} hồ sơ", bold)
    # A day below 10 and January, February are written with a leading zero.
    month = f"{on.month:02d}" if on.month < 3 else str(on.month)
    middle = right // 2
    sheet.merge_range(
        row + 1, middle, row + 1, right, f"Bình Phước, ngày {on.day:02d} tháng {month} năm {on.year}", plain
    )
    sheet.merge_range(row + 2, 0, row + 2, 4, "NGƯỜI LẬP BIỂU", bold)
    sheet.merge_range(row + 2, middle, row + 2, right, "GIÁM ĐỐC", bold)
    sheet.merge_range(row + 3, 0, row + 3, 4, "(Ký, ghi rõ họ tên)", plain)
    sheet.merge_range(row + 3, middle, row + 3, right, "(Ký tên, đóng dấu)", plain)
