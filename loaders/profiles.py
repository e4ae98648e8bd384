"""Which profile reads a file, and which of its columns is which field."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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

_SHOWN = 12
"""Headings listed in a message."""
_LONGEST = 300
"""No heading is longer; a cell of megabytes is not worth comparing."""


@dataclass(frozen=True)
class Match:
    """A profile found for a sheet: the headings stand in ``top[header]``; ``columns``: field → position."""

    profile: Profile
    sheet: Sheet
    header: int
    columns: dict[str, int]
    missing: tuple[tuple[str, ...], ...]
    literal: int
    """How many headings are written exactly as the profile words them."""

    def heading(self, field: str) -> str:
        """The heading as the file words it; the profile's first wording where the column is absent."""
        if field in self.columns:
            return _heading(self.sheet.top[self.header][self.columns[field]])
        words = self.profile.fields.get(field, ())
        return words[0] if words else field

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


def match(profile: Profile, sheet: Sheet, header: int) -> Match:
    """Columns by their headings: as written first, then without regard to case, blanks, diacritics and punctuation."""
    headings = [_heading(cell) for cell in sheet.top[header]]
    exact: dict[str, int] = {}
    loose: dict[str, int] = {}
    for position, heading in enumerate(headings):
        exact.setdefault(heading, position)
        loose.setdefault(key(heading), position)
    loose.pop("", None)
    columns: dict[str, int] = {}
    for field, words in profile.fields.items():
        for word in words:
            position = exact.get(tidy(word), loose.get(key(word), -1))
            if position >= 0:
                columns[field] = position
                break
    missing = tuple(group for group in NEEDED[profile.kind] if not any(field in columns for field in group))
    literal = sum(headings[at] in map(tidy, profile.fields[field]) for field, at in columns.items())
    return Match(profile, sheet, header, columns, missing, literal)


def find(profiles: Sequence[Profile], sheets: Iterable[Sheet], file: str) -> list[Match]:
    """The best profile and header row of every sheet that one fits.

    Raises RefusedFile when none fits, two fit equally well, or a heading that is needed occurs twice.
    """
    fitting: list[Match] = []
    nearest: Match | None = None
    for sheet in sheets:
        matches = [match(profile, sheet, header) for profile in profiles for header in range(len(sheet.top))]
        best = max(matches, key=lambda one: one.score, default=None)
        if best is None:
            continue
        if best.missing:
            nearest = best if nearest is None or best.score > nearest.score else nearest
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
    return fitting


def _refuse_repeated(found: Match, file: str) -> None:
    headings = [_heading(cell) for cell in found.sheet.top[found.header]]
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
            listed=_listed([cell for n, cell in enumerate(nearest.sheet.top[nearest.header]) if n not in known]),
        )
        return RefusedFile(file, reason, advice)
    fullest = max(nearest.sheet.top, key=lambda row: sum(bool(cell.strip()) for cell in row))
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


def _listed(cells: Sequence[str]) -> str:
    # A file without headings shows its first row here: people's data must not get into a message.
    seen = [f"«{echo(cell[:_LONGEST], personal=True)}»" for cell in cells if cell.strip()]
    return (", ".join(seen[:_SHOWN]) + (" …" if len(seen) > _SHOWN else "")) or _("không có")


def _heading(cell: str) -> str:
    return tidy(cell[:_LONGEST])
