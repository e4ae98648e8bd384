"""Bảng xếp hạng: the national rank of the campaign's scheme, both leagues, who climbed; distances; points by Decision 766."""

import streamlit as st

from data.locale import _
from pages.parts import choose, frame, messages, standings
from pages.parts.blocks import Verdict

view = frame.guard()
title = messages.rankings_verdict(view.national_ranks(), view)
frame.show(Verdict(title, messages.rankings_lead(view.league_kpi, view)))
parts = {"places": _("Thứ hạng"), "full": _("Khoảng cách giữa các hạng"), "points": _("Điểm theo Quyết định 766")}
part = choose.part(parts, _("Phần của trang"))
if part == "points":
    standings.points(view)
else:
    with st.container(horizontal=True, key="choices_row"):
        frame.choose_figure(view)
        since = frame.choose_since(view)
    (standings.full if part == "full" else standings.places)(view, since)
