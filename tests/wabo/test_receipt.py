"""A permit log by others with right answers by others: no line of code knows it, only a profile and a campaign file."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import SHARED, run_campaign

RECEIPT = SHARED / "external" / "wabo-receipt" / "receipt.csv"
pytestmark = pytest.mark.skipif(not RECEIPT.exists(), reason="the permit log is not part of the project")

RULES = ("day", "instant")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("wabo") / "home"
    shutil.copytree(Path(__file__).parent / "home", root)
    report = run_campaign("load", RECEIPT, "--home", root, "--json").json()
    loaded = report[0] if isinstance(report, list) else report
    assert loaded["status"] == "loaded"
    assert (loaded["read"], loaded["new"], loaded["refused"]) == (1434, 1434, 0)
    return root


def rows(home: Path, rule: str, *more: str) -> list[dict[str, Any]]:
    return run_campaign("kpi", "--home", home, "--campaign", f"receipt-{rule}", "--format", "json", *more).json()


def one(home: Path, rule: str, key: str, *more: str) -> dict[str, Any]:
    (row,) = rows(home, rule, "--kpi", key, *more)
    return row


def quotient(row: dict[str, Any]) -> tuple[float, float]:
    return row["numerator"], row["denominator"]


@pytest.mark.parametrize(("rule", "in_time"), [("instant", 952), ("day", 1020)])
def test_on_time(home: Path, rule: str, in_time: int) -> None:
    row = one(home, rule, "on_time_resolved")
    assert quotient(row) == (in_time, 1329)
    assert row["value"] == in_time / 1329


@pytest.mark.parametrize(("rule", "general", "contact", "experts"), [("instant", 915, 28, 9), ("day", 980, 28, 12)])
def test_on_time_by_unit(home: Path, rule: str, general: int, contact: int, experts: int) -> None:
    by_unit = {row["unit"]: quotient(row) for row in rows(home, rule, "--kpi", "on_time_resolved", "--by", "unit")}
    assert by_unit["General"] == (general, 1285)
    assert by_unit["Customer contact"] == (contact, 29)
    assert by_unit["Experts"] == (experts, 15)
    assert sum(quotient[1] for quotient in by_unit.values()) == 1329


@pytest.mark.parametrize("rule", RULES)
def test_received_online(home: Path, rule: str) -> None:
    row = one(home, rule, "online_submit")
    assert quotient(row) == (1250, 1434)
    assert round(row["value"] * 100, 4) == 87.1688


@pytest.mark.parametrize(
    ("as_of", "accepted", "finished", "on_time", "still_open", "overdue"),
    [
        ("2011-07-01T00:00Z", 944, 712, {"instant": 512, "day": 562}, 232, {"instant": 45, "day": 44}),
        ("2011-12-31T00:00Z", 1423, 1278, {"instant": 923, "day": 990}, 145, {"instant": 45, "day": 45}),
    ],
)
@pytest.mark.parametrize("rule", RULES)
def test_as_of(
    home: Path,
    rule: str,
    as_of: str,
    accepted: int,
    finished: int,
    on_time: dict[str, int],
    still_open: int,
    overdue: dict[str, int],
) -> None:
    at = ("--as-of", as_of)
    assert one(home, rule, "online_submit", *at)["denominator"] == accepted
    assert quotient(one(home, rule, "on_time_resolved", *at)) == (on_time[rule], finished)
    assert one(home, rule, "overdue_open", *at)["value"] == overdue[rule]
    assert quotient(one(home, rule, "overdue_share", *at)) == (overdue[rule], accepted)
    assert quotient(one(home, rule, "overdue_share_open", *at)) == (overdue[rule], still_open)


def test_loading_it_twice_changes_nothing(home: Path) -> None:
    before = rows(home, "day")
    (again,) = run_campaign("load", RECEIPT, "--home", home, "--json").json()
    assert again["status"] == "unchanged"
    assert (again["new"], again["changed"], again["refused"]) == (0, 0, 0)
    assert rows(home, "day") == before
