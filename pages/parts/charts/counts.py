"""Counts by group: histogram of ages, Pareto, process funnel. Plain values in, blocks out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data.locale import _
from data.locale.formats import number, percent
from pages.parts.blocks import Bar, Cell, Chart, Column, Table
from pages.parts.charts.plane import Box, Plane, Text


@dataclass(frozen=True)
class Group:
    """``tone``: good, warn or mid; ``hollow`` tells a group apart without colour (not yet late, say)."""

    name: str
    count: float
    tone: str = "good"
    hollow: bool = False
    second: str = ""
    href: str = ""


def histogram(name: str, title: str, groups: Sequence[Group], head: str, source: str = "") -> Chart:
    """Upright bars in the given order, each with its count; ``head`` names the groups (Số ngày quá hạn)."""
    highest = max([group.count for group in groups] + [1.0])
    boxes = tuple(
        Box(n + 0.1, n + 0.9, 0, group.count, group.tone, group.hollow, f"{group.name}: {number(group.count)}", group.href)
        for n, group in enumerate(groups)
    )  # fmt: skip
    texts = [Text(n + 0.5, group.count, number(group.count), "ink", "middle", dy=-11, bold=True) for n, group in enumerate(groups)]  # fmt: skip
    plane = Plane(
        210, (0, max(len(groups), 1)), (0, highest * 1.12), left=0, right=0, bottom=44, boxes=boxes, widest=110 * max(len(groups), 4),
        texts=(*texts, Text(len(groups) / 2, 0, head, "muted", "middle", dy=34)),
        x_ticks=tuple((n + 0.5, group.name) for n, group in enumerate(groups)),
    )  # fmt: skip
    alt = "; ".join(f"{group.name}: {number(group.count)}" for group in groups)
    rows = [[Cell(group.name, href=group.href), Cell(number(group.count), right=True, raw=group.count)] for group in groups]  # fmt: skip
    return Chart(name, title, plane, alt, Table([Column(head), Column(_("Số lượng"), True)], rows), source)


def pareto(name: str, title: str, groups: Sequence[Group], head: str, source: str = "") -> Chart:
    """Largest first, each with its share and the share of all up to it; a table whose bars are the drawing."""
    ordered = sorted(groups, key=lambda group: -group.count)
    total = sum(group.count for group in ordered)
    highest = max([group.count for group in ordered] + [1.0])
    rows, so_far = [], 0.0
    for group in ordered:
        so_far += group.count
        share, cumulative = (group.count / total, so_far / total) if total else (0.0, 0.0)
        rows.append(
            [
                Cell(group.name, group.second, href=group.href),
                Cell("", bar=Bar(group.count / highest, None, group.tone, f"{group.name}: {number(group.count)}")),
                Cell(number(group.count), right=True, bold=True, raw=group.count),
                Cell(percent(share), right=True, raw=share, label=_("tỷ lệ")),
                Cell(percent(cumulative), right=True, raw=cumulative, label=_("cộng dồn")),
            ]
        )
    columns = [Column(head), Column(""), Column(_("Số lượng"), True), Column(_("Tỷ lệ"), True), Column(_("Cộng dồn"), True)]  # fmt: skip
    return Chart(name, title, None, "", Table(columns, rows), source)


def process(name: str, title: str, stages: Sequence[Group], head: str, source: str = "") -> Chart:
    """Stages of a process in their order, each as a part of the first; a table whose bars are the drawing."""
    first = stages[0].count if stages and stages[0].count else 0.0
    rows = []
    for stage in stages:
        share = stage.count / first if first else None
        rows.append(
            [
                Cell(stage.name, stage.second, href=stage.href),
                Cell("", bar=None if share is None else Bar(share, None, stage.tone, f"{stage.name}: {number(stage.count)}")),
                Cell(number(stage.count), right=True, bold=True, raw=stage.count),
                Cell(percent(share), right=True, raw=share, label=_("so với bước đầu")),
            ]
        )  # fmt: skip
    columns = [Column(head), Column(""), Column(_("Số lượng"), True), Column(_("So với bước đầu"), True)]
    return Chart(name, title, None, "", Table(columns, rows), source)
