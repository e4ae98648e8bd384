"""Files by http and https: one file, or the links of an index page.

Plain ``requests`` and not fsspec's http (aiohttp): a look that finds nothing new must cost one «304 Not Modified», and
fsspec's file system has no conditional requests; the length a server announces must be checked; a redirection must be
judged before it is followed. ``requests`` is installed in any case (Streamlit uses it) and knows proxies and logins.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from html.parser import HTMLParser
from types import TracebackType
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import requests

from data.clock import to_micros
from data.locale import _
from loaders.remote import (
    CONNECT_SECONDS,
    MOST_FILES,
    READ_SECONDS,
    Listed,
    too_big,
    unreachable,
    wanted,
)
from loaders.seen import DONE, Seen
from loaders.sources import NotWhole, Source, SourceFault, file_name, has_secret

_MOST_REDIRECTS = 5
_INDEX_BYTES = 8 << 20
_PIECE = 1 << 18


class Web:
    """A source reached by http or https."""

    def __init__(self, one: Source) -> None:
        self.source = one
        self.session = requests.Session()
        self.session.headers["Accept-Encoding"] = "gzip, identity"
        parts = urlsplit(one.url)
        scheme, host, port = _origin(one.url)
        self.origins = {(scheme, host, port)} | ({("https", host, 443)} if scheme == "http" else set())
        user = unquote(parts.username or "") or one.user
        # Without a login of its own a request would take one from ~/.netrc.
        self.session.auth = _as_it_is
        if token := one.secret("token_env"):
            self.session.headers["Authorization"] = f"Bearer {token}"
        elif password := one.secret("password_env"):
            login = base64.b64encode(f"{user}:{password}".encode()).decode()
            self.session.headers["Authorization"] = f"Basic {login}"
        self.url = one.url.replace(f"{parts.username}@", "", 1) if parts.username else one.url
        self.links: dict[str, str] = {}

    def __enter__(self) -> Web:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.session.close()

    def list(self) -> list[Listed]:
        if not (self.source.pattern or urlsplit(self.url).path.endswith("/")):
            return [Listed(path=self.url, name=file_name(self.url), whole=True)]
        answer = self._get(self.url, {})
        text = self._body(answer, _INDEX_BYTES).decode(answer.encoding or "utf-8", "replace")
        base = urljoin(answer.url, ".")
        found: dict[str, Listed] = {}
        for link in _links(text):
            try:
                address = urldefrag(urljoin(answer.url, link))[0]
                inside = _origin(address) in self.origins and address.startswith(base) and address != answer.url
            except ValueError:
                continue
            name = file_name(address)
            if inside and not urlsplit(address).path.endswith("/") and wanted(name, self.source.pattern):
                # An access code in a link is used and not kept.
                path = address.partition("?")[0] if has_secret(address) else address
                self.links[path] = address
                found[path] = Listed(path=path, name=name, whole=True)
        if len(found) > MOST_FILES:
            raise SourceFault(_("Có hơn {most} tệp. Hãy thu hẹp địa chỉ hoặc «pattern».", most=MOST_FILES))
        return list(found.values())

    def fetch(self, one: Listed, seen: Seen | None) -> tuple[Listed, bytes] | None:
        headers: dict[str, str] = {}
        if seen is not None and seen.state in DONE:
            if seen.etag:
                headers["If-None-Match"] = seen.etag
            if seen.modified is not None:
                headers["If-Modified-Since"] = _http_date(seen.modified)
        answer = self._get(self.links.get(one.path, one.path), headers)
        if answer.status_code == 304:
            answer.close()
            return None
        data = self._body(answer, self.source.max_bytes)
        modified, now = (_moment(answer.headers.get(name)) for name in ("Last-Modified", "Date"))
        # By the server's own clock. A page made anew for every request is modified «now» and as whole as it gets.
        young = modified is not None and now is not None and modified < now < modified + self.source.settle * 1_000_000
        etag = answer.headers.get("ETag", "")
        return Listed(one.path, one.name, len(data), modified, etag, whole=not young, young=young), data

    def _get(self, address: str, headers: dict[str, str]) -> requests.Response:
        """An answer of 200 or 304; redirections only within the same host, never from https to http."""
        for _turn in range(_MOST_REDIRECTS):
            with _worded(self.source):
                answer = self.session.get(
                    address,
                    headers=headers,
                    stream=True,
                    allow_redirects=False,
                    timeout=(CONNECT_SECONDS, READ_SECONDS),
                )
            if not answer.is_redirect:
                break
            answer.close()
            try:
                address = urljoin(address, answer.headers.get("Location", ""))
                same = _origin(address) in self.origins
            except ValueError:
                same = False
            if not same:
                raise SourceFault(
                    _(
                        "{place} chuyển hướng sang một máy chủ khác; không đi theo. Hãy kiểm tra rồi ghi địa chỉ mới vào nguồn.",
                        place=self.source.host,
                    )
                )
        else:
            raise SourceFault(_("{place} chuyển hướng quá nhiều lần.", place=self.source.host))
        if answer.status_code in (200, 304):
            return answer
        answer.close()
        raise self._refused(answer.status_code)

    def _refused(self, status: int) -> SourceFault:
        place = self.source.host
        if status in (401, 403, 407):
            return SourceFault(
                _("{place} không cho vào: hãy kiểm tra người dùng, mật khẩu hoặc khóa, và quyền đọc.", place=place)
            )
        if status in (404, 410):
            return SourceFault(_("Không có tệp hay thư mục này ở {place}.", place=place), missing=True)
        again = status >= 500 or status in (408, 425, 429)
        return SourceFault(_("{place} trả lời mã lỗi {status}.", place=place, status=status), again=again)

    def _body(self, answer: requests.Response, limit: int) -> bytes:
        """The whole body. Raises NotWhole when fewer bytes came than were announced."""
        announced = answer.headers.get("Content-Length", "")
        if announced.isdigit() and int(announced) > limit:
            answer.close()
            raise too_big(self.source)
        data = bytearray()
        with _worded(self.source), answer:
            for piece in answer.iter_content(_PIECE):
                data += piece
                if len(data) > limit:
                    raise too_big(self.source)
        return bytes(data)


@contextmanager
def _worded(one: Source) -> Iterator[None]:
    """Faults of requests in words."""
    faults = requests.exceptions
    try:
        yield
    except (faults.ChunkedEncodingError, faults.ContentDecodingError):
        raise NotWhole from None
    except faults.SSLError:
        raise SourceFault(_("Chứng thư TLS của {place} không hợp lệ hoặc không tin cậy.", place=one.host)) from None
    except faults.Timeout:
        raise unreachable(one, TimeoutError()) from None
    except faults.RequestException:
        raise unreachable(one) from None


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


class _Anchors(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if tag == "a" and name == "href" and value]


def _links(page: str) -> list[str]:
    anchors = _Anchors()
    anchors.feed(page)
    return anchors.found


def _origin(address: str) -> tuple[str, str, int]:
    """Scheme, host and port. Raises ValueError for an address that has none."""
    parts = urlsplit(address)
    scheme = parts.scheme.casefold()
    if scheme not in ("http", "https") or not parts.hostname:
        raise ValueError
    return scheme, parts.hostname, parts.port or (443 if scheme == "https" else 80)


def _moment(text: str | None) -> int | None:
    """A date of a header as UTC microseconds."""
    try:
        moment = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    return None if moment is None else to_micros(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _http_date(micros: int) -> str:
    moment = datetime.fromtimestamp(micros // 1_000_000, UTC)
    return format_datetime(moment, usegmt=True)
