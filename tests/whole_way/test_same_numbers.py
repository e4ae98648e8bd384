"""One number, wherever it is asked for: kpi, explain, its rows, published, issue, and the pages."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from data.access import ALL
from data.locale import use_language
from data.locale.formats import number, percent
from kpi.catalog import FIGURES
from tests.conftest import ROOT, run_campaign
from tests.exports import many, province, write_export
from tests.pages.conftest import write_catalogue

MOMENT = "2021-04-20T17:00"
ASKED = ("--campaign", "50-ngay", "--as-of", MOMENT)
SAID = ("numerator", "denominator", "value", "target", "gap", "status")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("same-numbers")
    root = province(folder / "home")
    run_campaign("load", write_export(folder / "ho-so.csv", many()), write_catalogue(folder / "dm.csv"), "--home", root)
    return root


@pytest.fixture(scope="module")
def rows(home: Path) -> dict[tuple[str, str], dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for level in (None, "department", "district"):
        by = () if level is None else ("--by", level)
        for row in run_campaign("kpi", *ASKED, *by, "--format", "json", "--home", home).json():
            if row["kpi"] != "national_rank":
                found[row["kpi"], row["unit"]] = row
    return found


def test_explain_says_the_same_and_its_rows_add_up(home: Path, rows: dict[tuple[str, str], dict[str, Any]]) -> None:
    from data.home import Home
    from data.store import Store
    from kpi.explain import behind
    from kpi.query import Query

    opened = Home(home)
    store = Store.open(opened)
    for kpi, declared in FIGURES.items():
        if declared.reads == "series":
            continue
        for unit in ("binh-phuoc", "dong-phu", "syt"):
            expected = rows[kpi, unit]
            query = Query(opened.campaign("50-ngay"), (kpi,), expected_moment(opened), unit=unit)
            entries = behind(store, opened, query, kpi, scope=ALL)
            up = sum(entry["numerator"] for entry in entries) / declared.scale
            assert up == pytest.approx(expected["numerator"] or 0, rel=1e-12), (kpi, unit)
            if declared.denominator or (declared.services != "all" and declared.reads == "services"):
                assert sum(entry["denominator"] for entry in entries) == (expected["denominator"] or 0), (kpi, unit)
    shown = run_campaign("explain", "overdue_open", *ASKED, "--format", "json", "--home", home).json()
    assert {name: shown["figures"][0][name] for name in SAID} == {
        name: rows["overdue_open", "binh-phuoc"][name] for name in SAID
    }


def expected_moment(home: Any) -> int:
    from data.clock import parse_moment

    return parse_moment(MOMENT, home.zone)


def test_an_issue_holds_the_same(home: Path, rows: dict[tuple[str, str], dict[str, Any]]) -> None:
    issued = run_campaign("issue", *ASKED, "--home", home, "--json").json()["rows"]
    kept = {(row["kpi"], row["unit"]): row for row in issued}
    for place, row in rows.items():
        assert {name: kept[place][name] for name in SAID} == {name: row[name] for name in SAID}, place


def test_a_published_claim_is_checked_against_the_same(home: Path, rows: dict[tuple[str, str], dict[str, Any]]) -> None:
    claim = rows["npsp_integration", "binh-phuoc"]
    with (home / "published.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            [
                "id",
                "as_of",
                "campaign",
                "window",
                "kpi",
                "part",
                "unit",
                "filter",
                "scheme",
                "comparison",
                "value",
                "source",
                "reading",
                "text",
            ]
        )
        for n, part in enumerate(("numerator", "denominator", "value")):
            writer.writerow(
                [f"X{n}", MOMENT, "50-ngay", "", "npsp_integration", part, "", "", "", "eq", claim[part], "", "", ""]
            )
    checked = run_campaign("published", "--home", home, "--json").json()
    assert [(one["ok"], one["computed"]) for one in checked] == [
        (True, claim[part]) for part in ("numerator", "denominator", "value")
    ]


@pytest.fixture
def visit(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    monkeypatch.setenv("CAMPAIGN_HOME", str(home))
    monkeypatch.delenv("CAMPAIGN_DATABASE_URL", raising=False)
    monkeypatch.setattr("streamlit.get_option", lambda name: "127.0.0.1" if name == "server.address" else None)

    def visit(page: str, **params: str) -> str:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        for name, value in {"as_of": MOMENT, **params}.items():
            app.query_params[name] = value
        app.run().switch_page(page).run()
        assert not app.exception, app.exception
        drawn = " ".join(element.proto.body for element in app.get("html"))
        return unescape(
            re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>", "", drawn, flags=re.S)))
        )

    return visit


def test_pages_show_the_same(
    visit: Callable[..., str], home: Path, rows: dict[tuple[str, str], dict[str, Any]]
) -> None:
    use_language("vi")
    for kpi in ("npsp_integration", "on_time_resolved", "overdue_open", "backlog_cleared"):
        root = rows[kpi, "binh-phuoc"]
        source = visit("pages/unit/source.py", kpi=kpi)
        for part in ("numerator", "denominator"):
            if root[part] is not None:
                assert number(root[part]) in source, (kpi, part)
        for page, level in (("departments", "so"), ("districts", "huyen")):
            league = visit(f"pages/steering/{page}.py", kpi=kpi)
            for unit in ("dong-phu", "loc-ninh") if level == "huyen" else ("syt", "stp"):
                row = rows.get((kpi, unit))
                if row is not None and row["value"] is not None:
                    assert shown(kpi, row["value"], row["target"]) in league, (kpi, unit)
        assert shown(kpi, root["value"], root["target"]) in visit("pages/steering/progress.py", kpi=kpi), kpi


def shown(kpi: str, value: float, target: float | None) -> str:
    text = percent(value, target) if FIGURES[kpi].is_ratio else number(value)
    return " ".join(text.split())
