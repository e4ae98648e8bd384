"""The way through a meeting: which step is shown, arrow keys, and the whole screen for the projector."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from data.locale import _
from pages.parts import choose
from pages.parts.room import Sitting

Step = tuple[str, Callable[[Sitting], None]]
"""Words and drawing of a step."""


def current(steps: Mapping[str, Step]) -> str:
    return choose.linked("step", steps, next(iter(steps)))


def bar(steps: Mapping[str, Step], shown: str, full: bool) -> None:
    """Back, the steps by name, on; → and ← do the same. F shows the room alone."""
    names = list(steps)
    place = names.index(shown)
    with st.container(horizontal=True, vertical_alignment="center", key="steps"):
        with st.container(horizontal=True, key="step_names"):
            for n, (name, (words, _draw)) in enumerate(steps.items(), start=1):
                label = f"{n}. {words}"
                _go(f"**{label}**" if name == shown else label, name, name, type="tertiary")
        _go(_("Bước trước"), names[max(place - 1, 0)], "back", shortcut="Left", disabled=place == 0)
        _go(_("Bước sau"), names[min(place + 1, len(names) - 1)], "on", shortcut="Right", disabled=shown == names[-1])
        st.button(
            _("Thu lại") if full else _("Trình chiếu"), key="full", shortcut="F", on_click=_write_full, args=(not full,),
            icon=":material/fullscreen_exit:" if full else ":material/fullscreen:",
        )  # fmt: skip


def _go(label: str, to: str, key: str, **look: Any) -> None:
    st.button(label, key=f"step_{key}", on_click=choose.write, args=("step", to), **look)


def is_full() -> bool:
    return st.query_params.get("full") == "1"


def _write_full(yes: bool) -> None:
    if yes:
        st.query_params["full"] = "1"
    else:
        st.query_params.pop("full", None)
