"""The three kinds of exports: which columns become which facts, and what is flagged."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from math import isfinite

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.clock import local_day
from data.codes import hashes
from data.locale import _
from data.schema import FLAGS, MOMENTS, SERVICE_STATES
from data.units import Tree
from loaders.check import Checked, Judge, as_mask
from loaders.clean import Moments
from loaders.text import LONGEST, cut, fits, mapped, tidy, trimmed
from loaders.words import STATUSES
from loaders.zones import DAY, Mask, Micros

KEYS = {
    "dossiers": ("code",),
    "services": ("service_code",),
    "series": ("kpi", "unit", "level", "scheme", "on"),
}
"""What makes two rows of a file say the same thing twice."""

_PROCEDURE = re.compile(r"(\d\.\d{6})(?:\.\d{3}\.\d{2}\.\d{2})?(?:\.[A-Z]\d{2})?")
_DOSSIER_CODE = r"^(\d{3}\.\d{2}\.\d{2}\.[A-Z]\d{2}|[A-Z]\d{2}(\.\d{1,4}){0,5})-\d{6}-\d{4,6}$"
_LONGEST_PROCEDURE = 100
_LONG_AGO = 946_684_800_000_000
"""2000-01-01: nothing of a campaign happened before."""
_FAR_DUE = 10 * 366 * DAY
_ENDED = np.isin(np.arange(len(STATUSES) + 1), (7, 9, 10))
_RUNS = np.isin(np.arange(len(STATUSES) + 1), (1, 2, 4, 5, 6))
"""By status, 0 for none."""


def check(judge: Judge, at: int) -> Checked:
    """Facts of a sheet. ``at``: when the file came (UTC microseconds); what happened later is a far date."""
    kind = judge.profile.kind
    if kind == "services":
        return _services(judge)
    return _series(judge) if kind == "series" else _dossiers(judge, at)


def _dossiers(judge: Judge, at: int) -> Checked:
    codes = judge.code("dossier_code", _("Thiếu mã hồ sơ."))
    units = judge.units()
    times: dict[str, Moments] = {}
    for name in MOMENTS:
        missing = _("Thiếu ngày tiếp nhận.") if name == "accepted_at" else ""
        times[name] = judge.moments(name, missing=missing, end_of_day=name in ("due_at", "apology_new_due_at"))
    channel = judge.coded("channel", strict=True)
    status = judge.coded("status", strict=True)
    procedure = mapped(judge.raw("procedure_code"), _procedure)
    odd_procedure = ~fits(procedure, r"^\d\.\d{6}$", blank="procedure_code" not in judge.found.columns)
    flags = np.where(odd_procedure, FLAGS["unknown_procedure"], 0)
    flags |= np.where(as_mask(pc.match_substring_regex(codes, _DOSSIER_CODE).fill_null(True)), 0, FLAGS["odd_code"])
    flags |= _time_flags(times, at)
    if "status" in judge.found.columns:
        flags |= _clashes(status, times)
    facts: dict[str, pa.Array] = {
        "code": codes,
        "code_hash": pa.array(hashes(codes.fill_null("") if codes.null_count else codes)),
        "unit": units,
        "procedure": procedure,
        "procedure_name": judge.words("procedure_name"),
        "field_name": judge.words("field_name"),
        "service_level": judge.coded("service_level"),
        "channel": channel,
        "return_mode": judge.coded("return_mode"),
        "digitised": judge.coded("digitised"),
        "payment": judge.coded("payment"),
        "status": status,
        **{name: moments.array() for name, moments in times.items()},
        "flags": pa.array(flags.astype(np.int32)),
    }
    return judge.checked(facts)


@lru_cache(maxsize=1 << 15)
def _procedure(cell: str) -> str:
    """``1.003003.000.00.00.H10`` → ``1.003003``, the national base; anything else as it is, not endless."""
    code = tidy(cell[:LONGEST])
    found = _PROCEDURE.fullmatch(code)
    return found[1] if found else cut(code, _LONGEST_PROCEDURE)


def _time_flags(times: dict[str, Moments], at: int) -> Micros:
    accepted, due = times["accepted_at"], times["due_at"]
    flags = np.zeros(len(accepted.valid), np.int64)

    def flag(name: str, where: Mask) -> None:
        flags[where] |= FLAGS[name]

    flag("no_due_date", ~due.valid)
    flag("due_before_accept", due.valid & accepted.valid & (due.utc < accepted.utc))
    for name in ("finished_at", "returned_at"):
        end = times[name]
        # A bare date stands for its midnight: finished on the day of acceptance is not before it.
        same_day = (end.local % DAY == 0) & (end.local // DAY == accepted.local // DAY)
        flag("finish_before_accept", end.valid & accepted.valid & (end.utc < accepted.utc) & ~same_day)
    flag("far_date", due.valid & accepted.valid & (due.utc - accepted.utc > _FAR_DUE))
    for name, one in times.items():
        ahead = one.utc > at + DAY if not name.endswith("due_at") else np.zeros_like(one.valid)
        flag("far_date", one.empty_date | (one.valid & ((one.utc < _LONG_AGO) | ahead)))
        flag("ambiguous_time", one.valid & one.ambiguous)
        flag("nonexistent_time", one.valid & one.missing)
    return flags


def _clashes(status: pa.Array, times: dict[str, Moments]) -> Micros:
    """Done without an end, withdrawn without an end, or running with one."""
    code = status.fill_null(0).to_numpy()
    ended = times["finished_at"].valid | times["returned_at"].valid
    clash = (_ENDED[code] & ~ended) | (_RUNS[code] & ended)
    return np.where(clash, FLAGS["status_clash"], 0)


def _services(judge: Judge) -> Checked:
    codes = judge.code("service_code", _("Thiếu mã dịch vụ."))
    units = judge.units()
    state = judge.coded("state", strict=True).fill_null(SERVICE_STATES.index("listed"))
    changed = judge.moments("changed_on")
    excluded = judge.words("exclusion_reason")
    # Without a column of its own a service is eligible unless a reason says why not.
    default = excluded.is_null().cast(pa.int8())
    eligible = {
        name: judge.coded(name) if name in judge.found.columns else default
        for name in ("eligible_online", "eligible_level4")
    }
    facts: dict[str, pa.Array] = {
        "service_code": codes,
        "procedure": mapped(judge.raw("procedure_code"), _procedure),
        "name": judge.words("name").fill_null(""),
        "unit": units,
        "level": judge.coded("level"),
        **eligible,
        "exclusion_reason": excluded,
        "state": pa.array(SERVICE_STATES).take(state),
        "reason": judge.words("reason"),
        "changed_on": _days(changed, judge),
    }
    return judge.checked(facts)


def _days(found: Moments, judge: Judge) -> pa.Array:
    """Calendar days in the zone of the file."""
    days = [
        local_day(micros, judge.zone) if ok else None
        for micros, ok in zip(found.utc.tolist(), found.valid.tolist(), strict=True)
    ]
    return pa.array(days, pa.int32())


def _series(judge: Judge) -> Checked:
    kpi = judge.code("kpi", _("Thiếu mã chỉ tiêu."))
    units = judge.units(blank_unit=Tree(judge.home, date.max).root)
    on = judge.moments("on", missing=_("Thiếu ngày của số liệu."))
    numbers = {name: _numbers(judge, name) for name in ("numerator", "denominator", "value")}
    nothing = np.logical_and.reduce([as_mask(column.is_null()) for column in numbers.values()])
    shown = "value" if "value" in judge.found.columns else "numerator"
    judge.refuse(
        nothing & ~judge.refused,
        shown,
        lambda _value: (_("Dòng không có số nào."), _("Hãy điền giá trị, hoặc tử số và mẫu số.")),
    )
    facts: dict[str, pa.Array] = {
        "kpi": kpi,
        "unit": units,
        "level": trimmed(judge.raw("level")).fill_null(""),
        "on": _days(on, judge),
        **numbers,
        "scheme": trimmed(judge.raw("scheme")).fill_null(""),
        "source": judge.words("source").fill_null(""),
    }
    return judge.checked(facts)


_PLAIN = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
_VIETNAMESE_NUMBER = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+),\d+")


def _number(text: str) -> float | None:
    """A number with a decimal point, or with a decimal comma; None for anything else."""
    text = tidy(text).replace("\u2212", "-")
    if _VIETNAMESE_NUMBER.fullmatch(text):
        text = text.replace(".", "").replace(",", ".")
    elif not _PLAIN.fullmatch(text):
        return None
    number = float(text)
    return number if isfinite(number) else None


def _numbers(judge: Judge, name: str) -> pa.Array:
    cells = judge.raw(name).to_pylist()
    numbers = [_number(cell) if cell and tidy(cell) else None for cell in cells]
    bad = np.array(
        [bool(cell and tidy(cell)) and number is None for cell, number in zip(cells, numbers, strict=True)], np.bool_
    )
    judge.refuse(
        bad, name, lambda _value: (_("Không phải là số."), _("Hãy ghi số như 1838 hoặc 0.21, không kèm chữ hay dấu %."))
    )
    return pa.array(numbers, pa.float64())
