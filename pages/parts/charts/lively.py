"""A plane as a Plotly figure, for lines whose points are asked for by pointing at them.

Colours are Streamlit's placeholders (#000001 … #000010 = the theme's ten chart colours in order), replaced in the
browser by those of the light or dark theme, so that one figure serves both. A test keeps this undocumented habit.
"""

from __future__ import annotations

import plotly.graph_objects as go

from pages.parts.charts.plane import TEXT, Line, Plane, Text

TONES = {
    "good": "#000001",
    "warn": "#000002",
    "muted": "#000003",
    "grid": "#000004",
    "soft": "#000005",
    "ink": "#000007",
    "mid": "#000009",
    "page": "#000010",
    "goodbg": "#000005",
    "warnbg": "#000006",
}
FONT = "BVP Tabular, Be Vietnam Pro, BVP Shapes, Segoe UI, Arial, sans-serif"
CONFIG = {"displayModeBar": False, "scrollZoom": False, "staticPlot": False}
LARGER = 1.15
"""Room beside the plot for the larger letters of a projector (``style.css``)."""
DASHES = {"": "solid", "dot": "dot", "dash": "dash"}


def figure(plane: Plane) -> go.Figure:
    drawn = go.Figure()
    axis = {
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
        "automargin": False,
        "showline": False,
        "ticks": "",
    }
    drawn.update_layout(
        height=plane.height, margin={"l": round(plane.left * LARGER), "r": round(plane.right * LARGER), "t": plane.top, "b": plane.bottom, "pad": 0},
        showlegend=False, dragmode=False, hovermode="closest", separators=",.", font={"family": FONT, "size": TEXT},
        xaxis=axis, yaxis=axis, hoverlabel={"font": {"family": FONT, "size": TEXT}},
    )  # fmt: skip
    drawn.update_xaxes(
        range=list(plane.x),
        tickvals=[at for at, _words in plane.x_ticks],
        ticktext=[words for _at, words in plane.x_ticks],
    )
    drawn.update_yaxes(
        range=list(plane.y),
        tickvals=[at for at, _words in plane.y_ticks],
        ticktext=[words for _at, words in plane.y_ticks],
        visible=bool(plane.y_ticks),
        showgrid=bool(plane.y_ticks),
        gridcolor=TONES["grid"],
    )
    for band in plane.bands:
        x = [at for at, _low, _high in band.points]
        y = [high for _at, _low, high in band.points] + [low for _at, low, _high in reversed(band.points)]
        drawn.add_scatter(x=[*x, *reversed(x)], y=y, fill="toself", mode="none", fillcolor=TONES[band.tone], hoverinfo="skip")  # fmt: skip
    for box in plane.boxes:
        colour = TONES[box.tone]
        drawn.add_shape(
            type="rect", x0=box.x0, x1=box.x1, y0=box.y0, y1=box.y1, line={"width": 1.5 if box.hollow else 0, "color": colour},
            fillcolor=TONES["page"] if box.hollow else colour, layer="below",
        )  # fmt: skip
    for line in plane.lines:
        _line(drawn, line)
    for dot in plane.dots:
        drawn.add_scatter(
            x=[dot.x], y=[dot.y], mode="markers", cliponaxis=False, hoverinfo="text" if dot.words else "skip", hovertext=[dot.words],
            marker={"color": TONES["page"] if dot.hollow else TONES[dot.tone], "size": dot.size * 2, "line": {"color": TONES[dot.tone], "width": 1.5}},
        )  # fmt: skip
    for text in plane.texts:
        _text(drawn, text)
    return drawn


def _line(drawn: go.Figure, line: Line) -> None:
    drawn.add_scatter(
        x=[x for x, _y in line.points], y=[y for _x, y in line.points], mode="lines", hovertext=list(line.words),
        line={"color": TONES[line.tone], "width": line.width, "dash": DASHES[line.dash], "shape": "hv" if line.step else "linear"},
        hoverinfo="text" if line.words else "skip",
    )  # fmt: skip


def _text(drawn: go.Figure, text: Text) -> None:
    anchor = {"start": "left", "middle": "center", "end": "right"}[text.anchor]
    words = text.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    drawn.add_annotation(
        x=text.x, y=text.y, text=f"<b>{words}</b>" if text.bold else words, showarrow=False, xanchor=anchor, xshift=text.dx,
        yshift=-text.dy, font={"size": TEXT, "color": TONES[text.tone]}, align=anchor,
    )  # fmt: skip
