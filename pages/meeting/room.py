"""Phòng họp: what was promised, what changed, who is late, whom to ask, what is decided. One step a screen."""

import streamlit as st

from data.locale import _
from pages.parts import frame
from pages.parts.room import acting, asked, closing, deciding, lagging, plans, promised, since, sitting, steps

view = frame.guard()
found = sitting(view)
parts = {
    "promises": (_("Đã hứa"), promised.draw),
    "milestones": (_("Mốc"), plans.draw),
    "changes": (_("Thay đổi"), since.draw),
    "exceptions": (_("Ngoại lệ"), lagging.draw),
    "units": (_("Hỏi"), asked.draw),
    "decisions": (_("Kết luận"), deciding.draw),
    "end": (_("Kết thúc"), closing.draw),
}
if not view.campaign.milestone:
    del parts["milestones"]
shown, full = steps.current(parts), steps.is_full()
with st.container(key="room_full" if full else "room"):
    steps.bar(parts, shown, full)
    acting.tell()
    if shown != "end":
        closing.opening(found)
    parts[shown][1](found)
