"""Imports, newest first; one of them in full, and taking it back after a look at what that changes."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from data.clock import day_of
from data.errors import CampaignError, CannotUndo
from data.locale import _
from data.locale.formats import date, listed, moment, number
from kpi import changes, issues
from pages.parts import access, choose, doors, frame, trust_words
from pages.parts.blocks import Block, Cell, Column, Heading, Note, Picks, State, Table
from pages.parts.intake import moves, now
from pages.parts.literal import literal
from pages.parts.view import View

SIZE = 20
PREVIEW, MESSAGE = "undo_preview", "undo_message"


def draw(view: View) -> None:
    loads = view.store.loads()
    by_id = {str(load["id"]): load for load in loads}
    if message := st.session_state.pop(MESSAGE, ""):
        st.success(literal(message))
    if chosen := choose.linked("entry", by_id):
        _one(view, by_id[chosen])
        return
    start = choose.sheet(len(loads), SIZE)
    frame.show(
        Heading(_("Các lần nạp, mới nhất trước")),
        Table(_heads(), [_line(load, view) for load in loads[start : start + SIZE]]),
    )
    choose.turn(len(loads), SIZE)


def _heads() -> list[Column]:
    return [
        Column(_("Tệp")), Column(_("Nhận lúc")), Column(_("Đọc"), True), Column(_("Mới"), True), Column(_("Thay đổi"), True),
        Column(_("Như cũ"), True), Column(_("Từ chối"), True), Column(_("Trạng thái")),
    ]  # fmt: skip


def _line(load: dict[str, Any], view: View) -> list[Cell]:
    counts = (("read", _("đọc")), ("new", _("mới")), ("changed", _("thay đổi")), ("unchanged", _("như cũ")))
    refused = load["refused"]
    back = " · ".join(filter(None, (load["profile"], load["who"], load["sha256"][:12])))
    href = view.href("imports", part="history", entry=str(load["id"]))
    return [
        Cell(f"{load['id']} · {trust_words.import_name(load)}", back, href=href),
        Cell(moment(load["at"], view.home.zone)),
        *(Cell(number(load[name]), right=True, label=words) for name, words in counts),
        Cell(number(refused), right=True, label=_("từ chối"), bold=refused > 0, tone="warn" if refused else ""),
        _state(load),
    ]


def _state(load: dict[str, Any]) -> Cell:
    if load["state"] == "undone":
        return Cell(_("↓ đã hoàn tác"), _("bởi lần nạp {n}", n=load["undone_by"] or "?"), tone="warn")
    return Cell(_("✔ đang dùng"), tone="good")


def _one(view: View, load: dict[str, Any]) -> None:
    frame.show(
        Picks([(_("← Mọi lần nạp"), view.href("imports", part="history"))]),
        Heading(_("Lần nạp {n}: {file}", n=load["id"], file=trust_words.import_name(load))),
        Table([Column(_("Mục")), Column(_("Nội dung"))], [[Cell(a), Cell(b)] for a, b in _facts(load, view)]),
    )
    if load["refused"]:
        href = view.href("imports", part="refused", entry=str(load["id"]))
        frame.show(Picks([(_("Xem {n} dòng bị từ chối", count=load["refused"], n=number(load["refused"])), href)]))
    if load["state"] == "loaded" and doors.is_open(view.viewer, "imports/undo"):
        _undo(view, load)


def _facts(load: dict[str, Any], view: View) -> list[tuple[str, str]]:
    notes = json.loads(load["notes"] or "{}")
    counts = [
        _("đọc {n}", n=number(load["read"])), _("mới {n}", n=number(load["new"])), _("thay đổi {n}", n=number(load["changed"])),
        _("như cũ {n}", n=number(load["unchanged"])), _("từ chối {n}", n=number(load["refused"])),
    ]  # fmt: skip
    found = [
        (_("Nhận lúc"), moment(load["at"], view.home.zone)),
        (_("Người nạp"), load["who"]),
        (_("Số liệu đến ngày"), date(day_of(load["exported"])) if load["exported"] is not None else ""),
        (_("Mẫu tệp"), load["profile"]),
        (_("Kiểu tệp"), _("đầy đủ: mọi hồ sơ") if load["mode"] == "full" else _("mới và thay đổi")),
        (_("Số dòng"), " · ".join(counts)),
        (_("Dấu hiệu"), trust_words.flags(notes.get("flags", {}))),
        (_("Dòng trình bày bỏ qua"), trust_words.skipped(notes.get("skipped", {}))),
        ("SHA-256", load["sha256"]),
    ]
    return [(term, text) for term, text in found if text]


# Taking back ----------------------------------------------------------------------------------------------------------


def _undo(view: View, load: dict[str, Any]) -> None:
    frame.show(
        Heading(_("Hoàn tác lần nạp này")),
        Note(_("Số liệu trở lại như chưa có lần nạp này. Không gì bị xóa: việc hoàn tác được ghi lại và cũng hoàn tác được.")),
    )  # fmt: skip
    key = (load["id"], view.opened.version)
    ready = st.session_state.get(PREVIEW)
    if ready is None or ready[0] != key:
        if not st.button(_("Xem trước khi hoàn tác"), icon=":material/visibility:", key="undo_look"):
            return
        try:
            with st.spinner(_("Đang tính thử …")):
                found = changes.preview(
                    view.store, view.home, lambda store: store.undo(load["id"], who=view.viewer.name, at=now())
                )
        except CannotUndo as fault:
            frame.show(_blocked(fault, view))
            return
        st.session_state[PREVIEW] = ready = (key, found)
    frame.show(*moves.block(ready[1], view.home, trust_words.would_change(len(ready[1]))), *_told(view, load))
    sure = st.checkbox(_("Tôi đã xem các số trên và muốn hoàn tác lần nạp {n}", n=load["id"]), key="undo_sure")
    if st.button(_("Hoàn tác"), type="primary", disabled=not sure, key="undo_do"):
        _take_back(view, load)


def _told(view: View, load: dict[str, Any]) -> list[Block]:
    """Issued reports that knew this import: they stay as they are."""
    told = [one for one in issues.listed(view.store) if one.known_import >= load["id"]]
    if not told:
        return []
    title = _("{n} bản chốt số liệu dựa trên lần nạp này, không đổi theo", count=len(told), n=number(len(told)))
    links = [
        (
            _("Bản {n}: {at}", n=one.id, at=moment(one.as_of, view.home.zone)),
            view.href("as_reported", entry=str(one.id)),
        )
        for one in told
    ]
    return [Heading(title), Picks(links)]


def _take_back(view: View, load: dict[str, Any]) -> None:
    st.session_state.pop(PREVIEW, None)
    access.require(view.viewer, doors.DOORS["imports/undo"])
    try:
        with st.spinner(_("Đang hoàn tác …")):
            view.store.undo(load["id"], who=view.viewer.name, at=now())
    except CampaignError as fault:
        st.error(literal(str(fault)))
        return
    st.session_state[MESSAGE] = _("Đã hoàn tác lần nạp {n} ({file}).", n=load["id"], file=load["file"])
    choose.write("entry", "")
    st.rerun()


def _blocked(fault: CannotUndo, view: View) -> State:
    numbers = [str(n) for n in sorted(fault.blocking, reverse=True)]
    return State(
        _("Chưa hoàn tác được"),
        (
            _("Lần nạp sau đã thay đổi số liệu của lần nạp này: {numbers}.", numbers=listed(numbers)),
            _("Hãy hoàn tác các lần nạp đó trước, từ mới đến cũ."),
        ),
    )
