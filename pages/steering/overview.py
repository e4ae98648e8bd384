"""Tổng quan: will we arrive on time, who will not, what changed."""

import streamlit as st

from data.locale import _
from data.locale.formats import short_date
from pages.parts import background, drawings, frame, messages, present
from pages.parts.blocks import Changes, Heading, Note, Targets, Tiles, Verdict
from pages.parts.view import MOST_TILES, bottlenecks, worst_first

view = frame.guard()
shown = view.target_kpis or ("on_time_resolved", "overdue_open", "npsp_integration")
rows = worst_first(view.figures(shown, unit=view.unit))
below = [row for level in view.levels_below() for row in view.figures(shown, by=level, unit=view.unit)]

title, lead = messages.verdict(rows, view)
last_week = f"{view.day.fromordinal(view.day.toordinal() - 6)}..{view.day}"
weekly = {row.kpi: row for row in view.figures(shown, unit=view.unit, window=last_week)}
tiles = [present.tile(row, view, weekly.get(row.kpi)) for row in rows[:MOST_TILES]]
frame.show(Verdict(title, lead), Tiles(tiles))
if view.day < view.campaign.start:
    st.stop()

left, right = st.columns([8, 5], gap="large")
with left:
    cells = bottlenecks(below, rows, most=6)
    lines = [present.cell(row, view, max(r.value or 0 for r in cells if r.kpi == row.kpi)) for row in cells]
    worst = [Targets(lines, _("Đơn vị, chỉ tiêu"), _("Còn thiếu"))] if lines else []
    frame.show(Heading(messages.bottleneck_title(cells, rows)), *worst, *background.table(view))

with right:
    before_day = view.previous_day
    changes = []
    if before_day >= view.campaign.start:
        at = view.at(before_day)
        earlier = [
            row for level in view.levels_below() for row in view.figures(shown, by=level, unit=view.unit, as_of=at)
        ]
        changes = messages.changes(rows, view.figures(shown, unit=view.unit, as_of=at), below, earlier)
    changes += [
        found for found in (messages.stale_change(below), messages.refused_change(view.loads_of_day())) if found
    ]
    main = next((row for row in rows if row.kpi == "npsp_integration"), None) or next(iter(rows), None)
    history = (
        view.daily(main.kpi, (view.unit,)).dropna(subset=["numerator"])
        if main is not None and main.value is not None
        else None
    )
    if main is not None and history is not None and len(history) > 1 and main.pace is not None:
        frame.show(drawings.burn_up(history, main, view))
    heading = _("Thay đổi từ {day}", day=short_date(before_day))
    frame.show(Heading(heading), Changes(changes) if changes else Note(_("Không có gì thay đổi.")))
