"""Milestones: sent in time, late, not recorded, not yet due; one line per unit it holds for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from data.clock import parse_moment
from data.errors import CallFault
from data.home import Campaign, Home
from data.settings import ROOT
from data.store import Store
from kpi.milestones import WHOLE, State, mark, standings

AT = 1_654_700_000_000_000
"""8/6/2022."""
PLANS, CLOSING = "ke-hoach-don-vi", "tong-ket"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Two units that have to send a plan, one that need not."""
    (tmp_path / "campaigns").mkdir()
    (tmp_path / "units.csv").write_text(
        "code,name,kind,level,parent\ntinh,Tỉnh,,province,\nso-a,Sở A,so,department,tinh\nhuyen-b,Huyện B,huyen,district,tinh\nxa-1,Xã 1,xa,commune,huyen-b\n",
        encoding="utf-8",
    )
    (tmp_path / "campaigns" / "c.toml").write_text(
        'key = "c"\nstart = 2022-06-01\nend = 2022-08-31\n'
        f'[[milestone]]\nkey = "{PLANS}"\nname = {{ vi = "Gửi kế hoạch", en = "Plan sent" }}\ndue = 2022-06-07\nper_unit = true\nlevel = ["department", "district"]\n'
        f'[[milestone]]\nkey = "{CLOSING}"\nname = "Lễ tổng kết"\ndue = 2022-09-01\n',
        encoding="utf-8",
    )
    return Home(tmp_path)


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    opened = Store.open(home)
    yield opened
    opened.engine.dispose()


def states(store: Store, home: Home, as_of: str) -> dict[tuple[str, str], State]:
    found = standings(store, home, home.campaign("c"), parse_moment(as_of, home.zone))
    return {(one.milestone.key, one.unit): one.state for one in found}


def test_each_unit_stands_for_itself(home: Home, store: Store) -> None:
    campaign = home.campaign("c")
    for unit, on in (("so-a", date(2022, 6, 7)), ("huyen-b", date(2022, 6, 8))):
        mark(store, home, campaign, PLANS, unit, on, who="t", at=AT)
    assert states(store, home, "2022-06-06") == {
        (PLANS, "so-a"): State.NOT_DUE, (PLANS, "huyen-b"): State.NOT_DUE, (CLOSING, WHOLE): State.NOT_DUE,
    }  # fmt: skip
    assert states(store, home, "2022-06-07T17:00")[PLANS, "so-a"] is State.DONE
    assert states(store, home, "2022-06-07T17:00")[PLANS, "huyen-b"] is State.NOT_DUE
    assert (
        states(store, home, "2022-06-07")[PLANS, "huyen-b"] is State.MISSING
    )  # the day is over, the mark is of the 8th
    assert states(store, home, "2022-06-08")[PLANS, "huyen-b"] is State.LATE
    assert states(store, home, "2022-09-01")[CLOSING, WHOLE] is State.MISSING


def test_a_record_is_replaced_and_taken_back(home: Home, store: Store) -> None:
    campaign = home.campaign("c")
    mark(store, home, campaign, PLANS, "so-a", date(2022, 6, 8), who="t", at=AT)
    mark(store, home, campaign, PLANS, "so-a", date(2022, 6, 3), who="t", at=AT, note=" Công văn 12 ")
    (found,) = [one for one in standings(store, home, campaign, AT) if one.unit == "so-a"]
    assert (found.state, found.on, found.note, found.name) == (State.DONE, date(2022, 6, 3), "Công văn 12", "Sở A")
    mark(store, home, campaign, PLANS, "so-a", None, who="t", at=AT)
    assert states(store, home, "2022-06-08")[PLANS, "so-a"] is State.MISSING
    only = standings(store, home, campaign, AT, {"huyen-b"})
    assert [one.unit for one in only] == ["huyen-b", WHOLE]


@pytest.mark.parametrize(
    ("key", "unit", "on", "words"),
    [
        ("khac", "so-a", date(2022, 6, 3), "không có mốc"),
        (PLANS, "xa-1", date(2022, 6, 3), "không giao"),
        (PLANS, WHOLE, date(2022, 6, 3), "không giao"),
        (CLOSING, "so-a", date(2022, 6, 3), "không giao"),
        (PLANS, "so-a", date(2022, 6, 10), "chưa đến"),
    ],
)
def test_what_cannot_be_recorded_is_refused(
    home: Home, store: Store, key: str, unit: str, on: date, words: str
) -> None:
    with pytest.raises(CallFault, match=words):
        mark(store, home, home.campaign("c"), key, unit, on, who="t", at=AT)


@pytest.mark.parametrize(
    "wrong",
    [
        [{"key": "a", "name": "A", "due": "2022-06-07", "per_unit": True}],
        [{"key": "a", "name": "A", "due": "2022-06-07", "level": ["district"]}],
        [{"key": "a", "name": "A", "due": "2022-06-07", "on": "2022-06-07"}],
        [{"key": "A b", "name": "A", "due": "2022-06-07"}],
        [{"key": "a", "name": "A", "due": "2022-06-07"}] * 2,
    ],
)
def test_a_misspelt_milestone_is_refused(wrong: list[dict[str, object]]) -> None:
    with pytest.raises(ValidationError, match="milestone"):
        Campaign.model_validate({"key": "c", "start": "2022-06-01", "end": "2022-08-31", "milestone": wrong})


def test_the_shipped_milestones_hold_for_every_department_and_district() -> None:
    home = Home(ROOT / "data" / "homes" / "binhphuoc")
    plans, closing = home.campaign("92-ngay").milestone
    assert (plans.due, plans.per_unit, closing.due, closing.per_unit) == (date(2022, 6, 7), True, date(2022, 9, 1), False)  # fmt: skip
    from data.units import Tree
    from kpi.milestones import units_of

    tree = Tree(home, date(2022, 6, 7))
    assert Counter(tree[unit].level for unit in units_of(plans, tree)) == {"department": 21, "district": 11}
    assert home.campaign("50-ngay").milestone == ()
