"""Part: what to check, the files, and issuing: from then on figures and words stand still."""

from __future__ import annotations

import streamlit as st

from data.access import Action
from data.locale import _
from data.locale.formats import number
from kpi.reports import issuing
from kpi.reports.checklist import Item, checklist
from pages.parts import frame
from pages.parts.blocks import Cell, Column, Heading, Note, State, Table
from pages.parts.report import Desk, acting, preview
from pages.parts.room.acting import kept


def draw(desk: Desk) -> None:
    view = desk.view
    items = checklist(view.store, view.home, view.campaign, desk.facts, desk.draft)
    open_ones = sum(not one.ok for one in items)
    if open_ones:
        title = _("Còn {n} mục cần xem trong {all} mục kiểm tra", count=open_ones, n=number(open_ones), all=len(items))
    else:
        title = _("Cả {n} mục kiểm tra đều đạt", n=len(items))
    columns = [Column(_("Mục")), Column(_("Kết quả")), Column(_("Tình trạng"))]
    frame.show(Heading(title), Table(columns, [_line(one, desk) for one in items]))
    frame.show(Heading(_("Tải báo cáo")))
    preview.downloads(desk)
    if desk.may_issue:
        _issue(desk, open_ones)


def _line(one: Item, desk: Desk) -> list[Cell]:
    href = desk.view.href(one.page, part=one.part) if one.page else ""
    found = Cell(_("✔ đạt"), tone="good", bold=True) if one.ok else Cell(_("▲ cần xem"), tone="warn", bold=True)
    return [Cell(one.name, href=href), found, Cell(one.words)]


def _issue(desk: Desk, open_ones: int) -> None:
    head, again = desk.draft.head, desk.issue is not None
    frame.show(Heading(_("Phát hành lại") if again else _("Phát hành")))
    if again:
        assert desk.issue is not None
        frame.show(State(_("Kỳ này đã phát hành (bản {n})", n=desk.issue.id), (_("Bản đã phát hành giữ nguyên. Chỉ phát hành lại khi có lý do; bản mới ghi rõ lý do và bản được thay."),)))  # fmt: skip
    with st.container(border=True, key="report_issue"):
        left, middle, right = st.columns([1, 1, 2])
        with left:
            st.text_input(_("Số"), head.number, key=f"issue_number_{desk.as_of}", max_chars=40)
        with middle:
            st.text_input(_("Ký hiệu"), head.symbol, key=f"issue_symbol_{desk.as_of}", max_chars=60)
        with right:
            st.text_input(_("Người ký"), head.signer, key=f"issue_signer_{desk.as_of}", max_chars=100)
        reason = (
            st.text_input(_("Lý do phát hành lại"), key=f"issue_reason_{desk.as_of}", max_chars=300) if again else ""
        )
        what = _("Tôi đã đọc bản thảo; số liệu và lời văn được đóng băng, không sửa được nữa")
        if open_ones:
            what = _("Tôi đã đọc bản thảo và {n} mục cần xem; số liệu và lời văn được đóng băng, không sửa được nữa", count=open_ones, n=number(open_ones))  # fmt: skip
        sure = st.checkbox(what, key=f"issue_sure_{desk.as_of}_{desk.draft.data_version}")
        st.button(
            _("Phát hành lại báo cáo") if again else _("Phát hành báo cáo"), type="primary", icon=":material/lock:", key="issue",
            disabled=not sure or (again and not reason.strip()), on_click=_freeze, args=(desk, desk.draft.data_version),
        )  # fmt: skip
    frame.show(Note(_("Số, ký hiệu và người ký ghi ở đây thay cho phần thể thức của bản thảo.")))


def _freeze(desk: Desk, seen: str) -> None:
    view = desk.view
    entries = {name: kept(str(st.session_state.get(f"issue_{name}_{desk.as_of}", ""))) for name in ("number", "symbol", "signer", "reason")}  # fmt: skip
    reason = entries.pop("reason")

    def write(who: str, at: int) -> None:
        issuing.issue(
            view.store, view.home, view.campaign, as_of=desk.as_of, who=who, at=at, reason=reason, head=entries, expected=seen
        )  # fmt: skip

    if acting.act(view, Action.issue, "issued", write):
        for name in (*entries, "reason"):
            st.session_state.pop(f"issue_{name}_{desk.as_of}", None)
