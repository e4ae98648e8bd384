"""When reports are due, and which of them were issued, late or never."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import StrEnum

from data.clock import at_clock, day_number, from_micros
from data.home import Campaign, Home
from kpi.issues import Issue


class State(StrEnum):
    """Of a report that is due at a moment."""

    ON_TIME = "on_time"
    LATE = "late"
    MISSING = "missing"
    DUE = "due"
    TO_COME = "to_come"


@dataclass(frozen=True, slots=True)
class Slot:
    """A report of the rhythm: the ``number``-th, with figures as of ``as_of``. ``issue``: the latest issue of that moment."""

    number: int
    day: date
    as_of: int
    state: State
    issue: Issue | None


def moments(home: Home, campaign: Campaign) -> list[int]:
    """The moments of which the campaign reports, from its first report day to its end."""
    clock, first = time.fromisoformat(campaign.report.cut_off), campaign.report.first or campaign.start
    count = (campaign.end - first).days // campaign.report.every_days + 1
    days = (first + timedelta(days=n * campaign.report.every_days) for n in range(max(count, 0)))
    return [at_clock(day_number(day), clock, home.zone) for day in days]


def previous(home: Home, campaign: Campaign, as_of: int) -> int | None:
    """The moment of the report before; None where there is none."""
    return max((moment for moment in moments(home, campaign) if moment < as_of), default=None)


def calendar(home: Home, campaign: Campaign, issued: Sequence[Issue], latest: int | None, now: int) -> list[Slot]:
    """Every report of the campaign with its state. ``latest``: the latest moment in the data.

    On time: frozen on the day of its cut-off; later is late. A moment that the data have reached without an issue is due
    while its day lasts and missing afterwards; one that they have not reached is to come, whatever the clock says.
    """
    found: dict[int, list[Issue]] = {}
    for one in issued:
        found.setdefault(one.as_of, []).append(one)
    slots = []
    for number, moment in enumerate(moments(home, campaign), start=1):
        mine = sorted(found.get(moment, ()), key=lambda one: one.id)
        slots.append(
            Slot(
                number=number,
                day=from_micros(moment, home.zone).date(),
                as_of=moment,
                state=_state(home, moment, mine, latest, now),
                issue=mine[-1] if mine else None,
            )
        )
    return slots


def _state(home: Home, moment: int, mine: Sequence[Issue], latest: int | None, now: int) -> State:
    day = from_micros(moment, home.zone).date()
    if mine:
        return State.ON_TIME if from_micros(mine[0].at, home.zone).date() <= day else State.LATE
    if latest is None or moment > latest:
        return State.TO_COME
    return State.DUE if from_micros(now, home.zone).date() <= day else State.MISSING


def counts(slots: Iterable[Slot]) -> dict[State, int]:
    found = dict.fromkeys(State, 0)
    for slot in slots:
        found[slot.state] += 1
    return found
