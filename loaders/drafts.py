"""A first draft of a profile for a file that no profile reads, as TOML to be completed by a person.

The dictionary is the profiles themselves: the home's and the shipped ones. What they know is proposed; what is only
alike, and what is missing, stands beside it as a comment. Only words of coded columns (status, channel …) are repeated,
no value of any other column.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pyarrow as pa

from data.errors import RefusedFile
from data.home import Home, Profile
from data.locale import _
from data.schema import MOMENTS
from data.settings import SHIPPED_HOME
from loaders.clean import VIETNAMESE, moments
from loaders.formats import Rows, Sheet, open_sheets
from loaders.layout import without_layout
from loaders.names import Names
from loaders.profiles import FIELDS, MOST_HEAD_ROWS, SERIES, Match, match
from loaders.text import key, mask, tidy
from loaders.words import CANONICAL, Words

DATES = {"dossiers": MOMENTS, "services": ("changed_on",), "series": ("on",)}
FORMS = (
    *VIETNAMESE,
    "%d/%m/%y",
    "%d-%m-%y",
    "%d.%m.%y",
    "%d/%m/%y %H:%M",
    "%d/%m/%y %H:%M:%S",
    "excel",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y",
)
"""Forms tried, in this order; month first only for what nothing else reads."""

_PERSONAL = re.compile(
    r"chuhoso|nguoi|hoten|hovaten|tencongdan|khachhang|diachi|dienthoai|sdt|phone|cccd|cmnd|cancuoc|sogiayto|email|thudientu"
    r"|ngaysinh|gioitinh|canbo|fax|trichyeu|noidung|ghichu|resource|applicant|owner|address|birth"
)
"""Headings (by ``text.key``) of columns that are never proposed: people, free text."""
_SHAPES = {"dossier_code": "code", "service_code": "code", "accepted_at": "date", "unit": "word"}
"""Needed fields whose column can be told by its values where its heading says nothing."""
_CLOSE = 0.8
_MOST_WORDS = 40
"""A column with more distinct words is no coded column."""
_SAMPLE = 20_000
"""Rows looked at."""
_DIGITS = re.compile(r"\d")


@dataclass(frozen=True)
class Draft:
    """``toml``: a profile that can be read as it stands; ``missing``: needed fields that are not in it;
    ``notes``: what a person has to look at, in sentences."""

    toml: str
    kind: str
    missing: tuple[str, ...]
    notes: tuple[str, ...]


def draft(home: Home, data: bytes, name: str, profile_key: str = "") -> Draft:
    """Draft a profile for a file. Raises RefusedFile where no headings are found or the file cannot be read."""
    found = _best(_dictionary(home), open_sheets(data, name))
    if found is None:
        raise RefusedFile(
            name,
            _("Không tìm thấy hàng tiêu đề cột."),
            _("Hãy kiểm tra tệp có đúng là tệp xuất dữ liệu không, và có hàng tiêu đề."),
        )
    return _Writer(home, found, name, profile_key or _key_of(name)).draft()


def _dictionary(home: Home) -> list[Profile]:
    """One profile per kind: all headings and words that any profile knows, the shipped ones' order first."""
    merged: dict[str, Profile] = {}
    for one in (*_shipped().profiles.values(), *home.profiles.values(), SERIES):
        known = merged.get(one.kind)
        if known is None:
            merged[one.kind] = one
            continue
        fields = {field: _joined(known.fields.get(field, ()), one.fields.get(field, ())) for field in FIELDS[one.kind]}
        values = {
            field: {
                code: _joined(known.values.get(field, {}).get(code, ()), one.values.get(field, {}).get(code, ()))
                for code in {**known.values.get(field, {}), **one.values.get(field, {})}
            }
            for field in {**known.values, **one.values}
        }
        merged[one.kind] = known.model_copy(
            update={"fields": {field: words for field, words in fields.items() if words}, "values": values}
        )
    return list(merged.values())


@lru_cache(maxsize=1)
def _shipped() -> Home:
    return Home(SHIPPED_HOME)


def _joined(first: Iterable[str], second: Iterable[str]) -> tuple[str, ...]:
    return tuple(word for word in dict.fromkeys((*first, *second)) if word != "*")


# The headings ---------------------------------------------------------------------------------------------------------


def _best(profiles: Sequence[Profile], sheets: Iterable[Sheet]) -> Match | None:
    """The sheet, rows and kind whose headings are known best; else the first row that reads like headings."""
    best: Match | None = None
    unknown: Match | None = None
    for sheet in sheets:
        for depth in range(1, MOST_HEAD_ROWS + 1):
            for header in range(depth - 1, len(sheet.top)):
                if depth > 1 and not (any(sheet.top[header]) and any(sheet.top[header - depth + 1])):
                    continue
                for profile in profiles:
                    found = match(profile, sheet, header, depth)
                    if len(found.columns) >= 2 and (best is None or found.score > best.score):
                        best = found
        if unknown is None and (at := _like_headings(sheet)) is not None:
            dossiers = next(one for one in profiles if one.kind == "dossiers")
            unknown = match(dossiers, sheet, at)
    return best or unknown


def _like_headings(sheet: Sheet) -> int | None:
    """The first row of at least three different short texts, none of them a number or date, above a row as wide."""
    for at, row in enumerate(sheet.top[:-1]):
        cells = [tidy(cell) for cell in row if cell.strip()]
        below = sum(bool(cell.strip()) for cell in sheet.top[at + 1])
        wordy = all(len(cell) < 80 and any(map(str.isalpha, cell)) and not re.search(r"\d{4}", cell) for cell in cells)
        if len(cells) >= 3 and len(set(cells)) == len(cells) and wordy and below * 2 >= len(cells):
            data = [tidy(cell) for cell in sheet.top[at + 1]]
            # A row of data above a row of data: without one number below, these are as likely values as headings.
            if any(_DIGITS.search(cell) for cell in data):
                return at
    return None


def _key_of(name: str) -> str:
    """«Sổ theo dõi.xlsx» → «so-theo-doi»."""
    stem = Path(name).name.partition(".")[0]
    words = re.findall(r"[a-z]+", re.sub(r"[^a-z]+", " ", " ".join(key(word) for word in re.split(r"[^\w]+|_", stem))))
    return "-".join(words[:5]) or "nguon-moi"


# The draft ------------------------------------------------------------------------------------------------------------


class _Writer:
    """Writes the draft of one matched sheet."""

    def __init__(self, home: Home, found: Match, name: str, profile_key: str) -> None:
        self.home, self.found, self.name, self.key = home, found, name, profile_key
        self.kind = found.profile.kind
        self.headings = found.headings
        self._everything = {f"#{at}": at for at in range(len(self.headings)) if self.headings[at]}
        rows = found.sheet.read(found.header, {**found.columns, **self._everything})
        rows, _skipped = (
            without_layout(rows, found.heading_keys, found.needed or list(found.columns)[:1])
            if found.columns
            else (rows, None)
        )
        self.rows: Rows = rows
        self.notes: list[str] = []
        self.lines: list[str] = []

    def draft(self) -> Draft:
        missing = tuple(group[0] for group in self.found.missing)
        self._head()
        self._fields()
        self._words()
        self._folding()
        text = "\n".join(self.lines).rstrip() + "\n"
        Profile.model_validate(tomllib.loads(text))
        if missing:
            self.notes.insert(
                0,
                _(
                    "Chưa nhận ra trường bắt buộc: {fields}. Hãy điền vào mục [fields] (xem gợi ý trong bản nháp).",
                    fields=", ".join(" / ".join(group) for group in self.found.missing),
                ),
            )
        return Draft(text, self.kind, missing, tuple(self.notes))

    def _column(self, field: str) -> pa.Array:
        column = self.rows.table[field]
        column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        return column.slice(0, _SAMPLE)

    def _head(self) -> None:
        self.lines += [
            _comment(
                _(
                    "Bản nháp từ tệp «{name}», tiêu đề ở hàng {row}. Hãy xem lại từng dòng.",
                    name=_shown(self.name),
                    row=self.found.header + 1,
                )
            ),
            f"key = {_quoted(self.key)}",
            f"kind = {_quoted(self.kind)}",
            f'name = ""  {_comment(_("tên của nguồn, cho người đọc"))}',
            f"timezone = {_quoted(str(self.home.zone))}",
            *self._dates(),
            self._units(),
            self._mode(),
            "",
        ]

    def _mode(self) -> str:
        """A person's choice for dossiers; a catalogue is always whole."""
        if self.kind != "dossiers":
            return f"mode = {_quoted('full' if self.kind == 'services' else 'changes')}"
        self.notes.append(_("Hãy chọn mode: «changes» hay «full»; tệp không nói được điều này."))
        return (
            f'mode = "changes"  {_comment(_("tệp chỉ có hồ sơ mới và thay đổi; nếu tệp nào cũng chứa toàn bộ: full"))}'
        )

    def _dates(self) -> list[str]:
        """The forms that read the dates, those that read most first."""
        fields = [field for field in DATES[self.kind] if field in self.found.columns]
        if not fields:
            fields = [name for name, at in self._everything.items() if "date" in self._shapes(at)]
        left: dict[str, pa.Array] = {field: self._column(field).drop_null().unique() for field in fields}
        used: list[str] = []
        lines: list[str] = []
        for form in FORMS:
            reads = 0
            for field, column in left.items():
                if len(column):
                    known = moments(column, (form,), self.home.zone)
                    reads += int(known.valid.sum())
                    left[field] = column.filter(pa.array(known.unreadable))
            if reads:
                used.append(form)
                if form.startswith("%m"):
                    self.notes.append(_("Ngày viết tháng trước ngày ({form}): hãy kiểm tra kỹ.", form=form))
        for field, column in left.items():
            if len(column):
                shapes = dict.fromkeys(_DIGITS.sub("9", mask(tidy(one)))[:30] for one in column.to_pylist()[:200])
                plain = [shape for shape in shapes if not any(map(str.isalpha, shape))][:3]
                heading = self.found.heading(field)
                note = _(
                    "Cột «{heading}»: {number} cách ghi chưa đọc được là ngày.",
                    heading=_shown(heading),
                    number=len(column),
                )
                lines.append(_comment(" ".join([note, *plain])))
                self.notes.append(note)
        return [f"dates = [{', '.join(map(_quoted, used or FORMS[:3]))}]", *lines]

    def _units(self) -> str:
        """Registry where the home knows at least some of the file's units."""
        named = {field: self._column(field) for field in ("unit", "unit_code") if field in self.found.columns}
        registry = bool(self.home.units)
        if registry and named:
            blank = pa.nulls(len(next(iter(named.values()))), pa.string())
            known = Names(self.home).column(named.get("unit_code", blank), named.get("unit", blank))
            lost = {pair for pair, one in known.found.items() if one.code is None and any(pair)}
            registry = len(lost) < len(known.found) or not known.found
            if registry and lost:
                self.notes.append(_("{number} tên đơn vị chưa có trong units.csv hoặc aliases.csv.", number=len(lost)))
        advice = (
            _("theo units.csv; nếu lấy đơn vị ngay trong tệp: from-rows")
            if registry
            else _("lấy đơn vị ngay trong tệp; nếu theo units.csv: registry")
        )
        return f"units = {_quoted('registry' if registry else 'from-rows')}  {_comment(advice)}"

    def _fields(self) -> None:
        self.lines.append("[fields]")
        needed = {field for group in self.found.missing for field in group}
        alike = self._alike()
        for field in FIELDS[self.kind]:
            if field in self.found.columns:
                self.lines.append(f"{field} = [{_quoted(_clean(self.found.heading(field)))}]")
            elif field in alike or field in needed:
                guesses = ", ".join(f"«{_shown(one)}»" for one in alike.get(field, ())) or _("không có cột nào giống")
                word = _("bắt buộc") if field in needed else _("có thể là")
                self.lines.append(_comment(f'{field} = [""]  {word}: {guesses}'))
        used = set(self.found.columns.values())
        left = [heading for at, heading in enumerate(self.headings) if heading and at not in used]
        if left:
            listed = ", ".join(f"«{_shown(heading)}»" for heading in left[:40])
            self.lines.append(_comment(_("Cột không dùng: {listed}", listed=listed)))
        self.lines.append("")

    def _alike(self) -> dict[str, list[str]]:
        """Field not found → headings that may be it: written alike, else of its shape."""
        used = set(self.found.columns.values())
        free = {
            heading: at
            for at, heading in enumerate(self.headings)
            if heading and at not in used and not _PERSONAL.search(key(heading))
        }
        by_key = {key(heading): heading for heading in free}
        found: dict[str, list[str]] = {}
        for field in FIELDS[self.kind]:
            if field in self.found.columns:
                continue
            words = {key(word) for word in (*self.found.profile.fields.get(field, ()), field)}
            near = [
                by_key[one]
                for one in by_key
                if max(difflib.SequenceMatcher(None, one, word).ratio() for word in words) >= _CLOSE
            ]
            if field in _SHAPES and any(field in group for group in self.found.missing):
                near += [heading for heading, at in free.items() if _SHAPES[field] in self._shapes(at)]
                near = list(dict.fromkeys(near))
            if near:
                found[field] = near[:6]
        return found

    def _shapes(self, at: int) -> set[str]:
        """What a column may be: date, else code (many different values) or word (few), or both in a short file."""
        column = self._column(f"#{at}").drop_null()
        if not len(column):
            return set()
        sample = column.slice(0, 100)
        if int(moments(sample, FORMS[:-3], self.home.zone).valid.sum()) * 10 >= len(sample) * 9:
            return {"date"}
        different = len(column.unique())
        fits = {"code": different * 10 >= len(column), "word": different * 2 <= len(column)}
        return {shape for shape, ok in fits.items() if ok}

    def _words(self) -> None:
        """The words of coded columns: known ones under their code, the others as comments with the nearest code."""
        for field in FIELDS[self.kind]:
            if field not in CANONICAL or field not in self.found.columns:
                continue
            seen = [tidy(word) for word in self._column(field).drop_null().unique().to_pylist()]
            seen = sorted({word for word in seen if word})
            self.lines.append(f"[values.{field}]")
            if len(seen) > _MOST_WORDS or any(len(word) > 80 for word in seen):
                heading = _shown(self.found.heading(field))
                self.lines += [
                    _comment(
                        _(
                            "Cột «{heading}» có {number} giá trị khác nhau: không giống cột mã.",
                            heading=heading,
                            number=len(seen),
                        )
                    ),
                    "",
                ]
                continue
            self._coded(field, seen)
            self.lines.append("")

    def _coded(self, field: str, seen: Sequence[str]) -> None:
        meanings = self.found.profile.values.get(field, {})
        words = Words(field, self.found.profile)
        names = _meaning(field, meanings)
        by_code: dict[int, list[str]] = {}
        unknown: list[str] = []
        for word in seen:
            code = words.code(word)
            if code is None:
                unknown.append(word)
            else:
                by_code.setdefault(code, []).append(word)
        for code, listed in sorted(by_code.items()):
            self.lines.append(f"{_quoted(names[code])} = [{', '.join(_quoted(_clean(word)) for word in listed)}]")
        for word in unknown:
            near = (
                words.nearest(word)[:1] if difflib.get_close_matches(key(word), map(key, words.shown), 1, 0.5) else []
            )
            code = words.code(near[0]) if near else None
            guess = f"{_quoted(names[code])} = " if code is not None else '"?" = '
            reason = _("gần nhất: «{word}»", word=near[0]) if near else _("chưa rõ nghĩa")
            self.lines.append(_comment(f"{guess}[{_quoted(_shown(word))}]  {reason}"))
        if unknown:
            self.notes.append(
                _(
                    "[values.{field}]: {number} từ chưa có nghĩa, đang ghi dạng chú thích; không bổ sung thì dòng có từ đó bị từ chối.",
                    field=field,
                    number=len(unknown),
                )
            )

    def _folding(self) -> None:
        if self.kind != "dossiers" or "dossier_code" not in self.found.columns:
            return
        codes = self._column("dossier_code").drop_null()
        repeats = len(codes) - len(codes.unique())
        if repeats * 5 > len(codes):
            self.notes.append(_("{number} dòng lặp mã hồ sơ: nếu là nhật ký, hãy mở mục [one_row].", number=repeats))
            self.lines += [
                _comment(_("Nhiều dòng cho một hồ sơ: bỏ dấu # để chỉ lấy dòng đầu (first) hoặc dòng cuối (last).")),
                "# [one_row]",
                '# per = "dossier_code"',
                '# keep = "first"',
            ]


def _meaning(field: str, meanings: Iterable[str]) -> dict[int, str]:
    """Code → how a profile names it."""
    codes = {str(code): code for code in CANONICAL[field].values()} | CANONICAL[field]
    names: dict[int, str] = {}
    for word in (*meanings, *codes):
        if (code := codes.get(word.casefold())) is not None:
            names.setdefault(code, word)
    return names


def _clean(text: str) -> str:
    return "".join(letter for letter in tidy(text) if letter.isprintable())


def _shown(text: str) -> str:
    """A word of the file in a sentence or comment: one line, masked, not too long."""
    text = mask(_clean(text))
    return text if len(text) <= 80 else text[:79] + "…"


def _quoted(text: str) -> str:
    """A TOML string: printable letters only, so JSON's way of quoting is TOML's."""
    return json.dumps(text, ensure_ascii=False)


def _comment(text: str) -> str:
    return "# " + _clean(text)
