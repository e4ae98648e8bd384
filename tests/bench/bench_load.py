"""Loading, against what else reads the same file: sqlite3's own .import, pandas, calamine.

``BENCH_ROWS`` sets the size (1,000,000). The large file has ten times as many; ``BENCH_LARGE=0`` leaves it out.
"""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import xlsxwriter

from tests.bench.measure import CAMPAIGN, Ratio, Spent, spent
from tests.conftest import ROOT

ROWS = int(os.environ.get("BENCH_ROWS", "1000000"))
LARGE = 10
TURNS = 3
DATES = (3, 4, 5)
"""Places of the columns that hold dates."""
SHEET_ROWS = 100_000
UNITS = ("Sở Tài nguyên và Môi trường", "Sở Y tế", "Sở Xây dựng", "Sở Nội vụ", "Huyện Đồng Phú")

PANDAS = """
import sqlite3, sys
import pandas as pd
frame = pd.read_csv(sys.argv[1])
for column in ("Ngày tiếp nhận", "Ngày hẹn trả", "Ngày kết thúc xử lý"):
    frame[column] = pd.to_datetime(frame[column], format="%d/%m/%Y %H:%M:%S")
with sqlite3.connect(sys.argv[2]) as database:
    frame.to_sql("t", database, index=False)
"""
CALAMINE = """
import sys
import python_calamine
python_calamine.CalamineWorkbook.from_path(sys.argv[1]).get_sheet_by_index(0).to_python()
"""


def run(folder: Path) -> Iterator[Ratio]:
    # As an installed program has its modules; where Python writes none, each command would translate what was edited anew.
    for package in ("cli.py", "data", "kpi", "loaders", "pages"):
        subprocess.run([sys.executable, "-m", "compileall", "-q", ROOT / package], check=True)
    first, following, home = folder / "first.csv", folder / "next.csv", folder / "home"
    write(first, ROWS)
    write(following, ROWS, changed=100)

    def imported() -> Spent:
        (folder / "import.db").unlink(missing_ok=True)
        return spent("sqlite3", folder / "import.db", ".mode csv", f".import {first} t")

    def by_pandas() -> Spent:
        (folder / "pandas.db").unlink(missing_ok=True)
        return spent(sys.executable, "-c", PANDAS, first, folder / "pandas.db")

    def both() -> tuple[Spent, Spent]:
        fresh(home)
        return load(home, first), load(home, following)

    # The quickest of several runs of each, in turn: what else the machine does only ever adds.
    rounds = [(imported(), *both(), by_pandas()) for _ in range(TURNS)]
    bare, ours, again, pandas = (min(runs, key=lambda one: one.seconds) for runs in zip(*rounds, strict=True))
    size = f"{ROWS:,} rows, {first.stat().st_size / 1e6:.0f} MB"
    yield Ratio("first load / sqlite3 .import", ours.seconds / bare.seconds, 3, f"{_of(ours, bare)}, {size}")
    yield Ratio("pandas with dates and to_sql / first load", pandas.seconds / ours.seconds, 3, _of(pandas, ours), True)
    yield Ratio("next full export, 1 % changed / first load", again.seconds / ours.seconds, 0.5, _of(again, ours))
    yield _workbook(folder, first, "texts")
    yield _workbook(folder, first, "dates")
    if os.environ.get("BENCH_LARGE") != "0":
        yield from _large(folder, first, ours)


def _large(folder: Path, first: Path, ours: Spent) -> Iterator[Ratio]:
    large, home = folder / "large.csv", folder / "large"
    heading, _, rows = first.read_bytes().partition(b"\n")
    with large.open("wb") as stream:
        stream.write(heading + b"\n")
        for turn in range(LARGE):
            stream.write(rows.replace(b".H10-2", b".G1%d-2" % turn))
    del rows
    fresh(home)
    found = load(home, large)
    yield Ratio(
        f"{LARGE} times the rows / {LARGE} first loads", found.seconds / ours.seconds / LARGE, 1.25, _of(found, ours)
    )
    yield Ratio(f"{LARGE} times the rows: memory in GiB", found.peak / 1024, 4, f"peak, {LARGE * ROWS:,} rows")


def _workbook(folder: Path, first: Path, written: str) -> Ratio:
    """``written``: whether its dates are texts or dates, as a spreadsheet program has them."""
    book, home = folder / f"{written}.xlsx", folder / "book"
    rows = min(SHEET_ROWS, ROWS)
    with first.open(encoding="utf-8", newline="") as stream, xlsxwriter.Workbook(book) as made:
        sheet, shown = made.add_worksheet("Hồ sơ"), made.add_format({"num_format": "dd/mm/yyyy hh:mm:ss"})
        for number, row in enumerate(islice(csv.reader(stream), rows + 1)):
            for column, cell in enumerate(row):
                if cell and number and column in DATES and written == "dates":
                    sheet.write_datetime(number, column, datetime.strptime(cell, "%d/%m/%Y %H:%M:%S"), shown)
                else:
                    sheet.write_string(number, column, cell)

    def loaded() -> Spent:
        fresh(home)
        return load(home, book)

    rounds = [(spent(sys.executable, "-c", CALAMINE, book), loaded()) for _ in range(TURNS)]
    calamine, ours = (min(runs, key=lambda one: one.seconds) for runs in zip(*rounds, strict=True))
    what = f"XLSX of {rows:,} rows, dates as {written} / calamine alone"
    return Ratio(what, ours.seconds / calamine.seconds, 2.5, _of(ours, calamine))


def fresh(home: Path) -> None:
    """A home with an empty store."""
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(ROOT / "data" / "homes" / "binhphuoc", home)
    spent(CAMPAIGN, "loads", "--home", home)


def load(home: Path, path: Path) -> Spent:
    return spent(CAMPAIGN, "load", "--home", home, path)


def _of(one: Spent, other: Spent) -> str:
    return f"{one.seconds:.2f} s / {other.seconds:.2f} s"


def write(path: Path, rows: int, changed: int = 0) -> None:
    """An export of eight columns. ``changed``: of every so many rows one has another channel."""
    chance = np.random.default_rng(1)
    accepted = np.datetime64("2021-01-01T00:00:00") + np.sort(chance.integers(0, 200 * 86_400, rows)).astype(
        "timedelta64[s]"
    )
    due = accepted + (chance.integers(1, 30, rows) * 86_400).astype("timedelta64[s]")
    finished = accepted + chance.integers(3_600, 30 * 86_400, rows).astype("timedelta64[s]")
    still_open = chance.random(rows) < 0.1
    online = np.arange(rows) % 2 == 1
    if changed:
        online[::changed] = ~online[::changed]
    pacsv.write_csv(
        pa.table(
            {
                "Mã hồ sơ": [
                    f"000.{n % 100:02d}.{n % 111:02d}.H10-21{1 + n % 9:02d}{1 + n // 9 % 28:02d}-{n:07d}"
                    for n in range(rows)
                ],
                "Mã thủ tục": [f"1.00{n % 2000:04d}.000.00.00.H10" for n in range(rows)],
                "Đơn vị": [UNITS[n % len(UNITS)] for n in range(rows)],
                "Ngày tiếp nhận": _written(accepted),
                "Ngày hẹn trả": _written(due),
                "Ngày kết thúc xử lý": pa.array(np.where(still_open, "", np.array(_written(finished)))),
                "Trạng thái": pa.array(np.where(still_open, "Đang xử lý", "Đã trả kết quả")),
                "Hình thức nộp": pa.array(np.where(online, "Trực tuyến", "Trực tiếp")),
            }
        ),
        path,
    )


def _written(moments: np.ndarray) -> list[str]:
    """«31/03/2021 08:05:00»."""
    written = []
    for moment in np.datetime_as_string(moments, unit="s").tolist():
        day, _, clock = moment.partition("T")
        year, month, number = day.split("-")
        written.append(f"{number}/{month}/{year} {clock}")
    return written
