"""Profiles are chosen by headings; a file that fits none says what it lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import CallFault, DataFault
from data.home import Home
from loaders.formats import open_sheets
from loaders.profiles import Match, chosen, find
from tests.loaders.conftest import GOOD, HEADINGS, SHIPPED, Desk, as_csv, with_cells

SHIPPED_HOME = Home(SHIPPED)


def matched(text: str) -> Match:
    (found,) = find(chosen(SHIPPED_HOME, None), open_sheets(text.encode(), "tep.csv"), "tep.csv")
    return found


@pytest.mark.parametrize(
    ("headings", "profile"),
    [
        ("Mã hồ sơ,Đơn vị giải quyết,Ngày tiếp nhận,Ngày hẹn trả", "mot-cua"),
        ("STT,SỐ HỒ SƠ,ten don vi,ngày nhận,Hạn xử lý,Chủ hồ sơ", "mot-cua"),
        ("MaHoSo,DonViXuLy,NgayTiepNhan,NgayHenTra,KenhThucHien,TrangThaiHoSo", "dong-bo-quoc-gia"),
        ("Mã dịch vụ,Tên,Đơn vị,Mức độ,Trạng thái", "danh-muc-dvc"),
        ("kpi,unit,level,on,numerator,denominator,value,scheme,source", "so-lieu-khac"),
    ],
)
def test_chosen_by_headings(headings: str, profile: str) -> None:
    assert matched(headings + "\n").profile.key == profile


def test_headings_below_title_rows() -> None:
    text = "UBND TỈNH BÌNH PHƯỚC,,\nDANH SÁCH HỒ SƠ,,\n(Từ ngày 01/04/2021 đến ngày 30/04/2021),,\n\n\nMã hồ sơ,Đơn vị,Ngày tiếp nhận\n"
    assert matched(text).header == 5


def test_the_heading_named_first_wins() -> None:
    found = matched("Mã hồ sơ,Đơn vị tiếp nhận,Đơn vị giải quyết,Ngày tiếp nhận\n")
    assert found.columns["unit"] == 2
    assert found.heading("unit") == "Đơn vị giải quyết"


def test_a_profile_by_key_or_file(tmp_path: Path) -> None:
    assert [one.key for one in chosen(SHIPPED_HOME, "mot-cua")] == ["mot-cua"]
    path = tmp_path / "rieng.toml"
    path.write_text('key = "rieng"\n[fields]\ndossier_code = ["A"]\naccepted_at = "B"\nunit = "C"\n', encoding="utf-8")
    assert [one.key for one in chosen(SHIPPED_HOME, path)] == ["rieng"]
    assert [one.key for one in chosen(SHIPPED_HOME, str(path))] == ["rieng"]
    with pytest.raises(CallFault, match="khong-co"):
        chosen(SHIPPED_HOME, "khong-co")


def test_a_misspelt_field_is_named(tmp_path: Path) -> None:
    path = tmp_path / "sai.toml"
    path.write_text('key = "sai"\n[fields]\ndosier_code = ["A"]\n', encoding="utf-8")
    with pytest.raises((CallFault, DataFault), match="dosier_code"):
        chosen(SHIPPED_HOME, path)


def test_a_file_that_lacks_columns_says_which(desk: Desk) -> None:
    report = desk.load(as_csv([["Mã hồ sơ", "Ngày nhận đơn", "Đơn vị giải quyết"], ["A", "01/04/2021", "Sở Tư pháp"]]))
    assert report.status == "refused"
    assert "Ngày tiếp nhận" in report.reason
    assert "Ngày nhận đơn" in report.reason
    assert desk.store.loads() == []


def test_a_heading_that_occurs_twice_is_refused(desk: Desk) -> None:
    report = desk.load(as_csv([[*HEADINGS, "Ngày tiếp nhận"], [*GOOD, "02/04/2021"]]))
    assert report.status == "refused"
    assert "«Ngày tiếp nhận»" in report.reason


def test_two_profiles_that_fit_equally_well_must_be_told_apart(root: Path) -> None:
    text = (root / "profiles" / "mot-cua-thu.toml").read_text(encoding="utf-8")
    (root / "profiles" / "hai.toml").write_text(text.replace('"mot-cua-thu"', '"hai"'), encoding="utf-8")
    desk = Desk(root)
    assert "--profile" in desk.load(as_csv([HEADINGS, GOOD])).reason
    assert desk.load(as_csv([HEADINGS, GOOD]), profile="hai").status == "loaded"


def test_pages_of_a_printed_list(desk: Desk) -> None:
    """Column numbers below the headings and headings repeated on later pages are no rows."""
    numbers = [f"({n})" for n in range(1, len(HEADINGS) + 1)]
    report = desk.load(as_csv([["DANH SÁCH"], HEADINGS, numbers, with_cells(1), HEADINGS, with_cells(2)]))
    assert (report.read, report.new, report.refused) == (2, 2, 0)
    assert desk.rows("row") == [(4,), (6,)]
