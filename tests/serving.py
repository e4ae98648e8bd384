"""A running server and a real browser, for the tests that look at pages."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import clean_environment

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
START_SECONDS = 60
DRAW_MILLISECONDS = 60_000


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(home: Path, log: Path) -> Iterator[str]:
    """`campaign serve` on a free port, from a folder that is not the project's; yields its address."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("campaign")), "serve", "--home", str(home), "--port", str(port)]
    with log.open("wb") as output:
        server = subprocess.Popen(command, cwd=log.parent, env=clean_environment(), stdout=output, stderr=output)
        try:
            address = f"http://localhost:{port}"
            wait(server, f"{address}/healthz", log)
            yield address
        finally:
            server.terminate()
            try:
                server.wait(15)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def wait(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    pytest.fail(f"the server did not come up:\n{log.read_text(errors='replace')[-3000:]}")


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's browser. Not a skip where it is absent: `make test` installs it."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    assert found, "no Chromium: run `make test`, which installs it"
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage"]
    flags += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=flags)
        try:
            yield browser
        finally:
            browser.close()


class Visit:
    """One page opened and drawn, with everything that went wrong on the way."""

    def __init__(self, browser: Browser, width: int = 1440, height: int = 900, theme: str = "light") -> None:
        scheme: Any = theme
        self.page: Page = browser.new_page(
            viewport={"width": width, "height": height}, locale="vi-VN", color_scheme=scheme
        )
        self.size = width, height
        self.errors: list[str] = []
        self.outside: list[str] = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self._request)

    def _console(self, message: Any) -> None:
        # A deep link asks twice below its own path before it finds the server's root; streamlit does that by itself.
        own = ("/_stcore/health", "/_stcore/host-config")
        if message.type == "error" and not str(message.location.get("url", "")).endswith(own):
            self.errors.append(message.text)

    def _request(self, request: Any) -> None:
        if not request.url.startswith(("http://localhost:", "ws://localhost:", "data:", "blob:")):
            self.outside.append(request.url)

    def open(self, address: str) -> Page:
        self.page.goto(address, timeout=DRAW_MILLISECONDS)
        self.drawn()
        return self.page

    def drawn(self) -> None:
        """Wait until the script has run to its end and the page has its content and its font."""
        self.page.wait_for_selector("h1.v, .state", timeout=DRAW_MILLISECONDS)
        self.page.wait_for_selector(
            '[data-testid="stApp"][data-test-script-state="notRunning"]', timeout=DRAW_MILLISECONDS
        )
        self.page.evaluate("document.fonts.ready")

    def picture(self, path: Path) -> None:
        """All of the page, which scrolls inside itself."""
        width, height = self.size
        whole = int(self.page.evaluate("document.querySelector('[data-testid=\"stMain\"]').scrollHeight"))
        self.page.set_viewport_size({"width": width, "height": max(whole, height)})
        self.page.screenshot(path=path)
        self.page.set_viewport_size({"width": width, "height": height})

    def close(self) -> None:
        self.page.close()
