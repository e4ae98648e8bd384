"""Words of a source → the codes of the facts, through the profile's ``[values.FIELD]`` tables."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.home import Profile
from data.schema import CHANNELS, RETURN_MODES, SERVICE_STATES
from loaders.text import LONGEST, key, nulls, tidy

STATUSES = (
    "Mới đăng ký",
    "Được tiếp nhận",
    "Không được tiếp nhận",
    "Đang xử lý",
    "Yêu cầu bổ sung giấy tờ",
    "Yêu cầu thực hiện nghĩa vụ tài chính",
    "Công dân yêu cầu rút hồ sơ",
    "Dừng xử lý",
    "Đã xử lý xong",
    "Đã trả kết quả",
)
"""Names of the ten national status codes, 1 first."""

_YES_NO = {"no": 0, "yes": 1, "0": 0, "1": 1, "không": 0, "có": 1, "false": 0, "true": 1, "x": 1}
_LEVELS = (
    {str(n): n for n in (1, 2, 3, 4)} | {f"mức độ {n}": n for n in (1, 2, 3, 4)} | {"một phần": 3, "toàn trình": 4}
)

CANONICAL: dict[str, dict[str, int]] = {
    "channel": CHANNELS | {"trực tiếp": 1, "trực tuyến": 2, "bưu chính công ích": 3},
    "return_mode": dict(RETURN_MODES),
    "digitised": _YES_NO,
    "payment": {str(n): n for n in range(4)},
    "status": {str(n): n for n in range(1, 11)} | {name.casefold(): n for n, name in enumerate(STATUSES, start=1)},
    "service_level": _LEVELS,
    "level": _LEVELS,
    "eligible_online": _YES_NO,
    "eligible_level4": _YES_NO,
    "state": {state: n for n, state in enumerate(SERVICE_STATES)},
}
"""Our own word for every code; a file may use it without a word in the profile."""


@dataclass(frozen=True)
class Coded:
    """``codes``: one per row, null where blank or unknown; ``unknown``: where there is a word that no rule knows."""

    codes: pa.Array
    unknown: NDArray[np.bool_]


class Words:
    """The words of one field in one profile, compared without case, blanks, diacritics and punctuation."""

    def __init__(self, field: str, profile: Profile) -> None:
        self.field = field
        canonical = CANONICAL[field]
        codes = _numbers(field) | canonical
        self.known: dict[str, int] = {key(word): code for word, code in codes.items()}
        self.exact: dict[str, int] = {}
        self.catch_all: int | None = None
        self.shown: list[str] = []
        for meaning, words in profile.values.get(field, {}).items():
            code = codes.get(meaning.casefold())
            if code is None:
                raise ValueError(meaning)
            for word in words:
                if word == "*":
                    self.catch_all = code
                    continue
                self.exact[tidy(word)] = code
                self.known[key(word)] = code
                self.shown.append(word)
        self.shown = self.shown or list(canonical)

    def code(self, word: str) -> int | None:
        """The code of a word; the catch-all's (or None) when no rule knows it."""
        word = tidy(word)
        found = self.exact.get(word)
        return self.known.get(key(word), self.catch_all) if found is None else found

    def column(self, column: pa.Array) -> Coded:
        if column.null_count == len(column):
            return Coded(nulls(len(column), pa.int8()), np.zeros(len(column), np.bool_))
        encoded = column.dictionary_encode()
        words = [word[:LONGEST] for word in encoded.dictionary.to_pylist()]
        codes = [self.code(word) if tidy(word) else None for word in words]
        bad = np.array([code is None and bool(tidy(word)) for code, word in zip(codes, words, strict=True)], np.bool_)
        index = encoded.indices.fill_null(-1).to_numpy()
        unknown = np.append(bad, False)[index]
        return Coded(pa.array(codes, pa.int8()).take(encoded.indices), unknown)

    def nearest(self, word: str) -> list[str]:
        """Known words most like ``word``, at most three; the first known ones when none is alike."""
        by_key: Mapping[str, str] = {key(shown): shown for shown in reversed(self.shown)}
        alike = difflib.get_close_matches(key(word[:LONGEST]), by_key, n=3, cutoff=0.5)
        return [by_key[one] for one in alike] or self.shown[:6]


def _numbers(field: str) -> dict[str, int]:
    """The bare code numbers of a field, as text."""
    return {} if field == "state" else {str(code): code for code in CANONICAL[field].values()}
