"""Step: what this meeting decides: for whom, which figure or task, what value, by when, who answers for it."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from data.errors import CallFault
from data.locale import _, language
from data.locale.formats import number
from kpi import decisions
from kpi.catalog import FIGURES, figure
from loaders.text import kept
from pages.parts import frame, present
from pages.parts.blocks import Note, Verdict
from pages.parts.room import Sitting, acting, words
from pages.parts.room.promised import closings
from pages.parts.view import View

TASK = "task"
DEFAULT_DAYS, LATEST_DAYS = 7, 30


def draw(sitting: Sitting) -> None:
    made, view = sitting.made_here, sitting.view
    if made:
        title = _("Phiên này giao {n} việc", count=len(made), n=number(len(made)))
    else:
        title = _("Phiên này chưa giao việc nào")
    lead = _("Mỗi kết luận có đơn vị, chỉ tiêu hoặc việc, mức phải đạt, hạn, người chịu trách nhiệm; phiên sau mở đầu bằng việc kiểm lại.")  # fmt: skip
    frame.show(Verdict(title, lead))
    if made:
        frame.show(words.table(made, view))
    if sitting.writes:
        _form(view)
        if sitting.may:
            closings(sitting, made)
    elif sitting.may:
        frame.show(Note(_("Hãy **mở phiên họp** để ghi kết luận: số liệu được chốt ngay lúc mở.")))


def _form(view: View) -> None:
    """Not an st.form: what the figure says now stands there as soon as unit and figure are chosen."""
    with st.container(border=True, key="decide"):
        whom, what = st.columns(2)
        names = _units(view)
        unit = whom.selectbox(_("Đơn vị"), list(names), format_func=names.__getitem__, key="decide_unit")
        kpis = {
            key: figure(key).label(language()) for key in dict.fromkeys((*view.target_kpis, *FIGURES)) if key in FIGURES
        }
        kpis |= {TASK: _("Việc không có chỉ tiêu (người theo dõi ghi kết quả)")}
        kpi = what.selectbox(_("Chỉ tiêu"), list(kpis), format_func=kpis.__getitem__, key="decide_kpi")
        days = _days(view, kpi)
        if not days:
            frame.show(
                Note(
                    _(
                        "Kỳ của chiến dịch đã hết: chỉ tiêu này không đếm thêm nữa. Hãy giao một việc hoặc chọn chỉ tiêu khác."
                    )
                )
            )
            return
        how_much, when = st.columns(2)
        if kpi == TASK:
            how_much.text_input(_("Việc phải làm"), key="decide_task", max_chars=300)
        else:
            declared = figure(kpi)
            label = _("Phải đạt ít nhất") if declared.direction > 0 else _("Nhiều nhất")
            how_much.text_input(f"{label} (%)" if declared.is_ratio else label, key="decide_value", max_chars=20)
        texts = {day.isoformat(): words.day_words(day, view) for day in days}
        due = when.selectbox(
            _("Hạn, đến hết ngày"),
            list(texts),
            format_func=texts.__getitem__,
            key="decide_due",
            index=_default(view, days),
        )
        if kpi != TASK:
            frame.show(Note(_now(view, unit, kpi)))
            st.text_input(_("Nói thêm (không bắt buộc)"), key="decide_task", max_chars=300)
        st.text_input(_("Người chịu trách nhiệm: ghi chức danh, không ghi họ tên"), key="decide_owner", max_chars=120)
        st.button(
            _("Ghi kết luận"),
            type="primary",
            key="decide_write",
            on_click=_decide,
            args=(view, unit, kpi, dt.date.fromisoformat(due)),
        )


def _units(view: View) -> dict[str, str]:
    """The view's unit and those directly below it that are compared with each other: code → name."""
    within = set(view.tree.below(view.unit))
    below = (unit for level in view.levels_below() for unit in view.units_of(level) if unit.code in within)
    return {view.unit: view.place.name} | {unit.code: unit.name for unit in below}


def _now(view: View, unit: str, kpi: str) -> str:
    """What the figure says now and what its target asks."""
    row = next(iter(view.figures((kpi,), unit=unit)), None)
    if row is None or row.value is None:
        return _("Nay chưa có số liệu.")
    text = _("Nay **{value}**, {target}", value=present.value(row), target=present.target(row))
    return f"{text}: {present.pace_words(row, view)}." if row.pace is not None else f"{text}."


def _days(view: View, kpi: str) -> list[dt.date]:
    """From the view's day on; a figure that counts inside the campaign's window only as long as it counts."""
    last = view.campaign.last_day
    if kpi == TASK or figure(kpi).is_stock:
        last = max(last, view.day + dt.timedelta(days=LATEST_DAYS))
    return [view.day + dt.timedelta(days=n) for n in range((last - view.day).days + 1)]


def _default(view: View, days: list[dt.date]) -> int:
    """A week from now, the campaign's last day if that comes first."""
    left = (view.campaign.last_day - view.day).days
    return min(DEFAULT_DAYS, len(days) - 1, left if left > 0 else DEFAULT_DAYS)


def _decide(view: View, unit: str, kpi: str, due: dt.date) -> None:
    said = {name: kept(st.session_state.get(f"decide_{name}", "")) for name in ("task", "owner")}
    typed = st.session_state.get("decide_value", "")

    def write(who: str, at: int) -> None:
        here = acting.open_meeting(view)
        value = None
        if kpi != TASK:
            value = words.amount(typed, kpi)
            if value is None:
                raise CallFault(_("«{text}» không phải là số. Hãy ghi như 95 hoặc 95,5.", text=typed))
        decisions.decide(
            view.store, view.home, view.campaign, unit=unit, kpi=None if kpi == TASK else kpi, task=said["task"], value=value,
            due=due, owner=said["owner"], as_of=view.as_of, who=who, at=at, meeting_id=here.id,
        )  # fmt: skip

    if acting.act(view, "decided", write):
        for name in ("value", "task", "owner"):
            st.session_state[f"decide_{name}"] = ""
