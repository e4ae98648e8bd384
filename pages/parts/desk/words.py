"""Lanes and letters in words. No streamlit."""

from __future__ import annotations

import datetime as dt

from data.locale import _
from data.locale.formats import NBSP, NOTHING, date, number
from kpi.apologies import Letter
from pages.parts.blocks import Cell, Column, Table
from pages.parts.drill.words import unit
from pages.parts.view import View


def verdict(view: View) -> tuple[str, str]:
    """What burns today."""
    counts = view.lanes()
    late, soon = counts["overdue"], counts["today"] + counts["t1"]
    name = view.place.name
    if not sum(counts.values()):
        return _("{name}: không có hồ sơ nào đang giải quyết", name=name), ""
    title = (
        _("{name}: {n} hồ sơ quá hạn, {soon} đến hạn hôm nay hoặc ngày mai", count=late, name=name, n=number(late), soon=number(soon))
        if late
        else _("{name}: không hồ sơ nào quá hạn, {soon} đến hạn hôm nay hoặc ngày mai", name=name, soon=number(soon))
    )  # fmt: skip
    open_ = sum(counts.values())
    return title, _("**{n} hồ sơ** đang giải quyết, {paused} tạm dừng.", n=number(open_), paused=number(counts["paused"]))  # fmt: skip


def lane(name: str) -> str:
    """Where an open dossier stands, in working days."""
    words = {
        "overdue": _("Quá hạn"),
        "today": _("Hôm nay"),
        "t1": _("Còn 1 ngày"),
        "t2": _("Còn 2 ngày"),
        "t3": _("Còn 3 ngày"),
        "t7": _("Còn 4–7 ngày"),
        "later": _("Còn hơn 7 ngày"),
        "no_due_date": _("Không có hạn"),
        "paused": _("Tạm dừng"),
    }
    return words.get(name, name)


def letter(state: str) -> Cell:
    """State of a letter: shape, word and colour."""
    words = {
        "in_due_form": (_("✔ đúng quy định"), "good"),
        "too_late": (_("✖ gửi muộn"), "warn"),
        "no_new_date": (_("✖ thiếu ngày hẹn mới"), "warn"),
        "again": (_("▲ hẹn lại lần hai"), "warn"),
        "none": (_("○ chưa gửi"), "none"),
    }
    text, tone = words.get(state, (state, "none"))
    return Cell(text.replace(" ", NBSP), tone=tone, bold=state != "none")


def left(one: Letter) -> Cell:
    """Working days left or overdue; always words beside the shape."""
    if one.days_left is None:
        return Cell(_("đã xong") if not one.lane else lane(one.lane))
    if one.lane == "overdue":
        late = max(-one.days_left, 0)
        words = _("✖ quá {n} ngày", count=late, n=number(late)) if late else _("✖ quá hạn")
        return Cell(words.replace(" ", NBSP), bold=True, tone="warn", right=True)
    if one.days_left == 0:
        return Cell(_("▲ hôm nay").replace(" ", NBSP), bold=True, tone="warn", right=True)
    return Cell(_("còn {n} ngày", count=one.days_left, n=number(one.days_left)).replace(" ", NBSP), right=True)


def day(value: dt.date | None) -> str:
    return NOTHING if value is None else date(value)


def table(found: list[Letter], view: View) -> Table:
    """Open dossiers with their due date, and the letter if there is one."""
    columns = [Column(_("Hồ sơ, thủ tục")), Column(_("Đơn vị")), Column(_("Hẹn trả"), True), Column(_("Còn lại"), True), Column(_("Thư xin lỗi")), Column(_("Gửi trước hết ngày"), True)]  # fmt: skip
    rows = [
        [
            Cell(one.name or one.code, one.code, href=view.href("source", entry=one.code)),
            Cell(unit(one.unit, view)),
            Cell(day(one.due), right=True, label=_("hẹn trả")),
            left(one),
            _letter(one),
            Cell(day(one.last_day), right=True, label=_("gửi trước hết ngày")),
        ]
        for one in found
    ]
    return Table(columns, rows)


def _letter(one: Letter) -> Cell:
    """The letter's state with day and new date below."""
    cell = letter(one.letter)
    if one.sent is None:
        return cell
    second = _("gửi {sent}, hẹn lại {new}", sent=day(one.sent), new=day(one.new_due))
    if one.new_due_passed:
        second += " · " + _("✖ đã quá cả hạn mới")
    return Cell(cell.text, second, tone=cell.tone, bold=cell.bold)


def register(found: list[Letter], view: View) -> Table:
    """Letters sent: when, for which due date, to which new one."""
    columns = [Column(_("Hồ sơ, thủ tục")), Column(_("Đơn vị")), Column(_("Hẹn trả"), True), Column(_("Gửi thư"), True), Column(_("Hẹn lại"), True), Column(_("Thư")), Column(_("Hồ sơ nay"))]  # fmt: skip
    rows = [
        [
            Cell(one.name or one.code, one.code, href=view.href("source", entry=one.code)),
            Cell(unit(one.unit, view)),
            Cell(day(one.due), right=True, label=_("hẹn trả")),
            Cell(day(one.sent), _("chậm nhất {day}", day=day(one.last_day)), right=True, label=_("gửi thư")),
            Cell(day(one.new_due), _("✖ đã quá") if one.new_due_passed else "", right=True, label=_("hẹn lại")),
            letter(one.letter),
            left(one),
        ]
        for one in found
    ]
    return Table(columns, rows)
