"""One connection inside one write transaction, and what else differs from database to database: the only file that knows dialects."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from data import bulk
from data.records import Arrange, Beside, Session

if TYPE_CHECKING:
    import pyarrow as pa


def busy_timeout_ms() -> int:
    """How long one process waits for another's write to end."""
    return round(1000 * float(os.environ.get("CAMPAIGN_BUSY_SECONDS") or 30))


Upsert = Any


def upsert_for(dialect: str) -> Upsert:
    """The dialect's INSERT that knows ON CONFLICT."""
    if dialect == "sqlite":
        return sqlite.insert
    from sqlalchemy.dialects import postgresql  # slow to import

    return postgresql.insert


def for_owner_only(path: Path) -> None:
    """Nobody else reads the database, nor what SQLite keeps beside it (new side files take the database's rights)."""
    for one in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm", "-journal"))):
        # Somebody else's file stays as that person wants it; whether it can be opened is told below.
        with suppress(OSError):
            if one.stat().st_mode & 0o077:
                one.chmod(0o600)


def prepare_sqlite(connection: Any, _record: Any) -> None:
    # Transactions begin where we say: Python's sqlite3 would read every statement from a state of its own and would
    # commit the tables of a migration one by one.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA page_size={bulk.PAGE}")  # of a new database; before anything is written
    _ask_for_log(cursor)
    for setting in (
        f"busy_timeout={busy_timeout_ms()}",
        "synchronous=FULL",
        "temp_store=MEMORY",
        "cache_size=-65536",
        "mmap_size=268435456",
        # An index made for one statement costs more than the rows it would find (data.spans leads to them).
        "automatic_index=OFF",
    ):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


def _ask_for_log(cursor: sqlite3.Cursor) -> None:
    """Changes go through a log, so that readers and the one writer leave each other alone.

    Not waited for: while a store's first rows go straight into its file, it cannot have one yet.
    """
    cursor.execute("PRAGMA busy_timeout=0")
    try:
        cursor.execute("PRAGMA journal_mode=WAL")
    except sqlite3.OperationalError as fault:
        if fault.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise


def begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def open_session(engine: sa.Engine, patience: float | None = None, *, straight: bool = False) -> Session:
    """``patience``: seconds to wait for another's write to end; ``straight``: without a log, if nobody else is there."""
    if engine.dialect.name == "sqlite" and engine.url.database:
        if straight:
            engine.dispose()  # connections that wait for use are somebody else too
        return _SqliteSession(engine.url.database, patience, straight=straight)
    return _SqlSession(engine, patience)


@lru_cache(maxsize=512)
def _compiled(statement: Any) -> Any:
    """Compiling costs more than running; the statements of the rollup come again with every file."""
    return statement.compile(dialect=_QMARK)


_QMARK = sqlite.dialect(paramstyle="qmark")


class _OwnTransaction(sqlite3.Connection):
    """Its transaction ends only by the statements COMMIT and ROLLBACK, not when somebody has finished reading."""

    def commit(self) -> None:
        pass

    def rollback(self) -> None:
        pass


class _SqliteSession:
    """SQLite without a layer between: one connection, one transaction, statements prepared once.

    It is Python's own SQLite library on purpose: a second copy of the library in one process (ADBC's) does not see the
    locks of the first and spoilt a database (docs/decisions/0004).
    """

    counts_by_row = True

    def __init__(self, path: str, patience: float | None = None, *, straight: bool = False) -> None:
        self.path = Path(path)
        self.connection = sqlite3.connect(
            path,
            uri=True,
            isolation_level=None,
            timeout=busy_timeout_ms() / 1000,
            cached_statements=512,
            factory=_OwnTransaction,
            check_same_thread=False,
        )
        prepare_sqlite(self.connection, None)
        self.connection.execute("PRAGMA cache_size=-262144")
        self._straight = straight and self._without_log()
        if patience is not None:
            self.connection.execute(f"PRAGMA busy_timeout={round(patience * 1000)}")
        try:
            self.connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error:
            self.connection.close()
            raise
        bulk.clear(self.path)

    def _without_log(self) -> bool:
        """Have what is written go straight into the file, with a journal of what it replaces: half the writing.

        Where somebody else has the store open, the log stays.
        """
        self.connection.execute("PRAGMA busy_timeout=0")
        try:
            self.connection.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.OperationalError:
            return False
        finally:
            self.connection.execute(f"PRAGMA busy_timeout={busy_timeout_ms()}")
        # Readers wait while the file is written: that shall be no sooner than at the end.
        self.connection.execute("PRAGMA cache_spill=OFF")
        return True

    def _execute(self, statement: sa.Executable, values: Mapping[str, Any] | None) -> sqlite3.Cursor:
        if isinstance(statement, sa.TextClause):
            return self.connection.execute(statement.text)
        state = _compiled(statement).construct_expanded_state(dict(values or {}))
        return self.connection.execute(state.statement, tuple(state.positional_parameters))

    def run(self, statement: sa.Executable, values: Mapping[str, Any] | None = None) -> int:
        return self._execute(statement, values).rowcount

    def insert(self, table: sa.Table, rows: list[dict[str, Any]]) -> None:
        if rows:
            names = list(rows[0])
            places = ",".join("?" * len(names))
            columns = ",".join(f'"{name}"' for name in names)
            self.connection.executemany(
                f'INSERT INTO "{table.name}" ({columns}) VALUES ({places})', (tuple(row.values()) for row in rows)
            )

    def rows(self, statement: sa.Executable) -> list[tuple[Any, ...]]:
        return self._execute(statement, None).fetchall()

    def scratch(self, table: sa.Table) -> None:
        self.connection.execute(str(sa.schema.CreateTable(table, if_not_exists=True).compile(dialect=_QMARK)))

    def write_ahead(self, name: str, table: pa.Table) -> Path | None:
        if table.num_rows < _BULK:
            return None
        declared = str(sa.schema.CreateTable(_stage_table(name, table)).compile(dialect=_QMARK))
        return bulk.write(self.path, declared, name, table)

    def stage(self, name: str, table: pa.Table, written: Path | None = None) -> sa.Table:
        if bulk.has_room(self.connection, 1):
            if written := written or self.write_ahead(name, table):
                schema = bulk.attach(self.connection, written)
                return _stage_table(name, table).to_metadata(sa.MetaData(), schema=schema)
        elif written:
            bulk.drop(written)
        stage = _stage_table(name, table, "TEMPORARY")
        self.scratch(stage)
        self._fill(name, table, {})
        return stage

    def unstage(self, stage: sa.Table) -> None:
        # An attached file goes with the connection: SQLite lets none go inside a transaction.
        if stage.schema is None:
            self.connection.execute(f"DROP TABLE {stage.name}")

    def append(
        self,
        table: sa.Table,
        rows: pa.Table,
        arrange: Arrange | None = None,
        same: Mapping[str, int] | None = None,
        beside: Beside | None = None,
    ) -> None:
        if rows.num_rows >= _BULK and bulk.has_room(self.connection, bulk.FILES + 1):
            bulk.append(self.connection, self.path, table.name, rows, arrange, same, beside)
            return
        for part in chain(*bulk.stretches(rows, arrange)):
            self._fill(table.name, part, same or {})
        if beside:
            self._fill(beside[0].name, beside[1](), {})

    def _fill(self, name: str, rows: pa.Table, same: Mapping[str, int]) -> None:
        columns = ",".join(f'"{column}"' for column in (*rows.column_names, *same))
        values = ",".join([*"?" * rows.num_columns, *map(str, same.values())])
        for batch in rows.to_batches(50_000):
            self.connection.executemany(
                f"INSERT INTO {name} ({columns}) VALUES ({values})", zip(*map(_values, batch.columns), strict=True)
            )

    @contextmanager
    def reader(self) -> Iterator[sa.Connection]:
        engine = sa.create_engine("sqlite://", creator=lambda: self.connection, poolclass=sa.StaticPool)
        with engine.connect() as connection:
            yield connection

    def commit(self) -> None:
        self.connection.execute("COMMIT")

    def rollback(self) -> None:
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")

    def close(self) -> None:
        if self._straight and not self.connection.in_transaction:
            with suppress(sqlite3.OperationalError):  # whoever opens it next asks as well
                _ask_for_log(self.connection.cursor())
        self.connection.close()


def _values(column: pa.Array) -> Iterable[Any]:
    """Python values of an Arrow column; by way of NumPy, six times as fast as ``to_pylist`` for numbers."""
    if column.null_count == len(column):
        return repeat(None, len(column))
    if str(column.type) == "string":
        return cast(list[Any], column.to_pylist())
    values = column.fill_null(0).to_numpy(zero_copy_only=False)
    if column.null_count:
        values = values.astype(object)
        values[column.is_null().to_numpy(zero_copy_only=False)] = None
    return cast(list[Any], values.tolist())


class _SqlSession:
    """Any other database through SQLAlchemy."""

    counts_by_row = False

    def __init__(self, engine: sa.Engine, patience: float | None = None) -> None:
        self.connection = engine.connect()
        self.transaction = self.connection.begin()
        if engine.dialect.name != "postgresql":
            return
        try:
            if patience is not None:
                self.connection.execute(sa.text(f"SET LOCAL lock_timeout = {round(patience * 1000)}"))
            # One writer: the next import waits until this one has ended.
            self.connection.execute(sa.text("LOCK TABLE import IN EXCLUSIVE MODE"))
        except sa.exc.DBAPIError:
            self.connection.close()
            raise

    def run(self, statement: sa.Executable, values: Mapping[str, Any] | None = None) -> int:
        return int(cast(Any, self.connection.execute(statement, dict(values or {}))).rowcount)

    def insert(self, table: sa.Table, rows: list[dict[str, Any]]) -> None:
        if rows:
            self.connection.execute(sa.insert(table), rows)

    def rows(self, statement: sa.Executable) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self.connection.execute(statement)]

    def scratch(self, table: sa.Table) -> None:
        self.connection.execute(sa.schema.CreateTable(table, if_not_exists=True))

    def write_ahead(self, name: str, table: pa.Table) -> Path | None:
        return None

    def stage(self, name: str, table: pa.Table, written: Path | None = None) -> sa.Table:
        stage = _stage_table(name, table, "TEMPORARY")
        self.scratch(stage)
        self.append(stage, table)
        return stage

    def unstage(self, stage: sa.Table) -> None:
        stage.drop(self.connection)

    def append(
        self,
        table: sa.Table,
        rows: pa.Table,
        arrange: Arrange | None = None,
        same: Mapping[str, int] | None = None,
        beside: Beside | None = None,
    ) -> None:
        for part in chain(*bulk.stretches(rows, arrange)):
            for batch in part.to_batches(10_000):
                self.connection.execute(sa.insert(table), [{**row, **(same or {})} for row in batch.to_pylist()])
        if beside:
            self.append(beside[0], beside[1]())

    @contextmanager
    def reader(self) -> Iterator[sa.Connection]:
        yield self.connection

    def commit(self) -> None:
        self.transaction.commit()

    def rollback(self) -> None:
        self.transaction.rollback()

    def close(self) -> None:
        self.connection.close()


def _stage_table(name: str, table: pa.Table, *prefixes: str) -> sa.Table:
    kinds: dict[str, Any] = {"string": sa.Text, "int8": sa.SmallInteger, "int32": sa.Integer, "int64": sa.BigInteger}
    columns = [sa.Column(field.name, kinds[str(field.type)]) for field in table.schema]
    return sa.Table(name, sa.MetaData(), *columns, prefixes=list(prefixes))


_BULK = 10_000
"""From so many rows on a file beside the store is worth its while."""
