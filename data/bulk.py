"""Many rows into SQLite: ADBC writes them into a file of its own, which is then attached and copied from.

ADBC brings a second copy of the SQLite library, and two copies do not see each other's locks (docs/decisions/0004). So
ADBC never opens the store: its file is finished and closed before SQLite attaches it, for reading only. The file lies in
a folder nobody else may enter, beside the store, and its name is gone as soon as it is attached.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from data.records import Arrange, Beside

if TYPE_CHECKING:
    import pyarrow as pa

PAGE = 8192
"""Bytes of a page in a new database: with half as many a large load takes a seventh longer, with twice as many a day's file
writes more than it need."""
_PREFIX = ".loading-"
_ATTACHED = 10
"""SQLite attaches so many files to one connection."""
FILES = 4
"""Into so many files at most a table's rows are written."""
STRETCH = 250_000
"""So many rows are put into order at a time: all at once would be in memory twice."""
_SETTINGS = (f"page_size={PAGE}", "journal_mode=OFF", "synchronous=OFF", "locking_mode=EXCLUSIVE")


def clear(database: Path) -> None:
    """Remove what a killed process has left. Only for who holds the store's write lock."""
    for left in database.parent.glob(f"{_PREFIX}{database.name}-*"):
        shutil.rmtree(left, ignore_errors=True)


def has_room(connection: sqlite3.Connection, files: int) -> bool:
    """Whether so many further files can be attached; the main and the temporary database do not count."""
    names = {row[1] for row in connection.execute("PRAGMA database_list")}
    return len(names - {"main", "temp"}) + files <= _ATTACHED


def write(database: Path, declared: str, name: str, rows: pa.Table) -> Path:
    """Rows in a file of their own, in whatever thread. ``declared``: the table's CREATE TABLE."""
    folder = _made(database)
    try:
        return _written(folder / "0.db", [declared], name, [rows], {})
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def attach(connection: sqlite3.Connection, file: Path) -> str:
    """What ``write`` has written as a table that ``connection`` can read; gives the name of its schema."""
    try:
        return _attached(connection, file)
    finally:
        drop(file)


def drop(file: Path) -> None:
    """Remove what ``write`` has written; what is attached can still be read."""
    shutil.rmtree(file.parent, ignore_errors=True)


def stretches(rows: pa.Table, arrange: Arrange | None) -> list[Iterable[pa.Table]]:
    """Rows as they are to be written, a stretch at a time, none of them made before it is asked for."""
    return [_stretch(rows, place, arrange) for place in range(0, rows.num_rows, STRETCH)]


def _stretch(rows: pa.Table, place: int, arrange: Arrange | None) -> Iterator[pa.Table]:
    part = rows.slice(place, STRETCH)
    yield part if arrange is None else arrange(part, place)


def append(
    connection: sqlite3.Connection,
    database: Path,
    name: str,
    rows: pa.Table,
    arrange: Arrange | None = None,
    same: Mapping[str, int] | None = None,
    beside: Beside | None = None,
) -> None:
    """Add complete rows to a table. ``same``: columns with one value; ``beside``: another table, and what gives its rows."""
    all_of_it = stretches(rows, arrange)
    each = -(-len(all_of_it) // FILES)
    parts = [chain(*all_of_it[at : at + each]) for at in range(0, len(all_of_it), each)]
    declared = _declared(connection, name)
    with _folder(database) as folder, ThreadPoolExecutor(3 if beside else 2) as pool:
        other = []
        if beside:
            table, make = beside
            path, wanted = folder / "beside.db", _declared(connection, table.name)
            other.append((table.name, pool.submit(_written_beside, path, wanted, table.name, make)))
        files = [
            (name, pool.submit(_written, folder / f"{number}.db", declared, name, part, same or {}))
            for number, part in enumerate(parts)
        ]
        # One is copied while the next are written; what is beside comes with the first ones.
        half = -(-len(files) // 2)
        for to, file in files[:half] + other + files[half:]:
            _copy(connection, file.result(), to)


def _copy(connection: sqlite3.Connection, path: Path, name: str) -> None:
    # The same table on both sides, indexes and all: SQLite copies the rows without taking them apart.
    connection.execute(f"INSERT INTO main.{name} SELECT * FROM {_attached(connection, path)}.{name}")


@contextmanager
def _folder(database: Path) -> Iterator[Path]:
    folder = _made(database)
    try:
        yield folder
    finally:
        # SQLite holds the attached files open; elsewhere than on Unix they stay until the next load.
        shutil.rmtree(folder, ignore_errors=True)


def _made(database: Path) -> Path:
    return Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{database.name}-", dir=database.parent))


def _attached(connection: sqlite3.Connection, path: Path) -> str:
    """The schema under which ``connection`` reads the file."""
    schema = f"loading{len(connection.execute('PRAGMA database_list').fetchall())}"
    connection.execute(f"ATTACH ? AS {schema}", (f"{path.absolute().as_uri()}?mode=ro&immutable=1",))
    # Read once from end to end: no reason to keep it in memory.
    connection.execute(f"PRAGMA {schema}.mmap_size=0")
    return schema


def _written(
    path: Path, declared: Sequence[str], name: str, parts: Iterable[pa.Table], same: Mapping[str, int]
) -> Path:
    """A file of its own with the rows. ``same``: further columns, and what stands there in every row."""
    import adbc_driver_sqlite.dbapi as adbc
    import pyarrow as pa

    path.touch(mode=0o600)
    own: list[Exception] = []

    def batches() -> Iterator[pa.RecordBatch]:
        try:
            for table in tables:
                yield from table.to_batches()
        except Exception as fault:
            own.append(fault)
            raise

    tables = iter(parts)
    first = next(tables)
    tables = chain([first], tables)
    try:
        with adbc.connect(str(path), autocommit=True) as writing, writing.cursor() as cursor:
            for setting in _SETTINGS:
                cursor.execute(f"PRAGMA {setting}")
                cursor.fetchall()
            for statement in declared:
                cursor.execute(statement)
            writing.adbc_connection.set_autocommit(False)
            # What is the same in every row is said once: handing over the values is a third of the work.
            columns = ", ".join(f'"{column}"' for column in (*first.column_names, *same))
            values = ", ".join([*"?" * first.num_columns, *map(str, same.values())])
            rows = pa.RecordBatchReader.from_batches(first.schema, batches())
            cursor.executemany(f"INSERT INTO {name} ({columns}) VALUES ({values})", rows)
            writing.adbc_connection.commit()
    except adbc.Error as fault:
        if own:  # no fault of the disk's
            raise own[0] from fault
        # In the words of Python's own library, so that whoever tells people of it (data.faults) knows only one.
        told = sqlite3.OperationalError(str(fault))
        told.sqlite_errorname = "SQLITE_FULL" if "full" in str(fault) else "SQLITE_IOERR"
        raise told from fault
    return path


def _written_beside(path: Path, declared: Sequence[str], name: str, make: Callable[[], pa.Table]) -> Path:
    return _written(path, declared, name, [make()], {})


def _declared(connection: sqlite3.Connection, table: str) -> list[str]:
    """The statements that made a table and its indexes."""
    found = connection.execute(
        "SELECT sql FROM main.sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY type DESC", (table,)
    )
    return [row[0] for row in found]
