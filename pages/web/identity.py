"""Who is asking, told on every request: by the cookie of a login, or by a token. Everything but the way in is closed to others.

Sets ``scope["state"]["viewer"]``: a ``data.people.Viewer``, or None at the few open addresses.
"""

from __future__ import annotations

import time
from asyncio import sleep
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import parse_qs, quote, unquote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request, cookie_parser
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.user_info import generate_login_redirect_url

from data.access import Action
from data.errors import AccessFault, StoreFault
from data.locale import _, language
from data.logins import Refused
from data.people import LOCAL, Viewer
from pages.parts.blocks import State
from pages.web import claims, limits, logins, plain
from pages.web.door import PROVIDER, Door, door
from pages.web.gates import heads, refuse

START, LOGIN, LOGOUT, CALLBACK = "/auth/start", "/auth/login", "/auth/logout", "/oauth2callback"
STREAM = "/_stcore/stream"
OPEN = frozenset({"/healthz", "/_stcore/health", START, LOGIN, LOGOUT, CALLBACK})
OPEN_BELOW = ("/static/", "/app/static/")
"""Streamlit's own files, and the fonts of the login page."""
FOR_TOKENS = ("/api/", "/metrics")
HANDS_IN = (Action.load, Action.targets)
"""Who may send files to a page: they wait in memory, so nobody else does. Every page with a ``file_uploader`` asks for one."""
SAID = frozenset({"rerun_script", "stop_script", "file_urls_request", "deferred_file", "app_heartbeat"})
"""What a page has to say. Streamlit would also empty the caches of everybody, look for a repository, or install things."""
CAME_FOR = "came_for"
CAME_FOR_AGE_S, CAME_FOR_LONGEST = 600, 3000


def now() -> int:
    """UTC microseconds. The one clock of this door."""
    return time.time_ns() // 1000


async def start(request: Request) -> Response:
    """The link of the login page: to the provider, by way of Streamlit."""
    opened_by = door()
    to = "/" if opened_by is None or opened_by.login is None else generate_login_redirect_url(PROVIDER)
    return RedirectResponse(to, 303, {"cache-control": "no-store"})


ROUTES = [Route(START, start)]


class Identity:
    """``clock``: the time for logins and tokens; limits count by a clock of their own."""

    def __init__(self, app: ASGIApp, door: Door, clock: Callable[[], int] = now) -> None:
        self.app, self.door, self.clock = app, door, clock
        self.buckets = limits.Buckets()
        self.streams: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        given = heads(scope)
        asker, path = self.door.asker(scope, given), scope["path"]
        if path in (START, LOGIN, CALLBACK) and await self._is_too_often(limits.LOGIN, asker, scope, receive, send):
            return
        viewer: Viewer | None
        if given.get(b"authorization", "").lower().startswith("bearer "):
            viewer = await self._by_token(given[b"authorization"][7:].strip(), asker)
            if viewer is None or not path.startswith(FOR_TOKENS):
                await self._who_are_you(scope, receive, send)
                return
        elif self.door.login is None:
            viewer = LOCAL
        elif path.startswith(OPEN_BELOW):
            viewer = None  # a hundred files at each first visit
        else:
            viewer = await self._by_cookie(given)
        scope.setdefault("state", {})["viewer"] = viewer
        if self.door.login is not None and path == LOGIN:
            await self._go(scope, receive, send)
        elif self.door.login is not None and path == CALLBACK:
            await self._come_back(scope, receive, send)
        elif self.door.login is not None and path == LOGOUT:
            await self._leave(given, scope, receive, send)
        elif scope["type"] == "websocket":
            await self._stream(given, viewer, scope, receive, send)
        elif viewer is None and path not in OPEN and not path.startswith(OPEN_BELOW):
            await self._turn_away(given, scope, receive, send)
        else:
            who = asker if viewer is None else viewer.identity
            if path.startswith(limits.UPLOAD) and viewer is not None and not any(map(viewer.may, HANDS_IN)):
                await refuse(scope, receive, send, _("Tài khoản của bạn không có quyền làm việc này."))
                return
            rule = limits.UPLOADS if path.startswith(limits.UPLOAD) else None
            if path.startswith(FOR_TOKENS):
                rule = limits.API
            if rule is None or not await self._is_too_often(rule, who, scope, receive, send):
                await self.app(scope, receive, send)

    # Who ---------------------------------------------------------------------------------------------------------------

    def _claims(self, given: Mapping[bytes, str]) -> claims.Claims | None:
        login = self.door.login
        cookies = cookie_parser(given.get(b"cookie", ""))
        return None if login is None else claims.of_cookies(cookies, self.door.cookie_secret, login.origin)

    async def _by_cookie(self, given: Mapping[bytes, str]) -> Viewer | None:
        found = self._claims(given)
        if found is None:
            return None
        try:
            return await run_in_threadpool(logins.present, self.door, found, self.clock())
        except AccessFault:
            return None

    async def _by_token(self, token: str, asker: str) -> Viewer | None:
        """None also for whoever has just tried many that were none."""
        if self.buckets.wait(limits.BAD_TOKENS, asker, time.monotonic(), take=False):
            return None
        viewer = await run_in_threadpool(logins.by_token, token, self.clock())
        if viewer is None:
            self.buckets.wait(limits.BAD_TOKENS, asker, time.monotonic())
        return viewer

    # Turned away -------------------------------------------------------------------------------------------------------

    async def _is_too_often(self, rule: limits.Rule, asker: str, scope: Scope, receive: Receive, send: Send) -> bool:
        wait = self.buckets.wait(rule, asker, time.monotonic())
        if wait:
            answer = JSONResponse({"error": _("Quá nhiều yêu cầu. Hãy thử lại sau ít phút.")}, 429)
            answer.headers["retry-after"] = str(int(wait) + 1)
            await answer(scope, receive, send)
        return bool(wait)

    async def _who_are_you(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await refuse(scope, receive, send, "")
            return
        words = {"error": _("Cần đăng nhập hoặc mã truy cập còn hiệu lực.")}
        await JSONResponse(words, 401, {"www-authenticate": "Bearer", "cache-control": "no-store"})(
            scope, receive, send
        )

    async def _turn_away(self, given: Mapping[bytes, str], scope: Scope, receive: Receive, send: Send) -> None:
        """The login page for whoever opens a page, remembering which; a plain 401 for everything else."""
        if not is_document(given, scope):
            await self._who_are_you(scope, receive, send)
            return
        other = address_of(scope, "en" if language() == "vi" else "vi")
        answer = self._page(
            _("Cần đăng nhập"), [_("Bảng điều hành chỉ mở cho người được phân quyền.")], 401, other=other
        )
        wanted = address_of(scope)
        if len(wanted) <= CAME_FOR_LONGEST:
            answer.set_cookie(CAME_FOR, quote(wanted, safe=""), max_age=CAME_FOR_AGE_S, httponly=True, samesite="lax")
        await answer(scope, receive, send)

    def _page(
        self, title: str, sentences: list[str], status: int, links: Iterable[tuple[str, str]] = (), other: str = "",
        first: tuple[str, str] | None = None,
    ) -> Response:  # fmt: skip
        """``first``: what to do instead of logging in."""
        login = self.door.login
        assert login is not None
        if login.contact:
            sentences = [*sentences, _("Cần giúp: {contact}", contact=login.contact)]
        words = _("Đăng nhập bằng {name}", name=login.name) if login.name else _("Đăng nhập")
        return plain.answer(State(title, tuple(sentences)), [first or (words, START), *links], status, other)

    # In and out --------------------------------------------------------------------------------------------------------

    async def _go(self, scope: Scope, receive: Receive, send: Send) -> None:
        """To the provider, where it can be reached."""
        sent, head = await self._heard(scope, receive)
        if head["status"] < 400:
            await replay(sent, send)
            return
        words = _("Máy chủ đăng nhập không trả lời. Hãy thử lại sau ít phút.")
        await self._page(_("Chưa đăng nhập được"), [words], 502)(scope, receive, send)

    async def _heard(self, scope: Scope, receive: Receive) -> tuple[list[Message], Message]:
        """What Streamlit answers, and the head of it; nothing is sent yet."""
        sent: list[Message] = []

        async def keep(message: Message) -> None:
            sent.append(message)

        await self.app(scope, receive, keep)
        return sent, next(message for message in sent if message["type"] == "http.response.start")

    async def _come_back(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Back from the provider: begin the session, or say why not; then to the page that was asked for."""
        login = self.door.login
        assert login is not None
        sent, head = await self._heard(scope, receive)
        set_now = [value.decode("latin-1") for name, value in head["headers"] if name.lower() == b"set-cookie"]
        cookies = {name: value for name, _equals, value in (one.partition(";")[0].partition("=") for one in set_now)}
        found = claims.of_cookies(cookies, self.door.cookie_secret, login.origin)
        if found is None:
            if not {"code", "error"} & parse_qs(scope["query_string"].decode("latin-1")).keys():
                await replay(sent, send)  # back from logging out
                return
            words = [_("Nơi đăng nhập chưa xác nhận được bạn là ai, hoặc trang đăng nhập mở quá lâu.")]
            answer = self._page(_("Chưa đăng nhập được"), words, 403)
            keep_cookies(head, answer)
            await answer(scope, receive, send)
            return
        try:
            await run_in_threadpool(logins.begin, self.door, found, self.clock())
        except StoreFault:
            # No cookie of it is kept; the page that was asked for is still remembered.
            await self._page(_("Chưa đăng nhập được"), [_busy()], 503)(scope, receive, send)
            return
        except AccessFault as fault:
            # Somebody the provider knows keeps the cookie for one thing, to log out there; it opens nothing here.
            is_somebody = isinstance(fault, Refused) and fault.why == "unknown"
            answer = self._page(
                _("Không vào được"), [str(fault)], 403, [(_("Đăng xuất"), LOGOUT)] if is_somebody else []
            )
            if is_somebody:
                keep_cookies(head, answer)
            await answer(scope, receive, send)
            return
        wanted = unquote(cookie_parser(heads(scope).get(b"cookie", "")).get(CAME_FOR, ""))
        answer = RedirectResponse(wanted if is_local(wanted) else "/", 303, {"cache-control": "no-store"})
        keep_cookies(head, answer)
        answer.delete_cookie(CAME_FOR)
        await answer(scope, receive, send)

    async def _leave(self, given: Mapping[bytes, str], scope: Scope, receive: Receive, send: Send) -> None:
        """Log out: only from our own pages, and in the store, so that no copy of the cookie is worth anything."""
        if not comes_from_us(given, scope):
            await refuse(scope, receive, send, _("Yêu cầu đến từ một trang khác."))
            return
        found = self._claims(given)
        try:
            if found is not None:
                await run_in_threadpool(logins.end, found, self.clock())
        except StoreFault:
            await self._page(_("Chưa đăng xuất được"), [_busy()], 503, first=(_("Đăng xuất"), LOGOUT))(
                scope, receive, send
            )
            return
        await self.app(scope, receive, send)

    # The stream of a page ----------------------------------------------------------------------------------------------

    async def _stream(
        self, given: Mapping[bytes, str], viewer: Viewer | None, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """A page's websocket: opened for people only, so many at once; every message asks again who they are."""
        if self.door.login is None:
            await self.app(scope, receive, send)
            return
        if viewer is None or b"origin" not in given or scope["path"] != STREAM:
            await refuse(scope, receive, send, "")
            return

        async def receive_known() -> Message:
            while (message := await receive())["type"] == "websocket.receive":
                await sleep(self.buckets.wait(limits.SAYS, viewer.identity, time.monotonic()))
                said = message.get("bytes") or b""
                if len(said) > limits.MOST_BODY:
                    return {"type": "websocket.disconnect", "code": 1009}
                if await self._by_cookie(given) is None:
                    return {**message, "bytes": bare_run(said)}
                if kind(said) in SAID:
                    return message
            return message

        if self.streams[viewer.identity] >= limits.MOST_STREAMS:
            await refuse(scope, receive, send, "")
            return
        self.streams[viewer.identity] += 1
        try:
            await self.app(scope, receive_known, send)
        finally:
            self.streams[viewer.identity] -= 1
            self.streams += Counter()  # forgets whom nothing counts for


def _busy() -> str:
    return _("Kho dữ liệu đang bận (đang nạp tệp). Hãy thử lại sau ít phút.")


def kind(message: bytes) -> str:
    """What a page's message is; empty for one that is none."""
    said = BackMsg()
    try:
        said.ParseFromString(message)
    except Exception:  # not a message of Streamlit's
        return ""
    found = said.WhichOneof("type")
    return (
        said.backend_operation_request.WhichOneof("payload") if found == "backend_operation_request" else found
    ) or ""


def bare_run(message: bytes) -> bytes:
    """Instead of what was pressed on a page whose login is over: a run of the page without any of it, which says so.

    Callbacks run before the page does, so it is too late to ask in there.
    """
    asked = BackMsg()
    try:
        asked.ParseFromString(message)
    except Exception:  # not a message of Streamlit's
        asked.Clear()
    bare = BackMsg()
    bare.rerun_script.query_string = asked.rerun_script.query_string
    bare.rerun_script.page_script_hash = asked.rerun_script.page_script_hash
    return bytes(bare.SerializeToString())


def is_document(given: Mapping[bytes, str], scope: Scope) -> bool:
    """Whether a browser is opening a page, rather than a script or a program fetching something."""
    if scope["method"] not in ("GET", "HEAD") or scope["path"].startswith(
        ("/api/", "/_stcore/", "/media/", "/metrics")
    ):
        return False
    mode = given.get(b"sec-fetch-mode")
    return mode == "navigate" if mode else "text/html" in given.get(b"accept", "")


def comes_from_us(given: Mapping[bytes, str], scope: Scope) -> bool:
    """Whether a click on our own page (or a typed address) brought this request."""
    site = given.get(b"sec-fetch-site")
    if site:
        return site in ("same-origin", "none")
    referrer = urlsplit(given.get(b"referer", ""))
    return bool(referrer.netloc) and referrer.netloc.lower() == given.get(b"host", "").lower()


def address_of(scope: Scope, lang: str = "") -> str:
    """Path and query of a request; with another language in it, where one is given."""
    parts = [part for part in scope.get("query_string", b"").decode("latin-1").split("&") if part]
    if lang:
        parts = [part for part in parts if not part.startswith("lang=")] + ["lang=en"] * (lang == "en")
    return quote(scope["path"]) + ("?" + "&".join(parts) if parts else "")


def is_local(address: str) -> bool:
    """Whether an address is one of our own pages: no other server's, and not one of those that log in and out."""
    plain_enough = (
        address.startswith("/") and not address.startswith("//") and address.isascii() and address.isprintable()
    )
    return plain_enough and "\\" not in address and urlsplit(address).path not in (START, LOGIN, LOGOUT, CALLBACK)


async def replay(sent: list[Message], send: Send) -> None:
    for message in sent:
        await send(message)


def keep_cookies(head: Message, answer: Response) -> None:
    answer.raw_headers.extend((name, value) for name, value in head["headers"] if name.lower() == b"set-cookie")
