"""The web door: pages, routes, gates. Started by ``campaign serve``, ``python server.py``, ``streamlit run server.py`` or
``uvicorn server:app``; how it lets people in is declared in the home (``[login]``) and told in ``docs/deploy.md``.

Without a login nobody but this machine is served: a listening address beyond loopback is refused before the start and in
the lifespan, and every request is checked once more by where it arrived, which Host it asked for and where it came from.
"""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from streamlit import config
from streamlit.runtime.pages_manager import PagesManager

from data.addresses import is_loopback
from data.errors import CallFault
from data.opened import opened
from data.settings import ROOT
from pages.web import feeds, identity
from pages.web.door import CLIENT_SECRET, COOKIE_SECRET, HOW, Door, from_environment, open_door
from pages.web.gates import Gate, Headers
from pages.web.limits import Sizes
from pages.web.metrics import Observed

# A proxy is believed only where the home names it ([login] trusted_proxies); uvicorn would believe any on this machine.
os.environ.setdefault("FORWARDED_ALLOW_IPS", "")
DOOR = open_door(from_environment())
if DOOR.login is not None:
    # Signs the state of a login under way; without it every process would have a key of its own.
    os.environ["STREAMLIT_SERVER_COOKIE_SECRET"] = DOOR.cookie_secret


def serve(host: str, port: int) -> None:
    """Serve the pages of the home that the environment names until stopped.

    Raises CallFault for an address beyond this machine without a login, CampaignError when the store cannot be opened.
    """
    refuse_beyond_loopback(host)
    opened()
    os.chdir(ROOT)  # else Streamlit finds neither theme nor fonts
    app.run(config={"server.port": port, "server.address": host})


def refuse_beyond_loopback(host: str | None) -> None:
    if DOOR.login is None and not is_loopback(host):
        raise CallFault(
            f"Không mở cổng ở địa chỉ «{host}»: chưa khai báo đăng nhập nên chỉ phục vụ máy này. Hãy dùng --host 127.0.0.1, "
            f"hoặc khai báo [login] trong home.toml và đặt {CLIENT_SECRET}, {COOKIE_SECRET}. {HOW}"
        )


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[dict[str, Any]]:
    refuse_beyond_loopback(config.get_option("server.address"))
    config.set_option("server.allowedHosts", ["localhost", "127.0.0.1", "::1", *sorted(DOOR.hosts)])
    # Streamlit takes the folder "pages" for its old kind of pages until the first st.navigation, and would greet a fresh
    # server's first deep link with its own "Page not found" dialog.
    PagesManager.uses_pages_directory = False
    logging.getLogger("uvicorn.access").addFilter(without_query)
    warm_up()
    yield {}


def without_query(record: logging.LogRecord) -> bool:
    """Keeps out of the access log what stands behind the path: codes of logins under way, and what people look for."""
    if isinstance(record.args, tuple):
        record.args = tuple(one.partition("?")[0] if isinstance(one, str) else one for one in record.args)
    return True


def warm_up() -> None:
    """Import what pages need and take it out of the garbage collector's rounds, which Streamlit makes after every run."""
    import pandas as pd
    import plotly.graph_objects as go
    import pyarrow as pa

    go.Figure(go.Scatter(x=[0], y=[0])).to_json()
    pa.Table.from_pandas(pd.DataFrame({"n": [0]}))
    gc.collect()
    gc.freeze()


def gates(door: Door, clock: Callable[[], int] = identity.now) -> list[Middleware]:
    """What every request passes, outermost first. ``clock``: UTC microseconds."""
    return [
        Middleware(Observed, routes=frozenset(feeds.ROUTES)),
        Middleware(Headers, door=door),
        Middleware(Gate, door=door),
        Middleware(identity.Identity, door=door, clock=clock),
        Middleware(Sizes),
    ]


app = st.App(
    ROOT / "app.py",
    secrets=DOOR.secrets,
    routes=[*identity.ROUTES, *feeds.routes()],
    middleware=gates(DOOR),
    lifespan=lifespan,
)

if __name__ == "__main__":
    serve(os.environ.get("CAMPAIGN_HOST", "127.0.0.1"), int(os.environ.get("CAMPAIGN_PORT", "8501")))
