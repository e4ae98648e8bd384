"""The tree of units at a day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from data.errors import CallFault
from data.home import Home, UnitRow

ROOT_LEVEL = "province"


@dataclass(frozen=True)
class Unit:
    code: str
    name: str
    kind: str
    level: str
    parent: str
    short_name: str
    valid: bool
    row: UnitRow | None = None
    """The line of ``units.csv`` that holds on the day; None for a unit that only came in from rows."""


class Tree:
    """Units at a day: those of ``units.csv`` and those that only came in from rows.

    A unit that is not valid on that day keeps its place (its dossiers stay in its parents' sums) but is not listed.
    """

    def __init__(self, home: Home, day: date, from_rows: Iterable[tuple[str, str]] = ()) -> None:
        chosen: dict[str, tuple[UnitRow, bool]] = {}
        for row in home.units:
            valid = (row.valid_from is None or row.valid_from <= day) and (row.valid_to is None or day <= row.valid_to)
            if row.code not in chosen or valid or (not chosen[row.code][1] and _later(row, chosen[row.code][0])):
                chosen[row.code] = (row, valid)
        tops = [code for code, (row, _) in chosen.items() if not row.parent or row.parent not in chosen]
        provinces = [code for code in tops if chosen[code][0].level == ROOT_LEVEL]
        if len(tops) == 1 and (provinces or len(chosen) > 1):
            self.root = tops[0]
        elif len(provinces) == 1:
            self.root = provinces[0]
        else:
            self.root = _free_code(home.name, chosen)
        self.units: dict[str, Unit] = {}
        if self.root not in chosen:
            self.units[self.root] = Unit(self.root, home.name, "", ROOT_LEVEL, "", "", True)
        for code, (row, valid) in chosen.items():
            parent = "" if code == self.root else row.parent if row.parent in chosen else self.root
            self.units[code] = Unit(code, row.name, row.kind, row.level, parent, row.short_name, valid, row)
        for code, name in from_rows:
            if code not in self.units:
                self.units[code] = Unit(code, name, "", "unit", self.root, "", True)

    @cached_property
    def children(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for unit in self.units.values():
            if unit.parent:
                found.setdefault(unit.parent, []).append(unit.code)
        return found

    def __getitem__(self, code: str) -> Unit:
        try:
            return self.units[code]
        except KeyError:
            raise CallFault(f"Không có đơn vị mã «{code}».") from None

    def below(self, code: str) -> list[str]:
        """The unit and everything below it."""
        found, queue = [], [code]
        while queue:
            current = queue.pop()
            found.append(current)
            queue.extend(self.children.get(current, ()))
        return found

    def above(self, code: str) -> list[str]:
        """The unit and everything above it, nearest first."""
        found: list[str] = []
        while code and code not in found:
            found.append(code)
            code = self.units[code].parent
        return found

    def of_level(self, level: str) -> list[str]:
        return sorted(unit.code for unit in self.units.values() if unit.level == level and unit.valid)

    @cached_property
    def levels(self) -> set[str]:
        return {unit.level for unit in self.units.values()}


def _later(row: UnitRow, other: UnitRow) -> bool:
    return (row.valid_from or date.min) > (other.valid_from or date.min)


def _free_code(name: str, taken: object) -> str:
    code = name
    while code in taken:  # type: ignore[operator]
        code += "*"
    return code
