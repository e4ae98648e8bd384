"""Tokens for machines: what each may do, until when; made here, and seen this once."""

from __future__ import annotations

import streamlit as st

from data import tokens
from data.access import Action
from data.errors import CampaignError
from data.locale import _
from data.locale.formats import NOTHING, listed, moment, sort_key
from data.tokens import Token
from pages.parts import access, doors, frame, present
from pages.parts.blocks import Cell, Column, Heading, Note, State, Table
from pages.parts.intake import now
from pages.parts.literal import literal
from pages.parts.roll import listing, words
from pages.parts.view import View

USUAL_DAYS = 180


def draw(view: View) -> None:
    listing.tell()
    found = tokens.listed(view.store)
    if found:
        columns = [Column(_("Mã truy cập")), Column(_("Được làm gì")), Column(_("Đơn vị")), Column(_("Hiệu lực đến")), Column(_("Dùng gần nhất")), Column(_("Do ai cấp"))]  # fmt: skip
        frame.show(Table(columns, [_line(one, view) for one in found]))
        _revoke([one for one in found if one.is_live(now())], view)
    else:
        frame.show(State(_("Chưa cấp mã truy cập nào"), (_("Mã truy cập cho trung tâm điều hành hoặc hệ thống khác lấy số liệu qua API; mỗi mã chỉ làm được những việc đã ghi."),)))  # fmt: skip
    _make(view)


def _line(one: Token, view: View) -> list[Cell]:
    live = one.is_live(now())
    until = moment(one.expires, view.home.zone)
    words_ = (
        f"✔ {until}"
        if live
        else "✖ " + (_("đã thu hồi") if one.revoked_at is not None else _("hết hạn {at}", at=until))
    )
    return [
        Cell(one.name, _("số {n}", n=one.id), bold=True),
        Cell(present.upper_first(listed(present.lower_first(words.action(action)) for action in one.actions))),
        Cell(words.unit(one.unit, view) if one.unit else _("Toàn tỉnh"), label=_("đơn vị")),
        Cell(words_, tone="good" if live else "none", label=_("hiệu lực")),
        Cell(moment(one.last_used, view.home.zone) if one.last_used else NOTHING, label=_("dùng gần nhất")),
        Cell(one.made_by, moment(one.made_at, view.home.zone), label=_("do ai cấp")),
    ]


def _revoke(live: list[Token], view: View) -> None:
    if not live:
        return
    names = {one.id: f"{one.id} – {one.name}" for one in live}
    with st.container(horizontal=True, vertical_alignment="bottom", key="revoke"):
        number = st.selectbox(_("Thu hồi mã"), list(names), format_func=names.__getitem__, key="revoke_number", width=listing.WIDTH)  # fmt: skip
        if st.button(_("Thu hồi"), key="revoke_do") and number is not None:
            access.require(view.viewer, doors.DOORS[view.page])
            try:
                tokens.revoke(view.store, view.viewer, number, now())
            except CampaignError as fault:
                st.error(literal(str(fault)))
                return
            st.session_state[listing.MESSAGE] = _("Đã thu hồi mã {name}.", name=names[number])
            st.rerun()


def _make(view: View) -> None:
    frame.show(Heading(_("Cấp mã truy cập")))
    actions = {action.value: words.action(action) for action in tokens.GIVEN}
    units = {"": _("Toàn tỉnh")}
    units |= {unit.code: unit.name for unit in sorted(view.tree.units.values(), key=lambda unit: sort_key(unit.name)) if unit.valid and unit.code != view.tree.root}  # fmt: skip
    name = st.text_input(_("Hệ thống nào dùng mã này"), key="token_name", max_chars=100, width=listing.WIDTH)
    chosen = st.multiselect(_("Được làm gì"), list(actions), [Action.figures.value], format_func=actions.__getitem__, key="token_actions", width=2 * listing.WIDTH)  # fmt: skip
    unit = st.selectbox(_("Đơn vị"), list(units), format_func=units.__getitem__, key="token_unit", width=listing.WIDTH)
    days = st.number_input(_("Hiệu lực (ngày)"), 1, tokens.MOST_DAYS, USUAL_DAYS, key="token_days", width=listing.WIDTH)
    if not st.button(_("Cấp mã"), type="primary", key="token_make"):
        return
    access.require(view.viewer, doors.DOORS[view.page])
    try:
        number, secret = tokens.make(view.store, view.viewer, name, [Action(one) for one in chosen], unit, int(days), now())  # fmt: skip
    except CampaignError as fault:
        st.error(literal(str(fault)))
        return
    st.success(_("Mã truy cập số {n}. Hãy chép ngay: mã chỉ hiện lần này và không được lưu.", n=number))
    st.code(secret, language=None)
    frame.show(Note(_("Máy gửi mã trong dòng **Authorization: Bearer …** của mỗi yêu cầu; không bao giờ ghi mã vào địa chỉ.")))  # fmt: skip
