"""Lines and bars over days: burn-up, daily bars, national rank, two campaigns. Plain numbers in, blocks out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from data.locale import _
from data.locale.formats import date as long_date
from data.locale.formats import decimal, number, percent, short_date
from pages.parts.blocks import Cell, Chart, Column, Table
from pages.parts.charts.plane import (
    Band,
    Box,
    Dot,
    Line,
    Plane,
    Text,
    day_ticks,
    end_labels,
    room,
    round_ticks,
)

HEIGHT = 236


def burn_up(
    name: str,
    title: str,
    values: Sequence[tuple[date, float]],
    goal: float,
    start: date,
    due: date,
    needed: float | None = None,
    forecast: Sequence[tuple[date, float, float]] = (),
    events: Sequence[tuple[date, str]] = (),
    source: str = "",
    ratio: bool = False,
    plan: Sequence[tuple[date, float]] = (),
) -> Chart:
    """A count (or share) day by day, the plan's line, the line needed from today, the forecast's band, what happened.

    ``needed``: count per working day, None when nothing can or need be said. ``forecast``: (day, low, high).
    ``plan``: what was planned for the days of ``values``; without it the straight line from the first value to the goal.
    """
    said = percent if ratio else number
    days = [(day.toordinal(), value) for day, value in values]
    (first_day, first), (today, now) = days[0], days[-1]
    end = due.toordinal()
    span = (end - start.toordinal()) or 1
    straight = [(day, first + (goal - first) * (day.toordinal() - start.toordinal()) / span) for day, _value in values]
    planned = list(plan) or [(start, first)]
    labels = [
        (goal, _("Mục tiêu {n}", n=said(goal)), "ink", True),
        (now, _("Hiện có {n}", n=said(now)), "good", True),
    ]
    lines = [
        Line(((start.toordinal(), goal), (end, goal)), "ink", 1.5),
        Line(tuple((day.toordinal(), value) for day, value in [*planned, (due, goal)]), "mid", 1.5, "dot"),
    ]
    if today < end and needed is not None:
        lines.append(Line(((today, now), (end, goal)), "warn", 2.5, "dash"))
        labels.append((now, _("Cần {n} mỗi ngày", n=decimal(needed, 1 if needed < 100 else 0)), "warn", False))
    words = tuple(f"{short_date(day)}: {said(value)}" for day, value in values)
    lines.append(Line(tuple(days), "good", 3, words=words))
    band = Band(tuple((day.toordinal(), low, high) for day, low, high in forecast))
    if forecast and said((ends := forecast[-1][1:])[0]) != said(ends[1]):
        low, high = ends
        labels.append(((low + high) / 2, _("Dự báo {low}–{high}", low=said(low), high=said(high)), "muted", False))
    heights = [goal, *(value for _d, value in days), *(value for _d, *both in forecast for value in both)]
    highest, lowest = max(heights), min(heights)
    rise = (highest - lowest) or 1.0
    marks = [Line(((day.toordinal(), lowest), (day.toordinal(), highest)), "mid", 1, "dot") for day, _what in events]
    # Numbers on the drawing, names below it: names of neighbouring events would cover each other.
    notes = [Text(day.toordinal(), highest + rise * 0.1, str(n), "muted", "middle", dy=-2) for n, (day, _what) in enumerate(events, start=1)]  # fmt: skip
    names = "; ".join(f"**{n}** {short_date(day)} {what.replace('**', '')}" for n, (day, what) in enumerate(events, start=1))  # fmt: skip
    source = " ".join(filter(None, (_("Sự kiện: {names}.", names=names) if events else "", source)))
    plane = Plane(
        HEIGHT, (start.toordinal(), max(end, today)), (lowest - rise * 0.16, highest + rise * 0.1),
        right=room(label[1] for label in labels), top=24 if events else 10, bands=(band,) if forecast else (),
        lines=(*marks, *lines), dots=(Dot(today, now),), x_ticks=day_ticks(start, max(due, values[-1][0])),
    )  # fmt: skip
    beginning = Text(first_day, first, said(first), "muted", dy=12)
    plane = replace(plane, texts=(beginning, *notes, *end_labels(plane, labels)))
    alt = _("Từ {start} ngày {first} đến {now} ngày {today}; mục tiêu {goal} vào {due}.", start=said(first), first=short_date(values[0][0]), now=said(now), today=short_date(values[-1][0]), goal=said(goal), due=short_date(due))  # fmt: skip
    by_day = dict(plan or straight)
    rows = [
        [_day(day), _figure(value, said), _figure(by_day.get(day, goal), said, _("kế hoạch"))] for day, value in values
    ]
    table = Table([Column(_("Ngày")), Column(_("Thực hiện"), True), Column(_("Theo kế hoạch"), True)], rows)
    return Chart(name, title, plane, alt, table, source, lively=True)


def went(name: str, title: str, values: Sequence[tuple[date, float]], ratio: bool = False, source: str = "") -> Chart:
    """A count or share day by day, where nothing was planned."""
    said = percent if ratio else number
    days = [(day.toordinal(), value) for day, value in values]
    low, high = min(value for _d, value in days), max(value for _d, value in days)
    rise = (high - low) or 1.0
    labels = [(days[-1][1], said(days[-1][1]), "good", True)]
    words = tuple(f"{short_date(day)}: {said(value)}" for day, value in values)
    plane = Plane(
        HEIGHT, (days[0][0], days[-1][0]), (low - rise * 0.1, high + rise * 0.1), left=64, right=room(label[1] for label in labels),
        lines=(Line(tuple(days), "good", 3, words=words),), dots=(Dot(*days[-1]),), x_ticks=day_ticks(values[0][0], values[-1][0]),
        y_ticks=tuple((tick, said(tick)) for tick in round_ticks(low, high, 4)),
    )  # fmt: skip
    plane = replace(plane, texts=end_labels(plane, labels))
    alt = _("Từ {start} ngày {first} đến {now} ngày {today}.", start=said(days[0][1]), first=short_date(values[0][0]), now=said(days[-1][1]), today=short_date(values[-1][0]))  # fmt: skip
    table = Table(
        [Column(_("Ngày")), Column(_("Thực hiện"), True)], [[_day(day), _figure(value, said)] for day, value in values]
    )
    return Chart(name, title, plane, alt, table, source, lively=True)


def daily(
    name: str, title: str, values: Sequence[tuple[date, float]], needed: float | None = None, source: str = ""
) -> Chart:
    """What each day brought, against the pace needed: days that reached it are filled, the others hollow."""
    first, last = values[0][0].toordinal(), values[-1][0].toordinal()
    highest = max([value for _d, value in values] + [needed or 0.0, 1.0])
    lowest = min([0.0, *(value for _d, value in values)])
    boxes = tuple(
        Box(
            day.toordinal() - 0.38, day.toordinal() + 0.38, 0, value, "good" if needed is None or value >= needed else "warn",
            needed is not None and value < needed, f"{short_date(day)}: {number(value)}",
        )
        for day, value in values
    )  # fmt: skip
    labels = [] if needed is None else [(needed, _("Cần {n} mỗi ngày", n=decimal(needed, 1)), "ink", True)]
    plane = Plane(
        200, (first - 0.6, last + 0.6), (lowest, highest * 1.08), left=44, right=room(label[1] for label in labels) if labels else 16,
        boxes=boxes, x_ticks=day_ticks(values[0][0], values[-1][0]), y_ticks=tuple((tick, decimal(tick)) for tick in round_ticks(lowest, highest)),
        lines=() if needed is None else (Line(((first - 0.6, needed), (last + 0.6, needed)), "ink", 1.5, "dash"),),
    )  # fmt: skip
    plane = replace(plane, texts=end_labels(plane, labels))
    reached = sum(needed is not None and value >= needed for _d, value in values)
    alt = (
        _("{n} ngày, từ {first} đến {last}.", n=len(values), first=short_date(values[0][0]), last=short_date(values[-1][0]))
        if needed is None
        else _("{reached} trong {n} ngày đạt mức cần {needed} mỗi ngày; thanh rỗng là ngày chưa đạt.", reached=reached, n=len(values), needed=decimal(needed, 1))
    )  # fmt: skip
    rows = [_day_and_count(day, value) for day, value in values]
    return Chart(name, title, plane, alt, Table([Column(_("Ngày")), Column(_("Số trong ngày"), True)], rows), source)


def rank_line(name: str, title: str, series: Sequence[tuple[date, float]], until: date, source: str = "") -> Chart:
    """A national rank of one scheme as steps, the best on top."""
    days, ranks = [day for day, _rank in series], [rank for _day, rank in series]
    worst = max(ranks)
    steps = tuple((day.toordinal(), rank) for day, rank in [*series, (until, ranks[-1])])
    words = tuple(f"{short_date(day)}: {_('Hạng {n}', n=number(rank))}" for day, rank in [*series, (until, ranks[-1])])
    grid = [1, *range(10, int(worst) + 10, 10)] if worst > 12 else list(range(1, int(worst) + 1, 2))
    label = _("Hạng {n}", n=number(ranks[-1]))
    texts = [
        Text(until.toordinal(), ranks[-1], label, "good", dx=8, bold=True),
        Text(days[0].toordinal(), ranks[0], _rank_on(series[0]), "muted", dy=14),
    ]
    if len(series) > 4:  # one label on the way, where there is room to its left even on a phone
        turn = days[0].toordinal() + (until - days[0]).days * 0.6
        middle = min(series[1:-1], key=lambda entry: abs(entry[0].toordinal() - turn))
        texts.append(Text(middle[0].toordinal(), middle[1], _rank_on(middle), "muted", "end", -6, -10))
    plane = Plane(
        250, (days[0].toordinal(), until.toordinal()), (worst * 1.16 + 1, -1), left=34, right=room([label]),
        lines=(Line(steps, "good", 3, step=True, words=words),), dots=(Dot(*steps[0]), Dot(*steps[-1])), texts=tuple(texts),
        x_ticks=day_ticks(days[0], until),
        y_ticks=tuple((rank, number(rank)) for rank in grid if rank <= worst - 3 or worst <= 12),
    )  # fmt: skip
    alt = _("Hạng {first} ngày {start}, hạng {last} ngày {end}.", first=number(ranks[0]), start=short_date(days[0]), last=number(ranks[-1]), end=short_date(until))  # fmt: skip
    table = Table([Column(_("Ngày")), Column(_("Hạng"), True)], [_day_and_count(day, rank) for day, rank in series])
    return Chart(name, title, plane, alt, table, source)


def _rank_on(entry: tuple[date, float]) -> str:
    return _("Hạng {n} ngày {day}", n=number(entry[1]), day=short_date(entry[0]))


def by_campaign_day(
    name: str,
    title: str,
    now: tuple[str, Sequence[float | None]],
    other: tuple[str, Sequence[float | None]],
    ratio: bool = False,
    source: str = "",
) -> Chart:
    """Day n against day n of two campaigns: (name, values from day 1); None where there is no value."""
    shown = percent if ratio else number
    found = [
        [(n, value) for n, value in enumerate(values, start=1) if value is not None] for _name, values in (now, other)
    ]
    every = [value for points in found for _n, value in points]
    low, high = min(every), max(every)
    rise = (high - low) or 1.0
    length = max(len(now[1]), len(other[1]))
    lines = [
        Line(tuple(points), tone, width, dash, words=tuple(_("{who}, ngày {n}: {value}", who=who, n=n, value=shown(value)) for n, value in points))
        for (who, _values), points, tone, width, dash in ((other, found[1], "mid", 2, "dash"), (now, found[0], "good", 3, ""))
        if points
    ]  # fmt: skip
    labels = [
        (points[-1][1], f"{who} {shown(points[-1][1])}", tone, tone == "good")
        for (who, _values), points, tone in ((now, found[0], "good"), (other, found[1], "muted"))
        if points
    ]
    plane = Plane(
        HEIGHT, (1, max(length, 2)), (low - rise * 0.1, high + rise * 0.1), left=64, right=room(label[1] for label in labels),
        lines=tuple(lines), dots=(Dot(*found[0][-1]),) if found[0] else (),
        x_ticks=tuple((n, _("ngày {n}", n=n) if n == 1 else str(n)) for n in sorted({1, *(max(1, round(length * part / 3)) for part in (1, 2, 3))})),
        y_ticks=tuple((tick, percent(tick) if ratio else decimal(tick)) for tick in round_ticks(low, high, 4)),
    )  # fmt: skip
    plane = replace(plane, texts=end_labels(plane, labels))
    rows = [
        [Cell(str(n + 1), raw=n + 1), *(_shown(values[n] if n < len(values) else None, shown, who) for who, values in (now, other))]
        for n in range(length)
    ]  # fmt: skip
    table = Table([Column(_("Ngày thứ")), Column(now[0], True), Column(other[0], True)], rows)
    return Chart(name, title, plane, "; ".join(label[1] for label in labels), table, source, lively=True)


def _shown(value: float | None, shown: object, label: str) -> Cell:
    return Cell(shown(value), right=True, raw=value, label=label)  # type: ignore[operator]


def _day_and_count(day: date, value: float) -> list[Cell]:
    return [_day(day), _count(value)]


def _day(day: date) -> Cell:
    return Cell(long_date(day), raw=day)


def _figure(value: float, said: Callable[[float], str], label: str = "") -> Cell:
    return Cell(said(value), right=True, raw=value, label=label)


def _count(value: float) -> Cell:
    return Cell(decimal(value, 1), right=True, raw=value)
