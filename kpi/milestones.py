"""Milestones of a campaign's file and what was recorded about them: sent in time, late, not recorded, not yet due."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import sqlalchemy as sa

from data.audit import Entry
from data.clock import day_end, day_number, day_of, from_micros, local_day
from data.errors import CallFault
from data.home import Campaign, Home, Label, Milestone
from data.schema_meeting import milestone_marks as marks
from data.store import Store
from data.units import Tree

WHOLE = ""
"""The unit of a milestone of the campaign as a whole."""


class State(StrEnum):
    DONE = "done"
    LATE = "late"
    MISSING = "missing"
    """due, and nothing recorded: which does not say that nothing was done"""
    NOT_DUE = "not_due"


WORDS = {
    State.DONE: Label(vi="Đúng hạn", en="In time"),
    State.LATE: Label(vi="Muộn", en="Late"),
    State.MISSING: Label(vi="Chưa ghi nhận", en="Not recorded"),
    State.NOT_DUE: Label(vi="Chưa đến hạn", en="Not yet due"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """One milestone of one unit (``WHOLE``: of the campaign). ``on``: the day it was done, None = nothing recorded."""

    milestone: Milestone
    unit: str
    name: str
    state: State
    on: date | None
    note: str


def standings(
    store: Store, home: Home, campaign: Campaign, as_of: int, units: Collection[str] | None = None
) -> list[Standing]:
    """Every milestone, of every unit it holds for, as it stood at a moment; ``units`` None = all."""
    day = from_micros(as_of, home.zone).date()
    tree = store.tree(day)
    known = {key: mark for key, mark in _marks(store, campaign.key).items() if mark[0] <= day}
    found = []
    for milestone in campaign.milestone:
        for unit in units_of(milestone, tree):
            if units is not None and unit != WHOLE and unit not in units:
                continue
            on, note = known.get((milestone.key, unit), (None, ""))
            over = as_of >= day_end(day_number(milestone.due), home.zone)
            name = tree[unit or tree.root].name
            found.append(Standing(milestone, unit, name, _state(milestone, on, over), on, note))
    return found


def units_of(milestone: Milestone, tree: Tree) -> list[str]:
    """Whom a milestone holds for."""
    if not milestone.per_unit:
        return [WHOLE]
    return [unit for level in milestone.level for unit in tree.of_level(level)]


def _state(milestone: Milestone, on: date | None, over: bool) -> State:
    if on is None:
        return State.MISSING if over else State.NOT_DUE
    return State.DONE if on <= milestone.due else State.LATE


def _marks(store: Store, campaign: str) -> dict[tuple[str, str], tuple[date, str]]:
    c = marks.c
    with store.read() as connection:
        rows = connection.execute(sa.select(c.milestone, c.unit, c.on, c.note).where(c.campaign == campaign)).all()
    return {(milestone, unit): (day_of(on), note) for milestone, unit, on, note in rows}


def mark(
    store: Store, home: Home, campaign: Campaign, key: str, unit: str, on: date | None, *, who: str, at: int, note: str = ""
) -> None:  # fmt: skip
    """Record the day a milestone was done by a unit (``WHOLE``: by the campaign), in place of what was recorded before;
    ``on`` None takes the record back.

    Raises CallFault for an unknown milestone, a unit it does not hold for, and a day still to come.
    """
    milestone = next((one for one in campaign.milestone if one.key == key), None)
    if milestone is None:
        raise CallFault(f"Chiến dịch «{campaign.key}» không có mốc «{key}».")
    if unit not in units_of(milestone, store.tree(on or milestone.due)):
        raise CallFault(f"Mốc «{milestone.name.vi}» không giao cho đơn vị «{unit}».")
    if on is not None and day_number(on) > local_day(at, home.zone):
        raise CallFault(f"Ngày {on:%d/%m/%Y} chưa đến.")
    place = {"campaign": campaign.key, "milestone": key, "unit": unit}
    said = {"on": None if on is None else on.isoformat()}
    with store.write(Entry("decide", f"milestone:{campaign.key}/{key}", at, who, unit=unit, details=said)) as session:
        session.run(sa.delete(marks).where(*(marks.c[name] == value for name, value in place.items())))
        if on is not None:
            session.insert(marks, [{**place, "on": day_number(on), "note": note.strip(), "who": who, "at": at}])
