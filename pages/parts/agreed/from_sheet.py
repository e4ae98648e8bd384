"""Targets from a sheet: what would change, what would be written, and writing it after a yes."""

from __future__ import annotations

import streamlit as st

from data.access import Action
from data.audit import Entry
from data.errors import CampaignError, RefusedFile
from data.locale import _
from data.locale.formats import NOTHING, date, number
from kpi.catalog import FIGURES
from kpi.targets import targets_of
from loaders import target_sheet
from loaders.target_sheet import Plan, SheetTarget
from pages.parts import access, frame, trust_words
from pages.parts.agreed import matrix
from pages.parts.blocks import Block, Cell, Column, Heading, Note, State, Table
from pages.parts.intake import now
from pages.parts.literal import literal
from pages.parts.view import View

TURN, DONE = "targets_turn", "targets_done"
MOST = 60


def draw(view: View) -> None:
    access.require(view.viewer, Action.targets)
    if done := st.session_state.pop(DONE, 0):
        st.success(_("Đã ghi {n} chỉ tiêu vào tệp của chiến dịch.", count=done, n=number(done)))
    file = st.file_uploader(
        _("Chọn bảng chỉ tiêu (XLSX) tải từ trang này"), key=f"targets_{st.session_state.setdefault(TURN, 0)}"
    )
    if file is None:
        frame.show(Note(_("Tải bảng ở phần Chỉ tiêu được giao, sửa giá trị và hạn, rồi nạp lại đây. Dòng có trong bảng thay chỉ tiêu của đơn vị đó; dòng không có thì giữ nguyên.")))  # fmt: skip
        return
    codes = set(view.tree.units)
    ratios = {key: key in FIGURES and FIGURES[key].is_ratio for key in matrix.known(view)}
    try:
        read = target_sheet.read(file.getvalue(), file.name, units=codes, ratios=ratios)
        planned = target_sheet.plan(view.home, view.campaign, read.rows, _now(view, read.rows))
    except RefusedFile as fault:
        frame.show(State(_("Không đọc được bảng"), (fault.reason, fault.what_to_do)))
        return
    frame.show(*_preview(view, read, planned))
    if planned.changed:
        st.code(planned.after[_same(planned.before, planned.after) :], language="toml")
        if st.button(_("Ghi vào tệp của chiến dịch"), type="primary", key="targets_write"):
            _write(view, planned)


def _now(view: View, rows: tuple[SheetTarget, ...]) -> dict[tuple[str, str], list[target_sheet.Target]]:
    return {(row.unit, row.kpi): targets_of(view.campaign, row.kpi, view.tree[row.unit]) for row in rows}


def _same(before: str, after: str) -> int:
    """Where the text that would be written first differs, from the start of its line."""
    length = next(
        (n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
    )
    return after.rfind("\n", 0, length) + 1


def _preview(view: View, read: target_sheet.Read, planned: Plan) -> list[Block]:
    names = matrix.known(view)
    n = len(planned.changed)
    title = _("{n} chỉ tiêu thay đổi trong {all} dòng đọc được", count=n, n=number(n), all=number(len(read.rows)))
    blocks: list[Block] = [Heading(title if n else _("Bảng này không đổi chỉ tiêu nào"))]
    if n:
        heads = [Column(_("Đơn vị, chỉ tiêu")), Column(_("Trước"), True), Column(_("Sau"), True)]
        lines = [
            [
                Cell(view.tree[unit].name, names[kpi]),
                Cell(_words(kpi, targets_of(view.campaign, kpi, view.tree[unit])), right=True, label=_("trước")),
                Cell(_words(kpi, targets), right=True, bold=True, label=_("sau")),
            ]
            for (unit, kpi), targets in list(planned.changed.items())[:MOST]
        ]
        blocks.append(Table(heads, lines))
    if planned.by_hand:
        pairs = ", ".join(f"{view.tree[unit].name} – {names[kpi]}" for unit, kpi in planned.by_hand)
        blocks.append(Note(_("Không ghi đè chỉ tiêu đã ghi tay trong tệp, hãy sửa ở đó: {pairs}.", pairs=pairs)))
    if read.refusals:
        heads = [Column(_("Dòng")), Column(_("Cột")), Column(_("Giá trị")), Column(_("Lý do")), Column(_("Cách sửa"))]
        rows = [
            [Cell(trust_words.place(one.sheet, one.row)), Cell(one.heading), Cell(one.value), Cell(one.reason), Cell(one.what_to_do)]
            for one in read.refusals[:MOST]
        ]  # fmt: skip
        blocks += [Heading(_("{all} dòng bị từ chối", count=len(read.refusals), all=number(len(read.refusals)))), Table(heads, rows)]  # fmt: skip
    return blocks


def _words(kpi: str, targets: list[target_sheet.Target] | tuple[SheetTarget, ...]) -> str:
    return ", ".join(f"{matrix.written(kpi, one.value)} ({date(one.due)})" for one in targets) or NOTHING


def _write(view: View, planned: Plan) -> None:
    access.require(view.viewer, Action.targets)
    try:
        changed = [f"{unit}/{kpi}" for unit, kpi in planned.changed]
        entry = Entry("targets", planned.path.name, now(), view.viewer.name, details={"changed": changed})
        with view.store.write(entry):
            target_sheet.write(planned)
    except (CampaignError, OSError) as fault:
        st.error(literal(str(fault)))
        return
    st.session_state[DONE] = len(planned.changed)
    st.session_state[TURN] += 1
    st.rerun()
