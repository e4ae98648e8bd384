"""A backup while another process loads: restored, it says what was said before the load or after it."""

from __future__ import annotations

import time
from pathlib import Path

from data.backup import backup, restore
from data.home import Home
from data.people import LOCAL
from data.store import Store
from tests.faults.child import Command, command
from tests.faults.conftest import Scene
from tests.faults.state import place, said, whole


def test_figures_are_equal_after_restoring(scene: Scene, tmp_path: Path) -> None:
    home, calm = place(scene.begun, tmp_path / "home"), place(scene.begun, tmp_path / "calm")
    assert command(tmp_path, "load", "--home", calm, scene.days[1]).code == 0
    before, after = said(home), said(calm)
    assert before != after
    store = Store.open(Home(home))
    loading = Command(tmp_path, "load", "--home", home, scene.days[1])
    taken = 0
    while loading.process.is_alive() and taken < 20:
        backup(store, tmp_path / f"{taken}.zip", who=LOCAL, at=taken)
        taken += 1
        time.sleep(0.05)
    assert loading.done().code == 0
    backup(store, tmp_path / f"{taken}.zip", who=LOCAL, at=taken)
    found = []
    for number in sorted({0, taken // 2, taken}):
        restore(tmp_path / f"{number}.zip", tmp_path / f"new-{number}", who=LOCAL, at=taken)
        whole(tmp_path / f"new-{number}")
        found.append(said(tmp_path / f"new-{number}"))
    assert found[0] == before and found[-1] == after and set(found) == {before, after}
