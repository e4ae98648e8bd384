"""Small random worlds: dossiers in several versions, loaded over several imports, around a night with a changed clock.

Moments are drawn from a handful of telling instants (midnight, a microsecond before, 17:00, the doubled hour) on a few
neighbouring days, so that equal, one-off and inside-the-day cases come up all the time instead of once in a million.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.independent.reference import MICROSECOND, Dossier, Import, UnitLine, World

FIRST_DAY = date(2020, 10, 21)
"""A Wednesday; in Amsterdam the hour 02:00-03:00 of 25/10 comes twice, in New York that of 1/11."""
DAYS = 14
ZONES = ("Asia/Ho_Chi_Minh", "Europe/Amsterdam", "America/New_York")
CLOCKS = (time(0), time(0, 0, 0, 1), time(2, 30), time(8), time(12), time(17), time(23, 59, 59, 999_999))
E_CERTIFICATION = "2.000815"

UNITS = (
    UnitLine("tinh", "province", None),
    UnitLine("so-a", "department", "tinh"),
    UnitLine("huyen-a", "district", "tinh"),
    UnitLine("huyen-b", "district", "tinh"),
    UnitLine("xa-1", "commune", "huyen-a"),
    # A commune that changes its district while the campaign runs: grouping follows the tree of the as-of day.
    UnitLine("xa-2", "commune", "huyen-a", None, date(2020, 10, 27)),
    UnitLine("xa-2", "commune", "huyen-b", date(2020, 10, 28), None),
)
HANDLING = ("so-a", "huyen-a", "huyen-b", "xa-1", "xa-2")

RULES = {
    "late_by": ("day", "instant"),
    "no_due_date": ("exclude", "on_time"),
    "paused": ("aside", "running"),
    "withdrawn": ("exclude", "done"),
    "period": ("finish", "accept"),
    "end": ("finished", "returned"),
}


@dataclass(frozen=True)
class Question:
    """One way of asking: every figure is asked for it."""

    as_of: datetime
    known_at: datetime | None
    window: str
    unit: str | None
    level: str | None


class Dice:
    """Random choices that follow from a seed alone.

    Hypothesis draws which dossiers there are and their seeds, and shrinks those; what a dossier looks like comes from
    its seed. Drawing every field through Hypothesis gave mostly blank worlds, in which wrong engines went unnoticed.
    """

    def __init__(self, seed: str, zone: ZoneInfo) -> None:
        self.random, self.zone = Random(seed), zone

    def likely(self, chance: float) -> bool:
        return self.random.random() < chance

    def one_of(self, *values: Any) -> Any:
        return self.random.choice(values)

    def moment(self, first: int, last: int) -> datetime:
        """A telling instant of a day from `first` to `last`, counted from FIRST_DAY."""
        day = FIRST_DAY + timedelta(days=self.random.randint(first, max(first, last)))
        local = datetime.combine(day, self.random.choice(CLOCKS), self.zone).replace(fold=self.random.randint(0, 1))
        # Through UTC, so that comparing two moments never compares two wall clocks.
        return local.astimezone(UTC)

    def dossier(self, code: str, with_status: bool) -> Dossier:
        """One version: mostly like life, sometimes finished before it was accepted, or due before either."""
        begin = self.random.randint(0, DAYS - 4)
        accepted = self.moment(begin, begin)
        due = self.moment(begin - self.likely(0.2), begin + 4) if self.likely(0.85) else None
        finished = returned = None
        if self.likely(0.6):
            finished = due if due and self.likely(0.15) else self.moment(begin - self.likely(0.15), begin + 6)
        if self.likely(0.4):
            returned = finished if finished and self.likely(0.3) else self.moment(begin, begin + 7)
        status = None
        if with_status:
            usual = (9, 9, 10, 10, 7) if finished or returned else (2, 4, 4, 5, 6, 8)
            status = self.one_of(*usual) if self.likely(0.7) else self.one_of(None, *range(1, 11))
        found: Dossier = {
            "code": code,
            "unit": self.one_of(*HANDLING),
            "accepted_at": accepted,
            "due_at": due,
            "finished_at": finished,
            "returned_at": returned,
            "status": status,
            "channel": self.one_of(None, 0, 1, 2, 2, 3),
            "service_level": self.one_of(None, 2, 3, 4),
            "return_mode": self.one_of(None, 0, 1, 2),
            "digitised": self.one_of(None, 0, 1),
            "payment": self.one_of(None, 0, 1, 2, 3),
            "procedure": self.one_of(None, "1.000001", E_CERTIFICATION),
        }
        if due is not None and self.likely(0.6):
            found["apology_at"] = self.moment(begin - 1, begin + 4)
            found["apology_new_due_at"] = self.moment(begin + 4, begin + 8) if self.likely(0.8) else None
        return found


@st.composite
def worlds(draw: st.DrawFn, most_dossiers: int = 40, most_imports: int = 4) -> World:
    """Dossiers loaded over several imports: new ones, corrections, repeats, and files that come late."""
    seed = draw(st.integers(0, 2**32))
    fewest = draw(st.integers(1, most_dossiers))  # without it hypothesis would hardly ever draw more than ten
    numbers = sorted(draw(st.sets(st.integers(0, 99), min_size=fewest, max_size=most_dossiers)))
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    with_status = draw(st.booleans())
    rules = {name: draw(st.sampled_from(values)) for name, values in RULES.items()}
    dice = Dice(f"{seed}", zone)

    files: list[list[Dossier]] = [[] for _ in range(draw(st.integers(1, most_imports)))]
    for number in numbers:
        own = Dice(f"{seed}-{number}", zone)
        version = own.dossier(f"H10-{number}", with_status)
        first = own.random.randrange(len(files))
        files[first].append(version)
        for file in files[first + 1 :]:
            if own.likely(0.5):
                version = version if own.likely(0.3) else own.dossier(f"H10-{number}", with_status)
                file.append(version)

    imports, received = [], datetime.combine(FIRST_DAY, time(18), zone).astimezone(UTC)
    for file in files:
        imports.append(Import(received, tuple(file)))
        received += timedelta(days=dice.random.randint(0, 4), seconds=1)
    start = FIRST_DAY + timedelta(days=dice.random.randint(1, 6))
    return World(
        zone=zone,
        imports=tuple(imports),
        units=UNITS,
        record_start=FIRST_DAY + timedelta(days=dice.random.randint(0, 4)),
        campaign_start=start,
        campaign_last_day=start + timedelta(days=dice.random.randint(2, 8)),
        rules=rules,
        e_certification=frozenset({E_CERTIFICATION}),
        days_off=frozenset({date(2020, 10, 30)}),
    )


@st.composite
def questions(draw: st.DrawFn, world: World) -> Question:
    """Half of them as the engine answers fastest (known now), half as known after or just before some import."""
    dice = Dice(f"{draw(st.integers(0, 2**32))}", world.zone)
    assert world.campaign_start
    first = FIRST_DAY + timedelta(days=dice.random.randint(0, DAYS))
    span = f"{first.isoformat()}..{(first + timedelta(days=dice.random.randint(0, 5))).isoformat()}"
    known_at = None
    if dice.likely(0.5):
        known_at = dice.one_of(*world.imports).at - dice.one_of(MICROSECOND, 0 * MICROSECOND, 0 * MICROSECOND)
    begun = (world.campaign_start - FIRST_DAY).days
    unit, level = dice.one_of(
        (None, None),
        (None, None),
        (None, "district"),
        (None, "commune"),
        (None, "unit"),
        ("huyen-a", None),
        ("huyen-b", "commune"),
    )
    return Question(
        as_of=dice.moment(begun - dice.likely(0.1), DAYS + 2),
        known_at=known_at,
        window=dice.one_of("campaign", "campaign", "campaign", "day", "week", "month", "all", span),
        unit=unit,
        level=level,
    )
