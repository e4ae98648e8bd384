"""What-if: the outcome of steps is what the store says once they are really done; scenarios are kept and found again."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.access import ALL
from data.calendar import WorkCalendar
from data.clock import day_number
from data.errors import CallFault
from data.store import ImportHead
from kpi import whatif
from kpi.engine import figures
from kpi.query import Query
from kpi.ranking import league
from kpi.whatif import Step, arrival, parse, what_if
from tests.independent.homes import CAMPAIGN, facts, micros
from tests.independent.reference import PAUSED, Dossier, World, group_units, is_open, is_overdue, known
from tests.independent.strategies import worlds
from tests.kpi.test_against_reference import DOSSIER_FIGURES
from tests.kpi.test_worklist import (
    SETTINGS,
    catalogue,
    empty_database,
    finished,
    loaded,
    moment_of,
    write_services,
)

__all__ = ["empty_database"]


def test_steps_are_read_and_written_alike() -> None:
    for text in ("dong-phu:clear=300", "Sở Y tế:pace=2.5", "a:b:clear=1", "a:pace.overdue_open=40", "a:integrate=0"):
        assert str(parse(text)) == text
    for wrong in ("dong-phu", "a:clear=1.5", "a:clear=-1", "a:do=1", "a:clear.overdue_open=1", "a:clear="):
        with pytest.raises(CallFault):
            parse(wrong)


def test_arrival_is_pace_arithmetic_on_working_days() -> None:
    calendar, friday = WorkCalendar(frozenset({date(2021, 5, 3)})), date(2021, 4, 30)
    assert arrival(calendar, friday, 0, None) == friday
    assert arrival(calendar, friday, 10, 5) == date(2021, 5, 5)  # Tuesday and Wednesday: Monday is off
    assert arrival(calendar, friday, 10.5, 5) == date(2021, 5, 6)
    assert arrival(calendar, friday, 0.3, 0.1) == date(2021, 5, 6)
    assert arrival(calendar, friday, 1, 0) is None
    assert arrival(calendar, friday, 1, None) is None


def first_of(world: World, unit: str, step: Step, at: object, taken: set[str]) -> list[Dossier]:
    """What the step says, by hand: the oldest overdue, or those due soonest."""
    members = group_units(world, unit, at)  # type: ignore[arg-type]
    assert members is not None
    mine = [d for d in known(world, None) if d["unit"] in members and is_open(world, d, at)]  # type: ignore[arg-type]
    late = {d["code"] for d in mine if is_overdue(world, d, at)}  # type: ignore[arg-type]
    runs = [d for d in mine if world.rule("paused") == "running" or d.get("status") not in PAUSED]
    there = [d for d in (mine if step.action == "clear" else runs) if (d["code"] in late) == (step.action == "clear")]
    there.sort(key=lambda d: (d.get("due_at") is None, d.get("due_at") or 0, d["code"]))
    return [d for d in there if d["code"] not in taken][: int(step.amount)]


@settings(SETTINGS, max_examples=5)
@given(data=st.data())
def test_the_outcome_is_that_of_really_doing_it(empty_database: Path, data: st.DataObject) -> None:
    world = data.draw(worlds(most_imports=2))
    at = moment_of(data, world)
    dice = Random(data.draw(st.integers(0, 2**32)))
    units = ("huyen-a", "xa-1", "tinh", "huyen-b")
    steps = [Step(dice.choice(units), dice.choice(("clear", "finish")), dice.randint(0, 6)) for _ in range(3)]
    steps += [Step(dice.choice(units), "integrate", dice.randint(0, 4)), Step("xa-1", "raise", 2)]
    kpis = (*dice.sample(DOSSIER_FIGURES, 4), "npsp_integration", "level4_share")
    changed: dict[str, Dossier] = {}
    done = []
    for step in steps[:3]:
        some = first_of(world, step.unit, step, at, set(changed))
        changed |= {d["code"]: finished(d, at) for d in some}
        done.append(len(some))
    with loaded(world, empty_database) as (store, home):
        campaign = home.campaign(CAMPAIGN)
        day = day_number(world.day(at))
        rows = catalogue(dice, day)
        write_services(store, rows, micros(at))
        found = what_if(store, home, campaign, steps, kpis, micros(at), scope=ALL)
        assert list(found.done[:3]) == done
        with store.rehearse() as trial:
            with trial.writer(ImportHead("x", "x" * 64, "t", "t", "dossiers", "t", 2**60)) as writer:
                writer.apply_dossiers(facts(tuple(changed.values())))
                writer.finish(read=len(changed), refused=0)
            for level in ("district", "commune", None):
                after = figures(trial, home, Query(campaign, kpis, micros(at), by=level))
                for row in after:
                    one = next((o for o in found.outcomes if (o.kpi, o.unit) == (row.kpi, row.unit)), None)
                    if one is None or row.kpi in ("npsp_integration", "level4_share"):
                        continue
                    assert (one.then.numerator, one.then.denominator) == (
                        pytest.approx(row.numerator),
                        row.denominator,
                    ), (row, steps)
                    peers = [other for other in after if other.kpi == row.kpi]
                    rank = next(entry.rank for entry in league(peers) if entry.row.unit == row.unit)
                    assert one.then.rank == (None if level is None else rank) or row.kpi == "avg_days"
        for one in found.outcomes:
            if one.kpi == "npsp_integration" and one.unit == "tinh" and one.now.numerator is not None:
                assert one.then.numerator == one.now.numerator + found.done[3]


def test_a_pace_moves_the_arrival_of_the_unit_and_of_those_above(empty_database: Path) -> None:
    from tests.independent.test_reference import at, dossier
    from tests.independent.test_reference import world as make

    rows = [{**dossier(f"{n}", "2021-04-01T08:00", "2021-04-05T17:00"), "unit": "xa-1"} for n in range(12)]
    with loaded(make(*rows), empty_database) as (store, home):
        target = home.campaign(CAMPAIGN).target[0].model_copy(update={"kpi": "overdue_open", "value": 0})
        campaign = home.campaign(CAMPAIGN).model_copy(update={"target": (target,)})
        moment = micros(at("2021-04-12T17:00"))
        found = what_if(store, home, campaign, [parse("xa-1:clear=2"), parse("xa-1:pace=4")], (), moment, scope=ALL)
        by_unit = {one.unit: one for one in found.outcomes}
        assert set(by_unit) == {"tinh", "huyen-a", "xa-1"}
        for one in by_unit.values():
            assert (one.now.value, one.then.value) == (12, 10)
        assert by_unit["xa-1"].now.arrival is None
        # Ten left at four a day: Tuesday, Wednesday, Thursday.
        assert by_unit["xa-1"].then.arrival == date(2021, 4, 15)
        assert by_unit["xa-1"].then.by_due == 0
        assert by_unit["tinh"].then.pace == (by_unit["tinh"].now.pace or 0) + 4 - (by_unit["xa-1"].now.pace or 0)
        with pytest.raises(CallFault, match="chỉ tiêu nào"):
            what_if(store, home, campaign, [parse("xa-1:pace=4")], ("overdue_open", "overdue_share"), moment, scope=ALL)
        with pytest.raises(CallFault, match="khong-co"):
            what_if(store, home, campaign, [parse("khong-co:clear=4")], (), moment, scope=ALL)


def test_scenarios_are_kept_by_name(empty_database: Path) -> None:
    from tests.independent.test_reference import world as make

    with loaded(make(), empty_database) as (store, _):
        steps = (parse("a:clear=3"), parse("a:pace.overdue_open=2.5"))
        first = whatif.save(store, CAMPAIGN, "một", steps, who="A", at=1, as_of=5)
        whatif.save(store, "khác", "một", steps, who="A", at=2)
        second = whatif.save(store, CAMPAIGN, "hai", steps[:1], who="B", at=3)
        assert [(one.id, one.name, one.steps, one.as_of) for one in whatif.kept(store, CAMPAIGN)] == [
            (second, "hai", steps[:1], None), (first, "một", steps, 5),
        ]  # fmt: skip
        whatif.save(store, CAMPAIGN, "một", steps[1:], who="A", at=4)
        assert [one.name for one in whatif.kept(store, CAMPAIGN)] == ["một", "hai"]
        whatif.delete(store, second)
        assert [one.steps for one in whatif.kept(store, CAMPAIGN)] == [steps[1:]]
        with pytest.raises(CallFault):
            whatif.delete(store, 99)
