"""Handing in files: judged by a rehearsal first, loaded only after a yes.

A file's bytes are in memory for as long as it is chosen and no longer; nothing of them is written but the facts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from data.access import Action
from data.errors import CampaignError
from data.home import Home
from data.locale import _
from data.locale.formats import number
from data.people import Viewer
from data.store import Store
from kpi import changes
from loaders.load import load_file
from loaders.report import LoadReport
from pages.parts import access, frame, trust_words
from pages.parts.blocks import Block, Cell, Column, Heading, Note, Table
from pages.parts.cached import Opened
from pages.parts.intake import moves, now
from pages.parts.literal import literal

TURN, JUDGED, DONE = "upload_turn", "upload_judged", "upload_done"
MOST_REFUSALS = 20


@dataclass(frozen=True)
class Judged:
    """What would become of the chosen files. ``of``: which files and which state of the store it speaks of."""

    of: tuple[str, ...]
    reports: tuple[LoadReport, ...]
    moves: tuple[changes.Change, ...]


def draw(opened: Opened, viewer: Viewer) -> None:
    access.require(viewer, Action.load)
    done = st.session_state.get(DONE)
    if done:
        frame.show(Heading(trust_words.loaded_title(done)), _reports(done))
    files = st.file_uploader(
        _("Chọn tệp xuất hồ sơ, danh mục dịch vụ công hoặc số liệu khác"),
        accept_multiple_files=True,
        key=f"upload_{st.session_state.setdefault(TURN, 0)}",
        on_change=lambda: st.session_state.pop(DONE, None),
    )
    if not files:
        st.session_state.pop(JUDGED, None)
        frame.show(Note(_("Tệp được đọc thử trước: trang này nói sẽ lấy gì, từ chối gì và số nào thay đổi. Chỉ khi bấm **Nạp vào kho** thì mới tính.") + " " + _("Nhận CSV, Excel, ODS, JSON và các tệp đó nén .zip hoặc .gz. Tên, số giấy tờ, điện thoại, địa chỉ không bao giờ được lưu.")))  # fmt: skip
        return
    judged = _judged(files, opened, viewer)
    frame.show(Heading(trust_words.judged_title(judged.reports)), _reports(judged.reports), *_details(judged.reports))
    useful = any(report.status in ("loaded", "held") for report in judged.reports)
    if useful and not opened.store.is_empty():
        frame.show(*moves.block(judged.moves, opened.home, trust_words.would_change(len(judged.moves))))
    with st.container(horizontal=True, key="upload_answers"):
        if useful and st.button(_("Nạp vào kho"), type="primary", icon=":material/database_upload:", key="upload_take"):
            _take(files, opened, viewer)
        st.button(_("Bỏ các tệp này"), key="upload_drop", on_click=_forget, args=(files,))


def _judged(files: list[Any], opened: Opened, viewer: Viewer) -> Judged:
    of = (opened.version, *(file.file_id for file in files))
    known = st.session_state.get(JUDGED)
    if isinstance(known, Judged) and known.of == of:
        return known
    bar = st.progress(0.0, _("Đang đọc thử …"))
    reports: list[LoadReport] = []

    def apply(store: Store) -> None:
        reports.extend(_load(store, opened.home, files, viewer, bar))
        bar.progress(1.0, _("Đang tính xem số nào thay đổi …"))

    found: list[changes.Change] = changes.preview(opened.store, opened.home, apply)
    bar.empty()
    judged = Judged(of, tuple(reports), tuple(found))
    st.session_state[JUDGED] = judged
    return judged


def _load(store: Store, home: Home, files: list[Any], viewer: Viewer, bar: Any) -> list[LoadReport]:
    """Every file in its turn; one that cannot be taken has the reason in its report."""
    found = []
    for turn, file in enumerate(files):

        def step(done: int, total: int, turn: int = turn, name: str = file.name) -> None:
            share = (turn + (done / total if total else 0)) / len(files)
            bar.progress(
                min(share, 1.0),
                _("{file}: {done} / {total} dòng", file=literal(name), done=number(done), total=number(total)),
            )

        bar.progress(turn / len(files), literal(file.name))
        try:
            found.append(
                load_file(store, home, file.getvalue(), name=file.name, who=viewer.name, at=now(), progress=step)
            )
        except CampaignError as fault:
            found.append(LoadReport(file.name, "refused", reason=str(fault)))
    return found


def _take(files: list[Any], opened: Opened, viewer: Viewer) -> None:
    access.require(viewer, Action.load)
    bar = st.progress(0.0, _("Đang nạp …"))
    st.session_state[DONE] = _load(opened.store, opened.home, files, viewer, bar)
    _forget(files)
    st.rerun()


def _forget(files: list[Any]) -> None:
    """Let go of the bytes: Streamlit would keep them until the visit ends."""
    context = get_script_run_ctx()
    for file in files:
        if context is not None and hasattr(context.uploaded_file_mgr, "remove_file"):
            context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)
    st.session_state.pop(JUDGED, None)
    st.session_state[TURN] = st.session_state.get(TURN, 0) + 1


def _reports(reports: list[LoadReport] | tuple[LoadReport, ...]) -> Table:
    heads = [
        Column(_("Tệp")), Column(_("Kết quả")), Column(_("Đọc"), True), Column(_("Mới"), True), Column(_("Thay đổi"), True),
        Column(_("Như cũ"), True), Column(_("Từ chối"), True),
    ]  # fmt: skip
    counts = (("read", _("đọc")), ("new", _("mới")), ("changed", _("thay đổi")), ("unchanged", _("như cũ")))
    lines = []
    for report in reports:
        second = " · ".join(filter(None, (report.profile, trust_words.kind(report.kind))))
        lines.append(
            [
                Cell(report.file, second),
                trust_words.status(report),
                *(Cell(number(getattr(report, name)), right=True, label=words) for name, words in counts),
                Cell(number(report.refused), right=True, label=_("từ chối"), bold=report.refused > 0, tone="warn" if report.refused else ""),
            ]
        )  # fmt: skip
    return Table(heads, lines)


def _details(reports: tuple[LoadReport, ...]) -> list[Block]:
    """What was flagged, passed over and refused, file by file."""
    parts: list[Block] = []
    for report in reports:
        noted = [
            (_("Dấu hiệu"), trust_words.flags(report.flags)),
            (_("Dòng trình bày bỏ qua"), trust_words.skipped(report.skipped)),
        ]
        for term, words in noted:
            if words:
                parts.append(Note(f"**{report.file}** – {term}: {words}"))
        if report.refusals:
            shown = report.refusals[:MOST_REFUSALS]
            heads = [
                Column(_("Dòng")),
                Column(_("Cột")),
                Column(_("Giá trị")),
                Column(_("Lý do")),
                Column(_("Cách sửa")),
            ]
            lines = [
                [Cell(trust_words.place(one.sheet, one.row)), Cell(one.heading, label=_("cột")), Cell(one.value, label=_("giá trị")), Cell(one.reason), Cell(one.what_to_do)]
                for one in shown
            ]  # fmt: skip
            title = _("{file}: {n} dòng bị từ chối", file=report.file, n=number(report.refused))
            if len(shown) < len(report.refusals):
                title += " · " + _("{n} dòng đầu", n=number(len(shown)))
            parts += [Heading(title), Table(heads, lines)]
    return parts
