"""Refused rows with the reason and what to do, of all imports or one, as a table and as a file."""

from __future__ import annotations

from typing import Any

import streamlit as st

from data.access import Action
from data.locale import _
from data.locale.formats import number
from loaders import refused as written
from pages.parts import choose, frame, sheets, trust_words
from pages.parts.blocks import Cell, Column, Heading, Note, Table
from pages.parts.view import View

SIZE = 25


def draw(view: View) -> None:
    loads = [load for load in view.store.loads() if load["refused"]]
    if not loads:
        frame.show(
            Heading(_("Không dòng nào bị từ chối")),
            Note(_("Dòng thiếu mã hồ sơ, thiếu ngày tiếp nhận hay không rõ đơn vị sẽ được liệt kê ở đây, kèm lý do và cách sửa.")),
        )  # fmt: skip
        return
    names = {"": _("Mọi lần nạp ({n} dòng)", n=number(sum(load["refused"] for load in loads)))}
    names |= {str(load["id"]): f"{load['id']} · {load['file']} ({number(load['refused'])})" for load in loads}
    chosen = choose.one(names, _("Lần nạp"), "entry")
    only = int(chosen) if chosen else None
    view.note(Action.dossiers, "refused")
    total = written.count(view.store, only, scope=view.viewer.scope)
    found = written.listed(view.store, only, SIZE, choose.sheet(total, SIZE), scope=view.viewer.scope)
    frame.show(
        Heading(_("{all} dòng bị từ chối", count=total, all=number(total))),
        Table(_heads(), [_line(row) for row in found]),
    )
    choose.turn(total, SIZE)
    _downloads(view, only)


def _heads() -> list[Column]:
    return [Column(_("Tệp, dòng")), Column(_("Cột")), Column(_("Giá trị")), Column(_("Lý do")), Column(_("Cách sửa"))]


def _line(row: dict[str, Any]) -> list[Cell]:
    return [
        Cell(row["file"], trust_words.place(row["sheet"], row["row"])),
        Cell(row["heading"], label=_("cột")),
        Cell(row["value"], label=_("giá trị")),
        Cell(row["reason"]),
        Cell(row["what_to_do"]),
    ]


def _downloads(view: View, only: int | None) -> None:
    """The whole list as files, made when asked for."""
    heads = [_("Tệp"), _("Trang tính"), _("Dòng"), _("Cột"), _("Giá trị"), _("Lý do"), _("Cách sửa")]
    fields = ("file", "sheet", "row", "heading", "value", "reason", "what_to_do")
    title = _("Dòng bị từ chối")

    def rows() -> list[list[sheets.Value]]:
        return [[row[name] for name in fields] for row in written.listed(view.store, only, scope=view.viewer.scope)]

    with st.container(horizontal=True, key="downloads"):
        icon = ":material/download:"
        frame.file(_("Tải XLSX"), "dong-bi-tu-choi.xlsx", sheets.XLSX, lambda: sheets.as_xlsx(heads, rows(), title), type="secondary", icon=icon)  # fmt: skip
        frame.file(_("Tải CSV"), "dong-bi-tu-choi.csv", "text/csv", lambda: sheets.as_csv(heads, rows()), type="secondary", icon=icon)  # fmt: skip
