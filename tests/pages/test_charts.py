"""Figures from frames; the placeholder colours that Streamlit's front end replaces by the theme's."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pandas as pd
import streamlit as st

from kpi.model import Pace, Row, Status
from pages.parts import charts

START, DUE = date(2021, 3, 31), date(2021, 5, 19)


def row(needed: float | None = 26.0) -> Row:
    pace = Pace(due=DUE, working_days_left=3, gap_count=78, needed=needed, recent=22.0, ceiling=1.0)
    return Row("npsp_integration", "x", "X", "province", "campaign", 1146, 1224, 1146 / 1224, 1.0, 0.06, Status.AT_RISK, 0, None, pace=pace)  # fmt: skip


def history(days: int = 47) -> pd.DataFrame:
    return pd.DataFrame({"day": [START + timedelta(days=n) for n in range(days)], "numerator": [137 + 21 * n for n in range(days)], "denominator": 1224})  # fmt: skip


def test_burn_up_says_in_words_what_it_draws() -> None:
    drawn = charts.burn_up(history(), row(), START, DUE)
    texts = [note.text for note in drawn.figure.layout.annotations]
    assert "<b>Mục tiêu 1.224</b>" in texts and "Cần 26 mỗi ngày" in texts
    assert "137" in drawn.alt and "1.224" in drawn.alt
    shifts = sorted(-note.yshift for note in drawn.figure.layout.annotations if note.xref == "paper")
    assert all(later - earlier >= charts.LABEL_STEP for earlier, later in pairwise(shifts))


def test_rank_line_has_the_best_on_top() -> None:
    drawn = charts.rank_line([(START, 47.0), (date(2021, 4, 20), 29.0), (date(2021, 5, 16), 1.0)], date(2021, 5, 16))
    low, high = drawn.figure.layout.yaxis.range
    assert low > 47 and high < 1
    assert drawn.figure.data[0].line.shape == "hv"


def test_colours_are_the_placeholders_of_the_theme() -> None:
    assert (charts.GOOD, charts.WARN, charts.PAGE) == ("#000001", "#000002", "#000010")
    template = Path(st.__file__).parent / "elements" / "lib" / "streamlit_plotly_theme.py"
    assert '"#000001"' in template.read_text(encoding="utf-8")
    colours = {
        trace.line.color for trace in charts.burn_up(history(), row(), START, DUE).figure.data if trace.line.color
    }
    assert all(colour.startswith("#0000") for colour in colours)
