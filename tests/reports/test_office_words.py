"""Numbers, days and sentences as an office writes them."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from data.clock import day_end, parse_moment
from data.locale import language, use_language
from kpi.catalog import figure
from kpi.model import Pace, Row, Status
from kpi.reports import words

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
ON_TIME, OVERDUE, TURNED, ACTIVE = (
    figure(key) for key in ("on_time_resolved", "overdue_open", "became_overdue", "services_active")
)


def row(
    kpi: str, gap: float, needed: float | None, recent: float | None, ceiling: float | None = 1.0, target: float = 1.0
) -> Row:
    pace = Pace(date(2022, 9, 2), 38, gap, needed, recent, ceiling)
    return Row(kpi, "u", "U", "", "campaign", 1, 2, 0.5, target, 0.5, Status.BEHIND, 0, None, pace=pace)


@pytest.mark.parametrize(
    ("day", "said"),
    [(date(2022, 9, 2), "02/9/2022"), (date(2021, 5, 16), "16/5/2021"), (date(2022, 2, 5), "05/02/2022"), (None, "—")],
)
def test_days(day: date | None, said: str) -> None:
    assert words.day(day) == said


def test_long_days_and_moments() -> None:
    assert words.long_day(date(2022, 6, 5)) == "ngày 05 tháng 6 năm 2022"
    assert words.long_day(date(2022, 1, 10)) == "ngày 10 tháng 01 năm 2022"
    assert words.moment(parse_moment("2022-07-10T17:00", ZONE), ZONE) == "17 giờ 00 ngày 10/7/2022"
    assert words.moment(day_end(18_818, ZONE), ZONE) == "hết ngày 10/7/2021"


@pytest.mark.parametrize(
    ("value", "target", "said"),
    [(0.0021, None, "0,21%"), (0.99996, 1.0, "99,996%"), (0.5, 0.5, "50%"), (None, None, "—")],
)
def test_percents_have_no_blank(value: float | None, target: float | None, said: str) -> None:
    assert words.percent(value, target) == said


def test_steps() -> None:
    assert words.step_words(ON_TIME, 0.9919, 0.9920) == "giảm 0,01 điểm phần trăm so với kỳ trước"
    assert words.step_words(OVERDUE, 184, 192) == "giảm 8 hồ sơ so với kỳ trước"
    assert words.step_words(OVERDUE, 5, 5) == "không đổi so với kỳ trước"
    assert words.step_words(OVERDUE, 5, None) == ""
    assert [words.step_cell(ON_TIME, now, 0.5).text for now in (0.5, 0.6, 0.49999)] == ["0", "+10 điểm", "−0,001 điểm"]
    assert words.step_cell(OVERDUE, 1, 3).raw == -2


def test_what_is_missing_and_how_fast() -> None:
    assert words.missing(row("services_active", 349.6, 9.2, 12), ACTIVE) == "còn thiếu 350 dịch vụ"
    assert words.missing(row("on_time_resolved", 146, 3.8, -8), ON_TIME) == "đã có 146 hồ sơ trễ hạn"
    assert words.missing(row("became_overdue", 412, 10.8, -7, target=0), TURNED) == "đã phát sinh 412 hồ sơ"
    assert words.missing(row("overdue_open", 184, 4.8, 1, target=0), OVERDUE) == "còn 184 hồ sơ"
    assert words.missing(row("overdue_open", 0, None, 1, target=0), OVERDUE) == ""
    assert words.rate(row("services_active", 349.6, 9.2, 12), ACTIVE) == (
        "cần bình quân 9,2 dịch vụ mỗi ngày làm việc đến 02/9/2022, hiện bình quân 12"
    )
    # Nine services in 38 days are not 0,2 a day but 1,2 a week.
    assert words.rate(row("services_active", 9, 9 / 38, 0), ACTIVE, with_due=False) == (
        "cần bình quân 1,2 dịch vụ mỗi tuần làm việc, các ngày làm việc gần đây chưa có tiến triển"
    )


def test_what_cannot_be_reached_any_more() -> None:
    assert words.status(row("on_time_resolved", 1, 1, 1, ceiling=0.999), over=False) == "Không còn đạt được"
    assert words.status(row("on_time_resolved", 1, 1, 1), over=False) == "Chậm"
    assert words.status(row("on_time_resolved", 1, 1, 1, ceiling=0.999), over=True) == "Không đạt"


def test_names_in_sentences() -> None:
    assert words.unit("Huyện Đồng Phú") == "huyện Đồng Phú"
    assert words.unit("Sở Y tế") == "Sở Y tế"
    assert words.lower_first("UBND tỉnh") == "UBND tỉnh" and words.lower_first("Hồ sơ") == "hồ sơ"
    assert words.some(["A", "B", "C"], 3) == "A, B và C"
    assert words.some(["A", "B", "C", "D"], 2) == "A, B và 2 đơn vị khác"


def test_the_reader_s_language_comes_back() -> None:
    use_language("en")
    try:
        assert words.in_vietnamese(lambda: (words.number(1838), language())) == ("1.838", "vi")
        assert language() == "en"
    finally:
        use_language("vi")
