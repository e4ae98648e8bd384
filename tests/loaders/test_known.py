"""Rows that read as in the profile's last file are not judged again: everything is as if all of them had been."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

import loaders.load as loading
from data import known
from data.clock import MICROSECONDS_PER_DAY
from data.errors import CannotUndo
from data.home import Home
from data.schema import FLAGS, STILL_BELIEVED, absent, dossiers, imports, known_rows, metadata, procedures, work_days
from data.store import Store
from loaders import formats
from loaders import known as knowing
from loaders.formats import csv_file
from loaders.held import decide, waiting
from loaders.report import LoadReport
from tests.loaders.books import as_xlsx
from tests.loaders.conftest import AT, ONE_STOP, as_csv, small_home
from tests.loaders.test_load import CATALOGUE

HEADINGS = [
    "Mã hồ sơ",
    "Đơn vị giải quyết",
    "Ngày tiếp nhận",
    "Ngày hẹn trả",
    "Ngày kết thúc xử lý",
    "Trạng thái",
    "Hình thức nộp",
    "Mã TTHC",
    "Tên thủ tục",
    "Ghi chú",
]
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


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> list[Home]:
    """One home as it is at first, and after somebody has edited one of its files; ``campaign.db`` of the first is empty."""
    root = tmp_path_factory.mktemp("homes")
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


@pytest.fixture
def twin(homes: list[Home]) -> Iterator[Twin]:
    with twin_of(homes) as made:
        yield made


# Whatever comes ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Edit:
    """What is different in a file from the one before. ``how``: the state of a dossier, or the kind of layout."""

    what: str
    place: int
    how: str = ""
    dossier: int = 0


@dataclass(frozen=True)
class File:
    edits: list[Edit]
    profile: str
    day: int | None
    at: int
    how: str


@dataclass(frozen=True)
class EditHome:
    """Somebody edits a file of the home: from now on it is another of ``homes``."""

    home: int


@dataclass(frozen=True)
class Catalogue:
    procedures: list[str]


@dataclass(frozen=True)
class Undo:
    """``back``: how many imports before the latest one."""

    back: int


@dataclass(frozen=True)
class Decide:
    yes: bool


Step = File | EditHome | Catalogue | Undo | Decide


def plan_of(dice: Random) -> list[Step]:
    """Some files of one source after each other, seldom something else; drawn so that there mostly is something to know."""
    plan: list[Step] = [random_file(dice), random_file(dice)]
    for _ in range(dice.randint(1, 4)):
        others = (
            EditHome(dice.randint(0, 4)),
            Catalogue(dice.sample(("1.003003", "1.009999"), dice.randint(0, 2))),
            Undo(dice.randint(0, 2)),
            Decide(dice.random() < 0.5),
        )
        plan.append(random_file(dice) if dice.random() < 0.7 else dice.choice(others))
    return plan


def random_file(dice: Random) -> File:
    return File(
        [random_edit(dice) for _ in range(dice.randint(0, 4))],
        profile=dice.choices((FULL, CHANGES), (5, 1))[0],
        day=dice.choice((None, None, None, 12, 14, 16)),
        at=AT + dice.choices((0, HOUR, 5 * MICROSECONDS_PER_DAY), (8, 1, 1))[0],
        how=dice.choices(("", "accept", "dry_run"), (6, 1, 1))[0],
    )


def random_edit(dice: Random) -> Edit:
    what = dice.choices(("say", "drop", "move", "double", "insert"), (8, 4, 2, 2, 4))[0]
    place, dossier = dice.randint(0, DOSSIERS), dice.choice(POOL)
    if what == "insert":
        return Edit(what, place, dice.choice(list(LAYOUT)))
    state = "plain" if dice.random() < 0.4 else dice.choice([*STATES, CODELESS])
    return Edit(what, place, state, dossier)


Lines = dict[int | str, list[list[str]]]
"""What a file says, in its order: of a dossier, or the layout at some place."""


def edited(lines: Lines, edit: Edit) -> Lines:
    """The lines of a file after an edit."""
    if edit.what == "insert":
        of: int | str = f"layout {len(lines)} {edit.place}"
        row = LAYOUT[edit.how]
    else:
        of, row = edit.dossier, said(edit.dossier, edit.how or "plain")
    left = {key: rows for key, rows in lines.items() if key != of}
    mine = lines.get(of, [])
    if edit.what == "drop":
        return left
    if edit.what == "say" and mine:
        return {**lines, of: [row]}
    if edit.what == "double":
        return {**left, of: [*mine, row]}
    # What is moved, or comes anew.
    keys = list(left)
    keys.insert(edit.place, of)
    return {key: left.get(key, mine or [row]) for key in keys}


def run(twin: Twin, plan: list[Step], in_parts: bool) -> None:
    lines: Lines = {n: [said(n)] for n in range(DOSSIERS) if n != POOL[0]}
    for number, step in enumerate(plan):
        if isinstance(step, File):
            for edit in step.edits:
                lines = edited(lines, edit)
            day = "" if step.day is None else f"-2021-05-{step.day:02}"
            path = twin.folder / f"ho-so-{number}{day}.csv"
            path.write_bytes(text_of([row for rows in lines.values() for row in rows], f"BÁO CÁO lần {number}"))
            options = {step.how: True} if step.how else {}
            data = path if in_parts else path.read_bytes()
            twin.load(data, name=f"ho-so{day}.csv", profile=step.profile, at=step.at, **options)
            # A file in which a dossier stands twice is judged in full; the next one may be known again.
            lines = {of: rows[-1:] for of, rows in lines.items()}
        elif isinstance(step, EditHome):
            twin.edited(step.home)
        elif isinstance(step, Catalogue):
            twin.load(catalogue(step.procedures, number), name=f"danh-muc-{number}.csv", profile="danh-muc")
        elif isinstance(step, Undo):
            loaded = [row["id"] for row in twin.judging.loads() if row["state"] == "loaded"]
            if loaded:
                twin.undo(loaded[step.back % len(loaded)], at=AT + number)
        else:
            twin.decide(step.yes)


def catalogue(offered: list[str], number: int = 0) -> bytes:
    heads = ["Mã dịch vụ", "Mã TTHC", "Tên", "Đơn vị", "Mức độ"]
    rows = [[f"D{code}", code, f"Dịch vụ {number}", "Sở Tư pháp", "4"] for code in offered]
    return as_csv([heads, *rows])


_PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""A plan that fails is told as it was found: a smaller number makes no smaller plan."""


@contextmanager
def small_parts() -> Iterator[None]:
    """Files are read bit by bit, a few rows at a time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(formats, "LARGE", 1)
        patch.setattr(csv_file, "_BLOCK", 1000)
        patch.setattr(formats, "_END", 2)
        yield


@pytest.mark.parametrize(("in_parts", "examples"), [(False, 12), (True, 5)])
def test_whatever_comes_knowing_rows_changes_nothing(in_parts: bool, examples: int, homes: list[Home]) -> None:
    hits = 0

    @settings(max_examples=examples, deadline=None, phases=_PHASES, suppress_health_check=[HealthCheck.too_slow])
    @given(st.integers(0, 2**32))
    def alike(seed: int) -> None:
        nonlocal hits
        plan = plan_of(Random(f"{seed} {in_parts}"))
        note(str(plan))
        with twin_of(homes) as twin:
            if in_parts:
                with small_parts():
                    run(twin, plan, in_parts)
            else:
                run(twin, plan, in_parts)
            hits += sum(twin.hits)

    alike()
    assert hits > DOSSIERS * examples / 2


# One rule at a time ---------------------------------------------------------------------------------------------------


ALL = [said(n) for n in range(DOSSIERS)]
KNOWN = DOSSIERS - 1
"""Of so many rows that say again what they said: the first one of a file is always judged."""


def changed(lines: list[list[str]], **states: str) -> list[list[str]]:
    """``n3="open"``: what the third line says now."""
    return [said(n, states[f"n{n}"]) if f"n{n}" in states else line for n, line in enumerate(lines)]


def test_only_what_reads_otherwise_is_judged(twin: Twin) -> None:
    twin.load(text_of(ALL))
    second = twin.load(text_of([*changed(ALL, n3="open", n4="unknown unit")[:-1], said(50)]))
    assert twin.hits == [0, KNOWN - 3]
    counts = (second.read, second.new, second.changed, second.unchanged, second.refused)
    assert counts == (DOSSIERS, 1, 1, DOSSIERS - 3, 1)
    assert second.flags == {"odd_code": 2, "absent_from_full": 1}
    # What was refused is judged again, and what was new is known.
    third = twin.load(text_of([*changed(ALL, n3="open", n4="unknown unit")[:-1], said(50)], "lần 3"))
    assert (twin.hits[-1], third.refused, third.unchanged) == (KNOWN - 1, 1, KNOWN)


def test_rows_moved_about_and_cells_that_nobody_reads(twin: Twin) -> None:
    twin.load(text_of(ALL))
    report = twin.load(text_of([[*line[:9], "khác"] for line in ALL[::-1]]))
    assert (twin.hits[-1], report.unchanged, report.flags) == (KNOWN, DOSSIERS, {"odd_code": 2})
    assert twin.load(text_of(ALL[::-1], "lần 3")).unchanged == DOSSIERS
    assert twin.hits[-1] == KNOWN


@pytest.mark.parametrize(
    ("place", "more"),
    [(DOSSIERS, said(5)), (0, said(5)), (DOSSIERS, said(5, "open")), (DOSSIERS, ["  " + said(5)[0], *said(5)[1:]])],
)
def test_two_rows_of_one_dossier_are_judged_in_full(place: int, more: list[str], twin: Twin) -> None:
    twin.load(text_of(ALL))
    report = twin.load(text_of([*ALL[:place], more, *ALL[place:]]))
    assert (twin.retried, twin.hits[-1], report.flags["repeated_in_file"]) == (1, 0, 1)
    assert twin.load(text_of(ALL, "lần 3")).status == "loaded"
    assert twin.hits[-1] == KNOWN - 1, "the row was a repeated one, and is so no more"


def test_a_refused_row_beside_one_that_is_known(twin: Twin) -> None:
    twin.load(text_of(ALL))
    report = twin.load(text_of([*ALL, said(5, "bad date")]))
    assert (twin.retried, twin.hits[-1], report.refused) == (0, KNOWN, 1)
    assert "absent_from_full" not in twin.load(text_of(ALL, "lần 3")).flags
    assert twin.load(text_of([*ALL[:5], *ALL[6:]])).flags["absent_from_full"] == 1


def test_an_import_that_comes_in_between_has_everything_judged(twin: Twin) -> None:
    twin.load(text_of(ALL))
    report = twin.load(text_of(changed(ALL, n3="open")), meanwhile=text_of([said(3, "ended"), said(4, "ended")]))
    assert (twin.retried, twin.hits[-1]) == (1, 0)
    assert (report.changed, report.unchanged) == (2, DOSSIERS - 2)


def test_what_another_source_has_said_since_is_judged_again(twin: Twin) -> None:
    twin.load(text_of(ALL))
    twin.load(text_of([*(said(n, "open") for n in range(1, 8)), said(60)]), profile=CHANGES)
    report = twin.load(text_of(ALL, "lần 3"))
    assert (twin.hits[-1], report.changed) == (KNOWN - 7, 7)
    assert twin.kept() == {FULL: 3, CHANGES: 2}
    # By now they lead to the versions of that file, not to those that had been replaced in between.
    for number in range(2):
        assert twin.load(text_of(ALL, f"rồi {number}")).flags == {"odd_code": 2}
        assert twin.hits[-1] == KNOWN


def test_a_rehearsal_keeps_what_was_known(twin: Twin) -> None:
    twin.load(text_of(ALL))
    assert twin.load(text_of(changed(ALL, n3="open")), dry_run=True).changed == 1
    assert (twin.kept(), twin.hits) == ({FULL: 1}, [0, KNOWN - 1])
    twin.load(text_of(changed(ALL, n3="ended")))
    assert twin.hits[-1] == KNOWN - 1


@pytest.mark.parametrize("yes", [True, False])
def test_what_waits_holds_every_row(yes: bool, twin: Twin) -> None:
    twin.load(text_of(ALL), name="ho-so-2021-05-12.csv")
    twin.load(text_of(changed(ALL, n3="open")), name="ho-so-2021-05-14.csv")
    report = twin.load(text_of(changed(ALL, n3="ended")), name="ho-so-2021-05-13.csv")
    assert (report.status, report.read, twin.retried, twin.hits) == ("held", DOSSIERS, 1, [0, KNOWN - 1, 0])
    twin.decide(yes)
    assert twin.kept() == ({} if yes else {FULL: 2})
    twin.load(text_of(changed(ALL, n3="open"), "lần 4"))
    assert twin.hits[-1] == (0 if yes else KNOWN)


def test_a_row_that_a_later_export_contradicts_is_judged_again(twin: Twin) -> None:
    lines = changed(ALL, n3="ended")
    twin.load(text_of(changed(ALL, n3="open")), name="ho-so-2021-05-14.csv")
    for number in range(2):
        report = twin.load(text_of(lines, f"{number}"), name="ho-so-2021-05-13.csv", accept=True)
        assert report.flags["older_than_known"] == 1
    assert twin.hits[-1] == KNOWN - 1
    assert twin.load(text_of(lines, "sau"), name="ho-so-2021-05-15.csv").changed == 1


@pytest.mark.parametrize("back", [0, 1])
def test_nothing_is_known_after_an_undo(back: int, twin: Twin) -> None:
    twin.load(text_of(ALL[:6]))
    twin.load(text_of([said(n) for n in range(6, DOSSIERS)]))
    twin.undo(2 - back)
    twin.load(text_of(ALL))
    assert twin.hits == [0, 0, 0]
    assert twin.load(text_of(ALL, "lần 4")).unchanged == DOSSIERS
    assert twin.hits[-1] == KNOWN


def test_a_file_that_is_not_remembered_makes_the_one_before_forgotten(twin: Twin) -> None:
    for profile in (FULL, CHANGES):
        twin.load(text_of(ALL), profile=profile)
    twin.load(text_of(changed(ALL[:4], n2="open")), small=True)
    assert twin.kept() == {CHANGES: 2}
    assert twin.load(text_of(ALL, "lần 4")).changed == 1
    twin.load(text_of(ALL, "lần 5"), profile=CHANGES)
    # The other source's row has been replaced and put right since, by another version.
    assert twin.hits == [0, 0, 0, 0, KNOWN - 1]


def test_of_a_file_too_large_nothing_is_kept(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "MOST", KNOWN)
    twin.load(text_of(ALL[1:]))
    assert twin.kept() == {FULL: 1}
    twin.load(text_of([*ALL[1:], said(70)]))
    assert (twin.hits, twin.kept()) == ([0, KNOWN - 1], {})


EDITS = {
    "an alias": lambda twin, _patch: twin.edited(1),
    "the registry of units": lambda twin, _patch: twin.edited(2),
    "the profile's clock": lambda twin, _patch: twin.edited(3),
    "the profile's mode": lambda twin, _patch: twin.edited(4),
    "the catalogue": lambda twin, _patch: twin.load(catalogue(["1.009999"]), profile="danh-muc"),
    "the program": lambda _twin, patch: patch.setattr(knowing, "_judges", lambda: "another version"),
}
"""What rows are judged by, beside their cells."""


@pytest.mark.parametrize("what", EDITS)
def test_rows_are_judged_by_what_holds_now(what: str, twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = changed(ALL, n2="unit that goes", n3="unknown unit")
    first = twin.load(text_of(lines))
    EDITS[what](twin, monkeypatch)
    second = twin.load(text_of(lines, "lần 2"))
    third = twin.load(text_of(lines, "lần 3"))
    assert [twin.hits[at] for at in (0, -2, -1)] == [0, 0, len(lines) - third.refused - 1]
    assert first.refused == 1
    assert (second.refused, second.changed, second.flags.get("unknown_procedure", 0)) == {
        "an alias": (0, 0, 0),
        "the registry of units": (2, 0, 0),
        "the profile's clock": (1, DOSSIERS - 1, 0),
        "the catalogue": (1, 0, DOSSIERS - 1),
    }.get(what, (1, 0, 0))


def test_a_catalogue_that_offers_the_same_changes_nothing(twin: Twin) -> None:
    twin.load(catalogue(["1.009999"]), profile="danh-muc")
    twin.load(text_of(ALL))
    twin.load(catalogue(["1.009999"], 2), profile="danh-muc")
    assert twin.load(text_of(ALL, "lần 2")).flags["unknown_procedure"] == DOSSIERS
    assert twin.hits[-1] == KNOWN


def test_other_headings_and_columns_in_another_order(twin: Twin) -> None:
    twin.load(text_of(ALL))
    order = [0, 2, 1, *range(3, 10)]
    report = twin.load(as_csv([[line[at] for at in order] for line in (HEADINGS, *ALL)]))
    assert (twin.hits[-1], report.unchanged) == (0, DOSSIERS)


def test_dates_ahead_are_ahead_of_the_time_a_file_comes(twin: Twin) -> None:
    lines = changed(ALL, n3="ahead", n4="of no date")
    twin.load(text_of(lines))
    later = twin.load(text_of(lines, "lần 2"), at=AT + 5 * MICROSECONDS_PER_DAY)
    assert (twin.hits[-1], later.flags["far_date"]) == (KNOWN - 2, 1)
    earlier = twin.load(text_of(lines, "lần 3"))
    assert (twin.hits[-1], earlier.flags["far_date"]) == (0, 2)


def test_flags_of_known_rows_count(twin: Twin) -> None:
    lines = changed(ALL, n1="no due date", n2="ended before it began", n3="odd procedure", n4="no procedure")
    first = twin.load(text_of(lines))
    again = twin.load(text_of(lines, "lần 2"))
    assert twin.hits[-1] == KNOWN
    assert again.flags == first.flags
    assert first.flags == {"no_due_date": 1, "finish_before_accept": 1, "unknown_procedure": 2, "odd_code": 2}
    # A row that another one replaces bears no flag that counts, whether further ones are known or not.
    report = twin.load(text_of([*lines, said(50, "odd procedure"), said(50)], "lần 3"))
    assert (twin.hits[-1], report.flags["unknown_procedure"]) == (KNOWN, 2)


def test_the_latest_moment_of_known_rows(twin: Twin) -> None:
    twin.load(text_of(changed(ALL, n3="ended")))
    twin.load(text_of(changed(ALL, n3="ended", n4="open")))
    latest = [row["latest"] for row in twin.knowing.loads()]
    assert latest[0] == latest[1]


# Found by ``test_whatever_comes…``, or looked for where its plans seldom lead -------------------------------------------


def test_layout_below_known_rows(twin: Twin) -> None:
    end = [LAYOUT["total"], LAYOUT["signature"], LAYOUT["name below it"]]
    lines = [LAYOUT["group"], *ALL[:6], LAYOUT["headings"], LAYOUT["signature"], *ALL[6:], *end]
    first = twin.load(text_of(lines))
    again = twin.load(text_of(lines, "lần 2"))
    assert twin.hits[-1] == DOSSIERS
    assert first.skipped == again.skipped == {"groups": 1, "headings": 1, "totals": 1, "signatures": 2}
    assert first.refused == again.refused == 1, "no file is signed in its middle"
    cut = twin.load(text_of([*lines[:-4], LAYOUT["name below it"]], "lần 3"))
    assert cut.refused == 2


def test_a_row_of_numbers_is_one_of_headings_only_where_a_sheet_begins(twin: Twin) -> None:
    twin.load(text_of(ALL))
    below = twin.load(text_of([*ALL[:3], LAYOUT["column numbers"], *ALL[3:]]))
    assert (twin.hits[-1], below.refused, below.skipped) == (KNOWN, 1, {})
    on_top = twin.load(text_of([LAYOUT["column numbers"], *ALL]))
    assert (twin.hits[-1], on_top.refused, on_top.skipped) == (DOSSIERS, 0, {"column_numbers": 1})


def test_a_dossier_that_is_new_again_is_not_absent(twin: Twin) -> None:
    twin.load(text_of(ALL[:3]))
    assert twin.load(text_of(ALL[3:6])).flags["absent_from_full"] == 3
    twin.undo(1)
    assert "absent_from_full" not in twin.load(text_of(ALL)).flags
    assert "absent_from_full" not in twin.load(text_of(ALL, "lần 4")).flags
    assert twin.hits[-1] == KNOWN
    with twin.knowing.read() as connection:
        assert connection.scalars(sa.select(absent.c.to_import).distinct()).all() == [4]


def test_procedures_are_renamed_by_what_is_new(twin: Twin) -> None:
    def names() -> list[tuple[str, str]]:
        with twin.knowing.read() as connection:
            return [tuple(row) for row in connection.execute(sa.select(procedures.c.code, procedures.c.name))]

    twin.load(text_of(ALL))
    twin.load(text_of([said(60, "renamed procedure")]), profile=CHANGES)
    assert names() == [("1.003003", "Cấp thẻ (sửa đổi)")]
    twin.load(text_of(changed(ALL, n3="another procedure"), "lần 3"))
    assert names() == [("1.003003", "Cấp thẻ (sửa đổi)"), ("1.009999", "Thủ tục khác")]
    twin.load(text_of(changed(ALL, n3="another procedure", n4="open"), "lần 4"))
    assert dict(names())["1.003003"] == "Cấp thẻ"


def test_a_workbook_whose_dates_are_written_otherwise(twin: Twin) -> None:
    """Whether a text of digits is a date depends on the numbers in its column."""
    lines: list[list[Any]] = [list(line) for line in changed(ALL, n4="ended")]
    lines[4][4], lines[5][4] = 44_292, "44292"
    first = twin.load(as_xlsx([HEADINGS, *lines]), name="so.xlsx")
    lines[4][4] = "06/04/2021"
    second = twin.load(as_xlsx([HEADINGS, *lines]), name="so.xlsx")
    assert (first.refused, second.refused, twin.hits[-1]) == (0, 1, 0)
    lines[6][4] = ""
    assert twin.load(as_xlsx([HEADINGS, *lines]), name="so.xlsx").refused == 1
    assert twin.hits[-1] == KNOWN - 2


def test_known_rows_of_a_file_read_in_parts(twin: Twin) -> None:
    path = twin.folder / "ho-so.csv"
    with small_parts():
        path.write_bytes(text_of([*ALL, LAYOUT["total"]]))
        twin.load(path)
        path.write_bytes(text_of([*changed(ALL, n6="open", n8="bad date"), LAYOUT["total"], LAYOUT["signature"]]))
        report = twin.load(path)
    # Of every part the first row is judged.
    assert 0 < twin.hits[-1] < KNOWN - 2
    assert (report.changed, report.refused, report.skipped) == (1, 1, {"totals": 1, "signatures": 1})


def test_nothing_is_known_of_what_is_no_list_of_dossiers(twin: Twin) -> None:
    twin.load(catalogue(["1.003003"]), profile="danh-muc")
    twin.load(as_xlsx({"Tháng 4": [HEADINGS, *ALL[:6]], "Tháng 5": [HEADINGS, *ALL[6:]]}), name="so.xlsx")
    assert twin.kept() == {}


def test_what_is_kept_of_several_files_together(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every believed dossier of the last file with its flags, however many files have told what was new."""
    monkeypatch.setattr(known, "_FILES", 3)
    lines, files = ALL, []
    for number, state in enumerate(("open", "no due date", "ahead", "ended", "plain", "bad date", "plain")):
        lines = [*changed(lines, **{f"n{number % 3}": state, "n5": state}), said(50 + number)]
        twin.load(text_of(lines[number:], f"lần {number}"))
        with twin.knowing.read() as connection:
            stamps = connection.scalars(sa.select(known_rows.c.stamp)).all()
            believed = sa.select(dossiers.c.id).where(dossiers.c.to_import == STILL_BELIEVED)
            missing = sa.select(absent.c.code).where(absent.c.to_import == STILL_BELIEVED)
            wanted = set(connection.scalars(believed.where(dossiers.c.code.not_in(missing))))
        found = known.recall(twin.knowing, FULL, stamps[0], AT)
        assert found is not None
        assert set(found.ids.tolist()) == wanted
        files.append(len(stamps))
    assert max(files) == 3 and len(set(files)) > 1
    odd = (found.flags & FLAGS["odd_code"] != 0).sum()
    assert odd == len(ODD)
