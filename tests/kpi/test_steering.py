"""Targets, pace, ceiling, status and leagues against answers worked out by hand."""

from __future__ import annotations

from datetime import date

import pytest

from data.calendar import WorkCalendar
from data.clock import day_number
from data.home import Campaign, Label, Target
from data.units import Unit
from kpi.catalog import FIGURES, figure
from kpi.model import Pace, Row, Status
from kpi.pace import pace
from kpi.ranking import league
from kpi.status import status
from kpi.targets import target_of

ON_TIME, OVERDUE, INTEGRATED = (figure(key) for key in ("on_time_resolved", "overdue_open", "npsp_integration"))
DUE = date(2021, 5, 19)


def unit(code: str, kind: str = "", level: str = "district") -> Unit:
    return Unit(code, code, kind, level, "tinh", "", True)


def campaign(*targets: Target) -> Campaign:
    return Campaign(key="c", start=date(2021, 3, 31), end=DUE, name=Label(vi="c"), target=targets)


def test_a_units_own_target_goes_before_its_kind_its_level_and_everyones() -> None:
    every = Target(kpi="x", value=0.1, due=DUE)
    level = Target(kpi="x", value=0.2, due=DUE, level=("district", "department"))
    kind = Target(kpi="x", value=0.3, due=DUE, kind=("so",))
    own = Target(kpi="x", value=0.4, due=DUE, unit=("syt",))
    asked = campaign(every, level, kind, own)

    def value(which: Unit) -> float | None:
        found = target_of(asked, "x", which, DUE)
        return None if found is None else found.value

    assert value(unit("syt", "so", "department")) == 0.4
    assert value(unit("stp", "so", "department")) == 0.3
    assert value(unit("bdt", "ban", "department")) == 0.2
    assert value(unit("xa", "xa", "commune")) == 0.1
    assert target_of(asked, "y", unit("syt"), DUE) is None
    assert target_of(None, "x", unit("syt"), DUE) is None


def test_kind_so_does_not_include_ban_or_trung_tam() -> None:
    only = campaign(Target(kpi="x", value=1, due=DUE, kind=("so",)))
    assert target_of(only, "x", unit("bdt", "ban"), DUE) is None
    assert target_of(only, "x", unit("ttpvhcc", "trung_tam"), DUE) is None


def test_of_two_due_dates_the_next_one_counts_and_then_the_last() -> None:
    asked = campaign(Target(kpi="x", value=0.5, due=date(2021, 4, 15)), Target(kpi="x", value=1, due=DUE))
    for day, value in (
        (date(2021, 4, 1), 0.5),
        (date(2021, 4, 15), 0.5),
        (date(2021, 4, 16), 1),
        (date(2021, 6, 1), 1),
    ):
        found = target_of(asked, "x", unit("u"), day)
        assert found is not None
        assert found.value == value


# 3 to 14 May 2021, Monday to Friday twice: eight working days back from Friday the 14th begin on Wednesday the 5th.
DAYS = [date(2021, 5, d) for d in (5, 6, 7, 10, 11, 12, 13, 14)]


def integrated(counts: list[int], now: int, total: int = 100) -> Pace:
    values = {day_number(day): (count, total) for day, count in zip(DAYS, counts, strict=True)}
    target = Target(kpi="npsp_integration", value=1.0, due=DUE)
    return pace(INTEGRATED, target, values, (now, total), DAYS, WorkCalendar(), date(2021, 5, 14))


def test_needed_is_the_gap_over_the_working_days_after_today() -> None:
    found = integrated([50, 52, 54, 56, 60, 70, 72, 76], 76)
    assert found.gap_count == 24
    assert found.working_days_left == 3  # 17, 18 and 19 May
    assert found.needed == 8
    assert found.recent == 2  # the median of 2 2 2 4 10 2 4
    assert found.ceiling == 1.0


def test_a_denominator_that_shrinks_counts_as_progress_towards_all() -> None:
    values = {day_number(day): (50, 100 - n) for n, day in enumerate(DAYS)}
    target = Target(kpi="npsp_integration", value=1.0, due=DUE)
    found = pace(INTEGRATED, target, values, (50, 93), DAYS, WorkCalendar(), date(2021, 5, 14))
    assert (found.gap_count, found.recent) == (43, 1)


def test_the_ceiling_of_a_flow_counts_what_is_late_for_ever() -> None:
    """120 late of 6,000 done, 3,000 to come: at best 8,880 of 9,000."""
    values = {day_number(day): (5880 - 980 * (7 - n), 6000 - 1000 * (7 - n)) for n, day in enumerate(DAYS)}
    target = Target(kpi="on_time_resolved", value=1.0, due=DUE)
    found = pace(ON_TIME, target, values, (5880, 6000), DAYS, WorkCalendar(), date(2021, 5, 14))
    assert found.ceiling == pytest.approx(8880 / 9000)


def test_a_stock_that_must_fall_needs_as_many_a_day_as_it_is_too_large() -> None:
    values = {day_number(day): (40 - 4 * n, None) for n, day in enumerate(DAYS)}
    target = Target(kpi="overdue_open", value=0, due=DUE)
    found = pace(OVERDUE, target, values, (12, None), DAYS, WorkCalendar(), date(2021, 5, 14))
    assert (found.gap_count, found.needed, found.recent, found.ceiling) == (12, 4, 4, 0)


def a_pace(needed: float | None, recent: float | None, ceiling: float | None = 1.0, left: int = 3) -> Pace:
    return Pace(DUE, left, 1, needed, recent, ceiling)


@pytest.mark.parametrize(
    ("value", "target", "how", "expected"),
    [
        (1.0, 1.0, a_pace(None, None), Status.MET),
        (0.99996, 1.0, a_pace(4, 4), Status.ON_COURSE),
        (0.9, 1.0, a_pace(5, 4), Status.AT_RISK),
        (0.9, 1.0, a_pace(5.01, 4), Status.BEHIND),
        (0.9, 1.0, a_pace(1, 4, 0.99), Status.BEHIND),
        (0.9, 1.0, a_pace(1, 0), Status.BEHIND),
        (0.9, 1.0, a_pace(None, 4, left=0), Status.BEHIND),
        (0.9, None, None, Status.NO_TARGET),
        (None, 1.0, None, Status.NO_DATA),
    ],
)
def test_status(value: float | None, target: float | None, how: Pace | None, expected: Status) -> None:
    assert status(INTEGRATED, value, target, how, begun=True, stale=False) is expected


def test_stale_data_is_never_green_and_a_campaign_not_begun_is_not_judged() -> None:
    assert status(INTEGRATED, 1.0, 1.0, None, begun=True, stale=True) is Status.STALE
    assert status(INTEGRATED, 1.0, 1.0, None, begun=False, stale=False) is Status.NOT_BEGUN


def row(code: str, value: float | None, kpi: str = "npsp_integration") -> Row:
    return Row(kpi, code, code, "district", "campaign", None, None, value, None, None, Status.NO_TARGET, 0, None)


def test_ties_share_a_rank_and_no_value_has_none() -> None:
    found = league([row("d", None), row("c", 0.5), row("a", 0.9), row("b", 0.5), row("e", 0.1)])
    assert [(entry.row.unit, entry.rank, entry.tied) for entry in found] == [
        ("a", 1, False), ("b", 2, True), ("c", 2, True), ("e", 3, False), ("d", None, False),
    ]  # fmt: skip


def test_fewer_overdue_dossiers_rank_higher() -> None:
    found = league([row("a", 5, "overdue_open"), row("b", 0, "overdue_open")])
    assert [entry.row.unit for entry in found] == ["b", "a"]


def test_every_figure_says_what_it_counts_in_both_languages() -> None:
    for declared in FIGURES.values():
        for text in (
            declared.label,
            declared.numerator_text,
            declared.denominator_text,
            declared.legal_basis,
            declared.noun,
        ):
            assert text.vi
            assert text.en
        assert declared.direction in (-1, 1)
        assert (declared.reads == "dossiers") == bool(declared.numerator)
