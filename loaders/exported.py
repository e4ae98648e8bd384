"""Up to which day a file speaks, where its name or a title above the headings says so."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from data.clock import day_number
from loaders.profiles import Match
from loaders.text import key

_IN_NAME = (
    re.compile(r"(?<!\d)(?P<y>(?:19|20)\d{2})[-._ ]?(?P<m>[01]\d)[-._ ]?(?P<d>[0-3]\d)(?!\d{1,3}(?!\d))"),
    re.compile(r"(?<!\d)(?P<d>[0-3]?\d)[-._ ](?P<m>[01]?\d)[-._ ](?P<y>(?:19|20)\d{2})(?!\d)"),
    re.compile(r"(?<!\d)(?P<d>[0-3]\d)(?P<m>[01]\d)(?P<y>20\d{2})(?!\d)"),
)
_IN_TITLE = re.compile(
    r"(?:den|tinh den)(?: het)?(?: ngay)?\s+(?P<d>[0-3]?\d)\D{1,3}(?P<m>[01]?\d)\D{1,3}(?P<y>(?:19|20)\d{2})"
)
"""«(Từ ngày 01/05/2021 đến ngày 16/05/2021)», compared without diacritics."""


def exported_day(found: Iterable[Match], name: str, came: int) -> int | None:
    """Day number of the last day named; the title before the file's name. None where neither says.

    ``came``: the day the file came. It cannot speak of a later one, though a title may name the end of the month, or a
    name a wrong year: every file of the next days would look older.
    """
    titles = " ".join(cell for one in found for row in one.sheet.top[: one.header] for cell in row if cell)
    days = _days(_IN_TITLE, key_with_digits(titles)) if titles else []
    if not days:
        for form in _IN_NAME:
            days = _days(form, name)
            if days:
                break
    return min(max(days), came) if days else None


def key_with_digits(text: str) -> str:
    """Like ``key``, but the marks between the numbers of a date stay."""
    return " ".join(re.sub(r"[^\W\d]+", lambda word: key(word[0]), text[:2000]).split())


def _days(form: re.Pattern[str], text: str) -> list[int]:
    found = []
    for match in form.finditer(text):
        try:
            found.append(day_number(date(int(match["y"]), int(match["m"]), int(match["d"]))))
        except ValueError:
            continue
    return found
