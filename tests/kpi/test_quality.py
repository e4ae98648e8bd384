"""Doubtful dossiers and arrivals, counted by hand."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from data.access import ALL
from data.clock import day_number, parse_moment
from data.errors import CallFault
from data.home import Home
from data.store import Store
from kpi import quality
from kpi.arrivals import arrivals
from loaders.load import load_file
from tests.exports import HEADINGS, PROCEDURE, province

DONG_PHU, Y_TE = "UBND huyện Đồng Phú", "Sở Y tế"
GOOD = "000.00.12.H10-210401-0001"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(province(tmp_path / "home"))


def export(*rows: tuple[str, str, str, str, str]) -> bytes:
    """Code, unit, accepted, due, finished."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(HEADINGS)
    for code, unit, accepted, due, finished in rows:
        status = "Đã trả kết quả" if finished else "Đang xử lý"
        writer.writerow([code, *PROCEDURE, unit, "", accepted, due, finished, status, "Trực tuyến"])
    return out.getvalue().encode("utf-8-sig")


def load(store: Store, home: Home, name: str, received: str, *rows: tuple[str, str, str, str, str]) -> None:
    report = load_file(store, home, export(*rows), name=name, who="t", at=parse_moment(received, home.zone))
    assert report.status == "loaded" and report.refused == 0, report


def code(number: int) -> str:
    return f"000.00.12.H10-210401-{number:04}"


def test_each_kind_is_counted_where_it_lies_and_the_dossiers_are_found(home: Home) -> None:
    store = Store.open(home)
    load(
        store, home, "a.csv", "2021-04-20T17:00",
        (code(1), DONG_PHU, "01/04/2021 08:00:00", "05/04/2021 17:00:00", "02/04/2021 08:00:00"),
        (code(2), DONG_PHU, "01/04/2021 08:00:00", "", ""),
        (code(3), Y_TE, "01/04/2021 08:00:00", "", ""),
        (code(4), Y_TE, "05/04/2021 08:00:00", "06/04/2021 17:00:00", "03/04/2021 08:00:00"),
        (code(5), Y_TE, "05/04/2021 08:00:00", "02/04/2021 17:00:00", ""),
        ("LA-1", Y_TE, "05/04/2021 08:00:00", "08/04/2021 17:00:00", ""),
        (code(6), Y_TE, "05/04/2021 08:00:00", "08/04/2021 17:00:00", ""),
        (code(6), Y_TE, "05/04/2021 08:00:00", "09/04/2021 17:00:00", ""),
    )  # fmt: skip
    found = quality.counts(store, scope=ALL)
    assert {kind: units for kind, units in found.items() if units} == {
        "no_due_date": {"dong-phu": 1, "syt": 1},
        "finish_before_accept": {"syt": 1},
        "due_before_accept": {"syt": 1},
        "odd_code": {"syt": 1},
        "repeated_in_file": {"syt": 1},
    }
    assert quality.total(store, scope=ALL) == 7
    one = quality.listed(store, home, "finish_before_accept", {"syt"}, scope=ALL)
    assert [(row["code"], row["file"], row["row"]) for row in one] == [(code(4), "a.csv", 5)]
    assert quality.listed(store, home, "finish_before_accept", {"dong-phu"}, scope=ALL) == []
    both = quality.listed(store, home, "no_due_date", {"syt", "dong-phu"}, limit=1, offset=1, scope=ALL)
    assert [row["code"] for row in both] == [code(3)]
    with pytest.raises(CallFault):
        quality.listed(store, home, "x", {"syt"}, scope=ALL)


def test_a_mended_dossier_is_no_longer_doubted(home: Home) -> None:
    store = Store.open(home)
    load(store, home, "a.csv", "2021-04-20T17:00", (GOOD, Y_TE, "01/04/2021 08:00:00", "", ""))
    assert quality.counts(store, scope=ALL)["no_due_date"] == {"syt": 1}
    load(store, home, "b.csv", "2021-04-21T17:00", (GOOD, Y_TE, "01/04/2021 08:00:00", "05/04/2021 17:00:00", ""))
    assert quality.counts(store, scope=ALL)["no_due_date"] == {}


def test_facts_arrive_on_the_day_the_file_speaks_of_or_was_received(home: Home) -> None:
    store = Store.open(home)
    first = (code(1), DONG_PHU, "01/04/2021 08:00:00", "05/04/2021 17:00:00", "")
    second = (code(2), Y_TE, "01/04/2021 08:00:00", "05/04/2021 17:00:00", "")
    done = (*second[:4], "02/04/2021 09:00:00")
    load(store, home, "ho-so-2021-04-01.csv", "2021-04-02T07:00", first, second)
    load(store, home, "khong-ngay.csv", "2021-04-02T17:30", first, done)
    load(store, home, "khong-ngay-2.csv", "2021-04-06T17:30", first)
    days = [day_number(home.campaign("50-ngay").start.fromisoformat(f"2021-04-0{n}")) for n in (1, 2, 6)]
    found = arrivals(store, home, days[0], days[2])
    assert found.files == dict.fromkeys(days, 1)
    assert found.facts == {"dong-phu": {days[0]: 1}, "syt": {days[0]: 1, days[1]: 1}}
    assert arrivals(store, home, days[1], days[1]).facts == {"syt": {days[1]: 1}}


def test_an_import_taken_back_did_not_arrive(home: Home) -> None:
    store = Store.open(home)
    row = (GOOD, Y_TE, "01/04/2021 08:00:00", "05/04/2021 17:00:00", "")
    load(store, home, "a.csv", "2021-04-01T17:00", row)
    load(store, home, "b.csv", "2021-04-02T17:00", (*row[:4], "02/04/2021 09:00:00"))
    store.undo(2, who="t", at=parse_moment("2021-04-03T08:00", home.zone))
    day = day_number(home.campaign("50-ngay").start.fromisoformat("2021-04-01"))
    found = arrivals(store, home, day, day + 9)
    assert found.files == {day: 1} and found.facts == {"syt": {day: 1}}
