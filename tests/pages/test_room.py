"""The meeting room step by step: seeing, writing, what is refused, and the minutes."""

from __future__ import annotations

import shutil
from datetime import date
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import docx
import pytest

from data.access import Role
from data.clock import parse_moment
from data.home import Home
from data.people import LOCAL, Viewer, viewer_of
from data.store import Store
from kpi import decisions, issues, meeting
from kpi.decisions import Decision
from kpi.milestones import State, standings
from kpi.reports import docx as word
from kpi.reports import files, minutes
from pages.parts import access
from pages.parts.room import closing, words
from tests.pages.test_pages import MOMENT, Open, body, visit

__all__ = ["visit"]

ROOM = "pages/meeting/room.py"
AT = 1_619_000_000_000_000
EARLIER = "2021-04-15T17:00"
STEPS = ("promises", "changes", "exceptions", "units", "decisions", "end")


@pytest.fixture
def own(filled: Path, tmp_path: Path) -> Path:
    """A copy of the filled home that a test may change."""
    return Path(shutil.copytree(filled, tmp_path / "home"))


def opened(root: Path) -> tuple[Store, Home]:
    home = Home(root)
    return Store.open(home), home


def moment(home: Home, text: str) -> int:
    return parse_moment(text, home.zone)


def promise(root: Path, unit: str, kpi: str, value: float, due: str, as_of: str = EARLIER) -> Decision:
    store, home = opened(root)
    return decisions.decide(
        store, home, home.campaign("50-ngay"), unit=unit, kpi=kpi, value=value, due=date.fromisoformat(due),
        as_of=moment(home, as_of), who="t", at=AT,
    )  # fmt: skip


def begin(root: Path, as_of: str = EARLIER) -> meeting.Meeting:
    store, home = opened(root)
    return meeting.begin(store, home, home.campaign("50-ngay"), as_of=moment(home, as_of), who="t", at=AT)


def as_viewer(monkeypatch: pytest.MonkeyPatch, home: Home, role: Role, unit: str = "") -> None:
    """Whoever looks is somebody of this role."""
    who: Viewer = viewer_of(home, date(2021, 4, 20), id=7, name="x", identity="x", role=role, unit=unit)
    monkeypatch.setattr(access, "_viewer", lambda: who)


# Through the steps ----------------------------------------------------------------------------------------------------


def test_the_steps_follow_each_other(filled: Path, visit: Open) -> None:
    app = visit(filled, ROOM, as_of=MOMENT)
    assert "Không có việc nào phải kiểm lại" in body(app)
    seen = ["promises"]
    while not app.button(key="step_on").disabled:
        app.button(key="step_on").click().run()
        body(app)
        seen.append(app.query_params["step"])
    assert seen == [STEPS[0], *STEPS[1:]]
    app.button(key="step_back").click().run()
    assert app.query_params["step"] == "decisions"
    app.button(key="step_changes").click().run()
    assert app.query_params["step"] == "changes"
    app.button(key="full").click().run()
    assert app.query_params["full"] == "1" and app.query_params["step"] == "changes"
    assert "Không có việc nào phải kiểm lại" in body(visit(filled, ROOM, as_of=MOMENT, step="' --"))


def test_every_step_in_english_before_and_inside_the_campaign(filled: Path, visit: Open) -> None:
    app = visit(filled, ROOM, as_of=MOMENT, lang="en")
    for as_of in (MOMENT, "2021-03-25T17:00"):
        for step in STEPS:
            app.query_params["as_of"], app.query_params["step"] = as_of, step
            text = body(app.run())
            for vietnamese in ("đơn vị", "chỉ tiêu", "Phiên", "số liệu"):
                assert vietnamese not in text, vietnamese


def test_exceptions_and_units_to_ask_lead_to_the_work(filled: Path, visit: Open) -> None:
    """Of the forty services of four units each lacks four, and no dossier of the first weeks is forgotten."""
    text = body(visit(filled, ROOM, as_of=MOMENT, step="exceptions"))
    assert "ô chậm hoặc không đạt" in text and "Sở Y tế" in text
    app = visit(filled, ROOM, as_of=MOMENT, step="units", entry="syt")
    text = body(app)
    assert "đơn vị cần hỏi" in text and "Việc cần làm, hiệu quả nhất trước" in text
    assert "Mọi việc cần làm của Sở Y tế" in text


def test_promises_come_back_with_their_verdict(own: Path, visit: Open) -> None:
    begin(own)
    promise(own, "syt", "npsp_integration", 0.6, "2021-04-16")  # 6 of 10, and stays so
    promise(own, "stp", "npsp_integration", 0.7, "2021-04-16")
    promise(own, "stp", "overdue_open", 0, "2021-05-10")
    text = body(visit(own, ROOM, as_of=MOMENT))
    assert "3 việc đã giao" in text and "1 không đạt" in text
    assert "Sở Tư pháp Tích hợp dịch vụ: ít nhất 70 %" in text and "Quá hạn: nhiều nhất 0" in text
    assert "Từ phiên 17:00 15/4/2021" in text
    only = body(visit(own, ROOM, as_of=MOMENT, unit="syt"))
    assert "Sở Tư pháp" not in only
    mine = body(visit(own, "pages/unit/my_unit.py", as_of=MOMENT, unit="stp"))
    assert "Kết luận về đơn vị" in mine and "ít nhất 70 %" in mine and "ít nhất 60 %" not in mine
    assert "Từ 17:00 15/4/2021" in body(visit(own, ROOM, as_of=MOMENT, step="changes"))


# Writing --------------------------------------------------------------------------------------------------------------


def test_a_meeting_is_opened_decides_and_is_closed(own: Path, visit: Open) -> None:
    app = visit(own, ROOM, as_of=MOMENT, step="decisions")
    assert "mở phiên họp" in body(app) and not any(one.key == "decide_write" for one in app.button)
    app.button(key="meeting_begin").click().run()
    assert app.query_params["as_of"] == MOMENT and app.success[0].value == "Đã mở phiên họp và chốt số liệu."
    store, home = opened(own)
    (frozen,) = issues.listed(store)
    assert (frozen.as_of, frozen.number) == (moment(home, MOMENT), "")
    app.selectbox(key="decide_unit").set_value("syt").run()
    app.selectbox(key="decide_kpi").set_value("npsp_integration").run()
    assert "Nay 60 % , mục tiêu 100 %: cần" in body(app)
    app.text_input(key="decide_value").set_value("82,5")
    app.text_input(key="decide_owner").set_value("Giám đốc Sở 0912345678")
    app.selectbox(key="decide_due").set_value("2021-04-27").run()
    app.button(key="decide_write").click().run()
    assert "Phiên này giao 1 việc" in body(app) and "Giám đốc Sở •••" in body(app)
    (made,) = decisions.listed(store)
    assert (made.unit, made.kpi, made.value, made.start_value, made.due.isoformat(), made.owner) == (
        "syt", "npsp_integration", 0.825, 0.6, "2021-04-27", "Giám đốc Sở •••",
    )  # fmt: skip
    here = meeting.at_moment(store, "50-ngay", moment(home, MOMENT))
    assert here is not None and made.meeting_id == here.id
    app.button(key="step_end").click().run()
    app.text_area(key=f"notes_{here.id}").set_value("Họp lại ngày 27/4.\nGọi 0912345678").run()
    app.button(key="meeting_end").click().run()
    assert "Phiên họp đã kết thúc lúc" in body(app)
    closed = meeting.at_moment(store, "50-ngay", moment(home, MOMENT))
    assert closed is not None and not closed.is_open and closed.notes == "Họp lại ngày 27/4.\nGọi •••"


def test_what_cannot_be_decided_is_said(own: Path, visit: Open) -> None:
    begin(own, MOMENT)
    app = visit(own, ROOM, as_of=MOMENT, step="decisions")
    for typed, said in (("nhiều", "không phải là số"), ("", "không phải là số"), ("120", "từ 0 đến 100 %")):
        app.text_input(key="decide_value").set_value(typed)
        app.button(key="decide_write").click().run()
        assert said in app.error[0].value
    app.selectbox(key="decide_kpi").set_value("task").run()
    app.button(key="decide_write").click().run()
    assert "chỉ tiêu hoặc việc" in app.error[0].value
    assert decisions.listed(opened(own)[0]) == []


def test_a_task_is_closed_by_a_person(own: Path, visit: Open) -> None:
    store, home = opened(own)
    task = decisions.decide(store, home, home.campaign("50-ngay"), unit="stp", task="Tập huấn", due=date(2021, 4, 16), as_of=moment(home, EARLIER), who="t", at=AT)  # fmt: skip
    app = visit(own, ROOM, as_of=MOMENT)
    assert "Tập huấn" in body(app) and "1 không đạt" in body(app)
    app.radio(key="close_state_True").set_value("kept").run()
    app.button(key="close_write").click().run()
    assert "1 đạt muộn" in body(app)
    assert decisions.get(store, task.id).state == "kept"


def test_milestones_are_recorded_and_taken_back(own: Path, visit: Open) -> None:
    params = {"campaign": "92-ngay", "as_of": "2022-06-08T17:00", "step": "milestones"}
    app = visit(own, ROOM, **params)
    assert "chưa ghi nhận đơn vị nào trong 32" in body(app) and "Lễ tổng kết chiến dịch, hạn 1/9/2022" in body(app)
    app.selectbox(key="mark_unit_ke-hoach-don-vi").set_value("syt").run()
    app.selectbox(key="mark_day").set_value("2022-06-06").run()
    app.button(key="mark_write").click().run()
    assert "1 đúng hạn và 31 chưa ghi nhận" in body(app)
    store, home = opened(own)
    campaign = home.campaign("92-ngay")
    found = {one.unit: one.state for one in standings(store, home, campaign, moment(home, "2022-06-08T17:00"))}
    assert found["syt"] is State.DONE
    app.button(key="mark_remove").click().run()
    assert "chưa ghi nhận đơn vị nào trong 32" in body(app)


# Who may --------------------------------------------------------------------------------------------------------------


def test_whoever_only_looks_writes_nothing(own: Path, visit: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """A click that was forged is refused: the page was drawn for somebody who may. Afterwards there is nothing to click."""
    for role in (Role.leader, Role.officer):
        app = visit(own, ROOM, as_of=MOMENT)
        with monkeypatch.context() as patch:
            as_viewer(patch, Home(own), role)
            app.button(key="meeting_begin").click().run()
        assert "không có quyền" in app.error[0].value
        assert [one.key for one in app.button if one.key and one.key.startswith(("meeting_", "decide_"))] == []
    store, _home = opened(own)
    assert meeting.listed(store, "50-ngay") == [] and issues.listed(store) == []
    begin(own, MOMENT)
    as_viewer(monkeypatch, Home(own), Role.auditor)
    text = body(visit(own, ROOM, as_of=MOMENT, step="decisions"))
    assert "Phiên họp đang mở" in text and "Ghi kết luận" not in text


def test_a_head_sees_what_was_decided_about_the_own_units(
    own: Path, visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    promise(own, "syt", "npsp_integration", 0.7, "2021-04-16")
    promise(own, "stp", "npsp_integration", 0.8, "2021-04-16")
    as_viewer(monkeypatch, Home(own), Role.head, "syt")
    text = body(visit(own, ROOM, as_of=MOMENT))
    assert "ít nhất 70 %" in text and "ít nhất 80 %" not in text
    for unit in ("stp", "binh-phuoc"):
        other = body(visit(own, ROOM, as_of=MOMENT, unit=unit))
        assert "ít nhất" not in other
        assert "ít nhất 80 %" not in body(visit(own, "pages/unit/my_unit.py", as_of=MOMENT, unit=unit))


# Minutes and words ----------------------------------------------------------------------------------------------------


def test_the_minutes_say_what_was_shown_promised_and_decided(own: Path) -> None:
    store, home = opened(own)
    campaign = home.campaign("50-ngay")
    begin(own)
    promise(own, "syt", "npsp_integration", 0.7, "2021-04-16")
    here = begin(own, MOMENT)
    promise(own, "stp", "npsp_integration", 0.9, "2021-04-28", MOMENT)
    meeting.note(store, here, "Văn phòng theo dõi.", who="t", at=AT)
    here = meeting.end(store, here, who="t", at=AT)
    as_of = moment(home, MOMENT)
    judged = decisions.judge(store, home, decisions.listed(store, "50-ngay"), as_of)
    asked = meeting.promises(home, judged, meeting.before(store, "50-ngay", as_of), as_of)
    made = [one for one in judged if one.decision.made_as_of == as_of]
    report = minutes.build(store, home, campaign, here, asked, made)
    assert (report.head.kind, report.draft, report.issue) == ("BIÊN BẢN", False, here.issue_id)
    document = docx.Document(BytesIO(word.write(report)))
    text = "\n".join(one.text for one in document.paragraphs)
    assert "Phiên họp kiểm điểm 1 việc đã giao: 1 không đạt." in text
    assert "Phiên họp thống nhất giao 1 việc" in text and "Văn phòng theo dõi." in text
    tables = [[[cell.text for cell in row.cells] for row in table.rows] for table in document.tables]
    shown, promised, decided = (table for table in tables if table[0][0] in ("Chỉ tiêu", "TT"))
    frozen = {row.kpi: row for row in issues.rows_of(store, issues.listed(store)[0]) if row.unit == "binh-phuoc"}
    integration = next(row for row in shown if row[0].startswith("Tích hợp"))
    assert integration[1:3] == ["100%", "60%"] and frozen["npsp_integration"].value == 0.6
    assert promised[1][1:] == ["Sở Y tế", "Tích hợp lên Cổng Dịch vụ công quốc gia: ít nhất 70%", "16/4/2021", "60%", "60%", "Không đạt"]  # fmt: skip
    assert decided[1] == ["1", "Sở Tư pháp", "Tích hợp lên Cổng Dịch vụ công quốc gia: ít nhất 90%", "60%", "28/4/2021", "Thủ trưởng Sở Tư pháp"]  # fmt: skip


def test_the_minutes_are_written_into_the_form_of_the_home(own: Path) -> None:
    store, home = opened(own)
    form = docx.Document(own / files.TEMPLATE)
    form.paragraphs[0].insert_paragraph_before("Mẫu riêng của tỉnh")
    form.save(str(own / files.TEMPLATE))
    view = SimpleNamespace(store=store, home=home, campaign=home.campaign("50-ngay"), viewer=LOCAL)
    sitting: Any = SimpleNamespace(view=view, here=begin(own), promises=(), made_here=())
    document = docx.Document(BytesIO(closing._minutes(sitting)))
    said = [one.text for one in document.paragraphs]
    assert "Mẫu riêng của tỉnh" in said and "BIÊN BẢN" in said


@pytest.mark.parametrize(
    ("text", "kpi", "value"),
    [
        ("95", "on_time_resolved", 0.95),
        (" 95,5 % ", "on_time_resolved", 0.955),
        ("95.5", "on_time_resolved", 0.955),
        ("1.838", "overdue_open", 1838),
        ("0", "overdue_open", 0),
        ("-3", "overdue_open", None),
        ("1e9", "overdue_open", None),
        ("", "overdue_open", None),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, kpi: str, value: float | None) -> None:
    assert words.amount(text, kpi) == value
