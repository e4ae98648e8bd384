"""How good the dossiers are: kinds of doubt by unit, and the dossiers themselves with file and row."""

from __future__ import annotations

from typing import Any

from data.clock import parse_moment
from data.locale import _
from data.locale.formats import moment, number, percent
from kpi import quality
from pages.parts import choose, frame, trust_words
from pages.parts.blocks import Cell, Column, Heading, Heat, Matrix, Note, Picks, Table
from pages.parts.view import View

SIZE = 25


def draw(view: View) -> None:
    found, total = view.quality()
    members = set(view.tree.below(view.unit))
    here = {kind: {code: n for code, n in units.items() if code in members} for kind, units in found.items()}
    kinds = [kind for kind in quality.KINDS if here[kind]]
    chosen = choose.linked("kind", kinds)
    if chosen:
        _dossiers(view, chosen, sum(here[chosen].values()))
        return
    frame.show(
        Heading(_title(here, total if view.is_root else None)), Table(_heads(), [_line(kind, here[kind], view) for kind in quality.KINDS])
    )  # fmt: skip
    if kinds:
        _by_unit(view, kinds, here)
    frame.show(Note(trust_words.quality_note()))


def _title(here: dict[str, dict[str, int]], total: int | None) -> str:
    worst = max(here, key=lambda kind: sum(here[kind].values()))
    n = sum(here[worst].values())
    if not n:
        return _("Không hồ sơ nào có dấu hiệu sai")
    share = f" ({percent(n / total)})" if total else ""
    return _("Nhiều nhất: {kind}, {n} hồ sơ", count=n, kind=trust_words.flag(worst).lower(), n=number(n)) + share


def _heads() -> list[Column]:
    return [Column(_("Dấu hiệu")), Column(_("Hồ sơ"), True), Column(_("Hệ thống làm gì"))]


def _line(kind: str, units: dict[str, int], view: View) -> list[Cell]:
    n = sum(units.values())
    href = view.href("imports", part="quality", kind=kind) if n else ""
    return [
        Cell(trust_words.flag(kind), href=href),
        Cell(number(n), right=True, label=_("hồ sơ"), tone="warn" if n else "none", bold=n > 0),
        Cell(trust_words.flag_meaning(kind)),
    ]


def _by_unit(view: View, kinds: list[str], here: dict[str, dict[str, int]]) -> None:
    """Units directly below the view's unit × kinds that occur."""
    lines = []
    for level in view.levels_below():
        for unit in view.units_of(level):
            below = set(view.tree.below(unit.code))
            counts = [sum(n for code, n in here[kind].items() if code in below) for kind in kinds]
            if any(counts):
                cells = [Heat(number(n) if n else "–", "", "none", "") for n in counts]
                lines.append((unit.name, view.href("imports", part="quality", unit=unit.code), cells))
    if lines:
        frame.show(
            Heading(_("Theo đơn vị")), Matrix([trust_words.flag(kind) for kind in kinds], lines)
        )  # fmt: skip


def _dossiers(view: View, kind: str, total: int) -> None:
    rows = view.doubtful(kind, SIZE, choose.sheet(total, SIZE))
    heads = [Column(_("Hồ sơ, đơn vị")), Column(_("Tiếp nhận"), True), Column(_("Hẹn trả"), True), Column(_("Xong"), True), Column(_("Tệp, dòng"))]  # fmt: skip
    frame.show(
        Heading(_("{kind}: {n} hồ sơ", count=total, kind=trust_words.flag(kind), n=number(total))),
        Picks([(_("← Mọi dấu hiệu"), view.href("imports", part="quality"))]),
        Table(heads, [_dossier(row, view) for row in rows]),
    )
    choose.turn(total, SIZE)


def _dossier(row: dict[str, Any], view: View) -> list[Cell]:
    unit = view.tree.units.get(row["unit"])

    def at(name: str) -> str:
        return moment(parse_moment(row[name], view.home.zone), view.home.zone) if row[name] else "—"

    return [
        Cell(row["code"], unit.name if unit else row["unit"]),
        Cell(at("accepted_at"), right=True, label=_("tiếp nhận")),
        Cell(at("due_at"), right=True, label=_("hẹn trả")),
        Cell(at("finished_at"), right=True, label=_("xong")),
        Cell(row["file"] or "—", trust_words.place(row["sheet"], row["row"])),
    ]
