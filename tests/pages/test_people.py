"""The pages Người dùng & quyền and Nhật ký: what they show, what their buttons do, and that the server asks again."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
import python_calamine
from streamlit.testing.v1 import AppTest

from data import audit, logins, roll, tokens
from data.access import TABLE, Action, Reach, Role
from data.audit import Line
from data.errors import AccessFault
from data.home import Home
from data.people import LOCAL, Viewer
from data.roll import Wanted, propose
from data.store import Store
from pages.parts import access
from pages.parts.roll import words
from tests.pages.test_pages import MOMENT, Open, body, visit

__all__ = ["visit"]

PEOPLE, AUDIT = "pages/trust/people.py", "pages/trust/audit.py"
ISSUER = "https://sso.example"


@pytest.fixture
def own(filled: Path, tmp_path: Path) -> Path:
    """A copy of the filled home that a test may change."""
    return Path(shutil.copytree(filled, tmp_path / "home"))


@pytest.fixture
def store(own: Path) -> Store:
    return Store.open(Home(own))


def come(store: Store, name: str, role: Role, unit: str = "") -> Viewer:
    at = time.time_ns() // 1000
    propose(store, LOCAL, Wanted(name, role, unit, f"{name}@tinh.example"), at)
    return logins.begin(store, logins.Login(ISSUER, name, f"{name}@tinh.example", f"key {name}", at), at)


@pytest.fixture
def look_as(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """From here on the pages are looked at by this person, whose rights are told anew on every run."""

    def look_as(store: Store, viewer: Viewer) -> None:
        def now_looking() -> Viewer:
            return roll.as_viewer(store.home, roll.person(store, viewer.id), time.time_ns() // 1000)

        monkeypatch.setattr(access, "_viewer", now_looking)

    return look_as


def press(app: AppTest, key: str) -> AppTest:
    return app.button(key=key).click().run()


def test_the_table_of_rights_is_the_declared_one(filled: Path, visit: Open) -> None:
    for page in (PEOPLE, AUDIT):
        text = body(visit(filled, page, as_of=MOMENT, part="rights"))
        for said in ("Quản trị viên", "Thủ trưởng đơn vị", "Chốt và phát hành báo cáo"):
            assert said in text
        reaches = [reach for reaches in TABLE.values() for reach in reaches.values()]
        assert text.count("đơn vị mình") == reaches.count(Reach.own) + 1  # and once in the legend
        assert text.count("– không") == reaches.count(Reach.none) + 1


def test_inviting_at_the_machine_and_seeing_it(own: Path, store: Store, visit: Open) -> None:
    app = visit(own, PEOPLE, as_of=MOMENT)
    assert "0 người dùng" in body(app) and "viewers.csv" in body(app)
    app = visit(own, PEOPLE, as_of=MOMENT, part="invite")
    app.text_input(key="invite_email").set_value("an@tinh.example")
    app.text_input(key="invite_name").set_value("<b>An</b> **An**")
    app.selectbox(key="invite_role").set_value("head")
    press(app, "invite_do")
    assert any("cần một đơn vị" in error.value for error in app.error)
    app.selectbox(key="invite_unit").set_value("dong-phu")
    press(app, "invite_do")
    assert any("Đã mời" in message.value for message in app.success)
    (one,) = roll.everybody(store)
    assert (one.is_.role, one.is_.unit, one.is_.email, one.state) == (
        Role.head,
        "dong-phu",
        "an@tinh.example",
        "invited",
    )
    app = visit(own, PEOPLE, as_of=MOMENT)
    shown = " ".join(element.proto.body for element in app.get("html"))
    assert "&lt;b&gt;An" in shown and "<b>An" not in shown and "Huyện Đồng Phú" in shown


def test_two_administrators_and_a_change(own: Path, store: Store, visit: Open, look_as) -> None:  # type: ignore[no-untyped-def]
    an, binh = come(store, "an", Role.administrator), come(store, "binh", Role.administrator)
    cuc = come(store, "cuc", Role.head, "dong-phu")
    look_as(store, an)
    app = visit(own, PEOPLE, as_of=MOMENT, entry=str(cuc.id))
    app.selectbox(key=f"person_{cuc.id}_role").set_value("officer").run()
    press(app, "person_change")
    assert any("chờ quản trị viên thứ hai" in message.value for message in app.success)
    app = visit(own, PEOPLE, as_of=MOMENT, part="waiting")
    assert "từ Thủ trưởng đơn vị, Huyện Đồng Phú thành Cán bộ tổng hợp, Huyện Đồng Phú" in body(app)
    (change,) = roll.waiting(store)
    assert app.button(key=f"change_yes_{change.id}").disabled
    look_as(store, binh)
    app = visit(own, PEOPLE, as_of=MOMENT, part="waiting")
    press(app, f"change_yes_{change.id}")
    assert any("Đã xác nhận" in message.value for message in app.success)
    assert roll.person(store, cuc.id).is_.role is Role.officer
    text = body(visit(own, AUDIT, as_of=MOMENT, who="binh", action="people"))
    assert "1 mục nhật ký phù hợp" in text and "proposed_by: an" in text


def test_removing_needs_a_yes_and_ends_logins(own: Path, store: Store, visit: Open) -> None:
    come(store, "an", Role.administrator)
    cuc = come(store, "cuc", Role.leader)
    app = visit(own, PEOPLE, as_of=MOMENT, entry=str(cuc.id))
    assert app.button(key="person_remove").disabled
    press(app, "person_logout")
    assert any("Đã kết thúc mọi phiên" in message.value for message in app.success)
    app = visit(own, PEOPLE, as_of=MOMENT, entry=str(cuc.id))
    app.checkbox(key=f"person_sure_{cuc.id}").check().run()
    press(app, "person_remove")
    assert [one.is_.name for one in roll.everybody(store)] == ["an"]


def test_a_token_is_shown_once(own: Path, store: Store, visit: Open) -> None:
    app = visit(own, PEOPLE, as_of=MOMENT, part="tokens")
    app.text_input(key="token_name").set_value("IOC")
    app.multiselect(key="token_actions").set_value(["figures", "reports"])
    app.selectbox(key="token_unit").set_value("dong-phu")
    press(app, "token_make")
    secret = app.code[0].value
    found = tokens.viewer(store, secret, time.time_ns() // 1000)
    assert found is not None and found.unit == "dong-phu"
    assert {action for action in Action if found.may(action)} == {Action.figures, Action.reports}
    app.run()
    assert not app.code and secret not in body(app)
    press(app, "revoke_do")
    assert any("Đã thu hồi" in message.value for message in app.success)
    assert tokens.viewer(store, secret, time.time_ns() // 1000) is None


def test_the_server_asks_again_when_a_button_is_pressed(own: Path, store: Store, visit: Open, look_as) -> None:  # type: ignore[no-untyped-def]
    """Somebody's rights end between drawing and pressing: nothing is done."""
    an, binh = come(store, "an", Role.administrator), come(store, "binh", Role.administrator)
    look_as(store, an)
    app = visit(own, PEOPLE, as_of=MOMENT, entry=str(binh.id))
    app.checkbox(key=f"person_sure_{binh.id}").check().run()
    propose(store, LOCAL, Wanted("an", Role.leader, "", "an@tinh.example", ISSUER, "an"), time.time_ns() // 1000, an.id)
    text = body(press(app, "person_remove"))
    assert len(roll.everybody(store)) == 2
    assert "Trang này không thuộc phần việc của bạn" in text and "binh@tinh.example" not in text
    now_looking = roll.as_viewer(store.home, roll.person(store, an.id), time.time_ns() // 1000)
    with pytest.raises(AccessFault):
        roll.remove(store, now_looking, binh.id, time.time_ns() // 1000)


def test_the_log_is_searched_and_taken_away(own: Path, store: Store, visit: Open) -> None:
    at = time.time_ns() // 1000
    for number in range(60):
        audit.record(store, LOCAL, "issue", f"=cmd|{number}", at=at, unit="dong-phu", outcome="refused" if number == 7 else "done")  # fmt: skip
    app = visit(own, AUDIT, as_of=MOMENT, what="=cmd", unit="dong-phu")
    text = body(app)
    assert "60 mục nhật ký phù hợp" in text and "=cmd|59" in text and "=cmd|9 " not in text
    assert "=cmd|9 " in body(visit(own, AUDIT, as_of=MOMENT, what="=cmd", sheet="2"))
    assert "1 mục nhật ký phù hợp" in body(visit(own, AUDIT, as_of=MOMENT, outcome="refused", period="7"))
    assert "Không có mục nào" in body(visit(own, AUDIT, as_of=MOMENT, who="nobody at all"))
    files = {button.proto.label: button for button in app.get("download_button")}
    assert {"Tải CSV", "Tải XLSX"} <= files.keys()


def test_a_log_without_entries_does_not_ask_for_a_wider_search(
    own: Path, visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "search", lambda *_, **__: ([], 0))
    text = body(visit(own, AUDIT, as_of=MOMENT))
    assert "Chưa có việc nào được ghi" in text and "Nới các điều kiện" not in text
    assert "Nới các điều kiện" in body(visit(own, AUDIT, as_of=MOMENT, who="x"))


def test_the_files_of_the_log_run_nothing(
    own: Path, store: Store, visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pages.parts import frame

    audit.record(store, LOCAL, "issue", "=1+1", at=time.time_ns() // 1000)
    made = {}
    monkeypatch.setattr(frame, "file", lambda label, name, mime, make, **_look: made.setdefault(name, make()))
    body(visit(own, AUDIT, as_of=MOMENT, what="=1"))
    assert b"'=1+1" in made["nhat-ky.csv"]
    rows = python_calamine.load_workbook(BytesIO(made["nhat-ky.xlsx"])).get_sheet_by_index(0).to_python()
    assert rows[0][:3] == ["id", "at", "who"] and "=1+1" in rows[1]


def test_a_load_is_told_in_words() -> None:
    line = Line(1, 0, "root", "administrator", "load", "import:1 a.csv", "", "done", DETAILS, "", "")
    assert words.details(line) == "mới 1.234, thay đổi 5, không đổi 0, hồ sơ nguồn mot-cua"
    assert words.details(replace(line, details='{"why":"expired"}')) == "why: expired"


DETAILS = '{"changed":5,"import":1,"kind":"dossiers","new":1234,"profile":"mot-cua","sha256":"ab","unchanged":0}'
