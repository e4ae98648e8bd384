"""What every request passes before Streamlit sees it, outermost first: ``Headers``, ``Gate``, ``Identity``, ``limits.Sizes``."""

from __future__ import annotations

import base64
import hashlib
import logging
import re
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from data.addresses import is_loopback
from data.errors import CampaignError
from data.locale import _
from pages.web import plain
from pages.web.door import Door, hostname

STATIC_AGE_S = 86_400
LOG = logging.getLogger("campaign.web")


def heads(scope: Scope) -> dict[bytes, str]:
    """The headers of a request; of several with one name the last."""
    return {name.lower(): value.decode("latin-1") for name, value in scope.get("headers", ())}


async def refuse(scope: Scope, receive: Receive, send: Send, words: str, status: int = 403) -> None:
    """Refuse a request, or a websocket before it is opened (the browser sees 403)."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
    else:
        await PlainTextResponse(words, status, {"cache-control": "no-store"})(scope, receive, send)


# Headers --------------------------------------------------------------------------------------------------------------


@cache
def inline_script_hash() -> str:
    """The CSP source of the one inline script in Streamlit's own page, computed from the installed file."""
    page = (Path(st.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    return " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in scripts
    )


def security_headers(door: Door) -> list[tuple[bytes, bytes]]:
    policy = (
        f"default-src 'none'; script-src 'self' {inline_script_hash()}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
    found = {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
    }
    if door.is_https:
        found["strict-transport-security"] = "max-age=31536000"
    return [(name.encode(), value.encode()) for name, value in found.items()]


class Headers:
    """Security headers on every answer, errors included; cookies only over https where the public address is https."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self.app, self.door = app, door
        self.headers = security_headers(door)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        plain.speak(scope)
        started = False

        async def send_with(message: Message) -> None:
            nonlocal started
            started = started or message["type"] != "websocket.close"
            if message["type"] == "http.response.start":
                message = {**message, "headers": self._with(scope["path"], message)}
            await send(message)

        try:
            await self.app(scope, receive, send_with)
        except Exception as fault:
            # Starlette would answer outside of this class, without the headers.
            LOG.exception("%s %s", scope["type"], type(fault).__name__)
            if started:
                raise
            busy = isinstance(fault, CampaignError)
            words = _("Hệ thống đang bận. Hãy thử lại sau ít phút.") if busy else _("Hệ thống gặp lỗi.")
            await refuse(scope, receive, send_with, words, 503 if busy else 500)

    def _with(self, path: str, message: Message) -> list[tuple[bytes, bytes]]:
        extra = list(self.headers)
        if path.startswith("/app/static/") and message["status"] == 200:
            extra.append((b"cache-control", f"public, max-age={STATIC_AGE_S}".encode()))
        elif path.startswith("/media/"):
            extra.append((b"cache-control", b"private, no-store"))
        names = {name for name, _value in extra}
        kept = [(name.lower(), value) for name, value in message["headers"] if name.lower() not in names]
        if self.door.is_https:
            kept = [(name, secure(value) if name == b"set-cookie" else value) for name, value in kept]
        return [*kept, *extra]


def secure(cookie: bytes) -> bytes:
    flags = {part.strip().lower() for part in cookie.split(b";")[1:]}
    return cookie if b"secure" in flags else cookie + b"; Secure"


# Where it arrived, what it asked for, where it came from --------------------------------------------------------------

_TRICKS = re.compile(r"[\x00-\x1f\x7f\\]|%(00|2e|2f|5c)|(^|/)\.{1,2}(/|$)|^//", re.IGNORECASE)
_PROXIED = (b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-real-ip", b"forwarded", b"via")


class Gate:
    """Lets in what asks for this server by its name, from its own pages, by an honest path.

    Without a login also only what comes from this machine: by the address reached, the address asking, and without the
    marks that a proxy leaves, behind which anybody would look like this machine.
    """

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self.app, self.door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
        elif is_trick(scope):
            await refuse(scope, receive, send, _("Yêu cầu không hợp lệ."), 400)
        elif self.door.login is None and not is_from_here(scope):
            await refuse(scope, receive, send, _("Chưa có đăng nhập nên chỉ phục vụ máy này: mở http://localhost."))
        elif not self.door.knows(heads(scope).get(b"host", "")):
            await refuse(scope, receive, send, _("Máy chủ này không mang tên đó."), 421)
        elif not is_own_origin(heads(scope), self.door):
            await refuse(scope, receive, send, _("Yêu cầu đến từ một trang khác."))
        else:
            await self.app(scope, receive, send)


def is_trick(scope: Scope) -> bool:
    """Paths that mean something else than they say, and heads said twice."""
    named = [name.lower() for name, _value in scope.get("headers", ())]
    twice = any(named.count(name) > 1 for name in (b"host", b"origin", b"authorization", b"content-length"))
    return twice or not scope["path"].startswith("/") or _TRICKS.search(scope["path"]) is not None


def is_from_here(scope: Scope) -> bool:
    """Whether a request was made on this machine, by all that can be told."""
    given = heads(scope)
    ends = [scope.get("server"), scope.get("client")]
    return all(end is None or is_loopback(str(end[0])) for end in ends) and not any(name in given for name in _PROXIED)


def is_own_origin(given: dict[bytes, str], door: Door) -> bool:
    """Whether a request says it comes from this server's own pages, or says nothing (then it is no page's script).

    Streamlit, left to itself, asks a service outside for its address when it sees an unknown Origin, and waits for it.
    """
    if b"origin" not in given:
        return True
    origin, host = urlsplit(given[b"origin"].lower()), given.get(b"host", "").lower()
    if door.login is not None and hostname(host) == urlsplit(door.login.origin).hostname:
        return given[b"origin"].lower() == door.login.origin
    return origin.scheme in ("http", "https") and origin.netloc == host
