"""Tiến độ & dự báo: how one figure went, where its pace leads, who arrives when; and what if units do more."""

from data.locale import _
from pages.parts import choose, frame, outlook, scenario, states

view = frame.guard()
if view.day < view.campaign.start:
    frame.stop(states.not_begun())
part = choose.part({"outlook": _("Tiến độ và dự báo"), "whatif": _("Nếu–thì")}, _("Phần"))
(scenario if part == "whatif" else outlook).draw(view)
