"""Part: the digest to copy into a chat group, its picture, and a pack for every unit head."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st

from data.access import Action
from data.locale import _
from kpi.reports import batch, digest, packs
from pages.parts import access, frame
from pages.parts.blocks import Note
from pages.parts.report import Desk


def draw(desk: Desk) -> None:
    view = desk.view
    made = digest.build(view.store, view.home, view.campaign, desk.as_of, unit=desk.unit)
    frame.show(Note(_("Năm dòng để dán vào nhóm trao đổi: chỉ nêu đơn vị và số lượng, không nêu hồ sơ nào.")))
    with st.container(key="brief_text"):
        st.code(made.text, language=None, wrap_lines=True)
    about = batch.name(view.home, view.campaign, desk.as_of, desk.unit).removeprefix("bao-cao-")
    with st.container(horizontal=True, key="brief_files"):
        frame.file(
            _("Tải hình tóm tắt (PNG)"), f"tom-tat-{about}.png", "image/png", lambda: digest.picture(made),
            type="secondary", icon=":material/image:",
        )  # fmt: skip
        if desk.may_issue:
            frame.file(
                _("Tải gói của mọi đơn vị (ZIP)"), f"goi-{about}.zip", "application/zip", lambda: _packs(desk),
                type="secondary", icon=":material/folder_zip:",
            )  # fmt: skip
    if desk.may_issue:
        frame.show(
            Note(_("Mỗi đơn vị một thư mục: báo cáo, việc cần làm, tóm tắt, chỉ có hồ sơ của đơn vị ấy; lập trong khoảng một phút. Gửi bằng thư: «campaign packs --send»."))
        )  # fmt: skip


def _packs(desk: Desk) -> bytes:
    view = desk.view
    access.require(view.viewer, Action.issue)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "goi.zip"
        deque(packs.write(view.store, view.home, view.campaign, desk.as_of, path), maxlen=0)
        return path.read_bytes()
