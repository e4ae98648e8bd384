"""A full disk, a database or folder that may only be read, a damaged database, one that another process keeps locked.

Each gives exit 1 and words that name the database, the reason and what to do; nothing is lost, and loading again works.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from tests.conftest import Done
from tests.faults.child import NO_CAPABILITIES, command
from tests.faults.conftest import Scene
from tests.faults.state import content, place, said, whole


def in_words(done: Done, *words: str) -> None:
    text = done.out + done.err
    assert done.code == 1, done
    assert "Traceback" not in text, text
    for word in ("campaign.db", "Hãy", *words):
        assert word in text, (word, text)


@pytest.mark.parametrize("start", ["empty", "begun"])
def test_no_room_for_the_file_to_grow(start: str, scene: Scene, tmp_path: Path) -> None:
    """At whatever write it happens: the limit grows from nothing to enough."""
    base: Path = getattr(scene, start)
    calm = place(base, tmp_path / "calm")
    assert command(tmp_path, "load", "--home", calm, scene.days[1]).code == 0
    expected, failed = content(calm), 0
    for kilobytes in (30, 250, 100_000):
        home = place(base, tmp_path / f"home-{kilobytes}")
        done = command(tmp_path, "load", "--home", home, scene.days[1], file_size=kilobytes << 10)
        if done.code:
            in_words(done, "đĩa")
            failed += 1
            if start == "begun":
                assert content(home) == content(base)
                assert said(home) == said(base)
        assert command(tmp_path, "load", "--home", home, scene.days[1]).code == 0
        assert content(home) == expected
        whole(home)
    assert 1 <= failed < 3


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "none", str(disk), "-o", "size=3000k"], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no right to mount a small disk; the limit on the file's size stands for it")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_full_disk(small_disk: Path, scene: Scene, tmp_path: Path) -> None:
    home = place(scene.begun, small_disk / "home")
    before = content(home)
    room = shutil.disk_usage(small_disk).free
    (small_disk / "others").write_bytes(b"x" * (room - 60_000))
    in_words(command(tmp_path, "load", "--home", home, scene.days[1]), "đĩa")
    assert content(home) == before
    (small_disk / "others").unlink()
    assert command(tmp_path, "load", "--home", home, scene.days[1]).code == 0
    whole(home)


@pytest.mark.parametrize("what", ["database", "folder", "both"])
def test_only_to_be_read(what: str, scene: Scene, tmp_path: Path) -> None:
    home = place(scene.begun, tmp_path / "home")
    database = home / "campaign.db"
    before = database.read_bytes()
    if what in ("database", "both"):
        database.chmod(0o400)
    if what in ("folder", "both"):
        home.chmod(0o500)
    try:
        done = command(tmp_path, "load", "--home", home, scene.days[1], rights=NO_CAPABILITIES)
    finally:
        home.chmod(0o700)
        database.chmod(0o600)
    in_words(done, "quyền")
    assert database.read_bytes() == before
    assert command(tmp_path, "load", "--home", home, scene.days[1]).code == 0
    whole(home)


def test_a_folder_where_no_database_can_be_made(scene: Scene, tmp_path: Path) -> None:
    home = place(scene.empty, tmp_path / "home")
    home.chmod(0o500)
    try:
        done = command(tmp_path, "load", "--home", home, scene.days[0], rights=NO_CAPABILITIES)
    finally:
        home.chmod(0o700)
    in_words(done, "quyền")
    assert not list(home.glob("campaign.db*"))


@pytest.mark.parametrize("mode", ["IMMEDIATE", "EXCLUSIVE"])
def test_locked_for_longer_than_one_waits(mode: str, scene: Scene, tmp_path: Path) -> None:
    home = place(scene.begun, tmp_path / "home")
    before = content(home)
    with closing(sqlite3.connect(home / "campaign.db", isolation_level=None)) as other:
        other.execute(f"BEGIN {mode}")
        done = command(tmp_path, "load", "--home", home, scene.days[1], environment={"CAMPAIGN_BUSY_SECONDS": "0.3"})
        other.execute("ROLLBACK")
    in_words(done, "khóa")
    assert content(home) == before
    assert command(tmp_path, "load", "--home", home, scene.days[1]).code == 0


def test_locked_for_less_than_one_waits(scene: Scene, tmp_path: Path) -> None:
    from tests.faults.child import Command

    home = place(scene.begun, tmp_path / "home")
    with closing(sqlite3.connect(home / "campaign.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = Command(tmp_path, "load", "--home", home, scene.days[1])
        waiting.process.join(1.5)
        assert waiting.process.is_alive()
        other.execute("COMMIT")
        assert waiting.done().code == 0


@pytest.mark.parametrize("what", ["load", "kpi", "check", "loads"])
def test_a_damaged_database_is_named(what: str, scene: Scene, tmp_path: Path) -> None:
    """Rubbish over pages of the tables: whatever is asked, never a traceback, and `check` sees it."""
    home = place(scene.begun, tmp_path / "home")
    data = bytearray((home / "campaign.db").read_bytes())
    chance = Random("damage")
    for at in range(8192, len(data), 4096):
        data[at : at + 4096] = chance.randbytes(4096)
    (home / "campaign.db").write_bytes(data)
    more = {"load": [scene.days[1]], "kpi": ["--campaign", "50-ngay"]}.get(what, [])
    done = command(tmp_path, what, "--home", home, *more)
    assert done.code == 1, done
    text = done.out + done.err
    assert "Traceback" not in text, text
    assert "hỏng" in text


def test_what_is_no_database_is_named(scene: Scene, tmp_path: Path) -> None:
    home = place(scene.empty, tmp_path / "home")
    (home / "campaign.db").write_bytes(os.urandom(64) * 200)
    in_words(command(tmp_path, "load", "--home", home, scene.days[0]), "hỏng")


def test_the_files_that_were_loaded_before_the_fault_are_told(scene: Scene, tmp_path: Path) -> None:
    """Room enough for the first file, not for the second."""
    home = place(scene.empty, tmp_path / "home")
    big = tmp_path / "big.csv"
    lines = scene.days[1].read_text("utf-8").splitlines(keepends=True)
    big.write_text("".join([lines[0], *(f"X{n}-{line}" for n in range(24) for line in lines[1:])]), "utf-8")
    done = command(tmp_path, "load", "--home", home, scene.days[0], big, file_size=3_000_000)
    in_words(done, "đĩa", "ngay-0.csv", "big.csv")
    assert [row for row in content(home)["import"] if "ngay-0.csv" in row]
    assert "đã nạp" in done.out
