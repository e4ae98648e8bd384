"""The words beside the program: every command is described, every link leads somewhere, every example works."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import typer

import cli
from data.home import Campaign, Profile
from tests.conftest import ROOT, run_campaign

TEXTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
BLOCK = re.compile(r"```toml\n(.*?)```", re.DOTALL)


def commands() -> list[str]:
    """Every command, those of a group with its name before theirs."""
    found = typer.main.get_command(cli.app).commands  # type: ignore[attr-defined]
    return sorted(f"{name} {inner}".strip() for name, one in found.items() for inner in getattr(one, "commands", ("",)))


def test_every_command_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert commands()
    assert [name for name in commands() if f"`campaign {name}" not in readme] == []


@pytest.mark.parametrize("command", commands())
def test_every_command_takes_home_and_db_and_explains_itself(command: str) -> None:
    help_text = run_campaign(*command.split(), "--help").out
    assert "--home" in help_text
    assert "--db" in help_text


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(text: Path) -> None:
    targets = [link for link in LINK.findall(text.read_text(encoding="utf-8")) if "://" not in link]
    assert [link for link in targets if not (text.parent / link).exists()] == []


def examples(name: str) -> list[str]:
    return BLOCK.findall((ROOT / "docs" / name).read_text(encoding="utf-8"))


def test_the_examples_are_valid() -> None:
    (campaign,) = examples("add-a-campaign.md")
    assert Campaign.model_validate(tomllib.loads(campaign)).last_day.isoformat() == "2022-09-02"
    profile, _sources = examples("add-a-source.md")
    assert Profile.model_validate(tomllib.loads(profile)).key == "mot-cua"


def test_the_quickstart_works_as_written(tmp_path: Path) -> None:
    profile, campaign = examples("quickstart.md")
    for folder, name, text in (("profiles", "mot-cua", profile), ("campaigns", "chien-dich", campaign)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{name}.toml").write_text(text, encoding="utf-8")
    export = tmp_path / "xuat-ngay-31-3.csv"
    export.write_text(
        "Mã hồ sơ,Đơn vị xử lý,Hình thức nộp,Ngày tiếp nhận,Ngày hẹn trả,Ngày hoàn thành\n"
        "HS-1,Sở Tư pháp,Trực tuyến,31/03/2021 08:00:00,05/04/2021,05/04/2021 16:00:00\n"
        "HS-2,Sở Y tế,Trực tiếp,31/03/2021 09:00:00,05/04/2021,07/04/2021 16:00:00\n",
        encoding="utf-8",
    )
    checked = run_campaign("load", export, "--dry-run", "--home", tmp_path, "--json").json()
    assert run_campaign("loads", "--home", tmp_path, "--json").json() == []
    loaded = run_campaign("load", export, "--home", tmp_path, "--json").json()
    assert (checked[0]["new"], loaded[0]["new"], loaded[0]["refused"]) == (2, 2, 0)
    ask = ("kpi", "--home", tmp_path, "--campaign", "chien-dich", "--kpi", "on_time_resolved", "--format", "json")
    assert [row["value"] for row in run_campaign(*ask).json()] == [0.5]
    by_unit = {row["unit"]: row["value"] for row in run_campaign(*ask, "--by", "unit").json()}
    assert by_unit == {"Sở Tư pháp": 1.0, "Sở Y tế": 0.0}
