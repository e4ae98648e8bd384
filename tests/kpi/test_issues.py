"""Issued reports do not move, and what moved since is named down to the dossiers."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa

from data.access import ALL
from data.clock import parse_moment
from data.errors import CallFault, CannotUndo
from data.home import Home
from data.schema import issue_rows
from data.store import Store
from kpi import corrections, definitions, issues
from kpi.changes import preview
from kpi.engine import figures
from kpi.query import Query
from loaders.load import load_file
from tests.exports import Row, many, province, write_export

AT = 1_619_000_000_000_000
DAY = 86_400_000_000
STEPS = 1000 if os.environ.get("SOAK") else 12
"""Loads, corrections and undos after the issue; `make soak` makes a thousand."""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(province(tmp_path / "home"))


@pytest.fixture
def store(home: Home) -> Store:
    return Store.open(home)


def give(store: Store, home: Home, rows: list[Row], number: int) -> int:
    path = write_export(home.root / f"export{number}.csv", rows)
    report = load_file(store, home, path, who="t", at=AT + number * DAY)
    assert report.status == "loaded", report
    assert report.import_id is not None
    return report.import_id


def corrected(rows: list[Row], dice: Random, share: float = 0.1) -> list[Row]:
    """Some dossiers finished earlier, later, or not at all."""
    found = []
    for code, unit, accepted, due, finished in rows:
        if dice.random() < share:
            finished = dice.choice((None, due, accepted))
        found.append((code, unit, accepted, due, finished))
    return found


def test_an_issued_report_reads_the_same_after_many_loads_corrections_and_undos(home: Home, store: Store) -> None:
    dice = Random(7)
    rows = many(3, 120)
    give(store, home, rows[:80], 1)
    campaign = home.campaign("50-ngay")
    made = issues.issue(
        store, home, campaign, as_of=parse_moment("2021-04-10T17:00", home.zone), who="t", at=AT + 2 * DAY
    )
    before = issues.rows_of(store, made)
    assert [issues.content(row) for row in before] == [
        issues.content(row) for row in issues.frozen(store, home, campaign, made.as_of, store.last_import())
    ]
    for number in range(3, 3 + STEPS):
        if dice.random() < 0.3:
            newest = next(row for row in store.loads() if row["state"] == "loaded")
            try:
                store.undo(newest["id"], who="t", at=AT + number * DAY)
            except CannotUndo:
                pytest.fail("the newest import can always be taken back")
        else:
            chosen = dice.sample(rows, 30)
            give(store, home, corrected(chosen, dice, 0.5), number)
        assert issues.rows_of(store, made) == before
    told = issues.compare(store, home, made)
    assert all(one.reported is not None and one.then is not None for one in told)
    assert [issues.content(one.reported) for one in told if one.reported] == [
        issues.content(one.then) for one in told if one.then
    ]
    assert any(one.differs for one in told)
    assert issues.faults(store) == []


def test_a_difference_goes_down_to_the_dossiers_that_caused_it(home: Home, store: Store) -> None:
    moved: Row = ("H10-99999", "Sở Y tế", "22/03/2021 08:00:00", "29/03/2021 17:00:00", None)
    give(store, home, [*many(5, 60), moved], 1)
    campaign, as_of = home.campaign("50-ngay"), parse_moment("2021-04-12", home.zone)
    made = issues.issue(store, home, campaign, as_of=as_of, who="t", at=AT + 2 * DAY)
    give(store, home, [(*moved[:4], "11/04/2021 09:00:00")], 3)
    found = issues.causes(store, home, made, "overdue_open", scope=ALL)
    assert [one.code for one in found] == [moved[0]]
    assert found[0].then is not None and found[0].now is None
    assert found[0].then["file"] == "export1.csv"
    told = [one for one in issues.compare(store, home, made, ["overdue_open"]) if one.any.unit == "binh-phuoc"]
    assert told[0].then and told[0].now and told[0].then.value == (told[0].now.value or 0) + 1


def test_the_same_moment_is_issued_again_only_with_a_reason(home: Home, store: Store) -> None:
    give(store, home, many(5, 30), 1)
    campaign, as_of = home.campaign("50-ngay"), parse_moment("2021-04-12", home.zone)
    first = issues.issue(store, home, campaign, as_of=as_of, who="t", at=AT, number="12/BC")
    with pytest.raises(CallFault, match="nêu lý do"):
        issues.issue(store, home, campaign, as_of=as_of, who="t", at=AT + 1)
    again = issues.issue(store, home, campaign, as_of=as_of, who="t", at=AT + 1, reason="Sở Y tế gửi bổ sung")
    assert (again.replaces, again.reason, first.replaces, first.number) == (
        first.id,
        "Sở Y tế gửi bổ sung",
        None,
        "12/BC",
    )
    assert [one.id for one in issues.listed(store, "50-ngay")] == [again.id, first.id]


def test_a_row_changed_behind_our_back_is_found(home: Home, store: Store) -> None:
    give(store, home, many(5, 30), 1)
    made = issues.issue(store, home, home.campaign("50-ngay"), who="t", at=AT)
    with store.write(None) as session:
        session.run(sa.update(issue_rows).where(issue_rows.c.place == 0).values(numerator=1e6))
    assert issues.faults(store) == [f"Bản chốt số liệu {made.id} (50-ngay) đã bị sửa sau khi chốt."]


def test_a_changed_rule_is_a_new_version_and_leaves_the_issued_report_alone(home: Home, store: Store) -> None:
    give(store, home, many(5, 60), 1)
    campaign = home.campaign("50-ngay")
    made = issues.issue(store, home, campaign, who="t", at=AT)
    before = issues.rows_of(store, made)
    path = home.root / "campaigns" / "50-ngay.toml"
    path.write_text(
        path.read_text(encoding="utf-8").replace('period = "accept"', 'period = "finish"'), encoding="utf-8"
    )
    changed = Home(home.root)
    told = definitions.note(store, changed, who="t", at=AT + 1)
    assert told == ['50-ngay: rules.period: "accept" → "finish"']
    assert definitions.note(store, changed, who="t", at=AT + 2) == []
    assert [one.kind for one in corrections.log(store)][:1] == ["definition"]
    store.rebuild()
    assert issues.rows_of(store, made) == before
    assert issues.definitions_of(store, made)[1]["rules"]["period"] == "accept"


def test_a_preview_names_the_figures_that_an_undo_would_move_and_moves_none(home: Home, store: Store) -> None:
    rows = many(5, 60)
    give(store, home, rows, 1)
    query = Query(home.campaign("50-ngay"), kpis=("online_submit", "overdue_open"), by="district")
    earlier = figures(store, home, query)
    second = give(store, home, many(6, 70)[60:], 2)
    now = figures(store, home, query)
    found = preview(store, home, lambda tried: tried.undo(second, who="t", at=AT + 3 * DAY))
    moved = {(one.kpi, one.unit) for one in found if one.campaign == "50-ngay"}
    assert figures(store, home, query) == now
    assert ("online_submit", "binh-phuoc") in moved
    expected = {
        (a.kpi, a.unit)
        for a, b in zip(earlier, now, strict=True)
        if (a.numerator, a.denominator) != (b.numerator, b.denominator)
    }
    assert expected and expected <= moved
    store.undo(second, who="t", at=AT + 3 * DAY)
    assert figures(store, home, query) == earlier
