"""Step: milestones of the campaign, and recording the day on which one was done."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from data.locale import _, language
from kpi import milestones
from kpi.milestones import Standing
from loaders.text import kept
from pages.parts import frame
from pages.parts.blocks import Heading, State, Verdict
from pages.parts.room import Sitting, acting, words
from pages.parts.view import View

EARLIER_DAYS = 60
"""How long before the campaign a milestone may have been done."""


def draw(sitting: Sitting) -> None:
    view = sitting.view
    found = milestones.standings(view.store, view.home, view.campaign, view.as_of, sitting.units)
    if not found:
        frame.show(State(_("Chiến dịch này không khai mốc nào"), (_("Mốc khai trong tệp của chiến dịch."),)))
        return
    frame.show(Verdict(*words.milestones_verdict(found)))
    for key in dict.fromkeys(one.milestone.key for one in found):
        mine = [one for one in found if one.milestone.key == key]
        frame.show(Heading(words.milestone_heading(mine)), words.milestone_table(mine, view))
    if sitting.may:
        _record(sitting, found)


def _record(sitting: Sitting, found: list[Standing]) -> None:
    view = sitting.view
    with st.expander(_("Ghi nhận một mốc")):
        names = {one.milestone.key: one.milestone.name(language()) for one in found}
        key = st.selectbox(_("Mốc"), list(names), format_func=names.__getitem__, key="mark_which")
        units = {one.unit: one.name for one in found if one.milestone.key == key}
        unit = st.selectbox(_("Đơn vị"), list(units), format_func=units.__getitem__, key=f"mark_unit_{key}")
        days = {day.isoformat(): words.day_words(day, view) for day in _days(view)}
        day = st.selectbox(_("Ngày"), list(days), format_func=days.__getitem__, key="mark_day")
        st.text_input(_("Số văn bản, ghi chú (không ghi tên, số của cá nhân)"), key="mark_note", max_chars=200)
        with st.container(horizontal=True):
            st.button(_("Ghi nhận"), key="mark_write", on_click=_mark, args=(view, key, unit, dt.date.fromisoformat(day)))  # fmt: skip
            st.button(_("Bỏ ghi nhận"), key="mark_remove", on_click=_mark, args=(view, key, unit, None))


def _days(view: View) -> list[dt.date]:
    """From the view's day backwards."""
    first = view.campaign.start - dt.timedelta(days=EARLIER_DAYS)
    return [view.day - dt.timedelta(days=n) for n in range(max((view.day - first).days, 0) + 1)]


def _mark(view: View, key: str, unit: str, on: dt.date | None) -> None:
    note = kept(st.session_state["mark_note"])

    def write(who: str, at: int) -> None:
        milestones.mark(view.store, view.home, view.campaign, key, unit, on, who=who, at=at, note=note)

    if acting.act(view, "marked", write):
        st.session_state["mark_note"] = ""
