"""Names of units as people write them → unit codes.

A name is looked up as written first (case, blanks, punctuation and tone placement apart), then without office words and
with short forms spelt out, then without diacritics, then by its initials, then without its kind. A step that finds
several units stops the search: two communes may bear one name, and a wrong guess would blame the wrong people.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.home import Home, UnitRow
from loaders.text import LONGEST, marked, plain, tidy, trim

_KINDS = ("thị xã", "thành phố", "thị trấn", "huyện", "quận", "phường", "xã", "tỉnh")
_SHORT = {
    "tx": "thị xã",
    "tp": "thành phố",
    "tt": "thị trấn",
    "h": "huyện",
    "q": "quận",
    "p": "phường",
    "x": "xã",
    "t": "tỉnh",
}
_OFFICES = (
    "ủy ban nhân dân",
    "ubnd",
    "bộ phận tiếp nhận và trả kết quả giải quyết thủ tục hành chính",
    "bộ phận tiếp nhận và trả kết quả",
    "bộ phận tn và tkq",
    "bộ phận tn tkq",
    "bộ phận tntkq",
    "bộ phận một cửa",
    "bp tn và tkq",
    "bp một cửa",
    "một cửa",
    "của",
    "thuộc",
)
_FILLERS = {"và", "thuộc", "của"}


def _form(text: str) -> str:
    """``marked``, with & read as và."""
    return marked(text.replace("&", " và "))


_KIND_FORMS = tuple(_form(kind) for kind in _KINDS)
_SHORT_FORMS = {short: _form(full) for short, full in _SHORT.items()}
_OFFICE_FORMS = tuple(sorted((_form(office) for office in _OFFICES), key=len, reverse=True))
_PLAIN_FILLERS = {plain(word) for word in _FILLERS}
_FILLER_FORMS = {_form(word) for word in _FILLERS}


_COMPARED = 200
"""Letters of a name that are compared; no unit's is longer."""


@dataclass(frozen=True)
class Found:
    """``code`` of the unit, or None with the ``candidates`` among which nobody could choose."""

    code: str | None
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True)
class Units:
    """``codes``: one per row, null where none was found; ``why``: for every distinct pair of cells without a unit."""

    codes: pa.Array
    failed: NDArray[np.bool_]
    found: dict[tuple[str, str], Found]


class Names:
    """The names of a home's units: official, short, by alias, alone and with what they belong to."""

    def __init__(self, home: Home) -> None:
        self.rows: dict[str, list[UnitRow]] = defaultdict(list)
        for row in home.units:
            self.rows[row.code].append(row)
        self.by_code: dict[str, set[str]] = defaultdict(set)
        self.written: dict[str, set[str]] = defaultdict(set)
        self.unmarked: dict[str, set[str]] = defaultdict(set)
        self.initials: dict[str, set[str]] = defaultdict(set)
        self.bare: dict[str, set[str]] = defaultdict(set)
        for row in home.units:
            for code in (row.code, row.gso_code, row.npsp_code):
                if code:
                    self.by_code[trim(code).casefold()].add(row.code)
            for name in self._names(row):
                self._note(name, row.code)
            for short in _initials(row.name):
                self.initials[short].add(row.code)
            bare = _without_kind(_form(row.name))
            if bare:
                self.bare[bare].add(row.code)
        # What the home itself declares outweighs what was derived from official names.
        for alias, code in home.aliases.items():
            self.written[_form(alias)] = {code}
            self.unmarked[_loose(alias)].add(code)

    def _note(self, name: str, code: str) -> None:
        self.written[_form(name)].add(code)
        self.unmarked[_loose(name)].add(code)

    def _names(self, row: UnitRow) -> Iterator[str]:
        """The unit's names, also followed by the names of what it belongs to."""
        yield row.name
        if row.short_name:
            yield row.short_name
        tails = [""]
        seen = {row.code}
        above = row.parent
        while above in self.rows and above not in seen:
            seen.add(above)
            names = [one.name for one in self.rows[above]]
            names += [_unkind(name) for name in names]
            tails += [f"{tail} {name}" for tail in tails for name in names]
            above = self.rows[above][0].parent
        yield from (row.name + tail for tail in tails[1:])

    def find(self, code: str, name: str) -> Found:
        """The unit of a row by its code cell, else by its name cell (which may hold a code)."""
        for cell in (code, name):
            hit = self.by_code.get(trim(cell).casefold()) if cell else None
            if hit and len(hit) == 1:
                return Found(next(iter(hit)))
        return self._by_name(name) if name else Found(None)

    def _by_name(self, name: str) -> Found:
        forms = list(dict.fromkeys(_readings(_form(name))))
        steps = (
            (self.written, forms),
            (self.unmarked, [_loose(form) for form in forms]),
            (self.initials, [form.replace(" ", "") for form in map(_unfilled, forms)]),
            (self.bare, forms),
        )
        for index, keys in steps:
            for one in keys:
                codes = index.get(one)
                if codes:
                    return Found(next(iter(codes))) if len(codes) == 1 else Found(None, tuple(sorted(codes)))
        return Found(None)

    def column(self, codes: pa.Array, names: pa.Array) -> Units:
        """Columns of code and name cells, every distinct pair looked up once."""
        rows = len(codes)
        code_words, code_index = _encoded(codes)
        name_words, name_index = _encoded(names)
        pairs = code_index.astype(np.int64) * len(name_words) + name_index
        distinct, where = np.unique(pairs, return_inverse=True)
        found: dict[tuple[str, str], Found] = {}
        result: list[str | None] = []
        for pair in distinct.tolist():
            cells = (code_words[pair // len(name_words)], name_words[pair % len(name_words)])
            one = found[cells] = self.find(*cells)
            result.append(one.code)
        failed = np.array([code is None for code in result], np.bool_)[where] if rows else np.zeros(0, np.bool_)
        return Units(pa.array(result, pa.string()).take(pa.array(where)), failed, found)

    def label(self, code: str) -> str:
        """«xã Tân Tiến (huyện Đồng Phú, mã 25378)»: enough to choose between namesakes."""
        row = self.rows[code][0]
        above = (
            self.rows[row.parent][0].name + ", " if row.parent in self.rows and self.rows[row.parent][0].parent else ""
        )
        return f"{row.name} ({above}mã {code})"

    def nearest(self, name: str) -> list[str]:
        """Labels of units with a name most like this one, at most three."""
        alike = get_close_matches(_loose(name[:_COMPARED]), self.unmarked, n=6, cutoff=0.75)
        codes = list(dict.fromkeys(code for one in alike for code in sorted(self.unmarked[one])))
        return [self.label(code) for code in codes if code in self.rows][:3]


def _encoded(column: pa.Array) -> tuple[list[str], NDArray[np.int64]]:
    """Distinct cells (blank included, as "") and each row's place among them."""
    encoded = column.fill_null("").dictionary_encode()
    return [tidy(word[:LONGEST]) for word in encoded.dictionary.to_pylist()] or [""], encoded.indices.to_numpy().astype(
        np.int64
    )


def _loose(text: str) -> str:
    """Without diacritics and filler words."""
    return " ".join(word for word in plain(text.replace("&", " ")).split() if word not in _PLAIN_FILLERS)


def _unfilled(form: str) -> str:
    return " ".join(word for word in form.split() if word not in _FILLER_FORMS)


def _readings(form: str) -> Iterator[str]:
    """A name as written, without office words before it, with short forms spelt out."""
    yield form
    stripped = form
    while True:
        office = next((office for office in _OFFICE_FORMS if stripped.startswith(office + " ")), None)
        if office is None:
            break
        stripped = stripped[len(office) + 1 :]
        yield stripped
    # «xã Tân Tiến - UBND huyện Đồng Phú»: office words inside.
    inner = re.sub(r" (?:" + "|".join(_OFFICE_FORMS) + r")(?= )", "", stripped)
    yield inner
    words = inner.split()
    spelt = [_SHORT_FORMS.get(word, word) if n + 1 < len(words) else word for n, word in enumerate(words)]
    yield " ".join(spelt)
    if words and words[0] in _SHORT_FORMS:
        yield " ".join([_SHORT_FORMS[words[0]], *words[1:]])


def _unkind(name: str) -> str:
    """«huyện Đồng Phú» → «Đồng Phú»."""
    for kind in _KINDS:
        if name.casefold().startswith(kind + " "):
            return name[len(kind) + 1 :]
    return name


def _without_kind(form: str) -> str:
    for kind in _KIND_FORMS:
        if form.startswith(kind + " "):
            return form[len(kind) + 1 :]
    return ""


def _initials(name: str) -> Iterator[str]:
    """«Sở Tài nguyên và Môi trường» → «sởtnmt», «stnmt»; nothing for places."""
    form = _unfilled(_form(name))
    words = form.split()
    if len(words) < 4 or _without_kind(form):
        return
    letters = "".join(word[0] for word in words)
    yield words[0] + letters[1:]
    yield letters
