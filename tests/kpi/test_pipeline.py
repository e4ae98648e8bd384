"""The way of services to the national portal, counted by hand over two catalogue exports."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from data.clock import parse_moment
from data.home import Home
from data.store import Store
from kpi.pipeline import pipeline
from kpi.query import Query
from loaders.load import load_file
from tests.exports import province, write_export
from tests.pages.conftest import HEADINGS

FIRST = [
    ("A", 4, 1, "Đã tích hợp", "", "01/03/2021"),
    ("B", 4, 1, "Bị từ chối", "Thiếu mã phí", "01/04/2021"),
    ("C", 3, 1, "Bị từ chối", "Sai biểu mẫu", "02/04/2021"),
    ("D", 3, 1, "Đã gửi", "", "02/04/2021"),
    ("E", 3, 1, "Trong danh mục", "", "01/03/2021"),
    ("F", 2, 1, "Trong danh mục", "", "01/03/2021"),
    ("G", 4, 0, "Trong danh mục", "", "01/03/2021"),
]
SECOND = [("B", 4, 1, "Đã tích hợp", "", "10/04/2021")]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(province(tmp_path / "home"))


def catalogue(path: Path, rows: list[tuple[str, int, int, str, str, str]]) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        for code, level, eligible, state, reason, day in rows:
            writer.writerow(
                [code, f"1.00000{ord(code) - 64}", code, "Sở Y tế", level, eligible, eligible, state, reason, day]
            )
    return path


def test_each_stage_and_what_waits(home: Home, tmp_path: Path) -> None:
    store, campaign = Store.open(home), home.campaign("50-ngay")
    assert pipeline(store, home, Query(campaign, as_of=parse_moment("2021-04-20", home.zone))) is None
    second = [row for row in FIRST if row[0] != "B"] + SECOND
    for name, rows, at in (("1.csv", FIRST, "2021-04-05T17:00"), ("2.csv", second, "2021-04-10T17:00")):
        load_file(store, home, catalogue(tmp_path / name, rows), who="t", at=parse_moment(at, home.zone))
    load_file(
        store, home, write_export(tmp_path / "ho-so.csv", [("H10-0", "Sở Y tế", "03/04/2021 08:00:00", None, None), ("H10-1", "Sở Y tế", "03/04/2021 08:00:00", None, None)]),
        who="t", at=parse_moment("2021-04-10T17:00", home.zone),
    )  # fmt: skip
    before = pipeline(store, home, Query(campaign, as_of=parse_moment("2021-04-06", home.zone), unit="syt"))
    assert before is not None
    assert before.stages == {
        "eligible": 5,
        "reviewed": 4,
        "sent": 4,
        "rejected": 2,
        "mended": 0,
        "integrated": 1,
        "used": 1,
    }
    assert sorted(before.reasons) == [("Sai biểu mẫu", 1), ("Thiếu mã phí", 1)]
    assert [one.code for one in before.waiting] == ["C", "B", "D", "E"]
    after = pipeline(store, home, Query(campaign, as_of=parse_moment("2021-04-12", home.zone)))
    assert after is not None
    assert after.stages == {
        "eligible": 5,
        "reviewed": 4,
        "sent": 4,
        "rejected": 1,
        "mended": 1,
        "integrated": 2,
        "used": 1,
    }
    assert (after.waiting[0].code, after.waiting[0].since) == ("C", date(2021, 4, 2))
    elsewhere = pipeline(store, home, Query(campaign, as_of=parse_moment("2021-04-12", home.zone), unit="stp"))
    assert elsewhere is not None and elsewhere.stages["eligible"] == 0
