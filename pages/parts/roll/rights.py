"""Who may do what: the one table of role × action × reach, drawn as it is declared."""

from __future__ import annotations

from data.access import TABLE, Action, Reach, Role
from data.locale import _
from pages.parts import frame
from pages.parts.blocks import Cell, Column, Heading, Note, Table
from pages.parts.roll import words
from pages.parts.view import View


def draw(view: View) -> None:
    del view  # the same for everybody
    columns = [Column(_("Được làm gì")), *(Column(words.role(role)) for role in Role)]
    rows = [
        [Cell(words.action(action), bold=True), *(_cell(TABLE[role][action], words.role(role)) for role in Role)]
        for action in Action
    ]
    used = [reach for reach in Reach if any(reach in reaches.values() for reaches in TABLE.values())]
    frame.show(
        Heading(_("Ai được làm gì")),
        Table(columns, rows),
        Note(" · ".join(f"{words.SHAPES[reach]} {words.reach(reach)}" for reach in used)),
        Note(_("Số liệu tổng hợp của mọi đơn vị ai vào được cũng xem được; hồ sơ thì chỉ xem được trong phạm vi của mình, kể cả khi tải về hoặc lấy qua mã truy cập.")),
    )  # fmt: skip


def _cell(reach: Reach, role: str) -> Cell:
    return Cell(f"{words.SHAPES[reach]} {words.reach(reach)}", label=role, tone="none" if reach is Reach.none else "")
