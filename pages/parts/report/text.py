"""Part: the drafted words, paragraph by paragraph, and the head; every change is kept as soon as it is made."""

from __future__ import annotations

import hashlib

import streamlit as st

from data.access import Action
from data.locale import _
from data.locale.formats import number
from kpi.reports import drafts
from kpi.reports.content import Paragraph, Section
from pages.parts import frame
from pages.parts.blocks import Heading, Note, State
from pages.parts.literal import literal
from pages.parts.report import Desk, acting, words
from pages.parts.room.acting import kept

LISTS = ("subject", *drafts.LISTS)


def draw(desk: Desk) -> None:
    if desk.issue is not None:
        frame.show(State(_("Báo cáo này đã phát hành"), (_("Bản đã phát hành không đổi. Sửa ở đây chỉ vào bản thảo, dùng khi phát hành lại với lý do."),)))  # fmt: skip
    report = desk.draft
    frame.show(Heading(_("Thể thức: số, ký hiệu, nơi gửi, người ký")))
    with st.expander(literal(report.head.subject), key="report_head"):
        left, right = st.columns(2)
        for place, name in enumerate(words.HEAD):
            with right if place % 2 else left:
                _entry(desk, name, drafts.entry(report.head, name))
    found = drafts.paragraphs(report).values()
    edited, outdated = sum(one.edited for one in found), sum(one.outdated for one in found)
    frame.show(Heading(_said(edited, outdated)), Note(_("Mỗi đoạn được lập từ số liệu. Sửa xong bấm ra ngoài ô là lưu; để trống ô là bỏ đoạn. Khi số liệu đổi, lời bạn sửa vẫn giữ và được đánh dấu để đọc lại.")))  # fmt: skip
    above = ""
    for section in report.sections:
        above = section.number if section.level == 1 else above
        parts = [part for part in section.parts if isinstance(part, Paragraph)]
        if parts:
            number_ = section.number if section.level == 1 else f"{above}.{section.number}"
            _section(desk, section, f"{number_}. {section.title}" if section.title else _("Câu mở đầu"), parts)
    _left_over(desk)


def _said(edited: int, outdated: int) -> str:
    if outdated:
        return _("Lời văn: {n} đoạn đã sửa, số liệu đã đổi ở {m} đoạn", n=number(edited), m=number(outdated))
    if edited:
        return _("Lời văn: {n} đoạn đã sửa", count=edited, n=number(edited))
    return _("Lời văn: đúng như lập từ số liệu")


def _section(desk: Desk, section: Section, name: str, parts: list[Paragraph]) -> None:
    if any(part.outdated for part in parts):
        name += " · " + _("▲ số liệu đã đổi")
    elif any(part.edited for part in parts):
        name += " · " + _("đã sửa")
    with st.expander(literal(name), expanded=True, key=f"report_section_{section.key}"):
        for n, part in enumerate(parts, start=1):
            _paragraph(desk, part, _("Đoạn {n}", n=n))


def _paragraph(desk: Desk, part: Paragraph, name: str) -> None:
    state = _("▲ đã sửa, số liệu đã đổi") if part.outdated else _("đã sửa") if part.edited else ""
    key = _key(desk, part.key)
    # Each run the box is given what is kept: a change by somebody else shows as well.
    st.session_state[key] = part.text
    st.text_area(
        f"{name} · {state}" if state else name, key=key, height="content", max_chars=drafts.LONGEST, disabled=not desk.may_draft,
        on_change=_keep, args=(desk, part.key, key),
    )  # fmt: skip
    if not part.edited:
        return
    now = _("Bản thảo mới từ số liệu là:") if part.outdated else _("Bản thảo từ số liệu:")
    frame.show(Note(f"**{now}** {part.drafted.replace('**', '')}"))
    if desk.may_draft:
        with st.container(horizontal=True):
            st.button(_("Lấy lại bản thảo"), key=f"reset_{key}", on_click=_reset, args=(desk, part.key))
            if part.outdated:
                st.button(_("Giữ lời đã sửa"), key=f"confirm_{key}", on_click=_confirm, args=(desk, part.key))


def _entry(desk: Desk, name: str, text: str) -> None:
    key = _key(desk, f"{drafts.HEAD}{name}")
    st.session_state[key] = text
    changed = {
        "key": key,
        "on_change": _keep,
        "args": (desk, f"{drafts.HEAD}{name}", key),
        "disabled": not desk.may_draft,
    }
    if name in LISTS:
        st.text_area(words.head_label(name), height="content", max_chars=drafts.LONGEST, **changed)
    else:
        st.text_input(words.head_label(name), max_chars=200, **changed)


def _left_over(desk: Desk) -> None:
    """Edits whose paragraph the data no longer give reason for."""
    found = drafts.edits(desk.view.store, desk.view.campaign, desk.as_of, desk.unit)
    gone = drafts.left_over(desk.draft, found)
    if not gone:
        return
    frame.show(Heading(_("{n} đoạn đã sửa không còn trong báo cáo", count=len(gone), n=number(len(gone)))))
    for one in gone:
        frame.show(Note(one.text.replace("**", "")))
        if desk.may_draft:
            st.button(_("Bỏ đoạn này"), key=f"drop_{_key(desk, one.part)}", on_click=_reset, args=(desk, one.part))


def _key(desk: Desk, part: str) -> str:
    """Of a box: another report, another box."""
    whose = f"{desk.view.campaign.key}|{desk.as_of}|{desk.unit}|{part}"
    return f"report_{hashlib.sha256(whose.encode()).hexdigest()[:16]}"


def _asked(desk: Desk) -> tuple[object, ...]:
    view = desk.view
    return view.store, view.home, view.campaign, desk.as_of


def _keep(desk: Desk, part: str, key: str) -> None:
    text = kept(st.session_state[key])
    acting.act(desk.view, Action.draft, "kept", lambda who, at: drafts.edit(*_asked(desk), {part: text}, unit=desk.unit, who=who, at=at))  # fmt: skip


def _reset(desk: Desk, part: str) -> None:
    acting.act(desk.view, Action.draft, "reset", lambda who, at: drafts.reset(*_asked(desk), part, unit=desk.unit, who=who, at=at))  # fmt: skip


def _confirm(desk: Desk, part: str) -> None:
    acting.act(desk.view, Action.draft, "confirmed", lambda who, at: drafts.confirm(*_asked(desk), part, unit=desk.unit, who=who, at=at))  # fmt: skip
