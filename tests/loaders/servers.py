"""Real servers on loopback for tests of pulling: HTTP, SSH with SFTP, and S3."""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import asyncssh


@dataclass
class Page:
    """What the server answers at a path. ``cut``: bytes less than announced; ``fails``: how many times first 500."""

    body: bytes = b""
    kind: str = "text/csv"
    etag: bool = True
    modified: float | None = None
    date: float | None = None
    cut: int = 0
    fails: int = 0
    redirect: str = ""
    login: str = ""
    """The Authorization header it asks for."""


@dataclass
class Web:
    """``asked``: method-less log of path and status; ``headers``: of the last request."""

    url: str
    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[tuple[str, int]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)


@contextmanager
def web_server() -> Iterator[Web]:
    web = Web("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            web.headers = dict(self.headers)
            page = web.pages.get(self.path)
            if page is None:
                self.answer(404)
            elif page.login and self.headers.get("Authorization") != page.login:
                self.answer(401)
            elif page.fails:
                page.fails -= 1
                self.answer(500)
            elif page.redirect:
                self.answer(302, {"Location": page.redirect})
            else:
                self.page(page)

        def page(self, page: Page) -> None:
            headers = {"Content-Type": page.kind}
            tag = f'"{hashlib.md5(page.body).hexdigest()}"'
            if page.etag:
                headers["ETag"] = tag
            if page.modified is not None:
                headers["Last-Modified"] = formatdate(page.modified, usegmt=True)
            if page.date is not None:
                headers["Date"] = formatdate(page.date, usegmt=True)
            since = self.headers.get("If-Modified-Since")
            if (page.etag and self.headers.get("If-None-Match") == tag) or (
                not page.etag and since and since == headers.get("Last-Modified")
            ):
                self.answer(304, headers)
            else:
                self.answer(200, headers, page.body, page.cut)

        def answer(self, status: int, headers: dict[str, str] | None = None, body: bytes = b"", cut: int = 0) -> None:
            web.asked.append((self.path, status))
            self.send_response_only(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            if status != 304:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) - cut])
            self.close_connection = self.close_connection or cut > 0

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    web.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Ssh:
    """An SFTP server of the folder ``files``; ``known_hosts``: the line that names its key."""

    port: int
    files: Path
    known_hosts: str
    logins: list[str]


PASSWORD = "Mat-Khau-Rat-Bi-Mat-42"


@contextmanager
def sftp_server(files: Path, allowed: asyncssh.SSHKey) -> Iterator[Ssh]:
    """Lets user «xuat» in by PASSWORD and by the key ``allowed``."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    logins: list[str] = []

    class Door(asyncssh.SSHServer):
        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, password: str) -> bool:
            logins.append(f"password {username}")
            return (username, password) == ("xuat", PASSWORD)

        def public_key_auth_supported(self) -> bool:
            return True

        def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
            logins.append(f"key {username}")
            return username == "xuat" and key.public_data == allowed.public_data

    class Files(asyncssh.SFTPServer):
        def __init__(self, channel: Any) -> None:
            super().__init__(channel, chroot=os.fsencode(files))

    async def start() -> asyncssh.SSHAcceptor:
        return await asyncssh.create_server(Door, "127.0.0.1", 0, server_host_keys=[key], sftp_factory=Files)

    with _loop() as run:
        server = run(start())
        port = server.get_port()
        public = key.export_public_key().decode().strip()
        try:
            yield Ssh(port, files, f"[127.0.0.1]:{port} {public}\n", logins)
        finally:

            async def stop() -> None:
                server.close()
                await server.wait_closed()

            run(stop())


@contextmanager
def _loop() -> Iterator[Callable[[Any], Any]]:
    """An event loop in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield lambda work: asyncio.run_coroutine_threadsafe(work, loop).result(20)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@contextmanager
def s3_server() -> Iterator[str]:
    """The address of an S3-compatible server that keeps everything in memory."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()
