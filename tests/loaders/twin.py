"""A store that knows the rows of the last file, and one that judges all: the same files are given to both."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import loaders.load as loading
from data import known
from data.clock import MICROSECONDS_PER_DAY
from data.errors import CannotUndo
from data.home import Home
from data.schema import imports, known_rows, metadata, work_days
from data.store import Store
from loaders import formats
from loaders.formats import csv_file
from loaders.held import decide, waiting
from loaders.report import LoadReport
from tests.loaders.conftest import AT, ONE_STOP, as_csv, small_home
from tests.loaders.conftest import HEADINGS as ONE_STOP_HEADINGS
from tests.loaders.test_load import CATALOGUE

HEADINGS = [*ONE_STOP_HEADINGS, "Mã TTHC", "Tên thủ tục", "Ghi chú"]
"""The last column is none of the profile's."""
DOSSIERS = 40
POOL = (1, 2, 3, 4, 10, 11)
"""Of these something else is said from file to file: few, so that it often is of the same ones."""
ODD = (10, 11)
HOUR = MICROSECONDS_PER_DAY // 24
FULL, CHANGES = "mot-cua-thu", "thay-doi"

STATES: dict[str, dict[int, str]] = {
    "plain": {},
    "noted": {9: "ghi chú khác"},
    "ended": {4: "06/04/2021 10:00:00"},
    "open": {4: "", 5: "Đang xử lý"},
    "online": {6: "Trực tiếp"},
    "no due date": {3: ""},
    "ended before it began": {4: "30/03/2021 08:00:00"},
    "ahead": {4: "18/05/2021 10:00:00"},
    "of no date": {4: "01/01/0001"},
    "bad date": {4: "hôm qua"},
    "unknown unit": {1: "Sở Ma thuật"},
    "unit that goes": {1: "Sở Y tế"},
    "odd procedure": {7: "TT-12"},
    "another procedure": {7: "1.009999", 8: "Thủ tục khác"},
    "renamed procedure": {8: "Cấp thẻ (sửa đổi)"},
    "no procedure": {7: "", 8: ""},
    "blanks around": {1: "  Sở Tư pháp ", 5: "đã trả kết quả"},
}
"""What may be written of a dossier: place → cell."""
CODELESS = "no code"
LAYOUT: dict[str, list[str]] = {
    "group": ["II", "UBND huyện Đồng Phú", *[""] * 8],
    "headings": HEADINGS,
    "total": ["Tổng cộng", "12", *[""] * 8],
    "signature": ["", "", "", "", "", "NGƯỜI LẬP BIỂU", "", "", "", ""],
    "name below it": ["", "", "", "", "", "Nguyễn Văn A", "", "", "", ""],
    "column numbers": [str(n) for n in range(1, 11)],
    "blank": [""] * 10,
    "too many cells": ["x"] * 12,
}
"""Rows that are none of a dossier."""


def said(dossier: int, state: str = "plain") -> list[str]:
    """A row about a dossier. Two have odd codes."""
    code = f"HS {dossier}" if dossier in ODD else f"000.00.12.H10-210401-{dossier:04d}"
    row = [code, "Sở Tư pháp", "01/04/2021 08:05:00", "05/04/2021", "05/04/2021 16:00:00", "Đã trả kết quả", "Trực tuyến", "1.003003", "Cấp thẻ", ""]  # fmt: skip
    for place, cell in STATES.get(state, {0: ""}).items():
        row[place] = cell
    return row


def text_of(rows: list[list[str]], title: str = "") -> bytes:
    return as_csv([[title or "BÁO CÁO", *[""] * 9], HEADINGS, *rows])


def homes_in(root: Path) -> list[Home]:
    """One home as it is at first, and after somebody has edited one of its files; ``campaign.db`` of the first is empty."""
    profiles = {"danh-muc": CATALOGUE}
    for key, mode in ((FULL, "full"), (CHANGES, "changes")):
        profiles[key] = ONE_STOP.replace('key = "mot-cua-thu"', f'key = "{key}"\nmode = "{mode}"')

    def made(name: str, edit: Callable[[Path], object]) -> Home:
        folder = small_home(root / name)
        for key, text in profiles.items():
            (folder / "profiles" / f"{key}.toml").write_text(text, encoding="utf-8")
        edit(folder)
        return Home(folder)

    def replaced(path: Path, old: str, new: str) -> None:
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def aliased(folder: Path) -> None:
        with (folder / "aliases.csv").open("a", encoding="utf-8") as aliases:
            aliases.write("Sở Ma thuật,stp\n")

    def without_a_unit(folder: Path) -> None:
        for name in ("units.csv", "aliases.csv"):
            lines = (folder / name).read_text(encoding="utf-8").splitlines(keepends=True)
            (folder / name).write_text("".join(line for line in lines if "syt" not in line), encoding="utf-8")

    found = [
        made("plain", lambda folder: None),
        made("alias", aliased),
        made("unit", without_a_unit),
        made("zone", lambda folder: replaced(folder / "profiles" / f"{FULL}.toml", "Asia/Ho_Chi_Minh", "Asia/Tokyo")),
        made("mode", lambda folder: replaced(folder / "profiles" / f"{FULL}.toml", '"full"', '"changes"')),
    ]  # fmt: skip
    Store.open(found[0]).engine.dispose()
    return found


@dataclass
class Twin:
    """The same files given to a store that knows the rows of the last one, and to a store that judges all."""

    homes: list[Home]
    folder: Path
    home: Home = field(init=False)
    hits: list[int] = field(default_factory=list)
    """Of every file loaded by the one that knows rows: how many it knew."""
    retried: int = 0
    """How many files had to be judged in full after all."""

    def __post_init__(self) -> None:
        self.engines = []
        for name in ("knowing", "judging"):
            shutil.copy(self.homes[0].root / "campaign.db", self.folder / f"{name}.db")
            self.engines.append(Store.open(self.homes[0], f"sqlite:///{self.folder / name}.db").engine)
        self.edited(0)

    def edited(self, home: int) -> None:
        self.home = self.homes[home]
        self.knowing, self.judging = (Store(self.home, engine) for engine in self.engines)

    def load(
        self,
        data: bytes | Path,
        name: str = "tep.csv",
        *,
        small: bool = False,
        meanwhile: bytes | None = None,
        **options: Any,
    ) -> LoadReport:
        """``small``: too small to be remembered; ``meanwhile``: what somebody else loads while this is being judged."""
        options = {"who": "t", "at": AT, "profile": FULL, **options}
        apply = loading.apply
        interrupting = {self.knowing, self.judging} if meanwhile else set()

        def interrupted(store: Store, home: Home, judged: Any, **how: Any) -> LoadReport:
            if meanwhile and store in interrupting:
                interrupting.remove(store)
                with pytest.MonkeyPatch.context() as patch:
                    patch.setattr(loading, "apply", apply)
                    loading.load_file(store, home, meanwhile, who="t", at=AT, name="khac.csv", profile=CHANGES)
            return apply(store, home, judged, **how)

        def counted(store: Store, home: Home, judged: Any, **how: Any) -> LoadReport:
            self.hits.append(len(judged.told.again) if judged.told else 0)
            try:
                return interrupted(store, home, judged, **how)
            except known.Outdated:
                self.hits.pop()
                self.retried += 1
                raise

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(loading, "_MANY_ROWS", loading._MANY_ROWS if small else 0)
            with pytest.MonkeyPatch.context() as counting:
                counting.setattr(loading, "apply", counted)
                report = loading.load_file(self.knowing, self.home, data, name=name, **options)
            patch.setattr(loading, "memory", lambda *_, **__: None)
            patch.setattr(loading, "apply", interrupted)
            full = loading.load_file(self.judging, self.home, data, name=name, **options)
        assert report == full
        self.agree()
        return report

    def undo(self, number: int, at: int = AT) -> None:
        """Take an import back, or say in both stores alike that it cannot be."""
        done = [_undone(store, number, at) for store in (self.knowing, self.judging)]
        assert done[0] == done[1]
        self.agree()

    def kept(self) -> dict[str, int]:
        """Profiles of which something is known, and by which import."""
        with self.knowing.read() as connection:
            rows = connection.execute(
                sa.select(known_rows.c.profile, known_rows.c.import_id).order_by(known_rows.c.import_id)
            )
            return {row.profile: row.import_id for row in rows}

    def decide(self, yes: bool) -> None:
        """Decide about the file that waits longest, if any does."""
        found = [waiting(store) for store in (self.knowing, self.judging)]
        assert found[0] == found[1]
        if found[0]:
            number = found[0][0].id
            reports = [decide(store, self.home, number, yes, who="t", at=AT) for store in (self.knowing, self.judging)]
            assert reports[0] == reports[1]
        self.agree()

    def agree(self) -> None:
        one, other = contents(self.knowing), contents(self.judging)
        for table in one:
            assert one[table] == other[table], table

    def close(self) -> None:
        for store in (self.knowing, self.judging):
            store.engine.dispose()


def _undone(store: Store, number: int, at: int) -> object:
    try:
        return store.undo(number, who="t", at=at)
    except CannotUndo as fault:
        return fault.blocking


def contents(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, but for what is known of the last files, and the calendar."""
    found = {}
    with store.read() as connection:
        for table in metadata.sorted_tables:
            if table not in (known_rows, work_days):
                rows = connection.exec_driver_sql(f'SELECT * FROM "{table.name}"')
                found[table.name] = sorted((tuple(row) for row in rows), key=repr)
    notes = [column.name for column in imports.columns].index("notes")
    found["import"] = [(*row[:notes], json.loads(row[notes]), *row[notes + 1 :]) for row in found["import"]]
    return found


@contextmanager
def twin_of(homes: list[Home]) -> Iterator[Twin]:
    with tempfile.TemporaryDirectory() as folder:
        twin = Twin(homes, Path(folder))
        yield twin
        twin.close()


def catalogue(offered: list[str], number: int = 0) -> bytes:
    heads = ["Mã dịch vụ", "Mã TTHC", "Tên", "Đơn vị", "Mức độ"]
    rows = [[f"D{code}", code, f"Dịch vụ {number}", "Sở Tư pháp", "4"] for code in offered]
    return as_csv([heads, *rows])


@contextmanager
def small_parts() -> Iterator[None]:
    """Files are read bit by bit, a few rows at a time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(formats, "LARGE", 1)
        patch.setattr(csv_file, "_BLOCK", 1000)
        patch.setattr(formats, "_END", 2)
        yield
