"""Charts of the engine's answers: rows and frames in, blocks out. What they look like is said in ``charts``."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pandas as pd

from data.locale.formats import sort_key
from kpi.catalog import figure
from kpi.model import Row
from kpi.pace import plan_line
from kpi.ranking import Ranked
from pages.parts import messages, present
from pages.parts.blocks import Block, Chart, Heading
from pages.parts.charts import among_units, over_time
from pages.parts.view import View

GRID = 3
"""Tiles beside each other where no place is given."""


def burn_up(history: pd.DataFrame, row: Row, view: View) -> Chart:
    """Columns of ``history``: day, numerator, denominator. Needs a row with a pace."""
    assert row.pace is not None
    values = [(day, float(value)) for day, value in zip(history["day"], history["numerator"], strict=True)]
    goal = (row.target or 0) * (row.denominator or 1) if figure(row.kpi).is_ratio else (row.target or 0)
    drawn = over_time.burn_up(
        "burn_up", messages.burn_up_title(row, view), values, goal, view.campaign.start, row.pace.due,
        needed=row.pace.needed, source=messages.source(view, row.kpi),
    )  # fmt: skip
    # The page that has to be there first does without Plotly; the days can be pointed at on «Tiến độ & dự báo».
    return replace(drawn, lively=False)


def rank_line(series: list[tuple[dt.date, float]], view: View) -> Chart:
    source = f"{messages.source(view)} {messages.scheme_note(view.campaign.rank_scheme)}"
    return over_time.rank_line("rank", messages.rank_title(series), series, view.day, source)


def slope(now: list[Ranked], then: dict[str, int], view: View) -> Block:
    """Places at the campaign's start and now; only a heading where there is nothing to compare yet."""
    title, up, down = messages.slope_title(then, now, view.campaign.start)
    if not then or view.day <= view.campaign.start:
        return Heading(title)
    names = {entry.row.unit: present.bare_name(entry.row.name) for entry in now}
    moves = [
        among_units.Move(names[entry.row.unit], then[entry.row.unit], entry.rank)
        for entry in now
        if entry.rank is not None and entry.row.unit in then
    ]
    return among_units.slope(
        "slope", title, moves, view.campaign.start, view.day, names.get(up or "", ""), names.get(down or "", ""), messages.source(view)
    )  # fmt: skip


def funnel_plot(rows: list[Row], view: View, title: str, page: str = "my_unit") -> Block:
    """Units of one ratio; a heading alone where fewer than three can be compared."""
    parts = [
        among_units.Part(present.bare_name(row.name), row.numerator, row.denominator, view.href(page, unit=row.unit))
        for row in rows
        if row.numerator is not None and row.denominator
    ]
    if len(parts) < 3:
        return Heading(title)
    return among_units.funnel_plot("funnel", title, parts, messages.source(view, rows[0].kpi))


def tile_map(rows: list[Row], view: View, title: str, page: str = "my_unit") -> Chart | None:
    """Units where the home's ``tiles.csv`` puts them; None when it knows none of them."""
    found = {tile.code: tile for tile in view.home.tiles}
    places = [
        among_units.Place(
            found[row.unit].row, found[row.unit].column, present.bare_name(row.name), present.value(row),
            present.mark(row, view), view.href(page, unit=row.unit), row.value,
        )
        for row in rows
        if row.unit in found
    ]  # fmt: skip
    return among_units.tile_map("tiles", title, places, messages.source(view, rows[0].kpi)) if places else None


def planned(row: Row, view: View) -> float | None:
    """What the plan of the view's unit says for today; None where it has none, or reached the target anyway."""
    if row.pace is None or row.value is None or not figure(row.kpi).is_ratio:
        return None
    course, _ahead = view.course(row.kpi)
    target = course.targets[0]
    line = None if target is None else plan_line(view.campaign, target, course.days, course.value[0])
    return None if line is None or view.day >= line.due else float(line.at(view.day, view.home.calendar))


def tile_grid(rows: list[Row], view: View, title: str, page: str = "my_unit") -> Chart | None:
    """Units that nobody placed, as equal tiles in the order of their names; None where there is nothing to show."""
    shown = sorted((row for row in rows if row.value is not None), key=lambda row: sort_key(row.name))
    places = [
        among_units.Place(
            n // GRID, n % GRID, present.bare_name(row.name), present.value(row), present.mark(row, view),
            view.href(page, unit=row.unit), row.value,
        )
        for n, row in enumerate(shown)
    ]  # fmt: skip
    return among_units.tile_map("tiles_below", title, places, messages.source(view, rows[0].kpi)) if places else None
