"""Whole files: what is taken, refused, flagged, repeated, and what never gets in."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from data.access import ALL
from data.clock import to_micros
from data.errors import CallFault
from data.schema import FLAGS
from loaders import refused
from tests.conftest import SHARED
from tests.loaders.conftest import AT, GOOD, HEADINGS, Desk, as_csv, with_cells

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


def hanoi(*clock: int) -> int:
    return to_micros(datetime(*clock, tzinfo=HANOI))  # type: ignore[arg-type,misc]


def test_a_good_file(desk: Desk) -> None:
    report = desk.load(as_csv([HEADINGS, GOOD]))
    assert (report.status, report.read, report.new, report.changed, report.unchanged, report.refused) == (
        "loaded",
        1,
        1,
        0,
        0,
        0,
    )
    assert desk.rows("code, status, channel, accepted_at, due_at, finished_at, flags, row") == [
        (
            "000.00.12.H10-210401-0001",
            10,
            2,
            hanoi(2021, 4, 1, 8, 5),
            hanoi(2021, 4, 6) - 1,
            hanoi(2021, 4, 5, 16),
            0,
            2,
        )
    ]
    assert ("stp",) in desk.rows("code", "unit")


def test_loading_twice_changes_nothing(desk: Desk) -> None:
    first = desk.load(as_csv([HEADINGS, GOOD]))
    before = desk.rows("*")
    again = desk.load(as_csv([HEADINGS, GOOD]), name="ten-khac.csv", at=AT + 1)
    assert again.status == "unchanged"
    assert (again.new, again.changed, again.import_id) == (0, 0, first.import_id)
    assert desk.rows("*") == before
    assert len(desk.store.loads()) == 1


def test_a_later_file_changes_only_what_differs(desk: Desk) -> None:
    desk.load(as_csv([HEADINGS, with_cells(1), with_cells(2)]))
    report = desk.load(as_csv([HEADINGS, with_cells(1), with_cells(2, at6="Trực tiếp"), with_cells(3)]))
    assert (report.read, report.new, report.changed, report.unchanged) == (3, 1, 1, 1)


def test_every_fault_is_listed_with_row_heading_value_reason_and_advice(desk: Desk) -> None:
    rows = [
        HEADINGS,
        with_cells(1),
        with_cells(2, at0=" "),
        with_cells(3, at2=""),
        with_cells(4, at3="31/02/2021", at4="hôm qua"),
        with_cells(5, at1="Sở Ma thuật"),
        with_cells(6, at1="Xã Tân Tiến"),
        with_cells(7, at5="Đang xử lí xong"),
        with_cells(8, at6="Trực tuyến một phần"),
        with_cells(9)[:-1],
        with_cells(10, at1=""),
        with_cells(11, at6=""),
    ]
    report = desk.load(as_csv(rows))
    assert (report.status, report.read, report.new, report.refused) == ("loaded", 11, 2, 9)
    found = [(one.row, one.heading, one.value) for one in report.refusals]
    assert found == [
        (3, "Mã hồ sơ", ""),
        (4, "Ngày tiếp nhận", ""),
        (5, "Ngày hẹn trả", "31/02/2021"),
        (5, "Ngày kết thúc xử lý", "hôm qua"),
        (6, "Đơn vị giải quyết", "Sở Ma thuật"),
        (7, "Đơn vị giải quyết", "Xã Tân Tiến"),
        (8, "Trạng thái", "Đang xử lí xong"),
        (9, "Hình thức nộp", "Trực tuyến một phần"),
        (10, "", ""),
        (11, "Đơn vị giải quyết", ""),
    ]
    assert all(one.reason and one.what_to_do for one in report.refusals)
    by_row = {one.row: one for one in report.refusals}
    assert "25321" in by_row[7].reason and "25393" in by_row[7].reason
    assert "«Đã xử lý xong»" in by_row[8].what_to_do
    assert "«Trực tuyến»" in by_row[9].what_to_do
    assert "6 ô" in by_row[10].reason
    assert [(one["row"], one["heading"]) for one in refused.listed(desk.store, report.import_id, scope=ALL)] == [
        (row, head) for row, head, _ in found
    ]


def test_odd_rows_are_loaded_and_flagged(desk: Desk) -> None:
    cases: list[tuple[list[str], str]] = [
        (with_cells(1, at3=""), "no_due_date"),
        (with_cells(2, at4="31/03/2021 16:00:00"), "finish_before_accept"),
        (with_cells(3, at3="31/03/2021"), "due_before_accept"),
        (with_cells(4, at3="31/12/9999"), "far_date"),
        (with_cells(5, at2="01/04/2031 08:00:00", at3="", at4="", at5="Đang xử lý"), "far_date"),
        (with_cells(0, at0="HS-6"), "odd_code"),
        (with_cells(7, at4=""), "status_clash"),
        (with_cells(8, at5="Đang xử lý"), "status_clash"),
    ]
    report = desk.load(as_csv([HEADINGS, *(row for row, _ in cases)]))
    assert (report.refused, report.new) == (0, len(cases))
    for (code, flags), (_, flag) in zip(desk.rows("code, flags"), cases, strict=True):
        assert isinstance(flags, int)
        assert flags & FLAGS[flag], (code, flags, flag)
    assert report.flags["status_clash"] == 2
    assert report.flags["odd_code"] == 1


def test_finished_on_the_day_of_acceptance_by_bare_date_is_in_order(desk: Desk) -> None:
    report = desk.load(as_csv([HEADINGS, with_cells(1, at4="01/04/2021")]))
    assert report.flags == {}


def test_repeats_in_one_file_the_last_wins(desk: Desk) -> None:
    rows = [
        HEADINGS,
        with_cells(1, at6="Trực tiếp"),
        with_cells(2),
        with_cells(1, at6="Trực tuyến"),
        with_cells(1, at2="x"),
    ]
    report = desk.load(as_csv(rows))
    assert (report.read, report.new, report.unchanged, report.refused) == (4, 2, 1, 1)
    assert report.flags == {"repeated_in_file": 1}
    assert sorted(desk.rows("code, channel, row, flags")) == [
        ("000.00.12.H10-210401-0001", 2, 4, FLAGS["repeated_in_file"]),
        ("000.00.12.H10-210401-0002", 2, 3, 0),
    ]


def test_unknown_words_of_lesser_fields_are_null(desk: Desk) -> None:
    report = desk.load(
        as_csv([[*HEADINGS, "Thanh toán"], [*with_cells(1), "Bitcoin"], [*with_cells(2), "cổng quốc gia"]])
    )
    assert report.refused == 0
    assert desk.rows("payment") == [(None,), (1,)]


def test_procedures_join_on_their_national_base(desk: Desk) -> None:
    headings = [*HEADINGS, "Mã TTHC"]
    codes = ["1.003003.000.00.00.H10", "2.002621.H56", "1.005129", "TT-12"]
    report = desk.load(as_csv([headings, *([*with_cells(n), code] for n, code in enumerate(codes, start=1))]))
    assert desk.rows("procedure") == [("1.003003",), ("2.002621",), ("1.005129",), ("TT-12",)]
    assert report.flags == {"unknown_procedure": 1}


def test_personal_data_is_nowhere_in_the_database(desk: Desk) -> None:
    headings = ["Chủ hồ sơ", "Số CCCD", "Địa chỉ", "Ghi chú", "Tên thủ tục", "Mã TTHC", *HEADINGS]
    person = [
        "Trần Thị Bí Mật",
        "070089001234",
        "ấp Kín 3",
        "gọi 0912345678",
        "Cấp đổi cho bà 285123456, bimat@thu.vn, 0987 654 321",
        "1.003003",
    ]
    rows = [
        headings,
        [*person, *with_cells(1)],
        [*person, *with_cells(2, at1="Sở Ma thuật 070089001234")],
        [*person, *with_cells(3)][:-1],
    ]
    report = desk.load(as_csv(rows))
    assert (report.new, report.refused) == (1, 2)
    desk.store.engine.dispose()
    kept = b"".join(path.read_bytes() for path in desk.database.parent.glob("campaign.db*"))
    assert b"210401-0001" in kept
    for secret in ("Bí Mật", "ấp Kín", "0912345678", "285123456", "bimat@", "0987 654 321", "987 654"):
        assert secret.encode() not in kept, secret
    assert report.refusals[0].value == "Sở Ma thuật •••"  # words and a number are no code


@pytest.mark.parametrize("code", ["070089001234", "0912345678", "285123456"])
def test_a_refused_code_is_shown_as_it_is(code: str, desk: Desk) -> None:
    report = desk.load(as_csv([HEADINGS, with_cells(1, at1=code), with_cells(2, at5=code), with_cells(3, at6=code)]))
    assert [one.value for one in report.refusals] == [code] * 3


def test_codes_that_look_like_telephone_numbers_stay(desk: Desk) -> None:
    desk.load(as_csv([HEADINGS, with_cells(0, at0="0912345678"), with_cells(0, at0="070089001234")]))
    assert desk.rows() == [("0912345678",), ("070089001234",)]


def test_dry_run_keeps_nothing(desk: Desk) -> None:
    report = desk.load(as_csv([HEADINGS, GOOD, with_cells(2, at2="x")]), dry_run=True)
    assert (report.status, report.new, report.refused, report.import_id) == ("loaded", 1, 1, None)
    assert desk.store.loads() == []
    assert desk.rows() == []


def test_a_file_of_nothing_but_refused_rows_can_be_loaded_again_when_mended(
    root: Path, open_desk: Callable[[Path], Desk]
) -> None:
    data = as_csv([HEADINGS, with_cells(1, at1="Sở Ma thuật")])
    assert open_desk(root).load(data).status == "refused"
    with (root / "aliases.csv").open("a", encoding="utf-8") as aliases:
        aliases.write("Sở Ma thuật,stp\n")
    assert open_desk(root).load(data).status == "loaded"


def test_an_empty_day_is_a_loaded_file(desk: Desk) -> None:
    report = desk.load(as_csv([HEADINGS]))
    assert (report.status, report.read) == ("loaded", 0)


def test_progress_ends_at_the_total(desk: Desk) -> None:
    seen: list[tuple[int, int]] = []
    desk.load(as_csv([HEADINGS, with_cells(1), with_cells(2)]), progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (2, 2)


def test_a_missing_path_is_the_callers_fault(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(CallFault):
        desk.load(tmp_path / "khong-co.csv")


FROM_ROWS = """
key = "elders"
timezone = "Europe/Amsterdam"
dates = ["iso8601"]
units = "from-rows"
[fields]
dossier_code = ["case"]
unit = ["team"]
channel = ["how"]
accepted_at = ["start"]
due_at = ["due"]
finished_at = ["end"]
[values.channel]
online = ["Internet"]
other = ["*"]
[one_row]
per = "dossier_code"
keep = "first"
"""


@pytest.fixture
def elders(tmp_path: Path) -> Desk:
    root = tmp_path / "elders"
    (root / "profiles").mkdir(parents=True)
    (root / "home.toml").write_text('name = "Elders"\ntimezone = "Europe/Amsterdam"\n', encoding="utf-8")
    (root / "profiles" / "elders.toml").write_text(FROM_ROWS, encoding="utf-8")
    return Desk(root)


def test_units_from_rows_in_another_zone(elders: Desk) -> None:
    rows = [
        ["case", "team", "how", "start", "due", "end"],
        ["c1", " Công ty  Á ", "Internet", "2021-10-31 02:30:00", "2021-11-01", ""],
        ["c2", "Team B", "Telefax", "2021-03-28 02:30:00", "", "2021-03-28T12:00:00.5+02:00"],
        ["c1", "Team C", "Desk", "2021-12-01 00:00:00", "", ""],
        ["", "Team D", "Desk", "2021-12-01 00:00:00", "", ""],
    ]
    report = elders.load(as_csv(rows))
    assert (report.read, report.new, report.refused, report.merged) == (3, 2, 1, 1)
    assert report.refusals[0].row == 5
    zone = ZoneInfo("Europe/Amsterdam")
    assert elders.rows("code, channel, accepted_at, due_at, finished_at") == [
        (
            "c1",
            2,
            to_micros(datetime(2021, 10, 31, 2, 30, fold=0, tzinfo=zone)),
            to_micros(datetime(2021, 11, 2, tzinfo=zone)) - 1,
            None,
        ),
        (
            "c2",
            0,
            to_micros(datetime(2021, 3, 28, 3, tzinfo=zone)),
            None,
            to_micros(datetime(2021, 3, 28, 12, 0, 0, 500_000, tzinfo=zone)),
        ),
    ]
    assert report.flags["ambiguous_time"] == report.flags["nonexistent_time"] == 1
    units = {code for (code,) in elders.rows("code", "unit")}
    assert {"Công ty  Á", "Team B"} <= units
    assert not {"Team C", "Team D"} & units


def test_registry_without_units_refuses_the_file(elders: Desk) -> None:
    path = elders.home.root / "profiles" / "elders.toml"
    path.write_text(FROM_ROWS.replace('units = "from-rows"', ""), encoding="utf-8")
    report = Desk(elders.home.root).load(as_csv([["case", "team", "start"], ["c1", "x", "2021-01-01"]]))
    assert report.status == "refused"
    assert "units.csv" in report.reason


CATALOGUE = """
key = "danh-muc"
kind = "services"
dates = ["%d/%m/%Y"]
[fields]
service_code = ["Mã dịch vụ"]
procedure_code = ["Mã TTHC"]
name = ["Tên"]
unit = ["Đơn vị"]
level = ["Mức độ"]
exclusion_reason = ["Lý do loại"]
state = ["Trạng thái"]
reason = ["Lý do"]
changed_on = ["Ngày thay đổi"]
[values.state]
integrated = ["Đã tích hợp"]
rejected = ["Bị từ chối"]
"""


def test_a_catalogue(root: Path) -> None:
    (root / "profiles" / "danh-muc.toml").write_text(CATALOGUE, encoding="utf-8")
    desk = Desk(root)
    rows = [
        ["Mã dịch vụ", "Mã TTHC", "Tên", "Đơn vị", "Mức độ", "Lý do loại", "Trạng thái", "Lý do", "Ngày thay đổi"],
        ["D1", "1.003003.000.00.00.H10", "Cấp thẻ", "Sở Tư pháp", "Mức độ 4", "", "Đã tích hợp", "", "12/04/2021"],
        [
            "D2",
            "1.003004",
            "Cấp lại",
            "STC",
            "Toàn trình",
            "phải nộp bản giấy",
            "Bị từ chối",
            "thiếu biểu mẫu, gọi 0912345678",
            "",
        ],
        ["D3", "1.003005", "Đổi", "Sở Tư pháp", "2", "", "", "", ""],
        ["D4", "1.003006", "Hủy", "Sở Tư pháp", "3", "", "Chờ sếp", "", ""],
        ["D5", "1.003006", "Hủy", "Sở Tư pháp", "3", "", "", "", "31/02/2021"],
    ]
    report = desk.load(as_csv(rows))
    assert (report.kind, report.read, report.new, report.refused) == ("services", 5, 3, 2)
    assert [(one.row, one.heading) for one in report.refusals] == [(5, "Trạng thái"), (6, "Ngày thay đổi")]
    found = desk.rows("service_code, procedure, level, eligible_online, state, reason", "service_version")
    assert list(found) == [
        ("D1", "1.003003", 4, 1, "integrated", None),
        ("D2", "1.003004", 4, 0, "rejected", "thiếu biểu mẫu, gọi •••"),
        ("D3", "1.003005", 2, 1, "listed", None),
    ]
    assert desk.load(as_csv(rows)).status == "unchanged"


def test_series_as_the_contract_words_them(desk: Desk) -> None:
    rows = [
        ["kpi", "unit", "level", "on", "numerator", "denominator", "value", "scheme", "source"],
        ["national_rank", "binh-phuoc", "", "2021-03-31", "", "", "47", "cong-dvc", "báo"],
        ["reports_online", "", "", "2021-04-01", "12", "24", "", "", ""],
        ["reports_online", "Sở Tư pháp", "", "2021-04-01", "", "", "0,5", "", ""],
        ["reports_online", "stp", "", "2021-04-02", "", "", "50%", "", ""],
        ["reports_online", "stp", "", "2021-04-02", "", "", "", "", ""],
    ]
    report = desk.load(as_csv(rows))
    assert (report.kind, report.read, report.new, report.refused) == ("series", 5, 3, 2)
    assert desk.rows("kpi, unit, numerator, denominator, value", "series_value") == [
        ("national_rank", "binh-phuoc", None, None, 47.0),
        ("reports_online", "binh-phuoc", 12.0, 24.0, None),
        ("reports_online", "stp", None, None, 0.5),
    ]


TORTURE = SHARED / "external"


@pytest.mark.skipif(not TORTURE.exists(), reason="the files of others are not here")
def test_files_that_break_readers_are_refused_in_words_and_in_time(desk: Desk) -> None:
    desk.load(as_csv([["nothing"]]))  # what is imported on first use is not the file's fault
    files = [
        path
        for folder in ("torture", "tthc-catalogue")
        for path in sorted((TORTURE / folder).rglob("*"))
        if path.is_file()
    ]
    assert len(files) > 60
    for path in files:
        start = time.perf_counter()
        report = desk.load(path, name=path.name)
        assert time.perf_counter() - start < 2, path
        assert report.status == "refused", path
        assert len(report.reason) > 10, path
    assert desk.store.loads() == []


def test_a_file_refused_at_first_then_mended_then_handed_in_again(
    root: Path, open_desk: Callable[[Path], Desk]
) -> None:
    """The import that took nothing of it does not hide the one that took all."""
    data = as_csv([HEADINGS, with_cells(1, at1="Sở Ma thuật")])
    assert open_desk(root).load(data).status == "refused"
    with (root / "aliases.csv").open("a", encoding="utf-8") as aliases:
        aliases.write("Sở Ma thuật,stp\n")
    assert open_desk(root).load(data).status == "loaded"
    desk = open_desk(root)
    assert desk.load(data).status == "unchanged"
    assert len(desk.store.loads()) == 2
