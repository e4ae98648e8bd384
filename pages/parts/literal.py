"""Words from outside where Streamlit takes Markdown: labels, messages."""

from __future__ import annotations

_MEANS = frozenset(r"\`*_{}[]()#+-.!|$~:<>&")


def literal(text: str) -> str:
    """The text as it is: names of files and people, and what faults quote of them, are no Markdown."""
    return "".join(f"\\{letter}" if letter in _MEANS else letter for letter in " ".join(text.split()))
