"""A large workbook is begun before the program is ready: what is read then is what is asked for, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from data.errors import RefusedFile
from loaders.formats import bounds, open_sheets, workbook
from tests.conftest import Campaign
from tests.exports import province
from tests.loaders.books import as_xlsx, with_sheet_xml
from tests.loaders.conftest import HEADINGS, Desk, with_cells

TEXTS = [HEADINGS, *(with_cells(n) for n in range(30))]
CELLS = [[*row, number] for number, row in enumerate(TEXTS)]
OTHERS = [HEADINGS, *(with_cells(n) for n in range(100, 103))]


@pytest.fixture(autouse=True)
def however_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "_WORTHWHILE", 0)
    monkeypatch.setattr(workbook, "_begun", [])


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were looked through."""
    seen: list[str] = []
    look = bounds.look_through

    def noted(data: bytes, name: str) -> bounds.Look:
        seen.append(name)
        return look(data, name)

    monkeypatch.setattr(bounds, "look_through", noted)
    return seen


@pytest.mark.parametrize("rows", [TEXTS, CELLS], ids=["texts", "cells"])
def test_what_was_begun_is_read_once(rows: list[list[Any]], tmp_path: Path, looks: list[str]) -> None:
    path = tmp_path / "so.xlsx"
    path.write_bytes(as_xlsx(rows))
    (usual,) = open_sheets(path.read_bytes(), "so.xlsx")
    looks.clear()
    workbook.begin(path)
    (sheet,) = open_sheets(path.read_bytes(), "so.xlsx")
    assert looks == ["so.xlsx"]
    assert (type(sheet), sheet.name, sheet.top) == (type(usual), usual.name, usual.top)
    wanted = {"code": 0, "unit": 1}
    assert sheet.read(0, wanted) == usual.read(0, wanted)
    open_sheets(path.read_bytes(), "so.xlsx")
    assert looks == ["so.xlsx"] * 2, "the second time it is read anew"


@pytest.mark.parametrize("name", ["so.xlsx", "khac.xlsx"])
def test_another_book_is_not_taken_for_it(name: str, tmp_path: Path) -> None:
    """Not the file that was replaced meanwhile, nor another one of the call."""
    path = tmp_path / "so.xlsx"
    path.write_bytes(as_xlsx(TEXTS))
    workbook.begin(path)
    (sheet,) = open_sheets(as_xlsx(OTHERS), name)
    assert [row[0] for row in sheet.top] == [row[0] for row in OTHERS]


FAR = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
BAD: dict[str, Callable[[], bytes]] = {
    "far cell": lambda: with_sheet_xml(FAR),
    "cut off": lambda: as_xlsx(TEXTS)[:-200],
    "damaged": lambda: as_xlsx(TEXTS).replace(b"PK\x01\x02", b"PK\x01\x03"),
    "locked": lambda: b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"),
    "empty": lambda: b"",
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_wrong_is_told_where_it_always_is(what: str, tmp_path: Path, desk: Desk) -> None:
    path = tmp_path / "so.xlsx"
    path.write_bytes(BAD[what]())
    with pytest.raises(RefusedFile) as usual:
        open_sheets(path.read_bytes(), path.name)
    workbook.begin(path)
    report = desk.load(path, name=path.name)
    assert report.status == "refused"
    assert report.reason == f"{usual.value.reason} {usual.value.what_to_do}"
    assert desk.rows() == []


@pytest.mark.parametrize("name", ["khong-co.xlsx", "thu-muc.xlsx", "https://example.org/so.xlsx", "so.csv"])
def test_what_cannot_be_begun_is_left_alone(name: str, tmp_path: Path) -> None:
    (tmp_path / "thu-muc.xlsx").mkdir()
    (tmp_path / "so.csv").write_bytes(as_xlsx(TEXTS))
    workbook.begin(tmp_path / name)
    assert workbook._begun == []


def test_a_book_large_enough_is_loaded_from_the_terminal(tmp_path: Path, campaign: Campaign) -> None:
    rows = [HEADINGS, *(with_cells(n) for n in range(12_000))]
    large, small = tmp_path / "lon.xlsx", tmp_path / "nho.xlsx"
    large.write_bytes(as_xlsx(rows))
    small.write_bytes(as_xlsx(OTHERS))
    assert large.stat().st_size > 1 << 18
    done = campaign("load", "--home", province(tmp_path / "home"), large, small, expect=None)
    assert "đọc 12000" in done.out and "đọc 3" in done.out, done.out + done.err
