"""Part: when reports are due, what became of each, and which were issued."""

from __future__ import annotations

from data.locale import _
from data.locale.formats import moment, number, short_date
from kpi.issues import Issue
from pages.parts import choose, frame
from pages.parts.blocks import Cell, Column, Day, Days, Heading, Note, Picks, Table
from pages.parts.report import Desk, words

SIZE = 20


def draw(desk: Desk) -> None:
    if desk.slots:
        days = [
            Day(short_date(slot.day), words.mark(slot.state), desk.href(slot.as_of, part=""), mine=slot == desk.slot)
            for slot in desk.slots
        ]
        every = desk.view.campaign.report.every_days
        cut_off = desk.view.campaign.report.cut_off
        when = _("Báo cáo mỗi ngày, số liệu đến {at}", at=cut_off) if every == 1 else _("Báo cáo {n} ngày một lần, số liệu đến {at}", n=every, at=cut_off)  # fmt: skip
        frame.show(Heading(when), Days(_("Ngày báo cáo"), days))
    if desk.view.is_root:
        _issued(desk)
    else:
        frame.show(Note(_("Báo cáo về một đơn vị chỉ để soạn và tải về; báo cáo phát hành là báo cáo của tỉnh.")))
        frame.show(Picks([(_("Báo cáo của tỉnh"), desk.href(unit=""))]))


def _issued(desk: Desk) -> None:
    if not desk.issues:
        frame.show(Heading(_("Chưa phát hành báo cáo nào")), Note(_("Phát hành là đóng băng số liệu và lời văn của một kỳ; làm ở phần «Kiểm tra & phát hành».")))  # fmt: skip
        return
    total = len(desk.issues)
    start = choose.sheet(total, SIZE)
    columns = [Column(_("Báo cáo")), Column(_("Số")), Column(_("Phát hành lúc")), Column(_("Ghi chú"))]
    frame.show(
        Heading(_("{n} báo cáo đã phát hành, mới nhất trước", count=total, n=number(total))),
        Table(columns, [_line(one, desk) for one in desk.issues[start : start + SIZE]]),
    )
    choose.turn(total, SIZE)


def _line(one: Issue, desk: Desk) -> list[Cell]:
    zone = desk.view.home.zone
    again = _("thay bản {n}: {reason}", n=one.replaces, reason=one.reason) if one.replaces is not None else ""
    return [
        Cell(_("số liệu đến {at}", at=moment(one.as_of, zone)), _("bản {n}, dữ liệu {version}", n=one.id, version=one.data_version), href=desk.href(one.as_of, part="preview")),
        Cell(one.number, label=_("số")),
        Cell(moment(one.at, zone), one.who, label=_("lúc")),
        Cell(again, label="" if not again else _("ghi chú")),
    ]  # fmt: skip
