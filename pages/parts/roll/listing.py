"""Everybody on the roll, and what an administrator may do about one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from data import logins, roll
from data.access import Role
from data.errors import CampaignError
from data.locale import _
from data.locale.formats import NOTHING, moment, number, sort_key
from data.roll import ACTIVE, Person, Wanted
from pages.parts import access, choose, doors, frame
from pages.parts.blocks import Cell, Column, Heading, Note, State, Table
from pages.parts.intake import now
from pages.parts.literal import literal
from pages.parts.roll import words
from pages.parts.view import View

MESSAGE = "roll_message"
WIDTH = 420


def draw(view: View) -> None:
    tell()
    people = roll.everybody(view.store)
    if not people:
        frame.show(State(_("Chưa có người dùng nào"), (_("Người đầu tiên được ghi trong **viewers.csv** của thư mục dữ liệu, hoặc mời ngay ở đây khi làm việc tại máy chủ."),)))  # fmt: skip
        return
    table(view)
    names = {"": _("Chọn một người để thay đổi")} | {str(one.id): f"{one.is_.name} – {words.is_(one.is_, view)}" for one in people}  # fmt: skip
    chosen = choose.one(names, _("Người cần thay đổi"), "entry")
    one = next((one for one in people if str(one.id) == chosen), None)
    if one is not None:
        _about(one, view)


def table(view: View) -> None:
    """Everybody on the roll, to be read only."""
    used = logins.open_logins(view.store, now())
    columns = [Column(_("Người dùng")), Column(_("Vai trò")), Column(_("Đơn vị")), Column(_("Trạng thái")), Column(_("Đang đăng nhập"), True), Column(_("Do ai thêm"))]  # fmt: skip
    frame.show(Table(columns, [_line(one, used.get(one.id), view) for one in roll.everybody(view.store)]))


def _line(one: Person, used: tuple[int, int] | None, view: View) -> list[Cell]:
    count, last = used or (0, None)
    active = one.state == ACTIVE
    return [
        Cell(one.is_.name, one.is_.email or one.is_.subject, bold=True),
        Cell(words.role(one.is_.role), label=_("vai trò")),
        Cell(words.unit(one.is_.unit, view), label=_("đơn vị")),
        Cell(f"{'✔' if active else '○'} {words.state(one)}", tone="good" if active else "none"),
        Cell(number(count) if count else NOTHING, moment(last, view.home.zone) if last else "", right=True, label=_("đang đăng nhập")),
        Cell(one.made_by, moment(one.made_at, view.home.zone), label=_("do ai thêm")),
    ]  # fmt: skip


def _about(one: Person, view: View) -> None:
    frame.show(Heading(one.is_.name))
    to = asked(view, f"person_{one.id}", one.is_)
    with st.container(horizontal=True, key="person_answers"):
        if st.button(_("Thay đổi"), type="primary", key="person_change", disabled=to == one.is_):
            _propose(view, to, one)
        if st.button(_("Kết thúc mọi phiên đăng nhập"), key="person_logout"):
            access.require(view.viewer, doors.DOORS[view.page])
            _do(lambda: roll.end_sessions(view.store, view.viewer, one.id, now()), _("Đã kết thúc mọi phiên của {name}.", name=one.is_.name))  # fmt: skip
    sure = st.checkbox(_("Tôi muốn bỏ {name} khỏi danh sách", name=literal(one.is_.name)), key=f"person_sure_{one.id}")
    if st.button(_("Bỏ khỏi danh sách"), key="person_remove", disabled=not sure):
        access.require(view.viewer, doors.DOORS[view.page])
        _do(lambda: roll.remove(view.store, view.viewer, one.id, now()), _("Đã bỏ {name}; có hiệu lực ngay ở mọi nơi.", name=one.is_.name))  # fmt: skip


def invite(view: View) -> None:
    """Somebody new."""
    tell()
    frame.show(
        Heading(_("Mời một người")),
        Note(_("Người được mời đăng nhập bằng tài khoản công vụ có đúng thư điện tử này, đã được nơi đăng nhập xác thực. Lần đầu đăng nhập gắn tài khoản ấy vào lời mời.")),
    )  # fmt: skip
    email = st.text_input(_("Thư điện tử"), key="invite_email", max_chars=200, width=WIDTH)
    to = asked(view, "invite", Wanted("", Role.leader, email=email))
    if st.button(_("Mời"), type="primary", key="invite_do"):
        _propose(view, to, None)


def asked(view: View, key: str, now_: Wanted) -> Wanted:
    """Name, role and unit as the inputs have them."""
    roles = {role.value: words.role(role) for role in Role}
    units = {"": _("Không gắn với đơn vị nào")}
    units |= {unit.code: unit.name for unit in sorted(view.tree.units.values(), key=lambda unit: sort_key(unit.name)) if unit.valid}  # fmt: skip
    if now_.unit not in units:
        units[now_.unit] = now_.unit
    name = st.text_input(_("Họ tên"), now_.name, key=f"{key}_name", max_chars=200, width=WIDTH)
    role = st.selectbox(_("Vai trò"), list(roles), list(roles).index(now_.role.value), format_func=roles.__getitem__, key=f"{key}_role", width=WIDTH)  # fmt: skip
    unit = st.selectbox(_("Đơn vị"), list(units), list(units).index(now_.unit), format_func=units.__getitem__, key=f"{key}_unit", width=WIDTH)  # fmt: skip
    return replace(now_, name=name, role=Role(role), unit=unit)


def _propose(view: View, to: Wanted, one: Person | None) -> None:
    access.require(view.viewer, doors.DOORS[view.page])
    try:
        waits = roll.propose(view.store, view.viewer, to, now(), None if one is None else one.id)
    except CampaignError as fault:
        st.error(literal(str(fault)))
        return
    done = _("Đã thay đổi {name}.", name=to.name) if one else _("Đã mời {name}.", name=to.name)
    st.session_state[MESSAGE] = done if waits is None else _("Đề nghị về {name} chờ quản trị viên thứ hai xác nhận.", name=to.name)  # fmt: skip
    choose.write("entry", "")
    st.rerun()


def _do(work: Callable[[], object], done: str) -> None:
    try:
        work()
    except CampaignError as fault:
        st.error(literal(str(fault)))
        return
    st.session_state[MESSAGE] = done
    choose.write("entry", "")
    st.rerun()


def tell() -> None:
    """What the last click did."""
    if MESSAGE in st.session_state:
        st.success(literal(st.session_state.pop(MESSAGE)))
