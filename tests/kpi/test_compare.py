"""Comparisons: the split of a change is exact and favours neither side; what differs in meaning is not compared."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.clock import parse_moment
from data.errors import CallFault
from data.home import Home, Rules, Target
from data.locale import use_language
from data.locale.formats import NBSP
from data.store import Store
from data.units import Unit
from kpi.catalog import figure
from kpi.compare import Beside, Cause, Change, beside, cause, compare, differences, sentence, split
from kpi.engine import figures
from kpi.query import Query
from kpi.ranking import standings
from loaders.load import load_file
from tests.exports import many, province, write_export
from tests.kpi.test_steering import campaign

sizes = st.integers(1, 10**6)


@given(st.integers(0, 10**6), sizes, st.integers(0, 10**6), sizes)
def test_the_two_effects_add_up_and_are_the_mean_of_both_orders(
    up: int, down: int, up_then: int, down_then: int
) -> None:
    found = split(up, down, up_then, down_then)
    # First the numerator changes and then the denominator, or the other way round.
    first = Fraction(up, down_then) - Fraction(up_then, down_then)
    last = Fraction(up, down) - Fraction(up_then, down)
    total = Fraction(up, down) - Fraction(up_then, down_then)
    assert found.of_numerator is not None
    assert found.of_denominator is not None
    assert found.total == pytest.approx(float(total), rel=1e-9, abs=1e-9)
    assert found.of_numerator == pytest.approx(float((first + last) / 2), rel=1e-9)
    assert found.of_denominator == pytest.approx(float(total - (first + last) / 2), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    ("kpi", "found", "expected"),
    [
        ("online_submit", Change(-0.1, 0.2, -0.3), Cause.VOLUME),
        ("online_submit", Change(-0.1, -0.2, 0.1), Cause.SPEED),
        ("online_submit", Change(-0.3, -0.2, -0.1), Cause.SPEED),
        ("online_submit", Change(0.1, 0.2, -0.1), Cause.NONE),
        ("online_submit", Change(0.0, 0.1, -0.1), Cause.NONE),
        ("overdue_open", Change(20, -30, 50), Cause.VOLUME),
        ("overdue_open", Change(-20, -30, 10), Cause.NONE),
        ("became_overdue", Change(20, None, None), Cause.NONE),
        ("online_submit", None, Cause.NONE),
    ],
)
def test_the_cause_is_what_pulled_hardest_the_wrong_way(kpi: str, found: Change | None, expected: Cause) -> None:
    assert cause(figure(kpi), found) is expected


# What does not mean the same ------------------------------------------------------------------------------------------


def unit(code: str) -> Unit:
    return Unit(code, code, "so", "department", "tinh", "", True)


def reasons(kpi: str, day: int = 3, **others: object) -> list[str]:
    home = type("Home", (), {"file": type("File", (), {"e_certification": ()})()})()
    other = campaign().model_copy(update={"key": "khac", **others})
    return differences(home, figure(kpi), campaign(), other, day, unit("syt"))  # type: ignore[arg-type]


def test_equal_rules_are_comparable_and_rules_count_only_where_they_matter() -> None:
    assert reasons("on_time_resolved") == []
    by_instant = Rules(late_by="instant")
    assert reasons("on_time_resolved", rules=by_instant) == ["quy tắc late_by khác nhau: day và instant"]
    assert reasons("online_submit", rules=by_instant) == []
    assert len(reasons("overdue_share", rules=Rules(late_by="instant", end="returned", paused="running"))) == 3


def test_scopes_schemes_and_lengths_are_compared_too() -> None:
    own = Target(kpi="digitised", value=1, due=date(2021, 5, 19), level=("department",), scope="own")
    assert reasons("digitised", target=(own,)) == [
        "phạm vi khác nhau: một bên tính cả đơn vị cấp dưới, một bên chỉ tính chính đơn vị"
    ]
    assert reasons("national_rank", rank_scheme="khac") == ["hai cách xếp hạng khác nhau:  và khac"]
    assert reasons("on_time_resolved", day=50) == []
    assert reasons("on_time_resolved", day=51) == ["c chỉ có 50 ngày, không có ngày thứ 51"]


# On real rows -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    store: Store
    home: Home

    def at(self, text: str) -> int:
        return parse_moment(text, self.home.zone)

    def value(self, kpi: str, at: str, **more: str) -> float | None:
        query = Query(self.home.campaign("50-ngay"), (kpi,), self.at(at), **more)  # type: ignore[arg-type]
        return figures(self.store, self.home, query)[0].value


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    root = province(tmp_path_factory.mktemp("so-sanh") / "home")
    home = Home(root)
    store = Store.open(home)
    load_file(
        store,
        home,
        write_export(root.parent / "xuat.csv", many()),
        who="t",
        at=parse_moment("2021-04-20T18:00", home.zone),
    )
    return World(store, home)


def query_of(world: World, kpi: str, at: str = "2021-04-20T17:00", **more: str) -> Query:
    return Query(world.home.campaign("50-ngay"), (kpi,), world.at(at), **more)  # type: ignore[arg-type]


def test_the_last_session_is_the_last_working_day_at_the_reporting_hour(world: World) -> None:
    def moment(at: str) -> int:
        return beside(world.store, world.home, query_of(world, "overdue_open", at), "last-session", world.at).as_of

    assert moment("2021-04-20T17:00") == world.at("2021-04-19T17:00")
    assert moment("2021-04-19T09:00") == world.at("2021-04-16T17:00")  # over a weekend


def test_a_growing_backlog_is_what_came_in_less_what_was_cleared(world: World) -> None:
    query = query_of(world, "overdue_open")
    then = Beside(world.home.campaign("50-ngay"), world.at("2021-04-08T17:00"))
    (found,) = compare(world.store, world.home, query, then)
    assert found.change is not None
    came = (world.value("became_overdue", "2021-04-20T17:00", window="all") or 0) - (
        world.value("became_overdue", "2021-04-08T17:00", window="all") or 0
    )
    now, before = world.value("overdue_open", "2021-04-20T17:00"), world.value("overdue_open", "2021-04-08T17:00")
    assert now is not None
    assert before is not None
    assert came > 0
    assert found.change == Change(now - before, now - before - came, came)


def test_of_sums_that_only_grow_the_period_itself_is_judged(world: World) -> None:
    query = query_of(world, "online_submit")
    (found,) = compare(
        world.store, world.home, query, Beside(world.home.campaign("50-ngay"), world.at("2021-04-16T17:00"))
    )
    assert found.period is not None
    sums = []
    for at in ("2021-04-20T17:00", "2021-04-16T17:00", "2021-04-14T17:00"):  # two working days each
        (row,) = figures(world.store, world.home, query_of(world, "online_submit", at))
        sums.append((row.numerator or 0, row.denominator or 0))
    (a, b), (c, d), (e, f) = sums
    assert found.period.value == (a - c) / (b - d)
    assert found.period.value_then == (c - e) / (d - f)
    assert "riêng kỳ này" in sentence(found)


def test_the_same_day_of_the_other_campaign_keeps_number_and_hour(world: World) -> None:
    query = query_of(world, "overdue_open")
    chosen = beside(world.store, world.home, query, "92-ngay", world.at)
    assert (chosen.campaign.key, chosen.as_of) == ("92-ngay", world.at("2022-06-21T17:00"))  # day 21 of each
    (found,) = compare(world.store, world.home, query, chosen)
    assert found.then is not None
    assert found.cause is Cause.NONE
    (refused,) = compare(world.store, world.home, query_of(world, "national_rank"), beside(world.store, world.home, query_of(world, "national_rank"), "92-ngay", world.at))[:1]  # fmt: skip
    assert refused.then is None
    assert sentence(refused).startswith("Không so sánh được: hai cách xếp hạng khác nhau")


def test_every_comparison_is_worded_in_both_languages(world: World) -> None:
    words = set()
    for kpi in ("online_submit", "overdue_open", "avg_days", "became_overdue", "npsp_integration", "on_time_resolved"):
        query = query_of(world, kpi, by="district")
        for found in compare(
            world.store, world.home, query, beside(world.store, world.home, query, "last-session", world.at)
        ):
            for language in ("vi", "en"):
                use_language(language)
                text = sentence(found).replace(NBSP, " ")
                assert text.endswith(".")
                assert "None" not in text
                words.add((language, text.split()[0]))
    use_language("vi")
    assert {("vi", "Tăng"), ("en", "Up"), ("vi", "Không"), ("en", "Unchanged.")} <= words


def test_a_composite_stands_beside_the_official_order(world: World) -> None:
    weighed = world.home.campaign("50-ngay").model_copy(
        update={"composite": {"online_submit": 1.0, "overdue_share": 2.0}}
    )
    at = world.at("2021-04-20T17:00")
    plain, scored = (
        standings(world.store, world.home, Query(campaign, ("overdue_open",), at, by="district"))
        for campaign in (world.home.campaign("50-ngay"), weighed)
    )
    assert [(row["rank"], row["unit"]) for row in scored] == [(row["rank"], row["unit"]) for row in plain]
    assert "composite" not in plain[0]
    rows = {
        (row.unit, row.kpi): row
        for row in figures(world.store, world.home, Query(weighed, tuple(weighed.composite), at, by="district"))
    }
    for row in scored:
        online, late = (rows[row["unit"], kpi].value for kpi in weighed.composite)
        if online is None or late is None:
            assert row["missing"]
            continue
        # No targets for these two: the share itself, and what is not overdue.
        assert row["composite"] == pytest.approx((online + 2 * (1 - late)) / 3)
        assert row["weakest"] == ("online_submit" if online < 1 - late else "overdue_share")


# The commands ---------------------------------------------------------------------------------------------------------


def test_the_commands_say_what_the_functions_say(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    import cli

    base = ["--home", str(world.home.root), "--campaign", "50-ngay", "--as-of", "2021-04-20T17:00"]

    def run(*arguments: str) -> list[dict[str, object]]:
        cli.app([*arguments, *base, "--json"], standalone_mode=False)
        found: list[dict[str, object]] = json.loads(capsys.readouterr().out)
        return found

    (row,) = figures(world.store, world.home, query_of(world, "on_time_resolved"))
    (told,) = run("forecast", "--kpi", "on_time_resolved")
    assert (told["value"], told["due"], told["ceiling"]) == (row.value, "2021-05-19", row.pace and row.pace.ceiling)
    assert {"middle", "low", "high", "arrival", "earliest", "latest", "impossible_since", "sentence"} <= told.keys()
    assert [one["kpi"] for one in run("forecast")][:2] == ["on_time_resolved", "overdue_open"]
    ranked = run("rank", "--kpi", "overdue_open", "--by", "district", "--since", "2021-04-10")
    assert ranked[0]["rank"] == 1
    assert {one["unit"] for one in ranked} == set(world.store.tree(date(2021, 4, 20)).of_level("district"))
    compared = run("compare", "--kpi", "overdue_open", "--with", "2021-04-08T17:00")
    (found,) = compare(
        world.store, world.home, query_of(world, "overdue_open"),
        Beside(world.home.campaign("50-ngay"), world.at("2021-04-08T17:00")),
    )  # fmt: skip
    assert compared[0]["change"] == (found.change and found.change.total)
    for wrong in (["rank", "--kpi", "national_rank", "--by", "district"], ["compare", "--kpi", "national_rank", "--with", "92-ngay"], ["forecast", "--kpi", "reports_online"]):  # fmt: skip
        with pytest.raises(CallFault):
            cli.app([*wrong, *base], standalone_mode=False)
