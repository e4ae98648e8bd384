"""Nếu–thì: what units would have to do, and where that leads. The steps live in the link; a named scenario is kept."""

from __future__ import annotations

import datetime as dt
import time

import streamlit as st

from data.errors import CampaignError
from data.locale import _
from data.locale.formats import number, short_date
from kpi import whatif
from kpi.catalog import figure
from kpi.forecast import worded
from kpi.whatif import Outcome, State, Step
from pages.parts import access, doors, frame, present
from pages.parts.blocks import Cell, Column, Heading, Note, Picks, Table, Verdict
from pages.parts.literal import literal
from pages.parts.view import View

STEPS = "steps"
MOST_STEPS = 12


def draw(view: View) -> None:
    steps = _of_link()
    if not steps:
        frame.show(Verdict(_("Nếu các đơn vị làm thêm thì sao?"), _("Thêm một bước dưới đây: bảng cho thấy tỷ lệ, thứ hạng và ngày đạt sau bước đó. Không có gì được ghi vào số liệu.")))  # fmt: skip
    else:
        _outcome(view, steps)
    _add_step(view, steps)
    _kept(view, steps)


def _of_link() -> list[Step]:
    """The link's steps; what cannot be read is ignored."""
    found = []
    for text in st.query_params.get(STEPS, "").split(";")[:MOST_STEPS]:
        try:
            found.append(whatif.parse(text))
        except CampaignError:
            continue
    return found


def _write(steps: list[Step]) -> None:
    if steps:
        st.query_params[STEPS] = ";".join(map(str, steps))
    else:
        st.query_params.pop(STEPS, None)


def _outcome(view: View, steps: list[Step]) -> None:
    try:
        found = whatif.what_if(view.store, view.home, view.campaign, steps, as_of=view.as_of, scope=view.viewer.scope)
    except CampaignError as fault:
        frame.fault(fault)
        return
    moved = [one for one in found.outcomes if one.now != one.then]
    frame.show(Verdict(_title(moved, view), " ".join(_words(step, done, view) for step, done in zip(found.steps, found.done, strict=True))))  # fmt: skip
    for place, step in enumerate(steps):
        st.button(
            _("Bỏ: {step}", step=literal(_words(step, step.amount, view))), key=f"drop_{place}", type="tertiary", icon=":material/close:",
            on_click=lambda at=place: _write([s for n, s in enumerate(steps) if n != at]),
        )  # fmt: skip
    if not moved:
        frame.show(Note(_("Các bước này không làm thay đổi chỉ tiêu nào của chiến dịch.")))
        return
    columns = [
        Column(_("Đơn vị, chỉ tiêu")), Column(_("Hiện nay"), True), Column(_("Sau đó"), True), Column(_("Hạng"), True),
        Column(_("Ngày đạt nếu giữ nhịp"), True),
    ]  # fmt: skip
    frame.show(Heading(_("Trước và sau")), Table(columns, [_line(one, view) for one in moved]))


def _title(moved: list[Outcome], view: View) -> str:
    """The widest change in one sentence."""
    told = [one for one in moved if _said(one, one.now) != _said(one, one.then)]
    one = next((one for one in told if one.unit == view.tree.root), next(iter(told), None))
    if one is None:
        return _("Các bước này không đổi được chỉ tiêu nào")
    declared = figure(one.kpi)
    return _(
        "{name} của {unit}: {now} → {then}",
        name=present.short(declared), unit=one.name, now=_said(one, one.now), then=_said(one, one.then),
    )  # fmt: skip


def _said(one: Outcome, state: State) -> str:
    return worded(figure(one.kpi), state.value, one.target)


def _words(step: Step, done: float, view: View) -> str:
    unit = view.tree[step.unit].name if step.unit in view.tree.units else step.unit
    n = number(done)
    match step.action:
        case "clear":
            text = _("{unit} giải quyết {n} hồ sơ quá hạn.", unit=unit, n=n)
        case "finish":
            text = _("{unit} giải quyết {n} hồ sơ còn hạn.", unit=unit, n=n)
        case "integrate":
            text = _("{unit} tích hợp {n} dịch vụ.", unit=unit, n=n)
        case "raise":
            text = _("{unit} nâng {n} dịch vụ lên mức độ 4.", unit=unit, n=n)
        case _:
            text = _("{unit} đạt {n} mỗi ngày làm việc ({name}).", unit=unit, n=n, name=present.short(figure(step.kpi)) if step.kpi else "")  # fmt: skip
    return (
        text
        if done == step.amount
        else text + " " + _("(chỉ có từng ấy trong {wanted} được nêu)", wanted=number(step.amount))
    )


def _line(one: Outcome, view: View) -> list[Cell]:
    declared = figure(one.kpi)
    return [
        Cell(
            present.bare_name(one.name), present.short(declared), href=view.href("progress", unit=one.unit, kpi=one.kpi)
        ),
        Cell(_said(one, one.now), right=True, raw=one.now.value, label=_("hiện nay")),
        Cell(
            worded(declared, one.then.value, one.target), right=True, bold=True, raw=one.then.value, label=_("sau đó")
        ),
        Cell(_ranks(one.now, one.then), right=True, label=_("hạng")),
        Cell(f"{_day(one.now.arrival, view)} → {_day(one.then.arrival, view)}", right=True, label=_("ngày đạt")),
    ]


def _ranks(now: State, then: State) -> str:
    if now.rank is None or then.rank is None:
        return present.NOTHING
    return f"{now.rank} → {then.rank}"


def _day(day: dt.date | None, view: View) -> str:
    if day is None:
        return present.NOTHING
    return _("đã đạt") if day <= view.day else short_date(day)


def _add_step(view: View, steps: list[Step]) -> None:
    """One more step; its parts are plain inputs, only the finished step goes into the link."""
    actions = {
        "clear": _("giải quyết hồ sơ quá hạn"), "finish": _("giải quyết hồ sơ còn hạn"), "integrate": _("tích hợp dịch vụ"),
        "raise": _("nâng dịch vụ lên mức độ 4"), "pace": _("đạt nhịp mỗi ngày làm việc"),
    }  # fmt: skip
    shown = [unit for level in view.with_unit(view.tree.root).levels_below() for unit in view.units_of(level)]
    units = {unit.code: unit.name for unit in (*shown, view.place) if view.viewer.scope.allows(unit.code)}
    if not units:
        return
    kpis = {kpi: present.short(figure(kpi)) for kpi in view.target_kpis if figure(kpi).reads != "series"}
    frame.show(Heading(_("Thêm một bước")))
    with st.container(horizontal=True, vertical_alignment="bottom", key="new_step"):
        default = list(units).index(view.unit) if view.unit in units else 0
        unit = st.selectbox(_("Đơn vị"), list(units), index=default, format_func=units.__getitem__, width=280)
        action = st.selectbox(_("Việc"), list(actions), format_func=actions.__getitem__, width=260)
        kpi = (
            st.selectbox(_("Chỉ tiêu"), list(kpis), format_func=kpis.__getitem__, width=240) if action == "pace" else ""
        )
        amount = st.number_input(_("Số lượng"), min_value=1, max_value=1_000_000, value=10, step=1, width=140)
        step = Step(unit, action, float(amount), kpi or "")
        st.button(_("Thêm"), type="primary", on_click=lambda: _write([*steps, step]), disabled=len(steps) >= MOST_STEPS)


def _kept(view: View, steps: list[Step]) -> None:
    found = whatif.kept(view.store, view.campaign.key)
    if steps and doors.is_open(view.viewer, "progress/keep"):
        with st.container(horizontal=True, vertical_alignment="bottom", key="keep"):
            name = st.text_input(_("Tên kịch bản"), max_chars=80, width=320)
            if st.button(_("Lưu kịch bản"), disabled=not name.strip()):
                access.require(view.viewer, doors.DOORS["progress/keep"])
                whatif.save(view.store, view.campaign.key, name.strip(), steps, who=view.viewer.name, at=time.time_ns() // 1000, as_of=view.as_of)  # fmt: skip
                st.rerun()
    if found:
        links = [(one.name, view.href("progress", part="whatif", steps=";".join(map(str, one.steps)))) for one in found]
        frame.show(Heading(_("Kịch bản đã lưu")), Picks(links))
