"""Writing from a page: asked for again at the click, told on the page that follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from data.access import Action
from data.errors import CampaignError
from pages.parts import access
from pages.parts.intake import now
from pages.parts.literal import literal
from pages.parts.view import View


def act(
    message: str, view: View, action: Action, done: str, write: Callable[[str, int], object], unit: str | None = None
) -> bool:
    """Runs before the page and its language: ``done`` names the words that are made afterwards. True: it was written.

    ``message``: where the page finds what became of it. ``write`` gets who and when. ``unit``: whose the action is.
    """
    try:
        access.require(view.viewer, action, unit)
        write(view.viewer.name, now())
    except CampaignError as fault:
        st.session_state[message] = ("", str(fault))
        return False
    st.session_state[message] = (done, "")
    return True


def tell(message: str, words: Mapping[str, str]) -> None:
    """What became of the last click: ``words`` by the name that ``act`` was given."""
    done, fault = st.session_state.pop(message, ("", ""))
    if fault:
        st.error(literal(fault))
    elif done:
        st.success(words[done])
