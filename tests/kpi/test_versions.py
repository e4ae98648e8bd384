"""What was ever believed of a dossier, followed by hand through three files and an undo."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.access import ALL
from data.clock import parse_moment
from data.home import Home
from data.store import Store
from kpi import versions
from loaders.load import load_file
from tests.exports import Row, province, write_export
from tests.pages.conftest import write_catalogue

CODE = "H10-1"
FIRST: Row = (CODE, "Sở Y tế", "01/04/2021 08:00:00", "05/04/2021 17:00:00", None)
OTHER: Row = ("H10-2", *FIRST[1:])
DONE: Row = (*FIRST[:4], "02/04/2021 09:00:00")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(province(tmp_path / "home"))


def test_each_version_says_where_it_was_read_and_how_long_it_was_believed(home: Home, tmp_path: Path) -> None:
    store = Store.open(home)
    moments = [parse_moment(f"2021-04-0{n}T17:00", home.zone) for n in (1, 2, 3)]
    for name, rows, at in (("a.csv", [OTHER, FIRST], moments[0]), ("b.csv", [DONE], moments[1])):
        load_file(store, home, write_export(tmp_path / name, rows), who="t", at=at)
    store.undo(2, who="t", at=moments[2])
    found = versions.of_dossier(store, home, CODE, scope=ALL)
    assert [(one["file"], one["row"], one["since"], one["until"], one["finished_at"], one["begun_by"]) for one in found] == [
        ("a.csv", 3, moments[0], moments[1], None, "dossiers"),
        ("b.csv", 2, moments[1], moments[2], "2021-04-02T09:00:00+07:00", "dossiers"),
        ("a.csv", 3, moments[2], None, None, "undo"),
    ]  # fmt: skip
    assert {one["unit"] for one in found} == {"syt"} and found[0]["flags"] == ["odd_code"]
    assert versions.of_dossier(store, home, "' OR 1=1", scope=ALL) == []


def test_the_states_of_a_service_follow_each_other(home: Home, tmp_path: Path) -> None:
    store = Store.open(home)
    load_file(
        store, home, write_catalogue(tmp_path / "danh-muc.csv"), who="t", at=parse_moment("2021-04-20T17:00", home.zone)
    )
    found = versions.of_service(store, "DV-6")
    assert (found[-1]["state"], found[-1]["reason"], found[-1]["file"], found[-1]["row"]) == ("rejected", "Thiếu mã phí", "danh-muc.csv", 8)  # fmt: skip
    assert found[-1]["to_day"] is None
    assert versions.of_service(store, "x") == []
