"""Step: what changed since the last meeting, or since the last working day where there was none."""

from __future__ import annotations

from data.clock import day_number, day_start
from data.locale import _, language
from data.locale.formats import moment, number
from kpi import changes, issues
from kpi.catalog import figure
from kpi.model import Row, Status
from pages.parts import frame, messages, present
from pages.parts.blocks import Block, Cell, Changes, Column, Heading, Note, Picks, Table, Verdict
from pages.parts.room import Sitting, target_rows
from pages.parts.view import View

MOST = 12
SAID = (Status.BEHIND, Status.AT_RISK, Status.STALE, Status.ON_COURSE, Status.MET)
"""Statuses between which a change says something, the worst first."""


def draw(sitting: Sitting) -> None:
    view = sitting.view
    since = sitting.last.as_of if sitting.last is not None else view.at(view.previous_day)
    if since < day_start(day_number(view.campaign.start), view.home.zone):
        frame.show(Verdict(_("Chưa có gì để so sánh"), _("Trước đó chiến dịch chưa bắt đầu.")))
        return
    whole, below = target_rows(view)
    whole_then, below_then = target_rows(view, since)
    found = messages.changes(whole, whole_then, below, below_then)
    forward = sum(one.tone == "good" for one in found)
    at = moment(since, view.home.zone)
    if not found:
        title = _("Không chỉ tiêu nào thay đổi từ {at}", at=at)
    else:
        title = _("Từ {at}: {n} chỉ tiêu tiến, {back} lùi", at=at, n=number(forward), back=number(len(found) - forward))
    frame.show(Verdict(title), *([Changes(found)] if found else []))
    frame.show(*_moved(below, below_then, view), *_told_otherwise(sitting, whole_then))


def _moved(now: list[Row], then: list[Row], view: View) -> list[Block]:
    """Unit × figure cells whose status changed, those that fell first."""
    before = {(row.kpi, row.unit): row for row in then}
    moves = []
    for row in now:
        old = before.get((row.kpi, row.unit))
        if old is not None and old.status is not row.status and old.status in SAID and row.status in SAID:
            moves.append((SAID.index(row.status) - SAID.index(old.status), old, row))
    if not moves:
        return [Note(_("Không đơn vị nào đổi trạng thái."))]
    moves.sort(key=lambda move: move[0])
    fell = sum(step < 0 for step, _old, _row in moves)
    title = _("{fell} ô xấu đi, {rose} ô khá lên", fell=number(fell), rose=number(len(moves) - fell))
    columns = [Column(_("Đơn vị, chỉ tiêu")), Column(_("Khi đó")), Column(_("Nay")), Column(_("Kết quả"), True)]
    shown = [*moves[:MOST]] if fell >= MOST else [*moves[:fell], *moves[fell:][: MOST - fell]]
    blocks: list[Block] = [Heading(title), Table(columns, [_move(old, row, view) for _step, old, row in shown])]
    left = len(moves) - len(shown)
    return [*blocks, Note(_("Và {n} ô khác.", count=left, n=number(left)))] if left else blocks


def _move(old: Row, row: Row, view: View) -> list[Cell]:
    was, is_now = present.mark(old, view), present.mark(row, view)
    return [
        Cell(row.name, present.short(figure(row.kpi)), href=view.href("my_unit", unit=row.unit)),
        Cell(f"{was.shape} {was.word}", tone=was.tone, label=_("khi đó")),
        Cell(f"{is_now.shape} {is_now.word}", tone=is_now.tone, bold=True, label=_("nay")),
        Cell(present.value(row), right=True, raw=row.value),
    ]


def _told_otherwise(sitting: Sitting, whole_then: list[Row]) -> list[Block]:
    """Figures the last meeting was shown and that would be others now: late data, corrections."""
    view, last = sitting.view, sitting.last
    if last is None or last.issue_id is None:
        return []
    shown = {row.kpi for row in whole_then}
    frozen = [
        row
        for row in issues.rows_of(view.store, issues.get(view.store, last.issue_id))
        if row.unit == view.unit and row.kpi in shown and row.scheme is None
    ]
    found = changes.differences(view.campaign.key, frozen, [row for row in whole_then if row.scheme is None])
    if not found:
        return [Note(_("Số đã chốt ở phiên trước vẫn như cũ."))]
    names = ", ".join(figure(one.kpi).label(language()) for one in found)
    return [
        Note(_("Số đã chốt ở phiên trước nay tính khác, vì có số liệu đến muộn hoặc được sửa: **{names}**.", names=names)),
        Picks([(_("So số đã chốt với số nay biết"), view.href("as_reported", entry=str(last.issue_id)))]),
    ]  # fmt: skip
