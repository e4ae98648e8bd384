"""Unit names as offices write them, against a table written by hand."""

from __future__ import annotations

import pyarrow as pa
import pytest

from data.home import Home
from loaders.names import Names
from tests.loaders.conftest import SHIPPED

NAMES = Names(Home(SHIPPED))

KNOWN = [
    ("Sở TN&MT", "stnmt"),
    ("Sở Tài nguyên và Môi trường", "stnmt"),
    ("SỞ TÀI NGUYÊN VÀ MÔI TRƯỜNG TỈNH BÌNH PHƯỚC", "stnmt"),
    ("So Tai nguyen va Moi truong", "stnmt"),
    ("STNMT", "stnmt"),
    ("Sở LĐ-TB và XH", "sldtbxh"),
    ("Sở KH & CN", "skhcn"),
    ("Sở Nông nghiệp và PTNT", "snnptnt"),
    ("Văn phòng UBND tỉnh", "vpubnd"),
    ("UBND TX. Bình Long", "binh-long"),
    ("TX Bình Long", "binh-long"),
    ("TP.Đồng Xoài", "dong-xoai"),
    ("UBND H. Đồng Phú", "dong-phu"),
    ("Ủy ban nhân dân huyện Đồng Phú", "dong-phu"),
    ("Uỷ ban nhân dân huyện Hớn Quản", "hon-quan"),
    ("Đồng Phú", "dong-phu"),
    ("  huyện\u00a0 Đồng  Phú ", "dong-phu"),
    ("Huyện Chơn Thành", "chon-thanh"),
    ("Thị xã Chơn Thành", "chon-thanh"),
    ("UBND xã Tân Tiến - huyện Đồng Phú", "25393"),
    ("UBND xã Tân Tiến, huyện Bù Đốp", "25321"),
    ("Bộ phận TN&TKQ xã Tân Tiến - H. Bù Đốp", "25321"),
    ("Bộ phận một cửa X. Tân Tiến, Đồng Phú", "25393"),
    ("Xã Tân Tiến (huyện Đồng Phú, tỉnh Bình Phước)", "25393"),
    ("P. Tân Phú", "25195"),
    ("TT. Tân Phú - Đồng Phú", "25363"),
    ("Xã Lộc Thành", "25294"),
    ("Xã Lộc Thạnh", "25280"),
    ("Phường Long Thuỷ", "25217"),
    ("Phường Long Thủy", "25217"),
    ("Phu\u031bo\u031b\u0300ng Long Thu\u0309y", "25217"),
    ("dong-phu", "dong-phu"),
    ("25393", "25393"),
    ("695", "dong-phu"),
]


@pytest.mark.parametrize(("written", "code"), KNOWN)
def test_names_find_their_unit(written: str, code: str) -> None:
    assert NAMES.find("", written).code == code


@pytest.mark.parametrize(
    ("written", "candidates"),
    [
        ("Xã Tân Tiến", {"25321", "25393"}),
        ("UBND xã Tân Tiến", {"25321", "25393"}),
        ("Tân Tiến", {"25321", "25393"}),
        ("xa Loc Thanh", {"25280", "25294"}),
    ],
)
def test_namesakes_are_never_guessed(written: str, candidates: set[str]) -> None:
    found = NAMES.find("", written)
    assert found.code is None
    assert set(found.candidates) == candidates


@pytest.mark.parametrize("written", ["Sở Ma thuật", "huyện Không Có", "Chi cục", "9", "-"])
def test_strangers_stay_unknown(written: str) -> None:
    found = NAMES.find("", written)
    assert found.code is None
    assert found.candidates == ()


def test_every_shipped_unit_is_found_by_its_own_name_and_district() -> None:
    for unit in NAMES.rows.values():
        for row in unit:
            parent = NAMES.rows[row.parent][0].name if row.level == "commune" else ""
            assert NAMES.find("", f"UBND {row.name} - {parent}" if parent else row.name).code == row.code


def test_a_known_code_cell_outweighs_the_name() -> None:
    assert NAMES.find("dong-phu", "Sở Tư pháp").code == "dong-phu"
    assert NAMES.find("khong-co", "Sở Tư pháp").code == "stp"


def test_columns_keep_their_order() -> None:
    names = pa.array(["Sở Tư pháp", "Xã Tân Tiến", None, "Sở Tư pháp"])
    codes = pa.array([None, None, "stc", "stc"], pa.string())
    found = NAMES.column(codes, names)
    assert found.codes.to_pylist() == ["stp", None, "stc", "stc"]
    assert found.failed.tolist() == [False, True, False, False]


def test_similar_names_are_suggested() -> None:
    assert any("Sở Tư pháp" in one for one in NAMES.nearest("Sở Tư phap lý"))
