"""The audit log: searched, turned over, taken away as a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from data import audit
from data.audit import OUTCOMES, Line
from data.clock import day_start, iso, local_day
from data.csvtext import as_csv
from data.locale import _
from data.locale.formats import NBSP, moment, number
from pages.parts import choose, frame, sheets
from pages.parts.blocks import Cell, Column, Heading, Note, State, Table
from pages.parts.intake import now
from pages.parts.roll import words
from pages.parts.view import View

SIZE = 50
MOST_IN_A_FILE = 50_000
PERIODS = {"1": 1, "7": 7, "30": 30, "90": 90}
"""Days back from now, by their code in the link."""


def draw(view: View) -> None:
    asked = _asked(view)
    lines, total = audit.search(view.store, **asked, limit=SIZE, offset=0)
    start = choose.sheet(total, SIZE)
    if start:
        lines, total = audit.search(view.store, **asked, limit=SIZE, offset=start)
    if any(asked.values()):
        frame.show(Heading(_("{n} mục nhật ký phù hợp", count=total, n=number(total))))
    if not total and not any(asked.values()):
        frame.show(State(_("Chưa có việc nào được ghi"), (_("Việc nạp tệp, phát hành, sửa quyền, đăng nhập được ghi vào đây ngay khi có."),)))  # fmt: skip
        return
    if not total:
        frame.show(State(_("Không có mục nào"), (_("Nới các điều kiện tìm: bỏ bớt chữ, chọn thời gian dài hơn, chọn toàn tỉnh."),)))  # fmt: skip
        return
    columns = [Column(_("Lúc")), Column(_("Ai")), Column(_("Việc")), Column(_("Nội dung")), Column(_("Đơn vị")), Column(_("Kết quả"))]  # fmt: skip
    frame.show(Table(columns, [_line(one, view) for one in lines]))
    choose.turn(total, SIZE)
    heads = ("id", "at", "who", "role", "action", "what", "unit", "outcome", "details", "before", "hash")

    def rows() -> list[dict[str, Any]]:
        found, _total = audit.search(view.store, **asked, limit=MOST_IN_A_FILE)
        return [
            {name: iso(one.at, view.home.zone) if name == "at" else getattr(one, name) for name in heads}
            for one in found
        ]

    with st.container(horizontal=True, key="log_files"):
        frame.file(_("Tải CSV"), "nhat-ky.csv", "text/csv", lambda: as_csv(rows(), heads).encode("utf-8-sig"))
        frame.file(_("Tải XLSX"), "nhat-ky.xlsx", sheets.XLSX, lambda: sheets.as_xlsx(heads, [list(row.values()) for row in rows()], "Nhật ký"))  # fmt: skip
    frame.show(Note(_("Mỗi mục mang mã băm của mục trước; **campaign check** tìm ra mục bị sửa, bị xóa hoặc đổi chỗ.")))


def _asked(view: View) -> dict[str, Any]:
    """The search as the link has it."""
    entries = {"": _("Mọi việc")} | {str(one): words.entry(str(one)) for one in words.ENTRIES}
    outcomes = {"": _("Mọi kết quả")} | {one: words.outcome(one) for one in OUTCOMES}
    periods = {"": _("Mọi lúc")} | {code: _("{n} ngày gần đây", count=days, n=days) for code, days in PERIODS.items()}
    with st.container(horizontal=True, vertical_alignment="bottom", key="log_search"):
        who = _text("who", _("Ai"))
        what = _text("what", _("Nội dung"))
        action = _choice("action", _("Việc"), entries)
        outcome = _choice("outcome", _("Kết quả"), outcomes)
        period = _choice("period", _("Thời gian"), periods)
    # Whole days, so that turning the sheet asks the same.
    zone = view.home.zone
    since = day_start(local_day(now(), zone) + 1 - PERIODS[period], zone) if period else None
    unit = "" if view.is_root else view.unit
    return {"who": who, "what": what, "action": action, "outcome": outcome, "since": since, "unit": unit}


def _text(parameter: str, label: str) -> str:
    """A text whose truth is the link."""
    key = f"log_{parameter}"
    st.session_state[key] = st.query_params.get(parameter, "")[:100]
    st.text_input(label, key=key, max_chars=100, width=220, on_change=_write, args=(parameter, key))
    return str(st.session_state[key]).strip()


def _choice(parameter: str, label: str, options: Mapping[str, str]) -> str:
    key = f"log_{parameter}"
    st.session_state[key] = choose.linked(parameter, options)
    st.selectbox(label, list(options), format_func=dict(options).__getitem__, key=key, width=220, on_change=_write, args=(parameter, key))  # fmt: skip
    return str(st.session_state[key])


def _write(parameter: str, key: str) -> None:
    st.query_params.pop("sheet", None)
    st.query_params.pop(parameter, None)
    if st.session_state[key]:
        st.query_params[parameter] = st.session_state[key]


def _line(one: Line, view: View) -> list[Cell]:
    good = one.outcome == "done"
    return [
        Cell(moment(one.at, view.home.zone).replace(" ", NBSP), str(one.id)),
        Cell(*words.who(one), label=_("ai")),
        Cell(words.entry(one.action), label=_("việc")),
        Cell(one.what, words.details(one), label=_("nội dung")),
        Cell(words.unit(one.unit, view), label=_("đơn vị")),
        Cell(words.outcome(one.outcome), tone="" if good else "warn", bold=not good, label=_("kết quả")),
    ]
