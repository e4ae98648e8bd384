"""Personal numbers leave, everything else stays."""

from __future__ import annotations

import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.text import ECHO_LIMIT, echo, key, marked, mask, plain, tidy, trimmed


@pytest.mark.parametrize(
    "text",
    [
        "070089001234",
        "285123456",
        "285 123 456",
        "0912345678",
        "0912 345 678",
        "+84 912 345 678",
        "02713.881.234",
        "0084912345678",
        "0912–345–678",
        "070-123-456-789",
        "0701 2345 6789",
        "285-123-456",
        "nguyen.a@binhphuoc.gov.vn",
        "nguyen.a@mayban",
    ],
)
def test_personal_numbers_are_masked(text: str) -> None:
    assert mask(f"Cấp lại cho ông A, {text}, tại xã") == "Cấp lại cho ông A, •••, tại xã"
    assert mask(f"ông A {text}") == "ông A •••"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("SĐT0912345678", "SĐT•••"),
        ("ĐT.0912345678", "ĐT.•••"),
        ("tel.0912.345.678", "tel.•••"),
        ("Zalo0912 345 678", "Zalo•••"),
        ("0912345678zalo", "•••zalo"),
        ("CMND285123456cấp 2010", "CMND•••cấp 2010"),
        ("285123456 đồng ý rút hồ sơ", "••• đồng ý rút hồ sơ"),
        ("285.123.456 đồng chí An", "••• đồng chí An"),
        ("285123456 đ/c An", "••• đ/c An"),
        ("070123456789 VND", "••• VND"),
    ],
)
def test_personal_numbers_between_words_are_masked(text: str, left: str) -> None:
    assert mask(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "Nghị định 61/2018/NĐ-CP",
        "Mức độ 4",
        "Vốn dưới 100.000.000 đồng",
        "từ 1.500.000.000đ đến 20.000.000.000 VNĐ",
        "giai đoạn 2019-2020-2021",
        "Hồ sơ 000.00.12.H10-210401-0001 nộp trùng",
        "Hồ sơ H19.34-251110-0001, G09.20-251110-0002",
        "1.003003.000.00.00.H10",
        "1.003003",
        "Quyết định 766/QĐ-TTg ngày 23/6/2022",
        "Thông tư 01/2018",
    ],
)
def test_ordinary_numbers_stay(text: str) -> None:
    assert mask(text) == text


def test_comparing_forms() -> None:
    assert key("Mã hồ sơ") == key("MaHoSo") == key(" MÃ  HỒ SƠ: ")
    assert key("Đơn vị") == "donvi"
    assert marked("Hòa") == marked("hoà") != marked("hóa")
    assert marked("Lộc Thành") != marked("Lộc Thạnh")
    assert plain("Lộc Thành") == plain("LỘC THẠNH") == "loc thanh"


@given(st.text())
def test_decomposed_text_compares_equal(text: str) -> None:
    assert plain(unicodedata.normalize("NFD", text)) == plain(unicodedata.normalize("NFC", text))
    assert tidy(tidy(text)) == tidy(text)


def test_echo_is_short() -> None:
    assert len(echo("x" * 500, personal=False)) == ECHO_LIMIT
    assert "0912345678" not in echo("gọi 0912345678", personal=True)
    assert echo("0912345678", personal=False) == "0912345678"


def test_codes_are_trimmed_not_changed() -> None:
    column = pa.array([" H10-1 ", "e\u0301\u00a0", "", "  ", None, "A  B"])
    assert trimmed(column).to_pylist() == ["H10-1", "é", None, None, None, "A  B"]
