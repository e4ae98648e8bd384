"""Rows of the engine in words: what a tile, a line of a table, a place in a league says. No HTML, no streamlit."""

from __future__ import annotations

import math

from data.locale import _, language
from data.locale.formats import NBSP, NOTHING, date, decimal, number, percent, points, sort_key
from kpi.catalog import figure
from kpi.catalog.figure import Figure, Span
from kpi.model import Row, Status
from kpi.ranking import Ranked
from kpi.status import SHAPES
from pages.parts.blocks import Bar, Heat, LeagueLine, Mark, TargetLine, Tile
from pages.parts.view import View, is_lost


def status_word(status: Status, over: bool = False) -> str:
    """``over``: the due date has passed, so that being behind is final."""
    if status is Status.BEHIND and over:
        return _("Không đạt")
    return {
        Status.MET: _("Đạt"),
        Status.ON_COURSE: _("Đúng tiến độ"),
        Status.AT_RISK: _("Có nguy cơ"),
        Status.BEHIND: _("Chậm"),
        Status.STALE: _("Số liệu cũ"),
        Status.NO_TARGET: _("Chỉ theo dõi"),
        Status.NO_DATA: _("Chưa có dữ liệu"),
        Status.NOT_BEGUN: _("Chưa bắt đầu"),
    }[status]


def mark(row: Row, view: View) -> Mark:
    shape, tone = SHAPES[row.status]
    return Mark(shape, status_word(row.status, over(row, view)), tone)


def over(row: Row, view: View) -> bool:
    return row.pace is not None and view.passed(row.pace.due)


def label(row: Row) -> str:
    return figure(row.kpi).label(language())


def short(declared: Figure) -> str:
    return (declared.short or declared.label)(language())


def lower_first(text: str) -> str:
    """A name inside a sentence; capitals of proper names further on stay."""
    return text[:1].lower() + text[1:]


def upper_first(text: str) -> str:
    return text[:1].upper() + text[1:]


def in_sentence(declared: Figure) -> str:
    return lower_first(short(declared))


def noun(declared: Figure) -> str:
    return declared.noun(language())


def counted(amount: float, declared: Figure) -> str:
    """«78 dịch vụ», tied by a no-break space; what is missing is rounded up to whole dossiers."""
    return f"{number(math.ceil(amount))}{NBSP}{noun(declared)}"


def value(row: Row) -> str:
    if row.value is None:
        return NOTHING
    return percent(row.value, row.target) if figure(row.kpi).is_ratio else number(row.value)


def source(row: Row, view: View) -> str:
    """Where the value comes from: definition, numerator, denominator, dossiers; nothing behind no value."""
    unit = "" if row.unit == view.tree.root else row.unit
    return "" if row.value is None else view.href("source", kpi=row.kpi, unit=unit)


def target(row: Row) -> str:
    if row.target is None:
        return _("không giao chỉ tiêu")
    return _("mục tiêu {target}", target=value_of_target(row))


def value_of_target(row: Row) -> str:
    if row.target is None:
        return NOTHING
    return percent(row.target) if figure(row.kpi).is_ratio else number(row.target)


def bar(row: Row, view: View, scale: float | None = None, plan: float | None = None) -> Bar | None:
    """A ratio on 0…100 %, a count on 0…``scale``; None where there is nothing to draw. ``plan``: planned for today."""
    full = 1.0 if figure(row.kpi).is_ratio else scale
    if row.value is None or not full:
        return None
    tone = "none" if row.few else SHAPES[row.status][1]
    words = f"{value(row)}, {target(row)}, {status_word(row.status, over(row, view))}"
    if plan is not None:
        words += ", " + _("kế hoạch đến hôm nay {plan}", plan=percent(plan) if full == 1.0 else number(plan))
    ceiling = row.pace.ceiling if row.pace is not None else None
    wanted = None if row.target is None else row.target / full
    reachable = ceiling if full == 1.0 and figure(row.kpi).is_ratio else None
    return Bar(row.value / full, wanted, tone, words, reachable, None if plan is None else plan / full)


def gap(row: Row) -> str:
    """What is missing, as a count where there is one."""
    if row.pace is not None:
        return counted(row.pace.gap_count, figure(row.kpi)) if row.pace.gap_count > 0 else "0"
    if row.gap is None:
        return NOTHING
    return points(row.gap) if row.gap > 0 and figure(row.kpi).is_ratio else number(max(row.gap, 0))


def gap_term(row: Row) -> str:
    declared = figure(row.kpi)
    if row.pace is not None and row.pace.gap_count <= 0:
        return _("Đã đạt")
    if declared.direction < 0:
        return _("Còn")
    if is_final(declared) and row.target == 1.0:
        return _("Đã trễ")
    return _("Còn thiếu")


def whole(amount: float) -> str:
    """Rounded up: 4,3 dossiers a day need 5."""
    return number(math.ceil(amount))


def progress(now: Row, before: Row) -> float:
    """How many dossiers or services came nearer to the target (negative: were lost).

    Services by what was gained; dossiers by how much less is missing, since their denominators grow every day.
    """
    if figure(now.kpi).services:
        return (now.numerator or 0) - (before.numerator or 0)
    if now.pace is None or before.pace is None:
        return 0.0
    return math.floor(before.pace.gap_count) - math.floor(now.pace.gap_count)


def signed(amount: float | None, declared: Figure) -> str:
    """A change with its sign: shares in percentage points."""
    if amount is None:
        return NOTHING
    if declared.is_ratio:
        return _("{n} điểm %", n=("+" if amount > 0 else "−" if amount < 0 else "") + decimal(abs(amount) * 100, 2))
    return ("+" if amount > 0 else "−" if amount < 0 else "") + decimal(
        abs(amount), 1 if declared.unit == "days" else 0
    )


def steps_to(lower: Row, upper: Row) -> float:
    """What ``lower`` needs, counted at its own denominator, to reach the value of ``upper``."""
    difference = abs((upper.value or 0) - (lower.value or 0))
    return difference * lower.denominator if figure(lower.kpi).is_ratio and lower.denominator else difference


def is_final(declared: Figure) -> bool:
    """Figures of finished dossiers: what came late stays late."""
    return declared.key in ("on_time_resolved", "on_time_766")


def is_flow(declared: Figure) -> bool:
    return any(term.span is Span.WINDOW for term in declared.numerator)


def needed(row: Row, view: View | None = None) -> str:
    """Count per working day; with a view also whether the due date has passed."""
    if row.pace is None:
        return NOTHING
    if row.pace.gap_count <= 0:
        return "0"
    if view is not None and over(row, view):
        return _("hết hạn")
    if is_lost(row):
        return _("không thể")
    return _("hết ngày") if row.pace.needed is None else per_day(row.pace.needed)


def per_day(amount: float) -> str:
    """One decimal below 100, whole numbers above."""
    return decimal(amount, 1 if abs(amount) < 100 else 0)


def recent(row: Row) -> str:
    return per_day(row.pace.recent) if row.pace is not None and row.pace.recent is not None else NOTHING


def ceiling(row: Row) -> str:
    top = row.pace.ceiling if row.pace is not None else None
    if top is None or math.isinf(top):
        return NOTHING
    return percent(top, row.target) if figure(row.kpi).is_ratio else number(top)


def attainable(row: Row) -> str:
    """The best that can still be reached, in words."""
    if figure(row.kpi).direction < 0:
        return _("thấp nhất còn {ceiling}", ceiling=ceiling(row))
    return _("tối đa còn {ceiling}", ceiling=ceiling(row))


def tile(row: Row, view: View, last_week: Row | None = None) -> Tile:
    """``last_week``: the same figure over the last seven days, shown where the running total can no longer move much."""
    declared = figure(row.kpi)
    if row.pace is None:
        rows = (
            [(_("Tử số"), number(row.numerator)), (_("Mẫu số"), number(row.denominator))] if declared.is_ratio else []
        )
    else:
        done = row.pace.gap_count <= 0
        first = counted(row.numerator or 0, declared) if done and declared.direction > 0 else gap(row)
        pace = (
            (_("7 ngày qua"), value(last_week))
            if last_week is not None and is_final(declared)
            else (_("Đang/ngày"), recent(row))
        )
        rows = [(gap_term(row), first), (_("Cần/ngày"), needed(row, view)), pace, (_("Trần"), ceiling(row))]
    return Tile(
        label(row),
        mark(row, view),
        value(row),
        bar(row, view),
        target(row),
        tuple(rows),
        view.href("rankings", kpi=row.kpi),
        source(row, view),
    )


def pace_words(row: Row, view: View) -> str:
    """The second line of a cell: «cần 5,7, đang 2,0 mỗi ngày»."""
    if row.value is None:
        return _("chưa có hồ sơ, dịch vụ nào để tính") if row.denominator == 0 else _("chưa có dữ liệu")
    if row.pace is None:
        return target(row)
    if row.pace.gap_count <= 0:
        return _("đã đạt, hạn {due}", due=date(row.pace.due))
    if over(row, view):
        return _("đã hết hạn {due}", due=date(row.pace.due))
    if is_lost(row):
        return attainable(row)
    if row.pace.needed is None:
        return _("không còn ngày làm việc nào đến {due}", due=date(row.pace.due))
    return _("cần {needed}, đang {recent} mỗi ngày", needed=needed(row), recent=recent(row))


def cell(row: Row, view: View, scale: float | None = None) -> TargetLine:
    """A unit × figure cell."""
    second = f"{short(figure(row.kpi))} · {pace_words(row, view)}"
    return TargetLine(
        row.name,
        second,
        value(row),
        bar(row, view, scale),
        gap(row),
        mark(row, view),
        view.href("my_unit", unit=row.unit),
        source(row, view),
    )


def target_line(row: Row, view: View, plan: float | None = None) -> TargetLine:
    """One target of the view's own unit; ``plan``: what its plan says for today."""
    return TargetLine(
        label(row),
        pace_words(row, view),
        value(row),
        bar(row, view, plan=plan),
        gap(row),
        mark(row, view),
        view.href("rankings", kpi=row.kpi),
        source(row, view),
    )


def league_line(
    ranked: Ranked,
    view: View,
    then: dict[str, int],
    scale: float | None,
    page: str = "my_unit",
    trend: tuple[float, ...] = (),
) -> LeagueLine:
    """``then``: ranks of an earlier day by unit; ``trend``: the unit's values so far. Few dossiers: grey, neither praised nor blamed."""
    row = ranked.row
    change = then[row.unit] - ranked.rank if ranked.rank is not None and row.unit in then else None
    few = row.few and row.value is not None
    shown = Mark("○", _("Ít hồ sơ"), "none") if few else mark(row, view)
    missing = whole(row.pace.gap_count) if row.pace is not None and row.pace.gap_count > 0 else ""
    return LeagueLine(
        ranked.rank, ranked.tied, row.name, value(row), bar(row, view, scale), missing, shown, change,
        few, row.unit == view.unit, view.href(page, unit=row.unit), trend, source(row, view),
    )  # fmt: skip


def in_order(found: list[Ranked]) -> list[Ranked]:
    """Ties in Vietnamese order of names; those without a rank last."""
    return sorted(found, key=lambda entry: (entry.rank is None, entry.rank or 0, sort_key(entry.row.name)))


def tick(rows: list[Row]) -> str:
    """The head of a league's bars: what its tick means."""
    wanted = {row.target for row in rows}
    if wanted == {None} or not rows:
        return ""
    if len(wanted) == 1:
        return _("Vạch = {target}", target=value_of_target(rows[0]))
    return _("Vạch = mục tiêu")


def heat(row: Row, view: View) -> Heat:
    """A cell of the matrix: value, shape, tone and the status in words."""
    if row.value is None:
        return Heat(NOTHING, "", "none", status_word(row.status))
    shown = mark(row, view)
    return Heat(value(row), shown.shape, "none" if row.few else shown.tone, shown.word, source(row, view))


def bare_name(name: str) -> str:
    """A district's name without its kind, for the narrow labels of a chart."""
    for kind in ("Huyện ", "Thị xã ", "Thành phố "):
        if name.startswith(kind):
            return name[len(kind) :]
    return name
