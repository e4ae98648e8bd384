"""Dates as people and programs write them → microseconds, a whole column at a time.

Texts of one length lie under each other as a matrix of characters; a form is a row of places in it («DD/MM/YYYY hh:mm»).
So 170,000 dates take some hundredths of a second, and only what fits no form is looked at one by one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import product
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from data.codes import same_length
from loaders.text import nulls, tidy
from loaders.zones import DAY, Mask, Micros, to_utc

VIETNAMESE = (
    *("".join(parts) for parts in product(("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y"), (" %H:%M:%S", " %H:%M", ""))),
    "%H:%M:%S %d/%m/%Y",
    "%H:%M %d/%m/%Y",
    "iso8601",
    "%Y%m%d%H%M%S",
    "%Y%m%d",
    *("".join(parts) for parts in product(("%d/%m/%y", "%d.%m.%y"), (" %H:%M:%S", " %H:%M", ""))),
)
"""Forms tried when a profile names none: day first, as everywhere in Viet Nam; a year of two digits is of 1969–2068."""

_BLANK_DATE = re.compile(r"(0001-01-01|0?1/0?1/0001|0000-00-00|00/00/0000)([ T].*)?")
"""How programs write «no date»; read as blank."""

_LAST = 253_402_128_000_000_000
"""9999-12-30. What lies later («31/12/9999» for «never») is moved here: no calendar goes beyond that year."""
_PLACES = {"%d": "DD", "%m": "MM", "%Y": "YYYY", "%H": "hh", "%M": "mm", "%S": "ss", "%y": "yy"}
_EXCEL_DAYS = 2_958_466
_EXCEL_EPOCH = -25_569
"""Day 0 of Excel's serial numbers (30/12/1899) in days since 1970."""
_FROM_1904 = 1462
"""Days between the two epochs of Excel."""

Matrix = NDArray[np.uint8]


@dataclass(frozen=True)
class Moments:
    """A cleaned column. All arrays have one entry per row; ``utc`` means nothing where ``valid`` is false.

    ``local``: the clock as written, without its offset. ``unreadable``: there is text, but no form fits. ``empty_date``: the text is a program's way of writing «none».
    """

    utc: Micros
    local: Micros
    valid: Mask
    unreadable: Mask
    ambiguous: Mask
    missing: Mask
    empty_date: Mask

    def array(self) -> pa.Array:
        return pa.array(self.utc, mask=~self.valid) if self.valid.any() else nulls(len(self.utc), pa.int64())


def moments(column: pa.Array, forms: Sequence[str], zone: ZoneInfo, *, end_of_day: bool = False) -> Moments:
    """Dates in ``forms`` (strptime, «iso8601», «excel», «excel1904»; tried in order) as UTC microseconds.

    ``end_of_day``: a bare date, and 24:00, mean the last instant of the day (due dates); else its first.
    """
    rows = len(column)
    valid = np.zeros(rows, np.bool_)
    local = np.zeros(rows, np.int64)
    offset = np.zeros(rows, np.int64)
    aware = np.zeros(rows, np.bool_)
    empty = np.zeros(rows, np.bool_)
    ambiguous, missing = np.zeros(rows, np.bool_), np.zeros(rows, np.bool_)
    filled = column.is_valid().to_numpy(zero_copy_only=False)
    where = np.flatnonzero(filled)
    if not len(where):
        return Moments(local, local, valid, filled, ambiguous, missing, empty)
    tried = _Forms(tuple(forms) or VIETNAMESE, end_of_day)

    def put(at: NDArray[np.int64], found: _Read) -> NDArray[np.int64]:
        good = at[found.ok]
        valid[good], local[good] = True, found.local[found.ok]
        offset[good], aware[good] = found.offset[found.ok], found.aware[found.ok]
        return at[~found.ok]

    left = put(where, tried.read(column.drop_null()))
    if len(left):
        # Second look, each distinct text once: blanks around and inside, one-digit days, months and hours.
        encoded = column.take(pa.array(left)).dictionary_encode()
        words = [tidy(word) for word in encoded.dictionary.to_pylist()]
        index = encoded.indices.to_numpy()
        put(left, tried.read(pa.array([_two_digits(word) for word in words], pa.string())).take(index))
        nothing = np.array([not word for word in words])[index]
        filled[left[nothing]] = False
        empty[left] = np.array([_BLANK_DATE.fullmatch(word) is not None for word in words])[index]
        valid &= ~empty
    local = np.minimum(local, _LAST)
    utc = np.where(aware, local - offset, 0)
    naive = valid & ~aware
    if naive.any():
        utc[naive], ambiguous[naive], missing[naive] = to_utc(local[naive], zone)
    return Moments(utc, local, valid, filled & ~valid & ~empty, ambiguous, missing, empty)


@dataclass(frozen=True)
class _Read:
    ok: Mask
    local: Micros
    offset: Micros
    aware: Mask

    @classmethod
    def nothing(cls, rows: int) -> _Read:
        return cls(
            np.zeros(rows, np.bool_), np.zeros(rows, np.int64), np.zeros(rows, np.int64), np.zeros(rows, np.bool_)
        )

    def take(self, index: NDArray[np.int32]) -> _Read:
        return _Read(self.ok[index], self.local[index], self.offset[index], self.aware[index])


@dataclass(frozen=True)
class _Layout:
    text: str


class _Forms:
    """Forms made ready: layouts by length, serial numbers, and what only strptime knows."""

    def __init__(self, forms: Sequence[str], end_of_day: bool) -> None:
        self.end_of_day = end_of_day
        self.steps: list[_Layout | str] = []
        for form in forms:
            layouts = _iso_layouts() if form == "iso8601" else _layouts(form)
            self.steps += [_Layout(layout) for layout in layouts] or [form]

    def read(self, texts: pa.Array) -> _Read:
        """Texts without nulls."""
        found = _Read.nothing(len(texts))
        lengths = pc.binary_length(texts).to_numpy()
        for length in pc.unique(lengths).to_pylist():
            at = np.flatnonzero(lengths == length)
            matrix = same_length(texts if len(at) == len(texts) else texts.take(pa.array(at)), length)
            for step in self.steps:
                if isinstance(step, _Layout) and len(step.text) != length:
                    continue
                part = self._step(step, matrix)
                good = at[part.ok]
                found.ok[good], found.local[good] = True, part.local[part.ok]
                found.offset[good], found.aware[good] = part.offset[part.ok], part.aware[part.ok]
                at, matrix = at[~part.ok], matrix[~part.ok]
                if not len(at):
                    break
        return found

    def _step(self, step: _Layout | str, matrix: Matrix) -> _Read:
        if isinstance(step, _Layout):
            return _by_layout(matrix, step.text, self.end_of_day)
        if step.startswith("excel"):
            return self._serials(matrix, _EXCEL_EPOCH + (_FROM_1904 if step == "excel1904" else 0))
        return self._strptime(matrix, step)

    def _serials(self, matrix: Matrix, epoch: int) -> _Read:
        found = _Read.nothing(len(matrix))
        for row, text in enumerate(_texts(matrix)):
            if re.fullmatch(r"\d{1,7}([.,]\d+)?", text):
                serial = float(text.replace(",", "."))
                # Before March 1900 Excel counts a 29/2/1900 that never was.
                if 61 <= serial < _EXCEL_DAYS:
                    whole = float(int(serial)) == serial
                    seconds = round((serial + epoch) * 86_400)
                    found.ok[row] = True
                    found.local[row] = seconds * 1_000_000 + (DAY - 1 if whole and self.end_of_day else 0)
        return found

    def _strptime(self, matrix: Matrix, form: str) -> _Read:
        found = _Read.nothing(len(matrix))
        bare = not any(sign in form for sign in ("%H", "%I", "%c", "%X"))
        for row, text in enumerate(_texts(matrix)):
            try:
                moment = datetime.strptime(text, form)  # noqa: DTZ007 - the zone, if any, is looked at below
            except ValueError:
                continue
            offset = moment.utcoffset()
            found.ok[row] = True
            found.local[row] = _micros(moment.replace(tzinfo=None)) + (DAY - 1 if bare and self.end_of_day else 0)
            if offset is not None:
                found.aware[row], found.offset[row] = True, round(offset.total_seconds() * 1_000_000)
        return found


def _micros(moment: datetime) -> int:
    gap = moment - datetime(1970, 1, 1)  # noqa: DTZ001 - both are local clocks
    return (gap.days * 86_400 + gap.seconds) * 1_000_000 + gap.microseconds


def _texts(matrix: Matrix) -> list[str]:
    width = matrix.shape[1]
    data = matrix.tobytes()
    return [data[i * width : (i + 1) * width].decode("utf-8", "replace") for i in range(len(matrix))]


def _layouts(form: str) -> list[str]:
    """A strptime form as layouts; none when it holds more than plain numbers."""
    layout = re.sub(r"%[dmYHMSy]", lambda found: _PLACES[found[0]], form)
    layouts = [layout.replace("%f", "f" * digits) for digits in range(1, 7)] if "%f" in layout else [layout]
    places = re.sub(r"DD|MM|YYYY|hh|mm|ss|yy|f+", "", layouts[0])
    # Letters of the form itself could be taken for places: those forms are left to strptime.
    return [] if "%" in layout or re.search(r"[A-Za-z]", places.replace("T", "").replace("Z", "")) else layouts


def _iso_layouts() -> list[str]:
    clocks = ["hh:mm", "hh:mm:ss", *(f"hh:mm:ss{mark}{'f' * digits}" for mark in ".," for digits in range(1, 10))]
    zones = ["", "Z", "±oo", "±oo:pp", "±oopp", " ±oo:pp", " ±oopp"]
    times = [f"YYYY-MM-DD{gap}{clock}{zone}" for gap, clock, zone in product("T ", clocks, zones)]
    return ["YYYY-MM-DD", *times]


@cache
def _first_days() -> NDArray[np.int64]:
    """The first day of every month from year 0 to the end of 9999, in days since 1970: looked up, not reckoned."""
    months = np.arange(-1970 * 12, (10_000 - 1970) * 12 + 1).astype("datetime64[M]")
    return months.astype("datetime64[D]").astype(np.int64)


def _by_layout(matrix: Matrix, layout: str, end_of_day: bool) -> _Read:
    rows = len(matrix)
    ok = np.ones(rows, np.bool_)
    numbers: dict[str, NDArray[np.int64]] = {}
    sign = np.ones(rows, np.int64)
    # Places under each other in memory: every step below reads one of them from end to end.
    places = np.ascontiguousarray(matrix.T)
    for place, letter in enumerate(layout):
        column = places[place]
        if letter == "±":
            ok &= (column == 43) | (column == 45)
            sign = np.where(column == 45, -1, 1)
        elif letter in "DMYhmsyfop":
            digit = column - 48
            ok &= digit < 10
            # Up to four digits fit 16 bits; only fractions of a second have more.
            narrow = np.int64 if letter == "f" else np.int16
            numbers[letter] = numbers[letter] * narrow(10) + digit if letter in numbers else digit.astype(narrow)
        else:
            ok &= column == ord(letter)
    if not ok.any():
        return _Read.nothing(rows)
    numbers = {letter: number.astype(np.int64) for letter, number in numbers.items()}
    zero = np.zeros(rows, np.int64)
    year = numbers.get("Y")
    if year is None:
        # As strptime reads two digits: 69–99 are 1969–1999.
        short = numbers.get("y", zero)
        year = np.where(short >= 69, 1900 + short, 2000 + short)
    month, day = numbers.get("M", zero + 1), numbers.get("D", zero + 1)
    hour, minute, second = (numbers.get(letter, zero) for letter in "hms")
    ok &= (year >= 2) & (month >= 1) & (month <= 12) & (day >= 1) & (minute < 60) & (second < 60)
    months = np.where(ok, year * 12 + month - 1, 1970 * 12)
    first = _first_days()[months]
    ok &= day <= _first_days()[months + 1] - first
    digits = layout.count("f")
    clock = ((hour * 60 + minute) * 60 + second) * 1_000_000
    if digits:
        clock += numbers["f"] * 10 ** max(0, 6 - digits) // 10 ** max(0, digits - 6)
    ok &= (hour < 24) | (clock == DAY)
    local = (first + day - 1) * DAY + clock
    if end_of_day:
        local = local + (DAY - 1) if "h" not in layout else np.where(clock == DAY, local - 1, local)
    aware = "Z" in layout or "±" in layout
    hours, minutes = numbers.get("o", zero), numbers.get("p", zero)
    ok &= (hours < 24) & (minutes < 60)
    offset = sign * (hours * 60 + minutes) * 60_000_000
    return _Read(ok, np.where(ok, local, 0), offset, np.full(rows, aware))


_SHORT_YEAR = re.compile(r"(?<!\d)\d{1,2}[/.-]\d{1,2}[/.-]\d(?!\d)")
_LONE_DIGIT = re.compile(r"(?<![\d.,])\d(?!\d)|(?<=\d[.])\d(?=[.])")


def _two_digits(word: str) -> str:
    """«1/4/2021 8:05» → «01/04/2021 08:05»; fractions of seconds and years of one digit stay."""
    return (
        word
        if _BLANK_DATE.fullmatch(word) or _SHORT_YEAR.search(word)
        else _LONE_DIGIT.sub(lambda found: "0" + found[0], word)
    )
