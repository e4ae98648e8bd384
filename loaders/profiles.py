"""Which profile reads a file, and which of its columns is which field."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from data.errors import CallFault, RefusedFile
from data.home import Home, Profile, read_profile
from data.locale import _
from data.schema import MOMENTS
from loaders.formats import Sheet
from loaders.text import echo, key, tidy

FIELDS: dict[str, tuple[str, ...]] = {
    "dossiers": (
        *("dossier_code", "procedure_code", "procedure_name", "field_name", "unit", "unit_code"),
        *MOMENTS,
        *("status", "channel", "return_mode", "service_level", "digitised", "payment"),
    ),
    "services": (
        *("service_code", "procedure_code", "name", "unit", "unit_code", "level", "eligible_online", "eligible_level4"),
        *("exclusion_reason", "state", "reason", "changed_on"),
    ),
    "series": ("kpi", "unit", "unit_code", "level", "on", "numerator", "denominator", "value", "scheme", "source"),
}
"""All fields of a profile, by its kind."""

NEEDED: dict[str, tuple[tuple[str, ...], ...]] = {
    "dossiers": (("dossier_code",), ("accepted_at",), ("unit", "unit_code")),
    "services": (("service_code",), ("unit", "unit_code"), ("level",)),
    "series": (("kpi",), ("on",), ("value", "numerator")),
}
"""Fields a file must have: one of each group."""

SERIES = Profile(key="series", kind="series", dates=("iso8601",), fields={name: (name,) for name in FIELDS["series"]})
"""``series.csv`` as the contract words it; used when the home has no profile of this kind."""

MOST_HEAD_ROWS = 3
"""Rows that headings may take up."""
_SHOWN = 12
"""Headings listed in a message."""
_LONGEST = 300
"""No heading is longer; a cell of megabytes is not worth comparing."""


@dataclass(frozen=True)
class Match:
    """A profile found for a sheet: the headings end in ``top[header]``; ``columns``: field → position,
    the one that names the record first.

    ``headings``: of every column, over merged rows the whole («Trả kết quả Ngày trả») or only its lowest part,
    whichever the profile knows.
    """

    profile: Profile
    sheet: Sheet
    header: int
    columns: dict[str, int]
    missing: tuple[tuple[str, ...], ...]
    headings: tuple[str, ...]
    literal: int
    """How many headings are written exactly as the profile words them."""

    def heading(self, field: str) -> str:
        """The heading as the file words it; the profile's first wording where the column is absent."""
        if field in self.columns:
            return self.headings[self.columns[field]]
        words = self.profile.fields.get(field, ())
        return words[0] if words else field

    @property
    def heading_keys(self) -> dict[str, Collection[str]]:
        """What a cell of a field reads where the headings are repeated further down, by ``key``."""
        return {
            field: {key(self.headings[at])}
            | {_key(_heading(row[at])) for row in self._head_rows if at < len(row)} - {""}
            for field, at in self.columns.items()
        }

    @property
    def _head_rows(self) -> Sequence[Sequence[str]]:
        return self.sheet.heads[max(0, self.header - MOST_HEAD_ROWS + 1) : self.header + 1]

    @property
    def needed(self) -> list[str]:
        """Fields of the file that no record lacks; first the one that names it."""
        groups = (tuple(field for field in group if field in self.columns) for group in NEEDED[self.profile.kind])
        return [group[0] for group in groups if len(group) == 1]

    @property
    def score(self) -> tuple[int, int, int]:
        """The more needed fields the better, then the more fields, then the more literally (MaHoSo, Mã hồ sơ)."""
        return (-len(self.missing), len(self.columns), self.literal)


def chosen(home: Home, profile: str | Path | None) -> list[Profile]:
    """The profiles to try: the one asked for by key or file, else all of the home.

    Raises CallFault for an unknown key or missing file.
    """
    if profile is not None:
        if isinstance(profile, str) and profile in home.profiles:
            return [home.profiles[profile]]
        path = Path(profile)
        if path.is_file():
            return [_checked(read_profile(path), str(path))]
        known = ", ".join(home.profiles) or _("chưa có hồ sơ nguồn nào")
        raise CallFault(_("Không có hồ sơ nguồn (profile) «{key}»; đang có: {known}.", key=profile, known=known))
    found = [_checked(one, key) for key, one in home.profiles.items()]
    return found if any(one.kind == "series" for one in found) else [*found, SERIES]


def _checked(profile: Profile, where: str) -> Profile:
    """A misspelt field would lose a column silently."""
    unknown = [field for field in profile.fields if field not in FIELDS[profile.kind]]
    if unknown:
        raise CallFault(
            _(
                "Hồ sơ nguồn «{where}»: không có trường {unknown}. Các trường dùng được: {known}.",
                where=where,
                unknown=", ".join(f"«{field}»" for field in unknown),
                known=", ".join(FIELDS[profile.kind]),
            )
        )
    return profile


def match(profile: Profile, sheet: Sheet, header: int, depth: int = 1) -> Match:
    """Columns by their headings: as written first, then without regard to case, blanks, diacritics and punctuation.

    ``depth``: how many rows the headings take up; the last of them is ``top[header]``.
    """
    lowest, whole = _headings(sheet, header, depth)
    exact: dict[str, int] = {}
    loose: dict[str, int] = {}
    # The whole heading says more than its lowest part: «Tiếp nhận / Ngày» and «Trả / Ngày».
    for headings in (whole, lowest):
        for position, heading in enumerate(headings):
            exact.setdefault(heading, position)
            loose.setdefault(_key(heading), position)
    loose.pop("", None)
    columns: dict[str, int] = {}
    shown = list(whole)
    literal = 0
    for field, words in profile.fields.items():
        for word in words:
            position = exact.get(word := _tidy(word), loose.get(_key(word), -1))
            if position >= 0:
                columns[field] = position
                if _key(word) != _key(whole[position]):
                    shown[position] = lowest[position]
                literal += shown[position] in map(_tidy, words)
                break
    naming = NEEDED[profile.kind][0][0]
    if naming in columns:
        columns = {naming: columns.pop(naming), **columns}
    missing = tuple(group for group in NEEDED[profile.kind] if not any(field in columns for field in group))
    return Match(profile, sheet, header, columns, missing, tuple(shown), literal)


def _headings(sheet: Sheet, header: int, depth: int) -> tuple[list[str], list[str]]:
    """Of every column the lowest part of its heading, and the whole from the top down."""
    if depth == 1:
        headings = [_heading(cell) for cell in sheet.top[header]]
        return headings, headings
    rows = [[_heading(cell) for cell in row] for row in sheet.heads[header - depth + 1 : header + 1]]
    width = max(map(len, rows))
    lowest, whole = [""] * width, [""] * width
    for above, row in enumerate(rows):
        left = ""
        for at in range(width):
            cell = row[at] if at < len(row) else ""
            # Without a word on merged cells, a blank above a heading belongs to what stands to its left.
            spread = not cell and above < depth - 1 and any(at < len(low) and low[at] for low in rows[above + 1 :])
            left = left if spread else cell
            if left and left != lowest[at]:
                whole[at] = f"{whole[at]} {left}".strip()
                lowest[at] = left
    return lowest, whole


def find(profiles: Sequence[Profile], sheets: Iterable[Sheet], file: str) -> list[Match]:
    """The best profile and header row of every sheet that one fits.

    Raises RefusedFile when none fits, two fit equally well, a heading that is needed occurs twice, or records stand on
    one more sheet whose headings do not do.
    """
    fitting: list[Match] = []
    others: list[dict[str, Match]] = []
    nearest: Match | None = None
    for sheet in sheets:
        matches = [match(*tried) for tried in _tries(profiles, sheet)]
        best = max(matches, key=lambda one: one.score, default=None)
        if best is None or best.missing:
            # Sorted from worst to best, so that the best of each profile is what stays.
            others.append({one.profile.key: one for one in sorted(matches, key=lambda one: one.score)})
            if best and (nearest is None or best.score > nearest.score):
                nearest = best
            continue
        rivals = {one.profile.key for one in matches if one.score == best.score and not one.missing}
        if len(rivals) > 1:
            raise RefusedFile(
                file,
                _("Tiêu đề cột hợp với nhiều hồ sơ nguồn như nhau: {keys}.", keys=", ".join(sorted(rivals))),
                _("Hãy chỉ rõ bằng --profile."),
            )
        _refuse_repeated(best, file)
        fitting.append(best)
    if not fitting:
        raise _no_match(nearest, profiles, file)
    for other in others:
        _refuse_left_out(other, fitting, file)
    return fitting


def _refuse_left_out(other: Mapping[str, Match], fitting: Sequence[Match], file: str) -> None:
    """A guide or a summary beside the records does not matter; a month whose heading is misspelt must not get lost.

    Lists inside a JSON object have no name, and belong to the record around them.
    """
    for one in fitting:
        best = other.get(one.profile.key)
        if best is None or not best.sheet.name:
            continue
        if next(iter(one.columns)) in best.columns or 2 * len(best.columns) >= max(4, len(one.columns)):
            lack = _needs(best.profile, best.missing)
        elif any(_continues(one, row) for row in best.sheet.top):
            lack = _("hàng tiêu đề")
        else:
            continue
        raise RefusedFile(
            file,
            _(
                "Trang «{sheet}» có hồ sơ nhưng thiếu {lack}, nên không nạp trang nào của tệp.",
                sheet=best.sheet.name,
                lack=lack,
            ),
            _("Hãy thêm tiêu đề còn thiếu vào trang đó, hoặc bỏ trang đó khỏi tệp, rồi nạp lại."),
        )


def _continues(found: Match, row: Sequence[str]) -> bool:
    """Whether a row could stand below another sheet's headings: filled where it must be, dates where dates are."""
    needed = [found.columns[field] for field in found.needed]
    dates = [found.columns[field] for field in found.needed if field in MOMENTS]
    if not dates or len(row) <= max(needed):
        return False
    return all(row[at].strip() for at in needed) and all(_DATE.match(row[at].strip()) for at in dates)


_DATE = re.compile(r"\d{1,4}[/.-]\d{1,2}[/.-]\d|\d{5}([.,]|$)|\d{8}(\d{6})?$")


def _tries(profiles: Sequence[Profile], sheet: Sheet) -> Iterator[tuple[Profile, Sheet, int, int]]:
    """Every place where the headings may be; headings of one row first, for they are the likeliest."""
    for depth in range(1, MOST_HEAD_ROWS + 1):
        for header in range(depth - 1, len(sheet.top)):
            # Headings of several rows begin and end with a row that has some.
            if depth > 1 and not (any(sheet.top[header]) and any(sheet.top[header - depth + 1])):
                continue
            for profile in profiles:
                yield profile, sheet, header, depth


def _refuse_repeated(found: Match, file: str) -> None:
    headings = found.headings
    folded = [heading.casefold() for heading in headings]
    twice = [f"«{headings[p]}»" for p in found.columns.values() if folded.count(folded[p]) > 1]
    if twice:
        raise RefusedFile(
            file,
            _(
                "Tiêu đề {headings} có ở nhiều cột, không biết phải lấy cột nào.",
                headings=", ".join(dict.fromkeys(twice)),
            ),
            _("Hãy đổi tên hoặc bỏ cột thừa rồi nạp lại."),
        )


def _no_match(nearest: Match | None, profiles: Sequence[Profile], file: str) -> RefusedFile:
    if not profiles or nearest is None:
        return RefusedFile(
            file, _("Không tìm thấy hàng tiêu đề cột."), _("Hãy kiểm tra tệp có đúng là tệp xuất dữ liệu không.")
        )
    advice = _("Hãy xuất lại tệp có các cột đó, hoặc thêm tiêu đề của tệp vào mục [fields] của hồ sơ nguồn.")
    if nearest.columns:
        known = set(nearest.columns.values())
        reason = _(
            "Theo hồ sơ nguồn «{profile}», tệp thiếu {needs}. Tiêu đề không nhận ra ở hàng {row}: {listed}.",
            profile=nearest.profile.key,
            needs=_needs(nearest.profile, nearest.missing),
            row=nearest.header + 1,
            listed=_listed([cell for n, cell in enumerate(nearest.headings) if n not in known]),
        )
        return RefusedFile(file, reason, advice)
    like_headings = [row for row in nearest.sheet.top if not any(map(_DATA.search, row))]
    fullest = max(like_headings, key=lambda row: sum(bool(cell.strip()) for cell in row), default=())
    needs = [f"«{one.key}»: {_needs(one, NEEDED[one.kind])}" for one in profiles if one.key != SERIES.key][:4]
    reason = _(
        "Không nhận ra tiêu đề cột nào: {listed}. Cần có, theo hồ sơ nguồn {needs}.",
        listed=_listed(fullest),
        needs="; ".join(needs),
    )
    return RefusedFile(file, reason, advice)


def _needs(profile: Profile, groups: tuple[tuple[str, ...], ...]) -> str:
    """«Mã hồ sơ», «Ngày tiếp nhận» và «Đơn vị» hoặc «Mã đơn vị»."""
    either = f" {_('hoặc')} "
    return ", ".join(
        either.join(f"«{(profile.fields.get(field) or (field,))[0]}»" for field in group) for group in groups
    )


_DATA = re.compile(r"\d{5}|\d[/.:-]\d|@")
"""What stands in records and not in headings: codes, dates, telephone numbers, addresses."""


def _listed(cells: Sequence[str]) -> str:
    # Something else than headings may still come here: people's data must not get into a message.
    seen = [f"«{echo(cell[:_LONGEST], personal=True)}»" for cell in cells if cell.strip()]
    return (", ".join(seen[:_SHOWN]) + (" …" if len(seen) > _SHOWN else "")) or _("không có")


_key = lru_cache(maxsize=4096)(key)
_tidy = lru_cache(maxsize=4096)(tidy)


def _heading(cell: str) -> str:
    return _tidy(cell[:_LONGEST])
