"""One number, wherever it is asked for: kpi, explain, its rows, published, issue, every form of the report, API and pages."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from streamlit.testing.v1 import AppTest

from data.access import ALL
from data.clock import parse_moment
from data.home import Home
from data.locale import use_language
from data.locale.formats import number, percent
from data.store import Store
from kpi import issues, meeting
from kpi.catalog import FIGURES
from kpi.reports import digest, files, issuing, minutes
from kpi.reports.build import build
from kpi.reports.words import LEVELS
from pages.web.feeds import ROUTES, routes
from pages.web.metrics import Observed
from tests.conftest import ROOT, run_campaign
from tests.exports import many, province, write_export
from tests.pages.conftest import HEADINGS
from tests.web.asking import Asking
from tests.whole_way import forms

MOMENT = "2021-04-20T17:00"
ASKED = ("--campaign", "50-ngay", "--as-of", MOMENT)
SAID = ("numerator", "denominator", "value", "target", "gap", "status")
SCHEME = "national-portal-integration"
"""The campaign's own ranking: a rank of another scheme is another figure."""
BY = (None, "department", "district", "commune")
INTEGRATED = {"Sở Tư pháp": (1, 475), "Sở Y tế": (1_366, 1_367), "Huyện Đồng Phú": (7, 9), "Huyện Lộc Ninh": (31, 31)}
"""Services integrated, of how many: 0,21 %, 99,93 %, 77,8 % of few, 100 %; 1.405 of 1.882 are 74,7 %."""
Rows = dict[tuple[str, str], dict[str, Any]]
Told = dict[str, list[forms.Said]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Numbers that are hard to write: above a thousand, close to 0 % and to 100 %, of few dossiers."""
    folder = tmp_path_factory.mktemp("same-numbers")
    root = province(folder / "home")
    with (folder / "dm.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        for place, (done, whole) in INTEGRATED.items():
            for n in range(whole):
                state = "Đã tích hợp" if n < done else "Trong danh mục"
                code = f"{place}-{n}".replace(" ", "")
                writer.writerow([f"DV-{code}", f"1.{n:06}", f"Dịch vụ {n}", place, 4, 1, 1, state, "", "01/03/2021"])
    run_campaign("load", write_export(folder / "ho-so.csv", many(count=1_800)), folder / "dm.csv", "--home", root)
    return root


@pytest.fixture(scope="module")
def rows(home: Path) -> dict[tuple[str, str], dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for level in BY:
        by = () if level is None else ("--by", level)
        for row in run_campaign("kpi", *ASKED, *by, "--format", "json", "--home", home).json():
            if row.get("scheme") in (None, SCHEME):
                found[row["kpi"], row["unit"]] = row
    return found


@pytest.fixture(scope="module")
def names(rows: Rows) -> dict[str, str]:
    return {row["name"]: unit for (_kpi, unit), row in rows.items()}


def test_explain_says_the_same_and_its_rows_add_up(home: Path, rows: Rows) -> None:
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
    return parse_moment(MOMENT, home.zone)


def test_an_issue_holds_the_same(home: Path, rows: Rows) -> None:
    issued = run_campaign("issue", *ASKED, "--home", home, "--json").json()["rows"]
    kept = {(row["kpi"], row["unit"]): row for row in issued if row.get("scheme") in (None, SCHEME)}
    for place, row in rows.items():
        assert {name: kept[place][name] for name in SAID} == {name: row[name] for name in SAID}, place


def test_a_published_claim_is_checked_against_the_same(home: Path, rows: Rows) -> None:
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


# The report in every form ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def workbook(home: Path) -> bytes:
    here = Home(home)
    store = Store.open(here)
    report = build(store, here, here.campaign("50-ngay"), expected_moment(here), scope=ALL)
    return files.write(store, here, report, "xlsx", scope=ALL)


@pytest.fixture(scope="module")
def said(home: Path, workbook: bytes, names: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Told:
    """What every form says, each read by itself."""
    use_language("vi")
    here = Home(home)
    store, campaign, at = Store.open(here), here.campaign("50-ngay"), expected_moment(here)
    report = build(store, here, campaign, at, scope=ALL)
    word = forms.of_docx(files.write(store, here, report, "docx", scope=ALL))
    paper = files.write(store, here, report, "pdf", scope=ALL)

    own = Home(Path(shutil.copytree(home, tmp_path_factory.mktemp("issued") / "home")))
    kept = Store.open(own)
    sitting = meeting.begin(kept, own, campaign, as_of=at, who="t", at=at + 1)
    shown = files.write(kept, own, minutes.build(kept, own, campaign, sitting, (), ()), "docx", scope=ALL)
    issued = issuing.issue(kept, own, campaign, as_of=at, who="t", at=at + 2, reason="thử")
    issued_report = issuing.report_of(kept, issued.id)
    assert issued_report is not None
    assert (
        report.data_version
        == issued_report.data_version
        == issued.data_version
        == issues.get(kept, sitting.issue_id or 0).data_version
    )

    told = {
        "docx": word, "pdf": forms.of_pdf(paper, word), "xlsx": forms.of_xlsx(workbook)[0],
        "issued": forms.of_report(issued_report), "minutes": forms.of_docx(shown),
    }  # fmt: skip
    for name in ("docx", "pdf", "xlsx"):
        assert f"phiên bản dữ liệu {report.data_version}" in told[name].text, name
    found = {name: forms.said_in(one, "binh-phuoc", names) for name, one in told.items()}
    found["digest"] = forms.of_digest(digest.build(store, here, campaign, at).text, "binh-phuoc", names)
    return found


FORMS = {"docx": 250, "pdf": 250, "xlsx": 250, "issued": 250, "minutes": 10, "digest": 12}
"""The least of numbers in each: a reader that finds none agrees with everything."""
TARGETS = {"on_time_resolved", "overdue_open", "backlog_cleared", "npsp_integration", "level4_share"}


@pytest.mark.parametrize("form", FORMS)
def test_a_form_says_what_kpi_says(form: str, said: Told, rows: Rows) -> None:
    assert forms.wrong(said[form], rows) == []
    assert len(said[form]) >= FORMS[form]
    assert {one.kpi for one in said[form] if one.unit == "binh-phuoc" and one.part == "value"} >= TARGETS
    # It would be seen if a form, or the figures, said a little more or less.
    for kpi in TARGETS:
        row = rows[kpi, "binh-phuoc"]
        other = {**row, "value": row["value"] - (0.002 if FIGURES[kpi].is_ratio else 1)}
        assert forms.wrong(said[form], {**rows, (kpi, "binh-phuoc"): other}), kpi


def test_paper_workbook_and_what_was_issued_show_the_same_numbers(said: Told) -> None:
    word = set(said["docx"])
    assert word == set(said["pdf"]) == set(said["issued"]) == set(said["xlsx"])
    shown = {one.text for one in word if one.kpi == "npsp_integration" and one.part == "value"}
    assert shown >= {"74,7%", "0,21%", "99,93%", "77,8%", "100%"}
    assert {"1.405", "1.882"} <= {one.text for one in word}


def test_the_workbook_holds_every_figure_of_every_unit(workbook: bytes, rows: Rows) -> None:
    """Not rounded: a workbook calculates."""
    units = forms.of_xlsx(workbook)[1]["Số liệu đơn vị"]
    nouns = {noun: level for level, (_heading, noun) in LEVELS.items()}
    seen = set()
    for level, unit, _name, label, *told, _status in units[2:]:
        kpi = forms.LABELS.get(label.partition(" (tích hợp")[0])
        if kpi is None:
            continue
        row = rows[kpi, unit]
        seen.add((kpi, unit))
        assert nouns.get(level, "province") == row["level"]
        gap = None if row["gap"] is None else max(row["gap"], 0)
        for name, one, exact in zip(SAID, told, (row["numerator"], row["denominator"], row["value"], row["target"], gap), strict=False):  # fmt: skip
            assert (None if one == "—" else one) == (exact if exact is None else pytest.approx(exact, rel=1e-15)), (kpi, unit, name)  # fmt: skip
    assert seen == set(rows)


@pytest.mark.parametrize("level", BY)
def test_the_api_says_the_same(level: str | None, home: Path, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMPAIGN_HOME", str(home))
    monkeypatch.delenv("CAMPAIGN_DATABASE_URL", raising=False)
    api = Asking(Observed(Starlette(routes=routes()), frozenset(ROUTES)))
    asked = f"/api/v1/kpi?campaign=50-ngay&as-of={MOMENT}" + (f"&by={level}" if level else "")
    told = [row for row in api.ask(asked).json() if row.get("scheme") in (None, SCHEME)]
    assert told == [row for row in rows.values() if row["level"] == (level or "province")]
    listed = csv.DictReader(io.StringIO(api.ask(f"{asked}&format=csv").text))
    for line in listed:
        if line.get("scheme") in (None, "", SCHEME):
            row = rows[line["kpi"], line["unit"]]
            for name in ("numerator", "denominator", "value", "target", "gap"):
                assert (float(line[name]) if line[name] else None) == row[name], (line, name)


# Pages ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def body(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    monkeypatch.setenv("CAMPAIGN_HOME", str(home))
    monkeypatch.delenv("CAMPAIGN_DATABASE_URL", raising=False)
    monkeypatch.setattr("streamlit.get_option", lambda name: "127.0.0.1" if name == "server.address" else None)

    def body(page: str, **params: str) -> str:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        for name, value in {"as_of": MOMENT, **params}.items():
            app.query_params[name] = value
        app.run().switch_page(page).run()
        assert not app.exception, app.exception
        drawn = " ".join(element.proto.body for element in app.get("html"))
        return re.sub(r"<style>.*?</style>", "", drawn, flags=re.S)

    return body


def words(body: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)))


def test_pages_show_the_same(body: Callable[..., str], rows: Rows) -> None:
    use_language("vi")
    for kpi in ("npsp_integration", "on_time_resolved", "overdue_open", "backlog_cleared"):
        root = rows[kpi, "binh-phuoc"]
        source = words(body("pages/unit/source.py", kpi=kpi))
        for part in ("numerator", "denominator"):
            if root[part] is not None:
                assert number(root[part]) in source, (kpi, part)
        for page, level in (("departments", "department"), ("districts", "district")):
            league = forms.of_league(body(f"pages/steering/{page}.py", kpi=kpi))
            assert forms.wrong(league, rows) == []
            wanted = {unit for (one, unit), row in rows.items() if (one, row["level"]) == (kpi, level) and row["value"] is not None}  # fmt: skip
            assert {one.unit for one in league if one.kpi == kpi} == wanted, (kpi, level)
        assert shown(kpi, root["value"], root["target"]) in words(body("pages/steering/progress.py", kpi=kpi)), kpi


def test_the_preview_shows_the_same(body: Callable[..., str], rows: Rows, names: dict[str, str], said: Told) -> None:
    preview = forms.said_in(forms.of_page(body("pages/meeting/reports.py", part="preview")), "binh-phuoc", names)
    assert forms.wrong(preview, rows) == []
    assert set(preview) == set(said["docx"])


def shown(kpi: str, value: float, target: float | None) -> str:
    text = percent(value, target) if FIGURES[kpi].is_ratio else number(value)
    return " ".join(text.split())
