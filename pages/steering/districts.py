"""Huyện, thị xã, thành phố; communes below the chosen district."""

from data.locale import _
from pages.parts import frame, leagues
from pages.parts.blocks import Note

view = frame.guard()
leagues.page(view, "district", link_to="districts")
district = next((code for code in view.tree.above(view.unit) if view.tree[code].level == "district"), None)
if district is None:
    frame.show(Note(_("Bấm vào tên một huyện để xem các xã, phường, thị trấn của huyện đó.")))
else:
    leagues.below(view, district)
