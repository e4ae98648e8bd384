"""Tables as files: numbers stay numbers, and no cell can run as a formula."""

from __future__ import annotations

import re
import zipfile
from datetime import date
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook

from pages.parts import sheets
from pages.parts.blocks import Bar, Cell, Column, Table, as_rows

FORMULAS = ["=1+1", "+A1", "-2+3", "@SUM(A1)", "=cmd|' /C calc'!A0", "\t=1", '=HYPERLINK("http://evil.example")']


def rows_of(made: bytes) -> list[list[object]]:
    return CalamineWorkbook.from_filelike(BytesIO(made)).get_sheet_by_index(0).to_python()


@pytest.mark.parametrize("text", FORMULAS)
def test_a_cell_that_looks_like_a_formula_stays_a_text(text: str) -> None:
    made = sheets.book({"Bảng": (["Tên", text], [[text, 1]])})
    files = zipfile.ZipFile(BytesIO(made))
    sheet, styles = files.read("xl/worksheets/sheet1.xml").decode(), files.read("xl/styles.xml").decode()
    assert "<f>" not in sheet and "<hyperlink" not in sheet
    assert 'quotePrefix="1"' in styles
    assert re.search(r'<c r="A2" s="[1-9]\d*" t="s">', sheet), "the cell itself has the style"
    assert rows_of(made) == [["Tên", text], [text, 1.0]]
    assert sheets.as_csv(["a"], [[text]]).decode("utf-8-sig").splitlines()[1].lstrip('"').startswith("'")


def test_numbers_and_days_of_a_table_are_kept_and_bars_left_out() -> None:
    table = Table(
        [Column("Đơn vị"), Column("Vạch"), Column("Kết quả", True), Column("Ngày")],
        [[Cell("Huyện Bù Đăng", "ít hồ sơ"), Cell("", bar=Bar(0.5, 1, "warn", "")), Cell("82,6 %", raw=0.826), Cell("16/5", raw=date(2021, 5, 16))]],
    )  # fmt: skip
    assert rows_of(sheets.book({"a": as_rows(table)})) == [
        ["Đơn vị", "Kết quả", "Ngày"],
        ["Huyện Bù Đăng · ít hồ sơ", 0.826, "2021-05-16"],
    ]


def test_names_that_no_sheet_may_have_are_mended() -> None:
    made = sheets.book({"a/b:c[1]*?" + "x" * 40: (["h"], []), "b": (["h"], [])})
    first, second = CalamineWorkbook.from_filelike(BytesIO(made)).sheet_names
    assert second == "b" and len(first) <= 31 and not set(first) & set("[]:*?/\\")
