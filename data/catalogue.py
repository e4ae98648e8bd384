"""The service catalogue: the differences between its exports are its history."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from data.corrections import CORRECTED, LATE
from data.records import Counts, Session
from data.schema import STILL_BELIEVED, services

if TYPE_CHECKING:
    import pyarrow as pa

FOR_EVER = STILL_BELIEVED
BEGINNING = -1_000_000
"""First day of a state of which nobody said since when it holds."""
ATTRIBUTES = (
    "procedure",
    "name",
    "unit_id",
    "level",
    "eligible_online",
    "eligible_level4",
    "exclusion_reason",
    "state",
    "reason",
)
COLUMNS = tuple(column.name for column in services.columns if column.name != "id")
Version = dict[str, Any]


@dataclass(frozen=True)
class Laid:
    """What an export brought: counts, the latest day it names, each change as the correction log takes it (kind, unit id,
    day, field), and how many of its rows say what the row of which import had said."""

    counts: Counts
    latest: int | None
    changes: list[tuple[str, int | None, int, str]]
    confirmed: Counter[int]


def apply(session: Session, import_id: int, facts: pa.Table, unit_ids: dict[str, int], export_day: int) -> Laid:
    """Lay an export over what is known. A row without ``changed_on`` changed on the day of the export;

    without it the first known state of a service is taken to have held all along.
    """
    c = services.c
    timeline: dict[str, list[Version]] = {}
    wanted = sa.select(*services.columns).where(c.to_import == STILL_BELIEVED).order_by(c.service_code, c.from_day)
    for row in session.rows(wanted):
        version = dict(zip((column.name for column in services.columns), row, strict=True))
        timeline.setdefault(version["service_code"], []).append(version)
    new = changed = unchanged = 0
    closed: list[int] = []
    added: list[Version] = []
    latest: int | None = None
    told: list[tuple[str, int | None, int, str]] = []
    confirmed: Counter[int] = Counter()
    for fact in facts.to_pylist():
        fact["unit_id"] = unit_ids[fact.pop("unit")]
        known = timeline.get(fact["service_code"], [])
        day = fact.pop("changed_on")
        if day is None:
            day = export_day if known else BEGINNING
        outcome = _lay(known, fact, day)
        if outcome is None:
            unchanged += 1
            at = next((version for version in known if version["from_day"] <= day < version["to_day"]), {})
            confirmed[at.get("laid_by", import_id)] += 1
            continue
        out, put = outcome
        if day != BEGINNING:
            again = any(version["from_day"] == day for version in out)
            told.append((CORRECTED if again else LATE, fact["unit_id"], day, "state"))
        closed += [version["id"] for version in out if "id" in version]
        timeline[fact["service_code"]] = sorted(
            [version for version in known if version not in out] + put, key=lambda version: version["from_day"]
        )
        added = [version for version in added if version not in out] + put
        if day != BEGINNING:
            latest = day if latest is None else max(day, latest)
        if known:
            changed += 1
        else:
            new += 1
    for start in range(0, len(closed), 500):
        session.run(sa.update(services).where(c.id.in_(closed[start : start + 500])).values(to_import=import_id))
    laid = {"laid_by": import_id, "from_import": import_id, "to_import": STILL_BELIEVED}
    rows = [{name: row[name] for name in COLUMNS} for row in ({"read_import": import_id, **v, **laid} for v in added)]
    session.insert(services, rows)
    del confirmed[import_id]
    return Laid(Counts(new, changed, unchanged), latest, told, confirmed)


def _lay(known: list[Version], fact: Version, day: int) -> tuple[list[Version], list[Version]] | None:
    """Versions that go and versions that come when ``fact`` holds from ``day``; None when it says nothing new."""
    content = {name: fact.get(name) for name in ATTRIBUTES}
    fresh = {
        "service_code": fact["service_code"],
        **content,
        "from_day": day,
        "to_day": FOR_EVER,
        "sheet": fact["sheet"],
        "row": fact["row"],
    }
    at = next((version for version in known if version["from_day"] <= day < version["to_day"]), None)
    if at is not None and all(at[name] == content[name] for name in ATTRIBUTES):
        return None
    if at is None:
        later = [version["from_day"] for version in known if version["from_day"] > day]
        fresh["to_day"] = min(later, default=FOR_EVER)
        return [], [fresh]
    fresh["to_day"] = at["to_day"]
    before = [{**{k: value for k, value in at.items() if k != "id"}, "to_day": day}] if at["from_day"] < day else []
    return [at], [*before, fresh]
