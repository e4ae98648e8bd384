from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from data.replay.build import ReplayFile, build
from tests.replay import plain

ROOT = Path(__file__).parents[2] / "data" / "homes" / "binhphuoc"
FIRST_CAMPAIGN = date(2021, 5, 25)


@pytest.fixture(scope="session")
def replay(tmp_path_factory) -> list[ReplayFile]:
    """The files of the first campaign."""
    return list(build(ROOT, tmp_path_factory.mktemp("replay"), until=FIRST_CAMPAIGN))


@pytest.fixture(scope="session")
def dossiers(replay) -> list[plain.Dossier]:
    return plain.dossiers([file.path for file in replay if file.kind == "dossiers"])


@pytest.fixture(scope="session")
def catalogues(replay) -> list[Path]:
    return [file.path for file in replay if file.kind == "services"]


@pytest.fixture(scope="session")
def whole(tmp_path_factory) -> list[ReplayFile]:
    """Both campaigns, to the end of 2022."""
    return list(build(ROOT, tmp_path_factory.mktemp("whole")))


@pytest.fixture(scope="session")
def all_dossiers(whole) -> list[plain.Dossier]:
    return plain.dossiers([file.path for file in whole if file.kind == "dossiers"])


@pytest.fixture(scope="session")
def all_catalogues(whole) -> list[Path]:
    return [file.path for file in whole if file.kind == "services"]
