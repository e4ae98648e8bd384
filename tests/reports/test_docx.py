"""The Word form of a report: what Nghị định 30/2020 asks, the same words and numbers as the content, hostile text harmless."""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.document import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.oxml.ns import qn
from docx.shared import Cm, Mm, Pt
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from data.errors import DataFault
from data.settings import SHIPPED_HOME
from kpi.reports import docx as forms
from kpi.reports import docx_template, form
from kpi.reports.content import Paragraph, Report, Table
from tests.reports import sample
from tests.reports.sample import HARMLESS, HOSTILE

SHIPPED = (SHIPPED_HOME / "templates" / "bao-cao.docx").read_bytes()
ORDER = {
    "pPr": "pStyle keepNext keepLines pageBreakBefore widowControl numPr pBdr shd tabs spacing ind contextualSpacing jc outlineLvl rPr sectPr",
    "rPr": "rStyle rFonts b bCs i iCs caps color spacing sz szCs lang",
    "tblPr": "tblStyle tblW jc tblInd tblBorders shd tblLayout tblCellMar tblLook tblCaption tblDescription",
    "tcPr": "tcW gridSpan vMerge tcBorders shd noWrap tcMar vAlign",
    "sectPr": "headerReference type pgSz pgMar pgNumType cols titlePg docGrid",
}  # fmt: skip
"""The standard's order of elements: Word takes a document for damaged that does not keep it."""


def made(report: Report, template: bytes | Path | None = None) -> Document:
    return docx.Document(BytesIO(forms.write(report, template)))


def said_in(element: Any) -> str:
    return "".join(node.text or "" for node in element.iter(qn("w:t")))


def texts(document: Document) -> list[str]:
    """Every paragraph, those of tables and cells among them, in the order of reading."""
    return [said_in(paragraph) for paragraph in document.element.body.iter(qn("w:p"))]


def millimetres(length: int) -> int:
    return round(length / 36_000)


def paragraph(document: Document, text: str) -> Any:
    found = [one for one in document.paragraphs if one.text == text]
    found += [one for table in document.tables for cell in table._cells for one in cell.paragraphs if one.text == text]
    assert len(found) == 1, (text, len(found))
    return found[0]


def size_of(one: Any) -> float:
    return one.style.font.size.pt


def parts(written: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(written)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def changed(old: str, new: str) -> bytes:
    """The shipped template with other words in its text."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, content in parts(SHIPPED).items():
            if name == "word/document.xml":
                assert old in content.decode()
                content = content.decode().replace(old, new).encode()
            packed.writestr(name, content)
    return out.getvalue()


@pytest.fixture(scope="module")
def written() -> bytes:
    return forms.write(sample.report())


@pytest.fixture(scope="module")
def draft(written: bytes) -> Document:
    return docx.Document(BytesIO(written))


# The form of the decree -----------------------------------------------------------------------------------------------


def test_paper_and_margins(draft: Document) -> None:
    main, across, upright = draft.sections
    for section in (main, upright):
        assert (millimetres(section.page_width), millimetres(section.page_height)) == (210, 297)
    assert (millimetres(across.page_width), millimetres(across.page_height)) == (297, 210)
    for section in (main, across, upright):
        assert 20 <= millimetres(section.top_margin) <= 25 and 20 <= millimetres(section.bottom_margin) <= 25
        assert 30 <= millimetres(section.left_margin) <= 35 and 15 <= millimetres(section.right_margin) <= 20


def test_letters_are_black_times_new_roman(draft: Document) -> None:
    used = {p.style.name for p in draft.paragraphs}
    used |= {p.style.name for table in draft.tables for cell in table._cells for p in cell.paragraphs}
    assert {"BC Đoạn văn", "BC Mục I", "BC Mục 1", "BC Chữ ký"} <= used <= set(docx_template.STYLES)
    for name in used:
        style = draft.styles[name]
        fonts = style.element.rPr.rFonts
        assert {fonts.get(qn(f"w:{script}")) for script in ("ascii", "hAnsi", "cs", "eastAsia")} == {"Times New Roman"}
        assert str(style.font.color.rgb) == "000000"
    assert not list(draft.element.body.iter(qn("w:rFonts"))), "no run has letters of its own"


def test_head_of_the_first_page(draft: Document) -> None:
    head = draft.tables[0]
    left, right = head.rows[0].cells
    assert [p.text for p in left.paragraphs] == ["UBND TỈNH BÌNH PHƯỚC", "VĂN PHÒNG", "", "Số: " + "\xa0" * 8 + "/BC-VPUBND", "DỰ THẢO"]  # fmt: skip
    assert [p.text for p in right.paragraphs] == [
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "Bình Phước, ngày 10 tháng 7 năm 2022",
    ]  # fmt: skip
    assert head._tbl.tblPr.find(qn("w:tblBorders")) is None and head.style.name == "Normal Table"
    authority, office, rule, number, mark = left.paragraphs
    nation, motto, place = right.paragraphs
    assert size_of(authority) == 13 and not authority.style.font.bold
    assert size_of(office) == 13 and office.style.font.bold
    assert size_of(number) == 13
    assert size_of(nation) == 13 and nation.style.font.bold
    assert size_of(motto) == 14 and motto.style.font.bold
    assert size_of(place) == 14 and place.style.font.italic and not place.style.font.bold
    for ruled in (rule, motto):
        assert ruled._p.pPr.find(qn("w:pBdr")).find(qn("w:bottom")).get(qn("w:val")) == "single"
    assert {side.tag for side in mark._p.pPr.find(qn("w:pBdr"))} == {qn(f"w:{side}") for side in ("top", "left", "bottom", "right")}  # fmt: skip
    width = rule._parent.width - 2 * rule.paragraph_format.left_indent
    assert Cm(2) < width < Cm(3.2), "a third to a half of the line above"


def test_title_body_and_numbering(draft: Document) -> None:
    kind, subject = paragraph(draft, "BÁO CÁO"), paragraph(draft, sample.report().head.subject)
    for one in (kind, subject):
        assert one.style.font.bold and size_of(one) == 14 and one.style.paragraph_format.alignment == ALIGN.CENTER
    body = paragraph(draft, "Đề nghị Chủ tịch Ủy ban nhân dân tỉnh chỉ đạo Huyện Lộc Ninh khắc phục.").style
    assert body.font.size in (Pt(13), Pt(14)) and body.paragraph_format.alignment == ALIGN.JUSTIFY
    assert Cm(1) <= body.paragraph_format.first_line_indent <= Cm(1.28)
    assert body.paragraph_format.space_before + body.paragraph_format.space_after >= Pt(6)
    assert 1 <= body.paragraph_format.line_spacing <= 1.5
    assert not body.font.bold
    first, second = paragraph(draft, "I. Tình hình chung"), paragraph(draft, "1. Ủy ban nhân dân cấp huyện")
    assert first.style.font.bold and first.style.font.all_caps and second.style.font.bold
    assert "Kính gửi: Chủ tịch Ủy ban nhân dân tỉnh." in texts(draft)


def test_closing_recipients_and_signature(draft: Document) -> None:
    assert "Văn phòng báo cáo Chủ tịch xem xét, chỉ đạo./." in texts(draft)
    assert sum("./." in text for text in texts(draft)) == 1
    left, right = draft.tables[-3].rows[0].cells
    assert [p.text for p in left.paragraphs if p.text] == [
        "Nơi nhận:", "- Chủ tịch, các Phó Chủ tịch UBND tỉnh;", "- Các sở, ban, ngành;", "- UBND các huyện, thị xã, thành phố;", "- Lưu: VT, KSTTHC.",
    ]  # fmt: skip
    heading, line = left.paragraphs[:2]
    assert heading.style.font.bold and heading.style.font.italic and size_of(heading) == 12
    assert size_of(line) == 11 and not line.style.font.italic
    assert [p.text for p in right.paragraphs][:2] == ["KT. CHÁNH VĂN PHÒNG", "PHÓ CHÁNH VĂN PHÒNG"]
    assert all(p.style.font.bold for p in right.paragraphs)


def test_page_number_above_from_the_second_page_and_annexes_count_anew(draft: Document, written: bytes) -> None:
    main, *annexes = draft.sections
    assert all(section.different_first_page_header_footer for section in draft.sections)
    number = main.header.paragraphs[0]
    assert "".join(code.text for code in number._p.iter(qn("w:instrText"))).strip() == "PAGE"
    assert number.style.paragraph_format.alignment == ALIGN.CENTER and size_of(number) in (13, 14)
    assert not list(main.first_page_header._element.iter(qn("w:instrText")))
    assert main.header_distance < main.top_margin
    starts = [section._sectPr.find(qn("w:pgNumType")) for section in draft.sections]
    assert starts[0] is None and [one.get(qn("w:start")) for one in starts[1:]] == ["1"] * len(annexes)


def test_annexes(draft: Document) -> None:
    for name, title in (("Phụ lục I", "Tình hình, kết quả giải quyết thủ tục hành chính"), ("Phụ lục II", "Danh sách hồ sơ quá hạn")):  # fmt: skip
        one, called = paragraph(draft, name), paragraph(draft, title)
        assert one.style.font.bold and size_of(one) == 14 and called.style.font.all_caps
    lines = [text for text in texts(draft) if text.startswith("(Kèm theo")]
    assert (
        lines
        == [
            "(Kèm theo Báo cáo số "
            + "\xa0" * 8
            + "/BC-VPUBND ngày 10 tháng 7 năm 2022 của Văn phòng UBND tỉnh Bình Phước)"
        ]
        * 2
    )


# Tables and drawings --------------------------------------------------------------------------------------------------


def test_headings_are_repeated_and_no_row_is_divided(draft: Document) -> None:
    _head, targets, _signature, form06a, overdue = draft.tables
    for table, heads in ((targets, 1), (form06a, 3), (overdue, 1)):
        marks = [tr.trPr.find(qn("w:tblHeader")) is not None for tr in table._tbl.tr_lst]
        assert marks == [True] * heads + [False] * (len(marks) - heads)
        assert all(tr.trPr.find(qn("w:cantSplit")) is not None for tr in table._tbl.tr_lst)
        borders = table._tbl.tblPr.find(qn("w:tblBorders"))
        assert {side.get(qn("w:val")) for side in borders} == {"single"}


def test_group_headings_are_merged_and_columns_numbered(draft: Document) -> None:
    form06a = draft.tables[3]
    upper, lower, numbers = form06a._tbl.tr_lst[:3]
    spans = [(cell.grid_span, said_in(cell)) for cell in upper.tc_lst]
    assert spans == [(1, "STT"), (1, "Đơn vị"), (4, "Số hồ sơ nhận giải quyết"), (4, "Số hồ sơ đã giải quyết"), (3, "Số hồ sơ đang giải quyết")]  # fmt: skip
    assert [cell.vMerge for cell in upper.tc_lst[:2]] == ["restart"] * 2
    assert [cell.vMerge for cell in lower.tc_lst[:2]] == ["continue"] * 2
    assert [said_in(cell) for cell in numbers.tc_lst] == [f"({n})" for n in range(1, 14)]


def test_words_and_numbers_are_those_of_the_content(draft: Document) -> None:
    _head, targets, _signature, form06a, overdue = draft.tables
    for table, content, heads in ((targets, sample.TARGETS, 1), (form06a, sample.FORM, 3), (overdue, sample.overdue(3), 1)):  # fmt: skip
        shown = [[said_in(cell) for cell in row.tc_lst] for row in table._tbl.tr_lst[heads:]]
        assert shown == [[cell.text for cell in row] for row in content.rows]
    assert "Ghi chú: so với kỳ báo cáo 17:00 8/7/2022." in texts(draft)
    assert targets._tbl.tr_lst[2].tc_lst[5].p_lst[0].r_lst[0].rPr.find(qn("w:b")) is not None


def test_columns_fill_the_width_between_the_margins(draft: Document) -> None:
    for table, section in ((draft.tables[1], draft.sections[0]), (draft.tables[3], draft.sections[1])):
        room = section.page_width - section.left_margin - section.right_margin
        total = sum(column.width for column in table.columns)
        assert room * 0.99 < total <= room


def test_drawings_are_sharp_and_have_words(draft: Document) -> None:
    shapes = draft.inline_shapes
    assert [shape._inline.docPr.get("descr") for shape in shapes] == [sample.LINE.alt, sample.BARS.alt]
    for shape in shapes:
        blip = shape._inline.graphic.graphicData.pic.blipFill.blip.embed
        image = draft.part.related_parts[blip].image
        assert image.px_width / (shape.width / 914400) >= 200
    assert sample.BARS.title in texts(draft)


# Draft, issued, simulated ---------------------------------------------------------------------------------------------


def words_around(written: bytes) -> str:
    return " ".join(
        " ".join(re.findall(r'string="([^"]*)"', content.decode())) + re.sub(r"<[^>]+>", "", content.decode())
        for name, content in parts(written).items()
        if re.match(r"word/(header|footer)\d*\.xml", name)
    )


def test_a_draft_of_simulated_data_says_so_on_every_page(written: bytes, draft: Document) -> None:
    around = words_around(written)
    foot = "DỰ THẢO – Số liệu mô phỏng – Số liệu đến 17:00 10/7/2022 – phiên bản 7.0"
    assert around.count(foot) == 2, "the first page and all others"
    assert around.replace(foot, "").count("DỰ THẢO") == 2, "the watermark of the first page and of all others"
    assert "(Số liệu mô phỏng)" in texts(draft)


def test_an_issued_report_of_real_data_bears_no_mark() -> None:
    written = forms.write(sample.report(draft=False, simulated=False))
    document = docx.Document(BytesIO(written))
    said = " ".join(texts(document)) + words_around(written)
    assert "DỰ THẢO" not in said and "mô phỏng" not in said and "{" not in said
    assert "Số: 125/BC-VPUBND" in said and "Nguyễn Văn A" in said
    assert document.core_properties.title.startswith("Báo cáo Tiến độ thực hiện Chiến dịch 92 ngày đêm")


def test_the_last_words_stay_with_the_signature(draft: Document) -> None:
    table = draft.tables[2]._tbl
    spacer = table.getprevious()
    last = spacer.getprevious()
    assert said_in(last).endswith("./.")
    assert all(one.pPr.find(qn("w:keepNext")) is not None for one in (last, spacer))


# Hostile text, other templates ----------------------------------------------------------------------------------------


def test_hostile_text_stays_text() -> None:
    cell = sample.TARGETS.rows[0][1]
    table = Table("t", HOSTILE, sample.TARGETS.columns, ((cell, *(type(cell)(HOSTILE) for _ in range(5))),))
    document = made(sample.report(first=(Paragraph("x", HOSTILE, ""), table), subject=HOSTILE))
    said = texts(document)
    assert said.count(HARMLESS) == 8, "subject, paragraph, title of the table, five cells"
    codes = [code.text for code in document.element.body.iter(qn("w:instrText"))]
    assert codes == [], "no field in the text"


@given(st.text(st.characters(), max_size=40))
def test_any_text_can_be_written_and_is_not_turned(text: str) -> None:
    kept = form.cleaned(text)
    etree.fromstring(f"<a>{kept.replace('&', '&amp;').replace('<', '&lt;')}</a>")
    assert not set(kept) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ue000")
    assert form.cleaned(kept) == kept


def test_elements_stand_in_the_order_of_the_standard(written: bytes) -> None:
    files = parts(written)
    names = [name for name in files if re.match(r"word/(document|styles|header\d*|footer\d*)\.xml", name)]
    assert len(names) >= 6
    for name in names:
        for element in etree.fromstring(files[name]).iter():
            known = ORDER.get(str(element.tag).rpartition("}")[2])
            if known is None or (name == "word/styles.xml" and "BC " not in str(etree.tostring(element.getparent(), encoding="unicode"))):  # fmt: skip
                continue
            names_in = [child.tag.rpartition("}")[2].replace("footerReference", "headerReference") for child in element]
            places = [known.split().index(one) for one in names_in]
            assert places == sorted(places), (name, names_in)


def test_the_shipped_template_is_the_one_in_the_home() -> None:
    assert parts(docx_template.make()) == parts(SHIPPED), (
        "python -m kpi.reports.docx_template data/homes/binhphuoc/templates/bao-cao.docx"
    )


def test_a_province_changes_letters_and_margins_in_its_template() -> None:
    own = docx.Document(BytesIO(SHIPPED))
    own.styles["BC Đoạn văn"].font.name = "Arial"
    own.sections[0].left_margin = Mm(35)
    own.tables[0].rows[0].cells[1].paragraphs[0].text = "CỘNG HOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM"
    out = BytesIO()
    own.save(out)
    document = made(sample.report(), out.getvalue())
    assert document.styles["BC Đoạn văn"].font.name == "Arial"
    assert {millimetres(section.left_margin) for section in document.sections} == {35}
    assert "CỘNG HOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM" in texts(document)


def test_a_template_of_an_office_needs_only_the_tag_of_the_text() -> None:
    own = docx.Document()
    own.add_paragraph("Mẫu riêng của {{ co_quan }}")
    own.add_paragraph("{{ noi_dung }}")
    out = BytesIO()
    own.save(out)
    document = made(sample.report(), out.getvalue())
    assert texts(document)[:2] == ["Mẫu riêng của VĂN PHÒNG", "I. Tình hình chung"]
    assert paragraph(document, "I. Tình hình chung").style.font.name == "Times New Roman", "styles are lent"
    assert len(document.sections) == 3


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{{ trich_yeu }}", "{{ trich_yeuu }}", "trich_yeuu"),
        ("{{ trich_yeu }}", "{{ trich_yeu", "thẻ viết sai"),
        ("{{ noi_dung }}", "Nội dung", "noi_dung"),
        ("{{ trich_yeu }}", "{{ trich_yeu.__class__.__mro__ }}", "thẻ viết sai"),
        ("{{ trich_yeu }}", "{% for i in range(999999999) %}a{% endfor %}", "thẻ viết sai"),
        ("{{ trich_yeu }}", "{{ co_quan + 1 }}", "thẻ viết sai"),
        ("{{ trich_yeu }}", "{{ cycler.__init__.__globals__ }}", "thẻ viết sai"),
    ],
)
def test_a_template_with_wrong_tags_is_refused_in_words(old: str, new: str, said: str) -> None:
    with pytest.raises(DataFault, match=said):
        forms.write(sample.report(), changed(old, new))


def test_a_missing_or_broken_template_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(DataFault, match="Không mở được mẫu báo cáo"):
        forms.write(sample.report(), tmp_path / "khong-co.docx")
    empty = BytesIO()
    with zipfile.ZipFile(empty, "w") as packed:
        packed.writestr("a.txt", "không phải Word")
    for broken in (b"", b"%PDF-1.7", SHIPPED[: len(SHIPPED) // 2], empty.getvalue()):
        (tmp_path / "hong.docx").write_bytes(broken)
        with pytest.raises(DataFault, match=r"hong\.docx không phải tệp Word"):
            forms.write(sample.report(), tmp_path / "hong.docx")
    bomb = BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("word/document.xml", b" " * (forms.MOST_BYTES + 1))
    with pytest.raises(DataFault, match="quá lớn"):
        forms.write(sample.report(), bomb.getvalue())


def test_who_issues_is_named_where_the_words_can_be_known() -> None:
    head = sample.report(draft=False).head
    assert form.annex_line(replace(head, authority="ỦY BAN NHÂN DÂN TỈNH BÌNH PHƯỚC")).endswith("2022 của Văn phòng Ủy ban nhân dân tỉnh Bình Phước)")  # fmt: skip
    assert form.annex_line(replace(head, office="SỞ TƯ PHÁP")) == "(Kèm theo Báo cáo số 125/BC-VPUBND ngày 10 tháng 7 năm 2022)"  # fmt: skip


def test_lists_of_the_decree_end_with_a_full_stop() -> None:
    head = sample.report().head
    assert form.dashed(("a;", "- b.", " – ", "Lưu: VT")) == ("- a;", "- b;", "- Lưu: VT.")
    assert form.addressed(replace(head, to=("A", "B"))) == ("Kính gửi:", "- A;", "- B.")
    assert form.addressed(replace(head, to=())) == ()
