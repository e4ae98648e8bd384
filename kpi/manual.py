"""Manual series and ranks: the last entry at or before T, from ``series.csv`` of the home and from loaded files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import sqlalchemy as sa

from data.clock import day_number
from data.errors import DataFault
from data.home import Home, read_csv
from data.schema import STILL_BELIEVED, series
from kpi.filters import Condition


@dataclass(frozen=True, slots=True)
class Entry:
    kpi: str
    unit: str
    level: str
    on: int
    numerator: float | None
    denominator: float | None
    value: float | None
    scheme: str
    source: str

    @property
    def result(self) -> float | None:
        if self.value is not None:
            return self.value
        if self.numerator is not None and self.denominator:
            return self.numerator / self.denominator
        return self.numerator if self.denominator is None else None


def entries(
    connection: sa.Connection, home: Home, known_import: int, conditions: tuple[Condition, ...] = ()
) -> list[Entry]:
    """All entries believed after an import, oldest first."""
    c = series.c
    wanted = sa.select(c.kpi, c.unit, c.level, c.on, c.numerator, c.denominator, c.value, c.scheme, c.source)
    if known_import == STILL_BELIEVED - 1:
        wanted = wanted.where(c.to_import == STILL_BELIEVED)
    else:
        wanted = wanted.where(c.from_import <= known_import, known_import < c.to_import)
    found = [*_of_home(home), *(Entry(*row) for row in connection.execute(wanted))]
    kept = [
        entry
        for entry in found
        if all(condition.holds(getattr(entry, condition.field, None)) for condition in conditions)
    ]
    return sorted(kept, key=lambda entry: entry.on)


def stamp(home: Home) -> tuple[str, int]:
    """Changes with the home's own file of series."""
    path = _path(home)
    return str(path), path.stat().st_mtime_ns if path.exists() else 0


def _path(home: Home) -> Path:
    return home.root / "series.csv"


def _of_home(home: Home) -> list[Entry]:
    path = _path(home)
    found = []
    for line, row in enumerate(read_csv(path), start=2):
        try:
            found.append(
                Entry(
                    kpi=row["kpi"],
                    unit=row.get("unit", ""),
                    level=row.get("level", ""),
                    on=day_number(date.fromisoformat(row["on"])),
                    numerator=_number(row, "numerator"),
                    denominator=_number(row, "denominator"),
                    value=_number(row, "value"),
                    scheme=row.get("scheme", ""),
                    source=row.get("source", ""),
                )
            )
        except (KeyError, ValueError) as fault:
            raise DataFault(
                f"{path}, dòng {line}: cần kpi, on (ngày dạng 2021-04-30) và số ở numerator, denominator hoặc value ({fault})."
            ) from fault
    return found


def _number(row: dict[str, str], name: str) -> float | None:
    return float(row[name]) if name in row else None


def latest(found: list[Entry], kpi: str, unit: str, day: int, *, any_level: bool = False) -> dict[str, Entry]:
    """By scheme, the last entry of a unit at or before a day; entries of a level only where a filter chose them."""
    chosen: dict[str, Entry] = {}
    for entry in found:
        if entry.kpi == kpi and entry.unit == unit and entry.on <= day and (any_level or not entry.level):
            chosen[entry.scheme] = entry
    return chosen
