"""The files of a source: what lies there, and the bytes of one. Folders, sftp and s3 go through fsspec, http through ``web``.

Nothing is written to disk: bytes live in memory until they are judged. Faults are worded here and never repeat what a
library says, for its words may hold an address with a secret.
"""

from __future__ import annotations

import errno
import fnmatch
import os
import posixpath
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import fsspec

from data.clock import to_micros
from data.errors import DataFault
from data.home import Home
from data.locale import _
from loaders.seen import Seen
from loaders.sources import NotWhole, Source, SourceFault, local_path

CONNECT_SECONDS = 15
READ_SECONDS = 60
MOST_FILES = 20_000
"""More in one source is a wrong address."""

_UNFINISHED = ("*.part", "*.partial", "*.filepart", "*.tmp", "*.temp", "*.crdownload", "*.download", "*.swp", "~$*", ".*", "*~")  # fmt: skip
"""Names under which programs write what is not finished, and hidden files."""


@dataclass(frozen=True)
class Listed:
    """A file as a source lists it. ``modified``: UTC microseconds; None and "" where the source does not say.

    ``whole``: whether the source shows only finished files; ``young``: written so recently that it may not be whole.
    """

    path: str
    name: str
    size: int | None = None
    modified: int | None = None
    etag: str = ""
    whole: bool = False
    young: bool = False

    @property
    def told(self) -> bool:
        """Whether the listing says enough to see a change without fetching."""
        return bool(self.etag) or self.modified is not None

    def same_as(self, other: Seen | Listed) -> bool:
        """Whether both are one state of a file. A tag of the server says more than a moment."""
        if self.etag and other.etag:
            return self.etag == other.etag
        return (self.size, self.modified) == (other.size, other.modified)


class Remote(Protocol):
    """A source opened."""

    def list(self) -> list[Listed]:
        """The files that fit the pattern, in any order. Raises SourceFault."""
        ...

    def fetch(self, one: Listed, seen: Seen | None) -> tuple[Listed, bytes] | None:
        """A file's bytes and what is then known of it; None when it is as ``seen``. Raises SourceFault."""
        ...


@contextmanager
def opened(one: Source, home: Home) -> Iterator[Remote]:
    """A source ready to be listed. Raises SourceFault where it cannot be reached."""
    if one.scheme == "http":
        from loaders.web import Web

        with Web(one) as web:
            yield web
        return
    with worded(one):
        system, path = _system(one, home)
    try:
        yield Folder(one, system, path)
    finally:
        if one.scheme == "sftp":
            _hang_up(system)


def wanted(name: str, patterns: Iterable[str]) -> bool:
    """Whether a file of this name is to be loaded: whole by its name, and fitting one of the patterns, if any."""
    name = name.casefold()
    if any(fnmatch.fnmatchcase(name, sign) for sign in _UNFINISHED):
        return False
    patterns = tuple(patterns)
    return not patterns or any(fnmatch.fnmatchcase(name, pattern.casefold()) for pattern in patterns)


class Folder:
    """Files of a file system: here, by sftp or by s3."""

    def __init__(self, one: Source, system: Any, path: str) -> None:
        self.source, self.system, self.path = one, system, path

    def list(self) -> list[Listed]:
        with worded(self.source):
            if any(sign in self.path for sign in "*?["):
                infos = list(self.system.glob(self.path, detail=True).values())
            else:
                info = self.system.info(self.path)
                infos = self.system.ls(self.path, detail=True) if info["type"] == "directory" else [info]
            files = [self._listed(info) for info in infos if info["type"] == "file"]
            # A link counts as what it leads to; one that leads nowhere is nothing.
            links = [info["name"] for info in infos if info["type"] == "link"]
            files += [self._listed(self.system.info(name)) for name in links if self.system.isfile(name)]
        found = [one for one in files if one.name and wanted(one.name, self.source.pattern)]
        if len(found) > MOST_FILES:
            raise SourceFault(_("Có hơn {most} tệp. Hãy thu hẹp địa chỉ hoặc «pattern».", most=MOST_FILES))
        return found

    def fetch(self, one: Listed, seen: Seen | None) -> tuple[Listed, bytes] | None:
        if one.size is not None and one.size > self.source.max_bytes:
            raise too_big(self.source)
        with worded(self.source):
            with self.system.open(one.path, "rb") as file:
                data: bytes = file.read(self.source.max_bytes + 1)
            after = self._listed(self.system.info(one.path))
        if len(data) > self.source.max_bytes:
            raise too_big(self.source)
        if not after.same_as(one) or len(data) != after.size:
            raise NotWhole
        return one, data

    def _listed(self, info: dict[str, Any]) -> Listed:
        path = str(info["name"])
        moment = info.get("mtime", info.get("LastModified"))
        size = info.get("size")
        return Listed(
            path=path,
            name=posixpath.basename(path.replace(os.sep, "/")),
            size=None if size is None else int(size),
            modified=_micros(moment),
            etag=str(info.get("ETag") or "").strip('"'),
            whole=self.source.scheme == "s3",  # an object appears when it is complete
        )


def _micros(moment: Any) -> int | None:
    if isinstance(moment, datetime):
        return to_micros(moment.astimezone())
    return None if moment is None else int(float(moment) * 1_000_000)


def too_big(one: Source) -> SourceFault:
    return SourceFault(_("Tệp lớn hơn {size} MB. Hãy chia nhỏ tệp, hoặc nâng «max_mb» của nguồn.", size=one.max_mb))


# Ways in --------------------------------------------------------------------------------------------------------------


def _system(one: Source, home: Home) -> tuple[Any, str]:
    """A file system without memory of earlier listings, and the path on it."""
    if one.scheme == "file":
        return fsspec.filesystem("file", skip_instance_cache=True), str(local_path(home, one.url))
    parts = urlsplit(one.url)
    if one.scheme == "sftp":
        return _sftp(one, home), unquote(parts.path) or "."
    return _s3(one), f"{parts.netloc}{unquote(parts.path)}"


def _sftp(one: Source, home: Home) -> Any:
    """The server's key is always checked: against ``known_hosts`` of the source, else of whoever runs the command."""
    try:
        import asyncssh
        from sshfs import SSHFileSystem
    except ImportError:
        raise missing_extra("sftp") from None
    parts = urlsplit(one.url)
    options: dict[str, Any] = {"known_hosts": str(_in_home(home, one.known_hosts)) if one.known_hosts else ()}
    if name := unquote(parts.username or "") or one.user:
        options["username"] = name
    if password := one.secret("password_env"):
        options["password"] = password
    passphrase = one.secret("passphrase_env") or None
    try:
        if key := one.secret("key_env"):
            options["client_keys"] = [asyncssh.import_private_key(key, passphrase)]
        elif one.key_file:
            options["client_keys"] = [asyncssh.read_private_key(_in_home(home, one.key_file), passphrase)]
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, OSError):
        raise SourceFault(
            _(
                "Không đọc được khóa SSH. Hãy kiểm tra «key_file» hoặc «key_env», và «passphrase_env» nếu khóa có mật khẩu."
            )
        ) from None
    return SSHFileSystem(
        parts.hostname or "",
        port=parts.port or 22,
        connect_timeout=CONNECT_SECONDS,
        login_timeout=CONNECT_SECONDS,
        keepalive_interval=CONNECT_SECONDS,
        config=None,  # what ~/.ssh/config says must not change where a source leads
        skip_instance_cache=True,
        **options,
    )


def _hang_up(system: Any) -> None:
    """End the connection now; sshfs would do so when its object is collected."""
    from fsspec.asyn import sync

    async def close() -> None:
        system.client.close()
        await system.client.wait_closed()

    with suppress(Exception):  # what was fetched is fetched, however the server says goodbye
        sync(system.loop, close, timeout=CONNECT_SECONDS)


def _s3(one: Source) -> Any:
    try:
        from s3fs import S3FileSystem
    except ImportError:
        raise missing_extra("s3") from None
    settings = {"connect_timeout": CONNECT_SECONDS, "read_timeout": READ_SECONDS, "retries": {"max_attempts": 0}}
    return S3FileSystem(
        anon=one.anonymous,
        key=one.secret("access_key_env") or None,
        secret=one.secret("secret_key_env") or None,
        endpoint_url=one.endpoint or None,
        client_kwargs={"region_name": one.region} if one.region else None,
        config_kwargs=settings,
        use_listings_cache=False,
        default_cache_type="none",
        skip_instance_cache=True,
    )


def _in_home(home: Home, path: str) -> Path:
    return home.root.resolve() / Path(path).expanduser()


def missing_extra(name: str) -> SourceFault:
    return SourceFault(
        _(
            "Chưa có thư viện cho địa chỉ {scheme}://. Hãy cài campaign-dashboard[{scheme}] rồi làm lại.",
            scheme=name,
        )
    )


# Faults in words ------------------------------------------------------------------------------------------------------


@contextmanager
def worded(one: Source) -> Iterator[None]:
    """Faults of libraries and of the network as SourceFault."""
    try:
        yield
    except DataFault:
        raise
    except FileNotFoundError:
        raise SourceFault(_("Không có tệp hay thư mục này ở {place}.", place=one.host), missing=True) from None
    except NotADirectoryError:
        raise SourceFault(_("Đường dẫn ở {place} không phải thư mục.", place=one.host)) from None
    except PermissionError:
        raise _denied(one) from None
    except OSError as fault:
        raise unreachable(one, fault) from None
    except Exception as fault:
        raise _library(one, fault) from None


def _denied(one: Source) -> SourceFault:
    return SourceFault(
        _("{place} không cho vào: hãy kiểm tra người dùng, mật khẩu hoặc khóa, và quyền đọc.", place=one.host)
    )


def unreachable(one: Source, fault: BaseException | None = None) -> SourceFault:
    code = getattr(fault, "errno", None)
    if isinstance(fault, TimeoutError):
        why = _("quá lâu không trả lời")
    elif isinstance(fault, socket.gaierror):
        why = _("không tìm thấy tên máy chủ")
    elif code == errno.ECONNREFUSED:
        why = _("máy chủ từ chối kết nối")
    else:
        why = os.strerror(code) if code else ""
    return SourceFault(
        _("Không kết nối được với {place}{why}.", place=one.host, why=f" ({why})" if why else ""), again=True
    )


def _library(one: Source, fault: Exception) -> SourceFault:
    """What asyncssh and botocore raise beside OSError, told by name so that neither has to be imported."""
    names = {kind.__name__ for kind in type(fault).__mro__}
    if "HostKeyNotVerifiable" in names:
        return SourceFault(
            _(
                "Không xác minh được khóa của máy chủ {place}: chưa có trong known_hosts, hoặc đã đổi. "
                "Hãy hỏi người quản trị máy chủ, rồi thêm khóa vào known_hosts.",
                place=one.host,
            )
        )
    if names & {"PermissionDenied", "SFTPPermissionDenied", "NoCredentialsError", "PartialCredentialsError"}:
        return _denied(one)
    if names & {"SFTPNoSuchFile", "SFTPNoSuchPath"}:
        return SourceFault(_("Không có tệp hay thư mục này ở {place}.", place=one.host), missing=True)
    if type(fault).__module__.partition(".")[0] in (
        "asyncssh",
        "sshfs",
        "botocore",
        "aiobotocore",
        "aiohttp",
        "fsspec",
    ):
        return unreachable(one)
    raise fault
