"""Where a home's files come from: ``sources.toml``, one ``[[source]]`` per folder or address (docs/add-a-source.md).

No secret stands in the file: an entry ending in ``_env`` names the environment variable that holds it. Whatever looks
like a secret is refused without being repeated.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import BeforeValidator, Field, ValidationError

from data.clock import at_clock, local_day
from data.errors import CallFault, DataFault
from data.home import Home, Strict, Words
from data.locale import _
from data.store import Store
from loaders.seen import LOOK, Seen, remembered
from loaders.text import echo

FILE = "sources.toml"
INBOX = "inbox"
"""The folder of the home that `campaign watch` empties, and the name of its files' source."""

MINUTE = 60_000_000
_EVERY = re.compile(r"(\d{1,4}) ?(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_SECRET = re.compile(
    r"pass|pwd|secret|token|credential|private|sig(nature)?$|api.?key|access.?key|^key$", re.IGNORECASE
)
_ENV = r"^[A-Z][A-Z0-9_]*$"


class SourceFault(DataFault):
    """A source or file could not be fetched. ``again``: whether it may go better shortly; ``missing``: it is not there."""

    def __init__(self, text: str, *, again: bool = False, missing: bool = False) -> None:
        self.again, self.missing = again, missing
        super().__init__(text)


class NotWhole(SourceFault):
    """A file that is still being written, or was cut off on its way."""

    def __init__(self) -> None:
        super().__init__(_("Tệp chưa ghi xong hoặc chưa nhận đủ."), again=True)


def _seconds(value: Any) -> Any:
    """«15m» → 900."""
    found = _EVERY.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or not int(found[1]):
        raise ValueError
    return int(found[1]) * _SECONDS[found[2]]


def _clocks(value: Any) -> Any:
    """«06:00», or a list of such."""
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not values:
        raise ValueError
    found = [_CLOCK.fullmatch(one.strip()) if isinstance(one, str) else None for one in values]
    if None in found:
        raise ValueError
    return tuple(sorted(time(int(one[1]), int(one[2])) for one in found if one))


Duration = Annotated[int, BeforeValidator(_seconds)]
Clocks = Annotated[tuple[time, ...], BeforeValidator(_clocks)]
Variable = Annotated[str, Field(pattern=_ENV)]


class Source(Strict):
    """One ``[[source]]``. Times are seconds; the entries below ``max_mb`` serve the schemes of ``ONLY_FOR``."""

    key: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    url: str = Field(min_length=1)
    name: str = ""
    profile: str = ""
    pattern: Words = ()
    every: Duration = 900
    at: Clocks = ()
    settle: Duration = 30
    max_mb: int = Field(default=512, ge=1, le=4096)
    user: str = ""
    password_env: Variable = ""
    token_env: Variable = ""
    key_file: str = ""
    key_env: Variable = ""
    passphrase_env: Variable = ""
    known_hosts: str = ""
    endpoint: str = ""
    region: str = ""
    access_key_env: Variable = ""
    secret_key_env: Variable = ""
    anonymous: bool = False

    @property
    def scheme(self) -> str:
        """file, http, sftp or s3; "" for an address of no known kind."""
        return _scheme(self.url)

    @property
    def host(self) -> str:
        """Host and port as messages name them; the folder or bucket where there is none."""
        parts = urlsplit(self.url)
        if self.scheme in ("http", "sftp"):
            return (parts.hostname or "") + (f":{parts.port}" if parts.port else "")
        return self.url

    @property
    def max_bytes(self) -> int:
        return self.max_mb << 20

    def secret(self, entry: str) -> str:
        """The secret that the environment variable named by ``entry`` holds, "" when none is named.

        Raises SourceFault when the variable is not set.
        """
        variable = getattr(self, entry)
        if not variable:
            return ""
        if not (value := os.environ.get(variable)):
            raise SourceFault(
                _(
                    "Nguồn «{key}»: biến môi trường {variable} (mục «{entry}») chưa được đặt.",
                    key=self.key,
                    variable=variable,
                    entry=entry,
                )
            )
        return value


ONLY_FOR: dict[str, tuple[str, ...]] = {
    "user": ("http", "sftp"),
    "password_env": ("http", "sftp"),
    "token_env": ("http",),
    **dict.fromkeys(("key_file", "key_env", "passphrase_env", "known_hosts"), ("sftp",)),
    **dict.fromkeys(("endpoint", "region", "access_key_env", "secret_key_env", "anonymous"), ("s3",)),
}
_SCHEMES = {"": "file", "file": "file", "http": "http", "https": "http", "sftp": "sftp", "ssh": "sftp", "s3": "s3"}


def _scheme(url: str) -> str:
    found = re.match(r"([A-Za-z][A-Za-z0-9+.-]+)://", url)
    return _SCHEMES.get(found[1].casefold() if found else "", "")


def is_address(text: str) -> bool:
    """Whether a text names something by scheme, not a path."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", text) is not None


def read_sources(home: Home) -> tuple[Source, ...]:
    """The sources of a home, none without the file. Raises DataFault naming file, source, entry and what to do."""
    path = home.root / FILE
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return ()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        # The decoder's words give line and column; a line of the file could hold a secret.
        place = re.search(r"\(at .*\)$", str(fault))
        raise DataFault(_("{path}: không đọc được TOML {place}.", path=path, place=place[0] if place else "")) from None
    except OSError as fault:
        raise DataFault(_("Không mở được {path}: {why}.", path=path, why=fault.strerror or "")) from fault
    rows = content.pop("source", [])
    if content or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        listed = ", ".join(f"«{name}»" for name in content)
        raise DataFault(
            _("{path}: chỉ dùng các bảng [[source]]; hãy bỏ hoặc sửa {listed}.", path=path, listed=listed or "«source»")
        )
    found: dict[str, Source] = {}
    for number, row in enumerate(rows, start=1):
        key = row.get("key") if isinstance(row.get("key"), str) else ""
        where = _("{path}, nguồn «{key}»", path=path, key=echo(key, personal=True) if key else number)
        one = source(row, where)
        if one.key in found or one.key == INBOX:
            raise DataFault(_("{where}: khóa này đã dùng. Hãy đặt khóa khác.", where=where))
        if one.profile and one.profile not in home.profiles:
            known = ", ".join(home.profiles) or _("chưa có hồ sơ nguồn nào")
            raise DataFault(
                _(
                    "{where}, mục «profile», giá trị «{value}»: không có hồ sơ nguồn này trong thư mục profiles (có: {known}).",
                    where=where,
                    value=echo(one.profile, personal=True),
                    known=known,
                )
            )
        found[one.key] = one
    return tuple(found.values())


def source(row: Mapping[str, Any], where: str) -> Source:
    """One checked entry. Raises DataFault; ``where`` begins its message."""
    _refuse_secrets(row, where)
    try:
        one = Source.model_validate(row)
    except ValidationError as fault:
        raise DataFault("; ".join(_told(error, where) for error in fault.errors(include_url=False))) from None
    if not one.scheme:
        raise DataFault(
            _(
                "{where}, mục «url», giá trị «{value}»: chưa hỗ trợ loại địa chỉ này. "
                "Hãy dùng đường dẫn thư mục, http://, https://, sftp:// hoặc s3://.",
                where=where,
                value=echo(one.url.partition("://")[0] + "://", personal=True),
            )
        )
    if one.scheme != "file" and not _has_host(one.url):
        raise DataFault(_("{where}, mục «url»: địa chỉ thiếu tên máy chủ, hoặc viết sai cổng.", where=where))
    if "every" in row and "at" in row:
        raise DataFault(_("{where}: chỉ ghi một trong hai mục «every» và «at».", where=where))
    for entry, schemes in ONLY_FOR.items():
        if entry in row and one.scheme not in schemes:
            raise DataFault(
                _(
                    "{where}, mục «{entry}»: không dùng cho địa chỉ loại này (chỉ cho {schemes}). Hãy bỏ mục đó.",
                    where=where,
                    entry=entry,
                    schemes=", ".join(f"{scheme}://" for scheme in schemes),
                )
            )
    return one


def _has_host(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _refuse_secrets(row: Mapping[str, Any], where: str) -> None:
    for entry in row:
        if entry not in Source.model_fields and _SECRET.search(entry):
            raise DataFault(
                _(
                    "{where}, mục «{entry}»: không ghi mật khẩu hay khóa vào tệp. Hãy xóa giá trị này khỏi tệp, đặt nó vào "
                    'một biến môi trường rồi ghi tên biến, ví dụ password_env = "SFTP_PASSWORD".',
                    where=where,
                    entry=entry,
                )
            )
    for entry in ("url", "endpoint"):
        if isinstance(address := row.get(entry), str) and has_secret(address):
            raise DataFault(
                _(
                    "{where}, mục «{entry}»: địa chỉ chứa mật khẩu hoặc mã truy cập. Hãy xóa nó khỏi địa chỉ, đặt vào một "
                    "biến môi trường rồi ghi tên biến ở password_env hoặc token_env.",
                    where=where,
                    entry=entry,
                )
            )


def has_secret(address: str) -> bool:
    """Whether an address carries a password or an access code."""
    try:
        parts = urlsplit(address)
        named = [name for name, _value in parse_qsl(parts.query, keep_blank_values=True)]
        return parts.password is not None or any(map(_SECRET.search, named))
    except ValueError:
        return "@" in address


_SHOWN = frozenset({"key", "name", "profile", "pattern", "every", "at", "settle", "max_mb", "known_hosts", "region"})
"""Entries whose value a message may repeat."""


def _told(error: Any, where: str) -> str:
    entry = str(error["loc"][0]) if error["loc"] else ""
    if error["type"] == "extra_forbidden":
        return _(
            "{where}: không có mục «{entry}»; các mục dùng được: {known}.",
            where=where,
            entry=echo(entry, personal=True),
            known=", ".join(Source.model_fields),
        )
    if error["type"] == "missing":
        return _("{where}: thiếu mục «{entry}».", where=where, entry=entry)
    value = f", {_('giá trị')} «{echo(str(error.get('input')), personal=True)}»" if entry in _SHOWN else ""
    return _("{where}, mục «{entry}»{value}: {advice}", where=where, entry=entry, value=value, advice=_advice(entry))


def _advice(entry: str) -> str:
    if entry in ("every", "settle"):
        return _('hãy ghi số và đơn vị s, m, h hoặc d, ví dụ "15m".')
    if entry == "at":
        return _('hãy ghi giờ trong ngày, ví dụ ["06:00", "17:00"].')
    if entry == "key":
        return _("hãy dùng chữ thường không dấu, số và dấu gạch nối.")
    if entry == "max_mb":
        return _("hãy ghi một số từ 1 đến 4096.")
    if entry.endswith("_env"):
        return _('hãy ghi tên biến môi trường bằng chữ hoa, ví dụ "SFTP_PASSWORD", không ghi chính mật khẩu.')
    return _("giá trị không đúng kiểu. Xem docs/add-a-source.md.")


def for_address(home: Home, address: str) -> Source:
    """How to reach an address given on the command line: as the source of the same host does, else without secrets.

    Raises CallFault for an address that cannot be used.
    """
    shown = address.partition("://")[0] + "://…"
    if has_secret(address):
        raise CallFault(
            _(
                "Địa chỉ {address} chứa mật khẩu hoặc mã truy cập. Hãy khai nguồn trong sources.toml và đặt bí mật vào biến môi trường.",
                address=shown,
            )
        )
    try:
        one = source({"key": "dong-lenh", "url": address}, shown)
    except DataFault as fault:
        raise CallFault(str(fault)) from None
    wanted = _place(address)
    same = next((known for known in read_sources(home) if known.scheme != "file" and _place(known.url) == wanted), None)
    return one if same is None else same.model_copy(update={"url": address, "pattern": (), "key": one.key})


def _place(address: str) -> tuple[str, str, int | None]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname or "", parts.port


# What the pages show ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SourceState:
    """How a source stands. Moments are UTC microseconds, None where there was none yet.

    ``files``: how many files were ever seen, by state; ``fault``: why the last look failed, "" when it did not;
    ``refused``: names and reasons of files that were refused and have not changed since.
    """

    key: str
    name: str
    url: str
    profile: str
    schedule: str
    last_look: int | None
    next_look: int | None
    last_file: str
    last_file_at: int | None
    last_state: str
    fault: str
    files: Mapping[str, int]
    refused: Sequence[tuple[str, str]]


def overview(store: Store, home: Home) -> list[SourceState]:
    """Every source of the home and its inbox, in the order of the file."""
    rows = remembered(store)
    states = [
        _state(one.key, one.name, one.url, one.profile, words_of(one), rows.get(one.key, {}), one, home)
        for one in read_sources(home)
    ]
    if rows.get(INBOX) or (home.root / INBOX).is_dir():
        states.append(_state(INBOX, _("Hộp thư đến"), f"{INBOX}/", "", "", rows.get(INBOX, {}), None, home))
    return states


def _state(
    key: str, name: str, url: str, profile: str, schedule: str, rows: Mapping[str, Seen], one: Source | None, home: Home
) -> SourceState:
    look = rows.get(LOOK)
    files = [row for path, row in rows.items() if path != LOOK]
    last = max((row for row in files if row.state != "waiting"), key=lambda row: (row.at, row.path), default=None)
    counts: dict[str, int] = {}
    for row in files:
        counts[row.state] = counts.get(row.state, 0) + 1
    failed = look.reason if look and look.state == "failed" else ""
    return SourceState(
        key=key,
        name=name,
        url=url,
        profile=profile,
        schedule=schedule,
        last_look=look.at if look else None,
        next_look=next_look(one, rows, home) if one else None,
        last_file=last.name if last else "",
        last_file_at=last.at if last else None,
        last_state=last.state if last else "",
        fault=failed or next((row.reason for row in files if row.state == "failed"), ""),
        files=counts,
        refused=tuple((row.name, row.reason) for row in files if row.state == "refused"),
    )


def words_of(one: Source) -> str:
    """The schedule in words."""
    if one.at:
        return _("lúc {times}", times=", ".join(f"{clock:%H:%M}" for clock in one.at))
    if one.every % 3600 == 0:
        return _("mỗi {number} giờ", number=one.every // 3600)
    if one.every % 60 == 0:
        return _("mỗi {number} phút", number=one.every // 60)
    return _("mỗi {number} giây", number=one.every)


def next_look(one: Source, rows: Mapping[str, Seen], home: Home) -> int:
    """When a source is due, UTC microseconds; 0 for one never looked at. Sooner, by their back-off, where the last look
    failed or a file was not whole yet. ``rows``: what was seen of it."""
    look = rows.get(LOOK)
    if look is None:
        return 0
    due = look.at + one.every * 1_000_000
    if one.at:
        today = local_day(look.at, home.zone)
        moments = (at_clock(day, clock, home.zone) for day in (today, today + 1) for clock in one.at)
        due = min(moment for moment in moments if moment > look.at)
    sooner = (row.next_try for row in rows.values() if row.state == "waiting" or row is look)
    return min([due, *(moment for moment in sooner if moment is not None)])


def file_name(path: str) -> str:
    """The last part of a path or link."""
    return unquote(path.partition("?")[0].rstrip("/").rpartition("/")[2]) or path


def local_path(home: Home, url: str) -> Path:
    """A folder or file on this machine; relative ones lie in the home."""
    path = Path(unquote(urlsplit(url).path)) if url.casefold().startswith("file://") else Path(url).expanduser()
    return path if path.is_absolute() else home.root.resolve() / path
