"""A home as one archive, and back: the database as it is at one moment, the files beside it, and the hash of each.

The copy is made by SQLite itself while others read and write. Nobody but the owner can read the archive; it is as
confidential as the database. For PostgreSQL the server's own tools are the right ones (docs/access.md).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Literal

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from data import audit
from data.archives import DAMAGED
from data.audit import Actor, Entry
from data.errors import CallFault, DataFault
from data.faults import told
from data.home import Home
from data.locale import _
from data.migrations import HEAD
from data.schema_access import sessions, tokens, viewers
from data.store import Store

MANIFEST = "manifest.json"
DATABASE = "campaign.db"
LEFT_OUT = ("inbox",)
"""Folders that hold what other systems exported, personal data and all: never copied."""
_CHUNK = 1 << 20
_MOST_MANIFEST = 16 << 20
_OWNER = 0o600


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Kept(_Strict):
    path: str
    size: int = Field(ge=0)
    sha256: str


class Manifest(_Strict):
    """What an archive holds. ``audit_head``: the newest entry of the audit log, to be compared with the log later."""

    format: Literal["campaign-backup-1"] = "campaign-backup-1"
    home: str
    made_at: int
    revision: str
    audit_head: str
    files: tuple[Kept, ...]


@dataclass(frozen=True)
class Restored:
    """``set_aside``: where what was there before is now. ``tokens``: how many are in force again. ``faults``: of the log."""

    manifest: Manifest
    set_aside: Path | None
    tokens: int
    faults: list[str]


# Out ------------------------------------------------------------------------------------------------------------------


def backup(store: Store, file: Path, *, who: Actor, at: int, force: bool = False) -> Manifest:
    """Write the archive; it is there whole or not at all. ``force``: in place of a file of that name.

    Raises CallFault for a file that is there, or a database that is not SQLite; DataFault for a damaged database.
    """
    database = store.engine.url.database
    if store.engine.dialect.name != "sqlite" or not database:
        raise CallFault(_("Cơ sở dữ liệu không phải SQLite: hãy sao lưu bằng pg_dump, và chép thư mục của tỉnh riêng."))
    if file.exists() and not force:
        raise CallFault(_("Đã có tệp {file}; hãy chọn tên khác hoặc dùng --force.", file=file))
    if not file.parent.is_dir():
        raise CallFault(_("Không có thư mục {folder}.", folder=file.parent))
    with _folder_beside(file) as folder, told(database):
        copy = folder / DATABASE
        revision, head = _copied(Path(database), copy)
        # After the copy, which ends where the backup begins. Not to wait for a load: whoever may do this could copy the
        # file as well.
        audit.seen(store, who, "backup", file.name, at=at)
        part = folder / "archive"
        with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, _OWNER), "w+b") as out:
            kept = []
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                kept.append(_add(archive, copy, DATABASE))
                for path in _files(store.home.root, Path(database)):
                    kept.append(_add(archive, path, path.relative_to(store.home.root).as_posix()))
                manifest = Manifest(
                    home=store.home.name, made_at=at, revision=revision, audit_head=head, files=tuple(kept)
                )
                archive.writestr(MANIFEST, manifest.model_dump_json(indent=1))
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)
    return manifest


def _copied(database: Path, copy: Path) -> tuple[str, str]:
    """The database at one moment as one file, checked; gives its revision and the head of its audit log."""
    copy.touch(mode=_OWNER)
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as target:
        # All pages in one step: one reading transaction, however much is written meanwhile.
        source.backup(target, pages=-1)
        target.execute("PRAGMA journal_mode=DELETE")
        found = [row[0] for row in target.execute("PRAGMA quick_check")]
        if found != ["ok"]:
            raise DataFault(_("Cơ sở dữ liệu bị hỏng, không sao lưu: {fault}", fault=found[0]))
        revision = target.execute("SELECT version_num FROM alembic_version").fetchone()[0]
        newest = target.execute("SELECT id || ':' || hash FROM audit ORDER BY id DESC LIMIT 1").fetchone()
        return revision, newest[0] if newest else ""


def _files(root: Path, database: Path) -> Iterator[Path]:
    """The home's own files: no database, nothing hidden, no links, no exports waiting to be loaded, no archives."""
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        of_database = len(parts) == 1 and path.name.startswith((DATABASE, database.name))
        hidden = any(part.startswith(".") for part in parts)
        if path.is_file() and not (path.is_symlink() or of_database or hidden or parts[0] in LEFT_OUT or path.suffix == ".zip"):  # fmt: skip
            yield path


def _add(archive: zipfile.ZipFile, path: Path, name: str) -> Kept:
    info = zipfile.ZipInfo(name)
    if not _is_safe(info):
        raise CallFault(_("Hãy đổi tên tệp này rồi sao lưu lại: {name}", name=repr(name)[:80]))
    info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, (stat.S_IFREG | _OWNER) << 16
    size, hashed = 0, hashlib.sha256()
    with path.open("rb") as read, archive.open(info, "w", force_zip64=True) as write:
        while block := read.read(_CHUNK):
            size += len(block)
            hashed.update(block)
            write.write(block)
    return Kept(path=name, size=size, sha256=hashed.hexdigest())


# Back -----------------------------------------------------------------------------------------------------------------


def restore(file: Path, home: Path, *, who: Actor, at: int, force: bool = False) -> Restored:
    """Make a home of an archive; it is there whole or not at all. ``force``: in place of a folder, which is set aside.

    Every login is over afterwards: one that had been ended since the backup would otherwise be good again.
    Raises CallFault when there is something already, DataFault for an archive that is not whole, or not safe.
    """
    if not file.is_file():
        raise CallFault(_("Không có tệp {file}.", file=file))
    there = home.exists() and (not home.is_dir() or any(home.iterdir()))
    if there and not force:
        raise CallFault(_("{home} không trống; hãy chọn thư mục khác, hoặc dùng --force để thay.", home=home))
    home.parent.mkdir(parents=True, exist_ok=True)
    with _folder_beside(home) as folder:
        made = folder / "home"
        manifest = _unpacked(file, made)
        lively, faults = _opened_again(made, who, at, file.name)
        set_aside = None
        if there:
            set_aside = _free(home)
            home.rename(set_aside)
        elif home.exists():
            home.rmdir()
        made.rename(home)
    return Restored(manifest, set_aside, lively, faults)


def _unpacked(file: Path, made: Path) -> Manifest:
    try:
        with zipfile.ZipFile(file) as archive:
            manifest = _manifest(archive)
            made.mkdir(mode=0o700)
            for one in manifest.files:
                _unpack(archive, one, made)
    except (*DAMAGED, FileExistsError, NotADirectoryError) as fault:  # two files of one name, or one below the other
        raise DataFault(_("{file}: không phải bản sao lưu, hoặc đã hỏng.", file=file)) from fault
    return manifest


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    """What the archive says it holds, once that is safe to unpack and nothing else is in it."""
    names = [info.filename for info in archive.infolist()]
    if names.count(MANIFEST) != 1 or archive.getinfo(MANIFEST).file_size > _MOST_MANIFEST:
        raise zipfile.BadZipFile
    try:
        manifest = Manifest.model_validate(json.loads(archive.read(MANIFEST)))
    except (ValidationError, ValueError) as fault:
        raise zipfile.BadZipFile from fault
    told_ = [one.path for one in manifest.files]
    # What SQLite keeps beside a database it would take for a part of it.
    beside = any(one.startswith(DATABASE) and one != DATABASE for one in told_)
    if sorted([*told_, MANIFEST]) != sorted(names) or DATABASE not in told_ or beside:
        raise DataFault(_("Bản sao lưu có tệp thừa hoặc thiếu so với danh mục của nó."))
    for info in archive.infolist():
        if not _is_safe(info):
            raise DataFault(_("Bản sao lưu có tên tệp không an toàn: {name}", name=repr(info.filename)[:80]))
    if manifest.revision > HEAD:
        raise DataFault(_("Bản sao lưu do phiên bản phần mềm mới hơn tạo ra; hãy cập nhật phần mềm trước."))
    return manifest


def _is_safe(info: zipfile.ZipInfo) -> bool:
    """A plain file below the folder, under a name that means the same on every system."""
    name, kind = info.filename, stat.S_IFMT(info.external_attr >> 16)
    pieces = name.split("/")
    plain = all(piece not in ("", ".", "..") and not piece.startswith(".") for piece in pieces)
    odd = any(letter in '\\:*?"<>|' or not letter.isprintable() for letter in name)
    return plain and not odd and not PurePosixPath(name).is_absolute() and kind in (0, stat.S_IFREG)


def _unpack(archive: zipfile.ZipFile, one: Kept, made: Path) -> None:
    target = made.joinpath(*one.path.split("/"))
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    size, hashed = 0, hashlib.sha256()
    with archive.open(one.path) as read, _new(target) as write:
        # Never more than the manifest says, whatever the archive unfolds to.
        while block := read.read(min(_CHUNK, one.size - size + 1)):
            size += len(block)
            if size > one.size:
                break
            hashed.update(block)
            write.write(block)
    if size != one.size or hashed.hexdigest() != one.sha256:
        raise DataFault(_("Bản sao lưu đã hỏng: {name} không đúng như khi ghi.", name=one.path))


def _opened_again(made: Path, who: Actor, at: int, name: str) -> tuple[int, list[str]]:
    """Bring the database up to date, end every login, write the restoring down; gives tokens in force and faults of the log."""
    store = Store.open(Home(made), f"sqlite:///{(made / DATABASE).resolve()}")
    try:
        if damage := store.damage():
            raise DataFault(_("Cơ sở dữ liệu trong bản sao lưu bị hỏng: {fault}", fault=damage[0]))
        with store.write(Entry("restore", name, at, audit.signed(who), str(who.role))) as session:
            session.run(sa.update(sessions).where(sessions.c.ended.is_(None)).values(ended=at))
            session.run(sa.update(viewers).values(not_before=at))
        t = tokens.c
        lively = sa.select(sa.func.count()).where(t.revoked_at.is_(None), t.expires > at)
        with store.read() as connection:
            return int(connection.scalar(lively) or 0), audit.verify(store)
    finally:
        store.engine.dispose()


def _new(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _OWNER), "wb")


def _free(home: Path) -> Path:
    number = 1
    while (found := home.with_name(f"{home.name}.truoc-phuc-hoi-{number}")).exists():
        number += 1
    return found


@contextmanager
def _folder_beside(path: Path) -> Iterator[Path]:
    """A folder of the owner's on the same disk, so that what is made in it can be moved into place at once."""
    folder = Path(tempfile.mkdtemp(prefix=".campaign-", dir=path.parent))
    try:
        yield folder
    finally:
        with suppress(OSError):
            shutil.rmtree(folder)
