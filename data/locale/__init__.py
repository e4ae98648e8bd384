"""Words by language: Vietnamese stands in the source, English in ``en.po`` beside this file.

    _("Còn {days} ngày làm việc", days=3)

The language belongs to the current context (one page run, one command), so that two readers never see each other's.
"""

from __future__ import annotations

from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("vi", "en")

_language: ContextVar[str] = ContextVar("language", default="vi")


def use_language(language: str) -> None:
    """Choose the language of this context; what is not known becomes Vietnamese."""
    _language.set(language if language in LANGUAGES else "vi")


def language() -> str:
    return _language.get()


def _(text: str, /, count: float | None = None, **values: Any) -> str:
    """``text`` in the current language with ``values`` put in its braces.

    ``count`` chooses the English singular or plural where ``en.po`` has both. Without an entry the Vietnamese stands.
    """
    forms = english().get(text, (text,)) if language() == "en" else (text,)
    form = forms[0] if len(forms) == 1 or count == 1 else forms[1]
    return form.format(**values) if values else form


@cache
def english() -> dict[str, tuple[str, ...]]:
    """Vietnamese text → its English form, or singular and plural."""
    from babel.messages.pofile import read_po  # Vietnamese does without

    with (Path(__file__).parent / "en.po").open("rb") as lines:
        catalog = read_po(lines, locale="en")
    found: dict[str, tuple[str, ...]] = {}
    for message in catalog:
        if message.id and message.string:
            key = message.id if isinstance(message.id, str) else message.id[0]
            forms = (message.string,) if isinstance(message.string, str) else tuple(message.string)
            if all(forms):
                found[key] = forms
    return found
