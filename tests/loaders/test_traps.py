"""The twenty traps that exports and campaigns lay (the list of the domain's description), one test each, here or named here.

1 the same dossier in consecutive exports, also corrected backwards: ``test_1``; 2 cumulative and daily exports: ``test_2``,
``test_held.py``; 3 99.996 % is not 100 %: ``kpi/test_steering.py::test_status``; 4 a denominator of nought:
``kpi/test_against_reference.py``; 5 due today: ``independent/test_reference.py::test_due_today_is_in_time…``; 6 finished on a
holiday: ``test_6``; 7 status 1 and 3: ``independent/test_reference.py::test_status_decides``; 8 paused twice: ``test_8``;
9 and 10 no due date, finish or due before acceptance: ``test_9_10``; 11 headings on row 7, merged, totals, repeated:
``test_11``; 12 decomposed text, odd blanks, Đ: ``test_12``; 13 dates: ``test_13``, ``test_clean.py``; 14 two communes of one
name: ``test_14``; 15 Chơn Thành as district and as town: ``test_15``; 16 formulas: ``test_hostile_cells.py``; 17 an identity
number in a note: ``test_17``, ``test_personal_data.py``; 18 accepted before the window, finished inside:
``independent/test_reference.py::test_cohort_of_acceptance…``; 19 due dates after the window:
``kpi/test_steering.py::test_of_two_due_dates…``, ``replay/test_year2022.py``; 20 a catalogue that changes during the
campaign: ``test_20``, ``kpi/test_services.py``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from data.clock import from_micros
from data.schema import FLAGS
from tests.exports import province
from tests.loaders.books import as_xlsx
from tests.loaders.conftest import AT, Desk, as_csv

HEADINGS = ["Mã hồ sơ", "Đơn vị giải quyết", "Ngày tiếp nhận", "Ngày hẹn trả", "Ngày kết thúc xử lý", "Trạng thái", "Hình thức nộp", "Ghi chú"]  # fmt: skip
DAY = 86_400_000_000


def _row(code: str = "H10-1", **cells: str) -> list[str]:
    row = dict(zip(HEADINGS, [code, "Sở Tư pháp", "01/04/2021 08:05:00", "05/04/2021", "", "Đang xử lý", "Trực tuyến", ""], strict=True))  # fmt: skip
    row |= {name.replace("_", " "): cell for name, cell in cells.items()}
    return list(row.values())


@pytest.fixture
def shipped(tmp_path: Path) -> Iterator[Desk]:
    """A desk in the shipped home, with its profiles and units."""
    desk = Desk(province(tmp_path / "shipped"))
    yield desk
    desk.store.engine.dispose()


def _known(desk: Desk, columns: str) -> list[tuple[Any, ...]]:
    with desk.store.engine.connect() as connection:
        rows = connection.exec_driver_sql(
            f"SELECT {columns} FROM dossier_version WHERE to_import = 2147483647 ORDER BY code"
        )
        return [tuple(row) for row in rows]


def test_1_the_same_dossier_day_after_day_and_corrected_backwards(shipped: Desk) -> None:
    finished = _row(Ngày_kết_thúc_xử_lý="02/04/2021 09:00:00", Trạng_thái="Đã xử lý xong")
    reports = [
        shipped.load(as_csv([HEADINGS, row, extra]), at=AT + number * DAY)
        for number, (row, extra) in enumerate(
            [(_row(), _row("H10-2")), (_row(), _row("H10-3")), (finished, _row("H10-4")), (_row(), _row("H10-5"))]
        )
    ]
    assert [(one.new, one.changed, one.unchanged) for one in reports] == [(2, 0, 0), (1, 0, 1), (1, 1, 0), (1, 1, 0)]
    assert _known(shipped, "code, status, finished_at")[0] == ("H10-1", 4, None)
    history = [status for code, status in shipped.rows("code, status") if code == "H10-1"]
    assert history == [4, 9, 4]


def test_2_a_daily_export_says_nothing_of_what_it_lacks(shipped: Desk) -> None:
    shipped.load(as_csv([HEADINGS, _row("H10-1"), _row("H10-2")]))
    shipped.load(as_csv([HEADINGS, _row("H10-2", Trạng_thái="Đã xử lý xong")]), at=AT + DAY)
    assert [code for (code,) in _known(shipped, "code")] == ["H10-1", "H10-2"]


def test_6_finished_on_a_holiday_is_in_order(shipped: Desk) -> None:
    rows = [
        _row(f"000.00.12.H10-210401-000{n}", Ngày_kết_thúc_xử_lý=f"{day} 09:00:00", Trạng_thái="Đã xử lý xong")
        for n, day in enumerate(("30/04/2021", "01/05/2021", "02/05/2021"))
    ]
    report = shipped.load(as_csv([HEADINGS, *rows]))
    assert (report.new, {name for name in report.flags if name != "unknown_procedure"}) == (3, set())


def test_8_paused_twice(shipped: Desk) -> None:
    words = ["Đang xử lý", "Yêu cầu bổ sung giấy tờ", "Đang xử lý", "Chờ bổ sung", "Đang xử lý"]
    for number, word in enumerate(words):
        shipped.load(as_csv([HEADINGS, _row(Trạng_thái=word)]) + b"\n" * number, at=AT + number * DAY)
    assert [status for (status,) in shipped.rows("status")] == [4, 5, 4, 5, 4]


@pytest.mark.parametrize(
    ("cells", "flag"),
    [
        ({"Ngày_hẹn_trả": ""}, "no_due_date"),
        ({"Ngày_kết_thúc_xử_lý": "31/03/2021 16:00:00", "Trạng_thái": "Đã xử lý xong"}, "finish_before_accept"),
        ({"Ngày_hẹn_trả": "31/03/2021"}, "due_before_accept"),
    ],
)
def test_9_10_loaded_and_flagged(cells: dict[str, str], flag: str, shipped: Desk) -> None:
    report = shipped.load(as_csv([HEADINGS, _row(**cells)]))
    assert (report.new, report.refused, report.flags[flag]) == (1, 0, 1)
    assert int(shipped.rows("flags")[0][0]) & FLAGS[flag]  # type: ignore[call-overload]


def test_11_headings_on_row_seven_over_three_merged_rows(shipped: Desk) -> None:
    heads = [
        ["STT", "Hồ sơ", "", "Quá trình giải quyết", "", "", "", ""],
        ["", "Mã hồ sơ", "Đơn vị giải quyết", "Thời gian", "", "", "Khác", ""],
        ["", "", "", "Ngày tiếp nhận", "Ngày hẹn trả", "Ngày kết thúc xử lý", "Trạng thái", "Hình thức nộp"],
    ]
    good = [["1", *_row("H10-1")[:7]], ["2", *_row("H10-2")[:7]], ["3", *_row("H10-3")[:7]]]
    rows: list[list[Any]] = [
        ["UBND TỈNH BÌNH PHƯỚC"], [], ["SỔ THEO DÕI HỒ SƠ"], ["(Từ ngày 01/04/2021 đến ngày 30/04/2021)"],
        *heads, [f"({n})" for n in range(1, 9)], ["I", "SỞ TƯ PHÁP"], good[0], heads[2], good[1], good[2],
        ["", "Tổng cộng", "", 3], ["", "", "", "", "", "Đồng Xoài, ngày 30 tháng 4 năm 2021"],
    ]  # fmt: skip
    merged = [
        *((4, 0, 6, 0, "STT"), (4, 1, 4, 2, "Hồ sơ"), (4, 3, 4, 7, "Quá trình giải quyết")),
        *((5, 1, 6, 1, "Mã hồ sơ"), (5, 2, 6, 2, "Đơn vị giải quyết"), (5, 3, 5, 5, "Thời gian"), (5, 6, 5, 7, "Khác")),
    ]
    report = shipped.load(as_xlsx(rows, merged), name="so.xlsx")
    assert (report.status, report.read, report.new, report.refused) == ("loaded", 3, 3, 0), report
    assert report.skipped == {"column_numbers": 1, "groups": 1, "headings": 1, "totals": 1, "signatures": 1}
    assert [row for (row,) in shipped.rows("row")] == [10, 12, 13]


UNITS = [
    "Sở  Tư\u00a0pháp",
    "SỞ TƯ PHÁP",
    "Sở Tư\npháp",
    "\ufeffSở Tư pháp ",
    "sở tư pháp",
    "Sở tư\u200b pháp",
]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_12_text_as_people_and_programs_write_it(form: Any, shipped: Desk) -> None:
    headings = [unicodedata.normalize(form, heading).upper() for heading in HEADINGS]
    rows = [_row(f"H10-{n}", Đơn_vị_giải_quyết=unit, Trạng_thái="ĐANG  XỬ LÝ") for n, unit in enumerate(UNITS)]
    report = shipped.load(as_csv([headings, *([unicodedata.normalize(form, cell) for cell in row] for row in rows)]))
    assert report.refused == 0, report.refusals
    assert set(_known(shipped, "(SELECT code FROM unit WHERE unit.id = unit_id), status")) == {("stp", 4)}


def test_12_words_are_compared_without_diacritics_and_never_guessed(shipped: Desk) -> None:
    """«Ð» (eth) for «Đ» and «xử lí» for «xử lý» are other letters: read alike, or refused with the nearest word."""
    words = ["Dang xu ly", "đang xử lí", "Ðang xử lý", "Đang xử lý."]
    report = shipped.load(as_csv([HEADINGS, *(_row(f"H10-{n}", Trạng_thái=word) for n, word in enumerate(words))]))
    assert all("«Đang xử lý»" in one.what_to_do for one in report.refusals)
    assert {status for (status,) in _known(shipped, "status")} == {4}
    assert ("H10-0",) in _known(shipped, "code")


DATES = [
    ("05/04/2021 08:05:06", datetime(2021, 4, 5, 8, 5, 6)),
    ("05/04/2021 08:05", datetime(2021, 4, 5, 8, 5)),
    ("5/4/2021 8:05", datetime(2021, 4, 5, 8, 5)),
    ("05/04/2021", datetime(2021, 4, 5)),
    ("05/04/21", datetime(2021, 4, 5)),
    ("5/4/21 8:05", datetime(2021, 4, 5, 8, 5)),
    ("04/05/2021 24:00", datetime(2021, 5, 5)),
    ("20210405080506", datetime(2021, 4, 5, 8, 5, 6)),
    ("20210405", datetime(2021, 4, 5)),
    ("44291", datetime(2021, 4, 5)),
    ("44291.5", datetime(2021, 4, 5, 12)),
    ("2021-04-05", datetime(2021, 4, 5)),
    ("2021-04-05T08:05:06", datetime(2021, 4, 5, 8, 5, 6)),
    ("2021-04-05T01:05:06Z", datetime(2021, 4, 5, 8, 5, 6)),
    ("2021-04-05T03:05:06+02:00", datetime(2021, 4, 5, 8, 5, 6)),
]


def test_13_every_form_of_a_date_day_first(shipped: Desk) -> None:
    rows = [_row(f"H10-{n:02}", Ngày_tiếp_nhận=text) for n, (text, _) in enumerate(DATES)]
    report = shipped.load(as_csv([HEADINGS, *rows]))
    assert report.refused == 0, report.refusals
    found = [
        from_micros(moment, shipped.home.zone).replace(tzinfo=None) for (moment,) in _known(shipped, "accepted_at")
    ]
    assert found == [clock for _, clock in DATES]


def test_14_two_communes_of_one_name(shipped: Desk) -> None:
    rows = [
        _row("H10-1", Đơn_vị_giải_quyết="UBND xã Tân Tiến"),
        _row("H10-2", Đơn_vị_giải_quyết="UBND xã Tân Tiến - huyện Đồng Phú"),
        _row("H10-3", Đơn_vị_giải_quyết="Xã Tân Tiến, huyện Bù Đốp"),
        _row("H10-4", Đơn_vị_giải_quyết="25321"),
    ]
    report = shipped.load(as_csv([HEADINGS, *rows]))
    assert [(one.row, "25321" in one.reason and "25393" in one.reason) for one in report.refusals] == [(2, True)]
    units = [unit for (unit,) in _known(shipped, "(SELECT code FROM unit WHERE unit.id = unit_id)")]
    assert len(set(units)) == 2 and "25321" in units


@pytest.mark.parametrize(
    "name", ["UBND huyện Chơn Thành", "UBND thị xã Chơn Thành", "TX. Chơn Thành", "Huyện Chơn Thành"]
)
def test_15_one_place_under_two_names(name: str, shipped: Desk) -> None:
    assert shipped.load(as_csv([HEADINGS, _row(Đơn_vị_giải_quyết=name)])).refused == 0
    assert _known(shipped, "(SELECT code FROM unit WHERE unit.id = unit_id)") == [("chon-thanh",)]


def test_17_an_identity_number_in_a_note(shipped: Desk) -> None:
    shipped.load(as_csv([HEADINGS, _row(Ghi_chú="CCCD 070189007654")]))
    shipped.store.engine.dispose()
    kept = b"".join(path.read_bytes() for path in shipped.database.parent.glob("campaign.db*"))
    assert b"H10-1" in kept and b"070189007654" not in kept


def test_20_levels_get_other_names_during_the_campaign(shipped: Desk) -> None:
    heads = ["Mã dịch vụ", "Mã TTHC", "Tên", "Đơn vị", "Mức độ", "Trạng thái", "Ngày thay đổi"]
    before = [["D1", "1.000001", "a", "Sở Tư pháp", "Mức độ 4", "Đã tích hợp", "01/06/2022"],
              ["D2", "1.000002", "b", "Sở Tư pháp", "Mức độ 3", "Đã tích hợp", "01/06/2022"]]  # fmt: skip
    after = [["D1", "1.000001", "a", "Sở Tư pháp", "Toàn trình", "Đã tích hợp", "15/08/2022"],
             ["D2", "1.000002", "b", "Sở Tư pháp", "Toàn trình", "Đã tích hợp", "15/08/2022"]]  # fmt: skip
    assert shipped.load(as_csv([heads, *before]), at=AT).new == 2
    report = shipped.load(as_csv([heads, *after]), at=AT + DAY, accept=True)
    assert report.refused == 0
    levels = shipped.rows("service_code, level", "service_version")
    assert levels[-1] == ("D2", 4) and ("D2", 3) in levels
