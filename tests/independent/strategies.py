"""Small random worlds: dossiers in several versions, loaded over several imports, around a night with a changed clock.

Moments are drawn from a handful of telling instants (midnight, a microsecond before, 17:00, the doubled hour) on a few
neighbouring days, so that equal, one-off and inside-the-day cases come up all the time instead of once in a million.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
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


@st.composite
def moments(draw: st.DrawFn, zone: ZoneInfo, first: int = 0, last: int = DAYS) -> datetime:
    day = FIRST_DAY + timedelta(days=draw(st.integers(first, last)))
    clock = draw(st.sampled_from(CLOCKS))
    local = datetime.combine(day, clock, zone).replace(fold=draw(st.integers(0, 1)))
    # Through UTC and back, so that comparing two moments never compares two wall clocks.
    return local.astimezone(ZoneInfo("UTC"))


def _often_blank(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


@st.composite
def dossiers(draw: st.DrawFn, zone: ZoneInfo, code: str, with_status: bool) -> Dossier:
    """One version. Nothing makes it sensible: it may be finished before it was accepted, or due before either."""
    moment = moments(zone)
    found: Dossier = {
        "code": code,
        "unit": draw(st.sampled_from(HANDLING)),
        "accepted_at": draw(moment),
        "due_at": draw(_often_blank(moment)),
        "finished_at": draw(_often_blank(moment)),
        "returned_at": draw(_often_blank(moment)),
        "status": draw(st.one_of(st.none(), st.integers(1, 10))) if with_status else None,
        "channel": draw(st.sampled_from([None, 0, 1, 2, 2, 3])),
        "service_level": draw(st.sampled_from([None, 2, 3, 4])),
        "return_mode": draw(st.sampled_from([None, 0, 1, 2])),
        "digitised": draw(st.sampled_from([None, 0, 1])),
        "payment": draw(st.sampled_from([None, 0, 1, 2, 3])),
        "procedure": draw(st.sampled_from([None, "1.000001", E_CERTIFICATION])),
    }
    if found["due_at"] is not None and draw(st.booleans()):
        found["apology_at"] = draw(moment)
        found["apology_new_due_at"] = draw(_often_blank(moment))
    return found


@st.composite
def worlds(draw: st.DrawFn, most_dossiers: int = 10, most_imports: int = 4) -> World:
    """Dossiers loaded over several imports: new ones, corrections, repeats, and files that come late."""
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    codes = [f"H10-{number}" for number in range(draw(st.integers(1, most_dossiers)))]
    with_status = draw(st.booleans())
    imports: list[Import] = []
    received = datetime.combine(FIRST_DAY, time(18), zone).astimezone(ZoneInfo("UTC"))
    seen: dict[str, Dossier] = {}
    for _ in range(draw(st.integers(1, most_imports))):
        chosen = draw(st.lists(st.sampled_from(codes), unique=True, min_size=1))
        rows = []
        for code in chosen:
            repeat = code in seen and draw(st.integers(0, 3)) == 0
            seen[code] = seen[code] if repeat else draw(dossiers(zone, code, with_status))
            rows.append(seen[code])
        imports.append(Import(received, tuple(rows)))
        received += timedelta(days=draw(st.integers(0, 4)), seconds=1)
    start = FIRST_DAY + timedelta(days=draw(st.integers(1, 6)))
    return World(
        zone=zone,
        imports=tuple(imports),
        units=UNITS,
        record_start=FIRST_DAY + timedelta(days=draw(st.integers(0, 4))),
        campaign_start=start,
        campaign_last_day=start + timedelta(days=draw(st.integers(0, 6))),
        rules={name: draw(st.sampled_from(values)) for name, values in RULES.items()},
        e_certification=frozenset({E_CERTIFICATION}),
        days_off=frozenset({date(2020, 10, 30)}),
    )


@st.composite
def questions(draw: st.DrawFn, world: World) -> Question:
    first = FIRST_DAY + timedelta(days=draw(st.integers(0, DAYS)))
    span = f"{first.isoformat()}..{(first + timedelta(days=draw(st.integers(0, 5)))).isoformat()}"
    received = [one.at for one in world.imports]
    asked = draw(
        st.one_of(
            st.none(),
            st.sampled_from(received),
            st.sampled_from(received).map(lambda at: at - MICROSECOND),
        )
    )
    unit, level = draw(
        st.sampled_from(
            [(None, None), (None, "district"), (None, "commune"), ("huyen-a", None), ("huyen-b", None), (None, "unit")]
        )
    )
    return Question(
        as_of=draw(moments(world.zone, 0, DAYS + 2)),
        known_at=asked,
        window=draw(st.sampled_from(["campaign", "campaign", "day", "week", "month", "all", span])),
        unit=unit,
        level=level,
    )
