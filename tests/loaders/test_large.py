"""A large file is read bit by bit and judged in parts: the same facts, refusals and flags as when it is read at once."""

from __future__ import annotations

import csv
import io
import random
from collections import deque
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

import loaders.load as loading
from data.locale import use_language
from data.schema import dossiers
from loaders import formats
from loaders.formats import csv_file
from loaders.formats.blocks import Block, blocks, ends_of_lines
from tests.faults.state import often
from tests.loaders.books import as_xlsx
from tests.loaders.conftest import HEADINGS, Desk, as_csv, with_cells

CELLS = st.text(st.sampled_from('a,"\n\r ế'), max_size=6)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=3), max_size=30), st.integers(1, 40))
def test_blocks_end_where_records_do(rows: list[list[str]], size: int) -> None:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    data = text.getvalue().encode()
    found = [
        (bytes(block.view), csv_file._may_not_close(block))
        for block in blocks(io.BytesIO(data), size, csv_file._end_of_record)
    ]
    pieces = [piece for piece, _ in found]
    assert b"".join(pieces) == data
    assert [odd for _, odd in found] == [piece.count(b'"') % 2 == 1 for piece in pieces]
    assert [row for piece in pieces for row in csv.reader(io.StringIO(piece.decode(), newline=""))] == rows


@given(st.lists(st.binary(max_size=9), max_size=40), st.integers(1, 30), st.integers(1, 4))
def test_a_block_is_good_until_so_many_further_ones_were_asked_for(lines: list[bytes], size: int, alive: int) -> None:
    data = b"\n".join(lines)
    last: deque[tuple[Block, bytes]] = deque(maxlen=alive)
    whole = []
    for block in blocks(io.BytesIO(data), size, ends_of_lines, alive):
        last.append((block, bytes(block.view)))
        assert [bytes(one.view) for one, _ in last] == [then for _, then in last]
        assert block.last or bytes(block.view[-1:]) == b"\n"
        whole.append(last[-1][1])
    assert b"".join(whole) == data


def test_blocks_take_no_more_memory_than_those_alive_together() -> None:
    found = [id(block.data) for block in blocks(io.BytesIO(b"12345678\n" * 1000), 90, ends_of_lines, alive=3)]
    assert len(found) > 90
    assert len(set(found)) <= 4


def _file() -> bytes:
    rows = [with_cells(n) for n in range(300)]
    rows[20] = with_cells(20, at2="hôm qua")  # refused: no date
    rows[40] = with_cells(5, at6="Qua bưu chính")  # says again what row 5 said, otherwise
    rows[60][1] = "Sở Ma thuật"
    rows[80] = ["II", "UBND huyện Đồng Phú", "", "", "", "", ""]  # a group
    rows[100] = [*rows[100], "thừa"]  # too many cells
    rows[120][5] = "Đã trả\nkết quả"
    rows[140] = HEADINGS
    rows[299] = with_cells(6, at6="Qua bưu chính")
    end = [["Tổng cộng", "300", "", "", "", "", ""], ["", "", "", "", "", "NGƯỜI LẬP BIỂU", ""]]
    return as_csv([["BÁO CÁO", *[""] * 6], HEADINGS, *rows, *end])


def test_in_parts_as_at_once(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def loaded(name: str) -> tuple[object, ...]:
        path = tmp_path / name
        path.write_bytes(b"\xef\xbb\xbf" + _file())
        report = loading.load_file(desk.store, desk.home, path, who="t", at=1_621_159_200_000_000, dry_run=True)
        steps = (report.read, report.new, report.refused, report.flags, report.skipped, report.merged)
        return report.status, steps, report.refusals

    whole = loaded("whole.csv")
    monkeypatch.setattr(formats, "LARGE", 1)
    monkeypatch.setattr(csv_file, "_BLOCK", 2000)
    monkeypatch.setattr(formats, "_END", 10)
    assert loaded("parts.csv") == whole
    assert whole[1][0] > 250 and len(whole[2]) == 3  # type: ignore[index, arg-type]


def test_a_workbook_judged_by_two_as_by_one(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = list(csv.reader(io.StringIO(_file().decode(), newline="")))
    rows[30][0] += "\0"
    rows[290][0] += "\0"
    book = as_xlsx([row[: len(HEADINGS)] for row in rows])

    def loaded() -> tuple[object, ...]:
        report = loading.load_file(
            desk.store, desk.home, book, name="a.xlsx", who="t", at=1_621_159_200_000_000, dry_run=True
        )
        steps = (report.read, report.new, report.refused, report.flags, report.skipped, report.merged)
        return report.status, steps, report.refusals

    whole = loaded()
    monkeypatch.setattr(formats, "_WORTH_TWO", 100)
    assert loaded() == whole
    assert whole[1][0] > 250 and len(whole[2]) >= 2  # type: ignore[index, arg-type]


def test_refusals_of_every_part_are_in_the_readers_language(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "LARGE", 1)
    monkeypatch.setattr(csv_file, "_BLOCK", 2000)
    path = tmp_path / "a.csv"
    path.write_bytes(as_csv([HEADINGS, *(with_cells(n, **({"at2": ""} if n % 50 == 0 else {})) for n in range(300))]))
    use_language("en")
    try:
        report = loading.load_file(desk.store, desk.home, path, who="t", at=1_621_159_200_000_000)
    finally:
        use_language("vi")
    assert len(report.refusals) == 6
    assert len({one.reason for one in report.refusals}) == 1
    assert "Thiếu" not in report.refusals[-1].reason
    assert [one.row for one in report.refusals] == [n + 2 for n in range(0, 300, 50)]
    with desk.store.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(dossiers)) == 294


def test_a_large_file_in_another_encoding_is_read_at_once(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "LARGE", 1)
    path = tmp_path / "a.csv"
    path.write_bytes(_file().decode().encode("utf-16"))
    assert formats.open_large(path, "a.csv") is None
    assert loading.load_file(desk.store, desk.home, path, who="t", at=1_621_159_200_000_000).new > 250


@pytest.mark.parametrize("at", [5_000, -3])
def test_a_large_file_that_goes_on_in_another_encoding(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """Found out while it is read: it is read as a whole then, as a small one is."""
    data = bytearray(as_csv([HEADINGS, *(with_cells(n) for n in range(2000))]))
    # In a column of which nothing is read, and in one that is.
    at = data.index(b"000", at) if at > 0 else len(data) + at
    data[at : at + 1] = b"\xff"
    wanted = loading.load_file(desk.store, desk.home, bytes(data), name="a.csv", who="t", at=1, dry_run=True)
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    monkeypatch.setattr(formats, "LARGE", 1)
    monkeypatch.setattr(csv_file, "_BLOCK", 2000)
    found = loading.load_file(desk.store, desk.home, path, who="t", at=1, dry_run=True)
    assert (found.status, found.reason, found.read, found.new) == (
        wanted.status, wanted.reason, wanted.read, wanted.new,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(often(12, 300)))
def test_a_large_file_with_damaged_letters_is_as_a_small_one(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Its rows are judged while it is not yet known whether it is text to its end."""
    chance = random.Random(seed)
    data = bytearray(as_csv([HEADINGS, *(with_cells(n) for n in range(1200))]))
    letters = [at for at in range(3000, len(data)) if data[at] > 0x7F]
    for at in chance.sample(letters, chance.randint(1, 5)):
        data[at] = chance.randrange(256)
    wanted = loading.load_file(desk.store, desk.home, bytes(data), name="a.csv", who="t", at=1, dry_run=True)
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    monkeypatch.setattr(formats, "LARGE", 1)
    monkeypatch.setattr(csv_file, "_BLOCK", 20_000)
    found = loading.load_file(desk.store, desk.home, path, who="t", at=1, dry_run=True)
    assert (found.status, found.reason, found.read, found.new, found.refusals) == (
        wanted.status, wanted.reason, wanted.read, wanted.new, wanted.refusals,
    )  # fmt: skip
