"""Text as people type it: made comparable, cleaned, and without personal numbers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

_TONES = "\u0300\u0301\u0303\u0309\u0323"
_BLANKS = re.compile(r"[\s\u200b\u2060\ufeff]+")
# What no reader sees and a terminal or browser would obey: control characters, marks of writing direction.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u061c\u200c-\u200f\u202a-\u202e\u2061-\u2069\U000e0000-\U000e007f]"
)
ASCII_BLANKS = " \t\n\v\f\r\x1c\x1d\x1e\x1f"
"""What ``str.strip`` takes off, among the first 128 characters; Arrow on its own leaves some."""
_PUNCTUATION = re.compile(r"[^\w]+|_+")

ECHO_LIMIT = 60
"""Longest piece of a refused value that is repeated in a message."""
LONGEST = 500
"""Longest name or reason that is kept; a cell of megabytes is damage, not a name."""


def tidy(text: str) -> str:
    """NFC, without control characters; outer blanks (also non-breaking and zero-width ones) off, inner runs of blanks
    and line breaks to one space."""
    return _BLANKS.sub(" ", unicodedata.normalize("NFC", visible(text))).strip()


def visible(text: str) -> str:
    """Without control characters and marks of writing direction."""
    return text if text.isprintable() else _UNSEEN.sub("", text)


def trim(text: str) -> str:
    """NFC and outer blanks off, otherwise unchanged: the form of codes."""
    return unicodedata.normalize("NFC", text).strip().strip("\u200b\u2060\ufeff").strip()


def marked(text: str) -> str:
    """Comparable with diacritics: lower case, words parted by one space, the tone last in its word (hòa = hoà)."""
    words = _PUNCTUATION.sub(" ", unicodedata.normalize("NFC", text).casefold()).split()
    return " ".join(map(_tone_last, words))


def _tone_last(word: str) -> str:
    if word.isascii():
        return word
    letters = unicodedata.normalize("NFD", word)
    tones = "".join(c for c in letters if c in _TONES)
    return unicodedata.normalize("NFC", "".join(c for c in letters if c not in _TONES)) + tones


def plain(text: str) -> str:
    """Comparable without diacritics: lower case, words parted by one space, đ as d."""
    letters = unicodedata.normalize("NFD", unicodedata.normalize("NFC", text).casefold().replace("đ", "d"))
    return " ".join(_PUNCTUATION.sub(" ", "".join(c for c in letters if not unicodedata.combining(c))).split())


def key(text: str) -> str:
    """How headings and words are compared: ``plain`` without its spaces, so that «Mã hồ sơ» = «MaHoSo»."""
    return plain(text).replace(" ", "")


_MASK = "•••"
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*")
# A sum of money is no identity number, although it may have nine digits: it is written in groups, and said to be money.
_IDENTITY = (
    r"(?<!\d)(?:\d{12}|\d{9}|0\d{3}(?:[ .–-]\d{4}){2}|0\d\d(?:[ .–-]\d{3}){3}"
    r"|\d{3}(?:[ .–-]\d{3}){2}(?:[ .–-]\d{3})?(?!\s*(?:đồng(?! (?:chí|thời|tình|ý))|đ(?![\w/])|vnđ|vnd|usd)))(?!\d)"
)
# In one piece, or in the groups people say, also next to letters («SĐT0912345678»); in other groups only where a word
# begins and ends, for codes have digits between points and hyphens too.
_PHONE = (
    r"(?<!\d)(?<!\d[.])(?:\+?84|0084|0)\d{8,10}(?!\d)"
    r"|(?<!\d)(?<!\d[.])0\d{2,3}[ .–-]\d{3}[ .–-]\d{3,4}(?!\d)"
    r"|(?<!\w)(?<!\d[.])(?:\(?\+?84\)?[ .–-]?|\(?0)\d(?:[ .()–-]{0,2}\d){7,9}(?!\w)"
)
_NUMBER = re.compile(f"{_IDENTITY}|{_PHONE}", re.IGNORECASE)


def mask(text: str) -> str:
    """Text without e-mail addresses, telephone numbers and identity numbers of 9 or 12 digits."""
    if "@" in text:
        text = _EMAIL.sub(_MASK, text)
    return _NUMBER.sub(_MASK, text) if any(c.isdigit() for c in text) else text


def cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def kept(text: str) -> str:
    """A name or reason as it is kept: tidy, without personal numbers, not endless."""
    return cut(mask(tidy(text[: 4 * LONGEST])), LONGEST)


def echo(value: str, *, personal: bool) -> str:
    """A refused value as it may be repeated: cut, and masked where it may hold personal data.

    Where a code belongs (``personal`` false) a single word stays, though it may look like a telephone number;

    «Sở Ma thuật 0912345678» in a unit's cell is no code, whatever its heading says.
    """
    value = tidy(value[: 10 * ECHO_LIMIT])
    code = not personal and " " not in value and "@" not in value
    return cut(value if code else mask(value), ECHO_LIMIT)


@lru_cache(maxsize=32)
def nulls(size: int, kind: pa.DataType) -> pa.Array:
    """A column without a value, the same one again and again: parts of a large file share its memory."""
    return pa.nulls(size, kind)


def mapped(column: pa.Array, change: Callable[[str], str | None]) -> pa.Array:
    """A text column with every distinct value changed once; null and blank results are null."""
    if column.null_count == len(column):
        return nulls(len(column), pa.string())
    encoded = column.dictionary_encode()
    words = [change(word) or None for word in encoded.dictionary.to_pylist()]
    return pa.array(words, pa.string()).take(encoded.indices)


def fits(column: pa.Array, pattern: str, *, blank: bool) -> NDArray[np.bool_]:
    """Where a column of few distinct texts fits a pattern. ``blank``: what is said of null."""
    encoded = column.dictionary_encode()
    found = pc.match_substring_regex(encoded.dictionary, pattern).take(encoded.indices)
    result: NDArray[np.bool_] = found.fill_null(blank).to_numpy(zero_copy_only=False)
    return result


def trimmed(column: pa.Array) -> pa.Array:
    """A column of codes in NFC without outer blanks; blank is null. Cheap where there is nothing to do."""
    ascii_only = pc.all(pc.string_is_ascii(column)).as_py() in (True, None)
    column = pc.ascii_trim(column, characters=ASCII_BLANKS) if ascii_only else mapped(column, trim)
    return pc.if_else(pc.equal(pc.binary_length(column), 0), pa.scalar(None, pa.string()), column)
