"""A dossier by its code, and how old the overdue ones are."""

from __future__ import annotations

import streamlit as st

from data.locale import _
from data.locale.formats import number
from pages.parts import choose, frame, messages
from pages.parts.blocks import Heading, Note
from pages.parts.charts.counts import Group, histogram
from pages.parts.desk import words
from pages.parts.view import View

SIZE = 25
LEAST, MOST = 3, 60


def search(view: View) -> None:
    """The text travels in the link, like every choice."""
    st.session_state["own_entry"] = st.query_params.get("entry", "")[:MOST]
    st.text_input(
        _("Mã hồ sơ hoặc một phần của mã"), key="own_entry", max_chars=MOST, width=420,
        on_change=lambda: choose.write("entry", st.session_state["own_entry"].strip()),
    )  # fmt: skip
    text = st.query_params.get("entry", "").strip()[:MOST]
    if len(text) < LEAST:
        frame.show(Note(_("Gõ ít nhất {n} ký tự của mã hồ sơ.", n=LEAST)))
        return
    with view.desk() as desk:
        found = desk.search(text, SIZE + 1)
    if not found:
        frame.show(Heading(_("Không có hồ sơ nào có mã chứa «{text}»", text=text)))
        return
    many = len(found) > SIZE
    title = _("Hơn {n} hồ sơ, {n} hồ sơ đầu", n=number(SIZE)) if many else _("{n} hồ sơ", count=len(found), n=number(len(found)))  # fmt: skip
    frame.show(Heading(title), words.table(found[:SIZE], view))


def ages(view: View) -> None:
    found = view.overdue_ages()
    total = sum(n for _low, _high, n in found)
    if not total:
        frame.show(Heading(_("Không hồ sơ nào đang quá hạn")))
        return
    groups = [Group(_span(low, high), n, "warn") for low, high, n in found]
    old = sum(n for low, _high, n in found if low > 30)
    title = _("{n} hồ sơ quá hạn, {old} quá hơn 30 ngày", count=total, n=number(total), old=number(old))
    frame.show(histogram("ages", title, groups, _("Số ngày quá hạn"), messages.source(view)))


def _span(low: int, high: int | None) -> str:
    return _("từ {low}", low=low) if high is None else f"{low}–{high}"
