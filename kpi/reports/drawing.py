"""Drawings of a report: where each bar, tick and point lies, as shares of the drawing. The typesetter only draws."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Any

from data.locale import formats
from kpi.reports import words
from kpi.reports.content import Bars, Kind, Line
from kpi.reports.typesetting import typeset

MOST_STEPS = 5
MOST_DAYS = 7
"""Days written below a line."""


def png(drawing: Bars | Line, millimetres: float) -> bytes:
    """The drawing as wide as ``millimetres``, for documents that take no vectors."""
    return typeset({"drawing": plane(drawing), "width": millimetres}, "png")


def plane(drawing: Bars | Line) -> dict[str, Any]:
    """What the typesetter draws."""
    return words.in_vietnamese(lambda: _bars(drawing) if isinstance(drawing, Bars) else _line(drawing))


def _bars(drawing: Bars) -> dict[str, Any]:
    known = [value for value in (*drawing.values, *drawing.targets) if value is not None]
    longest = max([1.0 if drawing.kind == "percent" else 0.0, *known]) or 1.0

    def share(value: float | None) -> float | None:
        return None if value is None else min(max(value / longest, 0.0), 1.0)

    return {
        "kind": "bars",
        "title": drawing.title,
        "alt": drawing.alt,
        "with_target": any(target is not None for target in drawing.targets),
        "bars": [
            {"label": label, "text": text, "share": share(value), "target": share(target), "met": met}
            for label, text, value, target, met in zip(
                drawing.labels, drawing.texts, drawing.values, drawing.targets, drawing.met, strict=True
            )
        ],
    }


def _line(drawing: Line) -> dict[str, Any]:
    known = [value for value in (*drawing.values, drawing.target) if value is not None]
    steps = _steps(min(known, default=0.0), max(known, default=1.0))
    low, high = steps[0], steps[-1]
    last = max(len(drawing.days) - 1, 1)
    every = max(1, math.ceil(len(drawing.days) / MOST_DAYS))

    def up(value: float) -> float:
        return (value - low) / (high - low)

    points = [(place / last, value) for place, value in enumerate(drawing.values)]
    runs: list[list[tuple[float, float]]] = [[]]
    for x, value in points:
        if value is None:
            runs.append([])
        else:
            runs[-1].append((x, up(value)))
    end = next(((x, value) for x, value in reversed(points) if value is not None), None)
    return {
        "kind": "line",
        "title": drawing.title,
        "alt": drawing.alt,
        "runs": [run for run in runs if run],
        "end": None if end is None else {"x": end[0], "y": up(end[1]), "text": _said(end[1], drawing.kind)},
        "target": None
        if drawing.target is None
        else {"y": up(drawing.target), "text": f"Mục tiêu {_said(drawing.target, drawing.kind)}"},
        "levels": [{"y": up(step), "text": _said(step, drawing.kind)} for step in steps],
        "days": [
            {"x": place / last, "text": formats.short_date(date.fromisoformat(day))}
            for place, day in enumerate(drawing.days)
            if place % every == 0
        ],
    }


def _said(value: float, kind: Kind) -> str:
    if kind == "percent":
        return words.percent(value)
    return words.number(value) if kind == "count" else words.decimal(value)


def _steps(low: float, high: float) -> Sequence[float]:
    """Round numbers from below ``low`` to above ``high``, at least two."""
    if low == high:
        low, high = min(low, 0.0), max(high, 0.0) or 1.0
    room = high - low
    size = 10.0 ** math.floor(math.log10(room / MOST_STEPS))
    step = next(size * times for times in (1, 2, 2.5, 5, 10) if room / (size * times) <= MOST_STEPS)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(place * step, 12) for place in range(first, max(last, first + 1) + 1)]
