"""Places: the national rank, leagues, and a league in full: how sure a share is, how far the next rank is, who moved since a day; and points by Decision 766."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from data.locale import _, language
from data.locale.formats import NOTHING, decimal, number, percent, short_date
from data.locale.formats import points as as_points
from kpi import ranking, scores
from kpi.catalog import figure
from kpi.catalog.figure import Figure
from kpi.ranking import Composite, Ranked, Step
from kpi.scores import Score
from pages.parts import background, drawings, frame, leagues, messages, present, states
from pages.parts.blocks import Cell, Column, Heading, Note, Table
from pages.parts.view import View

LEAST_SHOWN = 0.00005
"""Smaller differences would be written as nought."""


def places(view: View, since: dt.date | None) -> None:
    """The national rank, who climbed since the start, and both leagues with what changed since a day."""
    declared, series = view.league_kpi, view.national_ranks()
    districts = leagues.ranked(view.figures((declared.key,), by="district"))
    then = leagues.ranks(view.figures((declared.key,), by="district", as_of=view.at(view.campaign.start)))
    left, right = st.columns([7, 5], gap="large")
    with left:
        if series:
            frame.show(drawings.rank_line(series, view))
        else:
            frame.show(
                Heading(_("Hạng toàn quốc: chưa có số liệu")),
                Note(_("Thứ hạng được nhập trong series.csv theo từng cách xếp.")),
            )
    with right:
        frame.show(drawings.slope(districts, then, view))
    left, right = st.columns([7, 5], gap="large")
    with left:
        leagues.table(view, "department", declared.key, with_status=False, since=since)
    with right:
        leagues.table(view, "district", declared.key, with_status=False, since=since)
        frame.show(Note(messages.league_note(view)), *background.schemes(view))


def full(view: View, since: dt.date | None) -> None:
    """Both leagues with intervals, distances and changes of rank."""
    for level in _levels(view):
        _league(view, level, since)
    frame.show(Note(_notes(view)))


def points(view: View) -> None:
    """Points by Decision 766 of departments and districts."""
    for level in _levels(view):
        _points_of(view, level)
    frame.show(Note(_left_out()))


def _levels(view: View) -> list[str]:
    return view.with_unit(view.tree.root).levels_below()


# Distances ------------------------------------------------------------------------------------------------------------


def _league(view: View, level: str, since: dt.date | None) -> None:
    declared = view.league_kpi
    rows = view.figures((declared.key,), by=level)
    name, noun = messages.level_words(level)
    if not rows:
        frame.show(states.no_units(noun))
        return
    earlier = [] if since is None else view.figures((declared.key,), by=level, as_of=view.at(since))
    entries = present.in_order(ranking.league(rows, earlier))
    weights = ranking.weights_of(view.campaign)
    composed = {one.unit: one for one in _composed(view, level, weights)} if weights else {}
    unsure = any(entry.interval for entry in entries)
    columns = [Column(_("Đơn vị")), Column(_("Hạng"), True), Column(_("Kết quả"), True)]
    columns += [Column(_("Khoảng tin cậy 95 %"), True)] * unsure + [Column(_("Đến hạng trên"), True)]
    columns += [Column(_("Từ {day}", day=short_date(since)), True)] if since else []
    columns += [Column(_("Điểm tổng hợp"), True)] * bool(weights)
    lines = []
    for entry in entries:
        line = [_unit(entry, view), _rank(entry), _value(entry, view)]
        line += [_interval(entry)] * unsure + [_ahead(entry, declared)]
        line += [_change(entry)] * (since is not None)
        line += [_score(composed.get(entry.row.unit))] * bool(weights)
        lines.append(line)
    frame.show(Heading(messages.league_title(entries, name)), Table(columns, lines))
    if weights:
        frame.show(Note(_weights_note(weights)))


def _notes(view: View) -> str:
    """How to read the columns."""
    return " ".join(
        (
            _("Đến hạng trên: cần thêm bấy nhiêu trong tử số, mẫu số giữ như hôm nay."),
            _("Khoảng tin cậy Wilson: tỷ lệ thật của đơn vị nằm ở đâu nếu số hồ sơ nhiều hơn; dịch vụ đếm đủ nên không có khoảng."),
            messages.league_note(view),
        )
    )  # fmt: skip


def _composed(view: View, level: str, weights: dict[str, float]) -> list[Composite]:
    return ranking.composite(weights, view.figures(tuple(weights), by=level))


def _unit(entry: Ranked, view: View) -> Cell:
    row = entry.row
    few = _("ít hồ sơ") if row.few and row.value is not None else ""
    return Cell(row.name, few, href=view.href("my_unit", unit=row.unit))


def _rank(entry: Ranked) -> Cell:
    if entry.rank is None:
        return Cell(NOTHING, right=True, label=_("hạng"))
    text = f"{entry.rank} =" if entry.tied else str(entry.rank)
    return Cell(text, right=True, bold=True, raw=entry.rank, label=_("hạng"))


def _value(entry: Ranked, view: View) -> Cell:
    mark = present.mark(entry.row, view)
    shape = mark.shape if entry.row.value is not None else ""
    return Cell(
        present.value(entry.row), right=True, raw=entry.row.value, shape=shape, shape_word=mark.word, tone=mark.tone,
        href=present.source(entry.row, view),
    )  # fmt: skip


def _interval(entry: Ranked) -> Cell:
    if entry.interval is None:
        return Cell(NOTHING, right=True, label=_("khoảng"))
    low, high = entry.interval
    return Cell(f"{percent(low)} – {percent(high)}", right=True, label=_("khoảng"))


def _ahead(entry: Ranked, declared: Figure) -> Cell:
    step = entry.ahead
    if step is None:
        top = entry.rank == 1
        return Cell(_("đứng đầu") if top else NOTHING, right=True, label="" if top else _("đến hạng trên"))
    if declared.is_ratio:
        text = as_points(step.points) if step.points >= LEAST_SHOWN else _("dưới {points}", points=as_points(0.0001))
    else:
        text = decimal(step.points, 1 if declared.unit == "days" else 0)
    return Cell(text, _steps(step, declared), right=True, raw=step.points, label=_("đến hạng trên"))


def _steps(step: Step, declared: Figure) -> str:
    noun = present.noun(declared)
    if step.to_tie is None and step.to_pass is None:
        return "" if declared.unit == "days" else _("không thể bằng cách này")
    if step.to_pass is None or step.to_tie == step.to_pass:
        return _("{n} {noun}", n=number(step.to_tie if step.to_pass is None else step.to_pass), noun=noun)
    return _("bằng: {tie}, vượt: {beat} {noun}", tie=number(step.to_tie), beat=number(step.to_pass), noun=noun)


def _change(entry: Ranked) -> Cell:
    change = entry.change or 0
    if not change:
        return Cell(NOTHING if entry.change is None else _("không đổi"), right=True, raw=entry.change, tone="none")
    up = change > 0
    words = _("lên {n} bậc", n=change) if up else _("xuống {n} bậc", n=-change)
    return Cell(f"{'↑' if up else '↓'} {words}", right=True, bold=True, raw=change, tone="good" if up else "warn")


def _score(one: Composite | None) -> Cell:
    if one is None or one.score is None:
        return Cell(NOTHING, right=True, label=_("điểm tổng hợp"))
    weakest = _("hạng {n}, yếu nhất: {figure}", n=one.rank, figure=present.in_sentence(figure(one.weakest or "")))
    return Cell(decimal(100 * one.score, 1), weakest, right=True, raw=one.score, label=_("điểm tổng hợp"))


def _weights_note(weights: dict[str, float]) -> str:
    parts = "; ".join(f"{present.in_sentence(figure(kpi))} {decimal(weight, 2)}" for kpi, weight in weights.items())
    return _("Điểm tổng hợp chỉ để tham khảo, không thay thứ tự chính thức. Trọng số của chiến dịch: {parts}.", parts=parts)  # fmt: skip


# Points by Decision 766 -----------------------------------------------------------------------------------------------


def _points_of(view: View, level: str) -> None:
    found = [one for one in view.scores(level) if one.points is not None]
    name = messages.level_words(level)[0]
    if not found:
        frame.show(Heading(_("{name}: chưa có số liệu để tính điểm", name=name)))
        return
    found.sort(key=lambda one: (-(one.points or 0) / one.most, one.name))
    heads = [f"{group.label(language())} (/{decimal(group.most, 0)})" for group in scores.GROUPS]
    columns = [Column(_("Đơn vị")), *(Column(head, True) for head in heads), Column(_("Cộng"), True)]
    best = _("{name}: {unit} cao nhất, {points}", name=name, unit=found[0].name, points=_of_most(found[0]))
    frame.show(Heading(best), Table(columns, [_line(one, view) for one in found]))


def _of_most(one: Score) -> str:
    return f"{decimal(one.points or 0, 1)}/{decimal(one.most, 0)}"


def _line(one: Score, view: View) -> list[Cell]:
    cells = [Cell(one.name, href=view.href("my_unit", unit=one.unit))]
    for group in one.groups:
        label = present.lower_first(group.group.label(language()))
        text = NOTHING if group.points is None else decimal(group.points, 1)
        cells.append(Cell(text, right=True, raw=group.points, label=label))
    return [*cells, Cell(_of_most(one), right=True, bold=True, raw=one.points, label=_("cộng"))]


def _left_out() -> str:
    """What the points leave out."""
    missing = "; ".join(f"{group.label(language())}: {group.missing(language())}" for group in scores.GROUPS)
    whole = ", ".join(f"{label(language())} ({most})" for label, most in scores.NOT_COMPUTED)
    return _(
        "**{mark}**, không phải điểm chính thức. Chưa tính được cả nhóm: {whole}. Trong từng nhóm còn thiếu: {missing}.",
        mark=present.upper_first(scores.MARK(language())), whole=whole, missing=missing,
    )  # fmt: skip
