"""The page of reports: its calendar, the words and their edits, the preview, checking, issuing and issuing again."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from data.access import ALL, Action, Role
from data.clock import parse_moment
from data.errors import AccessFault
from data.home import Home
from data.people import Viewer, viewer_of
from data.store import Store
from kpi.reports import drafts, issuing
from kpi.reports.content import Head, Line, Paragraph, Report, Section
from pages.parts import access
from pages.parts.blocks import Day, Days, Document, Mark, as_table
from pages.parts.html import block
from tests.pages.test_pages import MOMENT, Open, body, visit

__all__ = ["visit"]

REPORTS = "pages/meeting/reports.py"
WORDS = "Hồ sơ 000.00.67.H10-220113-0004: cam kết xong trước 25/4/2021, tăng 1.234 hồ sơ."


@pytest.fixture
def own(filled: Path, tmp_path: Path) -> Path:
    """A copy of the filled home that a test may change."""
    return Path(shutil.copytree(filled, tmp_path / "home"))


def opened(root: Path) -> tuple[Store, Home]:
    home = Home(root)
    return Store.open(home), home


def box(app: AppTest, text: str):
    """The text area that holds a text."""
    return next(area for area in app.text_area if text in (area.value or ""))


def buttons(app: AppTest) -> set[str]:
    return {button.key for button in app.button}


def as_viewer(monkeypatch: pytest.MonkeyPatch, root: Path, role: Role, unit: str = "") -> None:
    """Whoever looks is somebody of this role."""
    who: Viewer = viewer_of(Home(root), date(2021, 4, 20), id=7, name="x", identity="x", role=role, unit=unit)
    monkeypatch.setattr(access, "_viewer", lambda: who)


# Looking --------------------------------------------------------------------------------------------------------------


def test_the_calendar_shows_every_report_of_the_rhythm(filled: Path, visit: Open) -> None:
    """From 31/3 to 19/5, every day; the data end on 20/4, after that day's report. 8:00 speaks of the day before."""
    text = body(visit(filled, REPORTS, as_of="2021-04-11T08:00"))
    assert "Kỳ 11/50, số liệu đến 17:00 10/4/2021: chưa phát hành" in text
    assert "31/3 ✖" in text and "19/4 ✖" in text and "21/4 ○" in text and "19/5 ○" in text
    assert "Chưa phát hành báo cáo nào" in text


def test_the_preview_is_the_report_and_each_form_is_offered(filled: Path, visit: Open) -> None:
    app = visit(filled, REPORTS, as_of=MOMENT, part="preview")
    text = body(app)
    for words in ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "BÁO CÁO", "I. TÌNH HÌNH CHUNG", "Phụ lục I", "TỔNG SỐ", "Nơi nhận:", "DỰ THẢO", "(13)"):  # fmt: skip
        assert words in text, words
    assert {"Tải DOCX", "Tải PDF", "Tải XLSX"} <= {element.proto.label for element in app.get("download_button")}


def test_what_changed_since_the_report_before(filled: Path, visit: Open) -> None:
    text = body(visit(filled, REPORTS, as_of=MOMENT, part="changes"))
    assert "số đã đổi" in text and "đoạn đã đổi" in text and "Kết quả theo chỉ tiêu" in text


def test_the_first_report_outside_of_the_rhythm(filled: Path, visit: Open) -> None:
    text = body(visit(filled, REPORTS, as_of="2021-03-20", part="changes"))
    assert "Báo cáo ngoài lịch, số liệu đến" in text and "Đây là kỳ báo cáo đầu tiên" in text


# Writing --------------------------------------------------------------------------------------------------------------


def test_edits_are_kept_shown_and_taken_back(own: Path, visit: Open) -> None:
    app = visit(own, REPORTS, as_of=MOMENT, part="text")
    drafted = box(app, "quá hạn chưa giải quyết").value
    next(field for field in app.text_input if field.label == "Người ký").set_value("Trần B")
    box(app, "quá hạn chưa giải quyết").set_value(f"{WORDS} Gọi 0912345678.").run()
    assert "Đã lưu." in app.success[0].value
    edited = box(app, WORDS)
    assert "đã sửa" in edited.label and "0912345678" not in edited.value
    assert "Bản thảo từ số liệu: " + drafted.split(";")[0] in body(app)
    assert "1 đoạn đã sửa" in body(app)
    store, home = opened(own)
    asked = store, home, home.campaign("50-ngay"), parse_moment(MOMENT, home.zone)
    assert drafts.draft(*asked, scope=ALL).head.signer == "Trần B"
    next(button for button in app.button if button.label == "Lấy lại bản thảo").click().run()
    assert box(app, "quá hạn chưa giải quyết").value == drafted
    assert set(drafts.edits(store, asked[2], asked[3])) == {"head.signer"}


def test_issuing_freezes_what_was_read_and_issuing_again_needs_a_reason(own: Path, visit: Open) -> None:
    app = visit(own, REPORTS, as_of=MOMENT, part="issue")
    assert "mục cần xem" in body(app) and app.button(key="issue").disabled
    app.text_input[0].set_value("12")
    app.checkbox[0].check().run()
    app.button(key="issue").click().run()
    assert "Đã phát hành" in app.success[0].value and "đã phát hành" in body(app)
    store, _ = opened(own)
    (first,) = issuing.listed(store, "50-ngay")
    report = issuing.report_of(store, first.id)
    assert report is not None and report.head.number == "12" and not report.draft
    assert first.number == "12/BC-VPUBND" and first.who == "local"

    app.checkbox[0].check().run()
    assert app.button(key="issue").disabled
    app.text_input[0].set_value("13")
    app.text_input[3].set_value("Sở Y tế gửi bổ sung").run()
    app.button(key="issue").click().run()
    again, kept = issuing.listed(store, "50-ngay")
    assert (again.replaces, again.reason, kept) == (first.id, "Sở Y tế gửi bổ sung", first)
    text = body(visit(own, REPORTS, as_of=MOMENT))
    assert "Kỳ 21/50, số liệu đến 17:00 20/4/2021: đã phát hành" in text and "20/4 ▲" in text
    assert "13/BC-VPUBND" in text and "thay bản 1: Sở Y tế gửi bổ sung" in text


def test_a_unit_s_report_is_not_issued(filled: Path, visit: Open) -> None:
    app = visit(filled, REPORTS, as_of=MOMENT, unit="dong-phu", part="issue")
    assert not app.exception and not buttons(app) & {"issue"}
    assert "Báo cáo về Huyện Đồng Phú" in body(app)


# Whoever may not ------------------------------------------------------------------------------------------------------


def test_a_leader_reads_and_does_not_write(filled: Path, visit: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    as_viewer(monkeypatch, filled, Role.leader)
    app = visit(filled, REPORTS, as_of=MOMENT, part="text")
    assert not app.exception and not app.text_area and "Báo cáo mỗi ngày" in body(app)


def test_an_officer_drafts_and_does_not_issue(filled: Path, visit: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    as_viewer(monkeypatch, filled, Role.officer)
    app = visit(filled, REPORTS, as_of=MOMENT, part="issue")
    assert not app.exception and not buttons(app) & {"issue"}
    assert access.allowed(access._viewer(), Action.draft, "binh-phuoc")


def test_a_right_taken_away_meanwhile_is_asked_for_again_at_the_click(
    own: Path, visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = visit(own, REPORTS, as_of=MOMENT, part="issue")
    app.checkbox[0].check().run()

    def refuse(*asked: object) -> None:
        raise AccessFault("không có quyền")

    monkeypatch.setattr(access, "require", refuse)
    app.button(key="issue").click().run()
    assert "không có quyền" in app.error[0].value
    store, _ = opened(own)
    assert issuing.listed(store, "50-ngay") == []


# Blocks ---------------------------------------------------------------------------------------------------------------


def test_hostile_words_stay_words_in_a_preview() -> None:
    evil = '<img src=x onerror="a()">'
    head = Head(evil, evil, evil, evil, evil, evil, evil, evil, (evil,), (evil,), evil, evil, evil)
    parts = (Paragraph("p", evil, evil), Line("l", evil, evil, "percent", ("2021-01-01",) * 2, (0.1, 0.2), None))
    report = Report("c", "", 0, evil, 1, "1", head, (Section("s", evil, evil, 1, parts),), (), True, True)
    made = block(Document(report))
    assert "<img" not in made and "&lt;img" in made


def test_a_strip_of_days_says_each_state_in_words() -> None:
    strip = Days("Ngày", [Day("2/6", Mark("✔", "Đạt", "good"), "reports?as_of=1"), Day("4/6", Mark("○", "Chưa", "none"), mine=True)])  # fmt: skip
    made = block(strip)
    assert "aria-current=date" in made and 'title="Đạt"' in made and 'href="reports?as_of=1"' in made
    table = as_table(strip)
    assert table is not None and [row[1].text for row in table.rows] == ["✔ Đạt", "○ Chưa"]
