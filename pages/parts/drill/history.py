"""One dossier or service: everything ever believed of it, with file, sheet and row."""

from __future__ import annotations

from typing import Any

from data.locale import _
from data.locale.formats import NOTHING, date, moment, number
from pages.parts import frame, trust_words
from pages.parts.blocks import Cell, Column, Heading, Note, Picks, Table, Verdict
from pages.parts.drill import words
from pages.parts.view import View

_MOMENTS = ("submitted_at", "accepted_at", "due_at", "finished_at", "returned_at", "apology_at", "apology_new_due_at")
_CORE = ("status", "accepted_at", "due_at", "finished_at")
_SHOWN = ("unit", "procedure", "status", "channel", *_MOMENTS)


def dossier(view: View, code: str, found: list[dict[str, Any]]) -> None:
    """Versions, newest first; what a version changed stands in bold."""
    newest = found[-1]
    title = _("Hồ sơ {code}: {n} phiên bản", code=code, n=number(len(found)))
    about = (
        words.unit(newest["unit"], view),
        newest["procedure"] or "",
        words.channel(newest["channel"]),
        words.status(newest["status"]),
    )
    lead = f"{', '.join(text for text in about if text and text != NOTHING)}."
    if newest["until"] is not None:
        lead += " " + _("Không lần nạp nào còn tin hồ sơ này.")
    columns = [Column(_("Biết từ")), *(Column(_name(name)) for name in _used(found)), Column(_("Tệp, dòng"))]
    rows = []
    for before, one in reversed(list(zip([None, *found], found, strict=False))):
        rows.append(
            [
                Cell(moment(one["since"], view.home.zone), _until(one, view)),
                *(_value(name, one, before, view) for name in _used(found)),
                _place(one, view),
            ]
        )
    frame.show(_back(view), Verdict(title, lead), Table(columns, rows))
    if newest["flags"]:
        frame.show(Note(_("Dấu hiệu: {flags}.", flags=", ".join(map(trust_words.flag, newest["flags"])).lower())))


def service(view: View, code: str, found: list[dict[str, Any]]) -> None:
    """States of a service, newest first."""
    newest = found[-1]
    columns = [Column(_("Từ ngày")), Column(_("Trạng thái")), Column(_("Mức"), True), Column(_("Tệp, dòng"))]
    rows = [
        [
            Cell(date(one["from_day"])),
            Cell(words.state(one["state"]), one["reason"] or one["exclusion_reason"] or ""),
            Cell(number(one["level"]), right=True, label=_("mức")),
            _place(one, view),
        ]
        for one in reversed(found)
    ]
    frame.show(
        _back(view),
        Verdict(newest["name"] or code, _("Dịch vụ {code}, {unit}: {state}.", code=code, unit=words.unit(newest["unit"], view), state=words.state(newest["state"]))),
        Heading(_("{n} trạng thái, mới nhất trước", count=len(found), n=number(len(found)))),
        Table(columns, rows),
    )  # fmt: skip


def _back(view: View) -> Picks:
    return Picks([(_("← Nguồn số"), view.href("source", kpi=view.kpi))])


def _name(name: str) -> str:
    text = words.field(name)
    return text[:1].upper() + text[1:]


def _used(found: list[dict[str, Any]]) -> list[str]:
    """What a reader always wants, and whatever is not the same in all versions."""
    return [name for name in _SHOWN if name in _CORE or len({one[name] for one in found}) > 1]


def _value(name: str, one: dict[str, Any], before: dict[str, Any] | None, view: View) -> Cell:
    value = one[name]
    if name in _MOMENTS:
        text = words.at(value, view)
    elif name == "unit":
        text = words.unit(value, view)
    elif name == "status":
        text = words.status(value)
    else:
        text = words.channel(value) if name == "channel" else value or NOTHING
    return Cell(text, bold=before is not None and before[name] != value, label=words.field(name))


def _until(one: dict[str, Any], view: View) -> str:
    if one["until"] is None:
        return _("đang tin")
    return _("đến {at}", at=moment(one["until"], view.home.zone))


def _place(one: dict[str, Any], view: View) -> Cell:
    href = view.href("imports", part="history", entry=str(one["import_id"])) if one["import_id"] is not None else ""
    again = _("tin lại do hoàn tác") if one.get("begun_by") == trust_words.UNDO else ""
    second = " · ".join(filter(None, (trust_words.place(one["sheet"], one["row"]), again)))
    return Cell(one["file"] or NOTHING, second, href=href)
