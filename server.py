"""The web door: pages, routes, headers, gates. ``campaign serve`` starts it; ``uvicorn server:app`` works as well.

Without a login nobody but this machine is served: a listening address beyond loopback is refused before the start and in
the lifespan, and every request is checked once more by where it arrived, which Host it asked for and where it came from.
"""

from __future__ import annotations

import base64
import gc
import hashlib
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config
from streamlit.runtime.pages_manager import PagesManager

from data.clock import parse_moment
from data.errors import CallFault, CampaignError
from data.home import Home
from data.settings import ROOT, home_folder
from data.store import Store
from kpi.answers import as_objects
from kpi.engine import figures
from kpi.query import Query
from pages.parts.access import is_loopback

STATIC_AGE_S = 86_400


def serve(host: str, port: int, home: Path, db: str | None) -> None:
    """Serve the pages of a home until stopped. Raises CallFault for an address beyond this machine."""
    refuse_beyond_loopback(host)
    os.environ["CAMPAIGN_HOME"] = str(home.resolve())
    if db:
        os.environ["CAMPAIGN_DATABASE_URL"] = db
    Store.open(Home(home), db)
    os.chdir(ROOT)  # else Streamlit finds neither theme nor fonts
    app.run(config={"server.port": port, "server.address": host})


def refuse_beyond_loopback(host: str | None) -> None:
    if not is_loopback(host):
        raise CallFault(
            f"Không mở cổng ở địa chỉ «{host}»: chưa có đăng nhập nên chỉ phục vụ máy này. Hãy dùng --host 127.0.0.1."
        )


# Routes ---------------------------------------------------------------------------------------------------------------


def _open() -> tuple[Home, Store]:
    home = Home(home_folder(None))
    return home, Store.open(home)


def healthz(request: Request) -> Response:
    """200 when the store answers."""
    try:
        _, store = _open()
        return JSONResponse({"status": "ok", "data_version": store.data_version()})
    except CampaignError as fault:
        return JSONResponse({"status": "fault", "reason": str(fault)}, 503)


def metrics(request: Request) -> Response:
    """Counts of imports in the text form of Prometheus."""
    _, store = _open()
    loads = store.loads()
    latest = store.latest_moment(store.import_at(None))
    lines = [f'campaign_imports{{state="{state}"}} {sum(load["state"] == state for load in loads)}' for state in sorted({load["state"] for load in loads})]  # fmt: skip
    lines += [
        f"campaign_rows_{name} {sum(load[name] for load in loads)}" for name in ("read", "new", "changed", "refused")
    ]
    if latest is not None:
        lines.append(f"campaign_latest_fact_timestamp_seconds {latest // 1_000_000}")
    return PlainTextResponse("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4")


PARAMETERS = frozenset({"campaign", "as_of", "known_at", "by", "unit", "kpi", "window", "filter"})


def api_kpi(request: Request) -> Response:
    """The rows of ``campaign kpi --format json``, with its options as parameters (``as-of`` or ``as_of``)."""
    try:
        home, store = _open()
        return JSONResponse(as_objects(figures(store, home, _query(request, home)), home))
    except CallFault as fault:
        return JSONResponse({"error": str(fault)}, 400)
    except CampaignError as fault:
        return JSONResponse({"error": str(fault)}, 503)


def _query(request: Request, home: Home) -> Query:
    given: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        given.setdefault(name.replace("-", "_"), []).append(value)
    if unknown := sorted(given.keys() - PARAMETERS):
        raise CallFault(f"Không hiểu tham số {', '.join(unknown)}. Các tham số: {', '.join(sorted(PARAMETERS))}.")
    one = {name: values[-1] for name, values in given.items()}
    if "campaign" not in one and "window" not in one:
        raise CallFault("Cần campaign hoặc window (day, week, month, all, TỪ..ĐẾN).")

    def moment(name: str) -> int | None:
        try:
            return parse_moment(one[name], home.zone) if one.get(name) else None
        except (ValueError, OverflowError):
            raise CallFault(
                f"{name}: «{one[name]}» không phải thời điểm. Ví dụ: 2021-05-16 hoặc 2021-05-16T17:00."
            ) from None

    return Query(
        campaign=home.campaign(one["campaign"]) if one.get("campaign") else None,
        kpis=tuple(key for value in given.get("kpi", ()) for key in value.split(",") if key),
        as_of=moment("as_of"),
        known_at=moment("known_at"),
        by=one.get("by") or None,
        unit=one.get("unit") or None,
        window=one.get("window") or "campaign",
        filter=one.get("filter", ""),
    )


# Gates and headers ----------------------------------------------------------------------------------------------------


def inline_script_hash() -> str:
    """The CSP source of the one inline script in Streamlit's own page, computed from the installed file."""
    page = (Path(st.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    return " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in scripts
    )


def security_headers() -> list[tuple[bytes, bytes]]:
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
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
    }
    return [(name.encode(), value.encode()) for name, value in found.items()]


class Gate:
    """Only this machine gets in: by the address reached, the Host asked for and the Origin it came from."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or admitted(scope):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await PlainTextResponse("Chỉ phục vụ máy này: mở http://localhost.", 403)(scope, receive, send)


def admitted(scope: Scope) -> bool:
    headers = {name.lower(): value.decode("latin-1") for name, value in scope.get("headers", ())}
    reached = scope.get("server")
    if reached and not is_loopback(str(reached[0])):
        return False
    names = [urlsplit(f"//{headers.get(b'host', '')}").hostname]
    if b"origin" in headers:
        names.append(urlsplit(headers[b"origin"]).hostname)
    return all(is_loopback(name) for name in names)


class Headers:
    """Security headers on every answer; fonts and pictures may be kept by the browser."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.headers = security_headers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        is_static = scope["path"].startswith("/app/static/")

        async def send_with(message: Message) -> None:
            if message["type"] == "http.response.start":
                extra = list(self.headers)
                if is_static and message["status"] == 200:
                    extra.append((b"cache-control", f"public, max-age={STATIC_AGE_S}".encode()))
                names = {name for name, _value in extra}
                kept = [pair for pair in message["headers"] if pair[0].lower() not in names]
                message = {**message, "headers": [*kept, *extra]}
            await send(message)

        await self.app(scope, receive, send_with)


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[dict[str, Any]]:
    refuse_beyond_loopback(config.get_option("server.address"))
    # Streamlit takes the folder "pages" for its old kind of pages until the first st.navigation, and would greet a fresh
    # server's first deep link with its own "Page not found" dialog.
    PagesManager.uses_pages_directory = False
    warm_up()
    yield {}


def warm_up() -> None:
    """Import what pages need and take it out of the garbage collector's rounds, which Streamlit makes after every run."""
    import pandas as pd
    import plotly.graph_objects as go
    import pyarrow as pa

    go.Figure(go.Scatter(x=[0], y=[0])).to_json()
    pa.Table.from_pandas(pd.DataFrame({"n": [0]}))
    gc.collect()
    gc.freeze()


app = st.App(
    ROOT / "app.py",
    routes=[Route("/healthz", healthz), Route("/metrics", metrics), Route("/api/v1/kpi", api_kpi)],
    middleware=[Middleware(Gate), Middleware(Headers)],
    lifespan=lifespan,
)
