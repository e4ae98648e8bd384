"""Hồ sơ & thư xin lỗi and Dịch vụ công & tích hợp beside plain counts of the same files."""

from __future__ import annotations

import shutil
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from data.home import Home
from data.store import Store
from tests.exports import many
from tests.pages.test_pages import MOMENT, Open, body, visit

__all__ = ["visit"]

DOSSIERS, SERVICES = "pages/unit/dossiers.py", "pages/unit/services.py"
NOW = datetime(2021, 4, 20, 17)


def open_dues() -> list[date]:
    """Due days of the dossiers that are open at MOMENT, read off the rows by hand."""
    found = []
    for _code, _unit, accepted, due, finished in many():
        began = datetime.strptime(str(accepted), "%d/%m/%Y %H:%M:%S")
        if began <= NOW and not finished and due:
            found.append(datetime.strptime(due, "%d/%m/%Y %H:%M:%S").date())
    return found


def working_days_left(due: date, home: Home) -> int:
    days = (NOW.date() + timedelta(days=n) for n in range(1, (due - NOW.date()).days + 1))
    return sum(home.calendar.is_working(day) for day in days)


def test_lanes_are_what_a_plain_count_says(filled: Path, visit: Open) -> None:
    home = Home(filled)
    dues = open_dues()
    late = sum(due < NOW.date() for due in dues)
    soon = sum(due >= NOW.date() and working_days_left(due, home) <= 1 for due in dues)
    tomorrow = [due for due in dues if due > NOW.date() and working_days_left(due, home) == 1]
    assert late > 5 and tomorrow
    app = visit(filled, DOSSIERS, as_of=MOMENT)
    text = body(app)
    assert f"{late} hồ sơ quá hạn, {soon} đến hạn hôm nay hoặc ngày mai" in text
    assert f"Quá hạn: {late} hồ sơ" in text and "✖" in text
    assert f"Còn 1 ngày: {len(tomorrow)} hồ sơ" in body(visit(filled, DOSSIERS, as_of=MOMENT, kind="t1"))


def test_a_dossier_is_found_by_a_part_of_its_code(filled: Path, visit: Open) -> None:
    app = visit(filled, DOSSIERS, as_of=MOMENT, part="search")
    assert "Gõ ít nhất 3 ký tự" in body(app)
    app.text_input(key="own_entry").input("00012").run()
    assert app.query_params["entry"] == "00012"
    assert "H10-00012" in body(app) and "H10-00013" not in body(app)
    assert "Không có hồ sơ nào có mã chứa" in body(visit(filled, DOSSIERS, as_of=MOMENT, part="search", entry="%_' OR"))


def test_letters_and_ages_are_worded_where_there_are_none(filled: Path, visit: Open) -> None:
    assert "Chưa gửi thư xin lỗi nào" in body(visit(filled, DOSSIERS, as_of=MOMENT, part="register"))
    assert "hồ sơ quá hạn" in body(visit(filled, DOSSIERS, as_of=MOMENT, part="ages"))
    for part in ("lanes", "letters", "register", "ages"):
        assert "sngv" not in body(visit(filled, DOSSIERS, as_of=MOMENT, part=part, unit="sngv"))


@pytest.mark.parametrize("part", ["lanes", "letters", "register", "ages", "search"])
def test_every_part_of_the_desk_in_english(part: str, filled: Path, visit: Open) -> None:
    text = body(visit(filled, DOSSIERS, as_of=MOMENT, part=part, lang="en", unit="dong-phu"))
    assert not {"hồ", "thư", "hạn"} & set(text.split())


def test_letters_to_send_are_those_due_tomorrow(filled: Path, visit: Open) -> None:
    tomorrow = [due for due in open_dues() if due == NOW.date() + timedelta(days=1)]
    assert tomorrow
    text = body(visit(filled, DOSSIERS, as_of=MOMENT, part="letters"))
    # 21/4/2021 is the holiday of Hùng Vương: letters for what is due until work begins again go out today.
    assert "thư xin lỗi phải gửi hôm nay" in text and "○ chưa gửi" in text.replace("\N{NO-BREAK SPACE}", " ")


def test_stages_reasons_and_what_waits(filled: Path, visit: Open) -> None:
    text = body(visit(filled, SERVICES, as_of=MOMENT))
    assert "24 trong 40 dịch vụ đã tích hợp, 60 %" in text.replace("\N{NO-BREAK SPACE}", " ")
    assert "Còn 16 dịch vụ chưa tích hợp, nhiều nhất: 12 chưa rà soát" in text
    assert "4 dịch vụ đang bị từ chối" in text and "Thiếu mã phí" in text
    assert text.index("✖ bị từ chối") < text.index("○ chưa rà soát")
    one = body(visit(filled, SERVICES, as_of=MOMENT, unit="syt"))
    assert "6 trong 10 dịch vụ đã tích hợp" in one


def test_the_denominator_makes_the_figure(filled: Path, visit: Open) -> None:
    text = body(visit(filled, SERVICES, as_of=MOMENT, part="denominators")).replace("\N{NO-BREAK SPACE}", " ")
    assert "mẫu số của chỉ tiêu" in text and "60 %" in text
    app = visit(filled, SERVICES, as_of=MOMENT, part="denominators", kpi="online_submit")
    assert "Hồ sơ nộp trực tuyến" in app.selectbox(key="own_kpi").options
    counted = sum(datetime.strptime(str(row[2]), "%d/%m/%Y %H:%M:%S") >= datetime(2021, 3, 31) for row in many())
    assert f"{counted}" in body(app) and "không ghi mức" in body(app)


def test_without_a_catalogue_the_page_says_so(empty: Path, tmp_path: Path, visit: Open) -> None:
    from loaders.load import load_file
    from tests.exports import write_export

    root = Path(shutil.copytree(empty, tmp_path / "home"))
    home = Home(root)
    load_file(
        Store.open(home), home, write_export(tmp_path / "ho-so.csv", many(count=30)), who="t", at=1_618_912_800_000_000
    )
    for part in ("stages", "denominators"):
        assert "Chưa có dịch vụ nào để tính" in body(visit(root, SERVICES, as_of=MOMENT, part=part))
