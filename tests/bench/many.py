"""A store with as many dossiers as asked for, written through the real writer."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from data.clock import MICROSECONDS_PER_DAY, day_number, day_start
from data.facts import FACTS
from data.home import Home
from data.schema import CHANNELS
from data.store import ImportHead, Store
from tests.exports import province

UNITS, PROCEDURES, PER_FILE = 100, 300, 250_000
CAMPAIGN = "92-ngay"
FIRST, LAST = date(2022, 5, 1), date(2022, 8, 31)
"""Days of acceptance: a month before the campaign and all of its 92."""
HOUR = MICROSECONDS_PER_DAY // 24


def filled(root: Path, dossiers: int) -> tuple[Home, Store]:
    """A fresh copy of the shipped home with ``dossiers`` dossiers of 100 units; one in a hundred is corrected later."""
    home = Home(province(root))
    store = Store.open(home)
    dice = np.random.default_rng(5)
    codes = [unit.code for unit in home.units if unit.level in ("department", "district", "commune")][:UNITS]
    end = day_start(day_number(LAST), home.zone)
    for number, start in enumerate(range(0, dossiers, PER_FILE)):
        facts = _facts(dice, home, codes, start, min(PER_FILE, dossiers - start))
        head = _head(f"many-{number}", end + number)
        with store.writer(head) as writer:
            writer.apply_dossiers(facts)
            writer.finish(read=facts.num_rows, refused=0)
    later = facts.slice(0, max(dossiers // 100, 1))
    finished = later.schema.get_field_index("finished_at")
    again = later.set_column(finished, FACTS.field("finished_at"), later["returned_at"])
    with store.writer(_head("corrected", end + 2**20)) as writer:
        writer.apply_dossiers(again)
        writer.finish(read=again.num_rows, refused=0)
    return home, store


def _head(name: str, at: int) -> ImportHead:
    return ImportHead(name, hashlib.sha256(name.encode()).hexdigest(), "bench", "bench", "dossiers", "bench", at)


def _facts(dice: np.random.Generator, home: Home, codes: list[str], start: int, count: int) -> pa.Table:
    zero = day_start(day_number(FIRST), home.zone)
    accepted = zero + dice.integers(0, (LAST - FIRST).days + 1, count) * MICROSECONDS_PER_DAY
    accepted += dice.integers(7 * HOUR, 17 * HOUR, count)
    allowed = dice.integers(1, 21, count) * MICROSECONDS_PER_DAY
    # Most are finished well before their time is over, one in twelve after it, one in thirty not at all.
    taken = (
        allowed * np.where(dice.random(count) < 1 / 12, dice.uniform(1, 2, count), dice.uniform(0, 1, count))
    ).astype(np.int64)
    finished, still_open = accepted + taken, dice.random(count) < 1 / 30
    until = day_start(day_number(LAST) + 1, home.zone)
    unfinished = still_open | (finished >= until)
    procedures = np.array([f"1.{n:06}" for n in range(PROCEDURES)], object)[dice.integers(0, PROCEDURES, count)]
    yes = dice.random((3, count))
    columns = {
        "code": np.char.add("B", np.char.zfill(np.arange(start, start + count).astype(str), 9)),
        "unit": np.array(codes, object)[np.minimum(dice.geometric(0.03, count) - 1, len(codes) - 1)],
        "procedure": procedures,
        "service_level": np.where(yes[0] < 0.8, 4, 2),
        "channel": np.where(yes[1] < 0.6, CHANNELS["online"], CHANNELS["counter"]),
        "return_mode": dice.integers(0, 3, count),
        "digitised": (yes[2] < 0.5).astype(int),
        "payment": dice.integers(0, 4, count),
        "accepted_at": accepted,
        "due_at": accepted + allowed,
        "finished_at": np.ma.MaskedArray(finished, unfinished),
        "returned_at": np.ma.MaskedArray(finished + HOUR, unfinished),
        "flags": np.zeros(count, int),
        "sheet": np.full(count, "", object),
        "row": np.arange(count),
    }
    arrays = [_array(columns.get(field.name), field.type, count) for field in FACTS]
    return pa.Table.from_arrays(arrays, schema=FACTS)


def _array(values: np.ndarray | None, kind: pa.DataType, count: int) -> pa.Array:
    if values is None:
        return pa.nulls(count, kind)
    mask = values.mask if isinstance(values, np.ma.MaskedArray) else None
    plain = np.asarray(values.data if mask is not None else values)
    return pa.array(plain.tolist() if plain.dtype.kind in "UO" else plain, kind, mask=mask)
