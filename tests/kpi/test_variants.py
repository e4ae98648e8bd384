"""Denominators side by side, points by Decision 766, and definitions: against plain recounts and recorded words."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.clock import day_number
from data.errors import CallFault
from kpi.catalog import FIGURES
from kpi.engine import figures
from kpi.meaning import as_markdown, as_objects, definition
from kpi.query import Query
from kpi.scores import GROUPS, NOT_COMPUTED, TOTAL, reached, scores
from kpi.variants import PERIOD_FIGURES, Variant, variants
from tests.conftest import ROOT
from tests.independent.homes import CAMPAIGN, micros
from tests.independent.reference import World, exists, figure, group_units, known
from tests.independent.strategies import E_CERTIFICATION, worlds
from tests.kpi.test_worklist import SETTINGS, catalogue, empty_database, loaded, write_services

__all__ = ["empty_database"]

PARENTS = {"so-a": "tinh", "huyen-a": "tinh", "huyen-b": "tinh", "xa-1": "huyen-a", "xa-2": "huyen-b"}


def told(found: list[Variant]) -> dict[str, tuple[Any, Any]]:
    return {one.key: (one.numerator, one.denominator) for one in found}


def share(rows: list[Any], good: Any) -> tuple[int, int]:
    return sum(1 for row in rows if good(row)), len(rows)


def nearest(unit: str | None, procedure: str | None, services: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The service of the unit or the nearest one above it, of several the first by code."""
    while unit is not None and procedure is not None:
        own = [s for s in services if s["unit"] == unit and s["procedure"] == procedure]
        if own:
            return min(own, key=lambda s: str(s["service_code"]))
        unit = PARENTS.get(unit)
    return None


@settings(SETTINGS, max_examples=8)
@given(data=st.data())
def test_every_denominator_equals_a_plain_recount(empty_database: Path, data: st.DataObject) -> None:
    full = data.draw(worlds(most_imports=1))
    dice = Random(data.draw(st.integers(0, 2**32)))
    # Levels are in the file, so that the catalogue of one day does not decide about levels at acceptance.
    rows = tuple(
        {**d, "service_level": d.get("service_level") or dice.choice((1, 2, 3, 4))} for d in full.imports[0].dossiers
    )
    world = replace(full, imports=(replace(full.imports[0], dossiers=rows),))
    assert world.campaign_start
    assert world.campaign_last_day
    at = world.midnight(world.campaign_last_day) + timedelta(hours=12)
    with loaded(world, empty_database) as (store, home):
        offered = catalogue(dice, day_number(world.campaign_last_day))
        for row in offered:
            row["procedure"] = dice.choice(("1.000001", E_CERTIFICATION, None))
        write_services(store, offered, micros(at))
        there = [row for row in offered if row["state"] != "withdrawn"]
        unit = dice.choice(("tinh", "huyen-a", "huyen-b"))
        members = group_units(world, unit, at)
        assert members is not None
        query = Query(home.campaign(CAMPAIGN), as_of=micros(at), unit=unit)

        accepted = [
            d for d in known(world, None)
            if d["unit"] in members and exists(d, at) and world.midnight(world.campaign_start) <= d["accepted_at"] <= at
        ]  # fmt: skip
        level = {d["code"]: d["service_level"] for d in accepted}
        service = {d["code"]: nearest(d["unit"], d.get("procedure"), there) for d in accepted}
        eligible = [
            d for d in accepted
            if level[d["code"]] >= 3 and (s := service[d["code"]]) is not None and s["eligible_online"] == 1
        ]  # fmt: skip
        online = lambda d: d.get("channel") == 2  # noqa: E731
        want = {
            "all": share(accepted, online),
            "level34": share([d for d in accepted if level[d["code"]] >= 3], online),
            "level4": share([d for d in accepted if level[d["code"]] >= 4], online),
            "eligible": share(eligible, online),
        }
        for kpi in ("online_submit", "online_eligible"):
            found = variants(store, home, query, kpi)
            assert told(found) == want
            for one in found:
                assert sum(out.count for out in one.left_out) == len(accepted) - (one.denominator or 0)
                codes = Counter(d.get("procedure") or "" for d in accepted)
                assert all(out.count <= codes[out.code] for out in one.left_out)

        mine = [row for row in there if row["unit"] in members]
        level3 = [row for row in mine if (row["level"] or 0) >= 3]
        level4 = [row for row in mine if (row["level"] or 0) >= 4]
        can = [row for row in level3 if row["eligible_online"] == 1]
        integrated = lambda row: row["state"] == "integrated"  # noqa: E731
        is_full = lambda row: (row["level"] or 0) >= 4  # noqa: E731
        assert told(variants(store, home, query, "npsp_integration")) == {
            "all": share(mine, integrated), "level34": share(level3, integrated), "level4": share(level4, integrated),
            "eligible": share(can, integrated),
        }  # fmt: skip
        found = variants(store, home, query, "level4_share")
        assert told(found) == {
            "all": share(mine, is_full), "level34": share(level3, is_full),
            "eligible": share([row for row in mine if row["eligible_level4"] == 1], is_full),
        }  # fmt: skip
        for one in found:
            assert {out.code for out in one.left_out} <= {row["service_code"] for row in mine}
            assert len(one.left_out) == len(mine) - (one.denominator or 0)
        for kpi in ("online_submit", "online_eligible", "npsp_integration", "level4_share", "services_active"):
            (row,) = figures(store, home, replace(query, kpis=(kpi,)))
            (own,) = [one for one in variants(store, home, query, kpi) if one.is_figure]
            assert (own.numerator, own.denominator, own.value) == (row.numerator, row.denominator, row.value), kpi
        readings(store, home, world, query, at, members)


def readings(store: Any, home: Any, world: World, query: Query, at: Any, members: set[str]) -> None:
    """Both readings of the rule ``period``, the campaign's own first."""
    for kpi in PERIOD_FIGURES:
        if kpi == "avg_days":
            continue
        found = variants(store, home, query, kpi)
        assert [one.is_figure for one in found] == [True, False]
        assert found[0].key == world.rule("period")
        for one in found:
            read = replace(world, rules={**world.rules, "period": one.key})
            want = figure(read, kpi, as_of=at, units=members)
            assert (one.numerator or 0, one.denominator) == (want.numerator, want.denominator), (kpi, one.key)


def test_a_figure_with_one_denominator_says_so(empty_database: Path) -> None:
    from tests.independent.test_reference import world

    with loaded(world(), empty_database) as (store, home), pytest.raises(CallFault, match="overdue_open"):
        variants(store, home, Query(home.campaign(CAMPAIGN), as_of=10**15), "overdue_open")


# Points ---------------------------------------------------------------------------------------------------------------


def test_points_follow_the_rule() -> None:
    assert reached(None, 0.8) is None
    assert reached(0.8, 0.8) == 1
    assert reached(0.95, 0.8) == 1
    assert reached(0.4, 0.8) == 0.5
    assert sum(group.most for group in GROUPS) + sum(most for _, most in NOT_COMPUTED) == TOTAL


@settings(SETTINGS, max_examples=4)
@given(data=st.data())
def test_scores_are_the_points_of_plainly_counted_figures(empty_database: Path, data: st.DataObject) -> None:
    world = data.draw(worlds(most_imports=1))
    assert world.campaign_last_day
    at = world.midnight(world.campaign_last_day) + timedelta(hours=12)
    with loaded(world, empty_database) as (store, home):
        found = scores(store, home, Query(home.campaign(CAMPAIGN), as_of=micros(at), by="district"))
        assert [one.unit for one in found] == ["huyen-a", "huyen-b"]
        for one in found:
            units = group_units(world, one.unit, at)

            def rate(kpi: str, units: set[str] | None = units) -> float | None:
                return figure(world, kpi, as_of=at, units=units).value

            # Without a catalogue only the online part of the online group has a value.
            want = {
                "progress": (20, rate("on_time_766"), 1.0), "online_service": (12, rate("online_submit"), 0.5),
                "digitisation": (22, rate("digitised"), 0.8), "online_payment": (10, rate("online_payment"), 1.0),
            }  # fmt: skip
            points = {key: None if r is None else most * min(1, r / t) for key, (most, r, t) in want.items()}
            assert {group.group.key: group.points for group in one.groups} == pytest.approx(points)
            there = {key: p for key, p in points.items() if p is not None}
            assert one.points == (pytest.approx(sum(there.values())) if there else None)
            assert one.most == sum(want[key][0] for key in there)


# Definitions ----------------------------------------------------------------------------------------------------------

VERSIONS = {
    key: (1, print_of)
    for key, print_of in (
        line.split()
        for line in """
on_time_resolved 4134c4b7b9d1
on_time_766 68c1ecc8cf5c
overdue_open 07841b730ac7
overdue_share 3cad491f3763
overdue_share_open b67ef6ed4894
became_overdue 7de9ff6d6ae5
backlog_cleared cbf13c99785c
online_submit b567330352eb
online_eligible ffe28767b1a3
processed_online 9705919c557f
digitised ebf3f6500f53
online_payment 10c6359e556a
no_contact 08c5f521568a
apology_ok aeee01715100
avg_days c52be91b476f
e_certification b2caf4453153
services 1697727cebb7
npsp_integration 9acd6e09d39e
level4_share 612960b72254
services_active 13c8ffb4ed5e
reports_online 7f1d67bcd625
work_files_online c72d64738bfa
land_payments e44d26720cde
national_rank 52af6acca405
""".strip().splitlines()
    )
}


def test_the_definitions_in_the_docs_are_those_of_the_catalogue() -> None:
    """`campaign definitions > docs/definitions.md` writes it anew."""
    assert (ROOT / "docs" / "definitions.md").read_text(encoding="utf-8") == as_markdown()


def test_what_is_counted_changes_only_together_with_its_version() -> None:
    """Changed terms: raise the figure's ``version``, set ``reviewed_on``, and write both down here."""
    assert {key: (one.version, one.fingerprint[:12]) for key, one in FIGURES.items()} == VERSIONS


def test_every_definition_is_whole_in_both_languages() -> None:
    for entry in as_objects():
        for part in ("label", "numerator", "denominator", "exclusions", "legal_basis", "owner"):
            assert entry[part]["vi"], (entry["kpi"], part)
            assert entry[part]["en"], (entry["kpi"], part)
        assert not any("Điều" in label["vi"] or "khoản" in label["vi"] for label in (entry["legal_basis"],))
    for language in ("vi", "en"):
        assert set(map(len, (definition(key, language) for key in FIGURES))) == {10}


def test_a_fingerprint_is_of_what_is_counted_not_of_its_words() -> None:
    declared = FIGURES["on_time_resolved"]
    assert replace(declared, label=declared.noun).fingerprint == declared.fingerprint
    assert replace(declared, direction=-1).fingerprint != declared.fingerprint
    assert replace(declared, denominator=declared.numerator).fingerprint != declared.fingerprint
