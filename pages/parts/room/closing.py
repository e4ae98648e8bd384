"""Opening and ending a meeting, what else is to stand in the minutes, and the minutes."""

from __future__ import annotations

import streamlit as st

from data.locale import _
from data.locale.formats import moment, number
from kpi import meeting
from kpi.meeting import Meeting
from kpi.reports import files, minutes
from pages.parts import frame, links
from pages.parts.blocks import Note, Verdict
from pages.parts.room import Sitting, acting
from pages.parts.view import View


def opening(sitting: Sitting) -> None:
    """One click opens the meeting of this moment and freezes its figures."""
    view, here = sitting.view, sitting.here
    if here is None:
        if sitting.may:
            at = moment(view.as_of, view.home.zone)
            st.button(_("Mở phiên họp: chốt số liệu {at}", at=at), type="primary", key="meeting_begin", icon=":material/lock:", on_click=_begin, args=(view,))  # fmt: skip
        return
    frame.show(Note(_state(here, view)))


def _state(here: Meeting, view: View) -> str:
    at, zone = moment(here.at, view.home.zone), view.home.zone
    if here.closed_at is None:
        return _("Phiên họp đang mở từ {at}; số liệu đã chốt (bản {n}).", at=at, n=here.issue_id)
    return _("Phiên họp đã kết thúc lúc {at}; số liệu đã chốt (bản {n}).", at=moment(here.closed_at, zone), n=here.issue_id)  # fmt: skip


def draw(sitting: Sitting) -> None:
    view, here = sitting.view, sitting.here
    if here is None:
        frame.show(Verdict(_("Chưa mở phiên họp ở thời điểm này"), _("Mở phiên họp là chốt mọi số liệu của chiến dịch ở thời điểm đang xem, để phiên sau đối chiếu.")))  # fmt: skip
        return
    n = len(sitting.made_here)
    title = _("Phiên họp giao {n} việc", count=n, n=number(n)) if n else _("Phiên họp không giao việc nào")
    frame.show(Verdict(title, _state(here, view)))
    if sitting.writes:
        st.session_state.setdefault(f"notes_{here.id}", here.notes)
        st.text_area(_("Ý kiến khác cần ghi vào biên bản (không ghi số giấy tờ, điện thoại)"), key=f"notes_{here.id}", height=160, on_change=_note, args=(view, here), max_chars=acting.LONGEST)  # fmt: skip
    elif here.notes and view.is_root:  # of the whole meeting, like its minutes
        frame.show(*map(Note, here.notes.splitlines()))
    with st.container(horizontal=True):
        # Minutes are of the whole meeting: of one unit's decisions alone they would be none.
        if view.is_root:
            name = f"bien-ban-{view.campaign.key}-{view.day}.docx"
            frame.file(_("Tải biên bản (DOCX)"), name, files.MEDIA["docx"], lambda: _minutes(sitting), type="secondary", icon=":material/description:")  # fmt: skip
        if sitting.writes:
            st.button(_("Kết thúc phiên họp"), type="primary", key="meeting_end", on_click=_end, args=(view,))
        elif sitting.may:
            st.button(_("Mở lại phiên họp"), key="meeting_again", on_click=_begin, args=(view,))


def _minutes(sitting: Sitting) -> bytes:
    view, here = sitting.view, sitting.here
    assert here is not None
    report = minutes.build(view.store, view.home, view.campaign, here, sitting.promises, sitting.made_here)
    return files.write(view.store, view.home, report, "docx", scope=view.viewer.scope)


def _begin(view: View) -> None:
    def write(who: str, at: int) -> None:
        meeting.begin(view.store, view.home, view.campaign, as_of=view.as_of, who=who, at=at)

    if acting.act(view, "begun", write):
        # The link stays with this moment, whatever is loaded meanwhile.
        st.query_params["as_of"] = links.exactly(view.as_of, view.home)


def _note(view: View, here: Meeting) -> None:
    text = acting.kept(st.session_state[f"notes_{here.id}"])
    st.session_state[f"notes_{here.id}"] = text
    acting.act(view, "noted", lambda who, at: meeting.note(view.store, acting.open_meeting(view), text, who=who, at=at))


def _end(view: View) -> None:
    acting.act(view, "ended", lambda who, at: meeting.end(view.store, acting.open_meeting(view), who=who, at=at))
