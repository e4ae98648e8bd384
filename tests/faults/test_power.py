"""A power cut in the middle of a commit: what of the write-ahead log reached the disk is any first part of it, the rest
missing or rubbish. The store is whole, and the import is there entirely or not at all."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path
from random import Random

import pytest

from tests.faults.child import Command, command
from tests.faults.conftest import Scene
from tests.faults.state import content, often, place, whole

CUTS = often(24, 300)
STOPS = often(6, 60)


def test_the_log_cut_at_any_byte(scene: Scene, tmp_path: Path) -> None:
    """The process ends without tidying up, so that the whole import lies in the log."""
    home = place(scene.begun, tmp_path / "home")
    before, base = content(home), (home / "campaign.db").read_bytes()
    assert command(tmp_path, "load", "--home", home, scene.days[1], untidy=True).code == 0
    log = (home / "campaign.db-wal").read_bytes()
    assert (home / "campaign.db").read_bytes() == base, "nothing was moved out of the log yet"
    after = content(place(home, tmp_path / "whole"))
    assert after != before
    chance = Random("power")
    seen = set()
    for number in range(CUTS):
        cut = place(scene.begun, tmp_path / f"cut-{number}")
        # The last commit lies at the very end, so that is where to look closely.
        at = len(log) - chance.randrange(12_000) if number % 2 else chance.randrange(len(log))
        rubbish = chance.randbytes(chance.randrange(9000)) if number % 3 == 0 else b""
        (cut / "campaign.db-wal").write_bytes(log[:at] + rubbish)
        whole(cut)
        found = content(cut)
        assert found in (before, after), at
        seen.add(found == after)
        shutil.rmtree(cut)
    (home / "campaign.db-wal").write_bytes(log)
    assert content(home) == after
    assert False in seen


@pytest.mark.parametrize("start", ["made", "begun"])
def test_the_files_as_they_are_at_a_moment(start: str, scene: Scene, tmp_path: Path) -> None:
    """The process is stopped, its files copied as a disk without power keeps them, and opened elsewhere.

    A store's first rows go straight into its file, with a journal of what they replace; later ones through a log.
    """
    base: Path = getattr(scene, start)
    calm = place(base, tmp_path / "calm")
    started = Command(tmp_path, "load", "--home", calm, scene.days[1])
    assert started.done().code == 0
    before, after = content(base), content(calm)
    chance = Random(f"moments {start}")
    for number in range(STOPS):
        home = place(base, tmp_path / f"live-{number}")
        running = Command(tmp_path, "load", "--home", home, scene.days[1])
        time.sleep(max(0.0, (number + chance.random()) / STOPS * started.took))
        frozen = tmp_path / f"frozen-{number}"
        shutil.copytree(scene.empty, frozen)
        if running.process.is_alive():
            os.kill(running.process.pid or 0, signal.SIGSTOP)
        for name in ("campaign.db", "campaign.db-wal", "campaign.db-journal"):
            if (home / name).exists():
                shutil.copyfile(home / name, frozen / name)
        running.kill_at(0)
        whole(frozen)
        assert content(frozen) in (before, after)
        assert command(tmp_path, "load", "--home", frozen, scene.days[1]).code == 0
        assert content(frozen) == after
