"""Figures that read the catalogue: its state at T, as known then, and the level of a service at acceptance."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from data import rollup
from data.access import ALL
from data.clock import day_number, parse_moment
from data.facts import FACTS, SERVICE_FACTS
from data.home import Home
from data.store import ImportHead, Store
from kpi.engine import figures
from kpi.explain import behind
from kpi.query import Query

UNITS = """code,name,kind,level,parent
tinh,Tỉnh thử,tinh,province,
huyen,Huyện thử,huyen,district,tinh
xa,Xã thử,xa,commune,huyen
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "units.csv").write_text(UNITS, encoding="utf-8")
    return Home(tmp_path)


@pytest.fixture
def store(home: Home) -> Store:
    return Store.open(home)


def moment(home: Home, text: str) -> int:
    return parse_moment(text, home.zone)


def head(home: Home, name: str, at: str) -> ImportHead:
    return ImportHead(name, name.ljust(64, "0"), "tests", "p", "services", "t", moment(home, at))


def catalogue(store: Store, home: Home, name: str, at: str, *rows: dict[str, object]) -> None:
    empty: dict[str, object] = dict.fromkeys(SERVICE_FACTS.names) | {
        "name": "Thủ tục",
        "sheet": "",
        "row": 2,
        "eligible_online": 1,
    }
    with store.writer(head(home, name, at)) as writer:
        writer.apply_services(pa.Table.from_pylist([empty | row for row in rows], schema=SERVICE_FACTS))
        writer.finish(read=len(rows), refused=0)


def service(
    code: str, unit: str, level: int, state: str = "listed", on: str | None = None, **more: object
) -> dict[str, object]:
    from datetime import date

    changed = None if on is None else day_number(date.fromisoformat(on))
    return {
        "service_code": code,
        "procedure": f"1.{code}",
        "unit": unit,
        "level": level,
        "state": state,
        "changed_on": changed,
    } | more


def dossiers(store: Store, home: Home, *rows: tuple[str, str, str, str, int]) -> None:
    """Rows of code, unit, procedure, day of acceptance, channel."""
    empty: dict[str, object] = dict.fromkeys(FACTS.names) | {"flags": 0, "sheet": "", "row": 2}
    facts = [
        empty
        | {
            "code": code,
            "unit": unit,
            "procedure": procedure,
            "accepted_at": moment(home, f"{day}T08:00"),
            "channel": channel,
        }
        for code, unit, procedure, day, channel in rows
    ]
    with store.writer(head(home, f"d{rows[0][0]}", "2022-12-01")) as writer:
        writer.apply_dossiers(pa.Table.from_pylist(facts, schema=FACTS))
        writer.finish(read=len(facts), refused=0)


def ask(store: Store, home: Home, kpi: str, **more: object) -> tuple[float | None, float | None]:
    row = figures(store, home, Query(kpis=(kpi,), **({"window": "all"} | more)))[0]  # type: ignore[arg-type]
    return row.numerator, row.denominator


@pytest.mark.parametrize("catalogue_first", [True, False])
def test_the_level_is_that_of_the_nearest_service_at_acceptance(
    store: Store, home: Home, catalogue_first: bool
) -> None:
    rows = (
        service("A", "tinh", 4),  # offered by the province for everyone below
        service("B", "tinh", 4),
        service("B2", "huyen", 2, procedure="1.B"),  # but the district's own is only level 2
        service("C", "xa", 2, on="2022-01-01"),
        service("C", "xa", 3, on="2022-08-15"),
    )
    facts = (
        ("1", "xa", "1.A", "2022-03-01", 2),
        ("2", "xa", "1.B", "2022-03-01", 2),
        ("3", "xa", "1.C", "2022-08-14", 2),
        ("4", "xa", "1.C", "2022-08-15", 1),
        ("5", "xa", "1.unknown", "2022-08-15", 2),
    )
    steps = [
        lambda: [catalogue(store, home, f"c{n}", "2022-12-01", row) for n, row in enumerate(rows)],
        lambda: dossiers(store, home, *facts),
    ]
    for step in steps if catalogue_first else steps[::-1]:
        step()
    assert ask(store, home, "online_eligible") == (1, 2)  # 1 and 4 are of level 3 or more, 1 came online
    assert rollup.differences(store, home) == []
    assert ask(store, home, "online_submit", filter="level>=3") == (1, 2)


def test_states_hold_from_their_day_and_are_known_from_their_import(store: Store, home: Home) -> None:
    catalogue(
        store,
        home,
        "1",
        "2021-04-01T17:00",
        service("A", "tinh", 4, "rejected", "2021-03-01"),
        service("B", "huyen", 3, "integrated", "2021-03-01"),
    )
    catalogue(store, home, "2", "2021-04-20T17:00", service("A", "tinh", 4, "integrated", "2021-04-10"))

    def at(day: str, known: str | None = None) -> tuple[float | None, float | None]:
        known_at = None if known is None else moment(home, known)
        return ask(store, home, "npsp_integration", as_of=moment(home, day), known_at=known_at)

    assert at("2021-04-09") == (1, 2)
    assert at("2021-04-10") == (2, 2)
    assert at("2021-04-10", "2021-04-19") == (1, 2)
    assert at("2021-02-01") == (0, 0)


def test_services_left_out_by_the_review_leave_the_denominator(store: Store, home: Home) -> None:
    left_out = service("B", "tinh", 4, "rejected", "2021-04-16", eligible_online=0, exclusion_reason="Không phát sinh")
    catalogue(
        store,
        home,
        "1",
        "2021-04-01",
        service("A", "tinh", 4, "integrated", "2021-03-01"),
        service("B", "tinh", 4, "rejected", "2021-03-01"),
    )
    catalogue(store, home, "2", "2021-04-16", left_out)
    assert ask(store, home, "npsp_integration", as_of=moment(home, "2021-04-15")) == (1, 2)
    assert ask(store, home, "npsp_integration", as_of=moment(home, "2021-04-16")) == (1, 1)
    assert ask(store, home, "services", as_of=moment(home, "2021-04-16"), filter="state!=integrated") == (1, None)


def test_a_service_is_in_use_from_its_first_online_dossier_below_its_unit(store: Store, home: Home) -> None:
    catalogue(
        store, home, "1", "2022-01-01", service("A", "tinh", 4), service("B", "huyen", 3), service("C", "huyen", 2)
    )
    dossiers(store, home, ("1", "xa", "1.A", "2022-03-05", 2), ("2", "xa", "1.B", "2022-03-05", 1))
    assert ask(store, home, "services_active", as_of=moment(home, "2022-03-04")) == (0, 2)
    assert ask(store, home, "services_active", as_of=moment(home, "2022-03-05")) == (1, 2)


def test_what_stands_behind_a_figure_adds_up_to_it(store: Store, home: Home) -> None:
    catalogue(
        store,
        home,
        "1",
        "2021-04-01",
        service("A", "tinh", 4, "integrated", "2021-03-01"),
        service("B", "huyen", 3, "rejected", "2021-03-01", reason="Lỗi biểu mẫu"),
    )
    found = behind(store, home, Query(window="all", as_of=moment(home, "2021-04-01")), "npsp_integration", scope=ALL)
    assert [(row["service_code"], row["numerator"], row["denominator"], row["reason"]) for row in found] == [
        ("A", 1, 1, None),
        ("B", 0, 1, "Lỗi biểu mẫu"),
    ]
