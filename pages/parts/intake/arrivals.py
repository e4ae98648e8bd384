"""Unit × day: whose dossiers arrived on which day of the campaign."""

from __future__ import annotations

import datetime as dt

from data.clock import day_number
from data.locale import _
from data.locale.formats import NOTHING, date, listed, number, short_date
from data.units import Unit
from kpi.arrivals import Arrivals
from pages.parts import choose, frame, states
from pages.parts.blocks import Heading, Heat, Matrix, Note
from pages.parts.view import View

DAYS = 14
MOST_NAMES = 3
MISSING, OFF, NO_FILE = "✖", "–", "◌"


def draw(view: View) -> None:
    days = campaign_days(view)
    units = [unit for level in view.with_unit(view.tree.root).levels_below() for unit in view.units_of(level)]
    if not days or not units:
        frame.show(states.not_begun() if not days else states.no_units(_("đơn vị")))
        return
    start = choose.sheet(len(days), DAYS)
    shown = days[start : start + DAYS]
    found = view.arrivals(days[-1], days[0])
    facts = {unit.code: _of(unit, view, found) for unit in units}
    lines = [_line(unit, shown, facts[unit.code], found, view) for unit in units]
    frame.show(
        Heading(_title(units, facts, found, days, view)),
        Matrix([_("Ngày thiếu"), *(_head(day, view) for day in shown)], lines),
        Note(
            _("Mỗi ô là số hồ sơ mới hoặc thay đổi mà tệp của ngày đó mang lại cho đơn vị và các đơn vị bên dưới.")
            + " "
            + _("✖ ngày làm việc có tệp nhưng không có dòng nào của đơn vị; ◌ ngày không có tệp nào; – ngày nghỉ.")
        ),
    )
    choose.turn(len(days), DAYS)


def campaign_days(view: View) -> list[dt.date]:
    """The campaign's days up to the view's, newest first."""
    last = min(view.day, view.campaign.last_day)
    return [last - dt.timedelta(days=n) for n in range((last - view.campaign.start).days + 1)]


def _of(unit: Unit, view: View, found: Arrivals) -> dict[int, int]:
    """Facts of a unit and everything below it, by day."""
    total: dict[int, int] = {}
    for code in view.tree.below(unit.code):
        for day, n in found.facts.get(code, {}).items():
            total[day] = total.get(day, 0) + n
    return total


def _line(
    unit: Unit, shown: list[dt.date], facts: dict[int, int], found: Arrivals, view: View
) -> tuple[str, str, list[Heat]]:
    cells = [_cell(day, facts, found, view) for day in shown]
    missing = sum(cell.shape == MISSING for cell in cells)
    count = Heat(number(missing) if facts else NOTHING, "", "none", "")
    return unit.name, view.href("my_unit", unit=unit.code), [count, *cells]


def _head(day: dt.date, view: View) -> str:
    """A day off says so, so that few or no rows there surprise nobody."""
    return short_date(day) if view.home.calendar.is_working(day) else _("{day} nghỉ", day=short_date(day))


def _cell(day: dt.date, facts: dict[int, int], found: Arrivals, view: View) -> Heat:
    n = facts.get(day_number(day), 0)
    if n:
        return Heat(number(n), "", "none", "")
    if not view.home.calendar.is_working(day):
        return Heat("", OFF, "none", _("ngày nghỉ"))
    if not found.files.get(day_number(day)):
        return Heat("", NO_FILE, "none", _("không có tệp nào"))
    return Heat("", MISSING, "warn", _("có tệp, không có dòng của đơn vị"))


def _title(
    units: list[Unit], facts: dict[str, dict[int, int]], found: Arrivals, days: list[dt.date], view: View
) -> str:
    """The last working day in one sentence."""
    day = next((day for day in days if view.home.calendar.is_working(day)), days[0])
    if not found.files.get(day_number(day)):
        return _("Ngày {day}: chưa có tệp hồ sơ nào", day=date(day))
    absent = [unit.name for unit in units if facts[unit.code] and not facts[unit.code].get(day_number(day))]
    here = sum(bool(facts[unit.code].get(day_number(day))) for unit in units)
    if not absent:
        return _("Ngày {day}: cả {n} đơn vị có hồ sơ đều đã có số liệu", day=date(day), n=here)
    names = listed(absent[:MOST_NAMES]) if len(absent) <= MOST_NAMES else ", ".join(absent[:MOST_NAMES]) + " …"
    return _("Ngày {day}: {n} đơn vị có số liệu, {missing} đơn vị chưa có: {names}", day=date(day), n=here, missing=len(absent), names=names)  # fmt: skip
