"""League tables: one figure over the units of a level."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from data.locale import _, language
from data.locale.formats import short_date
from kpi import ranking
from kpi.catalog import figure
from kpi.model import Row
from kpi.ranking import Ranked
from pages.parts import drawings, frame, messages, present, states
from pages.parts.blocks import Heading, League, Matrix, Note, Verdict
from pages.parts.view import View


def ranked(rows: list[Row]) -> list[Ranked]:
    return present.in_order(ranking.league(rows))


def ranks(rows: list[Row]) -> dict[str, int]:
    return {entry.row.unit: entry.rank for entry in ranking.league(rows) if entry.rank is not None}


def table(
    view: View,
    level: str,
    kpi: str,
    under: str | None = None,
    link_to: str = "my_unit",
    with_status: bool = True,
    heading: str = "",
    with_trend: bool = False,
    since: dt.date | None = None,
) -> None:
    """Title and table of one figure over a level; changes since the last working day (or ``since``) where there was one.

    ``with_trend``: a sparkline of each unit through the campaign.
    """
    rows = view.figures((kpi,), by=level, unit=under)
    name, noun = messages.level_words(level)
    if not rows:
        frame.show(states.no_units(noun))
        return
    now = ranked(rows)
    before = since or view.previous_day
    then = (
        ranks(view.figures((kpi,), by=level, unit=under, as_of=view.at(before)))
        if before >= view.campaign.start
        else {}
    )
    scale = None if figure(kpi).is_ratio else max((row.value or 0 for row in rows), default=0) or None
    trends = _trends(view, kpi, tuple(row.unit for row in rows)) if with_trend else {}
    lines = [present.league_line(entry, view, then, scale, link_to, trends.get(entry.row.unit, ())) for entry in now]
    head = _("Từ {day}", day=short_date(before)) if then else ""
    frame.show(
        Heading(heading or messages.league_title(now, name)),
        League(lines, present.tick(rows), head, with_status),
    )


def _trends(view: View, kpi: str, units: tuple[str, ...]) -> dict[str, tuple[float, ...]]:
    """Values day by day; days without a value are left out."""
    days = view.daily(kpi, units).dropna(subset=["value"])
    return {str(unit): tuple(found) for unit, found in days.groupby("unit")["value"]}


def page(view: View, level: str, link_to: str = "my_unit") -> None:
    """A whole page: verdict, choice of figure, league, and every target figure by unit."""
    declared = view.league_kpi
    rows = view.figures((declared.key,), by=level)
    if not rows:
        frame.stop(states.no_units(messages.level_words(level)[1]))
    frame.show(
        Verdict(messages.league_title(ranked(rows), messages.level_words(level)[0]), messages.standing(rows, view))
    )
    frame.choose_figure(view)
    left, right = st.columns([7, 5], gap="large")
    with left:
        table(view, level, declared.key, link_to=link_to, heading=declared.label(language()), with_trend=True)
        frame.show(Note(messages.league_note(view)), Note(messages.definition(declared.key)))
        if declared.is_ratio:
            frame.show(drawings.funnel_plot(rows, view, messages.chance_title(rows), link_to))
    with right:
        if (tiles := drawings.tile_map(rows, view, messages.map_title(rows), link_to)) is not None:
            frame.show(tiles)
        matrix(view, level, link_to)


def matrix(view: View, level: str, link_to: str) -> None:
    """Unit × target figure: value with the shape of its status."""
    kpis = view.target_kpis
    rows = view.figures(kpis, by=level)
    present_kpis = [kpi for kpi in kpis if any(row.kpi == kpi and row.value is not None for row in rows)]
    found = {(row.unit, row.kpi): row for row in rows}
    heads = [present.short(figure(kpi)) for kpi in present_kpis]
    lines = [
        (
            unit.name,
            view.href(link_to, unit=unit.code),
            [present.heat(found[unit.code, kpi], view) for kpi in present_kpis],
        )
        for unit in view.units_of(level)
        if (unit.code, kpis[0] if kpis else "") in found
    ]
    if lines and heads:
        frame.show(Heading(messages.matrix_title(rows)), Matrix(heads, lines), Note(messages.shapes_note()))


def below(view: View, district: str) -> None:
    """Units below one unit, in the same figure."""
    unit = view.tree[district]
    level = next(
        (view.tree[code].level for code in view.tree.children.get(district, ()) if view.tree[code].valid), None
    )
    if level is None:
        frame.show(Note(_("{name} không có đơn vị cấp dưới.", name=unit.name)))
        return
    # Not every figure exists below a district: services are offered by the district for all its communes.
    chosen = view.league_kpi.key
    kpi = next((key for key in (chosen, *view.league_kpis) if _has_values(view, key, level, district)), chosen)
    words = messages.level_words(level)[1]
    heading = _("{name}, {level}: {figure}", name=unit.name, level=words, figure=present.in_sentence(figure(kpi)))
    table(view, level, kpi, under=district, heading=heading)
    rows = view.figures((kpi,), by=level, unit=district)
    if (tiles := drawings.tile_grid(rows, view, messages.grid_title(rows, words))) is not None:
        frame.show(tiles)
    if kpi != chosen:
        other = figure(chosen).label(language())
        frame.show(Note(_("«{figure}» không tính riêng cho từng {level}.", figure=other, level=words)))


def _has_values(view: View, kpi: str, level: str, under: str) -> bool:
    return any(row.value is not None for row in view.figures((kpi,), by=level, unit=under))


def peers(view: View, kpi: str) -> None:
    """The view's unit among the units of its level (communes: of its own district)."""
    unit = view.place
    siblings = unit.parent if unit.level not in ("department", "district") else None
    rows = view.figures((kpi,), by=unit.level, unit=siblings)
    heading = messages.peers_title(ranked(rows), view, messages.level_words(unit.level)[1])
    table(view, unit.level, kpi, under=siblings, with_status=False, heading=heading)
    frame.show(
        Note(_("Xếp theo: {figure}.", figure=figure(kpi).label(language()))),
        Note(messages.league_note(view)),
    )
