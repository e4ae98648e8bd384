"""What became of a file."""

from __future__ import annotations

from dataclasses import dataclass, field

from data.records import Refusal


@dataclass(frozen=True)
class LoadReport:
    """What became of a file. ``read`` = new + changed + unchanged + refused, in rows; ``merged`` rows were folded before.

    ``skipped``: headings, column_numbers, groups, totals, signatures → rows that are no records and not in ``read``.

    ``status``: loaded, unchanged (this very file was loaded before), held (it waits for a person's yes, ``held_id``)
    or refused (nothing of it could be taken).
    """

    file: str
    status: str
    read: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    reason: str = ""
    import_id: int | None = None
    refusals: list[Refusal] = field(default_factory=list)
    flags: dict[str, int] = field(default_factory=dict)
    merged: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    profile: str = ""
    kind: str = ""
    held_id: int | None = None
