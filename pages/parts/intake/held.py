"""Files that wait for a person's yes or no: cut off, or older than what is known."""

from __future__ import annotations

import streamlit as st

from data.errors import CampaignError
from data.locale import _
from data.locale.formats import moment, number
from loaders import held
from loaders.report import LoadReport
from pages.parts import access, doors, frame, trust_words
from pages.parts.blocks import Heading, Note
from pages.parts.intake import now
from pages.parts.literal import literal
from pages.parts.view import View

MESSAGE = "held_message"


def draw(view: View) -> None:
    if MESSAGE in st.session_state:
        _tell(*st.session_state.pop(MESSAGE))
    waiting = held.waiting(view.store)
    if not waiting:
        frame.show(
            Heading(_("Không tệp nào chờ quyết định")),
            Note(_("Tệp ngắn hơn hẳn mọi khi, hoặc cũ hơn số liệu đã có, được giữ lại đây và chưa tính vào số nào cho đến khi có người quyết định.")),
        )  # fmt: skip
        return
    frame.show(Heading(_("{n} tệp chờ quyết định", count=len(waiting), n=number(len(waiting)))))
    for one in waiting:
        with st.container(border=True, key=f"held_{one.id}"):
            received = moment(one.at, view.home.zone)
            frame.show(
                Heading(one.file),
                Note(f"**{one.reason}**"),
                Note(_("Nhận lúc {at}, {who}, mẫu {profile}: {read} dòng, {refused} dòng bị từ chối.", at=received, who=one.who, profile=one.profile, read=number(one.read), refused=number(one.refused))),
            )  # fmt: skip
            if not doors.is_open(view.viewer, "imports/decide"):
                continue
            with st.container(horizontal=True):
                st.button(_("Nạp tệp này"), key=f"held_yes_{one.id}", type="primary", on_click=_decide, args=(view, one.id, one.file, True))  # fmt: skip
                st.button(
                    _("Không nạp"), key=f"held_no_{one.id}", on_click=_decide, args=(view, one.id, one.file, False)
                )


def _decide(view: View, held_id: int, file: str, yes: bool) -> None:
    """Runs before the page and its language: words are made afterwards."""
    try:
        access.require(view.viewer, doors.DOORS["imports/decide"])
        report = held.decide(view.store, view.home, held_id, yes, who=view.viewer.name, at=now())
    except CampaignError as fault:
        st.session_state[MESSAGE] = (file, None, str(fault))
        return
    st.session_state[MESSAGE] = (file, report if yes else None, "")


def _tell(file: str, report: LoadReport | None, fault: str) -> None:
    if fault:
        st.error(literal(fault))
    elif report is None:
        st.success(_("{file}: không nạp", file=literal(file)))
    else:
        st.success(literal(f"{file}: {trust_words.status(report).text}"))
