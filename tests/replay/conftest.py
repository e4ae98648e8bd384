from __future__ import annotations

from pathlib import Path

import pytest

from data.replay.build import ReplayFile, build
from tests.replay import plain

ROOT = Path(__file__).parents[2] / "data" / "homes" / "binhphuoc"


@pytest.fixture(scope="session")
def replay(tmp_path_factory) -> list[ReplayFile]:
    return list(build(ROOT, tmp_path_factory.mktemp("replay")))


@pytest.fixture(scope="session")
def dossiers(replay) -> list[plain.Dossier]:
    return plain.dossiers([file.path for file in replay if file.kind == "dossiers"])


@pytest.fixture(scope="session")
def catalogues(replay) -> list[Path]:
    return [file.path for file in replay if file.kind == "services"]
