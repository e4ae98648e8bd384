"""The PDF form of a report: the decree's page, letters embedded, the same words and numbers as the content."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from pypdf import PdfReader

from kpi.reports import drawing, pdf
from kpi.reports.content import Cell, Column, Line, Paragraph, Report, Table
from tests.reports import sample
from tests.reports.sample import HARMLESS, HOSTILE

LETTERS = "aàảãáạăằẳẵắặâầẩẫấậđeèẻẽéẹêềểễếệiìỉĩíịoòỏõóọôồổỗốộơờởỡớợuùủũúụưừửữứựyỳỷỹýỵ"


def pages(report: Report) -> list[str]:
    """The words of each page, without spaces: a line may end anywhere."""
    return [plain(page.extract_text()) for page in PdfReader(BytesIO(pdf.write(report))).pages]


def plain(text: str) -> str:
    return re.sub(r"[\s\u200b]", "", text)


@pytest.fixture(scope="module")
def draft() -> PdfReader:
    return PdfReader(BytesIO(pdf.write(sample.report(overdue_rows=70))))


@pytest.fixture(scope="module")
def words(draft: PdfReader) -> list[str]:
    return [plain(page.extract_text()).removeprefix("DỰTHẢO") for page in draft.pages]


def test_pages_are_upright_a4_and_the_wide_annex_lies_across(draft: PdfReader, words: list[str]) -> None:
    sizes = [(round(page.mediabox.width), round(page.mediabox.height)) for page in draft.pages]
    across = next(place for place, text in enumerate(words) if text.startswith("PhụlụcI") and "PhụlụcII" not in text)
    assert sizes == [(842, 595) if place == across else (595, 842) for place in range(len(sizes))]


def test_letters_are_embedded_and_as_wide_as_times(draft: PdfReader) -> None:
    found = {}
    for page in draft.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            descendant = font.get_object()["/DescendantFonts"][0].get_object()
            name = descendant["/BaseFont"]
            found[name] = {"/FontFile2", "/FontFile3"} & set(descendant["/FontDescriptor"])
    assert found and all(found.values())
    assert {name.partition("+")[2].partition("-")[0] for name in found} == {"LiberationSerif"}


def test_every_word_and_number_of_the_content_is_there(words: list[str]) -> None:
    whole = "".join(words)
    report = sample.report(overdue_rows=70)
    for section in report.sections:
        for part in section.parts:
            if isinstance(part, Paragraph):
                assert plain(part.text).rstrip(".") in whole
    for table in (sample.TARGETS, sample.FORM, sample.overdue(70)):
        for row in table.rows:
            assert "".join(plain(cell.text) for cell in row) in whole, row
        for column in table.columns:
            assert plain(column.heading) in whole and plain(column.group) in whole
    for said in (
        "UBND TỈNH BÌNH PHƯỚC", "VĂN PHÒNG", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "/BC-VPUBND",
        "Bình Phước, ngày 10 tháng 7 năm 2022", "BÁO CÁO", report.head.subject, "Kính gửi: Chủ tịch Ủy ban nhân dân tỉnh.",
        "I. TÌNH HÌNH CHUNG", "1. Ủy ban nhân dân cấp huyện", "chỉ đạo./.", "- Các sở, ban, ngành;", "- Lưu: VT, KSTTHC.",
        "KT. CHÁNH VĂN PHÒNG", "Phụ lục I", "TÌNH HÌNH, KẾT QUẢ GIẢI QUYẾT THỦ TỤC HÀNH CHÍNH", "(Kèm theo Báo cáo số",
        "Ghi chú: so với kỳ báo cáo 17:00 8/7/2022.", "(13)", "Mục tiêu 50%", "62 %",
    ):  # fmt: skip
        assert plain(said) in whole, said


def test_page_numbers_from_the_second_page_annexes_count_their_own(words: list[str]) -> None:
    first = [place for place, text in enumerate(words) if "PhụlụcI" in text[:9]]
    assert words[0].startswith("UBND"), "no number on the first page"
    assert words[1].startswith("2")
    assert words[first[0]].startswith("PhụlụcI") and words[first[1]].startswith("PhụlụcII")
    assert words[first[1] + 1].startswith("2TTMãhồsơ"), "heading repeated below the annex's own number"


def test_a_draft_of_simulated_data_says_so_on_every_page(draft: PdfReader) -> None:
    foot = plain("DỰ THẢO – Số liệu mô phỏng – Số liệu đến 17:00 10/7/2022 – phiên bản 7.0")
    for page in draft.pages:
        text = plain(page.extract_text())
        assert text.startswith("DỰTHẢO"), "the watermark"
        assert text.endswith(foot)
    issued = "".join(pages(sample.report(draft=False, simulated=False)))
    assert "DỰTHẢO" not in issued and "môphỏng" not in issued
    assert plain("Số: 125/BC-VPUBND") in issued and plain("Nguyễn Văn A") in issued
    assert (
        plain("(Kèm theo Báo cáo số 125/BC-VPUBND ngày 10 tháng 7 năm 2022 của Văn phòng UBND tỉnh Bình Phước)")
        in issued
    )


def test_hostile_text_stays_text() -> None:
    table = Table("t", HOSTILE, (Column(HOSTILE), Column("a", HOSTILE)), ((Cell(HOSTILE), Cell(HOSTILE)),), notes=(HOSTILE,))  # fmt: skip
    whole = "".join(pages(sample.report(first=(Paragraph("x", HOSTILE, ""), table), subject=HOSTILE)))
    assert whole.count(plain(HARMLESS)) == 8


def test_all_vietnamese_letters_have_their_marks() -> None:
    whole = "".join(pages(sample.report(first=(Paragraph("x", f"{LETTERS} {LETTERS.upper()}", ""),))))
    assert LETTERS in whole and LETTERS.upper() in whole


def test_a_long_code_stays_in_its_cell() -> None:
    table = Table("t", "", (Column("Mã"), Column("Tên")), ((Cell("X" * 300), Cell("tên")),))
    assert "X" * 300 in "".join(pages(sample.report(first=(table,))))


def test_the_same_report_is_the_same_file() -> None:
    assert pdf.write(sample.report()) == pdf.write(sample.report())


def test_steps_of_a_line_are_round_and_hold_every_value() -> None:
    line = Line("l", "Tổng số hồ sơ", "", "count", ("2022-06-01", "2022-06-02", "2022-06-03"), (3.0, None, 1838.0), None)  # fmt: skip
    drawn = drawing.plane(line)
    assert [level["text"] for level in drawn["levels"]] == ["0", "500", "1.000", "1.500", "2.000"]
    assert [len(run) for run in drawn["runs"]] == [1, 1], "a gap is not bridged"
    assert drawn["runs"][1][0] == (1.0, pytest.approx(0.919))
    assert drawn["end"]["text"] == "1.838"
    flat = drawing.plane(Line("l", "", "", "percent", ("2022-06-01",), (1.0,), 1.0))
    assert [level["text"] for level in flat["levels"]] == ["0%", "20%", "40%", "60%", "80%", "100%"]
    empty = drawing.plane(Line("l", "", "", "percent", ("2022-06-01",), (None,), None))
    assert empty["runs"] == [] and empty["end"] is None


def test_bars_are_shares_of_the_longest() -> None:
    bars = drawing.plane(sample.BARS)["bars"]
    assert [bar["share"] for bar in bars] == [0.62, 0.41, None]
    assert [bar["met"] for bar in bars] == [True, False, False]
    assert drawing.png(sample.BARS, 165).startswith(b"\x89PNG")
