"""How a provincial office writes: 1.838 hồ sơ, 0,21%, 02/9/2022, 17 giờ 00 ngày 10/7/2022. Reports are always Vietnamese."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from contextvars import copy_context
from datetime import date, time
from typing import TypeVar
from zoneinfo import ZoneInfo

from data.clock import from_micros
from data.locale import formats, use_language
from data.locale.formats import NBSP
from data.locale.formats import NOTHING as NOTHING
from kpi.catalog import figure
from kpi.catalog.figure import Figure, Span
from kpi.catalog.words import SCHEMES
from kpi.model import Row, Status
from kpi.reports.content import Cell, Kind
from kpi.status import met

Value = TypeVar("Value")


def in_vietnamese(make: Callable[[], Value]) -> Value:
    """Whatever the reader's language: an administrative document has one."""

    def made() -> Value:
        use_language("vi")
        return make()

    return copy_context().run(made)


# Numbers and days -----------------------------------------------------------------------------------------------------


def number(value: float | None) -> str:
    return formats.number(value)


def decimal(value: float) -> str:
    """One decimal below 10, whole numbers above: what is done in a day."""
    return formats.decimal(value, 1 if abs(value) < 10 else 0)


def percent(fraction: float | None, target: float | None = None) -> str:
    """0,21%: as many decimals as it takes not to look like 0%, 100% or the target when it is not."""
    return formats.percent(fraction, target).replace(f"{NBSP}%", "%")


def counted(amount: float, noun: str) -> str:
    """«78 dịch vụ»; what is missing is rounded up to whole ones."""
    return f"{number(math.ceil(amount))} {noun}"


def day(value: date | None) -> str:
    """02/9/2022: as NĐ 30/2020 has it, a nought before days below 10 and before January and February."""
    return NOTHING if value is None else f"{value.day:02}/{_month(value)}/{value.year}"


def long_day(value: date) -> str:
    """ngày 02 tháng 9 năm 2022."""
    return f"ngày {value.day:02} tháng {_month(value)} năm {value.year}"


def _month(value: date) -> str:
    return f"{value.month:02}" if value.month < 3 else str(value.month)


def moment(micros: int, zone: ZoneInfo) -> str:
    """17 giờ 00 ngày 10/7/2022; the last instant of a day is «hết ngày 10/7/2022»."""
    at = from_micros(micros, zone)
    if at.time() == time.max:
        return f"hết ngày {day(at.date())}"
    return f"{at:%H} giờ {at:%M} ngày {day(at.date())}"


def listed(words: Iterable[str]) -> str:
    """«a, b và c»."""
    return formats.listed(words)


def some(names: Sequence[str], most: int, noun: str = "đơn vị") -> str:
    """«A, B và C»; of many the first ones: «A, B, C và 5 đơn vị khác»."""
    if len(names) <= most:
        return formats.listed(names)
    return f"{', '.join(names[:most])} và {number(len(names) - most)} {noun} khác"


def lower_first(text: str) -> str:
    """Inside a sentence; what begins with two capitals (UBND …) stays."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


# Units ----------------------------------------------------------------------------------------------------------------

LEVELS = {
    "department": ("Các sở, ban, ngành", "sở, ban, ngành"),
    "district": ("Các huyện, thị xã, thành phố", "huyện, thị xã, thành phố"),
    "commune": ("Các xã, phường, thị trấn", "xã, phường, thị trấn"),
}


def level(code: str) -> tuple[str, str]:
    """A level as a heading and as a noun."""
    return LEVELS.get(code, ("Các đơn vị", "đơn vị"))


def unit(name: str) -> str:
    """A unit inside a sentence: huyện Đồng Phú, xã Lộc Thành; Sở Y tế keeps its capital."""
    first = name.split(" ", 1)[0]
    return lower_first(name) if first in _KINDS else name


_KINDS = frozenset({"Huyện", "Thị", "Thành", "Xã", "Phường", "Tỉnh"})


# Figures --------------------------------------------------------------------------------------------------------------


def label(declared: Figure) -> str:
    return declared.label("vi")


def short(declared: Figure) -> str:
    return (declared.short or declared.label)("vi")


def noun(declared: Figure) -> str:
    return declared.noun("vi")


def worded(declared: Figure, value: float | None, target: float | None = None) -> str:
    """A value alone: 97,3%; 412; 3,8."""
    if declared.is_ratio:
        return percent(value, target)
    return formats.decimal(value, 1 if declared.unit == "days" else 0)


def _kind(declared: Figure, of_ratios: Kind) -> Kind:
    if declared.is_ratio:
        return of_ratios
    return "decimal" if declared.unit == "days" else "count"


def value_cell(declared: Figure, value: float | None, target: float | None = None, bold: bool = False) -> Cell:
    kind = _kind(declared, "percent")
    return Cell(worded(declared, value, target), value, kind if value is not None else "text", bold)


def count_cell(value: float | None, bold: bool = False) -> Cell:
    return Cell(number(value), value, "count" if value is not None else "text", bold)


def step_of(declared: Figure, now: float | None, before: float | None) -> float | None:
    """A change, without the noise of binary fractions."""
    return None if now is None or before is None else round(now - before, 12) + 0.0


def step_cell(declared: Figure, now: float | None, before: float | None) -> Cell:
    """A change since the report before: «+0,35 điểm», «−23», «0»."""
    step = step_of(declared, now, before)
    if step is None:
        return Cell(NOTHING)
    kind = _kind(declared, "points")
    if not step:
        return Cell("0", 0.0, kind)
    sign = "+" if step > 0 else formats.MINUS
    return Cell(f"{sign}{_amount(declared, step)}{' điểm' if declared.is_ratio else ''}", step, kind)


def step_words(declared: Figure, now: float | None, before: float | None, known: str = "kỳ trước") -> str:
    """«tăng 0,35 điểm phần trăm so với kỳ trước»; nothing where there is nothing to compare."""
    step = step_of(declared, now, before)
    if step is None:
        return ""
    if not step:
        return f"không đổi so với {known}"
    unit_words = "điểm phần trăm" if declared.is_ratio else noun(declared)
    return f"{'tăng' if step > 0 else 'giảm'} {_amount(declared, step)} {unit_words} so với {known}"


def _amount(declared: Figure, step: float) -> str:
    """Never written as nought when it is not."""
    size = abs(step) * 100 if declared.is_ratio else abs(step)
    if not declared.is_ratio:
        return formats.decimal(size, 1 if declared.unit == "days" else 0)
    digits = 2
    while digits < 6 and round(size, digits) == 0:
        digits += 1
    return formats.decimal(size, digits)


# Assessments ----------------------------------------------------------------------------------------------------------


def status(row: Row, over: bool) -> str:
    """``over``: the due date has passed, so that being behind is final."""
    if row.status is Status.BEHIND and over:
        return "Không đạt"
    if row.status is Status.BEHIND and lost(row):
        return "Không còn đạt được"
    return {
        Status.MET: "Đạt",
        Status.ON_COURSE: "Đúng tiến độ",
        Status.AT_RISK: "Có nguy cơ chậm",
        Status.BEHIND: "Chậm",
        Status.STALE: "Số liệu cũ, chưa đánh giá",
        Status.NO_TARGET: "Theo dõi",
        Status.NO_DATA: "Chưa có số liệu",
        Status.NOT_BEGUN: "Chưa bắt đầu",
    }[row.status]


def lost(row: Row) -> bool:
    """The best value still attainable does not meet the target."""
    if row.pace is None or row.pace.ceiling is None or row.target is None or math.isinf(row.pace.ceiling):
        return False
    return not met(figure(row.kpi), row.pace.ceiling, row.target)


def is_final(declared: Figure) -> bool:
    """A share of what was finished: what came late stays late."""
    return declared.is_ratio and declared.measures[:1] == ("finished_in_time",)


def falls(declared: Figure) -> bool:
    """A count of a window can only grow: one that must be nought is lost with the first."""
    return declared.direction < 0 and any(term.span is Span.WINDOW for term in declared.numerator)


def missing(row: Row, declared: Figure) -> str:
    """What separates a row from its target, as a count: «còn thiếu 350 dịch vụ», «đã có 146 hồ sơ trễ hạn»."""
    if row.pace is None or row.pace.gap_count <= 0:
        return ""
    amount = counted(row.pace.gap_count, noun(declared))
    if falls(declared):
        return f"đã phát sinh {amount}"
    if declared.direction < 0:
        return f"còn {amount}"
    return f"đã có {amount} trễ hạn" if is_final(declared) and row.target == 1.0 else f"còn thiếu {amount}"


def rate(row: Row, declared: Figure, *, with_due: bool = True) -> str:
    """How fast it has to go and how fast it goes, per working day; nothing where no pace can be said."""
    if row.pace is None or row.pace.needed is None:
        return ""
    days, span = (1, "ngày làm việc") if row.pace.needed >= 1 else (WEEK, "tuần làm việc")
    words = f"cần bình quân {decimal(row.pace.needed * days)} {noun(declared)} mỗi {span}"
    if with_due:
        words += f" đến {day(row.pace.due)}"
    if row.pace.recent is None:
        return words
    if row.pace.recent > 0:
        return f"{words}, hiện bình quân {decimal(row.pace.recent * days)}"
    return f"{words}, các ngày làm việc gần đây chưa có tiến triển"


WEEK = 5
"""Working days: of less than one dossier a day nobody has an idea."""


def scheme(key: str) -> str:
    """How a national rank was made."""
    return SCHEMES[key].vi if key in SCHEMES else key


def upper_first(text: str) -> str:
    return text[:1].upper() + text[1:]


def gap_cell(count: float | None) -> Cell:
    """What is missing, rounded up to whole dossiers or services."""
    whole = None if count is None else float(math.ceil(count))
    return count_cell(whole)


def climb_cell(places: int | None) -> Cell:
    """Places won (+) or lost (−) since the report before."""
    if places is None:
        return Cell(NOTHING)
    sign = "+" if places > 0 else formats.MINUS if places < 0 else ""
    return Cell(f"{sign}{abs(places)}", float(places), "count")
