"""The shipped template of a report in Word: the form of Nghị định 30/2020 with tags where words belong.

    python -m kpi.reports.docx_template data/homes/binhphuoc/templates/bao-cao.docx

A province opens its copy in Word and changes letters, margins or the head; ``docx.py`` fills whatever it finds there.
"""

from __future__ import annotations

import sys
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Length, Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.table import _Cell
from docx.text.paragraph import Paragraph

from kpi.reports import form, tables

LETTERS = "Times New Roman"
BODY = "noi_dung"
"""The tag that stands for sections, signature and everything else that has no fixed length."""

_HEAD_WIDTHS = (Cm(6.5), Cm(10))
_SIGN_WIDTHS = (Cm(7.5), Cm(9))

# name: size, bold, italic, alignment, first line (cm), before, after
_STYLES: dict[str, tuple[float, bool, bool, ALIGN, float, float, float]] = {
    "BC Cơ quan chủ quản": (13, False, False, ALIGN.CENTER, 0, 0, 0),
    "BC Cơ quan": (13, True, False, ALIGN.CENTER, 0, 0, 0),
    "BC Quốc hiệu": (13, True, False, ALIGN.CENTER, 0, 0, 0),
    "BC Tiêu ngữ": (14, True, False, ALIGN.CENTER, 0, 0, 0),
    "BC Số": (13, False, False, ALIGN.CENTER, 0, 6, 0),
    "BC Ngày": (14, False, True, ALIGN.CENTER, 0, 6, 0),
    "BC Dự thảo": (13, True, False, ALIGN.CENTER, 0, 6, 0),
    "BC Kẻ": (2, False, False, ALIGN.CENTER, 0, 2, 0),
    "BC Tên loại": (14, True, False, ALIGN.CENTER, 0, 16, 0),
    "BC Trích yếu": (14, True, False, ALIGN.CENTER, 0, 0, 0),
    "BC Mô phỏng": (13, False, True, ALIGN.CENTER, 0, 6, 0),
    "BC Kính gửi": (14, False, False, ALIGN.CENTER, 0, 8, 0),
    "BC Đoạn văn": (14, False, False, ALIGN.JUSTIFY, 1.27, 6, 0),
    "BC Mục I": (14, True, False, ALIGN.JUSTIFY, 1.27, 10, 0),
    "BC Mục 1": (14, True, False, ALIGN.JUSTIFY, 1.27, 8, 0),
    "BC Mục a": (14, False, False, ALIGN.JUSTIFY, 1.27, 6, 0),
    "BC Tên bảng": (13, True, False, ALIGN.CENTER, 0, 10, 6),
    **{f"BC Đầu bảng {size}": (size, True, False, ALIGN.CENTER, 0, 2, 2) for size in tables.SIZES},
    **{f"BC Ô {size}": (size, False, False, ALIGN.LEFT, 0, 2, 2) for size in tables.SIZES},
    "BC Ghi chú": (11, False, True, ALIGN.LEFT, 0, 4, 2),
    "BC Hình": (12, False, False, ALIGN.CENTER, 0, 4, 4),
    "BC Nơi nhận": (12, True, True, ALIGN.LEFT, 0, 0, 0),
    "BC Nơi nhận dòng": (11, False, False, ALIGN.LEFT, 0, 0, 0),
    "BC Chữ ký": (14, True, False, ALIGN.CENTER, 0, 0, 0),
    "BC Phụ lục": (14, True, False, ALIGN.CENTER, 0, 0, 0),
    "BC Tên phụ lục": (14, True, False, ALIGN.CENTER, 0, 4, 0),
    "BC Kèm theo": (13, False, True, ALIGN.CENTER, 0, 4, 8),
    "BC Số trang": (13, False, False, ALIGN.CENTER, 0, 0, 0),
    "BC Chân trang": (10, False, True, ALIGN.CENTER, 0, 0, 0),
}
STYLES = tuple(_STYLES)
_OUTLINE = {"BC Mục I": 0, "BC Mục 1": 1, "BC Mục a": 2, "BC Phụ lục": 0}
_CAPITALS = {"BC Mục I", "BC Tên phụ lục"}
_WITH_NEXT = {"BC Mục I", "BC Mục 1", "BC Mục a", "BC Tên bảng", "BC Phụ lục", "BC Tên phụ lục"} | {f"BC Đầu bảng {size}" for size in tables.SIZES}  # fmt: skip


def make() -> bytes:
    document = docx.Document()
    _settings(document)
    for name in _STYLES:
        _style(document, name)
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin = section.bottom_margin = Mm(20)
    section.left_margin, section.right_margin = Mm(30), Mm(15)
    section.header_distance, section.footer_distance = Mm(10), Mm(8)
    section.different_first_page_header_footer = True
    _around(document)
    _head(document)
    _title(document)
    _paragraph(document, "BC Đoạn văn", _tag(BODY))
    _signature(document)
    document.add_paragraph(style="BC Kẻ")
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def _settings(document: Document) -> None:
    normal = document.styles["Normal"]
    assert isinstance(normal, ParagraphStyle)
    _letters(normal, 14)
    language = normal.element.get_or_add_rPr().makeelement(qn("w:lang"), {qn("w:val"): "vi-VN", qn("w:eastAsia"): "vi-VN"})  # fmt: skip
    normal.element.get_or_add_rPr().append(language)
    # Without it Word opens the report "in compatibility mode".
    compatible = parse_xml(
        f'<w:compat {nsdecls("w")}><w:compatSetting w:name="compatibilityMode" '
        'w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat>'
    )
    settings = document.settings.element
    for old in settings.findall(qn("w:compat")):
        settings.replace(old, compatible)
    properties = document.core_properties
    properties.title, properties.author, properties.comments, properties.language = "", "", "", "vi-VN"
    properties.created = properties.modified = datetime(2022, 6, 1)  # noqa: DTZ001 - a property without a zone


def _letters(style: ParagraphStyle, size: float) -> None:
    style.font.name, style.font.size, style.font.color.rgb = LETTERS, Pt(size), RGBColor(0, 0, 0)
    names = style.element.get_or_add_rPr().get_or_add_rFonts()
    for script in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
        names.set(qn(script), LETTERS)


def _style(document: Document, name: str) -> None:
    size, bold, italic, alignment, first_line, before, after = _STYLES[name]
    style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    assert isinstance(style, ParagraphStyle)
    style.base_style = document.styles["Normal"]
    style.quick_style = True
    _letters(style, size)
    style.font.bold, style.font.italic, style.font.all_caps = bold, italic, name in _CAPITALS or None
    wanted = style.paragraph_format
    wanted.alignment, wanted.first_line_indent = alignment, Cm(first_line)
    wanted.space_before, wanted.space_after, wanted.line_spacing = Pt(before), Pt(after), 1.0
    if name == "BC Kẻ":
        wanted.line_spacing = Pt(3)  # as low as a line may be, whatever the letters
    wanted.keep_with_next = name in _WITH_NEXT or None
    wanted.widow_control = True
    if name in _OUTLINE:
        level = OxmlElement("w:outlineLvl")
        level.set(qn("w:val"), str(_OUTLINE[name]))
        style.element.get_or_add_pPr().append(level)


def _paragraph(place: Document | _Cell, style: str, text: str = "") -> Paragraph:
    return place.add_paragraph(text, style=style)


def _tag(name: str) -> str:
    return f"{{{{ {name} }}}}"


def _ruled(paragraph: Paragraph, indent: Length, sides: str = "bottom") -> None:
    """Lines of 0.75 pt on some sides of a paragraph, shortened by ``indent`` left and right."""
    wanted = paragraph.paragraph_format
    wanted.left_indent = wanted.right_indent = indent
    drawn = "".join(f'<w:{side} w:val="single" w:sz="6" w:space="1" w:color="000000"/>' for side in sides.split())
    paragraph._p.get_or_add_pPr().insert_element_before(
        parse_xml(f"<w:pBdr {nsdecls('w')}>{drawn}</w:pBdr>"),
        "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc", "w:outlineLvl", "w:rPr",
    )  # fmt: skip


def _cells(document: Document, widths: tuple[Length, Length]) -> tuple[_Cell, _Cell]:
    """A row of two cells without lines, as wide as the text."""
    table = document.add_table(rows=1, cols=2)
    table.autofit = False
    margins = parse_xml(
        f'<w:tblCellMar {nsdecls("w")}><w:left w:w="0" w:type="dxa"/><w:right w:w="0" w:type="dxa"/></w:tblCellMar>'
    )
    table._tbl.tblPr.find(qn("w:tblLook")).addprevious(margins)
    row = table.rows[0]
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    cells = row.cells
    for cell, column, width in zip(cells, table.columns, widths, strict=True):
        cell.width = column.width = width
        cell._tc.remove(cell.paragraphs[0]._p)
    return cells[0], cells[1]


def _head(document: Document) -> None:
    left, right = _cells(document, _HEAD_WIDTHS)
    _paragraph(left, "BC Cơ quan chủ quản", "{{ co_quan_chu_quan }}")
    _paragraph(left, "BC Cơ quan", "{{ co_quan }}")
    _ruled(_paragraph(left, "BC Kẻ"), Cm(2.0))
    _paragraph(left, "BC Số", "{{ so_ky_hieu }}")
    _paragraph(left, "BC Dự thảo", "{%p if du_thao %}")
    _ruled(_paragraph(left, "BC Dự thảo", form.DRAFT), Cm(1.9), "top left bottom right")
    _paragraph(left, "BC Dự thảo", "{%p endif %}")
    _paragraph(right, "BC Quốc hiệu", form.NATION)
    _ruled(_paragraph(right, "BC Tiêu ngữ", form.MOTTO), Cm(1.95))
    _paragraph(right, "BC Ngày", "{{ dia_danh_ngay }}")


def _title(document: Document) -> None:
    _paragraph(document, "BC Tên loại", "{{ ten_loai }}")
    _paragraph(document, "BC Trích yếu", "{{ trich_yeu }}")
    _ruled(_paragraph(document, "BC Kẻ"), Cm(6.0))
    _paragraph(document, "BC Mô phỏng", "{%p if mo_phong %}")
    _paragraph(document, "BC Mô phỏng", f"({form.SIMULATED})")
    _paragraph(document, "BC Mô phỏng", "{%p endif %}")
    _paragraph(document, "BC Kính gửi", "{%p for dong in kinh_gui %}")
    _paragraph(document, "BC Kính gửi", "{{ dong }}")
    _paragraph(document, "BC Kính gửi", "{%p endfor %}")


def _signature(document: Document) -> None:
    above = document.add_paragraph(style="BC Kẻ").paragraph_format
    above.space_before, above.keep_with_next = Pt(12), True  # a signature never stands alone
    left, right = _cells(document, _SIGN_WIDTHS)
    _paragraph(left, "BC Nơi nhận", "{%p if noi_nhan %}")
    _paragraph(left, "BC Nơi nhận", "Nơi nhận:")
    _paragraph(left, "BC Nơi nhận", "{%p endif %}")
    _paragraph(left, "BC Nơi nhận dòng", "{%p for dong in noi_nhan %}")
    _paragraph(left, "BC Nơi nhận dòng", "{{ dong }}")
    _paragraph(left, "BC Nơi nhận dòng", "{%p endfor %}")
    _paragraph(left, "BC Nơi nhận dòng")  # a cell ends with a paragraph, whatever the tags leave
    for tag in ("quyen_han", "chuc_vu"):
        _paragraph(right, "BC Chữ ký", f"{{%p if {tag} %}}")
        _paragraph(right, "BC Chữ ký", _tag(tag))
        _paragraph(right, "BC Chữ ký", "{%p endif %}")
    for _line in range(4):
        _paragraph(right, "BC Chữ ký")
    _paragraph(right, "BC Chữ ký", "{{ nguoi_ky }}")


def _around(document: Document) -> None:
    """The page's number above, from the second page on; what a draft says of itself below and behind."""
    section = document.sections[0]
    for number, (header, footer) in enumerate(
        ((section.first_page_header, section.first_page_footer), (section.header, section.footer))
    ):
        header.is_linked_to_previous = footer.is_linked_to_previous = False
        above, below = header.paragraphs[0], footer.paragraphs[0]
        above.style, below.style = document.styles["BC Số trang"], document.styles["BC Chân trang"]
        if number:
            _field(above, "PAGE")
        _watermark(above, number)
        below.add_run("{{ chan_trang }}")


def _field(paragraph: Paragraph, code: str) -> None:
    for kind, text in (("begin", ""), ("", code), ("separate", ""), ("text", "2"), ("end", "")):
        run = paragraph.add_run(text if kind == "text" else "")
        if kind == "text":
            continue
        element: Any = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        else:
            element.text = f" {text} "
            element.set(qn("xml:space"), "preserve")
        run._r.append(element)


def _watermark(paragraph: Paragraph, number: int) -> None:
    """Word's own kind of watermark: letters drawn behind the text."""
    paragraph.add_run("{%r if du_thao %}")
    drawn = parse_xml(
        f"""<w:r {nsdecls("w")} xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"
            xmlns:w10="urn:schemas-microsoft-com:office:word"><w:pict>
        <v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800" path="m@7,l@8,m@5,21600l@6,21600e">
        <v:formulas><v:f eqn="sum #0 0 10800"/><v:f eqn="prod #0 2 1"/><v:f eqn="sum 21600 0 @1"/><v:f eqn="sum 0 0 @2"/>
        <v:f eqn="sum 21600 0 @3"/><v:f eqn="if @0 @3 0"/><v:f eqn="if @0 21600 @1"/><v:f eqn="if @0 0 @2"/>
        <v:f eqn="if @0 @4 21600"/><v:f eqn="mid @5 @6"/><v:f eqn="mid @8 @5"/><v:f eqn="mid @7 @8"/>
        <v:f eqn="mid @6 @7"/><v:f eqn="sum @6 0 @5"/></v:formulas>
        <v:path textpathok="t" o:connecttype="custom" o:connectlocs="@9,0;@10,10800;@11,21600;@12,10800"
            o:connectangles="270,180,90,0"/><v:textpath on="t" fitshape="t"/><o:lock v:ext="edit" text="t" shapetype="t"/>
        </v:shapetype>
        <v:shape id="DuThao{number}" o:spid="_x0000_s{2049 + number}" type="#_x0000_t136" o:allowincell="f"
            style="position:absolute;margin-left:0;margin-top:0;width:400pt;height:100pt;rotation:315;z-index:-251658752;mso-position-horizontal:center;mso-position-horizontal-relative:margin;mso-position-vertical:center;mso-position-vertical-relative:margin"
            fillcolor="#ececec" stroked="f"><v:textpath style="font-family:&quot;{LETTERS}&quot;;font-size:1pt;font-weight:bold"
            string="{form.DRAFT}"/><w10:wrap anchorx="margin" anchory="margin"/></v:shape></w:pict></w:r>"""
    )
    paragraph._p.append(drawn)
    paragraph.add_run("{%r endif %}")


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(make())
