"""Part: the report as its files will show it, and the files."""

from __future__ import annotations

import streamlit as st

from data.access import Action
from data.locale import _
from kpi.reports import batch, files
from pages.parts import frame
from pages.parts.blocks import Document, Note
from pages.parts.report import Desk


def draw(desk: Desk) -> None:
    downloads(desk)
    state = _("Bản đã phát hành.") if desk.issue is not None else _("Bản thảo: chưa phát hành.")
    desk.view.note(Action.dossiers, "preview")  # an annex lists them
    frame.show(Note(state), Document(desk.shown))


def downloads(desk: Desk) -> None:
    """The report in each form, made when clicked."""
    view = desk.view
    name = batch.name(view.home, view.campaign, desk.as_of, desk.unit)
    with st.container(horizontal=True, key="report_files"):
        for ending, icon in (("docx", "description"), ("pdf", "picture_as_pdf"), ("xlsx", "table")):
            frame.file(
                _("Tải {form}", form=ending.upper()), f"{name}.{ending}", files.MEDIA[ending],
                lambda ending=ending: files.write(view.store, view.home, desk.shown, ending, scope=view.viewer.scope),
                type="secondary", icon=f":material/{icon}:",
            )  # fmt: skip
