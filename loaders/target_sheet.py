"""Targets of units as a sheet: read with care, and put into the campaign's file without touching the rest of it.

Rows of a sheet: unit code, figure key, value (per cent for ratios), due date. What came in from a sheet stands in one
marked section at the end of the campaign's file; everything above it, comments included, stays as people wrote it.
"""

from __future__ import annotations

import os
import re
import tempfile
import tomllib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from data.errors import CallFault, DataFault, RefusedFile
from data.home import Campaign, Home, Target
from data.locale import _
from data.records import Refusal
from loaders.formats import Sheet, open_sheets
from loaders.text import key

UNIT, KPI, VALUE, DUE = "Mã đơn vị", "Mã chỉ tiêu", "Giá trị", "Hạn"
HEADINGS = (UNIT, KPI, VALUE, DUE)
"""The headings a sheet needs; others are for the reader."""
BEGIN = "# --- Chỉ tiêu nạp từ bảng tính, ghi bởi trang «Chỉ tiêu & định nghĩa»: đừng sửa tay từ dòng này trở xuống ---"

_EXCEL_EPOCH = date(1899, 12, 30)
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")


@dataclass(frozen=True)
class SheetTarget:
    """One row: ``value`` as a fraction of 1 for ratios."""

    unit: str
    kpi: str
    value: float
    due: date


@dataclass(frozen=True)
class Read:
    rows: tuple[SheetTarget, ...]
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True)
class Plan:
    """What would be written. ``changed``: unit and figure → its new targets; ``by_hand``: those the file sets itself."""

    path: Path
    before: str
    after: str
    changed: Mapping[tuple[str, str], tuple[SheetTarget, ...]]
    by_hand: tuple[tuple[str, str], ...]


# Reading --------------------------------------------------------------------------------------------------------------


def read(data: bytes, name: str, *, units: Collection[str], ratios: Mapping[str, bool]) -> Read:
    """Targets of a sheet. ``ratios``: figure → whether its value is per cent. Raises RefusedFile without the headings."""
    sheet, header, columns = _found(open_sheets(data, name), name)
    rows = sheet.read(header, columns)
    cells = [rows.table[heading].to_pylist() for heading in columns]
    taken: dict[tuple[str, str, date], SheetTarget] = {}
    refusals: list[Refusal] = []
    for number, *values in zip(rows.numbers.to_pylist(), *cells, strict=True):
        row = {heading: (value or "").strip() for heading, value in zip(columns, values, strict=True)}
        one = _row(row, units, ratios)
        if isinstance(one, SheetTarget):
            taken[one.unit, one.kpi, one.due] = one
        else:
            heading, reason, what_to_do = one
            refusals.append(Refusal(sheet.name, number, heading, row[heading][:80], reason, what_to_do))
    return Read(tuple(taken.values()), tuple(refusals))


def _found(sheets: Sequence[Sheet], name: str) -> tuple[Sheet, int, dict[str, int]]:
    """The first sheet with all headings in one of its top rows."""
    wanted = {key(heading): heading for heading in HEADINGS}
    for sheet in sheets:
        for header, cells in enumerate(sheet.top):
            columns: dict[str, int] = {}
            for place, cell in enumerate(cells):
                heading = wanted.get(key(cell))
                if heading is not None:
                    columns.setdefault(heading, place)
            if len(columns) == len(HEADINGS):
                return sheet, header, columns
    raise RefusedFile(
        name,
        _("Không thấy đủ các cột: {headings}.", headings=", ".join(HEADINGS)),
        _("Hãy tải bảng chỉ tiêu của trang này, sửa rồi nạp lại."),
    )


def _row(
    row: Mapping[str, str], units: Collection[str], ratios: Mapping[str, bool]
) -> SheetTarget | tuple[str, str, str]:
    """The target of a row, or heading, reason and what to do."""
    unit, kpi = row[UNIT], row[KPI]
    if unit not in units:
        return UNIT, _("Không có đơn vị mã này."), _("Dùng mã trong units.csv của thư mục dữ liệu.")
    if kpi not in ratios:
        return KPI, _("Không có chỉ tiêu mã này."), _("Dùng mã ghi trong bảng định nghĩa.")
    text = row[VALUE].removesuffix("%").strip()
    if not _NUMBER.fullmatch(text):
        return VALUE, _("Không phải là số."), _("Hãy ghi số như 98,5 (phần trăm) hoặc 0.")
    value = float(text.replace(",", "."))
    if ratios[kpi]:
        if 0 < value <= 1:
            return VALUE, _("Tỷ lệ phải ghi theo phần trăm."), _("Ghi 100 nếu là 100 %, 98,5 nếu là 98,5 %.")
        if not 0 <= value <= 100:
            return VALUE, _("Tỷ lệ nằm ngoài 0–100 %."), _("Ghi 100 nếu là 100 %.")
        value = round(value / 100, 12)
    due = _date(row[DUE])
    if due is None:
        return DUE, _("Không phải là ngày."), _("Hãy ghi ngày như 19/5/2021 hoặc 2021-05-19.")
    return SheetTarget(unit, kpi, value, due)


def _date(text: str) -> date | None:
    try:
        if found := re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", text):
            return date(int(found[3]), int(found[2]), int(found[1]))
        if re.fullmatch(r"\d{5}(\.0*)?", text):
            return _EXCEL_EPOCH + timedelta(days=int(float(text)))
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


# Writing --------------------------------------------------------------------------------------------------------------


def plan(
    home: Home, campaign: Campaign, rows: Sequence[SheetTarget], now: Mapping[tuple[str, str], Sequence[Target]]
) -> Plan:
    """What the rows would change. ``now``: unit and figure → the targets that hold for it, of whatever origin.

    A unit's rows of one figure replace what held for it in that figure; what the sheet does not name stays.
    """
    path = _path(home, campaign)
    before = path.read_text(encoding="utf-8-sig")
    above, _mark, section = before.partition(BEGIN)
    wanted: dict[tuple[str, str], list[SheetTarget]] = defaultdict(list)
    for row in rows:
        wanted[row.unit, row.kpi].append(row)
    own = _blocks(above, path)
    changed: dict[tuple[str, str], tuple[SheetTarget, ...]] = {}
    by_hand: list[tuple[str, str]] = []
    for pair, targets in wanted.items():
        held = {(target.value, target.due) for target in now.get(pair, ())}
        if held == {(target.value, target.due) for target in targets}:
            continue
        if any(target.kpi == pair[1] and pair[0] in target.unit for target in own):
            by_hand.append(pair)
        else:
            changed[pair] = tuple(sorted(targets, key=lambda target: target.due))
    kept = [
        SheetTarget(unit, target.kpi, target.value, target.due)
        for target in _blocks(section, path)
        for unit in target.unit
        if (unit, target.kpi) not in changed
    ]
    new = [target for targets in changed.values() for target in targets]
    after = f"{above.rstrip()}\n\n{BEGIN}\n{as_toml([*kept, *new])}" if kept or new else before
    return Plan(path, before, after, changed, tuple(by_hand))


def as_toml(targets: Sequence[SheetTarget]) -> str:
    """``[[target]]`` blocks; units with the same target of a figure share one."""
    shared: dict[tuple[str, float, date], list[str]] = defaultdict(list)
    for target in targets:
        shared[target.kpi, target.value, target.due].append(target.unit)
    parts = []
    for (kpi, value, due), units in sorted(shared.items()):
        listed = ", ".join(f'"{unit}"' for unit in sorted(units))
        parts.append(f'[[target]]\nkpi = "{kpi}"\nvalue = {value!r}\ndue = {due.isoformat()}\nunit = [{listed}]\n')
    return "\n".join(parts)


def write(planned: Plan) -> None:
    """Write the plan's file, whole or not at all. Raises DataFault when the file has changed since or would not be read."""
    if planned.path.read_text(encoding="utf-8-sig") != planned.before:
        raise DataFault(_("{file} vừa được sửa: hãy xem lại thay đổi rồi ghi.", file=planned.path.name))
    Campaign.model_validate(tomllib.loads(planned.after))
    handle, scratch = tempfile.mkstemp(dir=planned.path.parent, prefix=".targets-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(planned.after)
            out.flush()
            os.fsync(out.fileno())
        Path(scratch).chmod(planned.path.stat().st_mode & 0o777)
        Path(scratch).replace(planned.path)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise


def _path(home: Home, campaign: Campaign) -> Path:
    for path in sorted((home.root / "campaigns").glob("*.toml")):
        if tomllib.loads(path.read_text(encoding="utf-8-sig")).get("key") == campaign.key:
            return path
    raise CallFault(_("Không thấy tệp của chiến dịch «{key}».", key=campaign.key))


def _blocks(text: str, path: Path) -> list[Target]:
    """The ``[[target]]`` blocks of a piece of a campaign's file."""
    try:
        return [Target.model_validate(one) for one in tomllib.loads(text).get("target", [])]
    except (tomllib.TOMLDecodeError, ValueError) as fault:
        raise DataFault(_("{file}: không đọc được phần chỉ tiêu.", file=path.name)) from fault
