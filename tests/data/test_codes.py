"""Dossier codes as numbers: the same in every store, and never the only thing that tells two dossiers apart."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from data import codes
from data.access import ALL
from data.codes import hash_of, hashes
from data.schema import dossiers
from data.store import Store
from kpi.versions import of_dossier
from tests.data.test_bulk import load, make, rows

CODES = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), max_size=40)
GOLDEN = {
    "": -3335678366873096957,
    "H10": -7145831874319730351,
    "000.00.33.H10-210401-0012": -976671401062749711,
    "hồ sơ": -1491587036164567023,
}


@settings(deadline=None)
@given(CODES, st.integers(0, 5))
def test_numbers_belong_to_codes_wherever_these_stand(found: list[str], cut: int) -> None:
    column = pa.chunked_array([found, found[::-1]], pa.string()).slice(min(cut, len(found)))
    numbers = hashes(column).tolist()
    assert dict(zip(column.to_pylist(), numbers, strict=True)) == {code: hash_of(code) for code in column.to_pylist()}
    assert len(set(numbers)) == len(set(column.to_pylist()))


def test_numbers_never_change() -> None:
    # Stores hold them: made in another way, no dossier would be found again.
    assert {code: hash_of(code) for code in GOLDEN} == GOLDEN


def test_near_codes_have_far_numbers() -> None:
    found = hashes(pa.chunked_array([[f"000.00.33.H10-210401-{n:04}" for n in range(10_000)]]))
    assert len(np.unique(found)) == 10_000
    assert len(np.unique(found >> 44)) > 9_000


def test_two_codes_with_one_number_are_two_dossiers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loaded, changed, missing from a full export, taken back: as if the numbers differed."""
    found = []
    for turn in range(2):
        if turn:
            monkeypatch.setattr(codes, "_mixed", lambda letters: (letters.sum(axis=1) % 3).astype(np.int64))
        home, store = make(tmp_path / str(turn))
        counts = [
            load(store, rows(home, random.Random(1), range(60)), "a", "full"),
            load(store, rows(home, random.Random(2), range(20, 70)), "b", "full"),
            load(store, rows(home, random.Random(2), range(20, 90)), "c", "full"),
        ]
        store.undo(3, who="t", at=1)
        found.append((counts, _said(store), len(of_dossier(store, home, "H30", scope=ALL))))
    assert found[0] == found[1]
    assert found[0][2] == 2


def _said(store: Store) -> list[tuple[object, ...]]:
    names = [column.name for column in dossiers.columns if column.name not in ("id", "code_hash")]
    with store.read() as connection:
        return sorted(
            tuple(map(str, row)) for row in connection.execute(sa.select(*(dossiers.c[name] for name in names)))
        )
