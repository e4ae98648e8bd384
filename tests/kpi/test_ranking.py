"""Leagues against brute force: dense ranks, distances counted one dossier at a time, intervals by their definition."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from data.errors import DataFault
from data.home import Campaign
from data.units import Tree
from kpi.catalog import figure
from kpi.model import Row, Status
from kpi.ranking import Z95, by_kind, composite, league, step, weights_of, wilson
from tests.kpi.test_steering import campaign

SHARES = ("online_submit", "overdue_share", "npsp_integration")


def row(
    code: str,
    numerator: float | None,
    denominator: float | None,
    kpi: str = "online_submit",
    target: float | None = None,
) -> Row:
    value = numerator if not figure(kpi).divides else None
    if figure(kpi).divides and numerator is not None and denominator:
        value = numerator / denominator
    return Row(
        kpi, code, code, "district", "campaign", numerator, denominator, value, target, None, Status.NO_TARGET, 0, None
    )


counts = st.integers(0, 60).flatmap(lambda size: st.tuples(st.integers(0, size), st.just(size)))


@given(st.sampled_from(SHARES), st.lists(counts, min_size=1, max_size=8))
def test_ranks_are_dense_exact_and_shared_by_equal_quotients(kpi: str, pairs: list[tuple[int, int]]) -> None:
    found = league([row(f"u{n}", up, down, kpi) for n, (up, down) in enumerate(pairs)])
    shares = {f"u{n}": Fraction(up, down) for n, (up, down) in enumerate(pairs) if down}
    better = sorted(set(shares.values()), reverse=figure(kpi).direction > 0)
    for entry in found:
        share = shares.get(entry.row.unit)
        assert entry.rank == (None if share is None else better.index(share) + 1)
        assert entry.tied == (share is not None and list(shares.values()).count(share) > 1)
        assert (entry.ahead is None) == (entry.rank in (None, 1))


@given(st.sampled_from(SHARES), counts.filter(lambda c: c[1] > 0), counts.filter(lambda c: c[1] > 0))
def test_the_distance_is_the_smallest_number_that_ties_or_passes(
    kpi: str, mine: tuple[int, int], theirs: tuple[int, int]
) -> None:
    direction, (up, down) = figure(kpi).direction, mine
    goal = Fraction(*theirs)
    if direction * (goal - Fraction(up, down)) <= 0:
        return

    def first(enough: list[bool]) -> int | None:
        return enough.index(True) if True in enough else None

    steps = range(down - up + 1 if direction > 0 else up + 1)
    reached = [direction * (Fraction(up + direction * n, down) - goal) for n in steps]
    found = step(row("a", up, down, kpi), row("b", *theirs, kpi))
    assert found.to_tie == first([gain >= 0 for gain in reached])
    assert found.to_pass == first([gain > 0 for gain in reached])
    assert found.points == pytest.approx(float(direction * (goal - Fraction(up, down))))


def test_counts_have_distances_of_their_own() -> None:
    found = league(
        [row("a", 5, None, "overdue_open"), row("b", 2, None, "overdue_open"), row("c", 0, None, "overdue_open")]
    )
    assert [(e.row.unit, e.ahead and (e.ahead.points, e.ahead.to_tie, e.ahead.to_pass)) for e in found] == [
        ("c", None), ("b", (2, 2, None)), ("a", (3, 3, 4)),
    ]  # fmt: skip


def test_the_change_of_rank_is_counted_among_those_there_were() -> None:
    then = [row("a", 1, 10), row("b", 5, 10), row("c", 7, 10), row("d", None, None)]
    now = [row("a", 9, 10), row("b", 5, 10), row("c", 8, 10), row("d", 9, 10)]
    assert {e.row.unit: (e.rank, e.change) for e in league(now, then)} == {
        "a": (1, 2), "b": (3, -1), "c": (2, -1), "d": (1, None),
    }  # fmt: skip


@given(counts.filter(lambda c: c[1] > 0))
def test_the_interval_holds_the_shares_that_would_not_be_surprised(pair: tuple[int, int]) -> None:
    """Wilson: those p for which the observed share lies within 1.96 standard errors of p."""
    up, down = pair
    share, (low, high) = up / down, wilson(up, down)

    def surprise(p: float) -> float:
        return abs(share - p) - Z95 * math.sqrt(p * (1 - p) / down)

    assert 0 <= low <= share + 1e-12
    assert share - 1e-12 <= high <= 1
    for bound, outwards in ((low, -1e-6), (high, 1e-6)):
        if 1e-5 < bound < 1 - 1e-5:
            assert surprise(bound) == pytest.approx(0, abs=1e-9)
            assert surprise(bound + outwards) > 0 > surprise(bound - outwards)


def test_services_are_counted_in_full_and_have_no_interval() -> None:
    with_interval = league([row("a", 5, 9)])[0].interval
    assert with_interval == wilson(5, 9)
    assert league([row("a", 5, 9, "npsp_integration")])[0].interval is None
    assert league([row("a", 5, None, "overdue_open")])[0].interval is None


def test_unlike_units_stand_in_leagues_of_their_own() -> None:
    class Kinds(dict[str, object]):
        def __missing__(self, code: str) -> object:
            return type("Unit", (), {"kind": "so" if code.startswith("s") else "ban"})()

    tree: Tree = Kinds()  # type: ignore[assignment]
    now = [row("s1", 1, 10), row("s2", 9, 10), row("b1", 5, 10)]
    then = [row("s1", 9, 10), row("s2", 1, 10), row("b1", 8, 10)]
    found = by_kind(now, tree, then)
    assert {key: [(e.row.unit, e.rank, e.change) for e in entries] for key, entries in found.items()} == {
        ("district", "ban"): [("b1", 1, 0)],
        ("district", "so"): [("s2", 1, 1), ("s1", 2, -1)],
    }


def test_a_composite_shows_its_weights_its_weakest_part_and_what_it_lacks() -> None:
    rows = [
        row("a", 40, 100, target=0.5), row("a", 10, 100, "overdue_share", target=0.0),
        row("b", 60, 100, target=0.5), row("b", None, None, "overdue_share", target=0.0),
        row("c", None, 0, target=0.5), row("c", None, None, "overdue_share", target=0.0),
    ]  # fmt: skip
    found = composite({"online_submit": 3, "overdue_share": 1}, rows)
    assert [(one.unit, one.rank, one.weakest, one.missing) for one in found] == [
        ("b", 1, "online_submit", ("overdue_share",)),
        ("a", 2, "online_submit", ()),
        ("c", None, None, ("online_submit", "overdue_share")),
    ]
    # 40 of 50 points reached with three quarters of the weight, 90 of 100 with the last quarter; more than all counts as all.
    assert found[1].score == pytest.approx(0.75 * 0.8 + 0.25 * 0.9)
    assert found[0].score == 1.0
    assert [part.score for part in found[1].parts] == pytest.approx([0.8, 0.9])


def test_weights_are_for_shares_only() -> None:
    for weight in (0, -1, "nhiều"):
        with pytest.raises(ValidationError):
            Campaign.model_validate({**campaign().model_dump(), "composite": {"online_submit": weight}})
    fine: Campaign = campaign().model_copy(update={"composite": {"online_submit": 1.0}})
    assert weights_of(fine) == {"online_submit": 1.0}
    assert weights_of(campaign()) == {}
    with pytest.raises(DataFault, match="overdue_open"):
        weights_of(campaign().model_copy(update={"composite": {"overdue_open": 1.0}}))
