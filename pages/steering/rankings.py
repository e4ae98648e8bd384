"""Bảng xếp hạng: the national rank of the campaign's scheme, both leagues, who climbed since the start."""

import streamlit as st

from data.locale import _
from pages.parts import background, charts, frame, html, leagues, messages, present

view = frame.guard()
declared = view.league_kpi
series = view.national_ranks()
start = view.at(view.campaign.start)
districts = leagues.ranked(view.figures((declared.key,), by="district"))
then = leagues.ranks(view.figures((declared.key,), by="district", as_of=start))

frame.show(html.verdict(messages.rankings_verdict(series, view), messages.rankings_lead(declared, view)))
frame.choose_figure(view)
left, right = st.columns([7, 5], gap="large")
with left:
    if series:
        frame.show(html.title(messages.rank_title(series)))
        frame.plot(charts.rank_line(series, view.day), "rank")
        frame.show(html.note(messages.scheme_note(view.campaign.rank_scheme)))
    else:
        frame.show(
            html.title(_("Hạng toàn quốc: chưa có số liệu")),
            html.note(_("Thứ hạng được nhập trong series.csv theo từng cách xếp.")),
        )
with right:
    title, up, down = messages.slope_title(then, districts, view.campaign.start)
    frame.show(html.title(title))
    if then and view.day > view.campaign.start:
        names = {entry.row.unit: present.bare_name(entry.row.name) for entry in districts}
        frame.plot(charts.slope(districts, then, view.campaign.start, view.day, names, up, down), "slope")

left, right = st.columns([7, 5], gap="large")
with left:
    leagues.table(view, "department", declared.key, with_status=False)
with right:
    leagues.table(view, "district", declared.key, with_status=False)
    frame.show(html.note(messages.league_note(view)))
    frame.show(background.schemes(view))
