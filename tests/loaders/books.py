"""The same table written as each kind of file an office hands in."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from html import escape
from typing import Any

import xlsxwriter
import xlwt

Cells = Sequence[Sequence[Any]]
Merge = tuple[int, int, int, int, str]


def as_xlsx(
    sheets: dict[str, Cells] | Cells, merged: Sequence[Merge] = (), *, epoch_1904: bool = False, serials: bool = False
) -> bytes:
    """``merged``: first row, first column, last row, last column, text; ``serials``: dates as bare numbers."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "date_1904": epoch_1904})
    moment = book.add_format({"num_format": "General" if serials else "dd/mm/yyyy hh:mm:ss"})
    for title, rows in (sheets if isinstance(sheets, dict) else {"Sổ theo dõi": sheets}).items():
        sheet = book.add_worksheet(title)
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if isinstance(cell, (date, datetime)):
                    sheet.write_datetime(row, column, cell, moment)
                elif isinstance(cell, str):
                    sheet.write_string(row, column, cell)
                elif cell is not None:
                    sheet.write(row, column, cell)
        for first, left, last, right, text in merged:
            sheet.merge_range(first, left, last, right, text)
    book.close()
    return out.getvalue()


def as_xls(rows: Cells, title: str = "Sổ theo dõi") -> bytes:
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet(title)
    moment = xlwt.easyxf(num_format_str="dd/mm/yyyy hh:mm:ss")
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            if isinstance(cell, (date, datetime)):
                sheet.write(row, column, cell, moment)
            elif cell not in (None, ""):
                sheet.write(row, column, cell)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_xlsb(rows: Cells, title: str = "Sổ theo dõi") -> bytes:
    """The binary workbook ([MS-XLSB]): no library writes it well, and a sheet of texts and dates needs little of it."""

    def record(kind: int, content: bytes = b"") -> bytes:
        numbers = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
        size = len(content)
        while size > 127:
            numbers += bytes([size & 0x7F | 0x80])
            size >>= 7
        return numbers + bytes([size]) + content

    def wide(text: str) -> bytes:
        letters = text.encode("utf-16-le")
        return struct.pack("<I", len(letters) // 2) + letters

    def cell(column: int, value: Any) -> bytes:
        if isinstance(value, str):
            return record(6, struct.pack("<II", column, 0) + wide(value))
        if isinstance(value, (date, datetime)):
            days = (datetime(*value.timetuple()[:6]) - datetime(1899, 12, 30)).total_seconds() / 86_400
            return record(5, struct.pack("<IId", column, 1, days))
        return record(5, struct.pack("<IId", column, 0, value))

    def format_of_cells(number_format: int) -> bytes:
        return record(47, struct.pack("<HHHHHBBH", 0, number_format, 0, 0, 0, 0, 0, 0))

    body = b""
    for number, row in enumerate(rows):
        body += record(0, struct.pack("<IIHHBI", number, 0, 300, 0, 0, 0))
        body += b"".join(cell(column, value) for column, value in enumerate(row) if value not in (None, ""))
    extent = struct.pack("<IIII", 0, len(rows) - 1, 0, max(map(len, rows)) - 1)
    relation = (
        '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rId1" Target="{}"'
        ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}"/></Relationships>'
    )
    sheet = record(129) + record(148, extent) + record(145) + body + record(146) + record(130)
    named = record(143) + record(156, struct.pack("<II", 0, 1) + wide("rId1") + wide(title)) + record(144)
    formats = record(617, struct.pack("<I", 2)) + format_of_cells(0) + format_of_cells(22) + record(618)
    return as_zip(
        {
            "[Content_Types].xml": '<?xml version="1.0"?>'
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
            "_rels/.rels": relation.format("xl/workbook.bin", "officeDocument"),
            "xl/_rels/workbook.bin.rels": relation.format("worksheets/sheet1.bin", "worksheet"),
            "xl/workbook.bin": record(131) + named + record(132),
            "xl/worksheets/sheet1.bin": sheet,
            "xl/styles.bin": record(278) + formats + record(279),
        }
    )


def _attribute(cell: Any) -> str:
    if isinstance(cell, (date, datetime)):
        return f'office:value-type="date" office:date-value="{cell.isoformat()}"'
    if isinstance(cell, (int, float)):
        return f'office:value-type="float" office:value="{cell}"'
    return 'office:value-type="string"'


def as_ods(rows: Cells, title: str = "Sổ theo dõi") -> bytes:
    body = "".join(
        "<table:table-row>"
        + "".join(
            f"<table:table-cell {_attribute(cell)}><text:p>{escape(str(cell))}</text:p></table:table-cell>"
            if cell not in (None, "")
            else "<table:table-cell/>"
            for cell in row
        )
        + "</table:table-row>"
        for row in rows
    )
    content = (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content office:version="1.2"'
        ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
        ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
        ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
        f'<table:table table:name="{title}">{body}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    mime = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest'
        ' xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{mime}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    return as_zip({"mimetype": mime, "content.xml": content, "META-INF/manifest.xml": manifest})


def as_html(rows: Cells) -> bytes:
    def shown(cell: Any) -> str:
        if isinstance(cell, datetime):
            return f"{cell:%d/%m/%Y %H:%M:%S}"
        return "" if cell is None else escape(str(cell)).replace("\n", "<br>")

    body = "\n".join("<tr>" + "".join(f"<td>{shown(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return (
        '<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head><meta charset="utf-8">'
        f"<style>td {{mso-number-format:'\\@'}}</style></head><body><table border=1>{body}</table></body></html>"
    ).encode()


def as_spreadsheetml(rows: Cells, title: str = "Sổ theo dõi") -> bytes:
    def shown(cell: Any) -> str:
        if isinstance(cell, (date, datetime)):
            return f'<Data ss:Type="DateTime">{datetime(*cell.timetuple()[:6]).isoformat()}.000</Data>'
        kind = "Number" if isinstance(cell, (int, float)) else "String"
        return f'<Data ss:Type="{kind}">{escape(str(cell))}</Data>'

    body = ""
    for number, row in enumerate(rows, start=1):
        cells = "".join(
            f'<Cell ss:Index="{at}">{shown(cell)}</Cell>'
            for at, cell in enumerate(row, start=1)
            if cell not in (None, "")
        )
        if cells:
            body += f'<Row ss:Index="{number}">{cells}</Row>'
    return (
        '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"'
        ' xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">'
        f'<Worksheet ss:Name="{title}"><Table>{body}</Table></Worksheet></Workbook>'
    ).encode()


def as_zip(members: dict[str, bytes | str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return out.getvalue()


def with_sheet_xml(xml: str) -> bytes:
    """A workbook whose only sheet holds just this ``sheetData``."""
    good = as_xlsx([["a"]])
    members: dict[str, bytes | str] = {}
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        for member in archive.namelist():
            members[member] = archive.read(member)
    members["xl/worksheets/sheet1.xml"] = (
        '<?xml version="1.0" encoding="UTF-8"?><worksheet'
        f' xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{xml}</sheetData></worksheet>'
    )
    return as_zip(members)
