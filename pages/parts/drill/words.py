"""What dossiers and services are called on the way down. No streamlit."""

from __future__ import annotations

from data.clock import parse_moment
from data.locale import _
from data.locale.formats import NOTHING, moment
from pages.parts.messages import scheme_words
from pages.parts.view import View


def at(text: str | None, view: View) -> str:
    """A moment of the engine's (ISO) as the office writes it."""
    return moment(parse_moment(text, view.home.zone), view.home.zone) if text else NOTHING


def unit(code: str, view: View) -> str:
    found = view.tree.units.get(code)
    return found.name if found else code


def status(code: int | None) -> str:
    """A national status code in words."""
    words = {
        1: _("mới đăng ký"),
        2: _("được tiếp nhận"),
        3: _("không được tiếp nhận"),
        4: _("đang xử lý"),
        5: _("yêu cầu bổ sung"),
        6: _("yêu cầu nghĩa vụ tài chính"),
        7: _("công dân rút hồ sơ"),
        8: _("dừng xử lý"),
        9: _("đã xử lý xong"),
        10: _("đã trả kết quả"),
    }
    return words.get(code, NOTHING) if code is not None else NOTHING


def channel(name: str | None) -> str:
    words = {"online": _("trực tuyến"), "counter": _("trực tiếp"), "post": _("bưu chính"), "other": _("cách khác")}
    return words.get(name or "", NOTHING)


def state(name: str) -> str:
    """The state of a service in the catalogue."""
    words = {
        "listed": _("trong danh mục"),
        "reviewed": _("đã rà soát"),
        "submitted": _("đã gửi"),
        "rejected": _("bị từ chối"),
        "integrated": _("đã tích hợp"),
        "withdrawn": _("đã gỡ khỏi danh mục"),
    }
    return words.get(name, name)


def scheme(key: str | None) -> str:
    """How a rank was made."""
    return scheme_words(key) if key else ""


def correction(kind: str) -> str:
    """Why a figure of a day already told changed."""
    words = {
        "late": _("Số liệu đến muộn"),
        "correction": _("Sửa lại"),
        "undo": _("Hoàn tác"),
        "definition": _("Đổi cách tính"),
    }
    return words.get(kind, kind)


def field(name: str) -> str:
    """A field of a dossier."""
    words = {
        "dossier_code": _("hồ sơ mới biết"),
        "unit": _("đơn vị"),
        "unit_id": _("đơn vị"),
        "procedure": _("thủ tục"),
        "service_level": _("mức độ dịch vụ"),
        "channel": _("hình thức nộp"),
        "return_mode": _("hình thức trả"),
        "digitised": _("số hóa"),
        "payment": _("thanh toán"),
        "status": _("trạng thái"),
        "submitted_at": _("ngày nộp"),
        "accepted_at": _("ngày tiếp nhận"),
        "due_at": _("ngày hẹn trả"),
        "finished_at": _("ngày xong"),
        "returned_at": _("ngày trả"),
        "apology_at": _("ngày xin lỗi"),
        "apology_new_due_at": _("ngày hẹn lại"),
    }
    return words.get(name, name)
