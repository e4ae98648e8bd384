"""A small province whose report can be counted by hand.

Seen on 20/4/2021 at 17:00, in the campaign that began on 31/3/2021:

| dossier | unit | accepted | due | ended | form II.06a |
|---|---|---|---|---|---|
| dp-1, dp-2, dp-3 | Đồng Phú | 1/4 | 6/4 | 5/4 | new, before its day |
| dp-4 | Đồng Phú | 1/4 | 6/4 | 6/4 | new, on its day |
| dp-5 | Đồng Phú | 1/4 | 6/4 | 7/4 | new, late |
| dp-6, dp-7 | Đồng Phú | 1/4 | 6/4 | – | new, open, overdue |
| dp-8 | Đồng Phú | 19/4 | 26/4 | – | new, open, in time |
| dp-old | Đồng Phú | 1/3 | 10/3 | – | carried over, open, overdue |
| dp-old-2 | Đồng Phú | 22/3 | 15/4 | 1/4 | carried over, before its day |
| yt-1 | Sở Y tế | 2/4 | – | 8/4 | new, no due date: stands with those on their day |
| yt-2 | Sở Y tế | 2/4 | 9/4 | withdrawn 6/4 | new, set apart |
| yt-3 | Sở Y tế | 2/4 | 9/4 | – | new, open, paused |
| yt-before | Sở Y tế | 1/3 | 9/3 | 8/3 | not of this campaign |
| yt-after | Sở Y tế | 21/4 | 30/4 | – | not yet |
"""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import pytest

from data.clock import parse_moment
from data.home import Home
from data.store import Store
from loaders.load import load_file
from tests.exports import HEADINGS, PROCEDURE, SECRET, province

DONG_PHU, Y_TE = "UBND huyện Đồng Phú", "Sở Y tế"
DONE, OPEN, WITHDRAWN, PAUSED = "Đã trả kết quả", "Đang xử lý", "Công dân yêu cầu rút hồ sơ", "Yêu cầu bổ sung giấy tờ"
Told = tuple[str, str, str, str, str, str, str]
"""Code, unit, accepted, due, ended (day and month of 2021, "" = blank), status, channel."""

NEW = "Trực tuyến"
DESK = "Trực tiếp"
TOLD: tuple[Told, ...] = (
    ("dp-1", DONG_PHU, "01/04", "06/04", "05/04", DONE, NEW),
    ("dp-2", DONG_PHU, "01/04", "06/04", "05/04", DONE, NEW),
    ("dp-3", DONG_PHU, "01/04", "06/04", "05/04", DONE, DESK),
    ("dp-4", DONG_PHU, "01/04", "06/04", "06/04", DONE, NEW),
    ("dp-5", DONG_PHU, "01/04", "06/04", "07/04", DONE, DESK),
    ("dp-6", DONG_PHU, "01/04", "06/04", "", OPEN, DESK),
    ("dp-7", DONG_PHU, "01/04", "06/04", "", OPEN, "Bưu chính công ích"),
    ("dp-8", DONG_PHU, "19/04", "26/04", "", OPEN, NEW),
    ("dp-old", DONG_PHU, "01/03", "10/03", "", OPEN, NEW),
    ("dp-old-2", DONG_PHU, "22/03", "15/04", "01/04", DONE, DESK),
    ("yt-1", Y_TE, "02/04", "", "08/04", DONE, DESK),
    ("yt-2", Y_TE, "02/04", "09/04", "06/04", WITHDRAWN, DESK),
    ("yt-3", Y_TE, "02/04", "09/04", "", PAUSED, NEW),
    ("yt-before", Y_TE, "01/03", "09/03", "08/03", DONE, NEW),
    ("yt-after", Y_TE, "21/04", "30/04", "", OPEN, NEW),
)
AS_OF = "2021-04-20T17:00"
RECEIVED = "2021-04-21T18:00"


def export(told: tuple[Told, ...]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(HEADINGS)
    for code, unit, *days, status, channel in told:
        moments = [
            f"{day}/2021 {clock}" if day else ""
            for day, clock in zip(days, ("08:00:00", "17:00:00", "16:00:00"), strict=True)
        ]
        writer.writerow([f"H10-{code}", *PROCEDURE, unit, SECRET, *moments, status, channel])
    return out.getvalue().encode("utf-8-sig")


def load(store: Store, home: Home, told: tuple[Told, ...], name: str = "ho-so.csv", received: str = RECEIVED) -> None:
    report = load_file(store, home, export(told), name=name, who="t", at=parse_moment(received, home.zone))
    assert report.status == "loaded" and report.refused == 0, report


def make(folder: Path, told: tuple[Told, ...] = TOLD) -> tuple[Home, Store]:
    home = Home(province(folder / "home"))
    store = Store.open(home)
    if told:
        load(store, home, told)
    return home, store


Small = tuple[Home, Store]


@pytest.fixture(scope="session")
def told_home(tmp_path_factory: pytest.TempPathFactory) -> Small:
    """For reading only."""
    return make(tmp_path_factory.mktemp("reports"))


@pytest.fixture
def small(told_home: Small, tmp_path: Path) -> Small:
    """For writing: a copy."""
    home = Home(shutil.copytree(told_home[0].root, tmp_path / "home"))
    return home, Store.open(home)
