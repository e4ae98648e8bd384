"""Asks an ASGI app in this process, as somebody."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from data.people import LOCAL, Viewer


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()

    def json(self) -> Any:
        return json.loads(self.content)


class Asking:
    """What stands before the routes in the real server: it says who is asking. ``token``: the viewer has to show it."""

    def __init__(self, app: ASGIApp, viewer: Viewer | None = LOCAL, token: str = "") -> None:
        self.app, self.viewer, self.token = app, viewer, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            shown = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
            scope["state"] = {"viewer": self.viewer if not self.token or shown == f"Bearer {self.token}" else None}
        await self.app(scope, receive, send)

    def ask(self, address: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> Answer:
        path, _, query = address.partition("?")
        given = {"host": "localhost:8501", **(headers or {})}
        scope = {
            "type": "http", "http_version": "1.1", "method": method, "scheme": "http", "path": path, "raw_path": path.encode(),
            "query_string": query.encode(), "root_path": "", "server": ("127.0.0.1", 8501), "client": ("127.0.0.1", 5000),
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in given.items()],
        }  # fmt: skip
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        asyncio.run(self(scope, receive, send))
        found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], found, b"".join(message.get("body", b"") for message in sent[1:]))
