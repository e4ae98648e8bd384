"""The inbox is emptied, schedules are kept, and a signal ends it between two files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from data.clock import to_micros
from data.errors import DataFault
from data.home import Home
from loaders.pull import Around, Pull
from loaders.seen import remembered
from loaders.sources import INBOX, overview
from loaders.watch import watch
from tests.conftest import clean_environment
from tests.loaders.conftest import AT, HEADINGS, Desk, as_csv, small_home, with_cells

SECOND = 1_000_000
BAD = b"m;h;b\n1;2;3\n"


def content(*numbers: int) -> bytes:
    return as_csv([HEADINGS, *map(with_cells, numbers)])


class Watch:
    """Rounds under a clock that moves only when the watch waits."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.clock, self.told = desk, AT, list[Pull]()
        self.inbox = desk.home.root / INBOX

    def put(self, name: str, data: bytes, *, age: float = 60) -> Path:
        self.inbox.mkdir(exist_ok=True)
        path = self.inbox / name
        path.write_bytes(data)
        seconds = self.clock / SECOND - age
        os.utime(path, (seconds, seconds))
        return path

    def rounds(
        self, number: int = 1, before: Callable[[int], object] = lambda _turn: None
    ) -> list[list[tuple[str, str]]]:
        """So many rounds; what was told of files in them, as name and state."""
        turn = 0
        self.told = []
        before(turn)

        def wait(seconds: float) -> None:
            nonlocal turn
            turn += 1
            self.clock += int(seconds * SECOND)
            if turn < number:
                before(turn)

        around = Around("thử", lambda: self.clock, wait, lambda: 0.0, lambda: turn >= number)
        watch(self.desk.home.root, self.desk.store, around, self.told.append)
        return [[(one.name, one.state) for one in found.files] for found in self.told]


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = small_home(tmp_path_factory.mktemp("begun") / "home")
    desk = Desk(home)
    desk.load(content(9999))
    desk.store.engine.dispose()
    return home


@pytest.fixture
def watching(begun: Path, tmp_path: Path) -> Watch:
    import shutil

    return Watch(Desk(shutil.copytree(begun, tmp_path / "home")))


def test_what_lies_in_the_inbox_is_loaded_and_deleted(watching: Watch) -> None:
    later = watching.put("b.csv", content(2), age=60)
    first = watching.put("a.csv", content(1), age=120)
    unfinished = watching.put("c.csv.part", content(3))
    assert watching.rounds(2) == [[("a.csv", "loaded"), ("b.csv", "loaded")]]
    assert [path.exists() for path in (first, later, unfinished)] == [False, False, True]
    assert [row["source"] for row in watching.desk.store.loads()][:2] == ["inbox:b.csv", "inbox:a.csv"]
    # The same name again is another file, also of the same size and age; the very same content is told so.
    watching.put("a.csv", content(5), age=120 + 10)
    assert watching.rounds() == [[("a.csv", "loaded")]]
    watching.put("a.csv", content(5))
    assert watching.rounds() == [[("a.csv", "unchanged")]]
    assert sorted(path.name for path in watching.inbox.iterdir()) == ["c.csv.part"]


def test_a_refused_file_stays_untouched_until_it_changes(watching: Watch) -> None:
    path = watching.put("a.csv", BAD)
    assert watching.rounds(3) == [[("a.csv", "refused")]]
    assert path.read_bytes() == BAD
    (inbox,) = overview(watching.desk.store, Home(watching.desk.home.root))
    assert (inbox.key, [name for name, _why in inbox.refused]) == (INBOX, ["a.csv"])
    watching.put("a.csv", content(1), age=40)
    assert watching.rounds(2) == [[("a.csv", "loaded")]]
    assert not path.exists()
    (inbox,) = overview(watching.desk.store, Home(watching.desk.home.root))
    assert (inbox.last_file, inbox.last_state, list(inbox.refused)) == ("a.csv", "loaded", [])


def test_a_growing_file_is_left_until_it_lies_still(watching: Watch) -> None:
    whole = content(1, 2, 3)

    def grow(turn: int) -> None:
        if turn < 4:
            watching.put("a.csv", whole[: (turn + 1) * len(whole) // 4], age=0)

    assert watching.rounds(12, grow) == [[("a.csv", "loaded")]]
    assert watching.clock - AT >= (15 + 30) * SECOND
    assert watching.desk.store.loads()[0]["new"] == 3


def test_links_and_folders_in_the_inbox_are_left_alone(watching: Watch, tmp_path: Path) -> None:
    outside = tmp_path / "ngoai.csv"
    outside.write_bytes(content(1))
    watching.put("a.csv", content(2))
    (watching.inbox / "link.csv").symlink_to(outside)
    (watching.inbox / "gone.csv").symlink_to(tmp_path / "khong-co")
    (watching.inbox / "sub").mkdir()
    assert watching.rounds(2) == [[("a.csv", "loaded")]]
    assert outside.exists() and (watching.inbox / "link.csv").is_symlink() and (watching.inbox / "sub").is_dir()


def test_a_file_that_cannot_be_deleted_is_told_once(watching: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    watching.put("a.csv", content(1))

    def forbidden(self: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "unlink", forbidden)
    assert watching.rounds(3) == [[("a.csv", "failed")]]
    assert "không xóa được" in watching.told[0].files[0].reason
    assert watching.desk.store.loads()[0]["new"] == 1


def test_sources_are_looked_at_when_they_are_due(watching: Watch, tmp_path: Path) -> None:
    root = watching.desk.home.root
    (tmp_path / "x").mkdir()
    watching.clock = to_micros(datetime(2021, 5, 16, 16, 59, 50, tzinfo=watching.desk.home.zone))
    text = '[[source]]\nkey = "{0}"\nurl = "{1}/x/{0}*"\n{2}\n'
    (root / "sources.toml").write_text(
        text.format("a", tmp_path, 'at = "17:00"') + text.format("b", tmp_path, 'every = "10s"'), encoding="utf-8"
    )
    looks: dict[str, list[int]] = {"a": [], "b": []}

    def note(_turn: int) -> None:
        for key, rows in remembered(watching.desk.store).items():
            if key in looks and rows[""].at not in looks[key]:
                looks[key].append(rows[""].at)

    start = watching.clock
    watching.rounds(8, note)
    assert [(at - start) // SECOND for at in looks["b"]] == [0, 10, 20, 30]
    assert [(at - start) // SECOND for at in looks["a"]] == [0, 10]


def test_a_fault_of_the_first_round_ends_it_and_later_ones_are_told_once(watching: Watch) -> None:
    path = watching.desk.home.root / "sources.toml"
    path.write_text("[[source]]\n", encoding="utf-8")
    with pytest.raises(DataFault, match=r"sources\.toml"):
        watching.rounds()

    def spoil(turn: int) -> None:
        path.write_text("" if turn in (0, 4) else "[[source]]\n", encoding="utf-8")
        if turn == 4:
            watching.put("a.csv", content(1))

    watching.rounds(6, spoil)
    assert [(found.fault != "", len(found.files)) for found in watching.told] == [(True, 0), (False, 1), (True, 0)]


@pytest.fixture
def running(watching: Watch) -> Iterator[subprocess.Popen[str]]:
    command = [str(Path(sys.executable).with_name("campaign")), "watch", "--home", str(watching.desk.home.root)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environment())  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_the_command_ends_on_a_signal(watching: Watch, running: subprocess.Popen[str]) -> None:
    watching.clock = int(time.time() * SECOND)
    path = watching.put("a.csv", content(1))
    assert running.stdout is not None
    assert "inbox:a.csv: đã nạp" in running.stdout.readline()
    running.send_signal(signal.SIGTERM)
    assert running.wait(20) == 0
    assert not path.exists()
