"""The process killed at any moment: the store is whole, an import is there entirely or not at all, loading again ends it.

Twenty kills here, three hundred in `make soak`.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random

import pytest

from tests.faults.child import Command, command
from tests.faults.conftest import Scene
from tests.faults.state import content, often, place, said, whole

KILLS = often(20, 300)
WAYS = {
    "into nothing": ("empty", (0,)),
    "over what is known": ("begun", (1,)),
    "several files": ("begun", (1, 2)),
    "all from nothing": ("empty", (0, 1, 2)),
}
"""What it starts from, and the days it loads."""


@pytest.mark.parametrize("way", WAYS)
def test_killed_while_loading(way: str, scene: Scene, tmp_path: Path) -> None:
    base = getattr(scene, WAYS[way][0])
    files = [scene.days[n] for n in WAYS[way][1]]
    home = place(base, tmp_path / "undisturbed")
    calm = Command(tmp_path, "load", "--home", home, *files)
    assert calm.done().code == 0
    took = calm.took
    expected, expected_figures = content(home), said(home)
    whole(home)

    chance = Random(f"kills {way}")
    kills = max(1, KILLS // len(WAYS))
    in_time = 0
    before = content(base)["import"] if base == scene.begun else []
    for number in range(3 * kills):
        if in_time == kills:
            break
        home = place(base, tmp_path / f"killed-{number}")
        moment = (in_time + chance.random()) / kills * took
        alive = Command(tmp_path, "load", "--home", home, *files).kill_at(moment)
        in_time += alive
        if not alive:
            took *= 0.8  # others kept the machine busy when it was measured
        looked_at = number % 5 == 0
        if (home / "campaign.db").exists():
            if looked_at:
                assert command(tmp_path, "check", "--home", home).code == 0, moment
            whole(home)
            loaded = content(home)["import"]
            assert set(before) <= set(loaded) <= set(expected["import"]), moment
        again = command(tmp_path, "load", "--home", home, *files)
        assert again.code == 0, (moment, again)
        assert content(home) == expected, moment
        if looked_at:
            assert said(home) == expected_figures, moment
        shutil.rmtree(home)
    # Kills that came after the end prove nothing.
    assert in_time == kills
