"""JSON: a list of dossiers, one per line (NDJSON), or a call of the national sync around it (``DongBoHoSoMC``,
``CapNhatTienDoHoSoMC`` with ``data``).

A dossier's row is its place in the file, from 1. Only plain values are read; lists inside a dossier are left aside.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from math import isnan
from typing import Any

import pyarrow as pa

from data.errors import RefusedFile
from data.locale import _
from loaders.formats import Misfit, Rows, null_character
from loaders.formats.csv_file import as_utf8

_DEPTH = 3
"""How many calls may be wrapped around the list."""
_KEYED = 20
"""An object of more objects than this is a list of dossiers by their codes, not a call."""
_MOST_LISTS = 1000
_MOST_HEADINGS = 16_384
"""As many as a workbook has columns."""


def accepts(head: bytes) -> bool:
    text = (
        head.removeprefix(b"\xef\xbb\xbf")
        .removeprefix(b"\xff\xfe")
        .removeprefix(b"\xfe\xff")
        .replace(b"\0", b"")
        .lstrip()
    )
    return re.match(rb"\{|\[[\s\[{\]]", text) is not None


def sheets(data: bytes, name: str) -> list[JsonSheet]:
    """Raises RefusedFile when the text is no JSON or holds no list of objects."""
    text = as_utf8(data, name).decode()
    return [JsonSheet(items, name) for items in _lists(text, name)]


class JsonSheet:
    """Objects as rows; their keys are the headings."""

    name = ""

    def __init__(self, items: list[Any], file: str) -> None:
        self.items = items
        headings: dict[str, None] = {}
        # Every one: a field may be left out where it is empty, as the end of whatever is open.
        for item in items:
            if isinstance(item, dict) and not item.keys() <= headings.keys():
                headings |= dict.fromkeys(item)
                if len(headings) > _MOST_HEADINGS:
                    raise _no_list(file)
        self.top: Sequence[Sequence[str]] = [list(headings)]
        self.heads = self.top

    def read(self, header: int, columns: dict[str, int]) -> Rows:
        names = {field: self.top[0][position] for field, position in columns.items()}
        cells: dict[str, list[str | None]] = {field: [] for field in columns}
        numbers: list[int] = []
        misfits: list[Misfit] = []
        for number, item in enumerate(self.items, start=1):
            if not isinstance(item, dict):
                misfits.append(
                    Misfit(number, _("Phần tử thứ {row} không phải một hồ sơ.", row=number), _("Hãy xuất lại tệp."))
                )
                continue
            texts = [_text(item.get(name)) for name in names.values()]
            if any(text and "\0" in text for text in texts):
                misfits.append(null_character(number))
                continue
            numbers.append(number)
            for field, text in zip(names, texts, strict=True):
                cells[field].append(text)
        table = pa.table({field: pa.array(values, pa.string()) for field, values in cells.items()})
        return Rows(table, pa.array(numbers, pa.int32()), misfits)


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, str):
        # A lone surrogate is no text in any encoding.
        return value.encode("utf-8", "replace").decode() or None
    if isinstance(value, float):
        # Where a column lacks some numbers, programs write 4.0 for code 4, and NaN for none.
        return None if isnan(value) else str(int(value)) if value.is_integer() else str(value)
    return str(value) if isinstance(value, int) else None


def _lists(text: str, name: str) -> list[list[Any]]:
    """Every list of the file that may be the dossiers: which one is, its headings tell."""
    try:
        found = json.loads(text)
    except RecursionError as fault:
        raise RefusedFile(name, _("Tệp JSON lồng nhau quá sâu."), _("Hãy xuất lại tệp.")) from fault
    except ValueError as fault:
        found = _lines(text, name, fault)
    lists = list(islice(_within(found, name, _DEPTH), _MOST_LISTS + 1))
    if len(lists) > _MOST_LISTS or not any(isinstance(item, dict) for items in lists for item in items):
        raise _no_list(name)
    return lists


def _no_list(name: str) -> RefusedFile:
    return RefusedFile(
        name, _("Tệp JSON không có danh sách hồ sơ."), _("Cần một danh sách, hoặc gói tin có mục «data».")
    )


def _within(found: Any, name: str, depth: int) -> Iterator[list[Any]]:
    if isinstance(found, list):
        calls = [item["data"] for item in found if isinstance(item, dict) and isinstance(item.get("data"), list)]
        yield [item for call in calls for item in call] if calls and len(calls) == len(found) else found
    elif isinstance(found, dict) and depth:
        if isinstance(found.get("data"), str):
            # Some systems send the list as a text within the text.
            try:
                found = {**found, "data": json.loads(found["data"])}
            except (ValueError, RecursionError) as fault:
                raise RefusedFile(
                    name, _("Mục «data» của gói tin không phải JSON hợp lệ."), _("Hãy xuất lại tệp.")
                ) from fault
        if isinstance(found.get("data"), (list, dict)):
            yield from _within(found["data"], name, depth - 1)
            return
        yield [found]
        keyed = [value for value in found.values() if isinstance(value, dict)]
        if len(keyed) > _KEYED:
            yield keyed
        for value in found.values():
            if isinstance(value, list) or (isinstance(value, dict) and len(keyed) <= _KEYED):
                yield from _within(value, name, depth - 1)


def _lines(text: str, name: str, whole: ValueError) -> list[Any]:
    items = []
    # Not splitlines: a separator of lines or paragraphs may stand within a text.
    for number, line in enumerate(io.StringIO(text, newline=None), start=1):
        if not line.strip():
            continue
        try:
            items.append(json.loads(line))
        except (ValueError, RecursionError) as fault:
            raise RefusedFile(
                name,
                _("Dòng {row} không phải JSON hợp lệ.", row=number if items else getattr(whole, "lineno", number)),
                _("Hãy xuất lại tệp; tệp có thể đã bị cắt giữa chừng."),
            ) from fault
    return items
