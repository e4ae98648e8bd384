"""States of reports in words. No streamlit."""

from __future__ import annotations

from data.locale import _
from data.locale.formats import number
from kpi.reports.rhythm import State, counts
from pages.parts.blocks import Mark
from pages.parts.report import Desk


def mark(state: State) -> Mark:
    return {
        State.ON_TIME: Mark("✔", _("Phát hành đúng ngày"), "good"),
        State.LATE: Mark("▲", _("Phát hành muộn"), "warn"),
        State.MISSING: Mark("✖", _("Chưa phát hành"), "warn"),
        State.DUE: Mark("●", _("Đến hạn hôm nay"), "good"),
        State.TO_COME: Mark("○", _("Chưa đến kỳ"), "none"),
    }[state]


def verdict(desk: Desk) -> tuple[str, str]:
    """What is to be reported of, and where it stands."""
    lead = _lead(desk)
    if not desk.view.is_root:
        return _("Báo cáo về {unit}, số liệu đến {at}", unit=desk.view.place.name, at=desk.at), lead
    if desk.slot is None:
        return _("Báo cáo ngoài lịch, số liệu đến {at}", at=desk.at), lead
    place = {"n": number(desk.slot.number), "all": number(len(desk.slots)), "at": desk.at}
    if desk.issue is not None:
        return _("Kỳ {n}/{all}, số liệu đến {at}: đã phát hành", **place), lead
    return _("Kỳ {n}/{all}, số liệu đến {at}: chưa phát hành", **place), lead


def _lead(desk: Desk) -> str:
    found = counts(desk.slots)
    done = found[State.ON_TIME] + found[State.LATE]
    reached = len(desk.slots) - found[State.TO_COME]
    if not desk.slots:
        return _("Chiến dịch không đặt nhịp báo cáo.")
    text = _("Số liệu đã đến {reached} kỳ trong {all}; **{n} kỳ đã phát hành**", reached=number(reached), all=number(len(desk.slots)), n=number(done))  # fmt: skip
    if found[State.LATE]:
        text += _(", {n} kỳ muộn", n=number(found[State.LATE]))
    return f"{text}."


HEAD = ("number", "symbol", "place", "date_line", "authority", "office", "kind", "subject", "to", "recipients", "sign_for", "sign_title", "signer")  # fmt: skip
"""Entries of the head in the order in which they are filled in."""


def head_label(name: str) -> str:
    labels = {
        "number": _("Số"),
        "symbol": _("Ký hiệu"),
        "place": _("Nơi ban hành"),
        "date_line": _("Dòng địa danh, ngày tháng"),
        "authority": _("Cơ quan chủ quản"),
        "office": _("Cơ quan ban hành"),
        "kind": _("Tên loại văn bản"),
        "subject": _("Trích yếu"),
        "to": _("Kính gửi (mỗi dòng một nơi)"),
        "recipients": _("Nơi nhận (mỗi dòng một nơi)"),
        "sign_for": _("Quyền hạn ký (TM., KT., TL.)"),
        "sign_title": _("Chức vụ người ký"),
        "signer": _("Người ký"),
    }
    return labels[name]
