"""The one module that writes HTML. Every value is escaped here; pages and other parts hand over plain text.

``**words**`` in a text become bold, nothing else is markup. One style block: ``style.css``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from data.locale import _

STYLE = Path(__file__).with_name("style.css")


@dataclass(frozen=True)
class Mark:
    """A status: always word + shape + colour. ``tone``: good, warn or none."""

    shape: str
    word: str
    tone: str


@dataclass(frozen=True)
class Bar:
    """A bullet on the scale 0…1: value, target tick, ceiling tick; ``alt`` says the same in words."""

    value: float
    target: float | None
    tone: str
    alt: str
    ceiling: float | None = None


@dataclass(frozen=True)
class Tile:
    name: str
    mark: Mark
    value: str
    bar: Bar | None
    note: str
    rows: tuple[tuple[str, str], ...]
    href: str = ""


@dataclass(frozen=True)
class TargetLine:
    """One line of a targets table: a bold name over a muted second line."""

    name: str
    second: str
    value: str
    bar: Bar | None
    gap: str
    mark: Mark
    href: str = ""


@dataclass(frozen=True)
class LeagueLine:
    """``change`` > 0: climbed; None: not compared."""

    rank: int | None
    tied: bool
    name: str
    value: str
    bar: Bar | None
    gap: str
    mark: Mark
    change: int | None = None
    few: bool = False
    mine: bool = False
    href: str = ""


@dataclass(frozen=True)
class Cell:
    """``text`` over a muted ``second`` line; ``label`` stands before it on a phone, where the head is hidden."""

    text: str
    second: str = ""
    right: bool = False
    bold: bool = False
    tone: str = ""
    href: str = ""
    label: str = ""


@dataclass(frozen=True)
class Column:
    name: str
    right: bool = False


@dataclass(frozen=True)
class Change:
    arrow: str
    amount: str
    text: str
    tone: str


@dataclass(frozen=True)
class State:
    """A worded empty state: what is so, why, and what can be done (term, text, command)."""

    title: str
    sentences: tuple[str, ...] = ()
    ways: tuple[tuple[str, str, str], ...] = field(default=())


def rich(text: str) -> str:
    """Escaped text; ``**words**`` become bold."""
    return re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", escape(text))


def wrap(*parts: str) -> str:
    return f'<div class="c">{"".join(parts)}</div>'


def verdict(title: str, lead: str = "") -> str:
    return f'<h1 class="v">{escape(title)}</h1>' + (f'<p class="lead">{rich(lead)}</p>' if lead else "")


def title(text: str) -> str:
    return f'<h2 class="t">{escape(text)}</h2>'


def note(text: str) -> str:
    return f'<p class="note">{rich(text)}</p>'


def mark(status: Mark) -> str:
    return f'<span class="st {_tone(status.tone)}"><i aria-hidden="true">{escape(status.shape)}</i> {escape(status.word)}</span>'


def _shape(status: Mark) -> str:
    word = escape(status.word)
    return f'<span class="st {_tone(status.tone)}" role="img" title="{word}" aria-label="{word}"><i>{escape(status.shape)}</i></span>'


def bar(heading: Sequence[tuple[str, str]], simulated: bool) -> str:
    """The line on every page: (bold, muted) pairs and the mark of simulated data."""
    parts = "".join(f"<p><b>{escape(bold)}</b>{escape(muted)}</p>" for bold, muted in heading)
    mark_ = f'<span class="sim">{escape(_("Dữ liệu mô phỏng"))}</span>' if simulated else ""
    return f'<div class="bar">{parts}{mark_}</div>'


def elapsed(done: float | None) -> str:
    """The campaign's elapsed share as a thin line."""
    width = "" if done is None else f'<i style="width:{_share(done)}%"></i>'
    return f'<div class="run" aria-hidden="true">{width}</div>'


def bullet(shown: Bar | None) -> str:
    if shown is None:
        return '<div class="bl no" aria-hidden="true"></div>'
    ticks = f'<i class="ta" style="left:{_share(shown.target)}%"></i>' if shown.target is not None else ""
    if shown.ceiling is not None and shown.target is not None and shown.ceiling < shown.target:
        ticks += f'<i class="ce" style="left:{_share(shown.ceiling)}%"></i>'
    return (
        f'<div class="bl" role="img" aria-label="{escape(shown.alt)}"><i class="tr"></i>'
        f'<i class="va {_tone(shown.tone)}" style="width:{_share(shown.value)}%"></i>{ticks}</div>'
    )


def tiles(shown: Sequence[Tile]) -> str:
    return f'<div class="tiles" style="--n:{max(len(shown), 3)}">{"".join(map(tile, shown))}</div>'


def tile(shown: Tile) -> str:
    rows = "".join(f"<div><dt>{escape(term)}</dt><dd>{escape(text)}</dd></div>" for term, text in shown.rows)
    return (
        f'<section class="tile"><h3>{_link(shown.href, escape(shown.name))}</h3>{mark(shown.mark)}'
        f'<div class="n">{escape(shown.value)}</div>{bullet(shown.bar)}<div class="of">{escape(shown.note)}</div><dl>{rows}</dl></section>'
    )


def targets(lines: Iterable[TargetLine], first: str, gap: str) -> str:
    """A table of unit × figure cells or of one unit's targets."""
    head = _head(
        (
            Column(first),
            Column(_("Kết quả"), True),
            Column(_("Vạch = mục tiêu")),
            Column(gap, True),
            Column(_("Trạng thái")),
        )
    )
    body = "".join(
        f'<tr><th scope="row" class="na"><b>{_link(line.href, escape(line.name))}</b><span class="s">{escape(line.second)}</span></th>'
        f'<td class="val r">{escape(line.value)}</td><td class="bul">{bullet(line.bar)}</td>'
        f'<td class="gap">{escape(line.gap)}</td><td class="sta">{mark(line.mark)}</td></tr>'
        for line in lines
    )
    return f'<table class="tg">{head}<tbody>{body}</tbody></table>'


def league(lines: Sequence[LeagueLine], tick: str, since: str = "", with_status: bool = True) -> str:
    """A league table; the column of changes stands only with ``since``.

    Without a column of statuses their shapes stand before the values: colour alone never says anything.
    """
    with_gap = any(line.gap for line in lines)
    columns = [Column(_("Hạng"), True), Column(_("Đơn vị")), Column(tick), Column(_("Kết quả"), True)]
    columns += [Column(_("Thiếu"), True)] * with_gap
    columns += [Column(since, True)] * bool(since)
    columns += [Column(_("Trạng thái"))] * with_status
    body = "".join(_league_line(line, with_gap, bool(since), with_status) for line in lines)
    return f'<table class="lg{" wide" if with_status else ""}">{_head(columns)}<tbody>{body}</tbody></table>'


def _league_line(line: LeagueLine, with_gap: bool, with_change: bool, with_status: bool) -> str:
    rank = f"{'–' if line.rank is None else line.rank}<span{' class=eq' if line.tied else ''}>=</span>"
    few = f' <span class="few">{escape(_("ít hồ sơ"))}</span>' if line.few else ""
    cells = f'<td class="rk">{rank}</td><th scope="row" class="na">{_link(line.href, escape(line.name))}{few}</th>'
    cells += f'<td class="bul">{bullet(line.bar)}</td><td class="val">{"" if with_status else _shape(line.mark)}{escape(line.value)}</td>'
    if with_gap:
        missing = (
            f'<span class="h">{escape(_("thiếu"))} </span>{escape(line.gap)}'
            if line.gap
            else '<span class="no">–</span>'
        )
        cells += f'<td class="gap">{missing}</td>'
    if with_change:
        cells += f'<td class="chg">{_climb(line.change)}</td>'
    if with_status:
        cells += f'<td class="sta">{mark(line.mark)}</td>'
    return f"<tr{' class=me' if line.mine else ''}>{cells}</tr>"


def _climb(change: int | None) -> str:
    if not change:
        return '<span class="none">–</span>'
    words = _("lên {n} bậc", n=change) if change > 0 else _("xuống {n} bậc", n=-change)
    tone, arrow = ("good", "↑") if change > 0 else ("warn", "↓")
    return f'<span class="{tone}" title="{escape(words)}">{arrow} {abs(change)}</span>'


def table(columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> str:
    """A plain table; on a phone each row becomes a card."""
    body = "".join(
        f"<tr>{''.join(_cell(cell, column, n == 0) for n, (cell, column) in enumerate(zip(row, columns, strict=True)))}</tr>"
        for row in rows
    )
    return f'<table class="tb">{_head(columns)}<tbody>{body}</tbody></table>'


def _cell(cell: Cell, column: Column, is_first: bool) -> str:
    words = _link(cell.href, escape(cell.text))
    if cell.bold or is_first:
        words = f"<b>{words}</b>"
    if cell.label and cell.text:
        words = f'<span class="h">{escape(cell.label)} </span>{words}'
    if cell.second:
        words += f'<div class="s">{escape(cell.second)}</div>'
    tag, scope = ("th", ' scope="row"') if is_first else ("td", "")
    names = " ".join(
        filter(None, ("r nw" if column.right or cell.right else "", _tone(cell.tone) if cell.tone else ""))
    )
    return f'<{tag}{scope} class="{names}">{words}</{tag}>'


def matrix(heads: Sequence[str], lines: Iterable[tuple[str, str, Sequence[tuple[str, str, str, str]]]]) -> str:
    """Unit × figure. Lines: name, address, cells of (value, shape, tone, status word)."""
    head = _head([Column(_("Đơn vị")), *(Column(name, True) for name in heads)])
    body = "".join(
        f'<tr><th scope="row">{_link(href, escape(name))}</th>{"".join(map(_matrix_cell, cells))}</tr>'
        for name, href, cells in lines
    )
    return f'<div class="scroll"><table class="heat">{head}<tbody>{body}</tbody></table></div>'


def _matrix_cell(cell: tuple[str, str, str, str]) -> str:
    value, shape, tone, word = cell
    return f'<td>{escape(value)} <span class="{_tone(tone)}" title="{escape(word)}" aria-label="{escape(word)}" role="img">{escape(shape)}</span></td>'


def changes(found: Iterable[Change]) -> str:
    items = "".join(
        f'<li><span class="{_tone(change.tone)}">{escape(change.arrow)} {escape(change.amount)}</span><span>{rich(change.text)}</span></li>'
        for change in found
    )
    return f'<ul class="ch">{items}</ul>'


def state(shown: State) -> str:
    ways = "".join(
        f"<dt>{escape(term)}</dt><dd>{escape(text)}{f' <code>{escape(command)}</code>' if command else ''}</dd>"
        for term, text, command in shown.ways
    )
    sentences = "".join(f"<p>{rich(sentence)}</p>" for sentence in shown.sentences)
    return f'<section class="state"><h2>{escape(shown.title)}</h2>{sentences}{f"<dl>{ways}</dl>" if ways else ""}</section>'


def picks(links: Iterable[tuple[str, str]]) -> str:
    """A list of (name, address)."""
    return f'<ul class="pick">{"".join(f"<li>{_link(href, escape(name))}</li>" for name, href in links)}</ul>'


def _head(columns: Iterable[Column]) -> str:
    cells = "".join(
        f'<th scope="col" class="{"r" if column.right else ""}">{escape(column.name)}</th>' for column in columns
    )
    return f"<thead><tr>{cells}</tr></thead>"


def _link(href: str, inner: str) -> str:
    """``inner`` is escaped already. Only addresses of our own pages: no scheme, no host."""
    if not href or not re.match(r"[A-Za-z_?][\w?=&%.+~-]*$", href):
        return inner
    return f'<a href="{escape(href)}" target="_self">{inner}</a>'


def _tone(tone: str) -> str:
    return tone if tone in ("good", "warn", "none") else "none"


def _share(value: float) -> str:
    return f"{min(max(value, 0.0), 1.0) * 100:.4g}"
