"""The command line's contract: forms, exit codes, and where results and notes go."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest

from tests.conftest import ROOT, run_campaign

PROFILE = """
key = "may"
dates = ["%d/%m/%Y %H:%M", "%d/%m/%Y"]
units = "from-rows"
[fields]
dossier_code = ["Mã hồ sơ"]
unit = ["Đơn vị"]
channel = ["Hình thức"]
accepted_at = ["Ngày tiếp nhận"]
due_at = ["Ngày hẹn trả"]
finished_at = ["Ngày xong"]
[values.channel]
online = ["Trực tuyến"]
counter = ["Trực tiếp"]
"""
CAMPAIGN = """
key = "c"
start = 2021-04-01
end = 2021-04-30
[name]
vi = "Chiến dịch thử"
[[target]]
kpi = "on_time_resolved"
value = 1.0
due = 2021-04-30
"""
ROWS = """Mã hồ sơ,Đơn vị,Hình thức,Ngày tiếp nhận,Ngày hẹn trả,Ngày xong
1,=Phòng A,Trực tuyến,01/04/2021 08:00,05/04/2021,05/04/2021 16:59
2,=Phòng A,Trực tiếp,01/04/2021 08:30,05/04/2021,06/04/2021 08:00
3,Phòng B,Trực tuyến,02/04/2021 09:00,06/04/2021,
4,Phòng B,Bồ câu,02/04/2021 09:00,06/04/2021,
5,Phòng B,Trực tiếp,hôm qua,06/04/2021,
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("cli") / "home"
    (root / "profiles").mkdir(parents=True)
    (root / "campaigns").mkdir()
    (root / "profiles" / "may.toml").write_text(PROFILE, encoding="utf-8")
    (root / "campaigns" / "c.toml").write_text(CAMPAIGN, encoding="utf-8")
    (root / "home.toml").write_text('name = "Tỉnh thử"\n', encoding="utf-8")
    file = root.parent / "ngay.csv"
    file.write_text(ROWS, encoding="utf-8")
    done = run_campaign("load", file, "--home", root, "--json", expect=1)
    report = done.json()[0]
    assert {key: report[key] for key in ("status", "read", "new", "changed", "unchanged", "refused")} == {
        "status": "loaded", "read": 5, "new": 3, "changed": 0, "unchanged": 0, "refused": 2,
    }  # fmt: skip
    assert [(row["row"], row["heading"], row["value"]) for row in report["refusals"]] == [
        (5, "Hình thức", "Bồ câu"),
        (6, "Ngày tiếp nhận", "hôm qua"),
    ]
    assert all(row["reason"] and row["what_to_do"] for row in report["refusals"])
    return root


def test_loading_the_file_again_is_unchanged(home: Path) -> None:
    report = run_campaign("load", home.parent / "ngay.csv", "--home", home, "--json", expect=None).json()[0]
    assert (report["status"], report["new"], report["changed"]) == ("unchanged", 0, 0)


def test_rows_of_json_are_those_of_the_contract(home: Path) -> None:
    found = run_campaign(
        "kpi", "--home", home, "--campaign", "c", "--kpi", "on_time_resolved", "--format", "json"
    ).json()
    assert len(found) == 1
    assert list(found[0]) == [
        "kpi", "unit", "name", "level", "window", "numerator", "denominator", "value", "target", "gap", "status", "as_of", "known_at",
    ]  # fmt: skip
    assert (found[0]["numerator"], found[0]["denominator"], found[0]["value"]) == (1, 2, 0.5)
    assert (found[0]["target"], found[0]["gap"], found[0]["name"]) == (1.0, 0.5, "Tỉnh thử")
    assert found[0]["as_of"] == "2021-04-06T08:00:00+07:00"


def test_units_of_rows_sum_to_the_root(home: Path) -> None:
    found = run_campaign(
        "kpi", "--home", home, "--window", "all", "--kpi", "online_submit", "--by", "unit", "--format", "json"
    ).json()
    assert [(row["unit"], row["numerator"], row["denominator"]) for row in found] == [
        ("=Phòng A", 1, 2),
        ("Phòng B", 1, 1),
    ]


def test_csv_does_not_carry_formulas_into_a_spreadsheet(home: Path) -> None:
    out = run_campaign(
        "kpi", "--home", home, "--window", "all", "--kpi", "online_submit", "--by", "unit", "--format", "csv"
    ).out
    assert [row["unit"] for row in csv.DictReader(io.StringIO(out))] == ["'=Phòng A", "Phòng B"]


def test_explain_leads_to_file_and_row_and_adds_up(home: Path) -> None:
    found = run_campaign(
        "explain", "on_time_resolved", "--rows", "--home", home, "--campaign", "c", "--format", "json"
    ).json()
    assert [(row["code"], row["numerator"], row["denominator"], row["file"], row["row"]) for row in found["rows"]] == [
        ("1", 1, 1, "ngay.csv", 2), ("2", 0, 1, "ngay.csv", 3),
    ]  # fmt: skip
    assert found["figures"][0]["denominator"] == len(found["rows"])


def test_an_as_of_inside_a_day_sees_only_what_has_happened(home: Path) -> None:
    def overdue(moment: str) -> int:
        return run_campaign(
            "kpi", "--home", home, "--campaign", "c", "--kpi", "overdue_open", "--as-of", moment, "--format", "json"
        ).json()[0]["value"]

    assert overdue("2021-04-05T23:59") == 0
    assert overdue("2021-04-06T07:59") == 1
    assert overdue("2021-04-06T08:00") == 0
    assert overdue("2021-04-07") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["kpi", "--home", "HOME"],
        ["kpi", "--home", "HOME", "--campaign", "không-có"],
        ["kpi", "--home", "HOME", "--window", "hôm qua"],
        ["kpi", "--home", "HOME", "--campaign", "c", "--kpi", "không-có"],
        ["kpi", "--home", "HOME", "--campaign", "c", "--as-of", "mai"],
        ["kpi", "--home", "HOME", "--campaign", "c", "--by", "không-có"],
        ["kpi", "--home", "HOME", "--campaign", "c", "--unit", "không-có"],
        ["kpi", "--home", "HOME", "--campaign", "c", "--kpi", "online_submit", "--filter", "level~3"],
        ["kpi", "--home", "HOME", "--không-có"],
        ["load", "--home", "HOME", "không-có.csv"],
        ["kpi", "--home", "HOME/không-có", "--window", "all"],
    ],
)
def test_a_call_at_fault_ends_with_2_and_says_why_on_stderr(home: Path, arguments: list[str]) -> None:
    done = run_campaign(*(argument.replace("HOME", str(home)) for argument in arguments), expect=2)
    assert not done.out
    assert done.err.strip()
    assert "Traceback" not in done.err


def test_an_unreadable_file_ends_with_1_and_keeps_nothing(home: Path) -> None:
    file = home.parent / "hong.csv"
    file.write_bytes(b"\x00\x01\x02")
    before = run_campaign("loads", "--home", home, "--json").json()
    done = run_campaign("load", file, "--home", home, "--json", expect=1)
    assert done.json()[0]["status"] == "refused"
    assert done.json()[0]["reason"]
    assert run_campaign("loads", "--home", home, "--json").json() == before


def test_dry_run_writes_nothing(home: Path) -> None:
    file = home.parent / "thu.csv"
    file.write_text(ROWS.replace("\n1,", "\n7,"), encoding="utf-8")
    before = run_campaign("loads", "--home", home, "--json").json()
    report = run_campaign("load", file, "--home", home, "--dry-run", "--json", expect=1).json()[0]
    assert report["read"] == 5
    assert run_campaign("loads", "--home", home, "--json").json() == before


def test_a_work_list_is_printed_exported_and_explained(home: Path) -> None:
    ask = (
        "worklist",
        "--home",
        home,
        "--campaign",
        "c",
        "--unit",
        "Phòng B",
        "--kpi",
        "overdue_open",
        "--as-of",
        "2021-04-12T17:00",
    )
    told = run_campaign(*ask, "--json").json()
    assert [(task["code"], task["numerator"]) for task in told["tasks"]] == [("3", 0)]
    assert (told["now"]["numerator"], told["total"], told["nothing"]) == (1, 1, None)
    (line,) = csv.DictReader(io.StringIO(run_campaign(*ask, "--format", "csv").out))
    assert (line["code"], line["days_left"]) == ("3", "-4")
    done = run_campaign(
        "worklist",
        "--home",
        home,
        "--campaign",
        "c",
        "--unit",
        "=Phòng A",
        "--kpi",
        "overdue_open",
        "--as-of",
        "2021-04-12",
    )
    assert done.out == ""
    assert "Không còn việc" in done.err


def test_letters_and_their_lanes(home: Path) -> None:
    ask = ("apologies", "--home", home, "--campaign", "c", "--as-of", "2021-04-12T17:00")
    lanes = {row["lane"]: row["count"] for row in run_campaign(*ask, "--format", "json").json()}
    assert (lanes["overdue"], lanes["send"], lanes["sent:in_due_form"]) == (1, 0, 0)
    assert [row["code"] for row in run_campaign(*ask, "--show", "overdue", "--json").json()] == ["3"]
    assert [row["code"] for row in run_campaign(*ask, "--search", "2", "--json").json()] == ["2"]
    assert run_campaign(*ask, "--show", "mai", expect=2).out == ""


def test_what_if_scenarios_scores_and_variants(home: Path) -> None:
    ask = ("--home", home, "--campaign", "c", "--as-of", "2021-04-12T17:00")
    assert run_campaign("whatif", *ask, "--kpi", "overdue_open", "Phòng C:clear=2", expect=2).err
    root = run_campaign("kpi", *ask, "--kpi", "overdue_open", "--format", "json").json()[0]["unit"]
    told = run_campaign("whatif", *ask, "--kpi", "overdue_open", f"{root}:clear=2", "--save", "thử", "--json")
    assert [(row["value_now"], row["value_then"]) for row in told.json()] == [(1, 0)]
    assert "chỉ có 1" in told.err
    (kept,) = run_campaign("whatif", *ask, "--list", "--json").json()
    assert (kept["name"], kept["steps"]) == ("thử", f"{root}:clear=2")
    assert run_campaign("whatif", *ask, "--kpi", "overdue_open", "--show", "thử", "--json").json() == told.json()
    run_campaign("whatif", *ask, "--delete", str(kept["id"]))
    assert run_campaign("whatif", *ask, "--list", "--json").json() == []
    shares = {row["variant"]: row["value"] for row in run_campaign("variants", "online_submit", *ask, "--json").json()}
    assert shares["all"] == pytest.approx(2 / 3)
    scored = run_campaign("scores", *ask)
    assert "chưa đầy đủ" in scored.err
    assert run_campaign("scores", *ask, "--json").json()["scores"][0]["of"] == 100


def test_definitions_need_no_home() -> None:
    assert run_campaign("definitions").out == (ROOT / "docs" / "definitions.md").read_text(encoding="utf-8")
    assert {entry["kpi"] for entry in run_campaign("definitions", "--format", "json").json()} >= {"apology_ok"}


def test_check_and_rebuild(home: Path) -> None:
    assert run_campaign("check", "--home", home, "--json").json() == {"ok": True, "faults": []}
    run_campaign("rebuild", "--home", home)
    assert run_campaign("check", "--home", home, "--json").json()["ok"]


def test_every_command_is_in_the_readme_or_the_docs() -> None:
    help_text = run_campaign("--help").out
    commands = re.findall(r"^│ ([a-z][a-z-]*)  ", help_text, re.M)
    assert {"demo", "load", "loads", "kpi", "explain", "published", "check", "rebuild", "serve"} <= set(commands)
    written = "".join(path.read_text(encoding="utf-8") for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
    assert [command for command in commands if f"campaign {command}" not in written] == []
