"""A page's own choices, kept in the link: which part of it, which entry, which sheet of a long list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import streamlit as st

from data.locale import _
from data.locale.formats import number

OWN = ("part", "entry", "kind", "sheet")
"""Parameters of a page's own choices, from the widest to the narrowest: a change of one lets go of those after it."""


def linked(parameter: str, allowed: Iterable[str], default: str = "") -> str:
    """What the link says; a value that is not allowed is ignored."""
    asked = st.query_params.get(parameter, default)
    return asked if asked in set(allowed) else default


def write(parameter: str, value: str) -> None:
    """Put a choice into the link ("" leaves it out) and drop the narrower ones; one of all pages is wider than any."""
    for name in (parameter, *OWN[OWN.index(parameter) if parameter in OWN else 0 :]):
        st.query_params.pop(name, None)
    if value:
        st.query_params[parameter] = value


def part(options: Mapping[str, str], label: str, parameter: str = "part", default: str = "") -> str:
    """Which part of the page is shown: code → words, the first is the default unless another is named."""
    default = default or next(iter(options))
    key = f"own_{parameter}"
    st.session_state[key] = linked(parameter, options, default)

    def changed() -> None:
        # A second click on the chosen one would leave nothing chosen.
        chosen = st.session_state[key] or default
        write(parameter, "" if chosen == default else chosen)

    words = dict(options)
    st.segmented_control(
        label, list(words), format_func=words.__getitem__, key=key, on_change=changed, label_visibility="collapsed"
    )
    return linked(parameter, options, default)


def one(options: Mapping[str, str], label: str, parameter: str, width: int = 420, default: str = "") -> str:
    """One of a list; the first is the default unless another is named."""
    default = default or next(iter(options))
    key = f"own_{parameter}"
    st.session_state[key] = linked(parameter, options, default)

    def changed() -> None:
        chosen = st.session_state[key]
        write(parameter, "" if chosen == default else chosen)

    words = dict(options)
    st.selectbox(label, list(words), format_func=words.__getitem__, key=key, on_change=changed, width=width)
    return linked(parameter, options, default)


def sheet(total: int, size: int) -> int:
    """Where the link's sheet of a list of ``total`` entries begins."""
    asked = st.query_params.get("sheet", "1")
    number_ = int(asked) if asked.isdecimal() and len(asked) < 9 else 1
    return (number_ - 1) * size if 1 <= number_ <= max(-(-total // size), 1) else 0


def turn(total: int, size: int) -> None:
    """«21–40 trong 232» and the buttons that turn the sheet; nothing where one sheet holds all."""
    if total <= size:
        return
    start = sheet(total, size)
    now = start // size + 1
    with st.container(horizontal=True, vertical_alignment="center", key="turn"):
        for icon, words, to in (
            (":material/chevron_left:", _("Trang trước"), now - 1),
            (":material/chevron_right:", _("Trang sau"), now + 1),
        ):
            st.button(
                words, icon=icon, key=f"turn_{icon}", on_click=write, args=("sheet", "" if to == 1 else str(to)),
                disabled=not 1 <= to <= -(-total // size),
            )  # fmt: skip
        shown = _(
            "{first}–{last} trong {all}",
            first=number(start + 1),
            last=number(min(start + size, total)),
            all=number(total),
        )
        st.markdown(f":gray[{shown}]")
