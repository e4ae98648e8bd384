"""One figure of the view's unit through the campaign, and the forecast of every unit below it."""

from __future__ import annotations

import datetime as dt

import numpy as np
import streamlit as st

from data.locale import _, language
from data.locale.formats import short_date
from kpi.catalog import figure
from kpi.course import Course
from kpi.forecast import Forecast, Paths, sentence, worded
from kpi.model import Row
from kpi.pace import paces, plan_line
from pages.parts import frame, messages, present
from pages.parts.blocks import Cell, Chart, Column, Heading, Note, Table, Verdict
from pages.parts.charts import over_time
from pages.parts.view import View, is_lost


def draw(view: View) -> None:
    declared = view.league_kpi
    row = view.figures((declared.key,), unit=view.unit)[0]
    course, ahead = view.course(declared.key)
    expected = next(iter(view.forecasts(declared.key)), None)
    lead = sentence(expected) if expected is not None else _("Chỉ tiêu này không được giao mục tiêu cho đơn vị.")
    frame.show(Verdict(_title(row, expected, view), lead))
    frame.choose_figure(view)
    left, right = st.columns([7, 5], gap="large")
    with left:
        frame.show(_went(row, course, ahead, view) or Heading(_("Chưa đủ ngày để vẽ tiến độ")))
    if course.targets[0] is not None:
        with right:
            frame.show(_each_day(row, course, view) or Heading(_("Chưa đủ ngày để so với nhịp cần có")))
    for level in view.levels_below():
        _table(view, level, declared.key)
    frame.show(Note(_("Dự báo lấy đúng những gì đơn vị làm được trong 14 ngày làm việc gần nhất; khoảng dự báo trúng khoảng bốn trong năm lần khi thử lại trên hai chiến dịch.")))  # fmt: skip


def _title(row: Row, expected: Forecast | None, view: View) -> str:
    """What is to be expected, in half a sentence."""
    declared, name = figure(row.kpi), present.short(figure(row.kpi))
    if row.value is None:
        return _("{name}: chưa có số liệu", name=name)
    if row.target is not None and expected is not None and expected.based_on == 0 and not expected.is_over:
        return _("{name}: {value}, chưa đủ ngày để dự báo", name=name, value=present.value(row))
    if expected is None or row.target is None:
        return _("{name}: {value}", name=name, value=present.value(row))
    if expected.since is not None and (expected.is_over or expected.reaches):
        return _("{name}: đã đạt từ {day}", name=name, day=short_date(expected.since))
    if expected.is_over:
        return _("{name}: hết hạn, không đạt", name=name)
    if expected.impossible_since is not None:
        top = worded(declared, expected.ceiling, row.target)
        return _(
            "{name}: tối đa chỉ còn {top}, từ {day}", name=name, top=top, day=short_date(expected.impossible_since)
        )
    if expected.arrival is not None:
        day = short_date(expected.arrival)
        return (
            _("{name}: theo đà này đạt ngày {day}", name=name, day=day)
            if expected.arrival <= expected.due
            else _("{name}: theo đà này đến {day} mới đạt", name=name, day=day)
        )
    return _("{name}: theo đà này không kịp {due}", name=name, due=short_date(expected.due))


def _went(row: Row, course: Course, ahead: Paths, view: View) -> Chart | None:
    """The value day by day with the plan, the line needed from today and the forecast."""
    target = course.targets[0]
    known = [
        (day, float(value)) for day, value in zip(course.days, course.value[0], strict=True) if not np.isnan(value)
    ]
    if len(known) < 2:
        return None
    if target is None:
        title, source = messages.course_title(row, view), messages.source(view, row.kpi)
        return over_time.went("course", title, known, figure(row.kpi).is_ratio, source)
    plan = plan_line(view.campaign, target, course.days, course.value[0])
    planned = (
        []
        if plan is None
        else [(day, float(plan.at(day, view.home.calendar))) for day, _v in known if day >= plan.start]
    )
    band = [
        (day, float(low), float(high))
        for day, low, high in zip(ahead.days, ahead.low[0], ahead.high[0], strict=True)
        if day <= target.due
    ]
    events = [(event.on, event.name(language())) for event in view.campaign.event if event.on <= target.due]
    needed = _needed(row)
    return over_time.burn_up(
        "course", messages.course_title(row, view), known, target.value, known[0][0], target.due, needed, band, events,
        messages.source(view, row.kpi), figure(row.kpi).is_ratio, planned,
    )  # fmt: skip


def _needed(row: Row) -> float | None:
    """Nothing is needed of what can no longer be reached."""
    return None if row.pace is None or is_lost(row) else row.pace.needed


def _each_day(row: Row, course: Course, view: View) -> Chart | None:
    """What every day took off the gap, beside what is needed per working day."""
    target = course.targets[0]
    if target is None or len(course.days) < 3:
        return None
    how = paces(
        course.figure, course.wanted(), target.due, course.days, course.numerator, course.denominator, view.home.calendar, course.last_whole
    )  # fmt: skip
    gained = -np.diff(how.gap_count[0])
    days = [(day, float(step)) for day, step in zip(course.days[1:], gained, strict=True) if not np.isnan(step)]
    if len(days) < 2:
        return None
    needed = _needed(row)
    return over_time.daily(
        "daily", messages.daily_title(days, needed, row, view), days, needed, messages.source(view, row.kpi)
    )


def _table(view: View, level: str, kpi: str) -> None:
    """Who arrives when: the units of a level, the latest to arrive first."""
    expected = view.forecasts(kpi, by=level)
    if not expected:
        return
    declared = figure(kpi)
    rows = {row.unit: row for row in view.figures((kpi,), by=level, unit=view.unit)}
    columns = [
        Column(_("Đơn vị")), Column(_("Hiện nay"), True), Column(_("Dự báo đến hạn"), True), Column(_("Ngày đạt"), True),
        Column(_("Trần"), True), Column(_("Trạng thái")),
    ]  # fmt: skip
    lines = []
    for one in sorted(
        expected, key=lambda one: (_arrives(one) is not None, -(_arrives(one) or one.due).toordinal(), one.name)
    ):
        row = rows[one.unit]
        mark = present.mark(row, view)
        lines.append(
            [
                Cell(present.bare_name(one.name), href=view.href("progress", unit=one.unit, kpi=kpi), bold=True),
                Cell(present.value(row), right=True, raw=one.value, label=_("hiện nay"), href=present.source(row, view)),
                Cell(_range(one), right=True, raw=one.middle, label=_("dự báo")),
                Cell(_arrival(one), right=True, raw=_arrives(one), label=_("ngày đạt")),
                Cell(worded(declared, one.ceiling, one.target) if one.ceiling is not None else present.NOTHING, right=True, raw=one.ceiling, label=_("trần")),
                Cell(mark.word, tone=mark.tone, shape=mark.shape, shape_word=""),
            ]
        )  # fmt: skip
    late = sum(one.since is None and (one.arrival is None or one.arrival > one.due) for one in expected)
    name, noun = messages.level_words(level)
    heading = (
        _("{name}: cả {n} {noun} đạt hoặc sẽ kịp", name=name, n=len(expected), noun=noun)
        if not late
        else _("{name}: {late} trong {n} {noun} sẽ không kịp", name=name, late=late, n=len(expected), noun=noun)
    )
    frame.show(Heading(heading), Table(columns, lines))


def _arrives(one: Forecast) -> dt.date | None:
    return one.since or one.arrival


def _arrival(one: Forecast) -> str:
    if one.since is not None:
        return _("đã đạt {day}", day=short_date(one.since))
    if one.impossible_since is not None:
        return _("không thể, từ {day}", day=short_date(one.impossible_since))
    return present.NOTHING if one.arrival is None else short_date(one.arrival)


def _range(one: Forecast) -> str:
    if one.middle is None:
        return present.NOTHING
    declared = figure(one.kpi)
    return worded(declared, one.middle, one.target)
