"""The simulated catalogue of services: what is offered, by whom, at which level, in how many working days.

Names come from two plain files beside this one: ``procedures.csv`` (procedures that receive dossiers) and
``families.csv`` (the long tail: actions × objects of a department). A code that is not a real national code of the
same procedure lies in the simulated range ``d.9ddddd``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent

# How many services each department offers; with 60 at each of the 11 districts they make 1,838 (bài báo 003).
QUOTA = {
    "sct": 105, "syt": 93, "sgtvt": 95, "snnptnt": 99, "svhttdl": 90, "sldtbxh": 84, "stnmt": 85, "sxd": 60,
    "skhdt": 80, "stp": 84, "sgddt": 65, "snv": 70, "stttt": 40, "skhcn": 45, "stc": 12, "vpubnd": 5,
    "ttpvhcc": 3, "sngv": 6, "ttt": 8, "bdt": 4, "bqlkkt": 45,
}  # fmt: skip
DISTRICTS = (
    "dong-xoai", "binh-long", "phuoc-long", "bu-gia-map", "loc-ninh", "bu-dop",
    "hon-quan", "dong-phu", "bu-dang", "chon-thanh", "phu-rieng",
)  # fmt: skip
LEVELS = {3: 482, 4: 1153}
SERVICES = 1838
E_CERTIFICATION = "2.900815"


@dataclass(frozen=True, slots=True)
class Procedure:
    """One procedure. ``days``: working days allowed (0 = the same day); ``weight``: relative number of dossiers."""

    code: str
    name: str
    field: str
    level: int
    days: int
    weight: float
    fee: bool


@dataclass(frozen=True, slots=True)
class Service:
    """One procedure offered by one unit; ``communes``: handled by the communes of the district that offers it."""

    code: str
    unit: str
    procedure: Procedure
    communes: bool


def services() -> list[Service]:
    """All 1,838 services of March 2021, grouped by unit: 203 at level 1–2, 482 at level 3, 1,153 at level 4."""
    listed = _read(HERE / "procedures.csv")
    numbers = iter(range(1_001, 100_000))
    offered: dict[str, list[Procedure]] = {}
    for row in listed:
        procedure = Procedure(
            row["code"] or _simulated_code(next(numbers)), row["name"], row["field"], int(row["level"]),
            int(row["days"]), float(row["weight"]), row["fee"] == "1",
        )  # fmt: skip
        offered.setdefault(row["offered_by"], []).append(procedure)
    tail = _tail(offered, numbers)
    found: list[Service] = []
    for unit in QUOTA:
        found += _of_unit(unit, offered[unit] + tail.get(unit, []), 0)
    for district in DISTRICTS:
        found += _of_unit(district, offered["district"], 0)
        found += _of_unit(district, offered["commune"], len(offered["district"]), communes=True)
    if len(found) != SERVICES:
        raise ValueError(f"{len(found)} services instead of {SERVICES}")
    return found


def _of_unit(unit: str, procedures: Iterable[Procedure], start: int, communes: bool = False) -> list[Service]:
    return [
        Service(f"DVC-{unit}-{number:03d}", unit, procedure, communes)
        for number, procedure in enumerate(procedures, start=start + 1)
    ]


def _tail(offered: dict[str, list[Procedure]], numbers: Iterator[int]) -> dict[str, list[Procedure]]:
    """The departments' seldom used procedures, with levels dealt so that the province's totals come out."""
    names: dict[str, list[tuple[str, dict[str, str]]]] = {}
    for row in _read(HERE / "families.csv"):
        for thing in row["objects"].split(";"):
            for action in row["actions"].split(";"):
                names.setdefault(row["unit"], []).append((f"{action} {thing}", row))
    chosen = [
        (unit, name, row)
        for unit, quota in QUOTA.items()
        for name, row in names.get(unit, [])[: quota - len(offered[unit])]
    ]
    every = [p for unit in QUOTA for p in offered[unit]] + (offered["district"] + offered["commune"]) * len(DISTRICTS)
    missing = {level: count - sum(p.level == level for p in every) for level, count in LEVELS.items()}
    missing[2] = len(chosen) - missing[3] - missing[4]
    tail: dict[str, list[Procedure]] = {}
    dealt = dict.fromkeys(missing, 0)
    for place, (unit, name, row) in enumerate(chosen, start=1):
        level = max(missing, key=lambda one: (missing[one] * place / len(chosen) - dealt[one], one))
        dealt[level] += 1
        procedure = Procedure(
            _simulated_code(next(numbers)), name, row["field"], level, int(row["days"]), 0.12, row["fee"] == "1"
        )
        tail.setdefault(unit, []).append(procedure)
    return tail


def _simulated_code(number: int) -> str:
    return f"{1 + number % 2}.9{number:05d}"


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
