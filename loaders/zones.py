"""Local times → UTC for whole columns.

Built on zoneinfo, so that the answer does not depend on the zone files of the machine: a bare one may have none.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

DAY = 86_400_000_000
"""Microseconds of a day."""
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a local clock, its zone comes later

Micros = NDArray[np.int64]
Mask = NDArray[np.bool_]


def to_utc(local: Micros, zone: ZoneInfo) -> tuple[Micros, Mask, Mask]:
    """Local microseconds → (UTC microseconds, where the local time occurs twice, where it does not exist).

    A time that occurs twice takes the earlier offset; one that does not exist moves forward to the first that does.
    """
    ambiguous = np.zeros(local.shape, np.bool_)
    missing = np.zeros(local.shape, np.bool_)
    result = local.copy()
    if not len(local):
        return result, ambiguous, missing
    # The days that occur, found by marking them on a calendar: sorting a million of them takes longer than all the rest.
    day = local // DAY
    first = int(day.min())
    day -= first
    offsets = np.zeros(int(day.max()) + 1, np.int64)
    occurs = np.zeros(offsets.shape, np.bool_)
    occurs[day] = True
    for number in np.flatnonzero(occurs).tolist():
        same = _offset_of_day(first + number, zone)
        if same is not None:
            offsets[number] = same
            continue
        for value in np.unique(local[day == number]).tolist():
            at = local == value
            result[at], ambiguous[at], missing[at] = _one(value, zone)
        offsets[number] = _ONE_BY_ONE
    offset = offsets[day]
    plain = offset != _ONE_BY_ONE
    result[plain] = local[plain] - offset[plain]
    return result, ambiguous, missing


_ONE_BY_ONE = np.iinfo(np.int64).min


@lru_cache(maxsize=100_000)
def _offset_of_day(day: int, zone: ZoneInfo) -> int | None:
    """The offset of a local day; None when it changes on it or a few hours before or after."""
    found = {_offset(day * DAY + hours * DAY // 24, zone) for hours in (-6, 0, 6, 12, 18, 24, 30)}
    return found.pop() if len(found) == 1 else None


def _offset(local: int, zone: ZoneInfo, fold: int = 0) -> int:
    try:
        moment = _EPOCH + timedelta(microseconds=local)
        offset = moment.replace(tzinfo=zone, fold=fold).utcoffset()
    except OverflowError:
        offset = None
    return 0 if offset is None else offset // timedelta(microseconds=1)


def _one(local: int, zone: ZoneInfo) -> tuple[int, bool, bool]:
    before, after = _offset(local, zone), _offset(local, zone, fold=1)
    if before == after:
        return local - before, False, False
    if before > after:
        return local - before, True, False
    # The clock jumped over this time: the jump lies between its readings with the new and the old offset.
    low, high = local - after, local - before
    while high - low > 1:
        middle = (low + high) // 2
        if _offset_at(middle, zone) == before:
            low = middle
        else:
            high = middle
    return high, False, True


def _offset_at(utc: int, zone: ZoneInfo) -> int:
    moment = (_EPOCH + timedelta(microseconds=utc)).replace(tzinfo=ZoneInfo("UTC")).astimezone(zone)
    offset = moment.utcoffset()
    assert offset is not None
    return offset // timedelta(microseconds=1)
