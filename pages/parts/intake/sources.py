"""Where files come from by themselves: each source's last look, what it brought, what failed."""

from __future__ import annotations

from data.errors import CampaignError
from data.locale import _
from data.locale.formats import moment, number
from loaders.sources import SourceState, overview
from pages.parts import frame, states, trust_words
from pages.parts.blocks import Block, Cell, Column, Heading, Note, Table
from pages.parts.view import View


def draw(view: View) -> None:
    try:
        found = overview(view.store, view.home)
    except CampaignError as fault:
        frame.show(states.fault(fault))
        return
    if not found:
        frame.show(states.no_sources())
        return
    failed = sum(bool(one.fault) for one in found)
    title = (
        _("{n} nguồn không lấy được", count=failed, n=number(failed))
        if failed
        else _("Cả {n} nguồn lấy được", count=len(found), n=number(len(found)))
    )
    heads = [Column(_("Nguồn")), Column(_("Lịch")), Column(_("Lần xem gần nhất")), Column(_("Tệp gần nhất")), Column(_("Tình trạng"))]  # fmt: skip
    frame.show(
        Heading(title),
        Table(heads, [_line(one, view) for one in found]),
        *_refused(found),
        Note(_("Nguồn khai báo trong **sources.toml**; lấy bằng **campaign pull** hoặc để **campaign watch** chạy.")),
    )  # fmt: skip


def _line(one: SourceState, view: View) -> list[Cell]:
    zone = view.home.zone
    return [
        Cell(one.name or one.key, " · ".join(filter(None, (one.url, one.profile)))),
        Cell(one.schedule, label=_("lịch")),
        Cell(moment(one.last_look, zone), _("lần tới {at}", at=moment(one.next_look, zone)) if one.next_look else ""),
        Cell(one.last_file or "—", trust_words.pulled(one.files)),
        _state(one),
    ]


def _state(one: SourceState) -> Cell:
    if one.fault:
        return Cell(_("✖ lỗi"), one.fault, tone="warn", bold=True)
    if one.last_look is None and not one.files:
        return Cell(_("○ chưa lấy lần nào"), tone="none")
    return Cell(_("✔ lấy được"), tone="good")


def _refused(found: list[SourceState]) -> list[Block]:
    lines = [[Cell(name, one.name or one.key), Cell(reason)] for one in found for name, reason in one.refused]
    if not lines:
        return []
    return [Heading(_("Tệp bị từ chối, chờ bản mới")), Table([Column(_("Tệp")), Column(_("Lý do"))], lines)]
