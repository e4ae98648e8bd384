"""The store: many readers, one writer, one import = one transaction."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from data import audit, rollup
from data.aside import Aside
from data.audit import Entry
from data.errors import DataFault
from data.faults import told
from data.home import Home
from data.migrations import HEAD
from data.records import Counts as Counts
from data.records import ImportHead as ImportHead
from data.records import Refusal as Refusal
from data.records import Session as Session
from data.schema import STILL_BELIEVED, imports, services, settings, units
from data.sessions import begin_sqlite, for_owner_only, open_session, prepare_sqlite, upsert_for
from data.units import Tree
from data.worktime import sync as sync_calendar

if TYPE_CHECKING:
    from data.writer import Writer


REBUILT = "rebuilt"
"""Setting: how often the kept counts were counted anew."""
_STRAIGHT = 1_500_000
"""So many rows of a new store are written without a log: as many as stay in memory until the commit."""


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
                for_owner_only(path)
        engine = sa.create_engine(address)
        if address.get_backend_name() == "sqlite":
            sa.event.listen(engine, "connect", prepare_sqlite)
            sa.event.listen(engine, "begin", begin_sqlite)
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
    def writer(self, head: ImportHead, rows: int | None = None) -> Iterator[Writer]:
        """One import; ``rows``: so many at most, where that is known. Any exception leaves the store as it was."""
        from data.writer import Writer  # reading needs no Arrow, which is slow to import

        with self._session(straight=rows is not None and rows <= _STRAIGHT and self.is_empty()) as session:
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
        session = open_session(self.engine)
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
    def _session(self, patience: float | None = None, *, straight: bool = False) -> Iterator[Session]:
        with told(self.shown):
            session = open_session(self.engine, patience, straight=straight)
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
    def _session(self, patience: float | None = None, *, straight: bool = False) -> Iterator[Session]:
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
