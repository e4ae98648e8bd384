"""Figures of the catalogue and of series against a plain recomputation, on random exports at random moments."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.clock import day_end, day_number
from data.facts import FACTS, SERIES_FACTS, SERVICE_FACTS
from data.home import Home
from data.store import ImportHead, Store
from kpi.engine import figures
from kpi.query import Query

PARENTS = {"tinh": "", "so": "tinh", "huyen": "tinh", "xa": "huyen"}
LEVELS = {"tinh": "province", "so": "department", "huyen": "district", "xa": "commune"}
FIRST = date(2021, 4, 1)
STATES = ("listed", "reviewed", "submitted", "rejected", "integrated", "withdrawn")
Row = dict[str, Any]


@st.composite
def exports(draw: st.DrawFn) -> list[tuple[int, list[Row]]]:
    """Full catalogue exports: the offset of the day on which each is received, and its rows."""
    codes = [f"S{n}" for n in range(draw(st.integers(1, 5)))]
    fixed = {
        code: {"procedure": f"1.{draw(st.integers(1, 3))}", "unit": draw(st.sampled_from(list(PARENTS)))}
        for code in codes
    }
    current: dict[str, Row] = {}
    found, day = [], 0
    for _ in range(draw(st.integers(1, 4))):
        for code in codes:
            if code not in current or draw(st.booleans()):
                change = {
                    "level": draw(st.integers(1, 4)),
                    "eligible_online": draw(st.integers(0, 1)),
                    "eligible_level4": draw(st.integers(0, 1)),
                    "state": draw(st.sampled_from(STATES)),
                }
                told_late = draw(st.integers(0, 2))
                earliest = current[code]["changed_on"] - day_number(FIRST) + 1 if code in current else -9
                on = max(day - told_late, earliest)
                current[code] = {"service_code": code, **fixed[code], **change, "changed_on": day_number(FIRST) + on}
        found.append((day, [dict(row) for row in current.values()]))
        day += draw(st.integers(1, 5))
    return found


acceptances = st.lists(
    st.tuples(st.sampled_from(list(PARENTS)), st.integers(1, 3), st.integers(0, 15), st.sampled_from((1, 2, 3, None))),
    max_size=12,
)
SERIES = ("reports_online", "work_files_online", "land_payments", "national_rank")
entries = st.lists(
    st.tuples(
        st.sampled_from(["so", "tinh"]),
        st.integers(0, 15),
        st.integers(0, 9),
        st.integers(1, 9),
        st.sampled_from(SERIES),
        st.sampled_from(["", "a", "b"]),
    ),
    max_size=12,
    # One entry per figure, unit, scheme and day: a second one would be a correction of the first.
    unique_by=lambda entry: (entry[0], entry[1], entry[4], entry[5] if entry[4] == "national_rank" else ""),
)


def below(unit: str) -> set[str]:
    return {unit}.union(*(below(child) for child, parent in PARENTS.items() if parent == unit))


def in_force(received: list[tuple[int, list[Row]]], on: int, known: int) -> list[Row]:
    """The state of every service on a day, as the exports received up to ``known`` tell it."""
    found: dict[str, Row] = {}
    for day, rows in received:
        for row in rows:
            code = row["service_code"]
            if (
                day <= known
                and row["changed_on"] <= on
                and (code not in found or row["changed_on"] >= found[code]["changed_on"])
            ):
                found[code] = row
    return [row for row in found.values() if row["state"] != "withdrawn"]


def plain_series(told: list[Any], unit: str, offset: int) -> dict[tuple[str, str], float]:
    """The last entry at or before a day, by figure and scheme."""
    found: dict[tuple[str, str], float] = {}
    for owner, day, up, down, kpi, scheme in sorted(told, key=lambda entry: entry[1]):
        if owner == unit and day <= offset:
            value = down if kpi == "national_rank" else up if kpi == "land_payments" else up / down
            found[kpi, scheme if kpi == "national_rank" else ""] = value
    return found


def write(
    store: Store, home: Home, received: list[tuple[int, list[Row]]], accepted: list[Any], told: list[Any]
) -> None:
    def head(name: str, kind: str, offset: int) -> ImportHead:
        return ImportHead(
            name,
            name.ljust(64, "0"),
            "t",
            "p",
            kind,
            "t",
            day_end(day_number(FIRST) + offset, home.zone) - 3_600_000_000,
        )

    # Imports are numbered as they become known, so what is known from the first day on comes first.
    blank = dict.fromkeys(FACTS.names) | {"flags": 0, "sheet": "", "row": 2}
    facts = [
        blank | {"code": str(n), "unit": unit, "procedure": f"1.{procedure}", "channel": channel,
                 "accepted_at": day_end(day_number(FIRST) + day, home.zone) - 36_000_000_000}
        for n, (unit, procedure, day, channel) in enumerate(accepted)
    ]  # fmt: skip
    values = [
        {"kpi": kpi, "unit": unit, "level": "", "on": day_number(FIRST) + day, "source": "t", "sheet": "", "row": 2,
         "scheme": scheme if kpi == "national_rank" else "",
         "numerator": None if kpi == "national_rank" else float(up),
         "denominator": float(down) if kpi in ("reports_online", "work_files_online") else None,
         "value": float(down) if kpi == "national_rank" else None}
        for unit, day, up, down, kpi, scheme in told
    ]  # fmt: skip
    with store.writer(head("d", "dossiers", 0)) as writer:
        writer.apply_dossiers(pa.Table.from_pylist(facts, schema=FACTS))
        writer.finish(read=len(facts), refused=0)
    with store.writer(head("v", "series", 0)) as writer:
        writer.apply_series(pa.Table.from_pylist(values, schema=SERIES_FACTS))
        writer.finish(read=len(values), refused=0)
    empty = dict.fromkeys(SERVICE_FACTS.names) | {"name": "n", "sheet": "", "row": 2}
    for number, (offset, rows) in enumerate(received):
        with store.writer(head(f"s{number}", "services", offset)) as writer:
            writer.apply_services(pa.Table.from_pylist([empty | row for row in rows], schema=SERVICE_FACTS))
            writer.finish(read=len(rows), refused=0)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(received=exports(), accepted=acceptances, told=entries, data=st.data())
def test_catalogue_and_series_equal_a_plain_recomputation(
    received: list[tuple[int, list[Row]]], accepted: list[Any], told: list[Any], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        lines = [f"{code},{code},{code},{LEVELS[code]},{parent}" for code, parent in PARENTS.items()]
        (root / "units.csv").write_text("code,name,kind,level,parent\n" + "\n".join(lines) + "\n", encoding="utf-8")
        home = Home(root)
        store = Store.open(home)
        write(store, home, received, accepted, told)
        for _ in range(6):
            offset, known = data.draw(st.integers(0, 16)), data.draw(st.integers(0, 20))
            start = data.draw(st.integers(0, offset))
            unit = data.draw(st.sampled_from(list(PARENTS)))
            window = f"{FIRST + timedelta(days=start)}..{FIRST + timedelta(days=offset)}"
            moment = day_end(day_number(FIRST) + offset, home.zone)
            known_at = day_end(day_number(FIRST) + known, home.zone)
            there = [row for row in in_force(received, day_number(FIRST) + offset, known) if row["unit"] in below(unit)]
            level3 = [row for row in there if row["level"] >= 3]
            eligible = [row for row in level3 if row["eligible_online"]]
            level4 = [row for row in there if row["eligible_level4"]]
            used = [
                row
                for row in level3
                if any(
                    channel == 2
                    and f"1.{procedure}" == row["procedure"]
                    and handling in below(row["unit"])
                    and start <= day <= offset
                    for handling, procedure, day, channel in accepted
                )
            ]
            want: dict[str, tuple[Any, Any]] = {
                "services": (len(there), None),
                "npsp_integration": (sum(row["state"] == "integrated" for row in eligible), len(eligible)),
                "level4_share": (sum(row["level"] == 4 for row in level4), len(level4)),
                "services_active": (len(used), len(level3)),
            }
            asked = Query(kpis=(*want, *SERIES), as_of=moment, known_at=known_at, unit=unit, window=window)
            rows = figures(store, home, asked)
            got = {row.kpi: (row.numerator, row.denominator) for row in rows if row.kpi in want}
            said = {
                (row.kpi, row.scheme or ""): row.value for row in rows if row.kpi in SERIES and row.value is not None
            }
            assert said == plain_series(told, unit, offset)
            if not any(day <= known for day, _ in received):
                want |= dict.fromkeys(("services", "npsp_integration", "level4_share", "services_active"), (None, None))
            assert got == want, (unit, window, known)
        store.engine.dispose()
