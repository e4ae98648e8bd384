"""The same dossiers in every format, delimiter and encoding an office hands in: identical facts."""

from __future__ import annotations

import gzip
import json
import random
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from data.home import Home
from loaders.check import Judge
from loaders.formats import open_sheets
from loaders.formats.encodings import TABLES
from loaders.kinds import check
from loaders.names import Names
from loaders.profiles import chosen, find
from tests.exports import province
from tests.loaders.books import as_html, as_ods, as_spreadsheetml, as_xls, as_xlsb, as_xlsx, as_zip
from tests.loaders.conftest import AT, SHIPPED, Desk, as_csv

HOME = Home(SHIPPED)
NAMES = Names(HOME)
PROFILES = chosen(HOME, None)

FIELDS: dict[str, str] = {
    "MaHoSo": "Mã hồ sơ",
    "MaTTHC": "Mã TTHC",
    "TenTTHC": "Tên thủ tục hành chính",
    "TenLinhVuc": "Lĩnh vực",
    "DonViXuLy": "Đơn vị giải quyết",
    "ChuHoSo": "Chủ hồ sơ",
    "NgayNopHoSo": "Ngày nộp hồ sơ",
    "NgayTiepNhan": "Ngày tiếp nhận",
    "NgayHenTra": "Ngày hẹn trả",
    "NgayKetThucXuLy": "Ngày kết thúc xử lý",
    "NgayTra": "Ngày trả kết quả",
    "TrangThaiHoSo": "Trạng thái",
    "KenhThucHien": "Hình thức nộp",
    "HoSoCoThanhPhanSoHoa": "Đã số hóa",
}
"""The national sync's name of a field → the heading of the one-stop software."""
WORDS: dict[str, dict[str, str]] = {
    "TrangThaiHoSo": {"4": "Đang xử lý", "9": "Đã xử lý xong", "10": "Đã trả kết quả", "5": "Yêu cầu bổ sung giấy tờ"},
    "KenhThucHien": {"1": "Trực tiếp", "2": "Trực tuyến", "3": "Qua bưu chính công ích"},
    "HoSoCoThanhPhanSoHoa": {"0": "Không", "1": "Có"},
}
"""The national code → the word of the one-stop software."""


def _dossiers(count: int) -> list[dict[str, Any]]:
    chance = random.Random(11)
    found: list[dict[str, Any]] = []
    for number in range(count):
        accepted = datetime(2021, 3, 31) + timedelta(seconds=chance.randrange(40 * 86_400))
        finished = accepted + timedelta(seconds=chance.randrange(9 * 86_400)) if chance.random() < 0.6 else None
        due = (accepted + timedelta(days=chance.randrange(1, 9))).date() if chance.random() < 0.9 else None
        found.append(
            {
                "MaHoSo": f"000.00.12.H10-210401-{number:04d}",
                "MaTTHC": chance.choice(["1.003003.000.00.00.H10", "2.000815"]),
                "TenTTHC": "Chứng thực bản sao từ bản chính, giấy tờ",
                "TenLinhVuc": "Hộ tịch",
                "DonViXuLy": chance.choice(["Sở Tư pháp", "UBND huyện Đồng Phú", "UBND thị xã Phước Long", "Sở Y tế"]),
                "ChuHoSo": f"Nguyễn Thị Bưởi {number}",
                "NgayNopHoSo": accepted - timedelta(hours=5),
                "NgayTiepNhan": accepted,
                "NgayHenTra": due,
                "NgayKetThucXuLy": finished,
                "NgayTra": finished and finished + timedelta(hours=3),
                "TrangThaiHoSo": chance.choice(["9", "10"]) if finished else chance.choice(["4", "5"]),
                "KenhThucHien": chance.choice(["1", "2", "3"]),
                "HoSoCoThanhPhanSoHoa": chance.choice(["0", "1"]),
            }
        )
    return found


DOSSIERS = _dossiers(60)
TABLE: list[list[Any]] = [
    list(FIELDS.values()),
    *([WORDS[name][value] if name in WORDS else value for name, value in one.items()] for one in DOSSIERS),
]


def _said(cell: Any) -> str:
    if isinstance(cell, datetime):
        return f"{cell:%d/%m/%Y %H:%M:%S}"
    return f"{cell:%d/%m/%Y}" if isinstance(cell, date) else "" if cell is None else str(cell)


TEXTS = [[_said(cell) for cell in row] for row in TABLE]
OBJECTS = [dict(zip(TEXTS[0], row, strict=True)) for row in TEXTS[1:]]


def _national(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y%m%d%H%M%S}"
    return f"{value:%Y%m%d}" if isinstance(value, date) else "" if value is None else value


NATIONAL = [
    {**{name: _national(value) for name, value in one.items()}, "TaiLieuNop": [{"TenTepDinhKem": "đơn.pdf"}]}
    for one in DOSSIERS
]


def _envelope(service: str, data: object) -> bytes:
    about = {"session": "x", "madonvi": "000.00.00.H10", "service": service, "isUpdating": "True"}
    return json.dumps({**about, "data": data}, ensure_ascii=False).encode()


_TONES = "\u0300\u0301\u0303\u0309\u0323"


def _windows_1258(text: str, *, decomposed: bool) -> bytes:
    """Letters with their hat, the tone behind; ``decomposed``: also where a letter with its tone has a place of its own."""
    out = b""
    for letter in unicodedata.normalize("NFC", text):
        parts = unicodedata.normalize("NFD", letter)
        tone = "".join(part for part in parts if part in _TONES)
        base = unicodedata.normalize("NFC", "".join(part for part in parts if part not in _TONES))
        try:
            out += (base + tone if decomposed else letter).encode("cp1258")
        except UnicodeEncodeError:
            out += (base + tone).encode("cp1258")
    return out


def _by_table(encoding: str) -> Callable[[str], bytes]:
    places = {letter: place for place, letter in enumerate(TABLES[encoding])}
    return lambda text: bytes(places[letter] for letter in text)


ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "utf-8": lambda text: text.encode(),
    "utf-8, decomposed": lambda text: unicodedata.normalize("NFD", text).encode(),
    "utf-8 with a mark": lambda text: text.encode("utf-8-sig"),
    "utf-16-le": lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
    "utf-16-be": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "utf-16-le without a mark": lambda text: text.encode("utf-16-le"),
    "utf-16-be without a mark": lambda text: text.encode("utf-16-be"),
    "windows-1258": lambda text: _windows_1258(text, decomposed=False),
    "windows-1258, decomposed": lambda text: _windows_1258(text, decomposed=True),
    "viscii": _by_table("viscii"),
    "tcvn3": _by_table("tcvn3"),
}
DELIMITERS = {"comma": ",", "tab": "\t", "semicolon": ";", "pipe": "|"}


def _text(delimiter: str) -> str:
    return as_csv(TEXTS, delimiter).decode()


def _delimited(delimiter: str, encode: Callable[[str], bytes]) -> Callable[[], bytes]:
    return lambda: encode(_text(delimiter))


BOOKS: dict[str, Callable[[], bytes]] = {
    "xlsx": lambda: as_xlsx(TABLE),
    "xlsx of texts": lambda: as_xlsx(TEXTS),
    "xlsx, bare serials": lambda: as_xlsx(TABLE, serials=True),
    "xlsx from 1904": lambda: as_xlsx(TABLE, epoch_1904=True),
    "xlsx from 1904, bare serials": lambda: as_xlsx(TABLE, epoch_1904=True, serials=True),
    "xls": lambda: as_xls(TABLE),
    "xls of texts": lambda: as_xls(TEXTS),
    "xlsb": lambda: as_xlsb(TABLE),
    "ods": lambda: as_ods(TABLE),
    "html that says .xls": lambda: as_html(TEXTS),
    "spreadsheetml that says .xls": lambda: as_spreadsheetml(TABLE),
}
JSONS: dict[str, Callable[[], bytes]] = {
    "json list": lambda: json.dumps(OBJECTS, ensure_ascii=False).encode(),
    "json list, escaped and indented": lambda: json.dumps(OBJECTS, indent=1).encode(),
    "json list in utf-16": lambda: json.dumps(OBJECTS, ensure_ascii=False).encode("utf-16"),
    "ndjson": lambda: "\n".join(json.dumps(one, ensure_ascii=False) for one in OBJECTS).encode(),
    "DongBoHoSoMC": lambda: _envelope("DongBoHoSoMC", NATIONAL),
    "CapNhatTienDoHoSoMC": lambda: _envelope("CapNhatTienDoHoSoMC", NATIONAL),
    "DongBoHoSoMC around its call": lambda: json.dumps(
        {"DongBoHoSoMC": {"session": "x", "isUpdating": "True", "data": NATIONAL}}
    ).encode(),
    "DongBoHoSoMC, data as text": lambda: _envelope("DongBoHoSoMC", json.dumps(NATIONAL, ensure_ascii=False)),
    "DongBoHoSoMC, one call a line": lambda: b"\n".join(
        _envelope("DongBoHoSoMC", NATIONAL[at : at + 7]) for at in range(0, len(NATIONAL), 7)
    ),
    "national list": lambda: json.dumps(NATIONAL).encode(),
    "national ndjson": lambda: "\n".join(map(json.dumps, NATIONAL)).encode(),
}
PLAIN: dict[str, Callable[[], bytes]] = {
    **{
        f"{delimiter}, {encoding}": _delimited(DELIMITERS[delimiter], ENCODINGS[encoding])
        for delimiter in DELIMITERS
        for encoding in ENCODINGS
    },
    **BOOKS,
    **JSONS,
}
PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "": lambda data: data,
    ".gz": gzip.compress,
    ".zip": lambda data: as_zip({"thu-muc/tep": data, "__MACOSX/._tep": b"\0\1"}),
}


def _facts(data: bytes) -> pa.Table:
    (match,) = find(PROFILES, open_sheets(data, "tep"), "tep")
    checked = check(Judge(match, HOME, NAMES), AT)
    assert (checked.read, checked.refused, checked.skipped) == (60, 0, {})
    return checked.facts.drop_columns(["sheet", "row"]).combine_chunks()


@pytest.fixture(scope="module")
def expected() -> pa.Table:
    facts = _facts(_text(",").encode())
    assert facts["accepted_at"].null_count == 0
    assert facts["due_at"].null_count == sum(one["NgayHenTra"] is None for one in DOSSIERS)
    assert facts["channel"].to_pylist() == [int(one["KenhThucHien"]) for one in DOSSIERS]
    assert set(facts["unit"].to_pylist()) == {"stp", "dong-phu", "phuoc-long", "syt"}
    return facts


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("form", PLAIN)
def test_the_same_facts(form: str, packing: str, expected: pa.Table) -> None:
    found = _facts(PACKINGS[packing](PLAIN[form]()))
    for name in expected.column_names:
        assert found[name].to_pylist() == expected[name].to_pylist(), name


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    desk = Desk(province(tmp_path_factory.mktemp("formats") / "home"))
    first = desk.load(_text(",").encode())
    assert (first.status, first.new) == ("loaded", 60)
    yield desk
    desk.store.engine.dispose()


@pytest.mark.parametrize("form", [*BOOKS, *JSONS, "tab, utf-16-le", "semicolon, windows-1258", "comma, tcvn3"])
def test_the_store_learns_nothing_new_from_another_format(form: str, desk: Desk) -> None:
    report = desk.load(PLAIN[form](), name=form)
    assert (report.status, report.new, report.changed, report.unchanged) == ("loaded", 0, 0, 60)


def test_names_of_all_kinds_are_on_disk_nowhere(desk: Desk) -> None:
    kept = b"".join(path.read_bytes() for path in Path(desk.database).parent.glob("campaign.db*"))
    assert "Bưởi".encode() not in kept


def test_a_single_dossier_with_lists_of_its_own() -> None:
    """One object is one dossier, not the list of its attachments."""
    one = {**NATIONAL[0], "DanhSachLePhi": [{"TenPhiLePhi": "x"}]}
    for data in (one, [one], {"data": [one]}, {"data": one}):
        (match,) = find(PROFILES, open_sheets(json.dumps(data).encode(), "tep"), "tep")
        assert check(Judge(match, HOME, NAMES), AT).facts["code"].to_pylist() == [one["MaHoSo"]]


def test_steps_of_progress_alone_are_refused_in_words(desk: Desk) -> None:
    """The other content of CapNhatTienDoHoSoMC: who did what when. Without acceptance and unit there is no dossier."""
    step = {"MaHoSo": "H1", "NguoiXuLy": "Nguyễn Thị Bưởi", "ThoiDiemXuLy": "20210401080500", "TrangThai": "4"}
    report = desk.load(_envelope("CapNhatTienDoHoSoMC", [step]), name="tien-do.json")
    assert report.status == "refused"
    assert "«NgayTiepNhan»" in report.reason
    assert "Bưởi" not in report.reason
