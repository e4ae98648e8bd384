"""The one door to every form of a report: the home's template, the sources, and whose dossiers they may name."""

from __future__ import annotations

from io import BytesIO

import docx
import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from data.access import ALL, Scope
from data.clock import parse_moment
from data.errors import CallFault, DataFault
from data.home import Home
from kpi.reports import files
from kpi.reports.build import build
from kpi.reports.content import Report
from tests.reports.homes import AS_OF, Small


def report_of(small: Small, unit: str = "") -> Report:
    home, store = small
    return build(store, home, home.campaigns["50-ngay"], parse_moment(AS_OF, home.zone), unit=unit, scope=ALL)


def sheet(small: Small, name: str, unit: str = "", scope: Scope = ALL) -> list[list[object]]:
    home, store = small
    made = files.write(store, home, report_of(small, unit), "xlsx", scope=scope)
    return CalamineWorkbook.from_filelike(BytesIO(made)).get_sheet_by_name(name).to_python()[2:]


def test_the_ending_chooses_the_form_and_all_say_the_same_subject(told_home: Small) -> None:
    home, store = told_home
    report = report_of(told_home)
    word = docx.Document(BytesIO(files.write(store, home, report, ".DOCX", scope=ALL)))
    paper = PdfReader(BytesIO(files.write(store, home, report, "pdf", scope=ALL)))
    assert report.head.subject in [paragraph.text for paragraph in word.paragraphs]
    assert "".join(report.head.subject.split()) in "".join(paper.pages[0].extract_text().split())
    with pytest.raises(CallFault, match=r"«odt».*\.docx, \.xlsx, \.pdf"):
        files.write(store, home, report, "odt", scope=ALL)


def test_figures_of_every_unit_and_level(told_home: Small) -> None:
    rows = [row for row in sheet(told_home, "Số liệu đơn vị") if row[3] == "Hồ sơ quá hạn chưa giải quyết"]
    counts = {row[1]: row[4] for row in rows}
    # dp-6, dp-7 and dp-old are open after their day; yt-3 is paused
    assert (counts["binh-phuoc"], counts["dong-phu"], counts["syt"], counts["loc-ninh"]) == (3, 3, 0, 0)


def test_sources_name_file_and_row_and_never_a_dossier_out_of_reach(told_home: Small) -> None:
    found = [row for row in sheet(told_home, "Nguồn số", "dong-phu") if row[0] == "Hồ sơ giải quyết đúng hạn"]
    # accepted and finished in the campaign, with a due date: dp-1 … dp-5; line 1 of the file is its heading
    assert [(row[1], row[2], row[3], row[4], row[5], row[7]) for row in found] == [
        ("dong-phu", f"H10-dp-{n}", int(n < 5), 1, "ho-so.csv", n + 1) for n in range(1, 6)
    ]
    assert "H10-" not in str(sheet(told_home, "Nguồn số", "dong-phu", Scope(frozenset({"syt"}))))


def test_a_home_has_its_own_template(small: Small) -> None:
    home, store = small
    own = docx.Document()
    own.add_paragraph("Mẫu của tỉnh")
    own.add_paragraph("{{ noi_dung }}")
    path = home.root / files.TEMPLATE
    path.parent.mkdir(exist_ok=True)
    own.save(str(path))
    made = docx.Document(BytesIO(files.write(store, Home(home.root), report_of(small), "docx", scope=ALL)))
    assert made.paragraphs[0].text == "Mẫu của tỉnh"
    path.write_bytes(b"PK")
    with pytest.raises(DataFault, match=r"templates/bao-cao\.docx không phải tệp Word"):
        files.write(store, home, report_of(small), "docx", scope=ALL)
