"""Letters of apology: those to send today, and the register of those sent."""

from __future__ import annotations

from data.locale import _
from data.locale.formats import number
from pages.parts import choose, frame
from pages.parts.blocks import Cell, Column, Heading, Note, Table
from pages.parts.desk import words
from pages.parts.view import View

SIZE = 25


def to_send(view: View) -> None:
    with view.desk() as desk:
        found, total = desk.to_send(SIZE, 0)
        if total > SIZE:
            found, _total = desk.to_send(SIZE, choose.sheet(total, SIZE))
    if not total:
        frame.show(Heading(_("Hôm nay không phải gửi thư xin lỗi nào")), Note(_rule(view)))
        return
    title = _("{n} thư xin lỗi phải gửi hôm nay, nếu hồ sơ không xong kịp", count=total, n=number(total))
    frame.show(Heading(title), words.table(found, view), Note(_rule(view)))
    choose.turn(total, SIZE)


def register(view: View) -> None:
    counts = view.letters_sent()
    total = sum(counts.values())
    if not total:
        frame.show(Heading(_("Chưa gửi thư xin lỗi nào")), Note(_rule(view)))
        return
    with view.desk() as desk:
        found = desk.register(SIZE, choose.sheet(total, SIZE))
    good = counts["in_due_form"]
    states = [[words.letter(state), Cell(number(n), right=True, label=_("thư"))] for state, n in counts.items()]
    frame.show(
        Heading(_("{n} thư đã gửi, {good} đúng quy định", count=total, n=number(total), good=number(good))),
        Table([Column(_("Thư")), Column(_("Số thư"), True)], states),
        words.register(found, view),
        Note(_rule(view)),
    )
    choose.turn(total, SIZE)


def _rule(view: View) -> str:
    setting = view.campaign.apology
    if setting.counted == "working":
        return _("Thư phải gửi trước ngày hẹn trả ít nhất {n} ngày làm việc và nêu ngày hẹn mới; chỉ hẹn lại một lần.", count=setting.days, n=setting.days)  # fmt: skip
    return _("Thư phải gửi trước ngày hẹn trả ít nhất {n} ngày và nêu ngày hẹn mới; chỉ hẹn lại một lần.", count=setting.days, n=setting.days)  # fmt: skip
