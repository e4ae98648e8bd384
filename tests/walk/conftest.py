from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from tests.conftest import run_campaign


@pytest.fixture(scope="session")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with both campaigns loaded, for reading only; built once, also where several workers ask for it."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    home, done = shared / "both-campaigns" / "home", shared / "both-campaigns.done"
    with (shared / "both-campaigns.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            home.parent.mkdir()
            run_campaign("demo", "--home", home)
            done.touch()
    return home
