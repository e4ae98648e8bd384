"""Every pair of text and ground in the style reaches 4,5:1, every bar and line 3:1, in both themes."""

from __future__ import annotations

import re
import tomllib

import pytest

from pages.parts.charts import svg
from pages.parts.html import STYLE
from tests.conftest import ROOT

THEMES = ("light", "dark")
TEXTS = {"ink": ("page", "mine", "goodbg", "warnbg"), "muted": ("page", "mine", "goodbg", "warnbg"), "goodt": ("page", "mine", "goodbg"), "warn": ("page", "mine", "warnbg")}  # fmt: skip
LINES = {"good": ("page", "track", "soft"), "warn": ("page", "track", "warnbg"), "ink": ("page", "track"), "grey": ("page",)}  # fmt: skip


def tokens() -> dict[str, dict[str, str]]:
    pairs = re.findall(r"--(\w+):light-dark\((#\w{6}),(#\w{6})\)", STYLE.read_text(encoding="utf-8"))
    return {theme: {name: colours[n] for name, *colours in pairs} for n, theme in enumerate(THEMES)}


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_measure_itself() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("text", TEXTS)
def test_texts(theme: str, text: str) -> None:
    found = tokens()[theme]
    for ground in TEXTS[text]:
        assert contrast(found[text], found[ground]) >= 4.5, (text, ground)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("line", LINES)
def test_lines_and_bars(theme: str, line: str) -> None:
    found = tokens()[theme]
    for ground in LINES[line]:
        assert contrast(found[line], found[ground]) >= 3, (line, ground)


def test_paper() -> None:
    paper = svg.PAPER
    for text in ("ink", "muted", "good", "warn"):
        assert contrast(paper[text], paper["page"]) >= 4.5
    assert contrast(paper["good"], paper["goodbg"]) >= 4.5 and contrast(paper["warn"], paper["warnbg"]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_the_themes_own_colours(theme: str) -> None:
    """Buttons, links and captions are Streamlit's: their colours stand in its config."""
    chosen = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"][theme]
    pages = (chosen["backgroundColor"], chosen["secondaryBackgroundColor"])
    for name in ("textColor", "linkColor", "blueTextColor", "orangeTextColor", "redTextColor", "greenTextColor", "grayTextColor"):  # fmt: skip
        assert all(contrast(chosen[name], page) >= 4.5 for page in pages), name
    for hue in ("blue", "orange", "red", "green", "gray"):
        assert contrast(chosen[f"{hue}TextColor"], chosen[f"{hue}BackgroundColor"]) >= 4.5, hue
    assert tokens()[theme]["page"] == chosen["backgroundColor"]
