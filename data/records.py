"""What passes between loaders and store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class ImportHead:
    """What is known of an import before its rows are read. ``at``: when it became known, UTC microseconds.

    ``exported``: the local day up to which the file speaks, where that is known. ``mode``: "full" = every dossier there is.
    """

    file: str
    sha256: str
    source: str
    profile: str
    kind: str
    who: str
    at: int
    mode: str = "changes"
    exported: int | None = None


@dataclass(frozen=True)
class Refusal:
    """A row that was not taken: where the clerk finds it, why, and what to do."""

    sheet: str
    row: int
    heading: str
    value: str
    reason: str
    what_to_do: str


@dataclass(frozen=True)
class Counts:
    new: int = 0
    changed: int = 0
    unchanged: int = 0


Arrange = Callable[["pa.Table", int], "pa.Table"]
Beside = tuple[sa.Table, Callable[[], "pa.Table"]]


class Session(Protocol):
    """One connection inside one write transaction.

    ``counts_by_row``: whether it takes a row at a time, so that many are better counted outside (``data.columnar``).
    """

    counts_by_row: bool

    def run(self, statement: sa.Executable, values: Mapping[str, Any] | None = None) -> int: ...
    def scratch(self, table: sa.Table) -> None: ...
    def insert(self, table: sa.Table, rows: list[dict[str, Any]]) -> None: ...
    def rows(self, statement: sa.Executable) -> list[tuple[Any, ...]]: ...
    def reader(self) -> AbstractContextManager[sa.Connection]: ...
    def write_ahead(self, name: str, table: pa.Table) -> Path | None:
        """Rows for ``stage``, written down in whatever thread while the session does something else; None if that is no use."""
        ...

    def stage(self, name: str, table: pa.Table, written: Path | None = None) -> sa.Table:
        """Rows as a table to read from until ``unstage``, or the end. ``written``: what ``write_ahead`` gave for them."""
        ...

    def unstage(self, stage: sa.Table) -> None: ...
    def append(
        self,
        table: sa.Table,
        rows: pa.Table,
        arrange: Arrange | None = None,
        same: Mapping[str, int] | None = None,
        beside: Beside | None = None,
    ) -> None:
        """Add rows to a table of the store. ``arrange``: some of them and their place → as they are to be written.

        ``same``: further columns, and what stands there in every row; ``beside``: another table, and what gives its rows.
        """
        ...

    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    def close(self) -> None: ...
