"""A store without data: the three ways to get some, the first and the second of them right here."""

from __future__ import annotations

import streamlit as st

from data.access import Action
from data.locale import _
from data.locale.formats import number
from data.people import Viewer
from loaders import demo
from pages.parts import access, frame, states
from pages.parts.blocks import Heading
from pages.parts.cached import Opened
from pages.parts.intake import upload


def draw(opened: Opened, viewer: Viewer) -> None:
    frame.show(states.no_data())
    if not access.allowed(viewer, Action.load):
        return
    if demo.fits(opened.home):
        words = _("Dựng dữ liệu mẫu (khoảng hai phút)")
        if st.button(words, type="primary", icon=":material/play_arrow:", key="demo"):
            _fill(opened, viewer)
    frame.show(Heading(_("Hoặc nạp tệp của tỉnh")))
    upload.draw(opened, viewer)


def finish(opened: Opened, viewer: Viewer) -> None:
    """A demo that was left half-way can be completed."""
    if not (
        access.allowed(viewer, Action.load) and demo.fits(opened.home) and demo.unfinished(opened.store, opened.home)
    ):
        return
    if st.button(_("Nạp nốt dữ liệu mẫu"), icon=":material/play_arrow:", key="demo"):
        _fill(opened, viewer)


def _fill(opened: Opened, viewer: Viewer) -> None:
    """Both campaigns in one go; whoever opens a page meanwhile already sees what has been loaded."""
    access.require(viewer, Action.load)
    bar = st.progress(0.0, _("Đang dựng hồ sơ mô phỏng …"))

    def step(done: int, total: int, name: str) -> None:
        bar.progress(done / total, _("Tệp {n}/{all}: {name}", n=number(done + 1), all=number(total), name=name))

    demo.fill(opened.store, opened.home, progress=step)
    st.rerun()
