"""Bảng xếp hạng: the national rank of the campaign's scheme, both leagues, who climbed since the start."""

import streamlit as st

from data.locale import _
from pages.parts import background, drawings, frame, leagues, messages
from pages.parts.blocks import Heading, Note, Verdict

view = frame.guard()
declared = view.league_kpi
series = view.national_ranks()
start = view.at(view.campaign.start)
districts = leagues.ranked(view.figures((declared.key,), by="district"))
then = leagues.ranks(view.figures((declared.key,), by="district", as_of=start))

frame.show(Verdict(messages.rankings_verdict(series, view), messages.rankings_lead(declared, view)))
frame.choose_figure(view)
left, right = st.columns([7, 5], gap="large")
with left:
    if series:
        frame.show(drawings.rank_line(series, view))
    else:
        frame.show(
            Heading(_("Hạng toàn quốc: chưa có số liệu")),
            Note(_("Thứ hạng được nhập trong series.csv theo từng cách xếp.")),
        )
with right:
    frame.show(drawings.slope(districts, then, view))

left, right = st.columns([7, 5], gap="large")
with left:
    leagues.table(view, "department", declared.key, with_status=False)
with right:
    leagues.table(view, "district", declared.key, with_status=False)
    frame.show(Note(messages.league_note(view)), *background.schemes(view))
