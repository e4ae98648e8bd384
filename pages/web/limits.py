"""How often, and how much: token buckets with bounded memory, and sizes of bodies."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

from data.locale import _

MEBIBYTE = 2**20
MOST_BODY = MEBIBYTE
"""Of anything that is no upload, and what the form around an upload may add to it."""
UPLOAD = "/_stcore/upload_file/"
MOST_KEYS = 20_000
MOST_STREAMS = 60
"""Pages one person has open at once."""


@dataclass(frozen=True)
class Rule:
    """``burst`` at once, then ``per_second``."""

    name: str
    burst: int
    per_second: float


# A whole office may come from one address: 80 logins (three requests each) at once, then 40 a minute.
LOGIN = Rule("login", 240, 2)
API = Rule("api", 120, 10)
UPLOADS = Rule("upload", 60, 1)
BAD_TOKENS = Rule("token", 20, 0.5)
SAYS = Rule("say", 120, 20)
"""Messages of a person's open pages; further ones are read more slowly."""


class Buckets:
    """One bucket per rule and asker. The least recently used are forgotten, so memory has a bound."""

    def __init__(self, most: int = MOST_KEYS) -> None:
        self.most = most
        self._levels: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def wait(self, rule: Rule, asker: str, now: float, take: bool = True) -> float:
        """Seconds to wait; 0 where one more is allowed, which is then taken. ``now`` in seconds of any steady clock."""
        key = (rule.name, asker)
        level, then = self._levels.pop(key, (float(rule.burst), now))
        level = min(rule.burst, level + max(now - then, 0) * rule.per_second)
        wait = 0.0 if level >= 1 else (1 - level) / rule.per_second
        self._levels[key] = (level - 1 if take and not wait else level, now)
        if len(self._levels) > self.most:
            self._levels.popitem(last=False)
        return wait

    def __len__(self) -> int:
        return len(self._levels)


class Sizes:
    """Refuses a body that is too large: by what its head says, else as soon as that much has come."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most = most_bytes(scope["path"])
        told = dict(scope["headers"]).get(b"content-length", b"0")
        if not told.isdigit() or len(told) > 18:
            await PlainTextResponse(_("Yêu cầu không hợp lệ."), 400)(scope, receive, send)
        elif int(told) > most:
            await too_large(scope, receive, send)
        else:
            await self._counted(most, scope, receive, send)

    async def _counted(self, most: int, scope: Scope, receive: Receive, send: Send) -> None:
        come, started, refused = 0, False, False

        async def counting() -> Message:
            nonlocal come, refused
            message = {"type": "http.disconnect"} if refused else await receive()
            come += len(message.get("body", b""))
            if come > most and not refused:
                refused = True
                if not started:
                    await too_large(scope, receive, send)
            return {"type": "http.disconnect"} if refused else message

        async def answering(message: Message) -> None:
            nonlocal started
            if not refused:
                started = True
                await send(message)

        try:
            await self.app(scope, counting, answering)
        except Exception:
            # Whoever was reading the body is told that the asker is gone, and may say so.
            if not refused:
                raise


def most_bytes(path: str) -> int:
    if path.startswith(UPLOAD):
        return int(config.get_option("server.maxUploadSize")) * MEBIBYTE + MOST_BODY
    return MOST_BODY


async def too_large(scope: Scope, receive: Receive, send: Send) -> None:
    # The rest is never read, so the connection cannot be used again.
    answer = PlainTextResponse(_("Tệp hoặc nội dung gửi lên quá lớn."), 413, headers={"connection": "close"})
    await answer(scope, receive, send)
