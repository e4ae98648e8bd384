"""The replay's files look like exports: order, headings, versions, rhythm, and no trace of a clock or a person."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta

from data.home import Home
from data.replay import procedures
from data.replay.build import build
from tests.replay import plain
from tests.replay.conftest import FIRST_CAMPAIGN, ROOT
from tests.replay.plain import end_of

OLD_CODE = re.compile(r"^(\d{3}\.\d{2}\.\d{2}\.[A-Z]\d{2})-(\d{6})-(\d{4,6})$")
PROCEDURE = re.compile(r"^(\d\.\d{6})(?:\.(\d{3}\.\d{2}\.\d{2}))?(?:\.([A-Z]\d{2}))?$")


def received(file):
    return datetime.fromtimestamp(file.at / 1e6, UTC) + timedelta(hours=7)


def test_files_come_in_order_one_export_a_day(replay):
    assert [file.at for file in replay] == sorted({file.at for file in replay})
    daily = [file for file in replay if file.kind == "dossiers"]
    assert daily[0].path.name == "so-theo-doi-ho-so-den-2021-03-30.csv"
    days = [received(file).date() for file in daily[1:]]
    assert days == [date(2021, 3, 31) + timedelta(days=n) for n in range(56)]
    assert all((17, 30) <= (received(f).hour, received(f).minute) < (18, 0) for f in daily[1:])


def test_nothing_in_a_file_is_younger_than_the_file(replay):
    for file in replay:
        limit = received(file).replace(tzinfo=None)
        if file.kind == "dossiers":
            for row in plain.rows(file.path):
                for heading in ("Ngày tiếp nhận", "Ngày kết thúc xử lý", "Ngày trả kết quả"):
                    at = plain.moment(row[heading])
                    assert at is None or at <= limit, (file.path.name, row)


def test_headings_are_those_of_the_profiles(replay):
    profiles = Home(ROOT).profiles
    known = {"dossiers": profiles["mot-cua"], "services": profiles["danh-muc-dvc"]}
    dropped = {"Chủ hồ sơ", "Ghi chú"}
    for file in replay:
        headings = set(next(plain.rows(file.path)))
        mapped = {name for names in known[file.kind].fields.values() for name in names}
        assert headings - mapped <= dropped, file.path.name


def test_codes_are_well_formed_unique_and_states_fit_their_dates(replay, dossiers):
    assert all(OLD_CODE.match(one.code) for one in dossiers)
    catalogue = {service.procedure.code for service in procedures.services()}
    for one in dossiers:
        assert one.procedure in catalogue
        assert (one.status in (7, 9, 10)) == (one.finished is not None), one
        assert one.finished is None or one.finished >= one.accepted, one
        assert one.due is None or one.due.date() >= one.accepted.date(), one
    statuses = Counter(one.status for one in dossiers)
    assert all(statuses[code] > 10 for code in (2, 4, 5, 6, 7, 8, 9, 10))
    row = next(plain.rows(replay[1].path))
    assert PROCEDURE.match(row["Mã TTHC"])


def test_everything_is_marked_as_simulated(replay):
    for file in replay:
        assert {row["Ghi chú"] for row in plain.rows(file.path)} == {"Dữ liệu mô phỏng"}
        assert all(row.get("Chủ hồ sơ", "(mô phỏng)").endswith("(mô phỏng)") for row in plain.rows(file.path))


def test_corrections_and_repeats_happen(replay):
    due: dict[str, str] = {}
    finish: dict[str, str] = {}
    corrected, refinished, twice = set(), set(), 0
    for file in replay:
        if file.kind != "dossiers":
            continue
        seen = set()
        for row in plain.rows(file.path):
            code = row["Mã hồ sơ"]
            twice += code in seen
            seen.add(code)
            if due.setdefault(code, row["Ngày hẹn trả"]) != row["Ngày hẹn trả"]:
                corrected.add(code)
            if finish.get(code) and finish[code] != row["Ngày kết thúc xử lý"]:
                refinished.add(code)
            due[code], finish[code] = row["Ngày hẹn trả"], row["Ngày kết thúc xử lý"]
    assert len(corrected) >= 100
    assert len(refinished) >= 50
    assert twice >= 20


def test_week_and_holidays_have_their_rhythm(dossiers):
    calendar = Home(ROOT).calendar
    new = Counter(one.accepted.date() for one in dossiers)
    working = [new[day] for day in calendar.working_days(date(2020, 6, 1), date(2021, 3, 26))]
    every = [date(2020, 6, 1) + timedelta(days=n) for n in range(290)]
    off = [new[day] for day in every if not calendar.is_working(day)]
    assert sum(working) / len(working) > 10 * sum(off) / len(off)
    done = Counter(one.finished.date() for one in dossiers if one.finished)
    assert done[date(2021, 4, 30)] > 100
    assert done[date(2021, 5, 1)] > 100
    assert done[date(2021, 2, 12)] == 0


def test_all_but_the_smallest_departments_and_districts_work_on_the_last_sunday(dossiers):
    home = Home(ROOT)
    at = datetime(2021, 5, 16, 17)
    since = at - timedelta(days=1)
    active = {
        one.unit for one in dossiers if since < one.accepted <= at or (one.finished and since < one.finished <= at)
    }
    written = {"Sở TN&MT": "stnmt", "UBND TX. Bình Long": "binh-long", "UBND TP. Đồng Xoài": "dong-xoai"}
    for row in home.units:
        if row.level in ("department", "district") and row.valid_from is None and row.code not in ("bdt", "sngv"):
            name = next((text for text, code in written.items() if code == row.code), row.name)
            tail = row.name[0].lower() + row.name[1:]
            assert any(unit == name or unit.endswith(tail) for unit in active), row.name


def test_late_entries_mean_that_the_past_is_known_better_later(replay, dossiers):
    files = [file.path for file in replay if file.kind == "dossiers" and received(file).date() <= date(2021, 4, 30)]
    then = sum(one.overdue(end_of("2021-04-29")) for one in plain.dossiers(files))
    now = sum(one.overdue(end_of("2021-04-29")) for one in dossiers)
    assert then != now
    assert abs(then - now) < 400


def test_built_twice_the_files_are_the_same(replay, tmp_path):
    told = []
    again = []
    for file in build(ROOT, tmp_path, lambda *step: told.append(step), until=FIRST_CAMPAIGN):
        again.append(file)
        if len(again) == 4:
            break
    for one, other in zip(replay, again, strict=False):
        assert (one.path.name, one.at, one.kind) == (other.path.name, other.at, other.kind)
        assert one.path.read_bytes() == other.path.read_bytes()
    assert told[0] == (1, len(replay), replay[0].path.name)
