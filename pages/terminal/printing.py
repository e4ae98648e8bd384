"""Results on stdout, as a table, CSV or JSON; notes on stderr. Nothing printed here steers a terminal."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Any

from data.csvtext import as_csv, visible


class Format(StrEnum):
    table = "table"
    csv = "csv"
    json = "json"


OBEYED = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
"""Characters beyond ASCII that steer a terminal or the direction of writing."""


def note(text: str) -> None:
    print(visible(text), file=sys.stderr)


def is_json(as_json: bool, format: Format) -> bool:
    """--json is short for --format json."""
    return as_json or format is Format.json


def print_json(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1, default=str)
    # Below U+0020 JSON escapes by itself; the rest a terminal would obey.
    sys.stdout.write(OBEYED.sub(lambda found: json.dumps(found[0])[1:-1], text) + "\n")


def print_rows(
    rows: list[dict[str, Any]],
    as_json: bool,
    format: Format = Format.table,
    *,
    columns: Sequence[str] = (),
    without: Collection[str] = (),
) -> None:
    """Rows as asked. Machines get everything; a table has ``columns``, or what the rows have but ``without``."""
    if is_json(as_json, format):
        print_json(rows)
    elif format is Format.csv:
        print_csv(rows)
    elif columns or rows:
        table(columns or [name for name in rows[0] if name not in without], rows)


def print_csv(rows: list[dict[str, Any]]) -> None:
    sys.stdout.write(as_csv(rows, () if rows else ("kpi",)))


def table(columns: Sequence[str], rows: list[dict[str, Any]]) -> None:
    """Plain columns, the same on a screen and in a pipe."""
    cells = [[cell(row.get(name)) for name in columns] for row in rows]
    widths = [max([len(name), *(len(line[n]) for line in cells)]) for n, name in enumerate(columns)]
    for line in [columns, *cells]:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def cell(value: Any) -> str:
    if value is None:
        return "—"
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return visible(text[:80]).replace("\n", " ")
