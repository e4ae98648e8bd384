"""The contract between the rooms, kept twice: by import-linter, and by reading every import here."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

ROOMS = ("data", "kpi", "loaders", "pages")
DOORS = ("app", "cli", "server")
ALLOWED = {
    "data": {"data"},
    "kpi": {"kpi", "data"},
    "loaders": {"loaders", "data"},
    "pages": {"pages", "kpi", "loaders", "data"},
}


def sources(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """The top-level name of every import of a file, those inside functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_sees_only_what_lies_below_it(room: str) -> None:
    assert sources(room)
    ours = {*ROOMS, *DOORS}
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources(room)
        for name in imported(path)
        if (name in ours and name not in ALLOWED[room]) or (name == "streamlit" and room != "pages")
    ]
    assert not wrong, "\n".join(wrong)


def test_the_command_line_does_not_need_streamlit() -> None:
    """`campaign kpi` must not pay for the pages."""
    seen = "import sys, cli; print([name for name in ('streamlit', 'plotly') if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, cwd=ROOT, check=True)
    assert ran.stdout.strip() == "[]"


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [
        str(Path(sys.executable).with_name("lint-imports")),
        "--no-cache",
        "--config",
        str(folder / "pyproject.toml"),
    ]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)


def test_the_contract_holds() -> None:
    ran = lint(ROOT)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("kpi/wrong.py", "import loaders"),
        ("loaders/wrong.py", "import kpi"),
        ("data/wrong.py", "import kpi"),
        ("data/wrong.py", "import cli"),
        ("kpi/wrong.py", "import streamlit"),
        ("loaders/wrong.py", "import pages"),
        ("pages/terminal/wrong.py", "import streamlit"),
        ("pages/terminal/wrong.py", "import pages.parts"),
        ("pages/terminal/wrong.py", "import server"),
        ("pages/web/wrong.py", "import pages.terminal"),
    ],
)
def test_the_contract_notices(tmp_path: Path, file: str, line: str) -> None:
    for package in (path.relative_to(ROOT) for room in ROOMS for path in (ROOT / room).rglob("__init__.py")):
        (tmp_path / package).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / package).touch()
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / file).write_text(line + "\n", encoding="utf-8")
    ran = lint(tmp_path)
    assert ran.returncode != 0
    assert "BROKEN" in ran.stdout


def test_page_scripts_lie_one_folder_down() -> None:
    """A script directly in pages/ would be reachable past its guard."""
    assert [path.name for path in (ROOT / "pages").glob("*.py")] == ["__init__.py"]
