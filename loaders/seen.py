"""What pulling has seen: table ``source_file``, one row per source and path, so that a file is fetched once."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from data.schema import source_files
from data.store import Store

LOOK = ""
"""The path under which the last look at the source itself is kept."""
DONE = frozenset({"loaded", "unchanged", "refused", "held"})
"""States of a file whose content was judged: only a change makes it new."""
TAKEN = DONE - {"refused"}


@dataclass(frozen=True)
class Seen:
    """A file as last seen. Moments are UTC microseconds; ``next_try``: not before it; ``at``: the last look.

    ``state``: loaded, unchanged, refused, held, waiting (not whole yet) or failed; of a look: looked or failed.
    """

    source: str
    path: str
    state: str
    at: int
    etag: str = ""
    size: int | None = None
    modified: int | None = None
    sha256: str = ""
    tries: int = 0
    next_try: int | None = None
    reason: str = ""
    import_id: int | None = None

    @property
    def name(self) -> str:
        """The file's name without folders and query."""
        return self.path.partition("?")[0].rstrip("/").rpartition("/")[2] or self.path


_COLUMNS = [source_files.c[name] for name in Seen.__dataclass_fields__]


def remembered(store: Store, source: str | None = None) -> dict[str, dict[str, Seen]]:
    """Source → path → what was seen there."""
    return _read(store, sa.true() if source is None else source_files.c.source == source)


def pending(store: Store) -> dict[str, dict[str, Seen]]:
    """Of every source its last look, and the files that wait to be whole: what says when it is due."""
    c = source_files.c
    return _read(store, sa.or_(c.path == LOOK, c.state == "waiting"))


def _read(store: Store, which: sa.ColumnElement[bool]) -> dict[str, dict[str, Seen]]:
    found: dict[str, dict[str, Seen]] = {}
    with store.read() as connection:
        for row in connection.execute(sa.select(*_COLUMNS).where(which).order_by(source_files.c.id)):
            found.setdefault(row.source, {})[row.path] = Seen(**row._mapping)
    return found


def remember(store: Store, seen: Seen) -> None:
    c = source_files.c
    values: dict[str, Any] = asdict(seen)
    with store.write(None) as session:
        same = sa.and_(c.source == seen.source, c.path == seen.path)
        if not session.run(sa.update(source_files).where(same).values(**values)):
            session.run(sa.insert(source_files).values(**values))
