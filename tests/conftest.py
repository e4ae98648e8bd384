"""What tests of several rooms share: the command line run as people run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# The same examples on every run where a change is judged; new ones wherever people look for faults.
settings.register_profile("judged", derandomize=True, database=None)
if os.environ.get("CI"):
    settings.load_profile("judged")

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
"""Material of others that is not part of the project; tests that read it skip where it is absent."""


def clean_environment() -> dict[str, str]:
    """The environment without anything that would point the product at somebody's real data."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("CAMPAIGN_", "STREAMLIT_"))}


@dataclass(frozen=True)
class Done:
    """A finished command."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


Campaign = Callable[..., Done]


def run_campaign(*arguments: str | Path, cwd: Path | None = None, expect: int | None = 0) -> Done:
    """`campaign ARGUMENTS` in a process of its own; `expect` is the exit code it must have (None: any)."""
    command = [str(Path(sys.executable).with_name("campaign")), *map(str, arguments)]
    ran = subprocess.run(
        command,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=clean_environment(),
        cwd=cwd,
        timeout=600,
        check=False,
    )
    if expect is not None:
        assert ran.returncode == expect, f"{command}\nexit {ran.returncode}\n{ran.stdout[-3000:]}\n{ran.stderr[-3000:]}"
    return Done(ran.returncode, ran.stdout, ran.stderr)


@pytest.fixture(scope="session")
def campaign() -> Campaign:
    return run_campaign
