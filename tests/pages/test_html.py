"""The module that writes HTML: every value escaped, nothing drawn where there is nothing."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from pages.parts import html

EVIL = "<img src=x onerror=alert(1)>\"' & </td></div>"
MARK = html.Mark(EVIL, EVIL, EVIL)
BAR = html.Bar(0.5, 1.0, EVIL, EVIL, 0.9)


class Reader(HTMLParser):
    """Tags, attributes and whether every tag is closed in its order."""

    VOID = frozenset({"img", "br", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


LEAGUE = html.LeagueLine(1, True, EVIL, EVIL, BAR, EVIL, MARK, 2, True, True, EVIL, (), EVIL)
PIECES = {
    "tile": html.tile(html.Tile(EVIL, MARK, EVIL, BAR, EVIL, ((EVIL, EVIL),), EVIL, EVIL)),
    "targets": html.targets([html.TargetLine(EVIL, EVIL, EVIL, BAR, EVIL, MARK, EVIL, EVIL)], EVIL, EVIL),
    "league": html.league([LEAGUE], EVIL, EVIL),
    "league without statuses": html.league([LEAGUE], EVIL, EVIL, with_status=False),
    "table": html.table([html.Column(EVIL)], [[html.Cell(EVIL, EVIL, tone=EVIL, href=EVIL, label=EVIL)]]),
    "matrix": html.matrix([EVIL], [(EVIL, EVIL, [html.Heat(EVIL, EVIL, EVIL, EVIL, EVIL)])]),
    "changes": html.changes([html.Change(EVIL, EVIL, EVIL, EVIL)]),
    "state": html.state(html.State(EVIL, (EVIL,), ((EVIL, EVIL, EVIL),))),
    "picks": html.picks([(EVIL, EVIL)]),
    "verdict": html.verdict(EVIL, EVIL),
    "bar": html.bar([(EVIL, EVIL)], True),
    "note": html.note(EVIL),
    "title": html.title(EVIL),
}


@pytest.mark.parametrize("name", PIECES)
def test_every_value_is_escaped(name: str) -> None:
    reader = read(html.wrap(PIECES[name]))
    assert "img" not in reader.tags
    assert not [key for key, _value in reader.attributes if key.startswith("on")]
    assert "alert(1)" in PIECES[name], "the value itself must be there, as text"


def test_bold_is_the_only_markup_of_a_sentence() -> None:
    assert html.rich("cần **26 <dịch vụ>** mỗi ngày") == "cần <b>26 &lt;dịch vụ&gt;</b> mỗi ngày"


@pytest.mark.parametrize("href", ["javascript:alert(1)", "//evil.example", "https://evil.example", "/\\evil", "x:y"])
def test_links_lead_to_our_own_pages_only(href: str) -> None:
    assert "<a" not in html.picks([("Đơn vị", href)])


def test_a_link_of_our_own_is_kept() -> None:
    assert 'href="my_unit?unit=dong-phu&amp;lang=en"' in html.picks([("Đồng Phú", "my_unit?unit=dong-phu&lang=en")])


def test_nothing_to_draw_draws_nothing() -> None:
    assert "role" not in html.bullet(None)


def test_a_bar_never_leaves_its_track() -> None:
    assert "width:100%" in html.bullet(html.Bar(1.7, 1.0, "good", "170 %"))
    assert "width:0%" in html.bullet(html.Bar(-1, None, "good", "−1"))


def test_the_ceiling_is_drawn_only_below_the_target() -> None:
    assert 'class="ce"' in html.bullet(html.Bar(0.5, 1.0, "warn", "", 0.97))
    assert 'class="ce"' not in html.bullet(html.Bar(0.5, 1.0, "warn", "", 1.0))


def test_status_is_always_word_shape_and_colour() -> None:
    shown = html.mark(html.Mark("▲", "Có nguy cơ", "warn"))
    assert "▲" in shown and "Có nguy cơ" in shown and 'class="st warn"' in shown
    without = html.league(
        [html.LeagueLine(1, False, "A", "9", None, "", html.Mark("▲", "Có nguy cơ", "warn"))], "", with_status=False
    )
    assert "▲" in without and "Có nguy cơ" in without


def test_the_style_asks_nothing_from_outside() -> None:
    style = html.STYLE.read_text(encoding="utf-8")
    assert "http" not in style and "@import" not in style and "st-emotion-cache" not in style
