"""A question to the engine, and the window and moment it means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from data.clock import day_end, day_number, day_of, local_day
from data.errors import CallFault, NoData
from data.home import Campaign, Home, Rules
from data.store import Store

WINDOWS = ("campaign", "day", "week", "month", "all")


@dataclass(frozen=True)
class Query:
    """Which figures, of which units, over which window, as of and as known at which moment (UTC microseconds).

    ``by``: a level, or "unit" for every unit's own; None gives one row for ``unit`` or the root. ``kpis`` empty = all.
    ``known_import``: what was known after that import, whatever the clock said; goes before ``known_at``.
    """

    campaign: Campaign | None = None
    kpis: tuple[str, ...] = ()
    as_of: int | None = None
    known_at: int | None = None
    by: str | None = None
    unit: str | None = None
    window: str = "campaign"
    filter: str = ""
    known_import: int | None = None

    @property
    def rules(self) -> Rules:
        return self.campaign.rules if self.campaign else Rules()


@dataclass(frozen=True)
class Span:
    """The window in days and moments: ``first`` and ``last`` are local days, ``until`` its last moment, ``as_of`` is T."""

    first: int | None
    last: int | None
    until: int
    as_of: int
    known_import: int


def resolve(store: Store, home: Home, query: Query) -> Span:
    """The span of a query. Raises CallFault for a window that cannot be read or has no campaign."""
    known = store.import_at(query.known_at) if query.known_import is None else store.believed_after(query.known_import)
    first, last = _fixed(home, query)
    window_end = None if last is None else day_end(last, home.zone)
    as_of = query.as_of
    if as_of is None:
        latest = store.latest_moment(known)
        candidates = [moment for moment in (latest, window_end) if moment is not None]
        if not candidates:
            raise NoData(
                "Chưa có dữ liệu. Hãy nạp tệp bằng «campaign load TỆP» hoặc dựng dữ liệu mẫu bằng «campaign demo»."
            )
        as_of = min(candidates)
    if query.window in ("day", "week", "month"):
        first, last = _calendar(query.window, day_of(local_day(as_of, home.zone)))
        window_end = day_end(last, home.zone)
    return Span(first, last, as_of if window_end is None else min(as_of, window_end), as_of, known)


def _fixed(home: Home, query: Query) -> tuple[int | None, int | None]:
    """First and last day of a window that does not depend on T; None where it is open."""
    window = query.window
    if window == "campaign":
        if query.campaign is None:
            raise CallFault(
                "Kỳ «campaign» cần --campaign. Không có chiến dịch thì chọn --window day|week|month|all|TỪ..ĐẾN."
            )
        return day_number(query.campaign.start), day_number(query.campaign.last_day)
    if window == "all":
        return (day_number(home.file.record_start) if home.file.record_start else None), None
    if window in ("day", "week", "month"):
        return None, None
    try:
        start, end = (date.fromisoformat(part) for part in window.split(".."))
    except ValueError:
        raise CallFault(
            f"Không hiểu kỳ «{window}». Các kỳ: {', '.join(WINDOWS)} hoặc 2021-04-17..2021-05-16."
        ) from None
    if end < start:
        raise CallFault(f"Kỳ «{window}» có ngày cuối trước ngày đầu.")
    return day_number(start), day_number(end)


def _calendar(window: str, day: date) -> tuple[int, int]:
    if window == "day":
        start = end = day
    elif window == "week":
        start = day - timedelta(days=day.weekday())
        end = start + timedelta(days=6)
    else:
        start = day.replace(day=1)
        end = (start + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return day_number(start), day_number(end)
