"""Decisions and milestones in words: what was promised, what became of it. No streamlit."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Sequence

from data.locale import _, language
from data.locale.formats import NOTHING, date, decimal, listed, moment, number, percent, short_date
from kpi import decisions, milestones
from kpi.catalog import FIGURES
from kpi.decisions import Decision, Judged, Verdict
from kpi.meeting import ORDER
from kpi.milestones import Standing, State
from pages.parts import present
from pages.parts.blocks import Cell, Column, Mark, Table
from pages.parts.room import Sitting
from pages.parts.view import View, is_lost

SHAPES = {
    Verdict.KEPT: ("✔", "good"),
    Verdict.LATE: ("▲", "warn"),
    Verdict.FAILED: ("✖", "warn"),
    Verdict.MET: ("✔", "good"),
    Verdict.ON_COURSE: ("●", "good"),
    Verdict.AT_RISK: ("▲", "warn"),
    Verdict.BEHIND: ("✖", "warn"),
    Verdict.OPEN: ("○", "none"),
    Verdict.UNKNOWN: ("◌", "none"),
    Verdict.DROPPED: ("○", "none"),
}
STATES = {
    State.DONE: ("✔", "good"),
    State.LATE: ("▲", "warn"),
    State.MISSING: ("◌", "none"),
    State.NOT_DUE: ("○", "none"),
}


def mark(one: Judged) -> Mark:
    shape, tone = SHAPES[one.verdict]
    return Mark(shape, decisions.WORDS[one.verdict](language()), tone)


def value(kpi: str | None, amount: float | None) -> str:
    """A figure's value as it is written everywhere; also of figures entered by hand, which no catalogue knows."""
    if amount is None or kpi is None:
        return NOTHING
    declared = FIGURES.get(kpi)
    if declared is not None and declared.is_ratio:
        return percent(amount)
    return decimal(amount, 1)


def wanted(one: Decision) -> str:
    """«Đúng hạn ít nhất 95 %», «Hồ sơ quá hạn nhiều nhất 20», or the task."""
    if one.kpi is None:
        return one.task
    declared = FIGURES.get(one.kpi)
    name, amount = (present.short(declared) if declared else one.kpi), value(one.kpi, one.value)
    if declared is not None and declared.direction < 0:
        text = _("{figure}: nhiều nhất {value}", figure=name, value=amount)
    else:
        text = _("{figure}: ít nhất {value}", figure=name, value=amount)
    return f"{text}. {one.task}" if one.task else text


def became(one: Judged) -> str:
    """The second line of a verdict: when it was reached, or what the due day said."""
    if one.verdict is Verdict.LATE and one.reached is not None:
        return _("ngày {day}", day=short_date(one.reached))
    if one.verdict in (Verdict.KEPT, Verdict.FAILED) and one.at_due is not None:
        return _("hết hạn: {value}", value=value(one.decision.kpi, one.at_due))
    if one.verdict in (Verdict.AT_RISK, Verdict.BEHIND, Verdict.ON_COURSE) and one.row is not None:
        pace = one.row.pace
        if is_lost(one.row):
            return present.attainable(one.row)
        if pace is not None and pace.needed is not None:
            return _("cần {needed}, đang {recent} mỗi ngày", needed=present.per_day(pace.needed), recent=present.recent(one.row))  # fmt: skip
    return one.decision.note


def table(judged: Sequence[Judged], view: View) -> Table:
    """What was decided, for whom, by when, the value then and now, and the verdict."""
    columns = [
        Column(_("Đơn vị, kết luận")), Column(_("Hạn"), True), Column(_("Khi giao"), True), Column(_("Nay"), True), Column(_("Kết quả")),
    ]  # fmt: skip
    return Table(columns, [_line(one, view) for one in judged])


def _line(one: Judged, view: View) -> list[Cell]:
    decision, shown = one.decision, mark(one)
    second = " · ".join(filter(None, (wanted(decision), decision.owner)))
    unit = view.tree.units.get(decision.unit)
    return [
        Cell(unit.name if unit is not None else decision.unit, second, href=view.href("my_unit", unit=decision.unit)),
        Cell(short_date(decision.due), right=True, label=_("hạn"), raw=decision.due),
        Cell(value(decision.kpi, decision.start_value), right=True, label=_("khi giao"), raw=decision.start_value),
        Cell(value(decision.kpi, one.value), right=True, bold=True, label=_("nay"), raw=one.value),
        Cell(f"{shown.shape} {shown.word}", became(one), bold=True, tone=shown.tone),
    ]


def summary(judged: Sequence[Judged]) -> str:
    """«2 không đạt, 1 đạt muộn, 4 đạt», the worst first."""
    counts = Counter(one.verdict for one in judged)
    words = ((counts[verdict], decisions.WORDS[verdict](language())) for verdict in ORDER if counts[verdict])
    return ", ".join(f"{number(n)} {present.lower_first(word)}" for n, word in words)


def promises_verdict(sitting: Sitting, asked: Sequence[Judged]) -> tuple[str, str]:
    last, view = sitting.last, sitting.view
    if not asked:
        return _("Không có việc nào phải kiểm lại"), (
            _(
                "Chưa có phiên họp nào trước thời điểm này. Việc ghi ở bước «Kết luận» sẽ được chính số liệu kiểm lại ở đây: đạt, đạt muộn hay không đạt."
            )
            if last is None
            else _("Mọi kết luận của các phiên trước đã xong trước phiên {at}.", at=moment(last.as_of, view.home.zone))
        )
    title = _("{n} việc đã giao: {parts}", count=len(asked), n=number(len(asked)), parts=summary(asked))
    if last is None:
        return title, _("Số liệu tự chấm; việc không có chỉ tiêu do người ghi kết quả.")
    at = moment(last.as_of, view.home.zone)
    return title, _("Từ phiên {at}, và những việc các phiên trước còn nợ. Số liệu tự chấm; việc không có chỉ tiêu do người ghi kết quả.", at=at)  # fmt: skip


# Milestones -----------------------------------------------------------------------------------------------------------


def milestones_verdict(found: Sequence[Standing]) -> tuple[str, str]:
    """The milestone that matters most now: the first with something missing, else the next one due."""
    first = next((one.milestone for one in found if one.state is State.MISSING), None)
    if first is None:
        first = next((one.milestone for one in found if one.state is State.NOT_DUE), found[-1].milestone)
    mine = [one for one in found if one.milestone.key == first.key]
    done = [one for one in mine if one.on is not None]
    name = first.name(language())
    if first.per_unit and not done:
        title = _(
            "{name}: chưa ghi nhận đơn vị nào trong {all}, hạn {due}",
            name=name,
            all=number(len(mine)),
            due=date(first.due),
        )
    elif first.per_unit:
        title = _("{name}: {n} trong {all} đơn vị, hạn {due}", name=name, n=number(len(done)), all=number(len(mine)), due=date(first.due))  # fmt: skip
    else:
        title = _("{name}: hạn {due}", name=name, due=date(first.due))
    return title, _("«Chưa ghi nhận» không có nghĩa là chưa làm: chưa ai ghi ngày vào đây.")


def milestone_heading(found: Sequence[Standing]) -> str:
    """«Gửi kế hoạch của đơn vị, hạn 7/6/2022: 19 đúng hạn, 3 muộn, 10 chưa ghi nhận»."""
    milestone = found[0].milestone
    counts = Counter(one.state for one in found)
    words = [f"{number(counts[state])} {present.lower_first(_state(state))}" for state in State if counts[state]]
    name, due = milestone.name(language()), date(milestone.due)
    if not milestone.per_unit:
        return _("{name}, hạn {due}", name=name, due=due)
    return _("{name}, hạn {due}: {parts}", name=name, due=due, parts=listed(words))


def milestone_table(found: Sequence[Standing], view: View) -> Table:
    """What is missing first, then late, then in time."""
    order = (State.MISSING, State.LATE, State.NOT_DUE, State.DONE)
    rows = [
        [
            Cell(one.name, one.note, href=view.href("my_unit", unit=one.unit) if one.unit else ""),
            Cell(NOTHING if one.on is None else date(one.on), right=True, label=_("ngày"), raw=one.on),
            Cell(f"{STATES[one.state][0]} {_state(one.state)}", bold=True, tone=STATES[one.state][1]),
        ]
        for one in sorted(found, key=lambda one: order.index(one.state))
    ]
    return Table([Column(_("Đơn vị")), Column(_("Ngày"), True), Column(_("Tình trạng"))], rows)


def _state(state: State) -> str:
    return milestones.WORDS[state](language())


# What people type -----------------------------------------------------------------------------------------------------

_THOUSANDS = {"vi": re.compile(r"\d{1,3}(\.\d{3})+(,\d+)?"), "en": re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")}
_PLAIN = re.compile(r"\d+([.,]\d+)?")


def amount(text: str, kpi: str) -> float | None:
    """«95», «95,5 %», «1.838» as a figure's value: shares are typed in per cent. None when it is no number."""
    typed = text.replace("%", "").strip()
    found = _THOUSANDS[language()].fullmatch(typed)
    if found:
        group, point = (".", ",") if language() == "vi" else (",", ".")
        typed = typed.replace(group, "").replace(point, ".")
    elif not _PLAIN.fullmatch(typed):
        return None
    said = float(typed.replace(",", "."))
    declared = FIGURES.get(kpi)
    return round(said / 100, 12) if declared is not None and declared.is_ratio else said


def day_words(day: dt.date, view: View) -> str:
    """«16/5/2021 – ngày 47», and whether nobody works on it."""
    campaign = view.campaign
    text = date(day)
    if campaign.start <= day <= campaign.end:
        text = _("{date} – ngày {n}", date=text, n=(day - campaign.start).days + 1)
    return text if view.home.calendar.is_working(day) else _("{day} (ngày nghỉ)", day=text)
