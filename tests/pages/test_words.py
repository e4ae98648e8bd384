"""Every sentence of the source has its English, with the same braces."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from data.locale import english
from data.settings import ROOT

SHOWN = ("pages",)
"""Where every text is shown by the switch of language; what loaders say is kept in the words of the day it was said."""
ALL = ("pages", "kpi", "loaders", "data")


def texts(folders: tuple[str, ...] = SHOWN) -> dict[str, bool]:
    """Texts given to `_`, and whether a count comes with them."""
    found: dict[str, bool] = {}
    sources: list[Path] = [*ROOT.glob("*.py"), *(path for folder in folders for path in (ROOT / folder).rglob("*.py"))]
    for path in sources:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_" and node.args:
                text = node.args[0]
                assert isinstance(text, ast.Constant), f"{path}:{node.lineno}: the text must stand in the source"
                found[str(text.value)] = any(word.arg == "count" for word in node.keywords)
    return found


def braces(text: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", text))


def test_every_text_has_an_english_entry() -> None:
    assert len(texts()) > 150
    assert sorted(texts().keys() - english().keys()) == []


def test_english_takes_the_same_values() -> None:
    for text, forms in english().items():
        for form in forms:
            assert braces(form) <= braces(text), text
        assert braces(text) == set().union(*map(braces, forms)), text


def test_a_count_chooses_between_two_forms() -> None:
    counted = {text for text, has_count in texts(ALL).items() if has_count and text in english()}
    assert counted == {text for text, forms in english().items() if len(forms) == 2}
