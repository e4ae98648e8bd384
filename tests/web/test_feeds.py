"""Feeds for machines: the same rows at every door, who may ask, and no question that breaks them."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import schemathesis.checks
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from starlette.applications import Starlette

from data.access import Action, Role
from data.home import Home
from data.opened import opened
from data.people import LOCAL, Viewer, viewer_of
from data.store import Store
from loaders.load import load_file
from pages.web.feeds import FEEDS, ROUTES, routes
from pages.web.metrics import KNOWN_PREFIXES, Observed, page
from tests.conftest import run_campaign
from tests.exports import SECRET, many, province, write_export
from tests.pages.conftest import write_catalogue
from tests.web.asking import Asking

AT = 1_618_999_200_000_000  # 17:00 21/4/2021
TOKEN = {"Authorization": "Bearer good"}


@pytest.fixture(scope="module")
def fed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with three weeks of dossiers and a catalogue, which this process serves."""
    folder = tmp_path_factory.mktemp("fed")
    root = province(folder / "home")
    home = Home(root)
    store = Store.open(home)
    for file in (write_export(folder / "ho-so.csv", many(count=300)), write_catalogue(folder / "danh-muc.csv")):
        load_file(store, home, file, who="thử", at=AT)
    before = os.environ.get("CAMPAIGN_HOME")
    os.environ["CAMPAIGN_HOME"] = str(root)
    yield root
    if before is None:
        del os.environ["CAMPAIGN_HOME"]
    else:
        os.environ["CAMPAIGN_HOME"] = before


def asking(viewer: Viewer | None = LOCAL, token: str = "") -> Asking:
    return Asking(Observed(Starlette(routes=routes()), frozenset(ROUTES)), viewer, token)


def somebody(role: Role, unit: str = "") -> Viewer:
    return viewer_of(opened().home, date(2021, 4, 20), id=1, name="x", identity="i", role=role, unit=unit)


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


# The same at every door -----------------------------------------------------------------------------------------------


def test_json_csv_and_the_command_line_say_the_same(fed: Path) -> None:
    options = ["--campaign", "50-ngay", "--as-of", "2021-04-20T17:00", "--by", "district"]
    asked = "/api/v1/kpi?campaign=50-ngay&as-of=2021-04-20T17:00&by=district"
    printed = run_campaign("kpi", *options, "--format", "json", "--home", fed).json()
    assert asking().ask(asked).json() == printed
    assert len(printed) == 11 * 24
    as_csv = asking().ask(f"{asked}&format=csv")
    assert as_csv.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert as_csv.text == run_campaign("kpi", *options, "--format", "csv", "--home", fed).out
    assert asking().ask(asked, {"Accept": "text/csv, application/json;q=0.9"}).text == as_csv.text
    assert asking().ask(f"{asked}&format=json", {"Accept": "text/csv"}).json() == printed
    shown = [{name: "" if value is None else str(value) for name, value in row.items()} for row in printed]
    assert [
        {name: row[name] for name in wanted} for row, wanted in zip(table(as_csv.text), shown, strict=True)
    ] == shown


def test_the_work_list_is_that_of_the_command(fed: Path) -> None:
    options = [
        "--campaign",
        "50-ngay",
        "--kpi",
        "on_time_resolved",
        "--unit",
        "dong-phu",
        "--as-of",
        "2021-04-12",
        "--limit",
        "3",
    ]
    asked = "/api/v1/worklist?campaign=50-ngay&kpi=on_time_resolved&unit=dong-phu&as_of=2021-04-12&limit=3"
    printed = run_campaign("worklist", *options, "--json", "--home", fed).json()
    assert len(printed["tasks"]) == 3 < printed["total"]
    assert asking().ask(asked).json() == printed
    lines = run_campaign("worklist", *options, "--format", "csv", "--home", fed).out
    assert asking().ask(f"{asked}&format=csv").text == lines


def test_units_are_the_tree_of_a_day(fed: Path) -> None:
    found = {row["code"]: row for row in asking().ask("/api/v1/units?as_of=2021-04-20").json()}
    assert found["dong-phu"]["parent"] == "binh-phuoc"
    assert found["dong-phu"]["level"] == "district"
    assert (found["binh-phuoc"]["parent"], found["binh-phuoc"]["level"]) == ("", "province")
    below = asking().ask("/api/v1/units?unit=dong-phu&level=commune&format=csv")
    assert {row["parent"] for row in table(below.text)} == {"dong-phu"}
    assert {row["valid"] for row in table(below.text)} == {"true"}


def test_a_unit_given_up_is_told_to_be_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = province(tmp_path / "home")
    with (root / "units.csv").open("a", encoding="utf-8") as file:
        file.write("ban-cu,Ban cũ,ban,department,binh-phuoc,,,,2020-01-01,2021-12-31\n")
    monkeypatch.setenv("CAMPAIGN_HOME", str(root))
    states = [
        next(row for row in asking().ask(f"/api/v1/units?as_of={day}").json() if row["code"] == "ban-cu")
        for day in ("2021-12-31", "2022-01-01")
    ]
    assert [(row["valid"], row["valid_to"]) for row in states] == [(True, "2021-12-31"), (False, "2021-12-31")]
    # Without any data the tree is that of the newest campaign's start, 1/6/2022.
    assert [row["valid"] for row in asking().ask("/api/v1/units").json() if row["code"] == "ban-cu"] == [False]
    assert asking().ask("/api/v1/kpi?window=all").status == 404


def test_campaigns_with_their_rules_and_targets(fed: Path) -> None:
    first, second = asking().ask("/api/v1/campaigns").json()
    assert (first["key"], first["start"], first["end"]) == ("50-ngay", "2021-03-31", "2021-05-19")
    assert (second["last_day"], second["report"]["every_days"], second["rules"]["period"]) == (
        "2022-09-02",
        2,
        "accept",
    )
    target = {"kpi": "services_active", "value": 0.8, "due": "2022-09-02", "unit": [], "kind": [], "level": [], "scope": "tree", "simulated": False}  # fmt: skip
    assert target in second["targets"]
    line = table(asking().ask("/api/v1/campaigns?format=csv").text)[1]
    assert (line["name.vi"], line["rules.period"], line["simulated"]) == (second["name"]["vi"], "accept", "true")
    assert json.loads(line["targets"]) == second["targets"]


# Kept by the asker ----------------------------------------------------------------------------------------------------


def test_what_is_known_is_not_sent_again_until_data_or_files_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = province(tmp_path / "home")
    home = Home(root)
    store = Store.open(home)
    load_file(store, home, write_export(tmp_path / "mot.csv", many(count=20)), who="thử", at=AT)
    monkeypatch.setenv("CAMPAIGN_HOME", str(root))
    address = "/api/v1/kpi?campaign=50-ngay&kpi=overdue_open"
    first = asking().ask(address)
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"
    assert first.headers["x-data-version"] == store.data_version()
    again = asking().ask(address, {"If-None-Match": f'"other", {tag}'})
    assert (again.status, again.content, again.headers["etag"]) == (304, b"", tag)
    assert asking().ask(f"{address}&unit=dong-phu", {"If-None-Match": tag}).status == 200
    assert asking().ask(f"{address}&format=csv", {"If-None-Match": tag}).status == 200
    load_file(store, home, write_export(tmp_path / "hai.csv", many(seed=2, count=20)), who="thử", at=AT)
    after = asking().ask(address, {"If-None-Match": tag})
    assert (after.status, after.headers["x-data-version"]) == (200, store.data_version())
    file = root / "campaigns" / "50-ngay.toml"
    os.utime(file, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns + 10**9))
    assert asking().ask(address, {"If-None-Match": after.headers["etag"]}).status == 200


def test_an_answer_of_one_scope_is_not_the_answer_of_another(fed: Path) -> None:
    address = "/api/v1/worklist?campaign=50-ngay&kpi=overdue_open&unit=dong-phu&as_of=2021-04-19"
    mine = asking(somebody(Role.head, "dong-phu")).ask(address)
    assert mine.json()["tasks"]
    assert asking().ask(address, {"If-None-Match": mine.headers["etag"]}).status == 200


# Who may ask ----------------------------------------------------------------------------------------------------------


def test_every_address_names_its_action() -> None:
    assert {path: action for path, (_handler, action) in ROUTES.items()} == {
        "/api/v1/kpi": Action.figures,
        "/api/v1/units": Action.figures,
        "/api/v1/campaigns": Action.figures,
        "/api/v1/worklist": Action.dossiers,
        "/api/v1/openapi.json": Action.figures,
        "/metrics": Action.figures,
        "/healthz": None,
        "/api/{rest:path}": None,
    }


@pytest.mark.parametrize("path", [path for path, (_handler, action) in ROUTES.items() if action is not None])
def test_nobody_gets_nothing(path: str, fed: Path) -> None:
    answer = asking(None).ask(path)
    assert (answer.status, answer.headers["www-authenticate"], list(answer.json())) == (401, "Bearer", ["error"])


def test_health_is_open_and_says_more_to_those_who_may_know(fed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert asking(None).ask("/healthz").json() == {"status": "ok"}
    assert asking().ask("/healthz").json() == {"status": "ok", "data_version": opened().store.data_version()}
    monkeypatch.setenv("CAMPAIGN_HOME", str(fed / "nowhere"))
    assert (asking(None).ask("/healthz").status, asking(None).ask("/healthz").json()) == (503, {"status": "fault"})
    assert "nowhere" in asking().ask("/healthz").json()["reason"]


def test_a_head_gets_the_own_dossiers_only(fed: Path) -> None:
    head = asking(somebody(Role.head, "dong-phu"))
    asked = "/api/v1/worklist?campaign=50-ngay&kpi=overdue_open&as_of=2021-04-19&unit="
    assert head.ask(f"{asked}dong-phu").status == 200
    for other in ("loc-ninh", "binh-phuoc", "nowhere"):
        answer = head.ask(asked + other)
        assert (answer.status, list(answer.json())) == (403, ["error"])
    assert head.ask("/api/v1/kpi?campaign=50-ngay&by=district&kpi=overdue_open").status == 200


def test_who_asked_for_dossiers_is_written_down(fed: Path) -> None:
    asked = "/api/v1/worklist?campaign=50-ngay&as_of=2021-04-12&limit=1&kpi=became_overdue&unit="
    head = asking(somebody(Role.head, "dong-phu"))
    assert [head.ask(asked + unit).status for unit in ("dong-phu", "loc-ninh", "dong-phu")] == [200, 403, 200]
    assert asking().ask(f"{asked}dong-phu").status == 200  # at the machine itself
    store = opened().store
    assert store.aside.flush()
    with store.read() as connection:
        rows = connection.exec_driver_sql("SELECT who, action, what, unit, outcome FROM audit WHERE what LIKE '%became_overdue'").all()  # fmt: skip
    assert [tuple(row) for row in rows] == [
        ("x · i", "dossiers", "/api/v1/worklist became_overdue", unit, outcome)
        for unit, outcome in (("dong-phu", "done"), ("loc-ninh", "refused"))
    ]


def test_a_token_for_figures_gets_no_dossiers(fed: Path) -> None:
    from data.access import Reach

    reaches = {Action.figures: Reach.province}
    monitor = viewer_of(opened().home, date(2021, 4, 20), id=0, name="IOC", identity="IOC", role=Role.auditor, via="token", reaches=reaches)  # fmt: skip
    assert asking(monitor).ask("/metrics").status == 200
    assert asking(monitor).ask("/api/v1/worklist?campaign=50-ngay&kpi=overdue_open&unit=dong-phu").status == 403


# Faults ---------------------------------------------------------------------------------------------------------------

FAULTS = [
    "kpi?",
    "kpi?campaign=x",
    "kpi?campaign=",
    "kpi?campaign=50-ngay&campaign=92-ngay",
    "kpi?campaign=50-ngay&as_of=2021-04-20&as-of=2021-04-21",
    "kpi?campaign=50-ngay&as_of=hom-nay",
    "kpi?campaign=50-ngay&as_of=2021-02-31",
    "kpi?campaign=50-ngay&as_of=9999-12-31",
    "kpi?campaign=50-ngay&as_of=2090-01-01",
    "kpi?campaign=50-ngay&known_at=0001-01-01",
    "kpi?campaign=50-ngay&colour=red",
    "kpi?campaign=50-ngay&unit=",
    "kpi?campaign=50-ngay&unit=a%00b",
    "kpi?campaign=50-ngay&unit=%ED%A0%80",
    f"kpi?campaign=50-ngay&unit={'a' * 5000}",
    "kpi?campaign=50-ngay&by=planet",
    "kpi?campaign=50-ngay&kpi=x",
    "kpi?campaign=50-ngay&kpi=overdue_open,",
    "kpi?campaign=50-ngay&kpi=" + ",".join(["overdue_open"] * 101),
    "kpi?campaign=50-ngay&window=2021",
    "kpi?window=2021-05-02..2021-05-01",
    "kpi?campaign=50-ngay&filter=status>=" + "9" * 30,
    "kpi?campaign=50-ngay&filter=';DROP TABLE import",
    "kpi?campaign=50-ngay&format=xml",
    "units?level=planet",
    "units?unit=nowhere",
    "campaigns?campaign=50-ngay",
    "worklist?campaign=50-ngay&unit=dong-phu",
    "worklist?campaign=50-ngay&kpi=overdue_open&unit=dong-phu&limit=0",
    "worklist?campaign=50-ngay&kpi=overdue_open&unit=dong-phu&limit=10001",
    "worklist?campaign=50-ngay&kpi=overdue_open&unit=dong-phu&limit=" + "9" * 400,
    "worklist?campaign=50-ngay&kpi=overdue_open&unit=nowhere",
    "openapi.json?a=b",
]


@pytest.mark.parametrize("asked", FAULTS, ids=lambda text: text[:60])
def test_a_faulty_question_is_400_and_says_why(asked: str, fed: Path) -> None:
    answer = asking().ask(f"/api/v1/{asked}")
    assert answer.status == 400
    assert answer.json()["error"]
    assert answer.headers["cache-control"] == "no-store"


def test_a_broken_home_is_503_and_asks_to_come_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = province(tmp_path / "home")
    (root / "campaigns" / "50-ngay.toml").write_text("key = ", encoding="utf-8")
    monkeypatch.setenv("CAMPAIGN_HOME", str(root))
    answer = asking().ask("/api/v1/campaigns")
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert "50-ngay.toml" in answer.json()["error"]


@pytest.mark.parametrize("path", ["/api/v1/kpi", "/metrics", "/healthz"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "MADE-UP"])
def test_other_methods_are_405(path: str, method: str, fed: Path) -> None:
    answer = asking().ask(path, method=method)
    assert (answer.status, answer.headers["allow"], list(answer.json())) == (405, "GET, HEAD", ["error"])


@pytest.mark.parametrize("path", ["/api/", "/api/v1/nothing", "/api/v2/kpi", "/api/v1/kpi/x"])
def test_an_unknown_address_is_404_and_no_page(path: str, fed: Path) -> None:
    assert (asking().ask(path).status, list(asking().ask(path).json())) == (404, ["error"])


def test_a_head_request_is_answered_like_a_get(fed: Path) -> None:
    address = "/api/v1/kpi?campaign=50-ngay&kpi=overdue_open"
    assert asking().ask(address, method="HEAD").headers["etag"] == asking().ask(address).headers["etag"]


# Monitoring -----------------------------------------------------------------------------------------------------------


def measured(text: str) -> dict[str, float]:
    pairs = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _space, value in pairs}


def test_metrics_tell_ages_imports_and_requests(fed: Path) -> None:
    asking().ask("/api/v1/kpi?campaign=x")
    before = measured(asking().ask("/metrics").text)
    asking().ask("/api/v1/kpi?campaign=x")
    asking().ask("/api/v1/units?as_of=2021-04-20")
    asking().ask("/some/page?code=H10-00001")
    found = measured(asking().ask("/metrics").text)
    assert (found['campaign_imports{state="loaded"}'], found["campaign_rows_new"], found["campaign_rows_refused"]) == (
        2,
        340,
        0,
    )
    # Every unit with dossiers is told; those of one age apart differ by as much (the clock itself is not asked).
    latest = found["campaign_latest_fact_timestamp_seconds"]
    ages = {name: age for name, age in found.items() if name.startswith("campaign_data_age_seconds")}
    assert {name.split('"')[1] for name in ages} == {"dong-phu", "binh-long", "stnmt", "stp", "syt", "loc-ninh"}
    newest = {row[1]: max(moment for moment in row[2:] if moment) for row in _facts(fed)}
    oldest, youngest = min(newest.values()), max(newest.values())
    assert max(ages.values()) - min(ages.values()) == pytest.approx(youngest - oldest, abs=1)
    assert latest == pytest.approx(youngest, abs=1)
    kpi = 'campaign_http_requests_total{route="/api/v1/kpi",status="400"}'
    assert found[kpi] - before[kpi] == 1
    assert found['campaign_http_request_seconds_count{route="page"}'] >= 1
    assert found["campaign_query_seconds_count"] > before["campaign_query_seconds_count"]


def _facts(root: Path) -> list[tuple[Any, ...]]:
    """Newest moments of each unit of the export in seconds, counted from the rows that were written."""
    from datetime import datetime
    from zoneinfo import ZoneInfo

    zone = ZoneInfo("Asia/Ho_Chi_Minh")

    def seconds(text: str | None) -> float | None:
        return datetime.strptime(text, "%d/%m/%Y %H:%M:%S").replace(tzinfo=zone).timestamp() if text else None

    rows: dict[str, list[float | None]] = {}
    for _code, unit, accepted, _due, finished in many(count=300):
        rows.setdefault(unit, []).extend((seconds(accepted), seconds(finished)))
    return [("", unit, *moments) for unit, moments in rows.items()]


def test_a_page_is_timed_even_when_it_fails(fed: Path) -> None:
    name = 'campaign_page_seconds_count{page="overview"}'
    before = measured(asking().ask("/metrics").text).get(name, 0)
    with pytest.raises(ValueError), page("overview"):
        raise ValueError
    assert measured(asking().ask("/metrics").text)[name] == before + 1


def test_labels_are_few_and_nobodys_data(fed: Path) -> None:
    for number in range(50):
        asking().ask(f"/page-{number}?unit=unit-{number}")
        asking().ask(f"/api/v1/{number}")
    text = asking().ask("/metrics").text
    assert "page-" not in text and "unit-" not in text
    assert "H10-" not in text and SECRET not in text
    routes = {line.split('route="')[1].split('"')[0] for line in text.splitlines() if 'route="' in line}
    assert routes <= {*ROUTES, *KNOWN_PREFIXES, "page"}


# Asked by a machine ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def described(fed: Path) -> Any:
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", asking(token="good"), headers=TOKEN)


def tried(case: Any) -> int:
    """One question; the answer has to be one that the document announces, and never a fault of ours."""
    answer = case.call(headers=TOKEN)
    # A unit's code is not in the document: well-formed questions about unknown ones are refused as well.
    case.validate_response(answer, headers=TOKEN, excluded_checks=[schemathesis.checks.positive_data_acceptance])
    return int(answer.status_code)


def run(strategy: Any, examples: int) -> set[int]:
    seen: set[int] = set()

    @given(strategy)
    @settings(
        max_examples=examples, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    def each(case: Any) -> None:
        seen.add(tried(case))

    each()
    return seen


@pytest.mark.parametrize("path", [feed.path for feed in FEEDS])
def test_made_up_questions_break_nothing(path: str, described: Any) -> None:
    operation = described[path]["get"]
    modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    run(st.one_of([operation.as_strategy(generation_mode=mode) for mode in modes]), 15)


LIKELY = {
    "campaign": ["50-ngay", "92-ngay", "x"],
    "as_of": ["2021-04-20", "2021-04-12T17:00", "2021-04-12T17:00:00.5+02:00", "2021-13-01"],
    "known_at": ["2021-04-21T20:00", "2021-04-01"],
    "by": ["district", "unit", "commune", "division"],
    "unit": ["dong-phu", "syt", "binh-phuoc", "25195", "=1+1", "<script>"],
    "kpi": ["on_time_resolved", "npsp_integration", "national_rank", "avg_days", "apology_ok"],
    "window": ["day", "week", "all", "2021-04-01..2021-04-10", "campaign"],
    "filter": ["channel=online", "level>=3", "procedure!=1.000001", "status=10", "level>=x"],
    "level": ["district", "commune"],
    "limit": [1, 10_000],
    "format": ["json", "csv"],
}


@pytest.mark.parametrize("path", [feed.path for feed in FEEDS])
def test_likely_questions_are_answered_as_announced(path: str, described: Any) -> None:
    operation = described[path]["get"]
    fields = next(feed for feed in FEEDS if feed.path == path).params.model_fields
    needed = {name for name, field in fields.items() if field.is_required()}
    choices = {name: st.sampled_from(LIKELY[name]) for name in fields}
    asked = st.fixed_dictionaries(
        {name: choices[name] for name in sorted(needed)},
        optional={name: choices[name] for name in sorted(fields.keys() - needed)},
    )
    assert 200 in run(asked.map(lambda query: operation.Case(query=query)), 20)


def test_the_document_describes_what_there_is(described: Any, fed: Path) -> None:
    told = asking().ask("/api/v1/openapi.json").json()
    assert told["openapi"].startswith("3.1")
    assert set(told["paths"]) == set(ROUTES) - {"/api/{rest:path}"}
    asked = {entry["name"]: entry for entry in told["paths"]["/api/v1/kpi"]["get"]["parameters"]}
    assert asked["campaign"]["schema"]["enum"] == ["50-ngay", "92-ngay"]
    assert asked["kpi"]["schema"]["maxItems"] == 100
    assert len(asked["kpi"]["schema"]["items"]["enum"]) == 24
    for path in told["paths"].values():
        assert "405" in path["get"]["responses"]
    assert run(st.just(None).map(lambda _nothing: described["/metrics"]["get"].Case()), 1) == {200}
