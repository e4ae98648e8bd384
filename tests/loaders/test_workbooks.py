"""Workbooks and what calls itself one: the same facts from every format, titles, merged headings, groups, totals."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from loaders.formats import Rows, bounds
from loaders.formats.csv_file import as_utf8
from loaders.formats.encodings import TABLES
from loaders.formats.grid import GridSheet, TextSheet
from loaders.formats.workbook import sheets
from tests.conftest import SHARED
from tests.loaders.books import as_html, as_ods, as_spreadsheetml, as_xlsx, as_zip
from tests.loaders.conftest import HEADINGS, Desk, as_csv, with_cells
from tests.loaders.test_formats import vietnamese_1258

FACTS = (
    "code, procedure, channel, payment, status, submitted_at, accepted_at, due_at, finished_at, returned_at, flags, "
    "(SELECT code FROM unit WHERE unit.id = dossier_version.unit_id)"
)
COLUMNS = [*HEADINGS, "Mã TTHC", "Chủ hồ sơ"]


def dossiers(count: int) -> list[list[Any]]:
    """Rows as a register holds them: texts, real dates with and without a time, blanks."""
    chance = random.Random(4)
    rows: list[list[Any]] = []
    for number in range(count):
        accepted = datetime(2021, 3, 31) + timedelta(seconds=chance.randrange(40 * 86_400))
        due = (accepted + timedelta(days=chance.randrange(1, 9))).date()
        finished = accepted + timedelta(seconds=chance.randrange(9 * 86_400)) if chance.random() < 0.7 else None
        rows.append(
            [
                f"000.00.12.H10-210401-{number:04d}",
                chance.choice(["Sở Tư pháp", "Sở Nội vụ", "UBND huyện Đồng Phú", "Sở  Công\nThương"]),
                accepted,
                due if chance.random() < 0.8 else None,
                finished,
                "Đã trả kết quả" if finished else "Đang xử lý",
                chance.choice(["Trực tiếp", "Trực tuyến", "Qua bưu chính", ""]),
                chance.choice(["1.003003.000.00.00.H10", "2.000815"]),
                f"Nguyễn Văn {number}",
            ]
        )
    return rows


def said(cell: Any) -> str:
    """A cell as text, day first."""
    if isinstance(cell, datetime):
        return f"{cell:%d/%m/%Y %H:%M:%S}"
    return f"{cell:%d/%m/%Y}" if isinstance(cell, date) else "" if cell is None else str(cell)


DOSSIERS = dossiers(200)
TABLE = [COLUMNS, *DOSSIERS]
TEXTS = [[said(cell) for cell in row] for row in TABLE]


def eight_bit(encoding: str) -> bytes:
    places = {letter: place for place, letter in enumerate(TABLES[encoding])}
    return bytes(places[letter] for letter in as_csv(TEXTS).decode())


FILES: dict[str, Callable[[], bytes]] = {
    "xlsx": lambda: as_xlsx(TABLE),
    "xlsx-text": lambda: as_xlsx(TEXTS),
    "xlsx-serials": lambda: as_xlsx(TABLE, serials=True),
    "xlsx-1904": lambda: as_xlsx(TABLE, epoch_1904=True),
    "xlsx-1904-serials": lambda: as_xlsx(TABLE, epoch_1904=True, serials=True),
    "ods": lambda: as_ods(TABLE),
    "html": lambda: as_html(TEXTS),
    "spreadsheetml": lambda: as_spreadsheetml(TABLE),
    "json": lambda: json.dumps([dict(zip(COLUMNS, row, strict=True)) for row in TEXTS[1:]]).encode(),
    "utf-16": lambda: as_csv(TEXTS, "\t").decode().encode("utf-16"),
    "windows-1258": lambda: vietnamese_1258(as_csv(TEXTS).decode()),
    "viscii": lambda: eight_bit("viscii"),
    "tcvn3": lambda: eight_bit("tcvn3"),
    "csv.gz": lambda: gzip.compress(as_csv(TEXTS)),
    "csv.zip": lambda: as_zip({"so/tep.csv": as_csv(TEXTS, ";")}),
    "xlsx.zip": lambda: as_zip({"tep.xlsx": as_xlsx(TABLE)}),
}


@pytest.fixture(scope="module")
def from_csv(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[object, ...]]:
    return _facts(tmp_path_factory.mktemp("csv"), as_csv(TEXTS))


def _facts(folder: Path, data: bytes) -> list[tuple[object, ...]]:
    import shutil

    from tests.loaders.conftest import ONE_STOP, SHIPPED

    (folder / "profiles").mkdir()
    for name in ("units.csv", "aliases.csv"):
        shutil.copy(SHIPPED / name, folder / name)
    (folder / "profiles" / "mot-cua-thu.toml").write_text(ONE_STOP, encoding="utf-8")
    desk = Desk(folder)
    report = desk.load(data)
    assert (report.status, report.read, report.new, report.refused) == ("loaded", 200, 200, 0), report
    assert report.skipped == {}
    return sorted(desk.rows(FACTS))


@pytest.mark.parametrize("form", FILES)
def test_the_same_dossiers_give_the_same_facts(form: str, tmp_path: Path, from_csv: list[tuple[object, ...]]) -> None:
    assert _facts(tmp_path, FILES[form]()) == from_csv


def test_a_register_as_offices_print_it(desk: Desk) -> None:
    """Title rows, headings over two merged rows, column numbers, groups, headings again, total, signatures."""
    heads = [
        ["STT", "Mã hồ sơ", "Đơn vị giải quyết", "Tiếp nhận", "", "Giải quyết", "", "Ghi chú"],
        ["", "", "", "Ngày tiếp nhận", "Hình thức nộp", "Ngày hẹn trả", "Ngày kết thúc xử lý", ""],
    ]
    good = [
        [n, f"000.00.12.H10-210401-{n:04d}", "Sở Tư pháp", "01/04/2021 08:05:00", "Trực tuyến", "05/04/2021", "", ""]
        for n in range(1, 5)
    ]
    rows: list[list[Any]] = [
        ["UBND TỈNH BÌNH PHƯỚC", "", "", "", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"],
        ["SỔ THEO DÕI HỒ SƠ"],
        ["(Từ ngày 01/04/2021 đến ngày 30/04/2021)"],
        [],
        *heads,
        [f"({n})" for n in range(1, 9)],
        ["I", "SỞ TƯ PHÁP"],
        good[0],
        good[1],
        [],
        ["", "Trung tâm Phục vụ hành chính công", "", "", "", "", "", "12 hồ sơ"],
        heads[1],
        good[2],
        ["II"],
        good[3],
        [5, "", "Sở Tư pháp", "", "", "05/04/2021", "05/04/2021", "dòng hỏng"],
        ["", "Tổng cộng", "", 4],
        [],
        ["", "", "", "", "", "Đồng Xoài, ngày 30 tháng 4 năm 2021"],
        ["", "Người lập biểu", "", "", "", "KT. GIÁM ĐỐC"],
        ["", "Nguyễn Thị Bưởi", "", "", "", "Trần Văn Cam"],
    ]
    merged = [(4, c, 5, c, heads[0][c]) for c in (0, 1, 2, 7)] + [(4, 3, 4, 4, "Tiếp nhận"), (4, 5, 4, 6, "Giải quyết")]
    expected = {"column_numbers": 1, "groups": 3, "headings": 1, "totals": 1, "signatures": 3}
    report = desk.load(as_xlsx(rows, merged), name="so.xlsx")
    assert report.skipped == expected
    assert (report.status, report.read, report.new, report.refused) == ("loaded", 5, 4, 1)
    assert desk.rows("row, sheet, channel") == [(row, "Sổ theo dõi", 2) for row in (9, 10, 14, 16)]
    assert [(one.row, one.heading) for one in report.refusals] == [(17, "Mã hồ sơ"), (17, "Ngày tiếp nhận")]
    assert "Bưởi" not in Path(desk.database).read_bytes().decode("utf-8", "ignore")


@pytest.mark.parametrize("written", [as_ods, as_html, as_spreadsheetml])
def test_what_prints_like_a_register_in_other_formats(written: Callable[[Any], bytes], desk: Desk) -> None:
    rows = [
        ["SỔ THEO DÕI HỒ SƠ"],
        [""],
        ["STT", "Mã hồ sơ", "Đơn vị giải quyết", "Ngày tiếp nhận"],
        ["I", "SỞ TƯ PHÁP", "", ""],
        ["1", "000.00.12.H10-210401-0001", "Sở Tư pháp", "01/04/2021"],
        ["", "TỔNG SỐ", "1", ""],
    ]
    report = desk.load(written(rows), name="so.xls")
    assert report.skipped == {"groups": 1, "totals": 1}
    assert desk.rows("row") == [(5,)]


def test_a_csv_with_groups_totals_and_short_signature_lines(desk: Desk) -> None:
    text = io.StringIO()
    csv.writer(text).writerows(
        [
            ["STT", "Mã hồ sơ", "Đơn vị giải quyết", "Ngày tiếp nhận"],
            ["I", "SỞ TƯ PHÁP", "", ""],
            ["1", "000.00.12.H10-210401-0001", "Sở Tư pháp", "01/04/2021"],
            ["2", "", "Công an tỉnh", "hôm qua"],
            ["TỔNG SỐ", "", "", ""],
            ["Người lập biểu"],
        ]
    )
    report = desk.load(text.getvalue().encode())
    assert report.skipped == {"groups": 1, "totals": 1, "signatures": 1}
    assert (report.new, report.refused, {one.row for one in report.refusals}) == (1, 1, {4})


@pytest.mark.parametrize(
    ("numbers", "skipped"),
    [
        (["(1)", "(2)", "(3)", "(4)"], 1),
        (["[1]", "[2]", "[3]", "[4]"], 1),
        (["A", "B", "1", "2"], 1),
        (["-1", "-2", "-3", "-4"], 1),
        (["(1)", "(2)", "(3)", "(4) = (2)+(3)"], 1),
        (["1", "", "3", "4"], 1),
        # No numbers of columns, but records that are wrong.
        (["1", "1", "1", "1"], 0),
        (["1", "2", "3", "2021"], 0),
        (["A", "B", "C", "D"], 0),
    ],
)
def test_a_row_that_numbers_the_columns(numbers: list[str], skipped: int, desk: Desk) -> None:
    good = ["1", "000.00.12.H10-210401-0001", "Sở Tư pháp", "01/04/2021"]
    report = desk.load(as_csv([["STT", "Mã hồ sơ", "Đơn vị giải quyết", "Ngày tiếp nhận"], numbers, good]))
    assert (report.new, report.skipped.get("column_numbers", 0), report.refused) == (1, skipped, 1 - skipped)


def test_every_sheet_with_the_headings_is_read(desk: Desk) -> None:
    rows = [[said(cell) for cell in row] for row in DOSSIERS[:6]]
    data = as_xlsx({"Hướng dẫn": [["Cách điền"]], "Tháng 4": [COLUMNS, *rows[:4]], "Tháng 5": [COLUMNS, *rows[4:]]})
    assert desk.load(data, name="so.xlsx").new == 6
    assert desk.rows("sheet, row") == [("Tháng 4", n) for n in range(2, 6)] + [("Tháng 5", n) for n in (2, 3)]


def test_headings_that_differ_only_above(root: Path, open_desk: Callable[[Path], Desk]) -> None:
    """«Tiếp nhận / Ngày» and «Hẹn trả / Ngày» are told apart by the whole heading."""
    profile = root / "profiles" / "mot-cua-thu.toml"
    text = profile.read_text(encoding="utf-8").replace('"Ngày tiếp nhận"', '"Tiếp nhận - Ngày"')
    profile.write_text(text.replace('"Ngày hẹn trả"', '"Hẹn trả - Ngày"'), encoding="utf-8")
    heads = [["Mã hồ sơ", "Đơn vị giải quyết", "Tiếp nhận", "", "Hẹn trả", ""], ["", "", "Giờ", "Ngày", "Giờ", "Ngày"]]
    row = ["000.00.12.H10-210401-0001", "Sở Tư pháp", "08:00", "01/04/2021", "17:00", "05/04/2021"]
    for data in (as_xlsx([*heads, row], [(0, 2, 0, 3, "Tiếp nhận"), (0, 4, 0, 5, "Hẹn trả")]), as_ods([*heads, row])):
        desk = open_desk(root)
        report = desk.load(data)
        assert (report.refused, report.skipped) == (0, {})
        assert desk.rows("row, (due_at - accepted_at) / 86400000000") == [(3, 4)]
        Path(desk.database).unlink()


def test_codes_that_are_numbers_show_no_decimals(desk: Desk) -> None:
    row: list[Any] = [202104010001.0, "Sở Tư pháp", 20210401080500, 20210409, None, 9, "Trực tuyến"]
    profile = desk.home.root / "profiles" / "mot-cua-thu.toml"
    text = profile.read_text(encoding="utf-8").replace('"iso8601"]', '"iso8601", "%Y%m%d%H%M%S", "%Y%m%d"]')
    profile.write_text(text, encoding="utf-8")
    report = desk.load(as_xlsx([HEADINGS, row]), profile=profile)
    assert report.refused == 0
    assert desk.rows("code, status") == [("202104010001", 9)]


@pytest.mark.skipif(not (SHARED / "external" / "torture").is_dir(), reason="the shared files are not here")
@pytest.mark.parametrize("encoding", ["viscii", "windows-1258"])
def test_encodings_of_a_real_text(encoding: str) -> None:
    """A text of others' making, so that our tables are not only compared with themselves."""
    folder = SHARED / "external" / "torture" / "uchardet_vi"
    text = as_utf8((folder / f"{encoding}.txt").read_bytes(), "tep").decode()
    assert unicodedata.normalize("NFC", text) == unicodedata.normalize("NFC", (folder / "utf-8.txt").read_text("utf-8"))


@pytest.mark.skipif(not (SHARED / "external" / "tthc-catalogue").is_dir(), reason="the shared files are not here")
@pytest.mark.parametrize("ministry", ["BoCongAn", "BoTuPhap", "BoXayDung"])
def test_lists_of_the_national_portal_name_their_headings(ministry: str, desk: Desk) -> None:
    name = f"danh-sach-tthc-{ministry}.xlsx"
    report = desk.load(SHARED / "external" / "tthc-catalogue" / name, name=name)
    assert report.status == "refused"
    assert "«Mã số»" in report.reason and "«Cơ quan ban hành»" in report.reason
    assert desk.rows() == []


SOME_TEXT = st.sampled_from(
    ["", " ", "a", " b ", "hòa", "ho\u0301a", "một\nhai", '<&>"', "_x000D_", "0012", "1.003003", "=1", "x" * 300]
)


@settings(deadline=None)
@given(st.lists(st.lists(SOME_TEXT, min_size=3, max_size=3), max_size=60))
def test_a_workbook_of_texts_reads_as_any_other(rows: list[list[str]]) -> None:
    """One truth value makes a workbook be read cell by cell, and no difference otherwise."""
    (by_columns,) = sheets(as_xlsx([["A", "B", "C", "D"], *rows]), "a.xlsx")
    (by_cells,) = sheets(as_xlsx([["A", "B", "C", True], *rows]), "a.xlsx")
    assert type(by_columns) is TextSheet
    assert type(by_cells) is GridSheet
    assert [list(row) for row in by_columns.top[1:]] == [list(row) for row in by_cells.top[1:]]
    wanted = {"first": 2, "second": 0}
    assert _all_of(by_columns.read(0, wanted)) == _all_of(by_cells.read(0, wanted))


_DAYS = st.datetimes(datetime(1951, 1, 1), datetime(2090, 1, 1)).map(lambda one: one.replace(microsecond=0))
_MIDNIGHTS = _DAYS.map(lambda one: one.replace(hour=0, minute=0, second=0))
_WHOLE = st.integers(-(10**6), 10**6)
CELLS = {
    "dates": _DAYS | _MIDNIGHTS,
    "numbers": _WHOLE,
    "large numbers": st.integers(10**13, 10**16),
    "fractions": st.floats(allow_nan=False, allow_infinity=False, width=32),
    "dates and what looks so": _DAYS | st.sampled_from(["2021-05-16 08:00:00", "2021-05-16 00:00:00", "16/05/2021"]),
    "numbers and what looks so": _WHOLE | st.sampled_from(["12", "0012", "-0", "1.5", "1e5", "nan"]),
    "parts of a second": _DAYS.map(lambda one: one.replace(microsecond=500_000)),
    "both": _DAYS | _WHOLE,
    "hours": st.times().map(lambda one: one.replace(microsecond=0)),
    "far away": st.datetimes(datetime(1900, 1, 1), datetime(9999, 12, 31)),
}


@pytest.mark.parametrize("kind", CELLS)
@settings(deadline=None)
@given(data=st.data())
def test_a_workbook_of_dates_or_numbers_reads_as_any_other(kind: str, data: st.DataObject) -> None:
    """One truth value makes a workbook be read cell by cell, and no difference otherwise."""
    cells = data.draw(st.lists(CELLS[kind] | SOME_TEXT, max_size=30))
    title = data.draw(st.sampled_from(["Báo cáo", 2021, datetime(2021, 5, 16, 8)]))
    (by_columns,) = sheets(_with_column(title, cells), "a.xlsx")
    (by_cells,) = sheets(_with_column(title, cells, True), "a.xlsx")
    assert type(by_cells) is GridSheet
    assert [list(row)[:2] for row in by_columns.top] == [list(row)[:2] for row in by_cells.top]
    wanted = {"code": 0, "cell": 1}
    assert _all_of(by_columns.read(1, wanted)) == _all_of(by_cells.read(1, wanted))
    alone = isinstance(title, str) or isinstance(title, datetime) == (kind == "dates")
    if kind in ("dates", "numbers") and alone and not any(isinstance(cell, str) and cell for cell in cells):
        assert type(by_columns) is TextSheet


def _with_column(title: object, cells: list[object], *others: object) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet("Hồ sơ")
        shown = [book.add_format({"num_format": form}) for form in ("dd/mm/yyyy hh:mm:ss", "dd/mm/yyyy")]
        rows = [["Tiêu đề", title], ["Mã", "Ngày"], *([f"H{n}", cell] for n, cell in enumerate(cells))]
        for number, row in enumerate([*rows, ["H", "cuối", *others]]):
            for place, cell in enumerate(row):
                if isinstance(cell, datetime | time):
                    sheet.write_datetime(number, place, cell, shown[number % 2])
                elif isinstance(cell, str):
                    sheet.write_string(number, place, cell)
                else:
                    sheet.write(number, place, cell)
    return out.getvalue()


@pytest.mark.parametrize("piece", [200, 333, 1 << 18])
def test_numbers_are_counted_wherever_a_piece_ends(piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "_STEP", piece)
    cells = [datetime(2021, 5, 16, 8, 5) if n % 3 else "" for n in range(300)]
    look = bounds.look_through(_with_column("x", cells), "a.xlsx")
    assert look.simple and look.usual
    assert list(look.numbers.values()) == [{2: bounds.Numbers(200, 302, whole=False)}]


def test_a_workbook_with_numbers_on_one_of_two_sheets() -> None:
    """Which of them holds the numbers is not looked up: it is read cell by cell."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        book.add_worksheet("a").write_string(0, 0, "x")
        book.add_worksheet("b").write_number(0, 0, 5)
    assert [type(sheet) for sheet in sheets(out.getvalue(), "a.xlsx")] == [GridSheet, GridSheet]


OF_ONE_KIND = {
    "numbers": st.floats(),
    "moments": st.datetimes() | st.datetimes().map(lambda one: one.replace(microsecond=0)) | st.dates(),
    "truths": st.booleans() | st.floats(),
}


@pytest.mark.parametrize("kind", OF_ONE_KIND)
@settings(deadline=None)
@given(data=st.data())
def test_a_column_of_one_kind_reads_as_its_cells_do_one_by_one(kind: str, data: st.DataObject) -> None:
    cells = data.draw(st.lists(OF_ONE_KIND[kind] | st.sampled_from(["", None]), max_size=20))
    together = GridSheet("x", lambda: [[str(n), cell] for n, cell in enumerate(cells)]).read(-1, {"n": 0, "cell": 1})
    alone = [
        GridSheet("x", lambda cell=cell: [["n", cell], ["n", "x"]]).read(-1, {"n": 0, "cell": 1}) for cell in cells
    ]
    assert together.table["cell"].to_pylist() == [one.table["cell"][0].as_py() for one in alone]


def _all_of(rows: Rows) -> tuple[object, ...]:
    asides = {at: list(cells) for at, cells in rows.asides.items()}
    return (
        rows.table.to_pydict(),
        rows.numbers.to_pylist(),
        asides,
        {name: tuple(form) for name, form in rows.forms.items()},
    )


_GUIDE = [["Hướng dẫn nộp báo cáo", ""], ["Hạn nộp", "16/05/2021"], ["Đơn vị", "Tổng số"], ["Sở Tư pháp", "12"]]
_LOST = [heading if heading != "Ngày tiếp nhận" else "Ngay tip nhan" for heading in HEADINGS]
_UNNAMED = [heading if heading != "Mã hồ sơ" else "Biên nhận số" for heading in HEADINGS]


@pytest.mark.parametrize(
    ("heads", "lack"),
    [
        ([_LOST], "«Ngày tiếp nhận»"),
        ([_UNNAMED], "«Mã hồ sơ»"),
        ([], "hàng tiêu đề"),
        ([["Tiếp theo"]], "hàng tiêu đề"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_no_sheet_of_records_is_left_out_in_silence(
    heads: list[list[str]], lack: str, packed: bool, desk: Desk
) -> None:
    months = {
        "Hướng dẫn": _GUIDE,
        "Tháng 4": [HEADINGS, with_cells(1)],
        "Tháng 5": [*heads, with_cells(2), with_cells(3)],
    }
    zipped = {f"{month}.csv": as_csv(rows) for month, rows in months.items()}
    report = desk.load(as_zip(zipped) if packed else as_xlsx(months), name="so")
    assert (report.status, report.new) == ("refused", 0)
    assert "Tháng 5" in report.reason and lack in report.reason
    assert desk.rows() == []
