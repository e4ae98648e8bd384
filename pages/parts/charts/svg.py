"""A plane as SVG: one pen for the screen (fluid width, colours of the theme) and for paper (fixed width, light colours)."""

from __future__ import annotations

from html import escape
from itertools import pairwise

from pages.parts.charts.plane import TEXT, Box, Dot, Line, Plane, Text
from pages.parts.links import is_own

SCREEN = {
    "good": "var(--good)",
    "warn": "var(--warn)",
    "muted": "var(--muted)",
    "ink": "var(--ink)",
    "mid": "var(--grey)",
    "grid": "var(--track)",
    "soft": "var(--soft)",
    "goodbg": "var(--goodbg)",
    "warnbg": "var(--warnbg)",
    "page": "var(--page)",
}
PAPER = {
    "good": "#0072B2",
    "warn": "#A84300",
    "muted": "#595959",
    "ink": "#1A1F24",
    "mid": "#8C949C",
    "grid": "#D5DADF",
    "soft": "#CFE3F0",
    "goodbg": "#E6F1F8",
    "warnbg": "#FBEEE5",
    "page": "#FFFFFF",
}
FONT = "Be Vietnam Pro, BVP Shapes, Segoe UI, Arial, sans-serif"
FLUID = 1000
"""Units across a drawing whose width is not known yet."""
DASHES = {"dot": "1.5 4", "dash": "7 5"}


def screen(plane: Plane, alt: str) -> str:
    """As wide as its container; text keeps its size at every width. What lies beside the plot has the box's padding."""
    widest = f";max-width:{plane.widest}px" if plane.widest else ""
    role = "group" if any(part.href for part in (*plane.boxes, *plane.dots)) else "img"
    return (
        f'<div style="padding:{plane.top}px {plane.right}px {plane.bottom}px {plane.left}px{widest}">'
        f'<svg width="100%" height="{plane.inner}" role="{role}" aria-label="{escape(alt)}" style="overflow:visible">'
        f"{_inside(plane, None)}</svg></div>"
    )


def paper(plane: Plane, alt: str, width: int = 640) -> str:
    """A whole SVG document of its own, ``width`` px wide."""
    inner = min(width, plane.widest or width) - plane.left - plane.right
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{plane.height}" viewBox="0 0 {width} {plane.height}" '
        f'role="img" aria-label="{escape(alt)}"><title>{escape(alt)}</title>'
        f'<g transform="translate({plane.left} {plane.top})">{_inside(plane, inner)}</g></svg>'
    )


def _inside(plane: Plane, width: float | None) -> str:
    """``width`` of the plot in px; None: percent of the container."""
    colours = SCREEN if width is None else PAPER

    def x(value: float) -> str:
        share = plane.across(value)
        return f"{share * 100:.3f}%" if width is None else f"{share * width:.2f}"

    def y(value: float) -> str:
        return f"{plane.down(value):.2f}"

    def line(drawn: Line) -> str:
        points = _steps(drawn.points) if drawn.step else drawn.points
        dash = f"stroke-dasharray:{DASHES[drawn.dash]};" if drawn.dash else ""
        return (
            f'<polyline points="{_points(plane, points, width)}" vector-effect="non-scaling-stroke" '
            f'style="fill:none;stroke:{colours[drawn.tone]};stroke-width:{drawn.width}px;{dash}stroke-linejoin:round"></polyline>'
        )

    def box(drawn: Box) -> str:
        left, right = sorted((plane.across(drawn.x0), plane.across(drawn.x1)))
        top, bottom = sorted((plane.down(drawn.y0), plane.down(drawn.y1)))
        wide = f"{(right - left) * 100:.3f}%" if width is None else f"{(right - left) * width:.2f}"
        start = f"{left * 100:.3f}%" if width is None else f"{left * width:.2f}"
        edge = colours[drawn.edge or drawn.tone]
        paint = f"fill:{colours['page'] if drawn.hollow else colours[drawn.tone]};" + (f"stroke:{edge};stroke-width:1.5px" if drawn.hollow or drawn.edge else "")  # fmt: skip
        shape = f'<rect x="{start}" y="{top:.2f}" width="{wide}" height="{max(bottom - top, 0):.2f}" style="{paint}">'
        return _linked(drawn.href, f"{shape}{_said(drawn.words)}</rect>")

    def dot(drawn: Dot) -> str:
        colour = colours[drawn.tone]
        paint = f"fill:{colours['page'] if drawn.hollow else colour};stroke:{colour};stroke-width:1.5px"
        shape = f'<circle cx="{x(drawn.x)}" cy="{y(drawn.y)}" r="{drawn.size}" style="{paint}">'
        return _linked(drawn.href, f"{shape}{_said(drawn.words)}</circle>")

    def text(drawn: Text) -> str:
        weight = "font-weight:600;" if drawn.bold else ""
        name = ' class="wide"' if drawn.wide and width is None else ""
        face = f"font-family:{FONT};" if width is not None else ""
        return (
            f'<text{name} x="{x(drawn.x)}" y="{plane.down(drawn.y) + drawn.dy + 4.5:.2f}" dx="{drawn.dx:g}" '
            f'text-anchor="{drawn.anchor}" style="fill:{colours[drawn.tone]};font-size:{TEXT}px;{face}{weight}">{escape(drawn.text)}</text>'
        )

    bands = "".join(
        f'<polygon points="{_points(plane, [*((at, high) for at, _low, high in band.points), *((at, low) for at, low, _high in reversed(band.points))], width)}" '
        f'style="fill:{colours[band.tone]}"></polygon>'
        for band in plane.bands
    )
    rules = [Line(((plane.x[0], at), (plane.x[1], at)), "grid", 1) for at, _words in plane.y_ticks]
    strokes = bands + "".join(map(line, rules))
    over = "".join(map(line, plane.lines))
    size = FLUID if width is None else f"{width:g}"

    def scaled(strokes: str) -> str:
        if width is not None or not strokes:
            return strokes
        return f'<svg viewBox="0 0 {size} {plane.inner}" preserveAspectRatio="none" width="100%" height="100%" style="overflow:visible">{strokes}</svg>'

    ticks = [Text(at, plane.y[0], words, "muted", "middle", dy=15) for at, words in plane.x_ticks]
    ticks += [Text(plane.x[0], at, words, "muted", "end", dx=-6) for at, words in plane.y_ticks if words]
    return "".join(
        [
            scaled(strokes), *map(box, plane.boxes), scaled(over), *map(dot, plane.dots), *map(text, (*ticks, *plane.texts)),
        ]
    )  # fmt: skip


def _points(plane: Plane, points: object, width: float | None) -> str:
    scale = FLUID if width is None else width
    return " ".join(f"{plane.across(x) * scale:.2f},{plane.down(y):.2f}" for x, y in points)  # type: ignore[attr-defined]


def _steps(points: tuple[tuple[float, float], ...]) -> list[tuple[float, float]]:
    found = list(points[:1])
    for (_x, before), (at, now) in pairwise(points):
        found += [(at, before), (at, now)]
    return found


def _said(words: str) -> str:
    return f"<title>{escape(words)}</title>" if words else ""


def _linked(href: str, inner: str) -> str:
    return f'<a href="{escape(href)}" target="_self">{inner}</a>' if is_own(href) else inner
