"""Workbooks that are damaged, locked, or unpack to more than there is: refused in words, soon, and nothing kept."""

from __future__ import annotations

import gzip
import io
import random
import re
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from data.errors import RefusedFile
from loaders.formats import open_sheets
from tests.conftest import SHARED
from tests.loaders.books import as_html, as_ods, as_spreadsheetml, as_xls, as_xlsx, as_zip, with_sheet_xml
from tests.loaders.conftest import HEADINGS, Desk, as_csv, with_cells

ROWS = [HEADINGS, *(with_cells(n) for n in range(20))]


def _long_text_many_times() -> bytes:
    """One shared text of a megabyte in 5,000 cells."""
    data = as_xlsx([[f"{n}" for n in range(10)] for _ in range(500)])
    members: dict[str, bytes | str] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in archive.namelist():
            members[member] = archive.read(member)
    shared = members["xl/sharedStrings.xml"]
    assert isinstance(shared, bytes)
    members["xl/sharedStrings.xml"] = shared.replace(b"<t>0</t>", b"<t>" + b"x" * 1_000_000 + b"</t>")
    sheet = members["xl/worksheets/sheet1.xml"]
    assert isinstance(sheet, bytes)
    members["xl/worksheets/sheet1.xml"] = re.sub(rb"<v>\d</v>", b"<v>0</v>", sheet)
    return as_zip(members)


def _far_cell_of_an_old_book() -> bytes:
    """A damaged place makes one of its cells the last one there can be: all before it would be laid out."""
    data = as_xls(ROWS)
    at = data.rindex(b"\xfd\x00\x0a\x00") + 4  # the record of a cell with a text: row, column …
    return data[:at] + b"\xff\xff\xff\x00" + data[at + 4 :]


FAR = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "far cell": (lambda: with_sheet_xml(FAR), "quá rộng"),
    "far cell, small letters": (lambda: with_sheet_xml(FAR.replace("XFD", "xfd")), "quá rộng"),
    "far row, later a far column": (
        lambda: with_sheet_xml(
            '<row r="199999"><c r="A199999"><v>1</v></c></row>'
            + " " * 6_000_000
            + '<row r="1"><c r="XFD1"><v>1</v></c></row>'
        ),
        "quá rộng",
    ),
    "far cell, other quotes": (lambda: with_sheet_xml(FAR.replace('"', "'")), "quá lớn"),
    "far cell, prefix": (
        lambda: with_sheet_xml(
            FAR.replace("<", "<x:")
            .replace("<x:/", "</x:")
            .replace("<x:row", '<x:row xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"')
        ),
        "quá lớn|tiêu đề",
    ),
    "far cell of an old book": (_far_cell_of_an_old_book, "quá lớn"),
    "zip bomb": (lambda: with_sheet_xml(" " * 50_000_000), "bung ra quá lớn"),
    "ods bomb": (lambda: as_zip({"mimetype": "x", "content.xml": "<" + "a" * 50_000_000}), "bung ra quá lớn"),
    "gzip bomb": (lambda: gzip.compress(b"a" * 50_000_000), "bung ra quá lớn"),
    "long text many times": (_long_text_many_times, "quá dài"),
    "html span": (lambda: b"<table><tr><td rowspan=900000 colspan=9000>x</table>", "quá"),
    "xml entities": (
        lambda: (
            b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">&b;</Workbook>'
        ),
        "DOCTYPE",
    ),
    "nested archives": (lambda: gzip.compress(gzip.compress(gzip.compress(as_csv(ROWS)))), "lồng"),
    "empty archive": (lambda: as_zip({}), "không có tệp"),
    "gzip cut off": (lambda: gzip.compress(as_csv(ROWS))[:-30], "hỏng"),
    "cut off": (lambda: as_xlsx(ROWS)[:-200], "hỏng"),
    "no sheet at all": (lambda: as_zip({"[Content_Types].xml": "<Types/>"}), "hỏng"),
    "an xls of rubbish": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x07" * 5000, "hỏng"),
    "empty sheet": (lambda: as_xlsx([]), "tiêu đề"),
    "login page": (lambda: b"<!DOCTYPE html><html><body>Xin moi dang nhap</body></html>", "không có bảng"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_files_are_refused_soon(what: str, desk: Desk) -> None:
    data, words = HOSTILE[what][0](), HOSTILE[what][1]
    start = time.perf_counter()
    report = desk.load(data, name="tep.xls")
    took = time.perf_counter() - start
    assert report.status == "refused"
    assert any(word in report.reason for word in words.split("|")), report.reason
    assert desk.rows() == []
    assert took < 5, took


GOOD_FILES = [as_xlsx(ROWS), as_ods(ROWS), as_html(ROWS), as_spreadsheetml(ROWS), gzip.compress(as_csv(ROWS))]


@pytest.mark.parametrize("seed", range(40))
def test_damage_at_random_is_refused_or_every_row_is_accounted_for(seed: int, desk: Desk) -> None:
    chance = random.Random(seed)
    data = bytearray(GOOD_FILES[seed % len(GOOD_FILES)])
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(data))
        match chance.randrange(3):
            case 0:
                data[at] ^= 1 << chance.randrange(8)
            case 1:
                del data[at : at + chance.randrange(1, 200)]
            case _:
                data[at:at] = bytes(data[chance.randrange(len(data)) :][: chance.randrange(1, 200)])
    report = desk.load(bytes(data), name="tep")
    assert report.status == "refused" or report.read == report.new + report.changed + report.unchanged + report.refused
    assert report.reason or report.status == "loaded"


def test_what_is_written_unusually_is_read_all_the_same() -> None:
    """Cells that do not name their place, as some libraries write them."""
    cells = "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in ("Mã", "Đơn vị"))
    (sheet,) = open_sheets(with_sheet_xml(f"<row>{cells}</row><row>{cells}</row>"), "tep.xlsx")
    assert sheet.top == [["Mã", "Đơn vị"]] * 2


TORTURE = SHARED / "external" / "torture"
BOOKS = sorted(path for path in TORTURE.rglob("*") if path.suffix in (".xls", ".xlsx", ".xlsb", ".ods"))


@pytest.mark.skipif(not BOOKS, reason="the shared files are not here")
def test_workbooks_that_break_readers(desk: Desk) -> None:
    for path in BOOKS:
        start = time.perf_counter()
        report = desk.load(path, name=path.name)
        assert time.perf_counter() - start < 2, path
        assert report.status == "refused" and report.reason, path
        assert report.file == path.name
    assert desk.rows() == []


@pytest.mark.skipif(not BOOKS, reason="the shared files are not here")
@pytest.mark.parametrize(
    ("name", "words"), [("pass_protected.xlsx", "mật khẩu"), ("empty_file.xlsx", "rỗng"), ("sheets.xls", "«text»")]
)
def test_the_reason_is_the_right_one(name: str, words: str) -> None:
    from data.home import Home
    from loaders.profiles import chosen, find
    from tests.loaders.conftest import SHIPPED

    (path,) = TORTURE.rglob(name)
    with pytest.raises(RefusedFile, match=words):
        find(chosen(Home(SHIPPED), None), open_sheets(Path(path).read_bytes(), name), name)


@pytest.mark.skipif(not BOOKS, reason="the shared files are not here")
@pytest.mark.parametrize("ending", ["xls", "xlsx", "xlsb", "ods"])
def test_the_same_sheet_in_four_kinds_of_workbook(ending: str) -> None:
    sheet = open_sheets((TORTURE / "calamine" / f"any_sheets.{ending}").read_bytes(), "tep")[0]
    assert (sheet.name, sheet.top[0], len(sheet.top)) == ("Visible", ["1", "2"], 5)
    rows = sheet.read(0, {"a": 0, "b": 1})
    assert rows.numbers.to_pylist() == [2, 3, 5]
    assert rows.table["b"].to_pylist() == ["4", "6", None]
