"""A drawing in data units: what lies where, without a pen. ``svg`` draws it for screen and paper, ``lively`` by Plotly.

Tones are roles of the theme: good, warn, muted, ink, mid, grid, soft (a band of what is expected), goodbg and warnbg (the
ground of a tile), page. Colour is never the only sign: what differs in tone differs in shape, dash, fill or word as well.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from data.locale.formats import short_date

TEXT = 13
"""Size of every text in a drawing, px."""
LABEL_STEP = 18
"""Pixels between two labels that would otherwise cover each other."""
LETTER = 7.4
"""Widest usual average of a letter's width at ``TEXT``, px."""


@dataclass(frozen=True)
class Line:
    """``words``: what each point says when pointed at. ``step``: the value holds until the next point."""

    points: tuple[tuple[float, float], ...]
    tone: str = "good"
    width: float = 3
    dash: str = ""
    step: bool = False
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Band:
    """Between ``low`` and ``high`` at each x."""

    points: tuple[tuple[float, float, float], ...]
    tone: str = "soft"


@dataclass(frozen=True)
class Box:
    """``hollow``: only its outline, which greyscale tells from a filled one."""

    x0: float
    x1: float
    y0: float
    y1: float
    tone: str = "good"
    hollow: bool = False
    words: str = ""
    href: str = ""
    edge: str = ""


@dataclass(frozen=True)
class Dot:
    x: float
    y: float
    tone: str = "good"
    size: float = 4.5
    hollow: bool = False
    words: str = ""
    href: str = ""


@dataclass(frozen=True)
class Text:
    """``anchor``: start, middle or end; ``dx`` and ``dy`` in px, ``dy`` > 0 is down. ``wide``: left out on a phone."""

    x: float
    y: float
    text: str
    tone: str = "ink"
    anchor: str = "start"
    dx: float = 0
    dy: float = 0
    bold: bool = False
    wide: bool = False


@dataclass(frozen=True)
class Plane:
    """``x`` and ``y`` are (left, right) and (bottom, top) in data units: a reversed axis has its best on top."""

    height: int
    x: tuple[float, float]
    y: tuple[float, float]
    left: int = 26
    right: int = 20
    top: int = 10
    bottom: int = 26
    bands: tuple[Band, ...] = ()
    boxes: tuple[Box, ...] = ()
    lines: tuple[Line, ...] = ()
    dots: tuple[Dot, ...] = ()
    texts: tuple[Text, ...] = ()
    x_ticks: tuple[tuple[float, str], ...] = ()
    y_ticks: tuple[tuple[float, str], ...] = ()
    widest: int = 0
    """Not drawn wider than this, px; 0: as wide as there is room."""

    def across(self, x: float) -> float:
        """0 at the left edge of the plot, 1 at the right."""
        return (x - self.x[0]) / ((self.x[1] - self.x[0]) or 1)

    def down(self, y: float) -> float:
        """Pixels below the plot's top."""
        return (self.y[1] - y) / ((self.y[1] - self.y[0]) or 1) * self.inner

    @property
    def inner(self) -> int:
        return self.height - self.top - self.bottom


def room(texts: Iterable[str]) -> int:
    """Pixels that the longest of the labels beside a plot needs."""
    return round(max((len(text) for text in texts), default=0) * LETTER) + 12


def day_ticks(first: date, last: date, most: int = 4) -> tuple[tuple[float, str], ...]:
    span = (last - first).days
    steps = min(most - 1, max(span, 1))
    days = [first + timedelta(days=round(span * n / steps)) for n in range(steps + 1)]
    return tuple((day.toordinal(), short_date(day)) for day in days)


def end_labels(plane: Plane, labels: Sequence[tuple[float, str, str, bool]]) -> tuple[Text, ...]:
    """Labels (y, text, tone, bold) right of the plot, pushed apart where they would cover each other."""
    found: list[Text] = []
    last = -1e9
    for y, text, tone, bold in sorted(labels, key=lambda label: plane.down(label[0])):
        at = plane.down(y)
        place = max(at, last + LABEL_STEP)
        found.append(Text(plane.x[1], y, text, tone, dx=8, dy=place - at, bold=bold))
        last = place
    return tuple(found)


LEAST_SPAN = 1e-9
"""Ticks closer than this could not be told apart as written."""


def round_ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers between ``low`` and ``high``: 1, 2 or 5 times a power of ten apart, at most ``most`` steps."""
    span = high - low
    if span < LEAST_SPAN:
        return [low]
    power = 10.0 ** math.floor(math.log10(span))
    step = power * next(part for part in (0.2, 0.5, 1, 2, 5) if span / (power * part) <= most)
    first = math.ceil(low / step - 1e-9)
    return [round(n * step, 10) for n in range(first, math.floor(high / step + 1e-9) + 1)]
