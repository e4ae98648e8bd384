"""The store: many readers, one writer, one import = one transaction. The only file that knows dialects."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date
from functools import lru_cache
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from data import audit, bulk, rollup
from data.aside import Aside
from data.audit import Entry
from data.errors import DataFault
from data.faults import told
from data.home import Home
from data.migrations import HEAD
from data.records import Arrange, Beside
from data.records import Counts as Counts
from data.records import ImportHead as ImportHead
from data.records import Refusal as Refusal
from data.records import Session as Session
from data.schema import STILL_BELIEVED, imports, services, settings, units
from data.units import Tree
from data.worktime import sync as sync_calendar

if TYPE_CHECKING:
    import pyarrow as pa

    from data.writer import Writer


def busy_timeout_ms() -> int:
    """How long one process waits for another's write to end."""
    return round(1000 * float(os.environ.get("CAMPAIGN_BUSY_SECONDS") or 30))


REBUILT = "rebuilt"
"""Setting: how often the kept counts were counted anew."""


class Store:
    """Reads are plain SQLAlchemy connections; writes go through ``writer``."""

    def __init__(self, home: Home, engine: sa.Engine) -> None:
        self.home = home
        self.engine = engine
        self._own = threading.local()
        self.aside = Aside(self)

    @property
    def shown(self) -> str:
        """Which database this is, in messages: without a password."""
        return self.engine.url.database or self.engine.url.render_as_string()

    @classmethod
    def open(cls, home: Home, url: str | None = None) -> Store:
        """Open the home's database, made or brought up to date when needed.

        Raises DataFault when it cannot be opened.
        """
        address = sa.make_url(
            url or os.environ.get("CAMPAIGN_DATABASE_URL") or f"sqlite:///{home.root.resolve() / 'campaign.db'}"
        )
        if address.get_backend_name() == "sqlite" and address.database:
            path = Path(address.database)
            if not path.exists():
                with told(address.database):
                    path.touch(mode=0o600)
            else:
                _for_owner_only(path)
        engine = sa.create_engine(address)
        if address.get_backend_name() == "sqlite":
            sa.event.listen(engine, "connect", _prepare_sqlite)
            sa.event.listen(engine, "begin", _begin_sqlite)
        store = cls(home, engine)
        try:
            with told(store.shown):
                store._migrate()
        except sa.exc.DBAPIError as fault:
            raise DataFault(f"Không mở được cơ sở dữ liệu {address.render_as_string()}: {fault.orig}.") from fault
        return store

    def _migrate(self) -> None:
        with self.engine.connect() as connection:
            if sa.inspect(connection).has_table("alembic_version"):
                found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
                if found == HEAD:
                    return
        from data.migrations import upgrade  # alembic is slow to import and seldom needed

        upgrade(self.engine)

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """One state of the store for everything read inside, reads within reads included, whatever is loaded meanwhile.

        Raises DataFault when the database cannot be read.
        """
        around: sa.Connection | None = getattr(self._own, "connection", None)
        if around is not None:
            yield around
            return
        with told(self.shown), self.engine.connect() as connection:
            self._own.connection = connection
            try:
                yield connection
            finally:
                self._own.connection = None

    def data_version(self) -> str:
        """Changes whenever figures may have changed."""
        with self.read() as connection:
            rebuilt = sa.select(settings.c.value).where(settings.c.key == REBUILT).scalar_subquery()
            found = connection.execute(
                sa.select(sa.func.max(imports.c.id), sa.func.count().filter(imports.c.state != "loaded"), rebuilt)
            ).one()
        return f"{found[0] or 0}.{found[1]}" + (f".{found[2]}" if found[2] else "")

    def is_empty(self) -> bool:
        with self.read() as connection:
            return connection.execute(sa.select(imports.c.id).limit(1)).first() is None

    def loads(self) -> list[dict[str, Any]]:
        """All imports, newest first."""
        with self.read() as connection:
            return [
                dict(row) for row in connection.execute(sa.select(imports).order_by(imports.c.id.desc())).mappings()
            ]

    def already_loaded(self, sha256: str, profile: str) -> int | None:
        """The import that holds this very file, if any; not one that took none of its rows."""
        with self.read() as connection:
            return connection.execute(_holding(sha256, profile)).scalar()

    def procedures_offered(self) -> frozenset[str]:
        """Procedures in the catalogue of services; none where there is no catalogue."""
        c = services.c
        wanted = sa.select(c.procedure).distinct().where(c.to_import == STILL_BELIEVED, c.procedure.is_not(None))
        with self.read() as connection:
            return frozenset(connection.scalars(wanted))

    def import_at(self, moment: int | None) -> int:
        """The last import known at a moment (None: now)."""
        if moment is None:
            return STILL_BELIEVED - 1
        with self.read() as connection:
            return connection.execute(sa.select(sa.func.max(imports.c.id)).where(imports.c.at <= moment)).scalar() or 0

    def last_import(self) -> int:
        """The number of the newest import; 0 without any."""
        with self.read() as connection:
            return connection.execute(sa.select(sa.func.max(imports.c.id))).scalar() or 0

    def believed_after(self, import_id: int) -> int:
        """What ``import_at`` says of the moment right after an import."""
        return import_id if import_id < self.last_import() else STILL_BELIEVED - 1

    def latest_moment(self, known_import: int) -> int | None:
        """The latest moment in the data, far-away dates left out."""
        with self.read() as connection:
            wanted = sa.select(sa.func.max(imports.c.latest)).where(
                imports.c.id <= known_import, imports.c.state == "loaded"
            )
            return connection.execute(wanted).scalar()

    def unit_rows(self) -> list[tuple[int, str, str]]:
        """Units with facts: id, code, name."""
        with self.read() as connection:
            return [tuple(row) for row in connection.execute(sa.select(units.c.id, units.c.code, units.c.name))]

    def tree(self, day: date) -> Tree:
        return Tree(self.home, day, [(code, name) for _, code, name in self.unit_rows()])

    @contextmanager
    def writer(self, head: ImportHead) -> Iterator[Writer]:
        """One import. Any exception leaves the store as it was."""
        from data.writer import Writer  # reading needs no Arrow, which is slow to import

        with self._session() as session:
            before = session.rows(_holding(head.sha256, head.profile))
            writer = Writer(self.home, session, head, upsert_for(self.engine.dialect.name))
            writer.loaded_before = before[0][0] if before else None
            yield writer
            audit.append(session, _load_entry(head, writer))

    @contextmanager
    def write(self, entry: Entry | None, patience: float | None = None) -> Iterator[Session]:
        """One transaction of its own; any exception leaves the store as it was.

        ``patience``: seconds to wait for another's write to end, where somebody stands waiting for an answer; then StoreFault.

        ``entry`` says what goes into the audit log with it. None is for what is nobody's act: bookkeeping of the program,
        and scratch work that no figure, report or right depends on.
        """
        with self._session(patience) as session:
            yield session
            if entry is not None:
                audit.append(session, entry)

    def undo(self, import_id: int, *, who: str, at: int) -> int:
        """Take an import back; gives the number of the import that does so.

        Raises CallFault for an unknown import or one taken back before, CannotUndo when newer ones build on it.
        """
        from data.undo import undo

        with self._session() as session:
            made = undo(session, self.home, upsert_for(self.engine.dialect.name), import_id, who, at)
            audit.append(session, Entry("undo", f"import:{import_id}", at, who, details={"by_import": made}))
            return made

    @contextmanager
    def rehearse(self) -> Iterator[Store]:
        """A store to try things on: it reads what was written through it, and nothing of that is kept."""
        session = _open_session(self.engine)
        try:
            yield _Rehearsal(self.home, self.engine, session)
        finally:
            session.rollback()
            session.close()

    def cache_key(self) -> str | None:
        """Names the state of the data across stores and changes; None while it must not be cached."""
        return f"{self.engine.url.render_as_string()}#{self.data_version()}"

    def exists(self) -> bool:
        """Whether there still is a database to write to; a server's always counts as there."""
        path = self.engine.url.database
        return self.engine.dialect.name != "sqlite" or not path or Path(path).exists()

    def damage(self) -> list[str]:
        """What is broken in the database file itself, in the database's own words; nothing for a sound one."""
        if self.engine.dialect.name != "sqlite":
            return []
        with self.read() as connection:
            found = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
        return [] if found == ["ok"] else list(found)

    def rebuild(self) -> None:
        """Count the rollup anew from the dossier versions."""
        with self._session() as session:
            sync_calendar(session, self.home)
            rollup.rebuild(session, self.home, upsert_for(self.engine.dialect.name))
            before = session.rows(sa.select(settings.c.value).where(settings.c.key == REBUILT))
            session.run(sa.delete(settings).where(settings.c.key == REBUILT))
            session.run(sa.insert(settings).values(key=REBUILT, value=str(int(before[0][0]) + 1 if before else 1)))

    @contextmanager
    def _session(self, patience: float | None = None) -> Iterator[Session]:
        with told(self.shown):
            session = _open_session(self.engine, patience)
            try:
                yield session
                session.commit()
            except BaseException:
                session.rollback()
                raise
            finally:
                session.close()


class _Rehearsal(Store):
    """A store inside one transaction that will be rolled back."""

    def __init__(self, home: Home, engine: sa.Engine, session: Session) -> None:
        super().__init__(home, engine)
        self._one = session

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        with self._one.reader() as connection:
            yield connection

    @contextmanager
    def _session(self, patience: float | None = None) -> Iterator[Session]:
        yield self._one

    def cache_key(self) -> str | None:
        return None


def _load_entry(head: ImportHead, writer: Writer) -> Entry:
    counts = writer.counts
    details = {"import": writer.import_id, "kind": head.kind, "profile": head.profile, "sha256": head.sha256[:16]}
    rows = {"new": counts.new, "changed": counts.changed, "unchanged": counts.unchanged}
    return Entry("load", f"import:{writer.import_id} {head.file}", head.at, head.who, details={**details, **rows})


def _holding(sha256: str, profile: str) -> sa.Select[int]:
    c = imports.c
    took = sa.or_(c.read == 0, c.read > c.refused)
    return sa.select(c.id).where(c.sha256 == sha256, c.profile == profile, c.state == "loaded", took).order_by(c.id)


# Dialects -------------------------------------------------------------------------------------------------------------

Upsert = Any


def upsert_for(dialect: str) -> Upsert:
    """The dialect's INSERT that knows ON CONFLICT."""
    if dialect == "sqlite":
        return sqlite.insert
    from sqlalchemy.dialects import postgresql  # slow to import

    return postgresql.insert


def _for_owner_only(path: Path) -> None:
    """Nobody else reads the database, nor what SQLite keeps beside it (new side files take the database's rights)."""
    for one in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        # Somebody else's file stays as that person wants it; whether it can be opened is told below.
        with suppress(OSError):
            if one.stat().st_mode & 0o077:
                one.chmod(0o600)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # Transactions begin where we say: Python's sqlite3 would read every statement from a state of its own and would
    # commit the tables of a migration one by one.
    connection.isolation_level = None
    cursor = connection.cursor()
    for setting in (
        f"busy_timeout={busy_timeout_ms()}",
        f"page_size={bulk.PAGE}",  # of a new database; before anything is written
        "journal_mode=WAL",
        "synchronous=FULL",
        "temp_store=MEMORY",
        "cache_size=-65536",
        "mmap_size=268435456",
        # An index made for one statement costs more than the rows it would find (data.spans leads to them).
        "automatic_index=OFF",
    ):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _open_session(engine: sa.Engine, patience: float | None = None) -> Session:
    if engine.dialect.name == "sqlite" and engine.url.database:
        return _SqliteSession(engine.url.database, patience)
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

    def __init__(self, path: str, patience: float | None = None) -> None:
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
        _prepare_sqlite(self.connection, None)
        self.connection.execute("PRAGMA cache_size=-262144")
        if patience is not None:
            self.connection.execute(f"PRAGMA busy_timeout={round(patience * 1000)}")
        try:
            self.connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error:
            self.connection.close()
            raise
        bulk.clear(self.path)

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

    def stage(self, name: str, table: pa.Table) -> sa.Table:
        if table.num_rows >= _BULK and bulk.has_room(self.connection, 1):
            stage = _stage_table(name, table)
            declared = str(sa.schema.CreateTable(stage).compile(dialect=_QMARK))
            schema = bulk.attach(self.connection, self.path, declared, name, table)
            return stage.to_metadata(sa.MetaData(), schema=schema)
        stage = _stage_table(name, table, "TEMPORARY")
        self.scratch(stage)
        self._fill(name, table)
        return stage

    def unstage(self, stage: sa.Table) -> None:
        # An attached file goes with the connection: SQLite lets none go inside a transaction.
        if stage.schema is None:
            self.connection.execute(f"DROP TABLE {stage.name}")

    def append(
        self, table: sa.Table, rows: pa.Table, arrange: Arrange | None = None, beside: Beside | None = None
    ) -> None:
        if rows.num_rows >= _BULK and bulk.has_room(self.connection, bulk.FILES + 1):
            bulk.append(self.connection, self.path, table.name, rows, arrange, beside)
            return
        for part in chain(*bulk.stretches(rows, arrange)):
            self._fill(table.name, part)
        if beside:
            self._fill(beside[0].name, beside[1]())

    def _fill(self, name: str, rows: pa.Table) -> None:
        columns, places = ",".join(f'"{column}"' for column in rows.column_names), ",".join("?" * rows.num_columns)
        for batch in rows.to_batches(50_000):
            self.connection.executemany(
                f"INSERT INTO {name} ({columns}) VALUES ({places})", zip(*map(_values, batch.columns), strict=True)
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

    def stage(self, name: str, table: pa.Table) -> sa.Table:
        stage = _stage_table(name, table, "TEMPORARY")
        self.scratch(stage)
        self.append(stage, table)
        return stage

    def unstage(self, stage: sa.Table) -> None:
        stage.drop(self.connection)

    def append(
        self, table: sa.Table, rows: pa.Table, arrange: Arrange | None = None, beside: Beside | None = None
    ) -> None:
        for part in chain(*bulk.stretches(rows, arrange)):
            for batch in part.to_batches(10_000):
                self.connection.execute(sa.insert(table), batch.to_pylist())
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
