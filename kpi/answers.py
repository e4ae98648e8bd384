"""Answers as plain objects, the same for the command line and HTTP."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from data.clock import iso
from data.home import Home
from kpi.catalog import FIGURES
from kpi.model import Row
from kpi.ranking import not_shares


def as_objects(rows: Iterable[Row], home: Home) -> list[dict[str, Any]]:
    """Rows as ``figures.md`` names them: ratios as fractions of 1, moments as ISO 8601."""
    found = []
    for row in rows:
        entry: dict[str, Any] = {
            "kpi": row.kpi,
            "unit": row.unit,
            "name": row.name,
            "level": row.level,
            "window": row.window,
            "numerator": _whole(row.numerator),
            "denominator": _whole(row.denominator),
            "value": row.value if row.kpi in FIGURES and FIGURES[row.kpi].is_ratio else _whole(row.value),
            "target": row.target,
            "gap": row.gap,
            "status": str(row.status),
            "as_of": iso(row.as_of, home.zone),
            "known_at": None if row.known_at is None else iso(row.known_at, home.zone),
        }
        if row.kpi == "national_rank":
            entry["scheme"] = row.scheme
        found.append(entry)
    return found


def _whole(value: float | None) -> float | int | None:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def home_faults(home: Home) -> list[str]:
    """What is wrong in the home's files, worded for the person who edits them."""
    faults = []
    codes = {row.code for row in home.units}
    for row in home.units:
        if row.parent and row.parent not in codes:
            faults.append(f"units.csv: đơn vị «{row.code}» có parent «{row.parent}» không có trong tệp.")
    for alias, code in home.aliases.items():
        if code not in codes:
            faults.append(f"aliases.csv: «{alias}» trỏ đến đơn vị «{code}» không có trong units.csv.")
    for campaign in home.campaigns.values():
        if campaign.end < campaign.start:
            faults.append(f"campaigns/{campaign.key}.toml: end trước start.")
        for target in campaign.target:
            faults += [
                f"campaigns/{campaign.key}.toml: đơn vị «{unit}» của chỉ tiêu {target.kpi} không có trong units.csv."
                for unit in target.unit
                if codes and unit not in codes
            ]
        faults += [
            f"campaigns/{campaign.key}.toml: [composite] chỉ nhận chỉ tiêu tính bằng tỷ lệ; «{kpi}» không phải."
            for kpi in not_shares(campaign)
        ]
    if not home.campaigns:
        faults.append("campaigns/: chưa có chiến dịch nào.")
    if not home.profiles:
        faults.append("profiles/: chưa có hồ sơ nguồn nào.")
    return faults
