"""Logging in for real: the server as people start it, real login providers over HTTP, a real browser, raw websockets."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from data.home import Home
from data.store import Store
from tests.conftest import ROOT, clean_environment, run_campaign
from tests.exports import many, province, write_export
from tests.provider import CLIENT, COOKIE_SECRET, SECRET, Provider, provider
from tests.serving import Visit, chromium, free_port, wait

pytestmark = pytest.mark.browser
PEOPLE = """email,issuer,subject,name,role,unit
chief@example.vn,,,Chánh văn phòng,administrator,
head@example.vn,,,Trưởng phòng,head,dong-phu
"""
DEEP = "/dossiers?campaign=50-ngay&unit=dong-phu&kpi=overdue_open&as_of=2021-04-10T17%3A00"
WAYS = {
    "campaign serve": ["campaign", "serve", "--host", "127.0.0.1", "--port", "{port}"],
    "uvicorn server:app": ["uvicorn", "server:app", "--port", "{port}"],
    "streamlit run server.py": ["streamlit", "run", "server.py", "--server.port", "{port}"],
    "python server.py": ["python", "server.py"],
    "streamlit run app.py": ["streamlit", "run", "app.py", "--server.port", "{port}"],
}


@dataclass(frozen=True)
class Served:
    address: str
    home: Path
    log: Path
    first: httpx.Response
    """What the fresh server's first visitor got, who asked for a page deep inside."""
    stream: int
    """How it answered the first websocket: an HTTP status, 101 = opened."""


def home_with_login(loaded: Path, folder: Path, port: int, issuer: str) -> Path:
    home = folder / "home"
    subprocess.run(["cp", "-r", str(loaded), str(home)], check=True)
    with (home / "home.toml").open("a", encoding="utf-8") as file:
        file.write(
            f'\n[login]\nserver_metadata_url = "{issuer}/.well-known/openid-configuration"\nclient_id = "{CLIENT}"\n'
            f'redirect_uri = "http://localhost:{port}/oauth2callback"\nname = "Tài khoản tỉnh"\ncontact = "máy lẻ 12"\n'
        )
    (home / "viewers.csv").write_text(PEOPLE, encoding="utf-8")
    return home


@contextmanager
def started(way: str, home: Path, port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    name, *options = [part.format(port=port) for part in WAYS[way]]
    environment = {
        **clean_environment(), "CAMPAIGN_HOME": str(home), "CAMPAIGN_PORT": str(port),
        "CAMPAIGN_OIDC_CLIENT_SECRET": SECRET, "CAMPAIGN_COOKIE_SECRET": COOKIE_SECRET,
    }  # fmt: skip
    if way == "campaign serve":
        options += ["--home", str(home)]
    command = [str(Path(sys.executable).with_name(name)), *options]
    with log.open("wb") as output:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
        try:
            yield server
        finally:
            server.terminate()
            try:
                server.wait(15)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


@pytest.fixture(scope="module")
def honest() -> Iterator[str]:
    """A provider made by others; its issuer."""
    port = free_port()
    people = [
        {"sub": name, "email": f"{name}@example.vn", "email_verified": True, "name": name} for name in ("chief", "head")
    ]
    given = [part for one in people for part in ("--user-claims", json.dumps(one))]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port), *given]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield f"http://localhost:{port}"
    finally:
        running.terminate()
        running.wait(10)


@pytest.fixture(scope="module")
def ours() -> Iterator[Provider]:
    with provider() as found:
        yield found


@pytest.fixture(scope="module")
def servers(honest: str, ours: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Served]]:
    """One server for each way of starting, all starting at once; only one of them leads to the honest provider."""
    folder = tmp_path_factory.mktemp("logins")
    loaded = province(folder / "loaded")
    run_campaign("load", write_export(folder / "ho-so.csv", many(count=150)), "--home", loaded)
    with ExitStack() as all_:
        begun = {}
        for number, way in enumerate(WAYS):
            port, place = free_port(), folder / str(number)
            place.mkdir()
            home = home_with_login(loaded, place, port, honest if way.startswith("uvicorn") else ours.issuer)
            log = place / "log"
            begun[way] = (all_.enter_context(started(way, home, port, log)), home, port, log)
        found = {}
        for way, (server, home, port, log) in begun.items():
            address = f"http://localhost:{port}"
            wait(server, f"{address}/_stcore/health", log)
            first = httpx.get(f"{address}{DEEP}", headers={"accept": "text/html", "sec-fetch-mode": "navigate"})
            found[way] = Served(address, home, log, first, knock(address))
        yield found


def knock(address: str, **headers: str) -> int:
    try:
        with connect(
            f"{address.replace('http', 'ws')}/_stcore/stream",
            origin=None,
            additional_headers={"Origin": address, **headers},
        ):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


@pytest.fixture(scope="module")
def served(servers: dict[str, Served]) -> Served:
    return servers["campaign serve"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


# Starting -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", [way for way in WAYS if way != "streamlit run app.py"])
def test_a_fresh_server_shows_nothing_but_the_login(way: str, servers: dict[str, Served]) -> None:
    found = servers[way]
    assert found.first.status_code == 401
    assert "Cần đăng nhập" in found.first.text and "Tài khoản tỉnh" in found.first.text
    assert "<script" not in found.first.text and "Đồng Phú" not in found.first.text
    assert found.first.headers["content-security-policy"].startswith("default-src 'none'")
    assert found.stream == 403
    for path in (
        "/media/x",
        "/_stcore/host-config",
        "/_stcore/metrics",
        "/_stcore/upload_file/s/f",
        "/component/x",
        "/metrics",
        "/api/v1/kpi",
    ):
        assert httpx.get(f"{found.address}{path}").status_code == 401, path
    assert httpx.put(f"{found.address}/_stcore/upload_file/s/f", content=b"x").status_code == 401
    assert httpx.get(f"{found.address}/healthz").status_code == 200
    assert httpx.get(f"{found.address}/healthz", headers={"host": "evil.example"}).status_code == 421
    assert httpx.get(f"{found.address}/healthz", headers={"origin": "https://evil.example"}).status_code == 403


def test_the_page_script_by_itself_says_that_it_has_no_gates(servers: dict[str, Served], browser: Browser) -> None:
    visit = Visit(browser)
    visit.page.goto(f"{servers['streamlit run app.py'].address}{DEEP}")
    visit.page.wait_for_selector(".state")
    assert "campaign serve" in visit.page.inner_text(".state")
    assert "Đồng Phú" not in visit.page.inner_text("body")
    visit.close()


# With the honest provider, in a browser -------------------------------------------------------------------------------


def test_logging_in_leads_to_the_page_that_was_asked_for(servers: dict[str, Served], browser: Browser) -> None:
    served = servers["uvicorn server:app"]
    visit = Visit(browser)
    page = visit.page
    page.goto(f"{served.address}{DEEP}")
    page.get_by_role("link", name="Đăng nhập bằng Tài khoản tỉnh").click()
    page.locator("input[name=sub]").fill("head")
    page.locator("button[type=submit], input[type=submit]").first.click()
    visit.errors.clear()  # those of the provider's own pages
    visit.drawn()
    assert visit.errors == []
    assert page.url == f"{served.address}{DEEP}"
    assert "Huyện Đồng Phú" in page.inner_text(".st-key-bar")
    assert page.locator('[role="dialog"]').count() == 0
    cookies = {one["name"]: one for one in page.context.cookies()}
    assert cookies["_streamlit_user"]["httpOnly"] and cookies["_streamlit_user"]["sameSite"] == "Lax"
    assert "came_for" not in cookies
    copied = f"_streamlit_user={cookies['_streamlit_user']['value']}"
    assert httpx.get(f"{served.address}/_stcore/host-config", headers={"cookie": copied}).status_code == 200
    page.locator(".st-key-account button").click()
    page.get_by_role("button", name="Đăng xuất", exact=True).click()
    page.wait_for_url("**/oauth2/end_session?*")  # the provider asks whether to log out there as well
    assert httpx.get(f"{served.address}/_stcore/host-config", headers={"cookie": copied}).status_code == 401
    visit.close()


# With a provider that lies --------------------------------------------------------------------------------------------


@pytest.fixture
def liar(ours: Provider) -> Iterator[Provider]:
    ours.person, ours.lie = person("head"), {}
    yield ours
    ours.person, ours.lie, ours.codes_last = {}, {}, False


def person(name: str) -> dict[str, Any]:
    return {"sub": f"id-{name}", "email": f"{name}@example.vn", "email_verified": True, "name": name}


def visitor(served: Served) -> httpx.Client:
    return httpx.Client(
        base_url=served.address, headers={"accept": "text/html", "sec-fetch-mode": "navigate"}, follow_redirects=True
    )


def test_logging_in_by_hand(served: Served, liar: Provider) -> None:
    with visitor(served) as client:
        client.get(DEEP)
        landed = client.get("/auth/start")
        assert landed.status_code == 200
        assert str(landed.url) == f"{served.address}{DEEP}"
        assert liar.asked[-1]["max_age"] == "43200" and liar.asked[-1]["code_challenge_method"] == "S256"
        assert client.get("/_stcore/host-config").json()["allowedOrigins"] == []


@pytest.mark.parametrize(
    "lie",
    [
        {"aud": ["other"]},
        {"aud": ["other"], "azp": CLIENT},
        {"iss": "https://evil.example"},
        {"exp": 1_500_000_000},
        {"nonce": "another"},
        {"iat": 1_500_000_000},
        {"auth_time": 1_500_000_000},
        {"sub": "nobody", "email": "nobody@example.vn"},
        {"sub": "nobody", "email": "chief@example.vn", "email_verified": False},
        {"sub": "nobody", "email": "chief@example.vn", "email_verified": "true"},
    ],
    ids=str,
)
def test_a_token_that_lies_lets_nobody_in(lie: dict[str, Any], served: Served, liar: Provider) -> None:
    liar.lie = lie
    with visitor(served) as client:
        client.get(DEEP)
        landed = client.get("/auth/start")
        assert landed.status_code == 403
        assert urlsplit(str(landed.url)).path == "/oauth2callback"
        assert "Không vào được" in landed.text or "Chưa đăng nhập được" in landed.text
        assert client.get("/_stcore/host-config").status_code == 401
        assert client.get(DEEP).status_code == 401


def test_a_code_serves_once(served: Served, liar: Provider) -> None:
    liar.codes_last = True  # the provider would take it again
    with visitor(served) as client:
        client.get("/auth/start")
        back = next(one for one in _history(client, "/auth/start") if "/oauth2callback?" in one)
        assert client.get(back).status_code == 403
        stolen = visitor(served)
        assert stolen.get(back).status_code == 403
        stolen.close()


def _history(client: httpx.Client, path: str) -> list[str]:
    return [str(one.url) for one in client.get(path).history]


def test_logging_out_everywhere(served: Served, liar: Provider) -> None:
    with visitor(served) as one, visitor(served) as other:
        other.get("/auth/start")
        with wire(one, served) as page:
            button = widget(page.run("", ""), "log_out_everywhere")
            sent = page.run("", "", **{button: ("trigger_value", True)})
        assert "/auth/logout" in str(sent)
        assert [client.get("/_stcore/host-config").status_code for client in (one, other)] == [401, 401]


def test_nothing_secret_in_the_logs(servers: dict[str, Served]) -> None:
    for way, found in servers.items():
        text = found.log.read_text(errors="replace")
        assert SECRET not in text and COOKIE_SECRET not in text, way
        assert not re.search(r"_streamlit_user=|eyJ[\w-]{20,}\.|code=code-", text), way


# Forged widget states -------------------------------------------------------------------------------------------------

HISTORY = "campaign=50-ngay&part=history&entry=1"


@contextmanager
def wire(client: httpx.Client, served: Served) -> Iterator[Wire]:
    client.get("/auth/start")
    client.get("/_stcore/health")
    held = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    address, protocols = f"{served.address.replace('http', 'ws')}/_stcore/stream", ["streamlit", client.cookies["_streamlit_xsrf"]]  # fmt: skip
    heads = {"Origin": served.address, "Cookie": held}
    with connect(address, max_size=None, additional_headers=heads, subprotocols=protocols) as socket:  # type: ignore[arg-type]
        yield Wire(socket)


@dataclass(frozen=True)
class Wire:
    """A page's websocket without a page: says what it likes."""

    socket: ClientConnection

    def run(self, page: str, query: str, **widgets: Any) -> list[ForwardMsg]:
        """One run with these widgets set: id → True to press or tick."""
        asked = BackMsg()
        asked.rerun_script.query_string, asked.rerun_script.page_script_hash = query, page
        for name, (kind, value) in widgets.items():
            setattr(asked.rerun_script.widget_states.widgets.add(id=name), kind, value)
        self.socket.send(asked.SerializeToString())
        heard: list[ForwardMsg] = []
        while not heard or heard[-1].WhichOneof("type") != "script_finished":
            heard.append(ForwardMsg.FromString(self.socket.recv(timeout=30)))
        return heard


def page_hash(heard: list[ForwardMsg], name: str) -> str:
    pages = [page for one in heard if one.WhichOneof("type") == "navigation" for page in one.navigation.app_pages]
    return next(page.page_script_hash for page in pages if page.url_pathname == name)


def widget(heard: list[ForwardMsg], key: str) -> str:
    """The id of a widget by the end of its key."""
    elements = [one.delta.new_element for one in heard if one.WhichOneof("type") == "delta"]
    ids = [
        getattr(one, one.WhichOneof("type")).id for one in elements if one.WhichOneof("type") in ("button", "checkbox")
    ]
    return next(one for one in ids if one.endswith(f"-{key}"))


def states(served: Served) -> list[str]:
    return [load["state"] for load in Store.open(Home(served.home)).loads()]


def test_a_forged_press_does_nothing(served: Served, liar: Provider) -> None:
    """The same messages undo an import for an administrator, and for a head do not."""
    with ExitStack() as all_:
        chief_at, head_at = (all_.enter_context(visitor(served)) for _ in range(2))
        liar.person = person("chief")
        chief = all_.enter_context(wire(chief_at, served))
        liar.person = person("head")
        head = all_.enter_context(wire(head_at, served))
        page = page_hash(chief.run("", ""), "imports")
        look = widget(chief.run(page, HISTORY), "undo_look")
        sure = widget(chief.run(page, HISTORY, **{look: ("trigger_value", True)}), "undo_sure")
        ticked = {sure: ("bool_value", True)}
        do = widget(chief.run(page, HISTORY, **ticked), "undo_do")
        pressed = {**ticked, do: ("trigger_value", True)}
        for widgets in ({}, {look: ("trigger_value", True)}, ticked, pressed):
            assert "ho-so.csv" not in str(head.run(page, HISTORY, **widgets))
        assert states(served) == ["loaded"]
        chief_at.get("/auth/logout", headers={"sec-fetch-site": "same-origin"})
        over = str(chief.run(page, HISTORY, **pressed))
        assert "ho-so.csv" not in over and "Chưa mở được trang" in over
        assert states(served) == ["loaded"]
        liar.person = person("chief")
        again = all_.enter_context(wire(chief_at, served))
        for widgets in ({}, {look: ("trigger_value", True)}, ticked, pressed):
            again.run(page, HISTORY, **widgets)
        assert states(served) != ["loaded"]
