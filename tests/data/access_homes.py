"""A small province with people: what tests of access, audit and backup share."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import pyarrow as pa

from data.access import Role
from data.clock import parse_moment
from data.facts import FACTS
from data.home import Home
from data.logins import Login, begin
from data.people import LOCAL, Viewer
from data.records import ImportHead
from data.roll import Wanted, propose
from data.store import Store

MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
AT = 1_775_000_000_000_000
"""A moment of 2026; tests count on from it."""
ISSUER = "https://sso.tinh.example"

UNITS = """code,name,kind,level,parent,valid_from,valid_to
tinh,Tỉnh Thử,tinh,province,,,
so-a,Sở A,so,department,tinh,,
so-b,Sở B,so,department,tinh,,
huyen-c,Huyện C,huyen,district,tinh,,
huyen-d,Huyện D,huyen,district,tinh,,
xa-1,Xã Một,xa,commune,huyen-c,,
xa-2,Xã Hai,xa,commune,huyen-c,,2025-06-30
xa-3,Xã Ba,xa,commune,huyen-c,,2025-12-31
xa-3,Xã Ba,xa,commune,huyen-d,2026-01-01,
"""


def small_home(root: Path, viewers: str = "", settings: str = "") -> Home:
    """Units only; ``viewers``: lines of viewers.csv below its head."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "home.toml").write_text(f'name = "Tỉnh Thử"\n{settings}', encoding="utf-8")
    (root / "units.csv").write_text(UNITS, encoding="utf-8")
    if viewers:
        (root / "viewers.csv").write_text(f"email,issuer,subject,name,role,unit\n{viewers}", encoding="utf-8")
    return Home(root)


def small_store(root: Path, viewers: str = "", settings: str = "") -> Store:
    """A store over ``small_home``, from a database that was made once."""
    home = small_home(root, viewers, settings)
    (root / "campaign.db").write_bytes(_empty_database())
    return Store.open(home)


@cache
def _empty_database() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(small_home(Path(folder)))
        store.engine.dispose()
        return (Path(folder) / "campaign.db").read_bytes()


def invited(store: Store, name: str, role: Role, unit: str = "", at: int = AT) -> Viewer:
    """Somebody invited by the person at the machine, who then logs in for the first time."""
    email = f"{name.lower()}@tinh.example"
    assert propose(store, LOCAL, Wanted(name, role, unit, email), at) is None
    return begin(store, login_of(name, at + HOUR), at + HOUR)


def login_of(name: str, started: int, key: str = "") -> Login:
    return Login(ISSUER, f"sub-{name.lower()}", f"{name.lower()}@tinh.example", key or f"{name}-{started}", started)


def load_some(store: Store, name: str, codes: list[str], unit: str = "so-a", at: int = AT) -> int:
    """Finished dossiers of one unit, as one import; gives its number."""
    row: dict[str, object] = dict.fromkeys(FACTS.names)
    accepted = parse_moment("2026-03-02T08:00", store.home.zone)
    row |= {"unit": unit, "accepted_at": accepted, "due_at": accepted + 5 * DAY, "finished_at": accepted + DAY}
    rows = [row | {"code": code, "flags": 0, "sheet": "", "row": n} for n, code in enumerate(codes, start=2)]
    with store.writer(ImportHead(name, name.ljust(64, "0"), "tests", "p", "dossiers", "t", at)) as writer:
        writer.apply_dossiers(pa.Table.from_pylist(rows, schema=FACTS))
        writer.finish(read=len(rows), refused=0)
    return writer.import_id
