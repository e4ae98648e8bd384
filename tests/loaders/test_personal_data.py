"""People's data planted wherever a file can hold it, in every format: found in no file that loading writes, and in no word it says.

Every byte of the home, of the folder for temporary files, of what the command prints and of every file it had open is
searched, in UTF-8 and UTF-16, composed and decomposed, in small and capital letters.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import sqlite3
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import ROOT
from tests.exports import province
from tests.faults.child import Command, command
from tests.loaders.books import as_html, as_ods, as_spreadsheetml, as_xls, as_xlsb, as_xlsx, as_zip
from tests.loaders.conftest import as_csv
from tests.loaders.test_every_format import ENCODINGS

NAME = "Nguyễn Thị Quỳnh Hường"
ADDRESS = "ấp Tận Cùng, đường Ẩn Danh"
NUMBERS = ("070189007654", "285193764", "0912 735 846", "0987.654.329", "+84 938 471 625", "(0271) 3887 615")
MAIL = "bi.mat+hoso@thu-kin.vn"
SECRETS = (NAME, "Quỳnh Hường", ADDRESS, "Ẩn Danh", MAIL, "thu-kin", *NUMBERS)
FREE = f"Bà {NAME}, {ADDRESS}, CCCD {NUMBERS[0]}, CMND {NUMBERS[1]}, gọi {NUMBERS[2]} hoặc {NUMBERS[3]}, thư {MAIL}"
PERSONAL: dict[str, str] = {
    "Chủ hồ sơ": NAME,
    "Người nộp": NAME,
    "Họ tên": NAME,
    "Địa chỉ": ADDRESS,
    "Số điện thoại": NUMBERS[2],
    "Số CCCD": NUMBERS[0],
    "CMND": NUMBERS[1],
    "Email": MAIL,
    "Ghi chú": FREE,
    "Trích yếu": FREE,
    "Người tiếp nhận": NAME,
}
# Kept as a name, so it is searched for numbers and addresses; a person's name in it cannot be told from other words.
NUMBERED = f"Cấp đổi thẻ {NUMBERS[0]} {NUMBERS[1]} {NUMBERS[2]} {NUMBERS[3]} {NUMBERS[4]} {NUMBERS[5]} {MAIL}"
# Dossier, procedure and unit are codes even where they look like identity or telephone numbers.
CODES = ("070089001234", "285123456", "0977123456")
GOOD: dict[str, str] = {
    "Mã hồ sơ": "",
    "Mã TTHC": CODES[1],
    "Tên thủ tục hành chính": NUMBERED,
    "Lĩnh vực": f"Hộ tịch {NUMBERS[2]}",
    "Đơn vị giải quyết": "Sở Tư pháp",
    "Ngày tiếp nhận": "01/04/2021 08:05:00",
    "Ngày hẹn trả": "05/04/2021",
    "Trạng thái": "Đang xử lý",
    "Hình thức nộp": "Trực tuyến",
}
HEADINGS = [*list(PERSONAL)[:6], *GOOD, *list(PERSONAL)[6:]]


def _row(**cells: str) -> list[str]:
    row = {**PERSONAL, **GOOD, **{name.replace("_", " "): text for name, text in cells.items()}}
    return [row[heading] for heading in HEADINGS]


WIDTH = len(HEADINGS)
ROWS: list[list[str]] = [
    _row(Mã_hồ_sơ=CODES[0]),
    _row(Mã_hồ_sơ=CODES[2]),
    # Refused, each for another reason.
    _row(Mã_hồ_sơ=""),
    _row(Mã_hồ_sơ="H10-3", Ngày_tiếp_nhận=""),
    _row(Mã_hồ_sơ="H10-4", Ngày_tiếp_nhận=NUMBERS[0]),
    _row(Mã_hồ_sơ="H10-5", Ngày_hẹn_trả=f"gọi {NUMBERS[2]}"),
    _row(Mã_hồ_sơ="H10-6", Đơn_vị_giải_quyết=f"Sở Ma thuật {NUMBERS[3]}"),
    _row(Mã_hồ_sơ="H10-7", Trạng_thái=f"hỏi {MAIL}"),
    _row(Mã_hồ_sơ="H10-8", Hình_thức_nộp=f"qua số {NUMBERS[1]}"),
]
TITLES: list[list[str]] = [
    [f"Người xuất báo cáo: {NAME} - {NUMBERS[2]}"],
    ["SỔ THEO DÕI HỒ SƠ", "", "", f"Điện thoại {NUMBERS[4]}, {MAIL}"],
    [],
]
ENDS: list[list[str]] = [
    ["TỔNG SỐ", "9"],
    ["", "Người lập biểu", "", "GIÁM ĐỐC"],
    ["", NAME, "", NAME],
    [f"Địa chỉ: {ADDRESS}, {NUMBERS[5]}"],
]


def _filled(rows: Iterable[list[str]]) -> list[list[str]]:
    return [row + [""] * (WIDTH - len(row)) for row in rows]


TABLE = _filled([*TITLES, HEADINGS, *ROWS, *ENDS])
RAGGED = [*TABLE[:8], [*ROWS[0], NAME, NUMBERS[0]], *TABLE[8:]]
OBJECTS = [
    {**dict(zip(HEADINGS, row, strict=True)), "DinhDanhCHS": [{"SoDinhDanh": NUMBERS[0]}], "KhacNua": {"Ten": NAME}}
    for row in ROWS
]
ENVELOPE = {"session": NAME, "madonvi": "x", "GhiChu": FREE, "service": "DongBoHoSoMC", "data": OBJECTS}

FORMS: dict[str, Callable[[], bytes]] = {
    "so.csv": lambda: as_csv(RAGGED),
    "so-le.csv": lambda: as_csv(TABLE, ";"),
    **{
        f"{encoding.replace(' ', '-').replace(',', '')}.csv": (
            lambda encode=encode: encode(as_csv(TABLE, "\t").decode())  # type: ignore[misc]
        )
        for encoding, encode in ENCODINGS.items()
    },
    "so.xlsx": lambda: as_xlsx({f"Sổ {NUMBERS[2]}": TABLE}),
    "so.xls": lambda: as_xls(TABLE),
    "so.xlsb": lambda: as_xlsb(TABLE, f"Sổ {NUMBERS[1]}"),
    "so.ods": lambda: as_ods(TABLE),
    "so-html.xls": lambda: as_html(TABLE),
    "so-2003.xls": lambda: as_spreadsheetml(TABLE),
    "so.json": lambda: json.dumps(OBJECTS, ensure_ascii=False).encode(),
    "so.ndjson": lambda: "\n".join(map(json.dumps, OBJECTS)).encode(),
    "dong-bo.json": lambda: json.dumps(ENVELOPE).encode(),
    "so.csv.gz": lambda: gzip.compress(as_csv(TABLE)),
    "so.zip": lambda: as_zip({f"gui {MAIL}.csv": as_csv(TABLE), f"{NUMBERS[0]}/{NUMBERS[2]}.csv": as_csv(TABLE[:6])}),
    # Refused whole: no headings, none that is known, none that is needed, a quotation mark that never closes, cut off.
    "khong-tieu-de.csv": lambda: as_csv(ROWS),
    "tieu-de-la.csv": lambda: as_csv(
        _filled([[NUMBERS[2]], ["Tên gì", "Ở đâu", "Số nào"], [NAME, ADDRESS, NUMBERS[0]]])
    ),
    "chi-co-nguoi.csv": lambda: as_csv([[NAME, ADDRESS, NUMBERS[0], MAIL], [NAME, ADDRESS, NUMBERS[1], MAIL]]),
    "thieu-cot.csv": lambda: as_csv([["Mã hồ sơ", "Chủ hồ sơ"], ["H1", NAME]]),
    "nhay.csv": lambda: as_csv(TABLE[:6]) + f'H10-9,"{FREE}\n'.encode(),
    "hong.xlsx": lambda: as_xlsx(TABLE)[:-700],
    "hong.json": lambda: json.dumps(OBJECTS, ensure_ascii=False).encode()[:-40],
    "dang-nhap.html": lambda: f"<html><body>Xin chào {FREE}</body></html>".encode(),
}


def _shapes() -> Iterator[tuple[bytes, str]]:
    for secret in SECRETS:
        shapes = {secret, secret.casefold(), secret.upper(), "".join(c for c in secret if c.isalnum())}
        if secret in NUMBERS:
            shapes.add("".join(c for c in secret if c.isdigit()))
        for shape in shapes:
            for text in {unicodedata.normalize("NFC", shape), unicodedata.normalize("NFD", shape)}:
                yield json.dumps(text)[1:-1].encode(), secret
                for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
                    yield text.encode(encoding), secret


_SHAPES = dict(_shapes())
_ANY = re.compile(b"|".join(map(re.escape, sorted(_SHAPES, key=len, reverse=True))))


def _hidden_in(data: bytes) -> list[str]:
    """The secrets that are in it, however written."""
    return sorted({_SHAPES[found] for found in _ANY.findall(data)})


def _open_files(pid: int, known: set[Path]) -> Iterator[tuple[Path, bytes]]:
    """What a process has open for writing beside its known files, deleted ones too."""
    folder = Path(f"/proc/{pid}/fd")
    try:
        for link in folder.iterdir():
            target = link.readlink()
            flags = int(Path(f"/proc/{pid}/fdinfo/{link.name}").read_text().split("flags:")[1].split()[0], 8)
            if target.is_absolute() and target not in known and flags & (os.O_WRONLY | os.O_RDWR) and link.is_file():
                yield target, link.read_bytes()
    except (OSError, IndexError):
        return


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Every form loaded into one home: what was said about each, and where everything was written."""
    root = tmp_path_factory.mktemp("personal")
    home, temporary, inbox = province(root / "home"), root / "tmp", root / "inbox"
    temporary.mkdir()
    inbox.mkdir()
    files = [inbox / name for name in FORMS]
    for file in files:
        file.write_bytes(FORMS[file.name]())
    caught: dict[str, list[str]] = {}
    places = {"TMPDIR": str(temporary), "HOME": str(temporary), "SQLITE_TMPDIR": str(temporary)}
    running = Command(root / "said", "load", "--home", home, *files, "--json", environment=places)
    own = {root / "said" / "out.txt", home / "campaign.db", home / "campaign.db-wal", home / "campaign.db-shm"}
    while running.process.is_alive():
        for path, data in _open_files(running.process.pid or 0, own):
            if hidden := _hidden_in(data):
                caught[str(path)] = hidden
        for path in temporary.rglob("*"):
            if path.is_file() and (hidden := _hidden_in(path.read_bytes())):
                caught[str(path)] = hidden
        time.sleep(0.005)
    done = running.done()
    said = dict(zip(FORMS, done.json(), strict=True))
    printed = command(root / "printed", "load", "--home", province(root / "other"), *files, environment=places)
    return {
        "home": home, "temporary": temporary, "said": said, "caught": caught, "done": done, "printed": printed
    }  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_no_word_about_a_person(name: str, written: dict[str, Any]) -> None:
    report = written["said"][name]
    assert _hidden_in(json.dumps(report, ensure_ascii=False).encode()) == []
    if report["status"] == "loaded":
        assert report["refused"] >= 7, report
        assert all(one["reason"] and one["what_to_do"] for one in report["refusals"])
    else:
        assert len(report["reason"]) > 20


@pytest.mark.parametrize("way", ["done", "printed"])
def test_nothing_printed(way: str, written: dict[str, Any]) -> None:
    done = written[way]
    assert done.code == 1
    assert "Traceback" not in done.err, done.err
    assert _hidden_in((done.out + done.err).encode()) == []


def test_the_files_were_read_all_the_same(written: dict[str, Any]) -> None:
    loaded = [name for name, report in written["said"].items() if report["status"] == "loaded"]
    assert len(loaded) == len(FORMS) - 8, set(FORMS) - set(loaded)


def test_nothing_is_left_or_was_ever_in_a_file(written: dict[str, Any]) -> None:
    assert written["caught"] == {}
    files = [path for path in [*written["home"].rglob("*"), *written["temporary"].rglob("*")] if path.is_file()]
    assert any(path.name == "campaign.db" for path in files)
    for path in files:
        assert _hidden_in(path.read_bytes()) == [], path
    assert list(written["temporary"].rglob("*")) == []


def test_codes_stay_as_they_are(written: dict[str, Any]) -> None:
    kept = b"".join(path.read_bytes() for path in written["home"].glob("campaign.db*"))
    for code in CODES:
        assert code.encode() in kept, code
    assert "Cấp đổi thẻ •••".encode() in kept


def test_the_search_itself_finds_what_is_there() -> None:
    for secret in SECRETS:
        assert secret in _hidden_in(f"x{secret}y".encode("utf-16-le"))
        assert secret in _hidden_in(unicodedata.normalize("NFD", f"x{secret.upper()}y").encode())
        assert secret in _hidden_in(json.dumps({"a": secret}).encode())


def test_handed_in_on_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same files through the upload: tried out, shown, loaded; the page, its log and its folders know nobody."""
    home, temporary = province(tmp_path / "home"), tmp_path / "tmp"
    temporary.mkdir()
    for name in ("TMPDIR", "SQLITE_TMPDIR", "TEMP"):
        monkeypatch.setenv(name, str(temporary))
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.setenv("CAMPAIGN_HOME", str(home))
    monkeypatch.delenv("CAMPAIGN_DATABASE_URL", raising=False)
    monkeypatch.setattr("streamlit.get_option", lambda name: "127.0.0.1" if name == "server.address" else None)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.query_params["part"] = "upload"
    app.run().switch_page("pages/trust/imports.py").run()
    files = [(name, make(), "application/octet-stream") for name, make in FORMS.items() if not name.startswith("utf")]
    app.file_uploader[0].set_value(files).run()
    assert not app.exception, app.exception
    tried = _everything(app)
    assert "Sở Tư pháp" in tried or "dòng" in tried
    assert _hidden_in(tried.encode()) == []
    app.button(key="upload_take").click().run()
    assert not app.exception, app.exception
    assert _hidden_in(_everything(app).encode()) == []
    for path in [*home.rglob("*"), *temporary.rglob("*")]:
        if path.is_file():
            assert _hidden_in(path.read_bytes()) == [], path
    assert list(temporary.rglob("*")) == []
    with closing(sqlite3.connect(home / "campaign.db")) as connection:
        assert connection.execute("SELECT count(*) FROM import").fetchone()[0] > 10
        assert (CODES[0],) in connection.execute("SELECT code FROM dossier_version").fetchall()


def _everything(app: AppTest) -> str:
    """All that the page sent to the browser."""
    return " ".join(str(element.proto) for element in app.main) + " ".join(e.proto.body for e in app.get("html"))
