"""File → `campaign load` → `campaign kpi` → `campaign serve` → the number a person reads in a browser."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from kpi.catalog import FIGURES
from tests.conftest import run_campaign
from tests.exports import SECRET, Row, province, write_export
from tests.serving import Visit, chromium, serving

pytestmark = pytest.mark.browser

DONG_PHU, BINH_LONG = "UBND huyện Đồng Phú", "UBND TX. Bình Long"


def dossier(code: str, unit: str, finished: str | None) -> Row:
    """Accepted on 1/4/2021, due on 6/4/2021."""
    return (f"H10-{code}", unit, "01/04/2021 08:00:00", "06/04/2021 17:00:00", finished)


# Đồng Phú: 7 of 8 in time, two more overdue and open. Bình Long: 3 of 4 in time.
FIRST = [
    *(dossier(f"dp-{n}", DONG_PHU, "05/04/2021 09:00:00") for n in range(7)),
    dossier("dp-late", DONG_PHU, "07/04/2021 08:00:00"),
    dossier("dp-open-1", DONG_PHU, None),
    dossier("dp-open-2", DONG_PHU, None),
    *(dossier(f"bl-{n}", BINH_LONG, "06/04/2021 19:00:00") for n in range(3)),
    dossier("bl-late", BINH_LONG, "08/04/2021 08:00:00"),
]
# The next day's file: one of the open ones is finished, and a correction says the late one was finished in time.
SECOND = [
    dossier("dp-open-1", DONG_PHU, "21/04/2021 08:00:00"),
    dossier("dp-late", DONG_PHU, "06/04/2021 16:30:00"),
]
AT = "2021-04-20T17:00"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def home(tmp_path: Path) -> Path:
    root = province(tmp_path / "home")
    report = run_campaign("load", write_export(tmp_path / "ngay-20-4.csv", FIRST), "--home", root, "--json").json()
    assert [(one["status"], one["new"], one["refused"]) for one in report] == [("loaded", len(FIRST), 0)]
    return root


def told(home: Path, key: str, *more: str) -> dict[str, object]:
    ask = ("kpi", "--home", home, "--campaign", "50-ngay", "--as-of", AT, "--kpi", key, "--format", "json")
    (row,) = run_campaign(*ask, *more).json()
    return row


def tile(visit: Visit, key: str) -> str:
    """The big number of a figure's tile, as it is read."""
    name = FIGURES[key].label("vi")
    found = visit.page.locator(".tile").filter(has=visit.page.get_by_role("heading", name=name, exact=True))
    return found.locator(".n").inner_text().replace("\N{NO-BREAK SPACE}", " ").strip()


def test_the_number_in_the_file_is_the_number_on_the_page(home: Path, tmp_path: Path, browser: Browser) -> None:
    row = told(home, "on_time_resolved")
    assert (row["numerator"], row["denominator"], row["value"]) == (10, 12, 10 / 12)
    row = told(home, "on_time_resolved", "--unit", "dong-phu")
    assert (row["numerator"], row["denominator"], row["value"]) == (7, 8, 0.875)
    assert told(home, "overdue_open")["value"] == 2

    with serving(home, tmp_path / "serve.log") as address:
        visit = Visit(browser)
        visit.open(f"{address}/overview?campaign=50-ngay&as_of={AT}")
        assert tile(visit, "on_time_resolved") == "83,3 %"
        assert tile(visit, "overdue_open") == "2"
        visit.open(f"{address}/overview?campaign=50-ngay&as_of={AT}&unit=dong-phu")
        assert tile(visit, "on_time_resolved") == "87,5 %"
        visit.open(f"{address}/overview?campaign=50-ngay&as_of=2021-04-05&unit=dong-phu")
        assert tile(visit, "on_time_resolved") == "100 %"
        assert tile(visit, "overdue_open") == "0"

        # The next file arrives while people are looking.
        run_campaign("load", write_export(tmp_path / "ngay-21-4.csv", SECOND), "--home", home)
        assert told(home, "on_time_resolved", "--unit", "dong-phu")["value"] == 1.0
        visit.open(f"{address}/overview?campaign=50-ngay&as_of={AT}&unit=dong-phu")
        assert tile(visit, "on_time_resolved") == "100 %"
        assert tile(visit, "overdue_open") == "2"
        visit.open(f"{address}/overview?campaign=50-ngay&as_of=2021-04-21&unit=dong-phu")
        assert tile(visit, "overdue_open") == "1"
        assert visit.errors == []
        visit.close()


def test_the_api_answers_like_the_command_line(home: Path, tmp_path: Path) -> None:
    ask = ("kpi", "--home", home, "--campaign", "50-ngay", "--as-of", AT, "--by", "district", "--format", "json")
    question = f"campaign=50-ngay&as-of={AT}&by=district"
    with (
        serving(home, tmp_path / "serve.log") as address,
        urllib.request.urlopen(f"{address}/api/v1/kpi?{question}") as answer,
    ):
        rows = json.load(answer)
    assert rows == run_campaign(*ask).json()
    assert len({row["unit"] for row in rows}) == 11


def test_from_the_number_to_file_and_row(home: Path) -> None:
    ask = ("explain", "overdue_open", "--rows", "--home", home, "--campaign", "50-ngay", "--as-of", AT, "--json")
    rows = run_campaign(*ask).json()["rows"]
    lines = {f"H10-{code}": number for number, (code, *_) in enumerate(((row[0][4:],) for row in FIRST), start=2)}
    assert {row["code"]: (row["file"], row["row"]) for row in rows} == {
        code: ("ngay-20-4.csv", lines[code]) for code in ("H10-dp-open-1", "H10-dp-open-2")
    }


def test_who_applied_is_nowhere(home: Path) -> None:
    """The name and the telephone number in the export are not in any file of the home, nor in a report about it."""
    kept = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert b"H10-dp-late" in kept
    for part in ("Bí Mật", SECRET.split()[-1]):
        assert part.encode() not in kept
        assert part not in run_campaign("loads", "--home", home, "--json").out


def test_as_known_before_the_second_file(home: Path, tmp_path: Path) -> None:
    before = run_campaign("loads", "--home", home, "--json").json()[0]["at"]
    run_campaign("load", write_export(tmp_path / "ngay-21-4.csv", SECOND), "--home", home)
    assert told(home, "on_time_resolved", "--unit", "dong-phu")["numerator"] == 8
    assert told(home, "on_time_resolved", "--unit", "dong-phu", "--known-at", before)["numerator"] == 7
