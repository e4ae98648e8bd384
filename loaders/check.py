"""Rows of a sheet → facts, refusals and flags. All faults of a file are found together.

Refused: no code, no acceptance, an unreadable date, an unknown unit, an unknown channel or status word. Whatever else is
odd is loaded and flagged (``data.schema.FLAGS``), for a row left out would change every figure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from data.codes import hashes
from data.errors import DataFault, RefusedFile
from data.home import Home
from data.locale import _
from data.schema import FLAGS
from data.store import Refusal
from loaders.clean import VIETNAMESE, Moments, moments
from loaders.formats import Misfit, Rows
from loaders.layout import without_layout
from loaders.names import Found, Names
from loaders.profiles import Match
from loaders.text import echo, kept, mapped, nulls, tidy, trimmed
from loaders.words import Words
from loaders.zones import Mask

Explain = Callable[[str], tuple[str, str]]
"""A refused value → reason, what to do."""

CODES = frozenset(
    {"dossier_code", "procedure_code", "service_code", "unit", "unit_code", "status", "channel", "kpi", "state"}
)
"""Fields whose cells are codes: never masked, though they may look like a telephone or identity number."""
LONGEST_CODE = 1000
"""Longer than this is no code, but rows run together or a file damaged."""

_SUGGESTED = 20
"""Distinct unknown words for which similar ones are looked up; a file of nothing else must not take minutes."""


@dataclass(frozen=True)
class Checked:
    """What a sheet holds. ``read`` counts rows judged: taken, refused or repeated.

    ``merged`` rows were folded away before, and ``skipped`` ones are no records (``loaders.layout.KINDS``).
    """

    facts: pa.Table
    refusals: list[Refusal]
    read: int
    refused: int
    merged: int = 0
    repeated: int = 0
    flags: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    unit_names: dict[str, str] = field(default_factory=dict)
    refused_codes: list[str] = field(default_factory=list)
    """Codes of refused rows: they are in the file all the same."""


class Judge:
    """The rows of one sheet under one profile: gives cleaned columns and remembers what must be refused.

    ``rows``: some of the sheet's rows, all by default; ``more``: others follow.
    """

    def __init__(self, found: Match, home: Home, names: Names, rows: Rows | None = None, *, more: bool = False) -> None:
        self.found, self.home, self.names = found, home, names
        self.profile = found.profile
        rows = found.sheet.read(found.header, found.columns) if rows is None else rows
        rows, self.skipped = without_layout(rows, found.heading_keys, found.needed, more=more)
        rows, self.merged = _one_row(rows, found)
        self.table, self.numbers = rows.table, rows.numbers
        self.forms = rows.forms
        self.size = rows.table.num_rows
        self.refused: Mask = np.zeros(self.size, np.bool_)
        self.refusals: list[Refusal] = [self._misfit(misfit) for misfit in rows.misfits]
        self.misfits = len(rows.misfits)
        self.unit_names: dict[str, str] = {}

    @cached_property
    def zone(self) -> ZoneInfo:
        """The zone of the file's times."""
        if self.profile.timezone is None:
            return self.home.zone
        try:
            return ZoneInfo(self.profile.timezone)
        except (KeyError, ValueError, OSError) as fault:
            raise DataFault(
                _(
                    "Hồ sơ nguồn «{profile}»: không có múi giờ «{zone}».",
                    profile=self.profile.key,
                    zone=self.profile.timezone,
                )
            ) from fault

    def raw(self, name: str) -> pa.Array:
        """A field's cells; all null where the file has no such column."""
        if name not in self.table.column_names:
            return nulls(self.size, pa.string())
        column = self.table[name]
        return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column

    def refuse(self, where: Mask, name: str, explain: Explain) -> None:
        """Refuse the rows in ``where`` for the field ``name``."""
        at = np.flatnonzero(where)
        if not len(at):
            return
        self.refused |= where
        values = self.raw(name).take(pa.array(at)).to_pylist()
        rows = self.numbers.take(pa.array(at)).to_pylist()
        heading, sheet = self.found.heading(name), self.found.sheet.name
        known: dict[str, tuple[str, str, str]] = {}
        for row, value in zip(rows, values, strict=True):
            value = value or ""
            if value not in known:
                known[value] = (echo(value, personal=name not in CODES), *explain(value))
            self.refusals.append(Refusal(sheet, row, heading, *known[value]))

    def _misfit(self, misfit: Misfit) -> Refusal:
        return Refusal(self.found.sheet.name, misfit.row, "", "", misfit.reason, misfit.what_to_do)

    def code(self, name: str, missing: str) -> pa.Array:
        """A code that every row must have."""
        codes = trimmed(self.raw(name))
        advice = _(
            "Hãy điền vào cột này trong phần mềm nguồn rồi xuất lại; nếu là dòng tổng cộng hay chữ ký thì xóa dòng."
        )
        self.refuse(as_mask(codes.is_null()), name, lambda _value: (missing, advice))
        self._refuse_endless(codes, name)
        return codes

    def _refuse_endless(self, codes: pa.Array, name: str) -> None:
        endless = pc.greater(pc.binary_length(codes), LONGEST_CODE).fill_null(False)
        reason = _("Ô dài quá {most} ký tự: không phải mã hay tên.", most=LONGEST_CODE)
        self.refuse(
            as_mask(endless), name, lambda _value: (reason, _("Hãy kiểm tra dấu nháy kép, dấu phân cách rồi xuất lại."))
        )

    def words(self, name: str) -> pa.Array:
        """Words kept as they are, without personal numbers."""
        return mapped(self.raw(name), kept)

    def coded(self, name: str, *, strict: bool = False) -> pa.Array:
        """Value words as codes. ``strict``: a word that no rule knows refuses the row, else it is null."""
        try:
            words = Words(name, self.profile)
        except ValueError as fault:
            raise DataFault(
                _(
                    "Hồ sơ nguồn «{profile}», mục [values.{field}]: không có mã «{code}».",
                    profile=self.profile.key,
                    field=name,
                    code=str(fault),
                )
            ) from fault
        found = words.column(self.raw(name))
        if strict:
            self.refuse(found.unknown, name, _Suggest(self, words))
        return found.codes

    def moments(self, name: str, *, missing: str = "", end_of_day: bool = False) -> Moments:
        """Dates; a text that is none refuses the row, so does a blank when ``missing`` says why."""
        wanted = self.profile.dates or VIETNAMESE
        own = self.forms.get(name, ())
        if "excel1904" in own:
            wanted = tuple(form for form in wanted if form != "excel")
        # Real dates of a workbook need no form in the profile.
        wanted = (*wanted, *(form for form in own if form not in wanted))
        found = moments(self.raw(name), wanted, self.zone, end_of_day=end_of_day)
        forms = ", ".join(_example(form) for form in wanted[:6])
        advice = _("Hãy sửa ngày ở phần mềm nguồn, hoặc thêm dạng ngày này vào mục «dates» của hồ sơ nguồn.")
        self.refuse(
            found.unreadable,
            name,
            lambda _value: (_("Không đọc được ngày. Các dạng đọc được: {forms}.", forms=forms), advice),
        )
        if missing:
            fill = _("Hãy điền ngày ở phần mềm nguồn rồi xuất lại; hồ sơ chưa tiếp nhận thì không đưa vào tệp.")
            self.refuse(~found.valid & ~found.unreadable, name, lambda _value: (missing, fill))
        return found

    def units(self, blank_unit: str | None = None) -> pa.Array:
        """Unit codes: from the home's registry, or the cells themselves under ``units = "from-rows"``.

        ``blank_unit``: what a blank cell means; without it a blank refuses the row.
        """
        columns = self.found.columns
        shown = "unit" if "unit" in columns else "unit_code"
        blank = _("Thiếu đơn vị giải quyết."), _("Hãy điền đơn vị ở phần mềm nguồn rồi xuất lại.")
        if self.profile.units == "from-rows" or (self.profile.kind == "series" and not self.home.units):
            names, codes = trimmed(self.raw("unit")), trimmed(self.raw("unit_code"))
            result = pc.coalesce(codes, names, pa.scalar(blank_unit, pa.string()))
            self.refuse(as_mask(result.is_null()), shown, lambda _value: blank)
            self._refuse_endless(result, shown)
            pairs = pa.table({"code": result, "name": pc.coalesce(names, codes)}).group_by("code", use_threads=False)
            first = pairs.aggregate([("name", "first")]).to_pydict()
            self.unit_names = {
                code: name for code, name in zip(first["code"], first["name_first"], strict=True) if code
            }
            return result
        if not self.home.units:
            raise RefusedFile(
                "units.csv",
                _("Chưa có danh sách đơn vị (units.csv) nên không biết hồ sơ thuộc đơn vị nào."),
                _(
                    'Hãy thêm units.csv, hoặc ghi units = "from-rows" trong hồ sơ nguồn «{profile}».',
                    profile=self.profile.key,
                ),
            )
        found = self.names.column(self.raw("unit_code"), self.raw("unit"))
        by_name = {name or code: one for (code, name), one in found.found.items()}
        empty = as_mask(self.raw("unit").is_null()) & as_mask(self.raw("unit_code").is_null())
        if blank_unit is None:
            self.refuse(found.failed & empty, shown, lambda _value: blank)
        self.refuse(found.failed & ~empty, shown, _WhichUnit(self.names, by_name))
        return pc.if_else(pa.array(empty), pa.scalar(blank_unit, pa.string()), found.codes)

    def done(self, facts: dict[str, pa.Array]) -> pa.Table:
        """The facts of the rows that were not refused, with their place in the file."""
        place = {"sheet": pa.repeat(self.found.sheet.name, self.size), "row": self.numbers}
        table = pa.table({**facts, **place})
        return table.filter(pa.array(~self.refused)) if self.refused.any() else table

    def checked(self, facts: dict[str, pa.Array]) -> Checked:
        table = self.done(facts)
        flags = (
            Counter({name: _count(table["flags"], bit) for name, bit in FLAGS.items()})
            if "flags" in facts
            else Counter()
        )
        return Checked(
            facts=table,
            refusals=sorted(self.refusals, key=lambda one: one.row),
            read=self.size + self.misfits,
            refused=int(self.refused.sum()) + self.misfits,
            merged=self.merged,
            flags={name: count for name, count in flags.items() if count},
            skipped=dict(self.skipped),
            unit_names=self.unit_names,
            refused_codes=self._refused_codes(facts),
        )

    def _refused_codes(self, facts: dict[str, pa.Array]) -> list[str]:
        if "code" not in facts or not self.refused.any():
            return []
        codes: list[str] = facts["code"].filter(pa.array(self.refused)).drop_null().to_pylist()
        return codes


class _Suggest:
    """Why a word is refused, with similar known ones."""

    def __init__(self, judge: Judge, words: Words) -> None:
        self.judge, self.words, self.left = judge, words, _SUGGESTED

    def __call__(self, value: str) -> tuple[str, str]:
        self.left -= 1
        near = self.words.nearest(value) if self.left >= 0 else self.words.shown[:3]
        listed = ", ".join(f"«{word}»" for word in near)
        return (
            _("Không có quy tắc nào hiểu từ này."),
            _(
                "Gần nhất: {listed}. Hãy sửa ở phần mềm nguồn hoặc thêm từ vào [values.{field}] của hồ sơ nguồn «{profile}».",
                listed=listed,
                field=self.words.field,
                profile=self.judge.profile.key,
            ),
        )


class _WhichUnit:
    """Why a unit was not found, with candidates or similar names."""

    def __init__(self, names: Names, found: dict[str, Found]) -> None:
        self.names, self.found, self.left = names, found, _SUGGESTED

    def __call__(self, value: str) -> tuple[str, str]:
        candidates = self.found.get(tidy(value), Found(None)).candidates
        if candidates:
            return (
                _("Tên này chỉ nhiều đơn vị: {listed}.", listed="; ".join(map(self.names.label, candidates[:6]))),
                _("Hãy ghi kèm huyện (ví dụ «xã Tân Tiến - huyện Đồng Phú») hoặc dùng cột mã đơn vị."),
            )
        self.left -= 1
        near = self.names.nearest(value) if self.left >= 0 else []
        advice = _("Hãy thêm tên này vào aliases.csv (hoặc đơn vị vào units.csv) rồi nạp lại.")
        if near:
            advice = _("Có phải là {listed}? ", listed="; ".join(near)) + advice
        return _("Không có đơn vị nào mang tên hoặc mã này."), advice


def as_mask(column: pa.Array) -> Mask:
    """An Arrow truth column without nulls as numpy."""
    result: NDArray[np.bool_] = column.to_numpy(zero_copy_only=False).astype(np.bool_)
    return result


def _count(flags: pa.ChunkedArray, bit: int) -> int:
    return int(pc.sum(pc.not_equal(pc.bit_wise_and(flags, bit), 0)).as_py() or 0)


_EXAMPLE = datetime(2021, 3, 31, 8, 5, tzinfo=UTC)


def _example(form: str) -> str:
    """A form as an example: «31/03/2021 08:05:00»."""
    if form == "iso8601":
        return "2021-03-31T08:05:00"
    return _("số ngày của Excel (44286)") if form.startswith("excel") else _EXAMPLE.strftime(form)


def _flat(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _one_row(rows: Rows, found: Match) -> tuple[Rows, int]:
    """An event log folded to one row per dossier, and how many rows that left out."""
    rule = found.profile.one_row
    if rule is None or rule.per not in found.columns or rows.table.num_rows == 0:
        return rows, 0
    keys = trimmed(_flat(rows.table[rule.per]))
    at = chosen_rows(keys, last=rule.keep == "last")
    left_out = rows.table.num_rows - len(at)
    taken = pa.array(at)
    return replace(rows, table=rows.table.take(taken), numbers=rows.numbers.take(taken), asides={}), left_out


def chosen_rows(keys: pa.Array, *, last: bool) -> NDArray[np.int64]:
    """The first or last row of every key, in the file's order; rows without a key all stay."""
    index = keys.dictionary_encode().indices.fill_null(-1).to_numpy().astype(np.int64)
    index = np.where(index < 0, -1 - np.arange(len(index)), index)
    if last:
        _, at = np.unique(index[::-1], return_index=True)
        return np.sort(len(index) - 1 - at)
    _, at = np.unique(index, return_index=True)
    return np.sort(at)


def _all_differ(numbers: NDArray[np.int64]) -> bool:
    numbers = np.sort(numbers)
    return not (numbers[1:] == numbers[:-1]).any()


def one_per_key(facts: pa.Table, names: Sequence[str]) -> tuple[pa.Table, int]:
    """The last row of every key, flagged where it had earlier ones, and how many those were."""
    keys = (
        facts[names[0]]
        if len(names) == 1
        else pc.binary_join_element_wise(*(pc.cast(facts[name], pa.string()) for name in names), "\x1f")
    )
    numbers = facts["code_hash"].to_numpy() if "code_hash" in facts.column_names else hashes(keys)
    if keys.null_count == 0 and _all_differ(numbers):
        return facts, 0
    keys = _flat(keys)
    at = chosen_rows(keys, last=True)
    repeats = facts.num_rows - len(at)
    if not repeats:
        return facts, 0
    kept = facts.take(pa.array(at))
    if "flags" in facts.column_names:
        seen = keys.value_counts()
        often = seen.field("values").filter(pc.greater(seen.field("counts"), 1))
        again = pc.is_in(keys.take(pa.array(at)), often)
        flags = pc.if_else(again, pc.bit_wise_or(_flat(kept["flags"]), FLAGS["repeated_in_file"]), _flat(kept["flags"]))
        kept = kept.set_column(kept.column_names.index("flags"), "flags", flags)
    return kept, repeats
