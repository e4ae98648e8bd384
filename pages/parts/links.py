"""The link is the only truth of a choice: stable codes, bad values ignored. No streamlit here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from urllib.parse import urlencode

from data.clock import day_end, day_number, day_start, from_micros, iso, parse_moment, to_micros
from data.home import Campaign, Home
from data.locale import LANGUAGES

KEPT = ("campaign", "as_of", "unit", "lang")
"""Parameters that travel from page to page."""
SLACK_DAYS = 366
"""How far from the campaign a moment in a link may lie."""
OWN_PAGE = re.compile(r"[A-Za-z_?][\w?=&%.+~-]*\Z")


@dataclass(frozen=True)
class Choice:
    """What a link says. ``as_of`` None = the default moment; ``unit`` and ``kpi`` are still to be checked by the page."""

    campaign: Campaign | None
    as_of: int | None
    unit: str
    kpi: str
    language: str
    kept: tuple[tuple[str, str], ...]


def read(params: Mapping[str, str], home: Home, latest: int | None) -> Choice:
    """``latest``: the latest moment in the data, which decides the campaign of a link that names none."""
    campaigns = home.campaigns
    campaign = campaigns.get(params.get("campaign", "")) or default_campaign(home, latest)
    as_of = _moment(params.get("as_of", ""), home, campaign)
    language = params.get("lang", "vi")
    good = {
        "campaign": params.get("campaign") in campaigns,
        "as_of": as_of is not None,
        "unit": bool(params.get("unit")),
        "lang": language == "en",
    }
    kept = tuple((key, params[key]) for key in KEPT if good[key])
    return Choice(
        campaign,
        as_of,
        params.get("unit", ""),
        params.get("kpi", ""),
        language if language in LANGUAGES else "vi",
        kept,
    )


def default_campaign(home: Home, latest: int | None) -> Campaign | None:
    """The last campaign that has begun by the latest moment in the data, else the first."""
    found = list(home.campaigns.values())
    if latest is not None:
        day = from_micros(latest, home.zone).date()
        found = [campaign for campaign in found if campaign.start <= day][-1:] or found
    return found[0] if found else None


def href(page: str, kept: Mapping[str, str], **changes: str) -> str:
    """Address of a page with the kept choices and some changed; an empty value drops one."""
    query = urlencode({key: value for key, value in {**kept, **changes}.items() if value})
    return f"{page}?{query}" if query else page


def is_own(address: str) -> bool:
    """Only addresses of our own pages: no scheme, no host."""
    return bool(OWN_PAGE.match(address))


def moment_code(day: date, at: str) -> str:
    """A day and "" (its end) or "17:00" as a link's ``as_of``."""
    return f"{day.isoformat()}T{at}" if at else day.isoformat()


def day_and_time(as_of: int, home: Home) -> tuple[date, str]:
    """The day of a moment and its "HH:MM"; "" for the day's last instant."""
    at = from_micros(as_of, home.zone)
    end = day_end(day_number(at.date()), home.zone)
    return at.date(), "" if as_of >= end else f"{at:%H:%M}"


def exactly(as_of: int, home: Home) -> str:
    """A moment as a link's ``as_of``, to the microsecond where it is not a whole minute."""
    short = moment_code(*day_and_time(as_of, home))
    return short if parse_moment(short, home.zone) == as_of else from_micros(as_of, home.zone).strftime("%FT%T.%f")


def same_time_on(as_of: int, day: date, home: Home) -> int:
    """The same time of day on another day; the last instant stays the last instant."""
    _, at = day_and_time(as_of, home)
    if not at:
        return day_end(day_number(day), home.zone)
    clock: time = from_micros(as_of, home.zone).time()
    return to_micros(datetime.combine(day, clock, home.zone))


def _moment(text: str, home: Home, campaign: Campaign | None) -> int | None:
    try:
        moment = parse_moment(text, home.zone)
        iso(moment, home.zone)
    except (ValueError, OverflowError):
        return None
    if campaign is not None:
        first = day_start(day_number(campaign.start) - SLACK_DAYS, home.zone)
        last = day_end(day_number(campaign.last_day) + SLACK_DAYS, home.zone)
        if not first <= moment <= last:
            return None
    return moment
