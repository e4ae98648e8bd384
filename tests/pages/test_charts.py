"""Drawings: well-formed, escaped, said in words, with the same numbers as a table; the pens agree with each other."""

from __future__ import annotations

import math
import re
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
import streamlit as st
from hypothesis import example, given
from hypothesis import strategies as st_

from pages.parts import html
from pages.parts.blocks import Chart, Mark, as_rows
from pages.parts.charts import among_units, counts, lively, over_time, svg
from pages.parts.charts.plane import LABEL_STEP, Line, Plane, end_labels, round_ticks

START, DUE, TODAY = date(2021, 3, 31), date(2021, 5, 19), date(2021, 5, 16)
EVIL = "<img src=x onerror=alert(1)>\"&' ]]> $x$ **"
RISK = Mark("▲", "Có nguy cơ", "warn")
DAYS = [(START + timedelta(days=n), 137.0 + 21 * n) for n in range(47)]
FORECAST = [(TODAY, 1100.0, 1110.0), (DUE, 1180.0, 1230.0)]
SERIES = [(START, 47.0), (date(2021, 4, 5), 40.0), (date(2021, 4, 20), 29.0), (date(2021, 5, 1), 8.0), (date(2021, 5, 12), 1.0)]  # fmt: skip
NAMES = ("Đồng Xoài", "Phú Riềng", "Bù Đăng", "Đồng Phú")

CHARTS = {
    "burn_up": over_time.burn_up("a", EVIL, DAYS, 1224, START, DUE, 26.0, FORECAST, [(date(2021, 4, 20), EVIL)], EVIL),
    "daily": over_time.daily("a", EVIL, [(day, float(n % 31)) for n, (day, _v) in enumerate(DAYS)], 22.0, EVIL),
    "rank_line": over_time.rank_line("a", EVIL, SERIES, TODAY, EVIL),
    "by_campaign_day": over_time.by_campaign_day("a", EVIL, (EVIL, [0.5, None, 0.7]), ("92", [0.4, 0.5, 0.6, 0.65]), True, EVIL),
    "slope": among_units.slope("a", EVIL, [among_units.Move(name, 4 - n, n + 1) for n, name in enumerate((EVIL, *NAMES[1:]))], START, TODAY, "Phú Riềng", EVIL, EVIL),
    "funnel_plot": among_units.funnel_plot("a", EVIL, [among_units.Part(name, 900 - 80 * n, 1000 + n, "my_unit") for n, name in enumerate((EVIL, *NAMES[1:]))], EVIL),
    "tile_map": among_units.tile_map("a", EVIL, [among_units.Place(n, n, name, EVIL, RISK, EVIL) for n, name in enumerate((EVIL, *NAMES[1:]))], EVIL),
    "histogram": counts.histogram("a", EVIL, [counts.Group(EVIL, 4, hollow=True), counts.Group("1–3", 40, "warn")], EVIL, EVIL),
    "pareto": counts.pareto("a", EVIL, [counts.Group(EVIL, 4), counts.Group("Thiếu mã phí", 12, "warn")], EVIL, EVIL),
    "process": counts.process("a", EVIL, [counts.Group("Rà soát", 12), counts.Group(EVIL, 6, "warn")], EVIL, EVIL),
}  # fmt: skip
DRAWN = {name: chart for name, chart in CHARTS.items() if chart.plane is not None}


def drawn(chart: Chart) -> Plane:
    assert chart.plane is not None
    return chart.plane


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("on_paper", [True, False])
def test_svg_is_well_formed_escaped_and_said_in_words(name: str, on_paper: bool) -> None:
    chart = DRAWN[name]
    text = svg.paper(drawn(chart), chart.alt) if on_paper else svg.screen(drawn(chart), chart.alt)
    root = ElementTree.fromstring(text)
    assert not [element for element in root.iter() if element.tag.endswith(("img", "script"))]
    whole = root if on_paper else root[0]
    assert whole.get("role") in ("img", "group") and whole.get("aria-label") == chart.alt
    assert chart.alt
    assert "nan" not in text and "inf" not in text
    if on_paper:
        assert "var(" not in text, "paper has colours of its own"


@pytest.mark.parametrize("name", CHARTS)
def test_the_table_view_is_escaped_and_folded_below_the_drawing(name: str) -> None:
    chart = CHARTS[name]
    below = html.below_chart(chart)
    assert "<img" not in below and "alert(1)" in below
    assert ("<details" in below) == (chart.plane is not None)


def numbers_said(chart: Chart) -> set[str]:
    return {text.text for text in drawn(chart).texts}


def test_every_chart_has_its_numbers_in_the_table() -> None:
    def column(name: str, n: int) -> list[object]:
        return [row[n] for row in as_rows(CHARTS[name].table)[1]]

    assert column("burn_up", 1) == [value for _day, value in DAYS]
    assert column("burn_up", 0)[:2] == ["2021-03-31", "2021-04-01"]
    assert column("daily", 1) == [float(n % 31) for n in range(47)]
    assert column("rank_line", 1) == [rank for _day, rank in SERIES]
    assert column("by_campaign_day", 1)[0] == 0.5 and column("by_campaign_day", 1)[2] == 0.7
    assert column("slope", 1) == [4, 3, 2, 1] and column("slope", 2) == [1, 2, 3, 4]
    assert column("funnel_plot", 1) == [(900 - 80 * n) / (1000 + n) for n in range(4)]
    assert column("histogram", 1) == [4, 40]
    assert column("pareto", 1) == [12, 4] and column("pareto", 3) == [0.75, 1.0], "largest first, cumulated"
    assert column("process", 1) == [12, 6] and column("process", 2) == [1.0, 0.5]


def test_the_plan_is_a_straight_line_to_the_target() -> None:
    plan = [row[2] for row in as_rows(CHARTS["burn_up"].table)[1]]
    assert plan[0] == 137
    assert all(later - earlier == pytest.approx((1224 - 137) / 49) for earlier, later in pairwise(plan))


def test_burn_up_says_target_state_and_pace_without_overlap() -> None:
    plane = drawn(CHARTS["burn_up"])
    said = numbers_said(CHARTS["burn_up"])
    assert {"Mục tiêu 1.224", "Hiện có 1.103", "Cần 26 mỗi ngày", "Dự báo 1.180–1.230"} <= said
    places = sorted(plane.down(text.y) + text.dy for text in plane.texts if text.dx == 8)
    assert len(places) == 4
    assert all(later - earlier >= LABEL_STEP for earlier, later in pairwise(places))
    assert "137" in CHARTS["burn_up"].alt and "1.224" in CHARTS["burn_up"].alt


def test_events_are_numbered_on_the_drawing_and_named_below_it() -> None:
    events = [(date(2021, 4, 20), "Họp Ban Chỉ đạo"), (date(2021, 4, 21), "Tập huấn")]
    chart = over_time.burn_up("a", "", DAYS, 1224, START, DUE, events=events, source="Nguồn.")
    assert {"1", "2"} <= numbers_said(chart) and "Tập huấn" not in numbers_said(chart)
    assert chart.source == "Sự kiện: **1** 20/4 Họp Ban Chỉ đạo; **2** 21/4 Tập huấn. Nguồn."


def test_nothing_is_needed_where_the_target_is_reached() -> None:
    chart = over_time.burn_up("a", "", [(START, 0.0), (TODAY, 10.0)], 10, START, DUE, None)
    assert not [line for line in drawn(chart).lines if line.tone == "warn"]


def test_days_below_the_needed_pace_are_told_apart_without_colour() -> None:
    boxes = drawn(CHARTS["daily"]).boxes
    assert [box.hollow for box in boxes] == [n % 31 < 22 for n in range(47)]
    assert "9 trong 47 ngày" in CHARTS["daily"].alt


def test_rank_line_has_the_best_on_top_and_holds_until_the_next() -> None:
    plane = drawn(CHARTS["rank_line"])
    assert plane.down(1) < plane.down(47)
    assert plane.lines[0].step
    figure = lively.figure(plane)
    assert figure.data[0].line.shape == "hv"
    low, high = figure.layout.yaxis.range
    assert low > 47 and high < 1


def test_slope_tells_rise_and_fall_apart_without_colour() -> None:
    lines = drawn(CHARTS["slope"]).lines
    assert {(line.tone, line.dash) for line in lines} == {("mid", ""), ("good", ""), ("warn", "dash")}


@pytest.mark.parametrize("whole", [0.02, 0.5, 0.97])
@pytest.mark.parametrize("n", [7, 100, 5000])
def test_limits_are_where_a_units_own_wilson_interval_begins_to_hold_the_whole(whole: float, n: int) -> None:
    z = among_units.Z998

    def wilson(share: float) -> tuple[float, float]:
        middle, reach = share + z * z / (2 * n), z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
        return (middle - reach) / (1 + z * z / n), (middle + reach) / (1 + z * z / n)

    low, high = among_units.limits(whole, n, z)
    for share in (x / 400 for x in range(401)):
        lower, upper = wilson(share)
        if min(abs(share - low), abs(share - high)) > 1e-6:
            assert (low <= share <= high) == (lower <= whole <= upper)


def test_a_full_score_of_few_dossiers_is_not_beyond_chance() -> None:
    parts = [among_units.Part(str(n), 45, 45) for n in range(10)] + [among_units.Part("x", 38, 46)]
    assert "ngoài giới hạn: x." in among_units.funnel_plot("a", "", parts).alt


def test_units_without_a_denominator_are_not_drawn() -> None:
    parts = [among_units.Part("không", 0, 0), among_units.Part("có", 5, 10)]
    assert len(drawn(among_units.funnel_plot("a", "", parts)).dots) == 1


def test_tiles_say_status_by_word_and_shape() -> None:
    texts = numbers_said(among_units.tile_map("a", "", [among_units.Place(1, 1, "Bù Đăng", "82,6 %", RISK)]))
    assert texts == {"Bù Đăng", "▲ 82,6 %", "Có nguy cơ"}


def test_links_of_tiles_lead_to_our_own_pages_only() -> None:
    inside = svg.screen(drawn(CHARTS["tile_map"]), "")
    assert "href" not in inside
    good = among_units.tile_map("a", "", [among_units.Place(1, 1, "x", "1", RISK, "my_unit?unit=dong-phu&lang=en")])
    assert 'href="my_unit?unit=dong-phu&amp;lang=en"' in svg.screen(drawn(good), "")


def test_labels_at_the_end_never_cover_each_other() -> None:
    plane = Plane(200, (0, 1), (0, 10))
    placed = end_labels(plane, [(5, "a", "ink", False), (5.1, "b", "ink", False), (9, "c", "ink", False)])
    heights = sorted(plane.down(text.y) + text.dy for text in placed)
    assert all(later - earlier >= LABEL_STEP for earlier, later in pairwise(heights))


@pytest.mark.parametrize(("low", "high"), [(0, 0.3), (0, 7), (-3, 31), (85, 95.1), (0, 123456), (99.2, 99.9), (0.1, 1)])
@pytest.mark.parametrize("most", [3, 4, 5, 6])
def test_ticks_are_round_and_inside(low: float, high: float, most: int) -> None:
    ticks = round_ticks(low, high, most)
    assert 1 <= len(ticks) <= most + 1
    assert all(low - 1e-9 <= tick <= high + 1e-9 for tick in ticks)
    steps = {round(later - earlier, 9) for earlier, later in pairwise(ticks)}
    assert len(steps) <= 1
    assert all(re.fullmatch(r"[125]0*(\.0+)?|0\.0*[125]", f"{step:g}") for step in steps)


@example(0.0, 5e-324, 3)
@given(st_.floats(-1e6, 1e6), st_.floats(0, 1e6), st_.integers(3, 8))
def test_ticks_never_fail(low: float, span: float, most: int) -> None:
    assert len(round_ticks(low, low + span, most)) <= most + 1


def test_both_pens_draw_the_same_points() -> None:
    plane = Plane(100, (0, 10), (0, 10), left=0, right=0, top=0, bottom=0, lines=(Line(((0, 0), (5, 10), (10, 5))),))
    assert 'points="0.00,100.00 50.00,0.00 100.00,50.00"' in svg.paper(plane, "x", 100)
    assert 'points="0.00,100.00 500.00,0.00 1000.00,50.00"' in svg.screen(plane, "x")
    trace = lively.figure(plane).data[0]
    assert (list(trace.x), list(trace.y)) == ([0, 5, 10], [0, 10, 5])


def test_texts_of_a_lively_chart_are_no_markup() -> None:
    notes = [note.text for note in lively.figure(drawn(CHARTS["by_campaign_day"])).layout.annotations]
    assert not [note for note in notes if "<img" in note] and any("alert(1)" in note for note in notes)


def test_colours_are_the_placeholders_of_the_theme() -> None:
    template = Path(st.__file__).parent / "elements" / "lib" / "streamlit_plotly_theme.py"
    assert '"#000001"' in template.read_text(encoding="utf-8")
    assert set(lively.TONES) == set(svg.SCREEN) == set(svg.PAPER)
    assert all(re.fullmatch(r"#0000\d\d", colour) for colour in lively.TONES.values())
