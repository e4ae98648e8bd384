"""A home elsewhere with nothing but a profile and a campaign file: the hour that comes twice is loaded, not refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.conftest import run_campaign

# On 1 November 2020 in New York 01:00-02:00 came twice; on 8 March 02:00-03:00 did not come at all.
EXPORT = """Case,Office,Received by,Received,Due,Closed
A-1,North,Web,11/01/2020 01:30,11/02/2020,11/01/2020 01:45
A-2,North,Desk,11/01/2020 00:30,11/01/2020,11/02/2020 09:00
A-3,South,Web,11/03/2020 10:00,11/05/2020,
A-4,South,,03/08/2020 02:30,11/20/2020,11/19/2020 16:00
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    root = tmp_path / "home"
    shutil.copytree(Path(__file__).parent / "tiny", root)
    (root / "export.csv").write_text(EXPORT, encoding="utf-8")
    return root


def test_the_doubled_hour_is_loaded(home: Path) -> None:
    (loaded,) = run_campaign("load", home / "export.csv", "--home", home, "--json").json()
    assert (loaded["status"], loaded["read"], loaded["new"], loaded["refused"]) == ("loaded", 4, 4, 0)

    rows = run_campaign(
        "kpi", "--home", home, "--campaign", "autumn", "--as-of", "2020-11-30", "--by", "unit", "--format", "json"
    ).json()
    found = {(row["kpi"], row["unit"]): (row["numerator"], row["denominator"]) for row in rows}
    assert found["on_time_resolved", "North"] == (1, 2)
    assert found["on_time_resolved", "South"] == (1, 1)
    assert found["online_submit", "North"] == (1, 2)
    assert found["online_submit", "South"] == (1, 1)
    assert found["overdue_open", "South"][0] == 1


def test_the_earlier_offset_is_taken_and_the_row_is_flagged(home: Path) -> None:
    run_campaign("load", home / "export.csv", "--home", home)
    # 01:30 for the first time is 05:30 UTC: a minute before, the dossier does not exist yet, though 06:30 UTC is also 01:30.
    ask = ("kpi", "--home", home, "--campaign", "autumn", "--kpi", "online_submit", "--format", "json", "--as-of")
    (before,) = run_campaign(*ask, "2020-11-01T05:29Z").json()
    (then,) = run_campaign(*ask, "2020-11-01T05:30Z").json()
    assert (before["denominator"], then["denominator"]) == (1, 2)


def test_a_home_without_home_toml_is_in_vietnam(home: Path) -> None:
    (home / "home.toml").unlink()
    (loaded,) = run_campaign("load", home / "export.csv", "--home", home, "--json").json()
    assert (loaded["status"], loaded["new"]) == ("loaded", 4)
    (row,) = run_campaign(
        "kpi", "--home", home, "--campaign", "autumn", "--kpi", "online_submit", "--format", "json"
    ).json()
    assert row["as_of"].endswith("+07:00")
