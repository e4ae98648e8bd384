"""Cells that attack: harmless in the store, on the terminal, in JSON and CSV, and on every page."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import Done
from tests.exports import province
from tests.faults.child import command
from tests.loaders.books import as_html, as_ods, as_xls, as_xlsb, as_xlsx, as_zip
from tests.loaders.conftest import as_csv
from tests.pages.test_pages import PAGES

MEGABYTE = "Ả" * 500_000
ESCAPES = "\x1b[31mĐỏ\x1b]0;tên cửa sổ\x07\x9b2J"
HOSTILE = {
    "formula": "=cmd|'/c calc'!A1",
    "plus": "+84*1",
    "minus": "-2+3",
    "at": "@SUM(1)",
    "script": "<script>alert(1)</script>",
    "image": "<img src=x onerror=alert(1)>",
    "closing": "</div></td><h1>Đã đạt 100%</h1>",
    "link": "[x](javascript:alert(1)) `y` $z$ **đậm**",
    "sql": "'; DROP TABLE dossier_version; --",
    "quotes": "\"'\\%s %(a)s {0} {name} ${x}",
    "escapes": ESCAPES,
    "directions": "\u202egnoc\u202c \u2066ẩn\u2069 \u200f",
    "long": MEGABYTE,
    "path": "../../../../etc/passwd",
}
HEADINGS = ["Mã hồ sơ", "Mã TTHC", "Tên thủ tục hành chính", "Lĩnh vực", "Đơn vị giải quyết", "Ngày tiếp nhận", "Trạng thái", "Ghi chú"]  # fmt: skip


def _rows() -> list[list[str]]:
    rows = [HEADINGS]
    for number, text in enumerate(HOSTILE.values()):
        good = [f"H10-{number:04}", "1.000001", "Tên", "Lĩnh vực", "Sở Tư pháp", "01/04/2021", "Đang xử lý", text]
        # In turn as a code, as words that are kept, as a unit, date or status that is refused.
        for place in (0, 1, 2, 4, 5, 6):
            row = [*good[:1], *good[1:]]
            row[0] = f"H10-{number:04}-{place}"
            row[place] = text
            if place == 2:
                row[3] = text
            rows.append(row)
    return rows


ROWS = _rows()
SHORT = [[cell[:20_000] for cell in row] for row in ROWS]
"""What a workbook's cell can hold."""
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def _printable(rows: list[list[str]]) -> list[list[str]]:
    """XML has no control characters."""
    return [[re.sub(r"[\x00-\x08\x0b-\x1f]", "", cell) for cell in row] for row in rows]


FILES: dict[str, bytes] = {
    "a.csv": as_csv(ROWS),
    "b.json": json.dumps([dict(zip(HEADINGS, row, strict=True)) for row in ROWS[1:]]).encode(),
    "c.xlsx": as_xlsx(_printable(SHORT)),
    "d.xls": as_xls([[cell[:2000] for cell in row] for row in SHORT]),
    "e.xlsb": as_xlsb(SHORT),
    "f.ods": as_ods(_printable(SHORT)),
    "g.html": as_html(ROWS),
    "h.zip": as_zip({"../../../tmp/ra-ngoai.csv": as_csv(ROWS[:3]), "/etc/cron.d/\x1b[31mx\u202e.csv": as_csv([ROWS[0], *ROWS[4:9]])}),
    "<script>alert(1)<\x1b[31m\u202e.csv".replace("/", ""): as_csv([HEADINGS, ROWS[1]]),
    "=cmd|x.csv": as_csv([HEADINGS, [f"{ROWS[1][0]}x", *ROWS[1][1:]]]),
}  # fmt: skip


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    root = tmp_path_factory.mktemp("hostile")
    inbox = root / "inbox"
    inbox.mkdir()
    for name, data in FILES.items():
        (inbox / name).write_bytes(data)
    files = [inbox / name for name in FILES]
    home = province(root / "home")
    as_json = command(root / "json", "load", "--home", home, *files, "--json")
    printed = command(root / "text", "load", "--home", province(root / "other"), *files)
    return {"root": root, "home": home, "json": as_json, "text": printed}


def test_every_row_is_taken_or_refused(loaded: dict[str, Any]) -> None:
    done: Done = loaded["json"]
    assert done.code == 1
    assert "Traceback" not in done.err
    for report in done.json():
        assert report["status"] == "loaded", report
        assert report["read"] == report["new"] + report["changed"] + report["unchanged"] + report["refused"]
        for refusal in report["refusals"]:
            assert len(refusal["value"]) <= 60
            assert not CONTROLS.search("".join(str(cell) for cell in refusal.values()))


def test_the_terminal_is_left_alone(loaded: dict[str, Any]) -> None:
    for way in ("json", "text"):
        done: Done = loaded[way]
        assert not CONTROLS.search(done.out + done.err)
        assert len(done.out) < 400_000
    home = loaded["home"]
    for more in (["loads"], ["explain", "online_submit", "--rows", "--window", "all"]):
        for form in ([], ["--json"]):
            done = command(loaded["root"] / "asked", *more, "--home", home, *form)
            assert done.code == 0, done
            assert not CONTROLS.search(done.out + done.err)
            assert len(done.out) < 200_000


def test_the_database_is_whole_and_holds_no_megabytes(loaded: dict[str, Any]) -> None:
    with closing(sqlite3.connect(loaded["home"] / "campaign.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        codes = [code for (code,) in connection.execute("SELECT code FROM dossier_version")]
        assert HOSTILE["sql"] in codes
        assert max(map(len, codes)) <= 1000
        for table, column in (
            ("procedure", "name"),
            ("procedure", "field_name"),
            ("refusal", "value"),
            ("import", "file"),
        ):
            for (text,) in connection.execute(f'SELECT "{column}" FROM "{table}"'):
                assert len(text) <= 500, (table, column)
                assert not CONTROLS.search(text), (table, column)
        longest = connection.execute("SELECT max(length(procedure)) FROM dossier_version").fetchone()
        assert longest[0] <= 1000


def test_nothing_left_the_archive(loaded: dict[str, Any]) -> None:
    assert not Path("/tmp/ra-ngoai.csv").exists()
    assert not [path for path in Path(loaded["home"]).rglob("*") if "ra-ngoai" in path.name]


def test_no_download_runs_a_formula(loaded: dict[str, Any]) -> None:
    done = command(
        loaded["root"] / "asked",
        *("explain", "online_submit", "--rows", "--window", "all", "--format", "csv", "--home", loaded["home"]),
    )
    cells = [cell for row in csv.reader(io.StringIO(done.out)) for cell in row]
    assert any("cmd|" in cell for cell in cells)
    assert [cell for cell in cells if cell[:1] in "=+-@\t\r" and cell and not re.fullmatch(r"-?[\d.]+", cell)] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_page_shows_them_as_text(page: str, loaded: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.conftest import ROOT

    monkeypatch.setenv("CAMPAIGN_HOME", str(loaded["home"]))
    monkeypatch.delenv("CAMPAIGN_DATABASE_URL", raising=False)
    monkeypatch.setattr("streamlit.get_option", lambda name: "127.0.0.1" if name == "server.address" else None)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.query_params["as_of"] = "2021-04-20T17:00"
    app.query_params["unit"] = "stp"
    app.run().switch_page(page).run()
    assert not app.exception, app.exception
    shown = " ".join(element.proto.body for element in app.get("html"))
    assert len(shown) < 1_500_000
    for attack in ("<script>alert", "<img src=x", "<h1>Đã đạt", "onerror=alert(1)>"):
        assert attack not in shown, attack
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", shown)


@pytest.fixture(scope="module", autouse=True)
def tidy_up(loaded: dict[str, Any]) -> Any:
    yield
    shutil.rmtree(loaded["root"], ignore_errors=True)
