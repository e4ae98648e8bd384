"""Lines and slopes: frames in, Plotly figures out; no streamlit.

Colours are Streamlit's placeholders (#000001 … #000010 = the theme's ten chart colours in order), replaced in the
browser by those of the light or dark theme, so that one figure serves both. A test keeps this undocumented habit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd
import plotly.graph_objects as go

from data.locale import _
from data.locale.formats import decimal, number, short_date
from kpi.model import Row
from kpi.ranking import Ranked

GOOD, WARN, MUTED, TRACK, SOFT_GOOD, SOFT_WARN, INK, GRID, MID, PAGE = (f"#0000{n:02d}" for n in range(1, 11))
CONFIG = {"displayModeBar": False, "scrollZoom": False, "staticPlot": False}
FONT = "BVP Tabular, Be Vietnam Pro, BVP Shapes, Segoe UI, Arial, sans-serif"
LABEL_STEP = 18
"""Pixels between two labels that would otherwise cover each other."""


@dataclass(frozen=True)
class Drawn:
    """A figure and the same in words."""

    figure: go.Figure
    alt: str


def _blank(height: int, left: int, right: int, top: int = 8, bottom: int = 26) -> go.Figure:
    chart = go.Figure()
    axis = {
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
        "automargin": False,
        "showline": False,
        "ticks": "",
    }
    chart.update_layout(
        height=height, margin={"l": left, "r": right, "t": top, "b": bottom, "pad": 0}, showlegend=False, dragmode=False,
        hovermode="x unified", separators=",.", font={"family": FONT, "size": 14}, xaxis=axis, yaxis=axis,
        hoverlabel={"font": {"family": FONT, "size": 13}},
    )  # fmt: skip
    return chart


def _date_ticks(first: date, last: date, most: int = 4) -> tuple[list[date], list[str]]:
    span = (last - first).days
    steps = min(most - 1, max(span, 1))
    days = [first + timedelta(days=round(span * n / steps)) for n in range(steps + 1)]
    return days, [short_date(day) for day in days]


def _label(chart: go.Figure, y: float, text: str, colour: str, shift: float, bold: bool = False) -> None:
    chart.add_annotation(
        x=1, xref="paper", xanchor="left", xshift=8, y=y, yshift=shift, text=f"<b>{text}</b>" if bold else text,
        showarrow=False, font={"size": 13, "color": colour}, align="left",
    )  # fmt: skip


def burn_up(history: pd.DataFrame, row: Row, start: date, due: date) -> Drawn:
    """Numerator day by day, the plan's straight line, the line needed from today. Columns: day, numerator, denominator."""
    days, values = list(history["day"]), [float(value) for value in history["numerator"]]
    now, today = values[-1], days[-1]
    goal = (row.target or 0) * (row.denominator or 1) if row.denominator else (row.target or 0)
    chart = _blank(230, 20, 132)
    chart.add_scatter(x=[start, due], y=[goal, goal], mode="lines", line={"color": INK, "width": 1.5}, hoverinfo="skip")
    chart.add_scatter(
        x=[start, due],
        y=[values[0], goal],
        mode="lines",
        line={"color": MID, "width": 1.5, "dash": "dot"},
        hoverinfo="skip",
    )
    if today < due and now < goal:
        chart.add_scatter(
            x=[today, due],
            y=[now, goal],
            mode="lines",
            line={"color": WARN, "width": 2.5, "dash": "dash"},
            hoverinfo="skip",
        )
    chart.add_scatter(
        x=days, y=values, mode="lines", line={"color": GOOD, "width": 3}, customdata=[number(value) for value in values],
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    chart.add_scatter(
        x=[today], y=[now], mode="markers", marker={"color": GOOD, "size": 9}, cliponaxis=False, hoverinfo="skip"
    )
    top, bottom = max([goal, *values]), min([values[0], *values])
    room = (top - bottom) or 1.0
    ticks, words = _date_ticks(start, due)
    chart.update_xaxes(tickvals=ticks, ticktext=words, tickfont={"size": 13}, range=[start, due])
    chart.update_yaxes(visible=False, range=[bottom - room * 0.16, top + room * 0.1])
    chart.add_annotation(x=start, y=values[0], text=number(values[0]), showarrow=False, xanchor="left", yanchor="top", yshift=-4, font={"size": 13, "color": MUTED})  # fmt: skip
    labels = [(goal, _("Mục tiêu {n}", n=number(goal)), INK, True), (now, _("Hiện có {n}", n=number(now)), GOOD, True)]
    if row.pace is not None and row.pace.needed is not None and now < goal:
        labels.append(
            (now, _("Cần {n} mỗi ngày", n=decimal(row.pace.needed, 1 if row.pace.needed < 100 else 0)), WARN, False)
        )
    scale = 196 / (room * 1.26)
    last = -1e9
    for y, text, colour, bold in labels:
        place = max(last + LABEL_STEP, (top - y) * scale)
        _label(chart, top, text, colour, -place, bold)
        last = place
    alt = _("Từ {start} ngày {first} đến {now} ngày {today}; mục tiêu {goal} vào {due}.", start=number(values[0]), first=short_date(days[0]), now=number(now), today=short_date(today), goal=number(goal), due=short_date(due))  # fmt: skip
    return Drawn(chart, alt)


def rank_line(series: Sequence[tuple[date, float]], until: date) -> Drawn:
    """A national rank as steps, the best on top."""
    days, ranks = [day for day, _rank in series], [rank for _day, rank in series]
    worst = max(ranks)
    chart = _blank(250, 34, 84)
    chart.add_scatter(
        x=[*days, until], y=[*ranks, ranks[-1]], mode="lines", line={"color": GOOD, "width": 3, "shape": "hv"},
        customdata=[number(rank) for rank in [*ranks, ranks[-1]]], hovertemplate=_("Hạng") + " %{customdata}<extra></extra>",
    )  # fmt: skip
    ends = [(days[0], ranks[0]), (until, ranks[-1])]
    chart.add_scatter(x=[d for d, _r in ends], y=[r for _d, r in ends], mode="markers", marker={"color": GOOD, "size": 9}, cliponaxis=False, hoverinfo="skip")  # fmt: skip
    ticks, words = _date_ticks(days[0], until)
    chart.update_xaxes(tickvals=ticks, ticktext=words, tickfont={"size": 13}, range=[days[0], until])
    grid = [1, *range(10, int(worst) + 10, 10)] if worst > 12 else list(range(1, int(worst) + 1, 2))
    chart.update_yaxes(
        tickvals=[rank for rank in grid if rank <= worst - 3 or worst <= 12],
        range=[worst * 1.16 + 1, -1],
        showgrid=True,
        gridcolor=GRID,
        tickfont={"size": 13},
    )
    _label(chart, ranks[-1], _("Hạng {n}", n=number(ranks[-1])), GOOD, 0, bold=True)
    chart.add_annotation(x=days[0], y=ranks[0], text=_("Hạng {n} ngày {day}", n=number(ranks[0]), day=short_date(days[0])), showarrow=False, xanchor="left", yanchor="top", yshift=-6, font={"size": 13, "color": MUTED})  # fmt: skip
    middle = len(series) // 2
    if len(series) > 4:
        chart.add_annotation(x=days[middle], y=ranks[middle], text=_("Hạng {n} ngày {day}", n=number(ranks[middle]), day=short_date(days[middle])), showarrow=False, xanchor="right", yanchor="bottom", xshift=-6, font={"size": 13, "color": MUTED})  # fmt: skip
    alt = _("Hạng {first} ngày {start}, hạng {last} ngày {end}.", first=number(ranks[0]), start=short_date(days[0]), last=number(ranks[-1]), end=short_date(until))  # fmt: skip
    return Drawn(chart, alt)


def slope(
    now: Sequence[Ranked],
    then: Mapping[str, int],
    start: date,
    end: date,
    names: Mapping[str, str],
    up: str | None,
    down: str | None,
) -> Drawn:
    """Places at the start and now; places are positions in the list, so that labels never cover each other."""
    shown = [entry for entry in now if entry.rank is not None and entry.row.unit in then]
    before = sorted(shown, key=lambda entry: (then[entry.row.unit], entry.rank or 0))
    left = {entry.row.unit: place for place, entry in enumerate(before, start=1)}
    right = {entry.row.unit: place for place, entry in enumerate(shown, start=1)}
    chart = _blank(44 + 24 * len(shown), 128, 128, top=4, bottom=4)
    plain_x: list[int | None] = []
    plain_y: list[int | None] = []
    for entry in shown:
        unit = entry.row.unit
        colour = GOOD if unit == up else WARN if unit == down else MUTED
        if colour == MUTED:
            plain_x += [0, 1, None]
            plain_y += [left[unit], right[unit], None]
        else:
            chart.add_scatter(x=[0, 1], y=[left[unit], right[unit]], mode="lines+markers", line={"color": colour, "width": 3}, marker={"size": 9, "color": colour}, cliponaxis=False, hoverinfo="skip")  # fmt: skip
        for x, y, rank, anchor, shift in (
            (0, left[unit], then[unit], "right", -10),
            (1, right[unit], entry.rank, "left", 10),
        ):
            name = names[unit]
            text = f"{name}  {rank}" if x == 0 else f"{rank}  {name}"
            chart.add_annotation(x=x, y=y, text=text if colour == MUTED else f"<b>{text}</b>", showarrow=False, xanchor=anchor, xshift=shift, font={"size": 13, "color": colour})  # fmt: skip
    chart.add_scatter(x=plain_x, y=plain_y, mode="lines+markers", line={"color": MID, "width": 1.3}, marker={"size": 6, "color": MID}, cliponaxis=False, hoverinfo="skip")  # fmt: skip
    for x, day, anchor, shift in ((0, start, "right", -10), (1, end, "left", 10)):
        chart.add_annotation(x=x, y=0, text=short_date(day), showarrow=False, xanchor=anchor, xshift=shift, font={"size": 13, "color": MUTED})  # fmt: skip
    chart.update_xaxes(visible=False, range=[0, 1])
    chart.update_yaxes(visible=False, range=[len(shown) + 0.7, -0.6])
    alt = "; ".join(
        _("{name}: {then} → {now}", name=names[e.row.unit], then=then[e.row.unit], now=e.rank) for e in shown
    )
    return Drawn(chart, alt)
