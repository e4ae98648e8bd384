"""What a figure of a report was counted from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kpi.model import Row


@dataclass(frozen=True, slots=True)
class Trace:
    """``entries`` as ``kpi.explain.behind`` gives them, ``total``: how many there are in all."""

    row: Row
    entries: Sequence[dict[str, Any]]
    total: int
