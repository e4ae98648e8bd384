"""The one module that writes HTML. Every value is escaped here; pages and other parts hand over plain values.

``**words**`` in a text become bold, nothing else is markup. One style block: ``style.css``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape as escape_html
from pathlib import Path

from data.locale import _
from kpi.reports import content, form
from kpi.reports import tables as paper
from kpi.reports.content import Report
from loaders.text import visible
from pages.parts.blocks import (
    Bar,
    Block,
    Cell,
    Change,
    Changes,
    Chart,
    Column,
    Columns,
    Days,
    Document,
    Heading,
    Heat,
    League,
    LeagueLine,
    Mark,
    Matrix,
    Note,
    Picks,
    State,
    Table,
    TargetLine,
    Targets,
    Tile,
    Tiles,
    Verdict,
)
from pages.parts.charts import svg
from pages.parts.links import is_own

STYLE = Path(__file__).with_name("style.css")


def escape(text: str) -> str:
    """Text as HTML, without the characters that a browser obeys unseen: a code may come from anybody's file."""
    return escape_html(visible(text))


def block(shown: Block) -> str:
    """Any block but columns and the drawing of a chart, which Streamlit's edge places (``frame.show``)."""
    match shown:
        case Verdict():
            return verdict(shown.title, shown.lead)
        case Heading():
            return title(shown.text)
        case Note():
            return note(shown.text)
        case Tiles():
            return tiles(shown.tiles)
        case Targets():
            return targets(shown.lines, shown.first, shown.gap)
        case League():
            return league(shown.lines, shown.tick, shown.since, shown.with_status)
        case Table():
            return table(shown.columns, shown.rows)
        case Matrix():
            return matrix(shown.heads, shown.lines)
        case Changes():
            return changes(shown.found)
        case State():
            return state(shown)
        case Picks():
            return picks(shown.links)
        case Chart():
            return title(shown.title) + below_chart(shown)
        case Days():
            return days(shown)
        case Document():
            return document(shown.report)
        case Columns():
            return "".join(map(block, (*shown.left, *shown.right)))


def rich(text: str) -> str:
    """Escaped text; ``**words**`` become bold."""
    return re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", escape(text))


def wrap(*parts: str) -> str:
    return f'<div class="c">{"".join(parts)}</div>'


def drawing(shown: Chart, only_on_paper: bool = False) -> str:
    """The chart itself; only for the browser's print where a lively one stands on the screen."""
    if shown.plane is None:
        return ""
    return f'<div class="fig{" onpaper" if only_on_paper else ""}">{svg.screen(shown.plane, shown.alt)}</div>'


def below_chart(shown: Chart) -> str:
    """The numbers of a chart as a table, folded away where there is a drawing, and their source."""
    words = note(shown.source) if shown.source else ""
    numbers = table(shown.table.columns, shown.table.rows)
    if shown.plane is None:
        return numbers + words
    return f'<details class="asis"><summary>{escape(_("Xem dạng bảng"))}</summary>{numbers}</details>{words}'


def spark(values: Sequence[float]) -> str:
    """A line without axes beside a name; the words that matter stand in the row itself."""
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    across = [100 * n / (len(values) - 1) for n in range(len(values))]
    down = [88 - 76 * (value - low) / (high - low) if high > low else 50.0 for value in values]
    upper = [f"{x:.1f}% calc({y:.1f}% - 1px)" for x, y in zip(across, down, strict=True)]
    lower = [f"{x:.1f}% calc({y:.1f}% + 1px)" for x, y in zip(across, down, strict=True)]
    return f'<i class="sp" aria-hidden="true" style="clip-path:polygon({",".join([*upper, *reversed(lower)])})"></i>'


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
    if shown.plan is not None:
        ticks += f'<i class="pl" style="left:{_share(shown.plan)}%"></i>'
    return (
        f'<div class="bl" role="img" aria-label="{escape(shown.alt)}"><i class="tr"></i>'
        f'<i class="va {_tone(shown.tone)}" style="width:{_share(shown.value)}%"></i>{ticks}</div>'
    )


def tiles(shown: Sequence[Tile]) -> str:
    return f'<div class="tiles" style="--n:{max(len(shown), 3)}">{"".join(map(tile, shown))}</div>'


def tile(shown: Tile) -> str:
    rows = "".join(f"<div><dt>{escape(term)}</dt><dd>{escape(text)}</dd></div>" for term, text in shown.rows)
    return (
        f'<section class="tile"><h2>{_link(shown.href, escape(shown.name))}</h2>{mark(shown.mark)}'
        f'<div class="n">{_link(shown.source, escape(shown.value))}</div>{bullet(shown.bar)}<div class="of">{escape(shown.note)}</div><dl>{rows}</dl></section>'
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
        f'<td class="val r">{_link(line.source, escape(line.value))}</td><td class="bul">{bullet(line.bar)}</td>'
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
    cells += f'<td class="bul">{bullet(line.bar)}</td><td class="val">{spark(line.trend)}{"" if with_status else _shape(line.mark)}{_link(line.source, escape(line.value))}</td>'
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
    if cell.bar is not None:
        return f'<td class="bul">{bullet(cell.bar)}</td>'
    words = _link(cell.href, escape(cell.text))
    if cell.shape:
        word = escape(cell.shape_word)
        said = f'role="img" aria-label="{word}" title="{word}"' if word else 'aria-hidden="true"'  # the text says it
        words += f' <span class="sh" {said}>{escape(cell.shape)}</span>'
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


def matrix(heads: Sequence[str], lines: Iterable[tuple[str, str, Sequence[Heat]]]) -> str:
    """Unit × figure. Lines: name, address, cells."""
    head = _head([Column(_("Đơn vị")), *(Column(name, True) for name in heads)])
    body = "".join(
        f'<tr><th scope="row">{_link(href, escape(name))}</th>{"".join(map(_matrix_cell, cells))}</tr>'
        for name, href, cells in lines
    )
    return f'<div class="scroll"><table class="heat">{head}<tbody>{body}</tbody></table></div>'


def _matrix_cell(cell: Heat) -> str:
    value, shape, tone, word, source = cell
    seen = (
        f'<span class="{_tone(tone)}" title="{escape(word)}" aria-label="{escape(word)}" role="img">{escape(shape)}</span>'
        if shape
        else ""
    )
    return f'<td class="on-{_tone(tone)}">{_link(source, escape(value))} {seen}</td>'


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


def days(shown: Days) -> str:
    """A strip of dated entries, and what their shapes mean."""
    entries = "".join(
        f'<li class="on-{_tone(day.mark.tone)}{" me" if day.mine else ""}"{" aria-current=date" if day.mine else ""}>'
        + _link(day.href, f"<b>{escape(day.text)}</b>{_shape(day.mark)}")
        + "</li>"
        for day in shown.entries
    )
    legend = " ".join(mark(found) for found in dict.fromkeys(day.mark for day in shown.entries))
    return f'<ol class="days" aria-label="{escape(shown.head)}">{entries}</ol><p class="note legend">{legend}</p>'


# Reports --------------------------------------------------------------------------------------------------------------


def document(report: Report) -> str:
    """A report as its files will show it: the same words in the same order, in the look of a printed page."""
    head = report.head
    marks = f'<p class="sim">{escape(said)}</p>' if (said := form.marks(report)) else ""
    left = f"<p>{escape(form.authority(head))}</p><p><b>{escape(head.office)}</b></p><hr><p>{escape(form.number_line(head))}</p>"
    right = f"<p><b>{form.NATION}</b></p><p><b>{form.MOTTO}</b></p><hr><p><em>{escape(head.date_line)}</em></p>"
    to = "".join(f'<p class="to">{escape(line)}</p>' for line in form.addressed(head))
    sections = "".join(
        (f"<h{one.level + 2}>{escape(form.numbered(one))}</h{one.level + 2}>" if one.title else "")
        + "".join(map(_report_part, one.parts))
        for one in form.closed(report.sections)
    )
    signed = "".join(f"<p><b>{escape(words)}</b></p>" for words in (head.sign_for, head.sign_title) if words)
    copies = "".join(f"<p>{escape(line)}</p>" for line in form.dashed(head.recipients))
    annexes = "".join(
        f'<section><h3 class="mid">Phụ lục {escape(one.number)}</h3><p class="mid"><b>{escape(one.title)}</b></p>'
        f'<p class="mid"><em>{escape(form.annex_line(head))}</em></p>{"".join(map(_report_part, one.parts))}</section>'
        for one in report.annexes
    )
    return (
        f'<article class="doc" lang="vi">{marks}<div class="two"><div>{left}</div><div>{right}</div></div>'
        f'<p class="mid kind"><b>{escape(head.kind)}</b></p><h2 class="mid">{escape(head.subject)}</h2>{to}{sections}'
        f'<div class="two end"><div class="copies"><p><b><em>Nơi nhận:</em></b></p>{copies}</div>'
        f"<div>{signed}<p class=sign></p><p><b>{escape(head.signer)}</b></p></div></div>{annexes}</article>"
    )


def _report_part(part: content.Part) -> str:
    match part:
        case content.Paragraph():
            return "".join(f"<p>{escape(line)}</p>" for line in part.text.split("\n"))
        case content.Table():
            return _report_table(part)
        case content.Bars():
            full = max([1.0, *(value for value in (*part.values, *part.targets) if value is not None)])
            rows = "".join(
                f'<tr><th scope="row">{escape(label)}</th><td class="bul">{bullet(_report_bar(value, target, met, words, full))}</td><td class="r">{escape(words)}</td></tr>'
                for label, value, target, met, words in zip(
                    part.labels, part.values, part.targets, part.met, part.texts, strict=True
                )
            )
            return f'<figure><figcaption>{escape(part.title)}</figcaption><table class="bars"><tbody>{rows}</tbody></table></figure>'
        case content.Line():
            known = [value for value in part.values if value is not None]
            return f'<figure role="img" aria-label="{escape(part.alt)}"><figcaption>{escape(part.title)}</figcaption><div class="line">{spark(known)}</div><p class="s">{escape(part.alt)}</p></figure>'


def _report_bar(value: float | None, target: float | None, met: bool, words: str, full: float) -> Bar | None:
    if value is None:
        return None
    return Bar(value / full, None if target is None else target / full, "good" if met else "warn", words)


def _report_table(shown: content.Table) -> str:
    rights = [column.right for column in shown.columns]
    heads = "".join(
        "<tr>"
        + "".join(
            f'<th scope="col" colspan="{across}" rowspan="{down}">{escape(words)}</th>' for words, across, down in row
        )
        + "</tr>"
        for row in paper.heading_rows(shown)
    )
    if shown.numbered:
        heads += "<tr>" + "".join(f"<td class=mid>({n})</td>" for n in range(1, len(shown.columns) + 1)) + "</tr>"
    rows = "".join(
        "<tr>"
        + "".join(
            f'<td class="{"r" if right else ""}">{f"<b>{escape(cell.text)}</b>" if cell.bold else escape(cell.text)}</td>'
            for cell, right in zip(row, rights, strict=True)
        )
        + "</tr>"
        for row in shown.rows
    )
    notes = "".join(f'<p class="s">{escape(note)}</p>' for note in shown.notes)
    return f'<figure><figcaption>{escape(shown.title)}</figcaption><div class="scroll" tabindex="0"><table class="grid"><thead>{heads}</thead><tbody>{rows}</tbody></table></div>{notes}</figure>'


def _head(columns: Iterable[Column]) -> str:
    cells = "".join(
        f'<th scope="col" class="{"r" if column.right else ""}">{escape(column.name)}</th>'
        if column.name
        else "<td></td>"
        for column in columns
    )
    return f"<thead><tr>{cells}</tr></thead>"


def _link(href: str, inner: str) -> str:
    """``inner`` is escaped already."""
    if not is_own(href):
        return inner
    return f'<a href="{escape(href)}" target="_self">{inner}</a>'


def _tone(tone: str) -> str:
    return tone if tone in ("good", "warn", "none") else "none"


def _share(value: float) -> str:
    return f"{min(max(value, 0.0), 1.0) * 100:.4g}"
