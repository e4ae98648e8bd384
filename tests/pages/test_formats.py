"""Numbers, dates and sorting as an office writes them, and English by the switch."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from data.clock import day_end, day_number, parse_moment
from data.locale import _, language, use_language
from data.locale import formats as f

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


@pytest.fixture
def english() -> Iterator[None]:
    use_language("en")
    yield
    use_language("vi")


@pytest.mark.parametrize(
    ("value", "written"), [(1838, "1.838"), (0, "0"), (15383.0, "15.383"), (-3, "−3"), (None, "—"), (2.5, "3")]
)
def test_number(value: float | None, written: str) -> None:
    assert f.number(value) == written


@pytest.mark.parametrize(
    ("value", "written"), [(4.333, "4,3"), (26.0, "26"), (0.25, "0,3"), (10.0, "10"), (1200.0, "1.200")]
)
def test_decimal(value: float, written: str) -> None:
    assert f.decimal(value) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0021, "0,21 %"),
        (0.936, "93,6 %"),
        (0.12, "12 %"),
        (1.0, "100 %"),
        (0.99996, "99,996 %"),
        (0.9999999, "99,99999 %"),
        (0.00001, "0,001 %"),
        (0.0, "0 %"),
        (0.0005, "0,05 %"),
        (1.02, "102 %"),
        (0.12345, "12,3 %"),
        (0.1235, "12,4 %"),
        (None, "—"),
    ],
)
def test_percent(value: float | None, written: str) -> None:
    assert f.percent(value) == written.replace(" ", f.NBSP)


def test_an_unmet_target_never_looks_met() -> None:
    assert f.percent(0.49999, 0.5) == f"49,999{f.NBSP}%"
    assert f.percent(0.5, 0.5) == f"50{f.NBSP}%"
    assert f.percent(0.80004, 0.8) == f"80,004{f.NBSP}%"


def test_dates() -> None:
    assert f.date(date(2021, 5, 16)) == "16/5/2021"
    assert f.moment(parse_moment("2021-05-16T17:00", ZONE), ZONE) == "17:00 16/5/2021"
    assert f.moment(day_end(day_number(date(2021, 5, 19)), ZONE), ZONE) == "hết ngày 19/5/2021"
    assert f.date(None) == "—"


def test_vietnamese_order() -> None:
    right = ["An", "Ăn", "Ấn", "Bù Đăng", "Bù Đốp", "Dầu Tiếng", "Đồng Phú", "Lộc Thành", "Lộc Thạnh"]
    assert sorted(set(right), key=f.sort_key) == right


def test_order_does_not_depend_on_the_unicode_form() -> None:
    import unicodedata

    composed, apart = f.sort_key("Đồng Xoài"), f.sort_key(unicodedata.normalize("NFD", "Đồng Xoài"))
    assert composed[:2] == apart[:2]


@pytest.mark.usefixtures("english")
def test_english() -> None:
    assert f.number(1838) == "1,838"
    assert f.percent(0.0021) == "0.21%"
    assert f.date(date(2021, 5, 16)) == "16 May 2021"
    assert f.moment(parse_moment("2021-05-16T17:00", ZONE), ZONE) == "17:00, 16 May 2021"
    assert _("Còn {n} ngày làm việc", count=1, n=1) == "1 working day left"
    assert _("Còn {n} ngày làm việc", count=3, n=3) == "3 working days left"


def test_unknown_language_and_unknown_text_stay_vietnamese() -> None:
    use_language("xx")
    assert language() == "vi"
    use_language("en")
    try:
        assert _("Câu này chưa ai dịch: {n}", n=1) == "Câu này chưa ai dịch: 1"
    finally:
        use_language("vi")
