"""How files are written: delimiters, encodings, row numbers, damage."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import RefusedFile
from loaders.formats import Rows, open_sheets

TABLE = "Mã hồ sơ,Đơn vị,Ghi chú\nA1,Sở Tư pháp,x\nA2,Huyện Đồng Phú,y\n"


def rows_of(data: bytes, header: int = 0, columns: dict[str, int] | None = None) -> Rows:
    (sheet,) = open_sheets(data, "tep.csv")
    return sheet.read(header, columns or {"code": 0, "unit": 1})


def table_of(data: bytes) -> list[tuple[int, str | None, str | None]]:
    rows = rows_of(data)
    return list(
        zip(rows.numbers.to_pylist(), rows.table["code"].to_pylist(), rows.table["unit"].to_pylist(), strict=True)
    )


EXPECTED = [(2, "A1", "Sở Tư pháp"), (3, "A2", "Huyện Đồng Phú")]


def vietnamese_1258(text: str) -> bytes:
    """As Windows-1258 writes it: base letter with its hat, then the tone."""
    out = b""
    for letter in unicodedata.normalize("NFC", text):
        try:
            out += letter.encode("cp1258")
        except UnicodeEncodeError:
            parts = unicodedata.normalize("NFD", letter)
            tone = [part for part in parts if part in "\u0300\u0301\u0303\u0309\u0323"]
            base = unicodedata.normalize("NFC", "".join(part for part in parts if part not in tone))
            out += base.encode("cp1258") + "".join(tone).encode("cp1258")
    return out


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(delimiter: str) -> None:
    assert table_of(TABLE.replace(",", delimiter).encode()) == EXPECTED


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings(encoding: str) -> None:
    assert table_of(TABLE.encode(encoding)) == EXPECTED


def test_windows_1258() -> None:
    found = [
        (row, code, unicodedata.normalize("NFC", unit or "")) for row, code, unit in table_of(vietnamese_1258(TABLE))
    ]
    assert found == EXPECTED


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(end: str) -> None:
    assert table_of(TABLE.replace("\n", end).encode()) == EXPECTED


def test_excels_own_hint_is_not_a_row() -> None:
    assert table_of(("sep=;\r\n" + TABLE.replace(",", ";")).encode()) == EXPECTED


def test_the_row_numbers_are_those_of_a_spreadsheet_program() -> None:
    data = 'Mã,Đơn vị,Ghi chú\nA1,"Sở\nTư pháp",x\n\n,,\nA2,Huyện Đồng Phú,"a ""b"", c"\nA3,x\nA4,y,z,w\nA5,y,z,\n'
    rows = rows_of(data.encode())
    assert rows.numbers.to_pylist() == [2, 5, 8]
    assert rows.table["code"].to_pylist() == ["A1", "A2", "A5"]
    assert [(misfit.row, "2 ô" in misfit.reason or "4 ô" in misfit.reason) for misfit in rows.misfits] == [
        (6, True),
        (7, True),
    ]


@settings(deadline=None)
@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]), max_size=6),
            min_size=3,
            max_size=3,
        ),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from(["\n", "\r\n"]),
)
def test_reads_what_pythons_csv_reads(cells: list[list[str]], end: str) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator=end).writerows([["Mã", "Đơn vị", "Ghi chú"], *cells])
    rows = rows_of(text.getvalue().encode(), columns={"a": 0, "b": 1, "c": 2})
    found = dict(
        zip(rows.numbers.to_pylist(), zip(*(rows.table[name].to_pylist() for name in "abc"), strict=True), strict=True)
    )
    expected = {
        number: tuple(cell or None for cell in row)
        for number, row in enumerate(csv.reader(io.StringIO(text.getvalue(), newline="")), start=1)
        if number > 1 and any(cell and not cell.isspace() for cell in row)
    }
    assert found == expected


@pytest.mark.parametrize("code", ["A1", "Đ1"])
@pytest.mark.parametrize("blank", ["\x1f", "\x1c \v", "\u3000\xa0", "\x85"])
def test_a_row_of_blanks_of_any_kind_is_none(blank: str, code: str) -> None:
    assert table_of(f"Mã hồ sơ,Đơn vị,Ghi chú\n{blank},,\n{code},x,y\n".encode()) == [(3, code, "x")]


def test_a_quotation_mark_that_never_closes_refuses_the_file() -> None:
    data = 'Mã,Đơn vị,Ghi chú\nA1,x,"mở mà không đóng\nA2,y,z\nA3,y,z\n'
    with pytest.raises(RefusedFile, match="nháy kép"):
        rows_of(data.encode())


def test_a_quotation_mark_inside_a_cell_is_text() -> None:
    assert table_of('Mã,Đơn vị,Ghi chú\nA1,ống 5" nước,x\n'.encode()) == [(2, "A1", 'ống 5" nước')]


def test_a_row_with_a_null_character_is_named() -> None:
    rows = rows_of("Mã,Đơn vị,Ghi chú\nA1,x,y\nA\0 2,x,y\n".encode())
    assert rows.table["code"].to_pylist() == ["A1"]
    assert [misfit.row for misfit in rows.misfits] == [3]


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "rỗng"),
        (b"\xef\xbb\xbf \r\n", "rỗng"),
        (b"\0" * 50, "rỗng"),
        (b"PK\x03\x04abc", "sổ tính"),
        (b"\xd0\xcf\x11\xe0abc", "XLS"),
        (b"%PDF-1.4", "PDF"),
        (b"  <html><table>", "HTML"),
        ("a,b\n1,Τελωνείο Θεσσαλονίκης και Πειραιώς\n".encode("iso-8859-7"), "bảng mã"),
        (b'{"data": [1, 2]}', "JSON"),
        (b'{"a": ', "JSON"),
        (b'[{"a": ' + b"[" * 200_000, "JSON"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(data: bytes, word: str) -> None:
    with pytest.raises(RefusedFile, match=word):
        rows_of(data)


ITEMS: list[dict[str, Any]] = [
    {"MaHoSo": "A1", "DonViXuLy": "Sở Tư pháp", "ChuHoSo": "Nguyễn Văn A", "DanhSachLePhi": [{"Gia": 1}]},
    {"MaHoSo": "A2", "DonViXuLy": None, "KenhThucHien": 2},
]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(ITEMS),
        json.dumps(ITEMS, indent=2, ensure_ascii=False),
        json.dumps({"session": "x", "madonvi": "000.00.00.H10", "service": "DongBoHoSoMC", "data": ITEMS}),
        "\n".join(json.dumps(item) for item in ITEMS),
    ],
)
def test_json_list_envelope_and_lines(text: str) -> None:
    (sheet,) = open_sheets(text.encode(), "tep.json")
    headings = list(sheet.top[0])
    rows = sheet.read(
        0,
        {
            "code": headings.index("MaHoSo"),
            "unit": headings.index("DonViXuLy"),
            "channel": headings.index("KenhThucHien"),
        },
    )
    assert rows.numbers.to_pylist() == [1, 2]
    assert rows.table.to_pydict() == {"code": ["A1", "A2"], "unit": ["Sở Tư pháp", None], "channel": [None, "2"]}


@pytest.mark.parametrize("between", [None, "\n"])
def test_a_field_that_only_a_late_dossier_has(between: str | None) -> None:
    """Open dossiers come without an end, in their thousands."""
    items = [{"MaHoSo": f"A{number}"} for number in range(3000)] + [{"MaHoSo": "A", "NgayTra": "20210402"}]
    text = json.dumps(items) if between is None else between.join(map(json.dumps, items))
    (sheet,) = open_sheets(text.encode(), "tep.json")
    returned = sheet.read(0, {"code": 0, "returned_at": list(sheet.top[0]).index("NgayTra")}).table["returned_at"]
    assert (returned.null_count, returned[-1].as_py()) == (3000, "20210402")


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85"])
def test_a_separator_of_lines_within_a_text_of_ndjson(mark: str) -> None:
    items = [{"MaHoSo": "A1", "TenTTHC": f"trước{mark}sau"}, {"MaHoSo": "A2"}]
    text = "\r\n".join(json.dumps(item, ensure_ascii=False) for item in items)
    (sheet,) = open_sheets(text.encode(), "tep.json")
    assert sheet.read(0, {"code": 0}).table["code"].to_pylist() == ["A1", "A2"]


def test_numbers_as_a_program_with_gaps_writes_them() -> None:
    text = '[\t{"MaHoSo": "A1", "TrangThaiHoSo": 4.0, "NgayTiepNhan": 20210401080500.0, "NgayTra": NaN, "Gia": 1.5}]'
    (sheet,) = open_sheets(text.encode(), "tep.json")
    columns = {heading: place for place, heading in enumerate(sheet.top[0])}
    assert sheet.read(0, columns).table.to_pylist() == [
        {"MaHoSo": "A1", "TrangThaiHoSo": "4", "NgayTiepNhan": "20210401080500", "NgayTra": None, "Gia": "1.5"}
    ]


def test_dossiers_by_their_codes() -> None:
    items = {f"k{number}": {"MaHoSo": f"A{number}", "DonViXuLy": "x"} for number in range(5000)}
    whole, keyed = open_sheets(json.dumps({"session": "x", **items}).encode(), "tep.json")
    assert "MaHoSo" not in whole.top[0]
    assert keyed.read(0, {"code": keyed.top[0].index("MaHoSo")}).table["code"].to_pylist()[-1] == "A4999"


@pytest.mark.parametrize(
    "found",
    [
        pytest.param({f"k{number}": [{"MaHoSo": "A"}] for number in range(2000)}, id="lists without end"),
        pytest.param([{f"k{number}": 1} for number in range(20_000)], id="fields without end"),
    ],
)
def test_json_without_end_is_refused_soon(found: Any) -> None:
    with pytest.raises(RefusedFile, match="không có danh sách hồ sơ"):
        open_sheets(json.dumps(found).encode(), "tep.json")
