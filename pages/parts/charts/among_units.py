"""Units beside each other: slope of places, funnel plot, tile map. Plain values in, blocks out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from data.locale import _
from data.locale.formats import number, percent, short_date
from pages.parts.blocks import Cell, Chart, Column, Mark, Table
from pages.parts.charts.plane import LABEL_STEP, Box, Dot, Line, Plane, Text, room, round_ticks

ROW = 24
TILE = 76
Z95, Z998 = 1.96, 3.09
"""Widths of the funnel's two limits: 95 and 99,8 of 100 units lie inside by chance."""
NAMED = 5


@dataclass(frozen=True)
class Move:
    """A unit's rank at the start and now. ``name``: short, for a narrow label."""

    name: str
    then: int
    now: int


def slope(
    name: str, title: str, moves: Sequence[Move], start: date, end: date, up: str = "", down: str = "", source: str = ""
) -> Chart:
    """Places at the start and now; places are positions in the list, so that labels never cover each other.

    ``moves`` in the order of today's list; ``up`` and ``down``: names to be told apart.
    """
    left = {move.name: place for place, move in enumerate(sorted(moves, key=lambda move: (move.then, move.now)), 1)}
    tones = {move.name: "good" if move.name == up else "warn" if move.name == down else "mid" for move in moves}
    lines, dots, texts = [], [], []
    for place, move in enumerate(moves, start=1):
        tone = tones[move.name]
        marked = tone != "mid"
        lines.append(Line(((0, left[move.name]), (1, place)), tone, 3 if marked else 1.3, "dash" if tone == "warn" else ""))  # fmt: skip
        for x, y in ((0, left[move.name]), (1, place)):
            dots.append(Dot(x, y, tone, 4.5 if marked else 3, hollow=tone == "warn"))
        ink = tone if marked else "muted"
        texts.append(Text(0, left[move.name], f"{move.name}  {move.then}", ink, "end", -10, bold=marked))
        texts.append(Text(1, place, f"{move.now}  {move.name}", ink, dx=10, bold=marked))
    texts += [Text(0, 0, short_date(start), "muted", "end", -10), Text(1, 0, short_date(end), "muted", dx=10)]
    side = room(f"{move.name}  {move.then}" for move in moves)
    order = sorted(range(len(lines)), key=lambda n: lines[n].width)
    plane = Plane(
        44 + ROW * len(moves), (0, 1), (len(moves) + 0.7, -0.6), left=side, right=side, top=4, bottom=4, widest=720,
        lines=tuple(lines[n] for n in order), dots=tuple(dots), texts=tuple(texts),
    )  # fmt: skip
    alt = "; ".join(_("{name}: {then} → {now}", name=move.name, then=move.then, now=move.now) for move in moves)
    heads = [Column(_("Đơn vị")), Column(_("Hạng {day}", day=short_date(start)), True), Column(_("Hạng {day}", day=short_date(end)), True)]  # fmt: skip
    rows = [[Cell(move.name), *(Cell(str(rank), right=True, raw=rank, label=head.name) for rank, head in zip((move.then, move.now), heads[1:], strict=True))] for move in moves]  # fmt: skip
    return Chart(name, title, plane, alt, Table(heads, rows), source)


@dataclass(frozen=True)
class Part:
    """A unit's numerator and denominator."""

    name: str
    numerator: float
    denominator: float
    href: str = ""


def limits(whole: float, n: float, z: float) -> tuple[float, float]:
    """Between which shares a unit of ``n`` dossiers lies by chance when the whole has ``whole``.

    A unit lies outside exactly when its own Wilson interval does not hold ``whole``.
    """
    reach = z * math.sqrt(whole * (1 - whole) / n)
    return max(whole - reach, 0.0), min(whole + reach, 1.0)


def funnel_plot(name: str, title: str, parts: Sequence[Part], source: str = "") -> Chart:
    """A unit's share against its number of dossiers, with the limits of chance around the share of all together.

    Dots beyond the outer limits are filled and named; the x axis is logarithmic. No denominator, no dot.
    """
    shown = [part for part in parts if part.denominator > 0]
    total = sum(part.denominator for part in shown)
    whole = sum(part.numerator for part in shown) / total if total else 0.0
    low = math.log10(max(min((part.denominator for part in shown), default=1) * 0.7, 1))
    high = math.log10(max(max((part.denominator for part in shown), default=10) * 1.4, 10))
    steps = [low + (high - low) * n / 40 for n in range(41)]
    curves = [
        Line(tuple((x, limits(whole, 10**x, z)[side]) for x in steps), "mid", 1.5, dash)
        for z, dash in ((Z95, "dot"), (Z998, "dash"))
        for side in (0, 1)
    ]
    dots, rows = [], []
    outside: list[tuple[float, float, float, str, str]] = []
    values = [part.numerator / part.denominator for part in shown]
    for part, value in zip(shown, values, strict=True):
        bottom, top = limits(whole, part.denominator, Z998)
        x = math.log10(part.denominator)
        beyond = value < bottom or value > top
        tone = "warn" if value < bottom else "good" if value > top else "mid"
        words = _("{name}: {value}, {n} hồ sơ", name=part.name, value=percent(value), n=number(part.denominator))
        dots.append(Dot(x, value, tone, 5 if beyond else 4, hollow=not beyond, words=words, href=part.href))
        if beyond:
            outside.append((abs(value - whole) * math.sqrt(part.denominator), x, value, part.name, tone))
        verdict = _("dưới giới hạn") if value < bottom else _("trên giới hạn") if value > top else _("trong giới hạn")
        rows.append([Cell(part.name, href=part.href), _ratio(value), _n(part.denominator), _ratio(bottom), _ratio(top), Cell(verdict)])  # fmt: skip
    lowest, highest = min([*values, whole], default=0.0), max([*values, whole], default=1.0)
    margin = max((highest - lowest) * 0.12, 0.005)
    y = (max(lowest - margin, -0.01), min(highest + margin, 1.01))
    # Limits run far beyond the dots where n is small: they are cut at the plot's edge.
    cut = [Line(tuple((x, min(max(value, y[0]), y[1])) for x, value in line.points), line.tone, line.width, line.dash) for line in curves]  # fmt: skip
    label = _("Chung {value}", value=percent(whole))
    # Named are the furthest from chance, and only they: names of all would cover each other.
    named = sorted(sorted(outside, reverse=True)[:NAMED], key=lambda entry: -entry[2])
    texts = [_beside(x, value, who, tone, x > (low + high) / 2) for _far, x, value, who, tone in named]
    plane = Plane(
        300, (low, high), y, left=62, right=room([label]), bottom=44, lines=(Line(((low, whole), (high, whole)), "ink", 1.5), *cut),
        dots=tuple(dots), texts=(Text(high, whole, label, "ink", dx=8, bold=True), Text((low + high) / 2, y[0], _("số hồ sơ, dịch vụ (thang lôgarit)"), "muted", "middle", dy=34)),
        x_ticks=_powers(low, high),
        y_ticks=tuple((tick / 100, percent(tick / 100)) for tick in round_ticks(y[0] * 100, y[1] * 100)),
    )  # fmt: skip
    plane = replace(plane, texts=(*plane.texts, *_apart(plane, texts)))
    alt = _("{n} đơn vị quanh mức chung {value}; ngoài giới hạn: {names}.", n=len(shown), value=percent(whole), names=", ".join(entry[3] for entry in outside) or _("không đơn vị nào"))  # fmt: skip
    heads = [Column(_("Đơn vị")), Column(_("Kết quả"), True), Column(_("Số lượng"), True), Column(_("Giới hạn dưới"), True), Column(_("Giới hạn trên"), True), Column(_("Nhận xét"))]  # fmt: skip
    return Chart(name, title, plane, alt, Table(heads, rows), source)


def _powers(low: float, high: float) -> tuple[tuple[float, str], ...]:
    """Ticks of a logarithmic axis: powers of ten, and 2 and 5 times them where there are few."""
    parts = (1,) if high - low > 2 else (1, 2, 5)
    found = [part * 10**power for power in range(math.floor(low), math.ceil(high) + 1) for part in parts]
    return tuple((math.log10(n), number(n)) for n in found if low <= math.log10(n) <= high)


def _beside(x: float, y: float, name: str, tone: str, to_left: bool) -> Text:
    return Text(x, y, name, tone, "end" if to_left else "start", -8 if to_left else 8, bold=True)


def _apart(plane: Plane, texts: Sequence[Text]) -> list[Text]:
    """Names from the top down, each at least a line below the one before."""
    found, last = [], -1e9
    for text in texts:
        at = plane.down(text.y)
        last = max(at, last + LABEL_STEP)
        found.append(replace(text, dy=last - at))
    return found


def _ratio(value: float) -> Cell:
    return Cell(percent(value), right=True, raw=value)


def _n(value: float) -> Cell:
    return Cell(number(value), right=True, raw=value)


@dataclass(frozen=True)
class Place:
    """A unit's place in a tile map (``row`` and ``column`` from the home's ``tiles.csv``) and what it shows."""

    row: int
    column: int
    name: str
    value: str
    mark: Mark
    href: str = ""
    raw: float | None = None


def tile_map(name: str, title: str, places: Sequence[Place], source: str = "") -> Chart:
    """One equal tile per unit, lying about where the unit lies; status by word, shape, ground and edge."""
    top, left = min(place.row for place in places), min(place.column for place in places)
    rows = max(place.row for place in places) - top + 1
    columns = max(place.column for place in places) - left + 1
    boxes, texts = [], []
    for place in places:
        x, y = place.column - left, place.row - top
        tone = place.mark.tone if place.mark.tone in ("good", "warn") else "mid"
        ground = {"good": "goodbg", "warn": "warnbg"}.get(tone, "page")
        words = f"{place.name}: {place.value}, {place.mark.word}"
        boxes.append(Box(x + 0.02, x + 0.98, y + 0.03, y + 0.97, ground, words=words, href=place.href, edge=tone))
        ink = tone if tone != "mid" else "muted"
        texts += [
            Text(x + 0.5, y + 0.5, place.name, "ink", "middle", dy=-20, bold=True),
            Text(x + 0.5, y + 0.5, f"{place.mark.shape} {place.value}", ink, "middle", bold=True),
            Text(x + 0.5, y + 0.5, place.mark.word, ink, "middle", dy=20, wide=columns > 3),
        ]
    plane = Plane(
        rows * TILE, (0, columns), (rows, 0), left=0, right=0, top=0, bottom=0, widest=columns * 150,
        boxes=tuple(boxes), texts=tuple(texts),
    )  # fmt: skip
    alt = "; ".join(f"{place.name}: {place.value}, {place.mark.word}" for place in places)
    lines = [[Cell(place.name, href=place.href), Cell(place.value, right=True, raw=place.raw), Cell(f"{place.mark.shape} {place.mark.word}", tone=place.mark.tone)] for place in places]  # fmt: skip
    return Chart(name, title, plane, alt, Table([Column(_("Đơn vị")), Column(_("Kết quả"), True), Column(_("Trạng thái"))], lines), source)  # fmt: skip
