"""What tests of several rooms share: the command line run as people run it."""

from __future__ import annotations

import atexit
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.zygote import Zygote

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


@lru_cache(maxsize=1)
def _zygote() -> Zygote:
    found = Zygote(clean_environment())
    atexit.register(found.close)
    return found


def run_campaign(*arguments: str | Path, cwd: Path | None = None, expect: int | None = 0) -> Done:
    """`campaign ARGUMENTS` in a process of its own; `expect` is the exit code it must have (None: any)."""
    told = list(map(str, arguments))
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        code = _zygote().run(told, cwd or Path.cwd(), clean_environment(), out, err)
        done = Done(code, *(file.read_text(encoding="utf-8") for file in (out, err)))
    if expect is not None:
        assert code == expect, f"campaign {told}\nexit {code}\n{done.out[-3000:]}\n{done.err[-3000:]}"
    return done


@pytest.fixture(scope="session")
def campaign() -> Campaign:
    return run_campaign
