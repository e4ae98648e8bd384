"""Time in one place: moments are UTC microseconds, days are days since 1970-01-01 in the home's zone.

Integers keep comparisons exact in every database and cost eight bytes.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

EPOCH = date(1970, 1, 1)
MICROSECONDS_PER_DAY = 86_400_000_000
_EPOCH_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def day_number(day: date) -> int:
    return (day - EPOCH).days


def day_of(number: int) -> date:
    return EPOCH + timedelta(days=number)


def to_micros(moment: datetime) -> int:
    """UTC microseconds of an aware datetime."""
    return (moment - _EPOCH_MOMENT) // _MICROSECOND


def from_micros(micros: int, zone: ZoneInfo) -> datetime:
    return (_EPOCH_MOMENT + timedelta(microseconds=micros)).astimezone(zone)


def local_day(micros: int, zone: ZoneInfo) -> int:
    return day_number(from_micros(micros, zone).date())


def day_start(day: int, zone: ZoneInfo) -> int:
    """The first instant of a local day; a midnight that does not exist moves forward."""
    return to_micros(datetime.combine(day_of(day), time.min, zone))


def day_end(day: int, zone: ZoneInfo) -> int:
    """The last instant of a local day."""
    return day_start(day + 1, zone) - 1


def at_clock(day: int, clock: time, zone: ZoneInfo) -> int:
    """A time of a local day; one that does not exist moves forward."""
    return to_micros(datetime.combine(day_of(day), clock, zone))


_BARE_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def parse_moment(text: str, zone: ZoneInfo) -> int:
    """ISO date or date and time as UTC microseconds; a bare date means its last instant.

    Raises ValueError when the text is neither.
    """
    text = text.strip()
    if _BARE_DATE.fullmatch(text):
        return day_end(day_number(date.fromisoformat(text)), zone)
    moment = datetime.fromisoformat(text)
    return to_micros(moment if moment.tzinfo else moment.replace(tzinfo=zone))


def iso(micros: int, zone: ZoneInfo) -> str:
    """ISO 8601 with the home's offset; whole seconds unless there are microseconds."""
    return from_micros(micros, zone).isoformat()
