"""A figure: its definition, its numerator and denominator, and the dossiers, services or entries behind them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from data.clock import day_of
from data.locale import _, language
from data.locale.formats import NOTHING, date, moment, number
from kpi.catalog import FIGURES
from kpi.catalog.figure import Figure
from kpi.model import Row
from pages.parts import choose, frame, messages, present, states, trust_words
from pages.parts.blocks import Block, Cell, Column, Heading, Note, Table, Verdict
from pages.parts.drill import words
from pages.parts.view import View

SIZE = 25


def draw(view: View) -> None:
    names = {key: declared.label(language()) for key, declared in FIGURES.items()}
    default = view.league_kpi.key
    declared = FIGURES[choose.linked("kpi", names, default)]
    rows = view.figures((declared.key,), unit=view.unit)
    # Of several schemes of ranking the campaign's own.
    row = next((row for row in rows if row.scheme in (None, view.campaign.rank_scheme)), rows[0] if rows else None)
    frame.show(*_head(declared, row, view))
    choose.one(names, _("Chỉ tiêu"), "kpi", default=default)
    if declared.reads == "series":
        _entries(declared, view)
        return
    parts = _parts(declared, row)
    part = choose.part({code: f"{name} ({number(n)})" for code, (name, n) in parts.items()}, _("Phần của số"))
    total = int(parts[part][1])
    if declared.reads == "dossiers" and not view.reads_dossiers:
        frame.show(states.not_yours(view.place.name))
        return
    found = view.behind(declared.key, SIZE, choose.sheet(total, SIZE), part) if total else []
    table = _services(found, view) if declared.reads == "services" else _dossiers(found, view)
    frame.show(
        Heading(f"{parts[part][0]}: {number(total)}"), *([table] if found else [Note(_("Không có gì để liệt kê."))])
    )
    choose.turn(total, SIZE)


def _head(declared: Figure, row: Row | None, view: View) -> list[Block]:
    value = NOTHING if row is None else present.value(row)
    title = _("{figure} của {unit}: {value}", figure=declared.label(language()), unit=view.place.name, value=value)
    lead = ""
    if row is not None and row.denominator is not None and declared.divides:
        lead = _("**{up} / {down}** {noun}.", up=number(row.numerator, 0), down=number(row.denominator), noun=present.noun(declared))  # fmt: skip
    elif row is not None and row.value is None:
        lead = _("Chưa có dữ liệu để tính.")
    items = [
        (_("Tử số"), declared.numerator_text(language())),
        (_("Mẫu số"), declared.denominator_text(language())),
        (_("Không tính"), declared.exclusions(language())),
        (_("Căn cứ"), declared.legal_basis(language())),
        (_("Phạm vi"), _("{campaign}, từ {start} đến {at}", campaign=view.campaign.name(language()), start=date(view.campaign.start), at=moment(view.as_of, view.home.zone))),
        (_("Phiên bản"), _("cách tính {n}, dữ liệu {version}", n=declared.version, version=view.store.data_version())),
    ]  # fmt: skip
    table = Table(
        [Column(_("Mục")), Column(_("Nội dung"))], [[Cell(a), Cell(present.upper_first(b))] for a, b in items]
    )
    return [Verdict(title, f"{lead} {messages.definition(declared.key)}".strip()), table]


def _parts(declared: Figure, row: Row | None) -> dict[str, tuple[str, float]]:
    """What can be listed, with how many entries each has."""
    up, down = (row.numerator or 0, row.denominator or 0) if row is not None else (0, 0)
    if not declared.divides:
        return {"all": (_("Được đếm"), up)}
    if not declared.is_ratio:
        return {"all": (_("Trong mẫu số"), down)}
    return {
        "missing": (_("Trong mẫu số, không trong tử số"), max(down - up, 0)),
        "counted": (_("Trong tử số"), up),
        "all": (_("Trong mẫu số"), down),
    }


def _dossiers(found: list[dict[str, Any]], view: View) -> Table:
    columns = [Column(_("Hồ sơ, thủ tục")), Column(_("Đơn vị")), Column(_("Tiếp nhận"), True), Column(_("Hẹn trả"), True), Column(_("Xong"), True), Column(_("Tệp, dòng"))]  # fmt: skip
    rows = [
        [
            Cell(one["code"], one["procedure_name"] or one["procedure"] or "", href=view.href("source", entry=one["code"])),
            Cell(words.unit(one["unit"], view)),
            Cell(words.at(one["accepted_at"], view), right=True, label=_("tiếp nhận")),
            Cell(words.at(one["due_at"], view), right=True, label=_("hẹn trả")),
            Cell(words.at(one["finished_at"], view), right=True, label=_("xong")),
            Cell(one["file"], trust_words.place(one["sheet"], one["row"])),
        ]
        for one in found
    ]  # fmt: skip
    return Table(columns, rows)


def _services(found: list[dict[str, Any]], view: View) -> Table:
    columns = [Column(_("Dịch vụ")), Column(_("Đơn vị")), Column(_("Mức"), True), Column(_("Trạng thái")), Column(_("Tệp, dòng"))]  # fmt: skip
    rows = [
        [
            Cell(one["name"] or one["service_code"], one["service_code"], href=view.href("source", entry=one["service_code"])),
            Cell(words.unit(one["unit"], view)),
            Cell(number(one["level"]), right=True, label=_("mức")),
            Cell(words.state(one["state"]), one["reason"] or one["exclusion_reason"] or ""),
            Cell(one["file"] or NOTHING, trust_words.place(one["sheet"], one["row"])),
        ]
        for one in found
    ]  # fmt: skip
    return Table(columns, rows)


def _entries(declared: Figure, view: View) -> None:
    """Entries of a manual series up to the view's day, newest first."""
    found = [one for one in view.behind(declared.key, 1000, 0) if _on(one) <= view.day]
    found.sort(key=_on, reverse=True)
    total = len(found)
    start = choose.sheet(total, SIZE)
    columns = [Column(_("Ngày")), Column(_("Giá trị"), True), Column(_("Cách xếp")), Column(_("Nguồn"))]
    rows = [
        [
            Cell(date(_on(one)), words.unit(one["unit"], view)),
            Cell(_entry_value(one), right=True),
            Cell(messages.scheme_words(one["scheme"])),
            Cell(one["source"] or NOTHING),
        ]
        for one in found[start : start + SIZE]
    ]
    frame.show(Heading(_("{n} lần nhập", count=total, n=number(total))), Table(columns, rows))
    choose.turn(total, SIZE)


def _on(entry: dict[str, Any]) -> dt.date:
    return day_of(entry["on"])


def _entry_value(entry: dict[str, Any]) -> str:
    if entry["denominator"] is not None:
        return f"{number(entry['numerator'])} / {number(entry['denominator'])}"
    return number(entry["value"] if entry["value"] is not None else entry["numerator"])
