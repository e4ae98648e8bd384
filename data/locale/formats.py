"""Numbers, dates and sorting as an office writes them: 1.838 · 0,21 % · 16/5/2021 · 17:00 16/5/2021."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from data.clock import from_micros
from data.locale import language

NOTHING = "—"
"""Shown where there is no value: nothing is not zero."""
NBSP = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"

_MOST_DIGITS = 12
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def number(value: float | None, digits: int = 0) -> str:
    """1838 → «1.838»; rounded half up to ``digits``."""
    return NOTHING if value is None else _written(_rounded(Decimal(repr(value)), digits))


def decimal(value: float | None, digits: int = 1) -> str:
    """At most ``digits`` decimals and no trailing zeros: 4.333 → «4,3», 26.0 → «26»."""
    return NOTHING if value is None else _written(_trimmed(_rounded(Decimal(repr(value)), digits)))


def percent(fraction: float | None, target: float | None = None) -> str:
    """0.0021 → «0,21 %»: one decimal, two near 0 % and 100 %.

    Takes as many decimals as it needs not to look like 0 %, 100 % or ``target`` when it is not: 0.99996 → «99,996 %».
    """
    if fraction is None:
        return NOTHING
    exact = Decimal(repr(fraction)) * 100
    digits = 2 if abs(exact) < 1 or 99 <= exact < 100 else 1
    limits = [Decimal(0), Decimal(100)] + ([] if target is None else [Decimal(repr(target)) * 100])
    while digits < _MOST_DIGITS and any(_rounded(exact, digits) == limit != exact for limit in limits):
        digits += 1
    text = _written(_trimmed(_rounded(exact, digits)))
    return f"{text}%" if language() == "en" else f"{text}{NBSP}%"


def points(fraction: float | None) -> str:
    """A difference of two ratios in percentage points: 0.064 → «6,4 điểm»."""
    if fraction is None:
        return NOTHING
    text = decimal(float(Decimal(repr(fraction)) * 100), 2 if abs(fraction) < 0.01 else 1)
    return f"{text}{NBSP}{'pts' if language() == 'en' else 'điểm'}"


def date(day: dt.date | None) -> str:
    """16/5/2021, in English 16 May 2021."""
    if day is None:
        return NOTHING
    return f"{short_date(day)} {day.year}" if language() == "en" else f"{short_date(day)}/{day.year}"


def short_date(day: dt.date) -> str:
    """16/5, in English 16 May."""
    return f"{day.day} {_MONTHS[day.month - 1]}" if language() == "en" else f"{day.day}/{day.month}"


def moment(micros: int | None, zone: ZoneInfo) -> str:
    """17:00 16/5/2021 in the home's zone, in English 17:00, 16 May 2021; a day's last instant is «hết ngày 16/5/2021»."""
    if micros is None:
        return NOTHING
    at = from_micros(micros, zone)
    if at.time() == dt.time.max:
        return f"{'end of' if language() == 'en' else 'hết ngày'} {date(at.date())}"
    return f"{at:%H:%M}{',' if language() == 'en' else ''} {date(at.date())}"


_LETTERS = {letter: place for place, letter in enumerate("aăâbcdđeêfghijklmnoôơpqrstuưvwxyz")}
_TONES = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}


def sort_key(text: str) -> tuple[tuple[int, ...], tuple[int, ...], str]:
    """Vietnamese order: letters first (a ă â … d đ …), then tones (ngang, huyền, hỏi, ngã, sắc, nặng)."""
    letters: list[int] = []
    tones: list[int] = []
    for character in unicodedata.normalize("NFC", text).casefold():
        parts = unicodedata.normalize("NFD", character)
        tone = next((_TONES[mark] for mark in parts if mark in _TONES), 0)
        base = unicodedata.normalize("NFC", "".join(mark for mark in parts if mark not in _TONES))
        letters.append(1000 + _LETTERS[base] if base in _LETTERS else min(ord(base[0]), 999) if len(base) == 1 else 999)
        tones.append(tone)
    return tuple(letters), tuple(tones), text


def listed(words: Iterable[str]) -> str:
    """«a, b và c»."""
    found = list(words)
    if len(found) < 2:
        return "".join(found)
    return f"{', '.join(found[:-1])} {'and' if language() == 'en' else 'và'} {found[-1]}"


def _rounded(value: Decimal, digits: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def _trimmed(value: Decimal) -> Decimal:
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()


def _written(value: Decimal) -> str:
    text = f"{abs(value):,f}" if value else f"{abs(value):f}"
    if language() != "en":
        text = text.translate({ord(","): ".", ord("."): ","})
    return f"{MINUS}{text}" if value < 0 else text
