"""Conditions on dossiers, services and series: ``level>=3;state!=integrated``, all must hold."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from data.errors import CallFault
from data.measures import service_level
from data.schema import CHANNELS, RETURN_MODES, dossiers

_CONDITION = re.compile(r"\s*([a-z_0-9]+)\s*(>=|<=|!=|=|>|<)\s*(.*?)\s*")
_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    ">=": operator.ge, "<=": operator.le, "!=": operator.ne, "=": operator.eq, ">": operator.gt, "<": operator.lt,
}  # fmt: skip
_v = dossiers.c
_WORDS: dict[str, dict[str, int]] = {"channel": CHANNELS, "return_mode": RETURN_MODES}
_COLUMNS: dict[str, sa.ColumnElement[Any]] = {
    name: _v[name] for name in ("channel", "return_mode", "status", "payment", "digitised", "procedure")
}
"""Not by code: figures are open to more people than dossiers, and a figure of one dossier would tell about it."""
SERVICE_FIELDS = (
    "level",
    "state",
    "eligible_online",
    "eligible_level4",
    "procedure",
    "reason",
    "exclusion_reason",
    "service_code",
)

MOST = 2**53
"""No larger number: nothing here counts so far, and databases take no integer of any size."""


@dataclass(frozen=True)
class Condition:
    field: str
    operator: str
    value: str

    def holds(self, value: Any) -> bool:
        """Whether a value meets the condition; an unknown value meets only ``!=``."""
        if value is None:
            return self.operator == "!="
        wanted: Any = self.value
        if isinstance(value, (int, float)):
            wanted = _number(self)
        return bool(_OPERATORS[self.operator](value, wanted))


def parse(text: str) -> tuple[Condition, ...]:
    """Raises CallFault naming the condition that cannot be read."""
    found = []
    for part in filter(str.strip, text.split(";")):
        match = _CONDITION.fullmatch(part)
        if not match:
            raise CallFault(f"Không hiểu điều kiện «{part}». Ví dụ: level>=3;state!=integrated.")
        found.append(Condition(*match.groups()))
    return tuple(found)


def on_dossiers(conditions: tuple[Condition, ...]) -> sa.ColumnElement[bool]:
    """The conditions over dossier versions."""
    return sa.and_(sa.true(), *(_on_dossier(condition) for condition in conditions))


def _on_dossier(condition: Condition) -> sa.ColumnElement[bool]:
    if condition.field == "level":
        column: sa.ColumnElement[Any] = service_level()
        value: float | str = _number(condition)
    elif condition.field in _COLUMNS:
        column = _COLUMNS[condition.field]
        if condition.field in _WORDS and not condition.value.isdigit():
            try:
                value = _WORDS[condition.field][condition.value]
            except KeyError:
                raise CallFault(
                    f"«{condition.field}» không có giá trị «{condition.value}» (có: {', '.join(_WORDS[condition.field])})."
                ) from None
        else:
            value = condition.value if condition.field == "procedure" else _number(condition)
    else:
        raise CallFault(f"Hồ sơ không lọc được theo «{condition.field}» (có: level, {', '.join(_COLUMNS)}).")
    compared: sa.ColumnElement[bool] = _OPERATORS[condition.operator](column, value)
    return sa.or_(compared, column.is_(None)) if condition.operator == "!=" else compared


def _number(condition: Condition) -> float:
    try:
        value = int(condition.value) if condition.value.lstrip("-").isdigit() else float(condition.value)
        if abs(value) > MOST:
            raise ValueError
        return value
    except ValueError:
        raise CallFault(f"Điều kiện «{condition.field}{condition.operator}{condition.value}» cần một số.") from None
