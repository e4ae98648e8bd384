"""Both campaigns of the replay walked day by day: no page breaks, stays empty, shows another unit or a raw or English word.

By default some days of each campaign; ``WALK=all`` (``make walk``) walks every day.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from streamlit.testing.v1 import AppTest

from data.home import Home
from kpi.catalog import FIGURES
from tests.conftest import ROOT
from tests.pages.test_pages import PAGES, body, visit

__all__ = ["visit"]
STEP = 1 if os.environ.get("WALK") == "all" else 17
UNITS = ("", "dong-phu", "stnmt", "bdt")
RAW = re.compile(
    r"\b(None|nan|NaN|NaT|inf|True|False|null|undefined)\b|[{}]|" + "|".join(key for key in FIGURES if "_" in key)
)
Open = Callable[..., AppTest]


@pytest.fixture(scope="session")
def english() -> set[str]:
    """English sentences and phrases of the translation that no Vietnamese page can hold by chance."""
    with (ROOT / "data" / "locale" / "en.po").open("rb") as file:
        texts = [
            message.string
            for message in read_po(file)
            if isinstance(message.string, str) and isinstance(message.id, str)
        ]
    return {text for text in texts if len(text.split()) >= 3 and "{" not in text and text.isascii()}


def days(campaign: str) -> list[date]:
    found = Home(ROOT / "data" / "homes" / "binhphuoc").campaign(campaign)
    every = [found.start + timedelta(days=n) for n in range((found.last_day - found.start).days + 1)]
    return sorted({*every[::STEP], every[-1]})


WALK = [(campaign, day) for campaign in ("50-ngay", "92-ngay") for day in days(campaign)]


@pytest.mark.parametrize(("campaign", "day"), WALK)
def test_a_day(campaign: str, day: date, replay: Path, visit: Open, english: set[str]) -> None:
    unit = UNITS[day.toordinal() % len(UNITS)]
    names = {
        "": "Toàn tỉnh",
        "dong-phu": "Huyện Đồng Phú",
        "stnmt": "Sở Tài nguyên và Môi trường",
        "bdt": "Ban Dân tộc",
    }
    for page in PAGES:
        app = visit(replay, page, campaign=campaign, as_of=f"{day}T17:00", unit=unit)
        text = body(app)
        place = (page, campaign, day, unit)
        assert f"17:00 {day.day}/{day.month}/{day.year}" in text, place
        assert names[unit] in text, place
        assert "Dữ liệu mô phỏng" in text, place
        assert len(text) > 300, (place, text)
        assert not RAW.search(text), (place, RAW.search(text))
        assert not [words for words in english if words in text], (place, [words for words in english if words in text])
        assert not [table for table in tables(app) if not table], place


def tables(app: AppTest) -> list[list[str]]:
    """The rows of every table on the page."""
    bodies = re.findall(r"<tbody>(.*?)</tbody>", " ".join(element.proto.body for element in app.get("html")), re.S)
    return [re.findall(r"<tr", found) for found in bodies]
