"""Knocks at the gates of the server in this process: requests and websockets, from anywhere, with any body."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from tests.provider import COOKIE_SECRET


@dataclass
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    read: int = 0
    """Bytes of the asker's body that were taken."""

    def __getitem__(self, name: str) -> str:
        return next((value for known, value in self.headers if known == name), "")

    @property
    def cookies(self) -> list[str]:
        return [value for name, value in self.headers if name == "set-cookie"]

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Street:
    """Where one stands when knocking."""

    app: ASGIApp
    host: str = "localhost:8501"
    client: str = "127.0.0.1"
    server: str = "127.0.0.1"
    headers: dict[str, str] = field(default_factory=dict)

    def _scope(self, kind: str, address: str, headers: Mapping[str, str], **more: Any) -> dict[str, Any]:
        path, _, query = address.partition("?")
        given = {"host": self.host, **self.headers, **headers}
        return {
            "type": kind, "http_version": "1.1", "path": path, "raw_path": path.encode("utf-8", "replace"), "root_path": "",
            "query_string": query.encode(), "server": (self.server, 8501), "client": (self.client, 5000),
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in given.items()], **more,
        }  # fmt: skip

    def ask(
        self, address: str, headers: Mapping[str, str] | None = None, method: str = "GET", body: Iterable[bytes] = ()
    ) -> Answer:
        return asyncio.run(self._ask(address, headers or {}, method, body))

    def ask_often(self, address: str, times: int) -> list[int]:
        """The statuses, one after the other."""

        async def often() -> list[int]:
            return [(await self._ask(address, {}, "GET", ())).status for _time in range(times)]

        return asyncio.run(often())

    async def _ask(self, address: str, headers: Mapping[str, str], method: str, body: Iterable[bytes]) -> Answer:
        chunks, taken, sent = iter(body), 0, list[Message]()

        async def receive() -> Message:
            nonlocal taken
            chunk = next(chunks, None)
            taken += len(chunk or b"")
            return {"type": "http.request", "body": chunk or b"", "more_body": chunk is not None}

        async def send(message: Message) -> None:
            sent.append(message)

        scope = self._scope("http", address, headers, method=method, scheme="http")
        await self.app(scope, receive, send)
        found = [(name.decode(), value.decode("latin-1")) for name, value in sent[0]["headers"]]
        return Answer(sent[0]["status"], found, b"".join(message.get("body", b"") for message in sent[1:]), taken)

    def page(self, address: str, headers: Mapping[str, str] | None = None) -> Answer:
        """As a browser opens a page."""
        return self.ask(address, {"accept": "text/html", "sec-fetch-mode": "navigate", **(headers or {})})

    def stream(
        self, headers: Mapping[str, str] | None = None, says: Iterable[bytes | Callable[[], None]] = ()
    ) -> list[Message]:
        """What a websocket is sent; things in ``says`` that can be called are done between the messages."""
        sent, waiting = list[Message](), iter([None, *says])

        async def receive() -> Message:
            for one in waiting:
                if one is None:
                    return {"type": "websocket.connect"}
                if isinstance(one, bytes):
                    return {"type": "websocket.receive", "bytes": one}
                await asyncio.to_thread(one)
            return {"type": "websocket.disconnect", "code": 1000}

        async def send(message: Message) -> None:
            sent.append(message)

        scope = self._scope("websocket", "/_stcore/stream", headers or {}, scheme="ws", subprotocols=[])
        asyncio.run(self.app(scope, receive, send))
        return sent


def cookie(claims: Mapping[str, Any], origin: str = "https://dashboard.example", secret: str = COOKIE_SECRET) -> str:
    """The cookie that Streamlit sets for these claims."""
    held = json.dumps({**claims, "origin": origin, "is_logged_in": True, "provider": "sso"})
    return f"_streamlit_user={create_signed_value(secret, '_streamlit_user', held).decode()}"
