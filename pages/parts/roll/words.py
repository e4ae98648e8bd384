"""Roles, actions, reaches and log entries in words. No streamlit."""

from __future__ import annotations

import json
from typing import Any

from data.access import Action, Reach, Role
from data.audit import Line
from data.locale import _
from data.locale.formats import NOTHING, number
from data.roll import ACTIVE, Change, Person, Wanted
from pages.parts.view import View

SHAPES = {Reach.none: "–", Reach.own: "◐", Reach.kind: "◑", Reach.province: "●"}


def role(one: Role) -> str:
    return {
        Role.administrator: _("Quản trị viên"),
        Role.committee: _("Ban Chỉ đạo"),
        Role.leader: _("Lãnh đạo tỉnh"),
        Role.head: _("Thủ trưởng đơn vị"),
        Role.officer: _("Cán bộ tổng hợp"),
        Role.auditor: _("Người kiểm tra"),
    }[one]


def action(one: Action) -> str:
    return {
        Action.figures: _("Xem số liệu, thứ hạng, chỉ tiêu"),
        Action.dossiers: _("Xem và tải hồ sơ"),
        Action.imports: _("Xem việc nạp tệp, dòng bị từ chối"),
        Action.load: _("Nạp tệp, quyết định tệp chờ"),
        Action.undo: _("Hoàn tác lần nạp"),
        Action.targets: _("Đổi chỉ tiêu, giải trình sửa số"),
        Action.reports: _("Xem và tải báo cáo"),
        Action.draft: _("Sửa lời báo cáo"),
        Action.issue: _("Chốt và phát hành báo cáo"),
        Action.meeting: _("Xem phòng họp, kết luận"),
        Action.decide: _("Ghi kết luận, đánh dấu mốc"),
        Action.audit: _("Xem nhật ký, ai được làm gì"),
        Action.people: _("Đổi người dùng, mã truy cập"),
    }[one]


def reach(one: Reach) -> str:
    return {
        Reach.none: _("không"),
        Reach.own: _("đơn vị mình"),
        Reach.kind: _("đơn vị cùng loại"),
        Reach.province: _("toàn tỉnh"),
    }[one]


def entry(one: str) -> str:
    """What was done, as the log calls it: an action of the table, or one of the program's own."""
    if one in set(Action):
        return action(Action(one))
    return {
        "login": _("Đăng nhập"),
        "logout": _("Đăng xuất"),
        "bind": _("Lần đăng nhập đầu tiên"),
        "token": _("Mã truy cập"),
        "hold": _("Giữ tệp chờ quyết định"),
        "definition": _("Định nghĩa đổi"),
        "backup": _("Sao lưu"),
        "restore": _("Phục hồi"),
        "retention": _("Cắt nhật ký quá hạn lưu"),
    }.get(one, one)


ENTRIES = (*Action, "login", "logout", "bind", "token", "hold", "definition", "backup", "restore", "retention")
"""Every action an entry may have, in the order it is offered."""


def outcome(one: str) -> str:
    return {"done": _("đã làm"), "refused": _("bị từ chối"), "failed": _("không thành")}.get(one, one)


def unit(code: str, view: View) -> str:
    return view.tree.units[code].name if code in view.tree.units else code or NOTHING


def state(one: Person) -> str:
    return _("đang dùng") if one.state == ACTIVE else _("đã mời, chưa đăng nhập")


def is_(one: Wanted, view: View) -> str:
    """What somebody is: role, and unit where there is one."""
    return role(one.role) + (f", {unit(one.unit, view)}" if one.unit else "")


def change(one: Change, view: View) -> str:
    if one.before is None:
        return _("mời làm {to}", to=is_(one.to, view))
    if one.before.person != one.to.person:
        return _("tài khoản khác: {account}; {to}", account=one.to.email or one.to.subject, to=is_(one.to, view))
    return _("từ {before} thành {to}", before=is_(one.before, view), to=is_(one.to, view))


def verdict(people: list[Person], waiting: list[Change], view: View) -> tuple[str, str]:
    """How many there are, and whether there are enough to confirm each other's changes."""
    chiefs = sum(one.is_.role is Role.administrator for one in people)
    title = _("{n} người dùng, {chiefs} quản trị viên", count=len(people), n=number(len(people)), chiefs=number(chiefs))
    lead = []
    if waiting:
        lead.append(_("**{n} đề nghị chờ xác nhận.**", count=len(waiting), n=number(len(waiting))))
    if view.viewer.via == "local":
        lead.append(_("Việc làm ngay tại máy này có hiệu lực ngay."))
    elif chiefs < 2:
        lead.append(_("**Chỉ có một quản trị viên**: mở rộng quyền cần người thứ hai, hãy thêm ở máy chủ."))
    else:
        lead.append(_("Mở rộng quyền cần quản trị viên thứ hai xác nhận; thu hẹp và bỏ thì có hiệu lực ngay."))
    return title, " ".join(lead)


def log_verdict(total: int, view: View) -> tuple[str, str]:
    title = _("{n} mục nhật ký", count=total, n=number(total))
    days = view.home.file.access.audit_keep_days
    return title, _("Ai đã làm gì, lúc nào, kết quả ra sao. Không ai sửa được; giữ {days} ngày.", days=number(days))


def who(one: Line) -> tuple[str, str]:
    """Name, and below it the role with what the login or token is known by."""
    name, _dot, identity = one.who.partition(" · ")
    known = role(Role(one.role)) if one.role in set(Role) else one.role
    return name, " · ".join(filter(None, (known, identity)))


def details(one: Line) -> str:
    """What an entry holds beside its heads: counts of a load in words, the rest as the log has it. The whole is in the file."""
    found: dict[str, Any] = json.loads(one.details)
    counts = (
        ("new", _("mới {n}")),
        ("changed", _("thay đổi {n}")),
        ("unchanged", _("không đổi {n}")),
        ("refused", _("từ chối {n}")),
    )
    parts = [text.format(n=number(found.pop(key))) for key, text in counts if isinstance(found.get(key), int)]
    if parts:
        parts += [_("hồ sơ nguồn {name}", name=found["profile"])] if found.get("profile") else []
        return ", ".join(parts)
    return ", ".join(f"{key}: {value}" for key, value in found.items())
