"""People, tokens, audit and backup from the command line."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

import cli
from data import audit
from data.errors import CampaignError
from tests.conftest import Done
from tests.data.access_homes import small_home


@pytest.fixture(autouse=True)
def _nobody_acts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("CAMPAIGN_HOME", "CAMPAIGN_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    before = audit._acting.set(("", ""))
    yield
    audit._acting.reset(before)


def run(*arguments: object, expect: int = 0) -> Done:
    """The command in this process: what it says and how it ends are tested elsewhere by processes of their own."""
    ran = CliRunner().invoke(cli.app, [str(one) for one in arguments])
    fault = ran.exception if isinstance(ran.exception, CampaignError) else None
    if ran.exception is not None and not isinstance(ran.exception, (CampaignError, SystemExit)):
        raise ran.exception
    code = ran.exit_code if fault is None else fault.exit_code
    assert code == expect, f"{arguments}\n{ran.output}\n{fault}"
    return Done(code, ran.stdout, ran.stderr + str(fault or ""))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_home(tmp_path_factory.mktemp("cli") / "home", "an@tinh.example,,,An,administrator,\n,,,x,vua,\n").root


def test_people_tokens_log_backup_and_back(root: Path, tmp_path: Path) -> None:
    """One story, from the invitation to a log that was changed."""
    home = ("--home", root)
    invited = run("people", "invite", "em@tinh.example", "--role", "head", "--unit", "so-a", *home)
    assert "em@tinh.example" in invited.out
    listed = run("people", "list", "--json", *home)
    assert [(one["email"], one["role"], one["unit"], one["state"]) for one in listed.json()] == [
        ("an@tinh.example", "administrator", "", "invited"),
        ("em@tinh.example", "head", "so-a", "invited"),
    ]
    assert "viewers.csv, dòng 3" in listed.err
    assert "một đơn vị" in run("people", "invite", "b@x", "--role", "head", *home, expect=2).err
    number = next(str(one["id"]) for one in listed.json() if one["role"] == "head")
    run("people", "remove", number, *home)

    made = run("token", "make", "IOC", "--action", "figures", "--days", "30", *home)
    secret = made.out.strip()
    assert secret.startswith("cdt_") and secret not in made.err
    tokens = run("token", "list", "--json", *home)
    assert secret not in tokens.out
    assert [(one["name"], one["actions"], one["live"]) for one in tokens.json()] == [("IOC", ["figures"], True)]
    assert "rộng hơn" in run("token", "make", "x", "--action", "people", *home, expect=2).err

    lines = run("audit", "--json", *home).json()
    assert [(line["action"], line["outcome"]) for line in lines] == [("token", "done"), *[("people", "done")] * 3]
    assert all(line["who"].endswith(" · cli") for line in lines if line["who"] != "viewers.csv")
    assert run("audit", "--action", "token", "--format", "csv", *home).out.count("\n") == 2
    head = run("audit", "--head", *home).out.strip()
    assert "còn nguyên" in run("audit", "--holds", head, *home).out

    archive = tmp_path / "b.zip"
    run("backup", archive, *home)
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert "--force" in run("backup", archive, *home, expect=2).err
    restored = run("restore", archive, "--home", tmp_path / "new")
    assert "1 mã truy cập" in restored.err
    assert "còn nguyên" in run("audit", "--holds", head, "--home", tmp_path / "new").out

    with closing(sqlite3.connect(root / "campaign.db")) as connection:
        connection.execute("DROP TRIGGER audit_no_change")
        connection.execute("UPDATE audit SET who = 'somebody else' WHERE id = 2")
        connection.commit()
    assert "mục 2 đã bị sửa" in run("check", *home, expect=1).out
    assert "mục 2 đã bị sửa" in run("audit", "--holds", head, *home, expect=1).out
