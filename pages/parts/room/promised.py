"""Step: what was promised last time and what became of it; a person's word where no figure judges."""

from __future__ import annotations

import streamlit as st

from data.locale import _
from kpi import decisions
from kpi.decisions import Judged
from loaders.text import kept
from pages.parts import frame
from pages.parts.blocks import Verdict
from pages.parts.room import Sitting, acting, words
from pages.parts.view import View


def draw(sitting: Sitting) -> None:
    asked = sitting.promises
    frame.show(Verdict(*words.promises_verdict(sitting, asked)))
    if not asked:
        return
    frame.show(words.table(asked, sitting.view))
    if sitting.may:
        closings(sitting, asked)


def closings(sitting: Sitting, among: list[Judged]) -> None:
    """Say what became of a task, or let go of a decision."""
    view = sitting.view
    names = {
        one.decision.id: f"{_name(one, view)}: {words.wanted(one.decision)}"
        for one in among
        if one.decision.state == decisions.OPEN_STATE
    }
    if not names:
        return
    tasks = {one.decision.id for one in among if one.decision.kpi is None}
    with st.expander(_("Ghi kết quả của việc không có chỉ tiêu, hoặc thôi theo dõi")):
        number = st.selectbox(_("Kết luận"), list(names), format_func=names.__getitem__, key="close_which")
        results = {"kept": _("Đã làm xong"), "failed": _("Không làm được"), "dropped": _("Thôi theo dõi")}
        offered = [state for state in results if state == "dropped" or number in tasks]
        state = st.radio(_("Kết quả"), offered, format_func=results.__getitem__, key=f"close_state_{number in tasks}", horizontal=True)  # fmt: skip
        st.text_input(_("Ghi chú (không ghi tên, số của cá nhân)"), key="close_note", max_chars=200)
        st.button(_("Ghi kết quả"), key="close_write", on_click=_close, args=(view, number, state))


def _name(one: Judged, view: View) -> str:
    unit = view.tree.units.get(one.decision.unit)
    return unit.name if unit is not None else one.decision.unit


def _close(view: View, number: int, state: str) -> None:
    note = kept(st.session_state["close_note"])

    def write(who: str, at: int) -> None:
        decisions.close(view.store, number, state, as_of=view.as_of, who=who, at=at, note=note)

    if acting.act(view, "closed", write):
        st.session_state["close_note"] = ""
