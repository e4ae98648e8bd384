"""Rows as CSV for people and machines, the same at every door."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from typing import Any

FORMULA_STARTS = frozenset("=+-@\t\r")


def as_csv(rows: Sequence[Mapping[str, Any]], columns: Iterable[str] = ()) -> str:
    """A head and one line per row. ``columns``: those that are always there; others follow as rows bring them.

    A text that a spreadsheet program would run as a formula is defused.
    """
    names = list(dict.fromkeys([*columns, *(name for row in rows for name in row)]))
    out = StringIO(newline="")
    writer = csv.DictWriter(out, names, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _defused(value) for name, value in row.items()})
    return out.getvalue()


def visible(text: str) -> str:
    """Text that a terminal shows and does not obey: names and values come from other people's files."""
    return "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in text)


def _defused(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return visible(f"'{value}" if value[:1] in FORMULA_STARTS else value)
