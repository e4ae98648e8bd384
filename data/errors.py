"""Errors, one short tree, caught once at each door.

CampaignError
├── CallFault       the call is at fault: unknown option, missing path, unknown key      exit 2
├── AccessFault     whoever asks may not: no right to the action, or not over this unit   exit 2
└── DataFault       the data is at fault: unreadable file, refused rows, broken store     exit 1
    ├── NoData      there is nothing yet that could answer the question
    ├── StoreFault  the database cannot go on: locked, full, read-only, damaged
    ├── RefusedFile one file refused whole; nothing of it was kept
    └── CannotUndo  newer imports build on the one to be taken back
"""

from __future__ import annotations


class CampaignError(Exception):
    """Something a person can act on. The text is what they read."""

    exit_code = 1


class CallFault(CampaignError):
    """The call is at fault."""

    exit_code = 2


class AccessFault(CampaignError):
    """Whoever asks may not do this. The text says what was asked for, never what is behind it."""

    exit_code = 2


class DataFault(CampaignError):
    """The data is at fault."""


class NoData(DataFault):
    """There is nothing yet that could answer the question."""


class StoreFault(DataFault):
    """The database cannot go on: locked, full, read-only, damaged. Nothing of what was being written is kept."""


class RefusedFile(DataFault):
    """A file refused whole. ``reason`` says why, ``what_to_do`` the next step."""

    def __init__(self, file: str, reason: str, what_to_do: str = "") -> None:
        self.file, self.reason, self.what_to_do = file, reason, what_to_do
        super().__init__(f"{file}: {reason}" + (f" {what_to_do}" if what_to_do else ""))


class CannotUndo(DataFault):
    """Newer imports build on this one. ``blocking``: their numbers, to be taken back first, newest first."""

    def __init__(self, import_id: int, blocking: list[int]) -> None:
        self.import_id, self.blocking = import_id, blocking
        listed = ", ".join(map(str, sorted(blocking, reverse=True)))
        super().__init__(
            f"Chưa hoàn tác được lần nạp {import_id}: lần nạp sau đã thay đổi số liệu của nó ({listed}). "
            "Hãy hoàn tác các lần nạp đó trước, từ mới đến cũ."
        )
