"""The page Dữ liệu: what it says of the store, and what its buttons do to it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from data.home import Home
from data.store import Store
from kpi.answers import as_objects
from kpi.engine import figures
from kpi.query import Query
from tests.exports import SECRET, Row, many, write_export
from tests.pages.test_pages import MOMENT, Open, body, visit

__all__ = ["visit"]

PAGE = "pages/trust/imports.py"
AS_OF = 1_618_912_800_000_000
NEW: Row = ("H10-90001", "Sở Y tế", "19/04/2021 08:00:00", "20/04/2021 17:00:00", None)


@pytest.fixture
def own(filled: Path, tmp_path: Path) -> Path:
    """A copy of the filled home that a test may change."""
    return Path(shutil.copytree(filled, tmp_path / "home"))


def store_of(root: Path) -> Store:
    return Store.open(Home(root))


def answers(root: Path) -> object:
    home = Home(root)
    return as_objects(figures(Store.open(home), home, Query(home.campaign("50-ngay"), as_of=AS_OF)), home)


def export(folder: Path, rows: Iterable[Row], name: str = "moi.csv") -> tuple[str, bytes, str]:
    return name, write_export(folder / name, list(rows)).read_bytes(), "text/csv"


def press(app: AppTest, key: str) -> AppTest:
    return app.button(key=key).click().run()


def test_days_without_rows_of_a_unit_are_marked_and_days_off_are_not(filled: Path, visit: Open) -> None:
    app = visit(filled, PAGE, as_of=MOMENT)
    text = body(app)
    assert "Ngày 20/4/2021: chưa có tệp hồ sơ nào" in text
    assert "19/4" in text and "◌" in text and "–" in text


def test_a_bad_choice_in_the_link_shows_the_page_without_it(filled: Path, visit: Open) -> None:
    text = body(visit(filled, PAGE, as_of=MOMENT, part="khong-co", entry="9' OR 1", sheet="-1", kind="<b>"))
    assert "Ngày 20/4/2021" in text
    for part in ("history", "refused", "held", "quality", "sources", "upload"):
        assert body(visit(filled, PAGE, as_of=MOMENT, part=part, entry="99", sheet="9999999", kind="x"))


def test_a_file_counts_only_after_the_yes(own: Path, tmp_path: Path, visit: Open) -> None:
    before = answers(own)
    loads = len(store_of(own).loads())
    app = visit(own, PAGE, as_of=MOMENT, part="upload")
    app.file_uploader[0].set_value([export(tmp_path, [NEW, ("", "Sở Y tế", "19/04/2021 08:00:00", None, None)])]).run()
    text = body(app)
    assert "Đọc thử: 1 tệp nạp được, chưa tính vào số nào" in text
    assert "mot-cua" in text and "Thiếu mã hồ sơ" in text and "Trước" in text and "Sau" in text
    assert SECRET not in text
    assert answers(own) == before and len(store_of(own).loads()) == loads

    press(app, "upload_take")
    assert "Đã nạp: 1 dòng mới hoặc thay đổi" in body(app)
    assert answers(own) != before
    newest = store_of(own).loads()[0]
    assert (newest["file"], newest["read"], newest["new"], newest["refused"], newest["who"]) == (
        "moi.csv",
        2,
        1,
        1,
        "local",
    )
    assert not app.file_uploader[0].value


def test_what_the_rehearsal_says_is_what_comes(own: Path, tmp_path: Path, visit: Open) -> None:
    app = visit(own, PAGE, as_of=MOMENT, part="upload")
    app.file_uploader[0].set_value([export(tmp_path, [NEW])]).run()
    text = body(app)
    overdue = text[text.index("đang hiển thị sẽ thay đổi") :]
    press(app, "upload_take")
    home = Home(own)
    rows = figures(Store.open(home), home, Query(home.campaign("50-ngay"), ("online_submit",)))
    assert f"/ {rows[0].denominator:.0f}" in overdue


def test_dropping_the_files_leaves_nothing(own: Path, tmp_path: Path, visit: Open) -> None:
    app = visit(own, PAGE, as_of=MOMENT, part="upload")
    app.file_uploader[0].set_value([export(tmp_path, [NEW])]).run()
    press(app, "upload_drop")
    assert "Đọc thử" not in body(app) and not app.file_uploader[0].value
    kept = repr(app.session_state)
    assert "upload_turn" in kept and "moi.csv" not in kept and NEW[0] not in kept


def test_what_is_no_table_is_refused_with_the_reason(own: Path, visit: Open) -> None:
    app = visit(own, PAGE, as_of=MOMENT, part="upload")
    app.file_uploader[0].set_value([("x.pdf", b"%PDF-1.7", "application/pdf")]).run()
    assert "Đây là tệp PDF" in body(app)
    assert not [button for button in app.button if button.key == "upload_take"]


def test_taking_an_import_back_shows_first_what_changes(own: Path, tmp_path: Path, visit: Open) -> None:
    before = answers(own)
    app = visit(own, PAGE, as_of=MOMENT, part="upload")
    app.file_uploader[0].set_value([export(tmp_path, [NEW])]).run()
    press(app, "upload_take")
    number = store_of(own).loads()[0]["id"]

    app = visit(own, PAGE, as_of=MOMENT, part="history", entry=str(number))
    assert "moi.csv" in body(app)
    press(app, "undo_look")
    assert "đang hiển thị sẽ thay đổi" in body(app)
    assert app.button(key="undo_do").disabled
    app.checkbox(key="undo_sure").check().run()
    press(app, "undo_do")
    assert answers(own) == before
    assert any("Đã hoàn tác" in message.value for message in app.success)
    states = {load["id"]: load["state"] for load in store_of(own).loads()}
    assert states[number] == "undone"


def test_an_import_that_others_build_on_names_them(own: Path, tmp_path: Path, visit: Open) -> None:
    first = store_of(own).loads()[-1]["id"]
    changed = [
        (code, unit, accepted, due, "20/04/2021 09:00:00") for code, unit, accepted, due, done in many() if not done
    ][:3]
    app = visit(own, PAGE, as_of=MOMENT, part="upload")
    app.file_uploader[0].set_value([export(tmp_path, changed)]).run()
    press(app, "upload_take")
    newest = store_of(own).loads()[0]["id"]
    app = visit(own, PAGE, as_of=MOMENT, part="history", entry=str(first))
    press(app, "undo_look")
    text = body(app)
    assert "Chưa hoàn tác được" in text and f"số liệu của lần nạp này: {newest}" in text


@pytest.mark.parametrize("yes", [True, False])
def test_a_held_file_waits_for_a_persons_word(yes: bool, own: Path, tmp_path: Path, visit: Open) -> None:
    done = (*NEW[:4], "19/04/2021 10:00:00")
    app = visit(own, PAGE, as_of=MOMENT, part="upload")
    for rows, name in ((done, "ho-so-2021-04-20.csv"), (NEW, "ho-so-2021-04-19.csv")):
        app.file_uploader[0].set_value([export(tmp_path, [rows], name)]).run()
        press(app, "upload_take")
    assert "▲ chờ quyết định" in body(app)
    assert store_of(own).loads()[0]["file"] == "ho-so-2021-04-20.csv"
    app = visit(own, PAGE, as_of=MOMENT, part="held")
    text = body(app)
    assert "1 tệp chờ quyết định" in text and "cũ hơn số liệu đang có" in text
    press(app, "held_yes_1" if yes else "held_no_1")
    assert "Không tệp nào chờ quyết định" in body(app) and app.success
    assert (store_of(own).loads()[0]["file"] == "ho-so-2021-04-19.csv") is yes


def test_refused_rows_are_listed_by_import(own: Path, tmp_path: Path, visit: Open) -> None:
    app = visit(own, PAGE, as_of=MOMENT, part="upload")
    bad = ("", "Sở Y tế", "19/04/2021 08:00:00", None, None)
    app.file_uploader[0].set_value([export(tmp_path, [NEW, bad, bad])]).run()
    press(app, "upload_take")
    number = store_of(own).loads()[0]["id"]
    app = visit(own, PAGE, as_of=MOMENT, part="refused")
    assert "2 dòng bị từ chối" in body(app)
    app.selectbox(key="own_entry").select(str(number)).run()
    assert app.query_params["entry"] == str(number)
    assert "moi.csv" in body(app) and "dòng 3" in body(app)
    assert len(app.get("download_button")) >= 2


def test_doubtful_dossiers_lead_to_file_and_row(filled: Path, visit: Open) -> None:
    text = body(visit(filled, PAGE, as_of=MOMENT, part="quality"))
    assert "Mã hồ sơ lạ" in text and "600" in text
    text = body(visit(filled, PAGE, as_of=MOMENT, part="quality", kind="odd_code", unit="dong-phu"))
    first = next(n for n, row in enumerate(many()) if "Đồng Phú" in row[1])
    assert many()[first][0] in text and f"dòng {first + 2}" in text


def test_without_data_a_file_can_be_handed_in_right_there(empty: Path, tmp_path: Path, visit: Open) -> None:
    root = Path(shutil.copytree(empty, tmp_path / "home"))
    app = visit(root, PAGE)
    assert "Chưa có dữ liệu" in body(app) and app.button(key="demo")
    app.file_uploader[0].set_value([export(tmp_path, [NEW])]).run()
    assert "Đọc thử: 1 tệp nạp được" in body(app)
    press(app, "upload_take")
    assert store_of(root).loads()[0]["new"] == 1


def test_the_demo_is_offered_only_where_its_units_and_campaigns_are(empty: Path, tmp_path: Path, visit: Open) -> None:
    root = Path(shutil.copytree(empty, tmp_path / "home"))
    (root / "campaigns" / "92-ngay.toml").unlink()
    app = visit(root, PAGE)
    assert "Chưa có dữ liệu" in body(app)
    assert not [button for button in app.button if button.key == "demo"]


def test_every_part_in_english(filled: Path, visit: Open) -> None:
    for part in ("arrivals", "upload", "history", "refused", "held", "quality", "sources"):
        text = body(visit(filled, PAGE, as_of=MOMENT, part=part, lang="en"))
        assert "files loaded" in text
        assert not {"tệp", "dòng", "hồ sơ", "chờ"} & set(text.split())


def test_sources_of_the_home_are_listed(own: Path, visit: Open) -> None:
    assert "Chưa khai báo nguồn nào" in body(visit(own, PAGE, as_of=MOMENT, part="sources"))
    (own / "thu-muc").mkdir()
    (own / "sources.toml").write_text(
        '[[source]]\nkey = "mot-cua"\nname = "Một cửa tỉnh"\nurl = "thu-muc"\n', encoding="utf-8"
    )
    text = body(visit(own, PAGE, as_of=MOMENT, part="sources"))
    assert "Một cửa tỉnh" in text and "mỗi 15 phút" in text and "○ chưa lấy lần nào" in text
    (own / "sources.toml").write_text("[[source]]\nkey = 1\n", encoding="utf-8")
    assert "Dữ liệu có lỗi" in body(visit(own, PAGE, as_of=MOMENT, part="sources"))
