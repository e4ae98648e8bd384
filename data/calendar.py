"""Working days: Monday to Friday, less days off, plus extra working days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache


@dataclass(frozen=True)
class WorkCalendar:
    days_off: frozenset[date] = frozenset()
    extra_workdays: frozenset[date] = frozenset()

    def is_working(self, day: date) -> bool:
        return day in self.extra_workdays or (day.weekday() < 5 and day not in self.days_off)

    def working_days(self, first: date, last: date) -> list[date]:
        """Working days from ``first`` to ``last``, both included."""
        return list(_working_days(self, first, last))

    def last_working_days(self, day: date, count: int) -> list[date]:
        """The last ``count`` working days up to and including ``day``, oldest first."""
        found: list[date] = []
        while len(found) < count and day > date(1900, 1, 1):
            if self.is_working(day):
                found.append(day)
            day -= timedelta(days=1)
        return found[::-1]

    def add(self, day: date, count: int) -> date:
        """The working day ``count`` working days after ``day``."""
        while count > 0:
            day += timedelta(days=1)
            count -= self.is_working(day)
        return day


@lru_cache(maxsize=4096)
def _working_days(calendar: WorkCalendar, first: date, last: date) -> tuple[date, ...]:
    """Remembered: the pace of every unit asks for the same few spans."""
    span = (last - first).days + 1
    return tuple(day for day in (first + timedelta(days=n) for n in range(max(span, 0))) if calendar.is_working(day))
