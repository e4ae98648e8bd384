"""So sánh: day n against day n of the other campaign, or against an earlier day; what numerator and denominator did."""

import streamlit as st

from data.locale import _
from pages.parts import beside, choose, frame, states

view = frame.guard()
if view.day < view.campaign.start:
    frame.stop(states.not_begun())
with st.container(horizontal=True, key="choices_row"):
    frame.choose_figure(view)
    chosen = choose.one(beside.options(view), _("So với"), "with")
beside.draw(view, chosen)
