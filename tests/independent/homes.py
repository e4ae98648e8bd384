"""A random world written down as a home folder and loaded through the store's own writer."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from data.facts import FACTS
from data.home import Home
from data.store import ImportHead, Store
from tests.independent.reference import Dossier, World

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOMENTS = {name for name in FACTS.names if name.endswith("_at")}
CAMPAIGN = "thu"


def micros(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def write_home(world: World, root: Path) -> Home:
    """The folder that says what `world` says: units, calendar, record start and one campaign with its rules."""
    assert world.campaign_start and world.campaign_last_day
    (root / "campaigns").mkdir(parents=True)
    listed = ", ".join(f'"{code}"' for code in sorted(world.e_certification))
    start = f"record_start = {world.record_start}\n" if world.record_start else ""
    (root / "home.toml").write_text(
        f'name = "Tỉnh thử"\ntimezone = "{world.zone.key}"\n{start}e_certification = [{listed}]\n', encoding="utf-8"
    )
    lines = ["code,name,kind,level,parent,valid_from,valid_to"]
    for unit in world.units:
        cells = (unit.code, f"Đơn vị {unit.code}", "", unit.level, unit.parent, unit.valid_from, unit.valid_to)
        lines.append(",".join("" if cell is None else str(cell) for cell in cells))
    (root / "units.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    days = "".join(f"{day},off,nghỉ\n" for day in sorted(world.days_off))
    (root / "holidays.csv").write_text("day,kind,name\n" + days, encoding="utf-8")
    rules = "\n".join(f'{name} = "{value}"' for name, value in world.rules.items())
    # The last day is the target's, a day after the campaign's end, so that the window has to follow the target.
    end = max(world.campaign_start, world.campaign_last_day - timedelta(days=1))
    (root / "campaigns" / f"{CAMPAIGN}.toml").write_text(
        f'key = "{CAMPAIGN}"\nstart = {world.campaign_start}\nend = {end}\n[name]\nvi = "Chiến dịch thử"\n[rules]\n{rules}\n'
        f'[[target]]\nkpi = "on_time_resolved"\nvalue = 1.0\ndue = {world.campaign_last_day}\n',
        encoding="utf-8",
    )
    return Home(root)


def load_world(world: World, store: Store) -> None:
    """Every file of the world, in the order in which it was received."""
    for number, one in enumerate(world.imports, start=1):
        name = f"tep-{number}.csv"
        digest = hashlib.sha256(name.encode()).hexdigest()
        head = ImportHead(name, digest, "thử", "thử", "dossiers", "thử", micros(one.at))
        with store.writer(head) as writer:
            writer.apply_dossiers(facts(one.dossiers))
            writer.finish(read=len(one.dossiers), refused=0)


def facts(dossiers: tuple[Dossier, ...]) -> pa.Table:
    rows = []
    for number, dossier in enumerate(dossiers, start=2):
        row = {name: dossier.get(name) for name in FACTS.names} | {"flags": 0, "sheet": "", "row": number}
        rows.append(row | {name: micros(row[name]) for name in MOMENTS if row[name] is not None})
    return pa.Table.from_pylist(rows, schema=FACTS)
