"""Targets from a sheet: what is taken, what is refused, and what the campaign's file looks like afterwards."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
import xlsxwriter

from data.errors import DataFault, RefusedFile
from data.home import Home, Target
from loaders.target_sheet import BEGIN, HEADINGS, SheetTarget, plan, read, write
from tests.exports import province

UNITS = {"syt", "stp", "dong-phu"}
RATIOS = {"on_time_resolved": True, "overdue_open": False}
DUE = date(2021, 5, 19)


def sheet(*rows: tuple[object, ...], heads: tuple[str, ...] = HEADINGS) -> bytes:
    out = BytesIO()
    with xlsxwriter.Workbook(out) as book:
        page = book.add_worksheet("Chỉ tiêu")
        page.write_row(0, 0, ["Bảng giao chỉ tiêu"])
        page.write_row(1, 0, heads)
        for number, row in enumerate(rows, start=2):
            page.write_row(number, 0, row)
    return out.getvalue()


def test_rows_are_taken_in_the_forms_people_write() -> None:
    found = read(
        sheet(
            ("syt", "on_time_resolved", 98.5, "19/5/2021"),
            ("stp", "on_time_resolved", "98,5 %", "2021-05-19"),
            ("dong-phu", "overdue_open", 0, 44335),
        ),
        "x.xlsx", units=UNITS, ratios=RATIOS,
    )  # fmt: skip
    assert found.refusals == ()
    assert found.rows == (
        SheetTarget("syt", "on_time_resolved", 0.985, DUE),
        SheetTarget("stp", "on_time_resolved", 0.985, DUE),
        SheetTarget("dong-phu", "overdue_open", 0.0, DUE),
    )


def test_each_bad_row_says_where_and_why() -> None:
    found = read(
        sheet(
            ("khong-co", "on_time_resolved", 98, "19/5/2021"),
            ("syt", "khong_co", 98, "19/5/2021"),
            ("syt", "on_time_resolved", 0.98, "19/5/2021"),
            ("syt", "on_time_resolved", 101, "19/5/2021"),
            ("syt", "overdue_open", "không", "19/5/2021"),
            ("syt", "overdue_open", 0, "31/2/2021"),
            ("syt", "overdue_open", 0, "19/5/2021"),
        ),
        "x.xlsx", units=UNITS, ratios=RATIOS,
    )  # fmt: skip
    assert [(one.row, one.heading) for one in found.refusals] == [
        (3, "Mã đơn vị"), (4, "Mã chỉ tiêu"), (5, "Giá trị"), (6, "Giá trị"), (7, "Giá trị"), (8, "Hạn"),
    ]  # fmt: skip
    assert found.rows == (SheetTarget("syt", "overdue_open", 0.0, DUE),)


def test_a_sheet_without_the_headings_is_refused() -> None:
    with pytest.raises(RefusedFile, match="Mã đơn vị"):
        read(sheet(heads=("Đơn vị", "Chỉ tiêu", "Giá trị", "Hạn")), "x.xlsx", units=UNITS, ratios=RATIOS)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(province(tmp_path / "home"))


EVERYONE = [Target(kpi="on_time_resolved", value=1.0, due=DUE)]
PAIR = ("syt", "on_time_resolved")


def test_only_what_differs_is_written_and_the_rest_of_the_file_stays(home: Home) -> None:
    campaign = home.campaign("50-ngay")
    path = home.root / "campaigns" / "50-ngay.toml"
    before = path.read_text(encoding="utf-8")
    rows = [SheetTarget("syt", "on_time_resolved", 0.985, DUE), SheetTarget("stp", "on_time_resolved", 1.0, DUE)]
    planned = plan(home, campaign, rows, {PAIR: EVERYONE, ("stp", "on_time_resolved"): EVERYONE})
    assert set(planned.changed) == {PAIR} and planned.by_hand == ()
    write(planned)
    after = path.read_text(encoding="utf-8")
    assert after.startswith(before.rstrip()) and after.count(BEGIN) == 1
    new = Home(home.root).campaign("50-ngay")
    assert new.target[:-1] == campaign.target
    assert new.target[-1] == Target(kpi="on_time_resolved", value=0.985, due=DUE, unit=("syt",))


def test_a_second_sheet_replaces_what_the_first_had_set_and_keeps_the_others(home: Home) -> None:
    first = [SheetTarget("syt", "on_time_resolved", 0.9, DUE), SheetTarget("stp", "on_time_resolved", 0.9, DUE)]
    write(plan(home, home.campaign("50-ngay"), first, {}))
    again = Home(home.root)
    second = [SheetTarget("syt", "on_time_resolved", 0.95, DUE)]
    write(plan(again, again.campaign("50-ngay"), second, {PAIR: [Target(kpi="on_time_resolved", value=0.9, due=DUE, unit=("syt",))]}))  # fmt: skip
    own = [target for target in Home(home.root).campaign("50-ngay").target if target.unit]
    assert {(target.unit, target.value) for target in own} == {(("syt",), 0.95), (("stp",), 0.9)}


def test_targets_written_by_hand_are_not_overruled(home: Home) -> None:
    path = home.root / "campaigns" / "50-ngay.toml"
    path.write_text(path.read_text(encoding="utf-8") + '\n[[target]]\nkpi = "on_time_resolved"\nvalue = 0.9\ndue = 2021-05-19\nunit = "syt"\n', encoding="utf-8")  # fmt: skip
    planned = plan(home, home.campaign("50-ngay"), [SheetTarget("syt", "on_time_resolved", 0.95, DUE)], {})
    assert planned.by_hand == (PAIR,) and planned.after == planned.before


def test_a_file_edited_meanwhile_is_not_overwritten(home: Home) -> None:
    planned = plan(home, home.campaign("50-ngay"), [SheetTarget("syt", "on_time_resolved", 0.95, DUE)], {})
    path = home.root / "campaigns" / "50-ngay.toml"
    path.write_text(path.read_text(encoding="utf-8") + "# mới\n", encoding="utf-8")
    with pytest.raises(DataFault):
        write(planned)
    assert path.read_text(encoding="utf-8").endswith("# mới\n")
