"""Đơn vị của tôi: my targets, what to do today, my place among peers."""

import streamlit as st

from data.locale import _
from kpi.catalog import figure
from pages.parts import drawings, frame, leagues, messages, present, states, tasks
from pages.parts.blocks import Heading, Note, Picks, Targets, Verdict
from pages.parts.room.about import about
from pages.parts.view import worst_first

view = frame.guard()
if view.is_root:
    frame.show(Verdict(_("Chọn đơn vị"), _("Mỗi đơn vị có chỉ tiêu, việc cần làm và thứ hạng của riêng mình.")))
    for level in view.levels_below():
        links = [(unit.name, view.href("my_unit", unit=unit.code)) for unit in view.units_of(level)]
        frame.show(Heading(messages.level_words(level)[0]), Picks(links))
    st.stop()

rows = worst_first(view.figures(view.target_kpis, unit=view.unit))
main = tasks.main_figure(rows)
# A figure of services has a list for everybody; dossiers have one for whoever answers for them.
listed = main is not None and (view.reads_dossiers or figure(main.kpi).reads != "dossiers")
work = view.work(main.kpi, tasks.MOST) if main is not None and listed else None
title, lead = messages.unit_verdict(rows, view, main, work.total if work is not None else 0)
frame.show(Verdict(title, lead))

left, right = st.columns([8, 5], gap="large")
with left:
    lines = [present.target_line(row, view, drawings.planned(row, view)) for row in rows]
    frame.show(
        Heading(_("Chỉ tiêu của đơn vị")),
        Targets(lines, _("Chỉ tiêu"), _("Còn thiếu")),
        Note(_("Vạch đậm = mục tiêu; vạch đứt = kế hoạch đến hôm nay; vạch chấm = mức cao nhất còn đạt được.")),
    )
    if main is not None and work is not None:
        frame.show(Heading(tasks.title(main, work)), tasks.table(work, view), *tasks.more(work, view))
    elif main is None:
        frame.show(Heading(_("Việc cần làm")), Note(_("Mọi chỉ tiêu của đơn vị đã đạt hoặc chưa có số liệu.")))
    else:
        frame.show(states.not_yours(view.place.name))
with right:
    if view.reads_dossiers:
        frame.show(*tasks.today(view))
    frame.show(*about(view))
    leagues.peers(view, main.kpi if main is not None else view.league_kpi.key)
