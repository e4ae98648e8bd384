"""Good exports damaged at random (cut, flipped, spliced bytes): each answer names file and reason, soon, in little memory,
never a traceback, never a part of a file. Fifty here, a thousand in `make soak`; and every file of others that breaks readers.
"""

from __future__ import annotations

import gzip
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from tests.conftest import SHARED
from tests.exports import province
from tests.faults.child import Answer, answers
from tests.faults.state import often, whole
from tests.loaders.books import as_zip
from tests.loaders.test_every_format import PLAIN

SECONDS, MEGABYTES = 2, 500
FILES = often(50, 1000)
TEXTS = ("comma, utf-8", "tab, utf-16-le", "semicolon, windows-1258", "comma, tcvn3")
GOOD: dict[str, Callable[[], bytes]] = {
    **{name: PLAIN[name] for name in TEXTS},
    "a.xlsx": PLAIN["xlsx"],
    "a.xls": PLAIN["xls"],
    "a.xlsb": PLAIN["xlsb"],
    "a.ods": PLAIN["ods"],
    "a.html": PLAIN["html that says .xls"],
    "a.xml": PLAIN["spreadsheetml that says .xls"],
    "a.json": PLAIN["json list"],
    "a.ndjson": PLAIN["ndjson"],
    "a.sync": PLAIN["DongBoHoSoMC"],
    "a.csv.gz": lambda: gzip.compress(PLAIN["comma, utf-8"]()),
    "a.zip": lambda: as_zip({"a.csv": PLAIN["comma, utf-8"](), "b.xlsx": PLAIN["xlsx"]()}),
}
ROWS = 60
SEALED = ("a.xlsx", "a.xls", "a.xlsb", "a.ods", "a.html", "a.xml", "a.json", "a.sync", "a.csv.gz", "a.zip")
"""Formats that tell when their end is missing."""


def _cut(data: bytes, chance: Random) -> bytes:
    return data[: chance.randrange(len(data))]


def _flipped(data: bytes, chance: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 3, 40))):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _spliced(data: bytes, chance: Random) -> bytes:
    at, start = chance.randrange(len(data)), chance.randrange(len(data))
    piece = data[start : start + chance.randrange(1, 3000)]
    return data[:at] + piece + data[at + chance.choice((0, len(piece))) :]


HARM = {"cut": _cut, "flipped": _flipped, "spliced": _spliced}


def _in_order(answer: Answer) -> None:
    assert answer.seconds < SECONDS, answer
    assert answer.megabytes < MEGABYTES, answer
    assert answer.status in ("loaded", "refused", "unchanged"), answer
    assert answer.read == answer.accounted, answer
    if answer.status == "refused":
        assert len(answer.reason) > 15, answer
        assert answer.import_id is None or answer.read == answer.refused > 0, answer


def test_damage_at_random(tmp_path: Path) -> None:
    chance = Random("corruption")
    good = {name: make() for name, make in GOOD.items()}
    files: list[Path] = []
    for number in range(FILES):
        name = list(good)[number % len(good)]
        harm = chance.choice(list(HARM))
        file = tmp_path / f"{number}-{harm}-{name}"
        file.write_bytes(HARM[harm](good[name], chance))
        files.append(file)
    home = province(tmp_path / "home")
    found = answers(tmp_path, home, files)
    for answer in found:
        _in_order(answer)
        _, harm, name = Path(answer.file).name.split("-", 2)
        if harm == "cut" and name in SEALED:
            assert answer.status == "refused" or answer.read == ROWS * (2 if name == "a.zip" else 1), answer
    statuses = {answer.status for answer in found}
    assert statuses >= {"loaded", "refused"}
    whole(home)
    with closing(sqlite3.connect(home / "campaign.db")) as connection:
        imports = {number for (number,) in connection.execute("SELECT id FROM import")}
    assert imports == {answer.import_id for answer in found if answer.import_id and answer.status != "unchanged"}


def test_cut_anywhere_is_noticed_where_a_format_can_tell(tmp_path: Path) -> None:
    """The last hundred bytes of each format one by one would be its whole end; a step of seven meets every part of it."""
    files: list[Path] = []
    for name in SEALED:
        data = GOOD[name]()
        for missing in (*range(1, 60, 7), len(data) // 3, len(data) // 2):
            files.append(tmp_path / f"{missing}-{name}")
            files[-1].write_bytes(data[:-missing])
    for answer in answers(tmp_path, province(tmp_path / "home"), files):
        _in_order(answer)
        rows = ROWS * (2 if answer.file.endswith(".zip") else 1)
        assert answer.status == "refused" or answer.read == rows, answer


OUTSIDE = SHARED / "external"


@pytest.mark.skipif(not OUTSIDE.is_dir(), reason="the files of others are not here")
def test_files_of_others_that_break_readers(tmp_path: Path) -> None:
    files = [
        path
        for folder in ("torture", "tthc-catalogue")
        for path in sorted((OUTSIDE / folder).rglob("*"))
        if path.is_file()
    ]
    assert len(files) > 60
    home = province(tmp_path / "home")
    found = answers(tmp_path, home, files)
    for answer in found:
        _in_order(answer)
        assert answer.status == "refused" and answer.import_id is None, answer
    with closing(sqlite3.connect(home / "campaign.db")) as connection:
        assert connection.execute("SELECT count(*) FROM import").fetchone() == (0,)
