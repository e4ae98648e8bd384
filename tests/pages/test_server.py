"""The web door: routes, headers, gates, and the private names of Streamlit it leans on."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.types import ASGIApp, Message

import server
from data.errors import CallFault
from pages.web import gates
from pages.web.door import Door
from pages.web.feeds import routes
from tests.conftest import run_campaign


@dataclass(frozen=True)
class Answer:
    status_code: int
    headers: dict[str, str]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()

    def json(self) -> Any:
        return json.loads(self.content)


class Web:
    """Asks an ASGI app without a network."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    def get(self, address: str, headers: dict[str, str] | None = None) -> Answer:
        path, _, query = address.partition("?")
        given = {"host": "localhost:8501", **(headers or {})}
        scope = {
            "type": "http", "http_version": "1.1", "method": "GET", "scheme": "http", "path": path, "raw_path": path.encode(),
            "query_string": query.encode(), "root_path": "", "server": ("127.0.0.1", 8501), "client": ("127.0.0.1", 5000),
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        }  # fmt: skip
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        asyncio.run(self.app(scope, receive, send))
        found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], found, b"".join(message.get("body", b"") for message in sent[1:]))


@pytest.fixture
def web(filled: Path, monkeypatch: pytest.MonkeyPatch) -> Web:
    monkeypatch.setenv("CAMPAIGN_HOME", str(filled))
    app = Starlette(routes=routes(), middleware=server.gates(Door()))
    return Web(app)


def test_healthz_and_metrics(web: Web) -> None:
    assert web.get("/healthz").json()["status"] == "ok"
    assert 'campaign_imports{state="loaded"} 2' in web.get("/metrics").text


def test_the_api_answers_what_the_command_prints(web: Web, filled: Path) -> None:
    options = [
        "--campaign",
        "50-ngay",
        "--as-of",
        "2021-04-20T17:00",
        "--by",
        "district",
        "--kpi",
        "overdue_open",
        "--kpi",
        "npsp_integration",
    ]
    printed = run_campaign("kpi", *options, "--format", "json", "--home", filled).json()
    address = "/api/v1/kpi?campaign=50-ngay&as-of=2021-04-20T17:00&by=district&kpi=overdue_open&kpi=npsp_integration"
    assert web.get(address).json() == printed
    assert web.get(address.replace("as-of", "as_of").replace("&kpi=npsp", ",npsp")).json() == printed
    assert len(printed) == 22


@pytest.mark.parametrize(
    "query",
    [
        "",
        "campaign=x",
        "campaign=50-ngay&as_of=hom-nay",
        "campaign=50-ngay&colour=red",
        "window=2021",
        "campaign=50-ngay&kpi=x",
    ],
)
def test_a_faulty_call_is_400_and_says_why(query: str, web: Web) -> None:
    answer = web.get(f"/api/v1/kpi?{query}")
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_security_headers(web: Web) -> None:
    headers = web.get("/healthz").headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self' 'sha256-")
    assert "unsafe-eval" not in policy and "http" not in policy
    assert headers["x-content-type-options"] == "nosniff"


def test_streamlits_page_still_has_one_inline_script() -> None:
    assert len(re.findall("sha256-", gates.inline_script_hash())) == 1


@pytest.mark.parametrize("host", ["evil.example", "192.168.1.5:8501", "localhost.evil.example"])
def test_a_foreign_host_is_refused(host: str, web: Web) -> None:
    assert web.get("/healthz", headers={"host": host}).status_code == 421


def test_a_foreign_origin_is_refused(web: Web) -> None:
    assert web.get("/healthz", headers={"origin": "https://evil.example"}).status_code == 403
    assert web.get("/healthz", headers={"origin": "http://localhost:8501"}).status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.1.5", "example.com"])
def test_serving_beyond_loopback_is_refused(host: str) -> None:
    with pytest.raises(CallFault, match="chỉ phục vụ máy này"):
        server.serve(host, 8501)


def test_the_lifespan_refuses_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server.config, "get_option", lambda name: "0.0.0.0")

    async def start() -> None:
        async with server.lifespan(None):
            pass

    with pytest.raises(CallFault):
        asyncio.run(start())


def test_the_private_name_that_cures_the_page_not_found_dialog_is_still_there() -> None:
    from streamlit.runtime.pages_manager import PagesManager

    assert hasattr(PagesManager, "uses_pages_directory")
