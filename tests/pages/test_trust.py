"""The pages of trust beyond Dữ liệu: targets, as reported, published, and the way down from a figure to a row."""

from __future__ import annotations

import shutil
from io import BytesIO
from pathlib import Path

import pytest
import python_calamine
from streamlit.testing.v1 import AppTest

from data import audit
from data.clock import parse_moment
from data.home import Home
from data.store import Store
from kpi import issues
from kpi.engine import figures
from kpi.query import Query
from loaders.load import load_file
from tests.exports import Row, many, write_export
from tests.pages.test_pages import MOMENT, Open, body, visit

__all__ = ["visit"]

TARGETS, TOLD, PUBLISHED, SOURCE = (
    f"pages/{name}.py" for name in ("trust/targets", "trust/as_reported", "trust/published", "unit/source")
)


@pytest.fixture
def own(filled: Path, tmp_path: Path) -> Path:
    """A copy of the filled home that a test may change."""
    return Path(shutil.copytree(filled, tmp_path / "home"))


def moment(home: Home, text: str) -> int:
    return parse_moment(text, home.zone)


# Targets --------------------------------------------------------------------------------------------------------------


def test_every_figure_is_defined_in_words(filled: Path, visit: Open) -> None:
    text = body(visit(filled, TARGETS, as_of=MOMENT, part="definitions"))
    for words in ("Hồ sơ giải quyết đúng hạn", "trong kỳ, có ngày hẹn trả", "Kế hoạch 108/KH-UBND", "phiên bản 1", "late_by = day", "tiếp nhận trong kỳ"):  # fmt: skip
        assert words in text


def test_targets_from_a_sheet_are_shown_before_they_are_written(own: Path, visit: Open) -> None:
    app = visit(own, TARGETS, as_of=MOMENT)
    assert "5 chỉ tiêu, giao chung cho mọi đơn vị" in body(app)
    before = Home(own).campaign("50-ngay").target
    rows = [["Mã đơn vị", "Mã chỉ tiêu", "Giá trị", "Hạn"], ["dong-phu", "npsp_integration", 95, "19/5/2021"], ["dong-phu", "khong-co", 1, "19/5/2021"]]  # fmt: skip
    app = visit(own, TARGETS, as_of=MOMENT, part="sheet")
    app.file_uploader[0].set_value(("chi-tieu.xlsx", workbook(rows), "application/vnd.ms-excel")).run()
    text = body(app)
    assert "1 chỉ tiêu thay đổi" in text and "Huyện Đồng Phú" in text and "95 % (19/5/2021)" in text
    assert "Không có chỉ tiêu mã này" in text
    assert 'unit = ["dong-phu"]' in app.code[0].value
    assert Home(own).campaign("50-ngay").target == before
    app.button(key="targets_write").click().run()
    assert any("Đã ghi 1 chỉ tiêu" in message.value for message in app.success)
    (entry,) = audit.search(Store.open(Home(own)), action="targets")[0]
    assert entry.what == "50-ngay.toml" and "dong-phu/npsp_integration" in entry.details
    assert "95 %" in body(visit(own, TARGETS, as_of=MOMENT, unit="dong-phu"))
    assert "Còn thiếu" in body(visit(own, "pages/unit/my_unit.py", as_of=MOMENT, unit="dong-phu"))


def workbook(rows: list[list[object]]) -> bytes:
    import xlsxwriter

    out = BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return out.getvalue()


def test_the_sheet_of_targets_reads_back_as_it_was_written(own: Path, visit: Open) -> None:
    """What the page gives out changes nothing when it is handed in again."""
    from loaders import target_sheet
    from pages.parts import sheets
    from pages.parts.agreed.matrix import as_sheet, known, units
    from pages.parts.view import View

    seen: list[View] = []
    app = visit(own, TARGETS, as_of=MOMENT, campaign="92-ngay")
    seen.append(app.session_state["view"])
    view = seen[0]
    heads, rows = as_sheet(view, units(view))
    data = sheets.as_xlsx(heads, rows, "chi-tieu")
    book = python_calamine.CalamineWorkbook.from_filelike(BytesIO(data))
    assert len(book.get_sheet_by_index(0).to_python()) == len(rows) + 1 > 100
    ratios = {kpi: rows_of[5] == "%" for rows_of in rows for kpi in [str(rows_of[2])]} | dict.fromkeys(known(view), False) | {str(row[2]): row[5] == "%" for row in rows}  # fmt: skip
    read = target_sheet.read(data, "x.xlsx", units=set(view.tree.units), ratios=ratios)
    assert read.refusals == () and len(read.rows) == len(rows)
    from kpi.targets import targets_of

    now = {(one.unit, one.kpi): targets_of(view.campaign, one.kpi, view.tree[one.unit]) for one in read.rows}
    assert not target_sheet.plan(view.home, view.campaign, read.rows, now).changed


# As reported ----------------------------------------------------------------------------------------------------------

LATE: Row = ("H10-LATE", "Sở Y tế", "05/04/2021 08:00:00", "06/04/2021 17:00:00", "12/04/2021 09:00:00")


@pytest.fixture
def issued(own: Path, tmp_path: Path) -> Path:
    """Issued at MOMENT, then a dossier that had been finished late long before is heard of."""
    home = Home(own)
    store = Store.open(home)
    issues.issue(store, home, home.campaign("50-ngay"), as_of=moment(home, MOMENT), who="t", at=moment(home, "2026-11-22"), number="12/BC")  # fmt: skip
    load_file(store, home, write_export(tmp_path / "muon.csv", [LATE]), who="t", at=moment(home, "2026-11-23"))
    return own


def test_an_issue_stands_beside_what_is_known_since_down_to_the_dossier(issued: Path, visit: Open) -> None:
    home = Home(issued)
    row = figures(Store.open(home), home, Query(home.campaign("50-ngay"), ("on_time_resolved",), moment(home, MOMENT)))[
        0
    ]
    text = body(visit(issued, TOLD, as_of=MOMENT))
    assert "1 bản chốt số liệu" in text and "12/BC" in text and "▲ đã đổi" in text
    assert (
        f"{row.numerator:.0f} / {row.denominator:.0f}" in text
        and f"{row.numerator:.0f} / {row.denominator - 1:.0f}" in text
    )
    number = str(issues.listed(Store.open(home))[0].id)
    text = body(visit(issued, TOLD, as_of=MOMENT, entry=number, kind="on_time_resolved"))
    assert (
        "1 hồ sơ, dịch vụ nay tính khác" in text
        and LATE[0] in text
        and "muon.csv, dòng 2" in text
        and "không tính" in text
    )
    other = body(visit(issued, TOLD, as_of=MOMENT, unit="stp"))
    assert "số vẫn như đã báo cáo" in other


def test_the_log_names_file_unit_and_days(issued: Path, visit: Open) -> None:
    text = body(visit(issued, TOLD, as_of=MOMENT, part="log"))
    assert "Số liệu đến muộn" in text and "muon.csv" in text and "Sở Y tế" in text and "5/4/2021" in text
    assert "Chưa có gì trong nhật ký" in body(visit(issued, TOLD, as_of=MOMENT, part="log", kind="undo"))
    assert "Late data" in body(visit(issued, TOLD, as_of=MOMENT, part="log", lang="en"))


def test_nothing_issued_is_worded(filled: Path, visit: Open) -> None:
    text = body(visit(filled, TOLD, as_of=MOMENT, entry="7", kind="x"))
    assert "Chưa chốt số liệu lần nào" in text and "campaign issue" in text


# Published ------------------------------------------------------------------------------------------------------------


def test_sources_that_differ_stand_side_by_side(own: Path, visit: Open) -> None:
    path = own / "published.csv"
    head = path.read_text(encoding="utf-8").splitlines()[0]
    claims = [
        "X1,2021-04-18,50-ngay,,services,value,binh-phuoc,,,eq,40,bao-a,literal,services",
        "X2,2021-04-18,50-ngay,,services,value,binh-phuoc,,,eq,41,bao-b,literal,services",
        "X3,2021-04-18,50-ngay,,online_submit,denominator,binh-phuoc,,,eq,1,bao-a,literal,dossiers",
    ]
    path.write_text("\n".join([head, *claims, ""]), encoding="utf-8")
    text = body(visit(own, PUBLISHED, as_of=MOMENT))
    assert "2 trong 3 số đã công bố không khớp" in text
    assert "1 số có nguồn nói khác nhau" in text and "40 (bao-a, X1); 41 (bao-b, X2)" in text
    # The catalogue was loaded long after the day: nothing was known then.
    assert "Biết khi đó" in text and "đã đổi từ khi đó" in text


# Source ---------------------------------------------------------------------------------------------------------------


def test_from_a_figure_to_its_dossiers_and_from_there_to_the_row(filled: Path, visit: Open) -> None:
    home = Home(filled)
    query = Query(home.campaign("50-ngay"), ("on_time_resolved",), moment(home, MOMENT), unit="dong-phu")
    row = figures(Store.open(home), home, query)[0]
    assert row.numerator is not None and row.denominator is not None
    app = visit(filled, SOURCE, as_of=MOMENT, unit="dong-phu", kpi="on_time_resolved")
    text = body(app)
    assert f"{row.numerator:.0f} / {row.denominator:.0f}" in text
    missing = row.denominator - row.numerator
    assert f"Trong mẫu số, không trong tử số: {missing:.0f}" in text
    codes = [code for code, *_rest in many() if code in text]
    assert len(codes) == min(missing, 25)
    number = next(n for n, one in enumerate(many()) if one[0] == codes[0])
    assert f"dòng {number + 2}" in text
    story = body(visit(filled, SOURCE, as_of=MOMENT, entry=codes[0]))
    assert f"Hồ sơ {codes[0]}: 1 phiên bản" in story and "ho-so.csv" in story and f"dòng {number + 2}" in story


def test_long_lists_are_turned_sheet_by_sheet(filled: Path, visit: Open) -> None:
    app = visit(filled, SOURCE, as_of=MOMENT, kpi="online_submit", part="all")
    first = listed(app)
    app.button(key="turn_:material/chevron_right:").click().run()
    assert app.query_params["sheet"] == "2"
    second = listed(app)
    assert len(first) == len(second) == 25 and not first & second
    back = visit(filled, SOURCE, as_of=MOMENT, kpi="online_submit", part="all", sheet="2")
    assert listed(back) == second


def listed(app: AppTest) -> set[str]:
    return {code for code, *_rest in many() if code in body(app)}


def test_services_and_series_have_their_way_down_too(filled: Path, visit: Open) -> None:
    text = body(visit(filled, SOURCE, as_of=MOMENT, kpi="npsp_integration"))
    assert "24 / 40" in text and "không trong tử số: 16" in text and "Thiếu mã phí" in text
    story = body(visit(filled, SOURCE, as_of=MOMENT, entry="DV-6"))
    assert "Dịch vụ 6" in story and "bị từ chối" in story and "danh-muc.csv" in story
    ranks = body(visit(filled, SOURCE, as_of="2021-05-16T17:00", kpi="national_rank"))
    assert "lần nhập" in ranks and "16/5/2021" in ranks


def test_an_unknown_dossier_or_figure_is_ignored(filled: Path, visit: Open) -> None:
    text = body(visit(filled, SOURCE, as_of=MOMENT, entry="khong-co' --", kpi="<b>", part="x", sheet="0"))
    assert "Tích hợp lên Cổng Dịch vụ công quốc gia" in text
