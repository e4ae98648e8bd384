"""A report as a Word document: the words around the text by the home's template, the text itself in the template's styles."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from copy import deepcopy
from datetime import datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import docx
from docx.document import Document
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.oxml.text.paragraph import CT_P
from docx.shared import Emu, Length, Mm
from docx.text.paragraph import Paragraph as Written
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment
from lxml import etree

from data.clock import from_micros
from data.errors import DataFault
from kpi.reports import docx_template, drawing, form, tables
from kpi.reports.content import Annex, Bars, Line, Paragraph, Part, Report, Section, Table

MOST_BYTES = 64_000_000
"""A template that unpacks to more is none."""

_PLACE = "\ue000"
"""Stands where the text belongs until it is there; cleaned words never hold this sign."""
_TWIP = 635


def write(report: Report, template: bytes | Path | None = None) -> bytes:
    """A .docx as bytes. ``template``: None is the shipped one.

    Raises DataFault when the template is missing, is no Word document, or its tags cannot be filled.
    """
    report = form.cleaned(report)
    name = str(template) if isinstance(template, Path) else "bao-cao.docx"
    document = _filled(_read(template, name), _words(report), name)
    _lend_styles(document)
    _describe(document, report)
    body = document.element.body
    writer = _Writer(document)
    place = _place(document, name)
    for section in form.closed(report.sections):
        for element in writer.section(section):
            place.addprevious(element)
    _keep_with_next(place.getprevious())
    body.remove(place)
    for annex in report.annexes:
        writer.turn_page(annex.landscape)
        for element in writer.annex(annex, form.annex_line(report.head)):
            body.sectPr.addprevious(element)
    out = BytesIO()
    document.save(out)
    return out.getvalue()


# The template ---------------------------------------------------------------------------------------------------------


@cache
def _shipped() -> bytes:
    return docx_template.make()


def _read(template: bytes | Path | None, name: str) -> bytes:
    if template is None:
        return _shipped()
    try:
        read = template.read_bytes() if isinstance(template, Path) else template
        with zipfile.ZipFile(BytesIO(read)) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
    except OSError as fault:
        raise DataFault(f"Không mở được mẫu báo cáo {name} ({fault.strerror}).") from fault
    except zipfile.BadZipFile as fault:
        raise _broken(name) from fault
    if unpacked > MOST_BYTES:
        raise DataFault(f"Mẫu báo cáo {name} quá lớn ({unpacked // 1_000_000} MB khi giải nén).")
    return read


def _broken(name: str) -> DataFault:
    return DataFault(
        f"Mẫu báo cáo {name} không phải tệp Word (.docx) hoặc đã hỏng. "
        "Hãy mở bằng Word rồi lưu lại, hoặc xóa tệp để dùng mẫu có sẵn."
    )


def _words(report: Report) -> dict[str, Any]:
    """What the tags of a template stand for."""
    head = report.head
    return {
        "co_quan_chu_quan": form.authority(head),
        "co_quan": head.office,
        "so_ky_hieu": form.number_line(head),
        "dia_danh_ngay": head.date_line,
        "ten_loai": head.kind,
        "trich_yeu": head.subject,
        "kinh_gui": form.addressed(head),
        "noi_nhan": form.dashed(head.recipients),
        "quyen_han": head.sign_for,
        "chuc_vu": head.sign_title,
        "nguoi_ky": head.signer,
        "du_thao": report.draft,
        "mo_phong": report.simulated,
        "chan_trang": form.marks(report),
        docx_template.BODY: _PLACE,
    }


def _filled(template: bytes, words: dict[str, Any], name: str) -> Document:
    """The document with its tags filled. The tags of a template can show and repeat words, never run a programme."""
    made = DocxTemplate(BytesIO(template))
    try:
        document: Document = made.get_docx()
    except (KeyError, ValueError, AttributeError, etree.LxmlError) as fault:
        raise _broken(name) from fault
    _check_tags(document, name)
    try:
        made.render(words, SandboxedEnvironment(autoescape=True, undefined=StrictUndefined))
    except (
        TemplateError,
        ArithmeticError,
        LookupError,
        TypeError,
        ValueError,
        RecursionError,
        etree.LxmlError,
    ) as fault:
        known = ", ".join(words)
        raise DataFault(f"Mẫu báo cáo {name} có thẻ viết sai: {fault}. Các thẻ dùng được: {known}.") from fault
    return document


def _check_tags(document: Document, name: str) -> None:
    """A tag that is opened and not closed would silently swallow what follows it."""
    for paragraph in document.element.body.iter(qn("w:p")):
        text = "".join(node.text or "" for node in paragraph.iterchildren(qn("w:r")))
        if any(text.count(opened) != text.count(closed) for opened, closed in (("{{", "}}"), ("{%", "%}"))):
            raise DataFault(f"Mẫu báo cáo {name} có thẻ viết sai, mở mà không đóng: «{text[:80]}».")


def _place(document: Document, name: str) -> CT_P:
    for paragraph in document.element.body.iterchildren(qn("w:p")):
        if "".join(node.text or "" for node in paragraph.iterchildren(qn("w:r"))).strip() == _PLACE:
            return paragraph  # type: ignore[no-any-return]
    raise DataFault(f"Mẫu báo cáo {name} thiếu thẻ {{{{ {docx_template.BODY} }}}} đứng riêng thành một đoạn.")


def _lend_styles(document: Document) -> None:
    """Styles that the template does not have are taken from the shipped one."""
    there = {style.name for style in document.styles}
    missing = [name for name in docx_template.STYLES if name not in there]
    if missing:
        lent = docx.Document(BytesIO(_shipped())).styles
        for name in missing:
            document.styles.element.append(deepcopy(lent[name].element))


def _describe(document: Document, report: Report) -> None:
    said = document.core_properties
    said.title = f"{report.head.kind.capitalize()} {report.head.subject}"[:255]
    said.author = said.last_modified_by = report.head.office[:255]
    said.comments = f"{report.as_of_text}, {report.data_version}"[:255]
    moment: datetime = from_micros(report.as_of, ZoneInfo("UTC"))
    said.created = said.modified = moment


# The text -------------------------------------------------------------------------------------------------------------


class _Writer:
    """Parts of a report as paragraphs and tables of one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.styles = {style.name: style.style_id for style in document.styles}
        self.upright = (self._final.pgSz.w, self._final.pgSz.h)

    @property
    def _final(self) -> Any:
        """The page set-up of what stands last: during the text the template's own, then the annex's."""
        return self.document.element.body.sectPr

    @property
    def _room(self) -> Length:
        """How wide the text is."""
        size, margin = self._final.pgSz, self._final.pgMar
        return Emu(size.w - margin.left - margin.right)

    def turn_page(self, landscape: bool) -> None:
        """What follows stands on pages of its own, numbered from 1."""
        body, final = self.document.element.body, self._final
        last = final.getprevious()
        if last is None or last.tag != qn("w:p") or last.find(f".//{qn('w:sectPr')}") is not None:
            last = self._paragraph("BC Kẻ", "")
            final.addprevious(last)
        last.get_or_add_pPr().append(deepcopy(final))
        width, height = self.upright
        final.pgSz.w, final.pgSz.h = (height, width) if landscape else (width, height)
        if landscape:
            final.pgSz.set(qn("w:orient"), "landscape")
        else:
            final.pgSz.attrib.pop(qn("w:orient"), None)
        for old in final.findall(qn("w:pgNumType")):
            final.remove(old)
        start = OxmlElement("w:pgNumType")
        start.set(qn("w:start"), "1")
        final.insert_element_before(
            start, "w:cols", "w:formProt", "w:vAlign", "w:noEndnote", "w:titlePg", "w:textDirection", "w:bidi", "w:rtlGutter", "w:docGrid"
        )  # fmt: skip
        assert body.sectPr is final

    def section(self, section: Section) -> list[Any]:
        heading = {1: "BC Mục I", 2: "BC Mục 1"}.get(section.level, "BC Mục a")
        title = form.numbered(section)
        made = [self._paragraph(heading, title)] if title else []
        return made + [element for part in section.parts for element in self._part(part)]

    def annex(self, annex: Annex, line: str) -> list[Any]:
        made = [
            self._paragraph("BC Phụ lục", f"Phụ lục {annex.number}"),
            self._paragraph("BC Tên phụ lục", annex.title),
            self._paragraph("BC Kèm theo", line),
        ]
        return made + [element for part in annex.parts for element in self._part(part)]

    def _part(self, part: Part) -> list[Any]:
        if isinstance(part, Paragraph):
            return [self._paragraph("BC Đoạn văn", line) for line in part.text.splitlines() if line.strip()]
        title = [self._paragraph("BC Tên bảng", part.title)] if part.title else []
        return title + (self._table(part) if isinstance(part, Table) else [self._picture(part)])

    def _paragraph(self, style: str, text: str, bold: bool = False, side: tables.Side = "left") -> CT_P:
        made: Any = OxmlElement("w:p")
        made.style = self.styles[style]
        if side != "left":
            jc = OxmlElement("w:jc")
            jc.set(qn("w:val"), side)
            made.pPr.append(jc)
        if text:
            run = made.add_r()
            if bold:
                run.get_or_add_rPr().append(OxmlElement("w:b"))
            run.text = text
        return made  # type: ignore[no-any-return]

    def _picture(self, part: Bars | Line) -> CT_P:
        made = self._paragraph("BC Hình", "")
        picture = BytesIO(drawing.png(part, self._room.mm))
        shape: Any = Written(made, self.document._body).add_run().add_picture(picture, width=self._room)
        shape._inline.docPr.set("descr", part.alt)
        shape._inline.docPr.set("title", part.title)
        return made

    def _table(self, table: Table) -> list[Any]:
        found = tables.layout(table, self._room.mm)
        widths = [int(Mm(width)) // _TWIP for width in found.widths]
        made = parse_xml(_TABLE.format(names=nsdecls("w"), width=sum(widths), margin=Mm(tables.PADDING) // _TWIP))
        caption = OxmlElement("w:tblCaption")
        caption.set(qn("w:val"), table.title or table.key)
        made.tblPr.append(caption)
        for width in widths:
            column = OxmlElement("w:gridCol")
            column.set(qn("w:w"), str(width))
            made.tblGrid.append(column)
        for row in self._heads(table, f"BC Đầu bảng {found.size}", widths):
            made.append(row)
        for cells in table.rows:
            row = _row()
            for cell, side, width in zip(cells, found.sides, widths, strict=True):
                row.append(_cell(width, self._paragraph(f"BC Ô {found.size}", cell.text, cell.bold, side)))
            made.append(row)
        notes = [self._paragraph("BC Ghi chú", note) for note in table.notes]
        return [made, *notes, self._paragraph("BC Kẻ", "")]  # two tables that touch would become one

    def _heads(self, table: Table, style: str, widths: Sequence[int]) -> list[Any]:
        rows = []
        upper, *lower = tables.heading_rows(table)
        row, place = _row(heading=True), 0
        below = _row(heading=True)
        names = iter(lower[0] if lower else ())
        for words, across, down in upper:
            row.append(_cell(sum(widths[place : place + across]), self._paragraph(style, words), across, "restart" if down > 1 else ""))  # fmt: skip
            for width in widths[place : place + across]:
                text, merged = ("", "continue") if down > 1 else (next(names, ("", 1, 1))[0], "")
                below.append(_cell(width, self._paragraph(style, text), merged=merged))
            place += across
        rows = [row, *([below] if lower else [])]
        if table.numbered:
            numbers = _row(heading=True)
            for number, width in enumerate(widths, start=1):
                numbers.append(_cell(width, self._paragraph(style, f"({number})")))
            rows.append(numbers)
        return rows


def _keep_with_next(element: Any) -> None:
    """The last words stay on the page of the signature."""
    if element is not None and element.tag == qn("w:p"):
        element.get_or_add_pPr().insert_element_before(OxmlElement("w:keepNext"), *_AFTER_KEEP_NEXT)


_AFTER_KEEP_NEXT = (
    "w:keepLines",
    "w:pageBreakBefore",
    "w:widowControl",
    "w:numPr",
    "w:spacing",
    "w:ind",
    "w:jc",
    "w:rPr",
)
_TABLE = """<w:tbl {names}><w:tblPr><w:tblW w:w="{width}" w:type="dxa"/><w:jc w:val="center"/><w:tblBorders>
<w:top w:val="single" w:sz="4" w:space="0" w:color="000000"/><w:left w:val="single" w:sz="4" w:space="0" w:color="000000"/>
<w:bottom w:val="single" w:sz="4" w:space="0" w:color="000000"/><w:right w:val="single" w:sz="4" w:space="0" w:color="000000"/>
<w:insideH w:val="single" w:sz="4" w:space="0" w:color="000000"/><w:insideV w:val="single" w:sz="4" w:space="0" w:color="000000"/>
</w:tblBorders><w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="{margin}" w:type="dxa"/>
<w:right w:w="{margin}" w:type="dxa"/></w:tblCellMar><w:tblLook w:val="0020" w:firstRow="1"/></w:tblPr><w:tblGrid/></w:tbl>"""


def _row(heading: bool = False) -> Any:
    """A row that no page break divides; a heading stands on every page."""
    made: Any = OxmlElement("w:tr")
    wanted = made.get_or_add_trPr()
    wanted.append(OxmlElement("w:cantSplit"))
    if heading:
        wanted.append(OxmlElement("w:tblHeader"))
    return made


def _cell(width: int, paragraph: CT_P, across: int = 1, merged: str = "") -> Any:
    """``merged``: "restart" begins a cell that reaches down, "continue" is below it."""
    made: Any = OxmlElement("w:tc")
    wanted = [("w:tcW", {"w:w": str(width), "w:type": "dxa"})]
    wanted += [("w:gridSpan", {"w:val": str(across)})] * (across > 1)
    wanted += [("w:vMerge", {"w:val": merged})] * bool(merged)
    wanted += [("w:vAlign", {"w:val": "center"})]
    properties = OxmlElement("w:tcPr")
    for name, values in wanted:
        element = OxmlElement(name)
        for key, value in values.items():
            element.set(qn(key), value)
        properties.append(element)
    made.append(properties)
    made.append(paragraph)
    return made
