"""The workbook of a report: numbers are numbers and look as in the report, sheets can be filtered and printed, text is only text."""

from __future__ import annotations

import re
import zipfile
from datetime import date, datetime
from io import BytesIO

import openpyxl
import pytest
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from kpi.catalog import FIGURES
from kpi.model import Pace, Row, Status
from kpi.reports import xlsx
from kpi.reports.content import Cell, Column, Paragraph, Table
from kpi.reports.trace import Trace
from tests.reports import sample
from tests.reports.sample import HARMLESS, HOSTILE

DAY = date(2022, 7, 10)
ROW = Row(
    "online_submit", "dong-phu", "Huyện Đồng Phú", "district", "campaign", 1838.0, 3000.0, 1838 / 3000, 0.7, 0.7 - 1838 / 3000,
    Status.BEHIND, 1657447200000000, None, pace=Pace(date(2022, 7, 1), 0, 262.0, None, 3.0, None),
)  # fmt: skip
SERVICES = Row(
    "services", "binh-phuoc", "Tỉnh Bình Phước", "province", "campaign", 1735.0, None, 1735.0, None, None, Status.NO_TARGET, 1657447200000000, None
)  # fmt: skip
ENTRIES = [
    {"code": f"H-{n}", "unit": "dong-phu", "numerator": 1, "denominator": 1, "file": "=ngay.xlsx", "sheet": "Sheet1", "row": n + 7}
    for n in range(3)
]  # fmt: skip


def book(written: bytes) -> Workbook:
    return openpyxl.load_workbook(BytesIO(written))


@pytest.fixture(scope="module")
def written() -> bytes:
    return xlsx.write(sample.report(overdue_rows=5), DAY, [SERVICES, ROW], [Trace(ROW, ENTRIES, 3000)])


@pytest.fixture(scope="module")
def made(written: bytes) -> Workbook:
    return book(written)


def body(sheet: Worksheet, first: int) -> list[list[object]]:
    return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=first)]


def test_sheets(made: Workbook) -> None:
    assert made.sheetnames == [
        "Báo cáo", "Phụ lục I", "Phụ lục II", "Hình Tỷ lệ hồ sơ trực tuyến the", "Hình Tỷ lệ hồ sơ trực tuyến của",
        "Số liệu đơn vị", "Định nghĩa", "Nguồn số",
    ]  # fmt: skip


def test_the_text_and_the_targets_stand_on_the_first_sheet(made: Workbook) -> None:
    sheet = made["Báo cáo"]
    said = [cell.value for row in sheet.iter_rows(max_col=1) for cell in row if cell.value]
    for words in ("UBND TỈNH BÌNH PHƯỚC", "BÁO CÁO", "DỰ THẢO", "Số liệu mô phỏng", "I. Tình hình chung", "Văn phòng báo cáo Chủ tịch xem xét, chỉ đạo./."):  # fmt: skip
        assert words in said
    top = next(row[0].row for row in sheet.iter_rows() if row[0].value == "TT")
    assert [cell.value for cell in sheet[top]] == [column.heading for column in sample.TARGETS.columns]
    shown = [[cell.value for cell in sheet[top + n]] for n in (1, 2, 3, 4)]
    assert [row[2:5] for row in shown] == [[1, 0.975, 0.012], [0.5, 0.5231, -0.004], ["—", 1838, 0], ["—", 5.7, "—"]]
    forms = [cell.number_format for cell in sheet[top + 2]][2:5]
    assert [one.replace("[$-42A]", "") for one in forms] == ["0%", "0.00%", "+0.0%;-0.0%;0%"]
    assert sheet.cell(top + 3, 4).number_format == "[$-42A]#,##0"


def test_numbers_and_days_can_be_calculated_with(made: Workbook) -> None:
    form06a = made["Phụ lục I"]
    assert [cell.value for cell in form06a[4]] == [f"({n})" for n in range(1, 14)]
    assert [cell.value for cell in form06a[5]] == ["1", "Sở Tư pháp", 1201, 700, 401, 100, 1001, 600, 391, 10, 200, 195, 5]  # fmt: skip
    assert sum(row[2] for row in body(form06a, 5)) == 1201 + 1202 + 1203 + 1204 + 1205
    overdue = made["Phụ lục II"]
    assert [cell.value for cell in overdue[3]] == [1, "000.00.01.H10-220610-0001", "Huyện Đồng Phú", datetime(2022, 7, 5), 5]  # fmt: skip
    assert overdue["D3"].number_format == "dd/mm/yyyy"


def test_headings_are_merged_frozen_repeated_and_filtered(made: Workbook) -> None:
    sheet = made["Phụ lục I"]
    assert {str(one) for one in sheet.merged_cells.ranges} == {"A2:A3", "B2:B3", "C2:F2", "G2:J2", "K2:M2"}
    assert [sheet.cell(2, n).value for n in (1, 2, 3, 7, 11)] == ["STT", "Đơn vị", "Số hồ sơ nhận giải quyết", "Số hồ sơ đã giải quyết", "Số hồ sơ đang giải quyết"]  # fmt: skip
    assert sheet.freeze_panes == "A5" and sheet.print_title_rows == "$2:$4" and sheet.auto_filter.ref == "A4:M9"
    assert made["Phụ lục II"].freeze_panes == "A3" and made["Phụ lục II"].auto_filter.ref == "A2:E7"


def test_every_sheet_is_printed_across_a4_as_wide_as_the_paper(made: Workbook) -> None:
    for sheet in made:
        assert sheet.page_setup.paperSize == 9 and sheet.page_setup.orientation == "landscape"
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
        assert sheet.print_area, sheet.title
        assert "DỰ THẢO" in sheet.oddFooter.center.text


def test_units_definitions_and_sources(made: Workbook) -> None:
    assert body(made["Số liệu đơn vị"], 3) == [
        ["", "binh-phuoc", "Tỉnh Bình Phước", "Dịch vụ công trong danh mục", 1735, "—", 1735, "—", "—", "Theo dõi"],
        ["huyện, thị xã, thành phố", "dong-phu", "Huyện Đồng Phú", "Hồ sơ nộp trực tuyến", 1838, 3000, 1838 / 3000, 0.7, 0.7 - 1838 / 3000, "Không đạt"],
    ]  # fmt: skip
    meant = body(made["Định nghĩa"], 3)
    assert [row[0] for row in meant] == [key for key in FIGURES if key in ("services", "online_submit")]
    declared = FIGURES["online_submit"]
    words = next(row for row in meant if row[0] == "online_submit")
    assert words[2:6] == [declared.numerator_text.vi, declared.denominator_text.vi, declared.exclusions.vi, declared.legal_basis.vi]  # fmt: skip
    sources = body(made["Nguồn số"], 3)
    assert sources[0] == ["Hồ sơ nộp trực tuyến", "dong-phu", "H-0", 1, 1, "=ngay.xlsx", "Sheet1", 7]
    assert "Còn 2.997 mục nữa" in str(sources[3][2]) and len(sources) == 4


def test_hostile_text_is_only_text() -> None:
    table = Table("t", "=[x]:*?/\\'", (Column(HOSTILE), Column("a", HOSTILE)), ((Cell(HOSTILE), Cell("@SUM(A1)")),), notes=("+1",))  # fmt: skip
    row = Row("services", HOSTILE, HOSTILE, "", "campaign", 1.0, None, 1.0, None, None, Status.NO_TARGET, 0, None)
    written = xlsx.write(sample.report(first=(Paragraph("x", HOSTILE, ""), table), subject=HOSTILE), DAY, [row], [Trace(row, [{"code": HOSTILE, "file": "=1"}], 1)])  # fmt: skip
    with zipfile.ZipFile(BytesIO(written)) as packed:
        sheets = [packed.read(name).decode() for name in packed.namelist() if name.startswith("xl/worksheets/")]
    assert not [sheet for sheet in sheets if "<f>" in sheet or "<hyperlink" in sheet]
    found = [cell.value for sheet in book(written) for row in sheet.iter_rows() for cell in row]
    assert found.count(HARMLESS) == 8 and found.count("@SUM(A1)") == 1 and found.count("=1") == 1
    assert all(cell.data_type != "f" for sheet in book(written) for row in sheet.iter_rows() for cell in row)


@pytest.mark.parametrize(
    ("cell", "form"),
    [
        (Cell("99,996%", 0.99996, "percent"), "0.000%"),
        (Cell("100%", 1.0, "percent"), "0%"),
        (Cell("1.838", 1838, "count"), "#,##0"),
        (Cell("5,7", 5.7, "decimal"), "#,##0.0"),
        (Cell("6 (đồng hạng)", 6, "count"), "#,##0"),
        (Cell("+10", 10, "count"), "+#,##0;-#,##0"),
        (Cell("−0,04 điểm", -0.0004, "points"), "+0.00%;-0.00%;0%"),
    ],
)
def test_a_number_looks_as_the_report_writes_it(cell: Cell, form: str) -> None:
    assert xlsx.number_form(cell).replace("[$-42A]", "") == form


def test_names_of_sheets_are_fit_and_each_is_its_own() -> None:
    tables = tuple(Table(f"t{n}", "Xếp hạng: sở/ban/ngành theo tỷ lệ hồ sơ trực tuyến", (Column("a"),), ((Cell("1"),),)) for n in range(3))  # fmt: skip
    names = book(xlsx.write(sample.report(first=tables), DAY)).sheetnames
    assert len({name.casefold() for name in names}) == len(names)
    assert all(len(name) <= 31 and not re.search(r"[\[\]:*?/\\]", name) for name in names)
