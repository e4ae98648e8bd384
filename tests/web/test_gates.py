"""The gates in this process: where from, by which path, as whom, how often, how much."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from streamlit.proto.BackMsg_pb2 import BackMsg

import server
from data import audit
from data.access import Action
from data.addresses import asker
from data.errors import AccessFault, CallFault, DataFault, StoreFault
from data.home import Home
from data.opened import opened
from data.people import LOCAL
from data.tokens import make
from pages.parts import access
from pages.web import claims, limits, logins
from pages.web.door import Door, from_environment
from pages.web.identity import is_local
from tests.exports import province
from tests.provider import CLIENT, COOKIE_SECRET, SECRET
from tests.web.knocking import Street, cookie

ISSUER = "https://login.example/realms/province"
LOGIN = f"""
[login]
server_metadata_url = "{ISSUER}/.well-known/openid-configuration"
client_id = "{CLIENT}"
redirect_uri = "https://dashboard.example/oauth2callback"
contact = "Phòng công nghệ, máy lẻ 12"
trusted_proxies = ["10.0.0.0/8"]
"""
PEOPLE = f"""email,issuer,subject,name,role,unit
,{ISSUER},chief,Chánh văn phòng,administrator,
,{ISSUER},head,Trưởng phòng,head,dong-phu
,{ISSUER},clerk,Cán bộ tổng hợp,officer,
"""
ENVIRONMENT = {"CAMPAIGN_OIDC_CLIENT_SECRET": SECRET, "CAMPAIGN_COOKIE_SECRET": COOKIE_SECRET}
NOW = 1_900_000_000_000_000
SECOND, HOUR = 1_000_000, 3_600_000_000
OPEN = ("/healthz", "/_stcore/health", "/static/js/index.js", "/app/static/icon.png")
CLOSED = (
    "/media/8e6f.xlsx", "/_stcore/upload_file/s/f", "/_stcore/host-config", "/_stcore/metrics", "/_stcore/agent/openapi.json",
    "/component/x/index.html", "/metrics", "/api/v1/kpi", "/", "/dossiers", "/index.html", "/static", "/healthz/x",
)  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = province(tmp_path_factory.mktemp("gates") / "home")
    with (root / "home.toml").open("a", encoding="utf-8") as file:
        file.write(LOGIN)
    (root / "viewers.csv").write_text(PEOPLE, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CAMPAIGN_HOME", str(root))
        yield root


@pytest.fixture(scope="module")
def door(home: Path) -> Door:
    return from_environment({**ENVIRONMENT, "CAMPAIGN_HOME": str(home)})


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


class Inside:
    """What stands behind the gates: says who came in, reads what it is sent."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.sets: list[str] = []
        """Cookies that the callback sets."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self.stream(WebSocket(scope, receive, send))
            return
        request = Request(scope, receive)
        if scope["path"] == "/broken":
            raise RuntimeError(f"the secret is {SECRET}")
        if scope["path"] == "/locked":
            raise StoreFault("/srv/campaign/store.db is locked")
        if scope["path"] == "/oauth2callback":
            answer = Response(status_code=302, headers={"location": "/"})
            for one in self.sets:
                answer.headers.append("set-cookie", f"{one}; Path=/; HttpOnly; SameSite=lax")
        elif scope["query_string"] == b"provider=unreachable":
            answer = PlainTextResponse("Authentication error", 400)
        else:
            viewer = scope["state"]["viewer"]
            size = len(await request.body())
            answer = PlainTextResponse(f"{viewer.identity if viewer else None} {size}")
        await answer(scope, receive, send)

    async def stream(self, socket: WebSocket) -> None:
        await socket.accept()
        while (message := await socket.receive())["type"] == "websocket.receive":
            self.heard.append(message["bytes"])


def built(door: Door, clock: Clock | None = None) -> tuple[Street, Inside]:
    inside = Inside()
    routes = [WebSocketRoute("/{path:path}", inside), Mount("/", inside)]
    app = Starlette(routes=routes, middleware=server.gates(door, clock or Clock()))
    host = "localhost:8501" if door.login is None else "dashboard.example"
    return Street(app, host), inside


@pytest.fixture
def local() -> Street:
    return built(Door())[0]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def street(door: Door, clock: Clock) -> Street:
    return built(door, clock)[0]


_logins = iter(range(10**6))


def logged_in(subject: str = "chief", **other: Any) -> dict[str, Any]:
    """The claims of a login a minute ago, like no other login."""
    started = NOW // SECOND - 60
    found = {"iss": ISSUER, "aud": [CLIENT], "sub": subject, "iat": started, "nonce": f"n{next(_logins)}"}
    return {**found, **other}


def known(subject: str = "chief") -> dict[str, str]:
    """The cookie of a login that has begun."""
    mine = logged_in(subject)
    logins.begin(from_environment({**ENVIRONMENT, "CAMPAIGN_HOME": os.environ["CAMPAIGN_HOME"]}), mine, NOW)
    return {"cookie": cookie(mine)}


# Without a login: this machine only -----------------------------------------------------------------------------------


def test_without_a_login_the_person_at_the_machine_is_let_in(local: Street) -> None:
    assert local.ask("/anything").text.startswith("local ")


@pytest.mark.parametrize(
    "host", ["evil.example", "192.168.1.5:8501", "localhost.evil.example", "", "localhost@evil.example", "a b"]
)
def test_another_name_is_refused(host: str, local: Street) -> None:
    local.host = host
    assert local.ask("/healthz").status == 421
    assert local.stream()[0]["type"] == "websocket.close"


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost:9999", "http://localhost", "file://localhost:8501", ""]
)
def test_another_origin_is_refused(origin: str, local: Street) -> None:
    assert local.ask("/healthz", {"origin": origin}).status == 403
    assert local.stream({"origin": origin})[0]["type"] == "websocket.close"


def test_the_own_origin_is_not(local: Street) -> None:
    assert local.ask("/healthz", {"origin": "http://localhost:8501"}).status == 200
    assert local.stream({"origin": "http://localhost:8501"})[0]["type"] == "websocket.accept"


@pytest.mark.parametrize("end", ["server", "client"])
@pytest.mark.parametrize("address", ["10.0.0.7", "::ffff:10.0.0.7", "2001:db8::1", "0.0.0.0"])
def test_an_address_beyond_this_machine_is_refused(end: str, address: str, local: Street) -> None:
    setattr(local, end, address)
    assert local.ask("/healthz").status == 403
    assert local.stream()[0]["type"] == "websocket.close"
    setattr(local, end, "::ffff:127.0.0.1")
    assert local.ask("/healthz").status == 200


@pytest.mark.parametrize(
    "mark", ["x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded", "via", "X-Forwarded-Proto"]
)
def test_whatever_came_through_a_proxy_is_refused(mark: str, local: Street) -> None:
    """Else a proxy on this machine would make everybody look local."""
    assert local.ask("/healthz", {mark: "127.0.0.1"}).status == 403


# Paths and headers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/a\0b",
        "/media/../app.py",
        "/..",
        "/./x",
        "//evil.example/x",
        "/a\\b",
        "/%2e%2e/x",
        "/a%00",
        "/a\nb",
        "/a\x7f",
        "x",
    ],
)
@pytest.mark.parametrize("mode", ["local", "street"])
def test_path_tricks_are_bad_requests(path: str, mode: str, request: pytest.FixtureRequest) -> None:
    answer = request.getfixturevalue(mode).ask(path)
    assert answer.status == 400
    assert answer["content-security-policy"]


@pytest.mark.parametrize(
    ("path", "status"),
    [("/x", 200), ("/a\0b", 400), ("/dossiers", 401), ("/media/x", 401), ("/broken", 500), ("/locked", 503)],
)
def test_every_answer_has_the_security_headers(
    path: str, status: int, local: Street, street: Street, caplog: pytest.LogCaptureFixture
) -> None:
    asked = street if status == 401 else local
    with caplog.at_level(logging.CRITICAL, "campaign.web"):
        answer = asked.page(path)
    assert answer.status == status
    policy = answer["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self' 'sha256-") and "unsafe-eval" not in policy
    assert "frame-ancestors 'none'" in policy and "form-action 'none'" in policy
    assert (answer["x-content-type-options"], answer["x-frame-options"]) == ("nosniff", "DENY")
    assert answer["referrer-policy"] == "same-origin"
    assert answer["strict-transport-security"] == ("max-age=31536000" if asked is street else "")


@pytest.mark.parametrize("path", ["/broken", "/locked"])
def test_an_error_page_tells_no_secrets(path: str, local: Street, caplog: pytest.LogCaptureFixture) -> None:
    answer = local.page(path)
    assert SECRET not in answer.text and "/srv" not in answer.text and "Traceback" not in answer.text
    assert len(caplog.records) == 1


# Closed to whoever is not known ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", CLOSED)
def test_closed_without_a_login(path: str, street: Street) -> None:
    for method in ("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"):
        answer = street.ask(path, method=method)
        assert (answer.status, answer["www-authenticate"]) == (401, "Bearer")
    assert street.ask(path, known()).text.startswith(f"{ISSUER} chief ")


@pytest.mark.parametrize("path", OPEN)
def test_open_without_a_login(path: str, street: Street) -> None:
    assert street.ask(path).text == "None 0"


@pytest.mark.parametrize("host", ["evil.example", "dashboard.example.evil.example", "dashboard.example@evil.example"])
def test_a_foreign_host_is_refused_with_a_login_as_well(host: str, street: Street) -> None:
    street.host = host
    assert street.ask("/healthz", known()).status == 421


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://dashboard.example", "https://dashboard.example:8443", "null"]
)
def test_a_foreign_origin_is_refused_with_a_login_as_well(origin: str, street: Street) -> None:
    assert street.ask("/x", {**known(), "origin": origin}).status == 403
    assert street.stream({**known(), "origin": origin})[0]["type"] == "websocket.close"


def test_the_stream_is_for_people_on_our_own_pages(street: Street) -> None:
    own = {"origin": "https://dashboard.example"}
    assert street.stream(own)[0]["type"] == "websocket.close"
    assert street.stream(known())[0]["type"] == "websocket.close"
    assert street.stream({**known(), **own})[0]["type"] == "websocket.accept"
    assert street.stream({"cookie": cookie(logged_in("stranger")), **own})[0]["type"] == "websocket.close"


def test_whoever_opens_a_page_gets_the_login_and_nothing_else(street: Street) -> None:
    answer = street.page("/dossiers?unit=dong-phu&lang=en")
    assert answer.status == 401
    assert "Sign in" in answer.text and 'href="/auth/start"' in answer.text and "máy lẻ 12" in answer.text
    assert "<script" not in answer.text and "streamlit" not in answer.text.lower()
    assert answer["cache-control"] == "no-store"
    assert 'lang="vi"' in street.page("/dossiers").text


def test_what_a_link_says_cannot_become_markup(street: Street) -> None:
    answer = street.page('/x"><script>alert(1)</script>?a="><script>alert(2)</script>')
    assert "<script" not in answer.text


# Claims ---------------------------------------------------------------------------------------------------------------


def test_a_login_as_it_should_be(door: Door) -> None:
    assert door.login is not None
    claims.check(logged_in(), door.login, 3600, NOW)
    claims.check(logged_in(aud=CLIENT), door.login, 3600, NOW)
    claims.check(logged_in(auth_time=NOW // SECOND - 3600), door.login, 3600, NOW)


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://login.example/realms/other"}, {"iss": None}, {"iss": f"{ISSUER}/"},
        {"aud": ["other"]}, {"aud": ["other"], "azp": CLIENT}, {"aud": None}, {"aud": {CLIENT: 1}}, {"aud": f"{CLIENT}2"},
        {"sub": ""}, {"sub": None}, {"sub": 7},
        {"iat": None}, {"iat": "now"}, {"iat": True}, {"iat": float("nan")}, {"iat": 0}, {"iat": NOW // SECOND + 121},
        {"iat": NOW // SECOND - 3600 - 121}, {"auth_time": NOW // SECOND - 3600 - 121}, {"auth_time": 0},
    ],
)  # fmt: skip
def test_claims_that_are_refused(wrong: dict[str, Any], door: Door, street: Street) -> None:
    assert door.login is not None
    with pytest.raises(AccessFault):
        claims.check(logged_in(**wrong), door.login, 3600, NOW)
    mine = logged_in()
    logins.begin(door, mine, NOW)
    assert street.ask("/x", {"cookie": cookie(mine)}).status == 200
    if wrong.get("auth_time") != NOW // SECOND - 3600 - 121:  # twelve hours are allowed in there
        assert street.ask("/x", {"cookie": cookie({**mine, **wrong})}).status == 401


def test_a_cookie_for_another_address_or_of_another_server(street: Street) -> None:
    mine = logged_in()
    for other in (
        cookie(mine, origin="http://dashboard.example"),
        cookie(mine, secret="x" * 40),
        "_streamlit_user=chief",
    ):
        assert street.ask("/x", {"cookie": other}).status == 401


SOME_COOKIE = cookie(logged_in())


@given(some.data())
@settings(max_examples=60, deadline=None)
def test_a_changed_cookie_is_nobody(data: some.DataObject) -> None:
    name, _, value = SOME_COOKIE.partition("=")
    place = data.draw(some.integers(0, len(value) - 1))
    letter = data.draw(some.sampled_from("ABCabc019.-_").filter(lambda one: one != value[place]))
    changed = value[:place] + letter + value[place + 1 :]
    held = {name: changed}
    found = claims.of_cookies(held, COOKIE_SECRET, "https://dashboard.example")
    # The last letter of a part of base64 has bits that nobody reads.
    assert found is None or found == claims.of_cookies({name: value}, COOKIE_SECRET, "https://dashboard.example")


# Sessions -------------------------------------------------------------------------------------------------------------


def test_a_copy_of_the_cookie_is_worth_nothing_after_logging_out(street: Street) -> None:
    mine, own = known(), {"sec-fetch-site": "same-origin"}
    assert street.ask("/media/x", mine).status == 200
    for foreign in (
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"referer": "https://evil.example/x"},
        {},
    ):
        assert street.page("/auth/logout", {**mine, **foreign}).status == 403
    assert street.ask("/media/x", mine).status == 200
    assert street.page("/auth/logout", {**mine, **own}).status == 200
    for path in CLOSED:
        assert street.ask(path, mine).status == 401
    assert street.stream({**mine, "origin": "https://dashboard.example"})[0]["type"] == "websocket.close"
    assert street.ask("/media/x", known()).status == 200  # another login of the same person


def test_a_login_that_never_began_here_is_nobody(street: Street) -> None:
    assert street.ask("/x", {"cookie": cookie(logged_in())}).status == 401


def test_a_login_is_over_when_it_is_not_used_or_too_old(street: Street, clock: Clock) -> None:
    mine = known()
    assert street.ask("/x", mine).status == 200
    for _hour in range(12):
        opened().store.aside.flush()
        clock.now += HOUR - 70 * SECOND
        assert street.ask("/x", mine).status == 200
    clock.now += HOUR
    assert street.ask("/x", mine).status == 401
    clock.now = NOW
    idle = known()
    assert street.ask("/x", idle).status == 200
    opened().store.aside.flush()
    clock.now += HOUR + SECOND
    assert street.ask("/x", idle).status == 401


def test_what_is_pressed_after_the_login_is_over_is_not_heard(door: Door) -> None:
    street, inside = built(door)
    mine = known()
    pressed = BackMsg()
    pressed.rerun_script.query_string = "unit=dong-phu"
    pressed.rerun_script.page_script_hash = "abc"
    pressed.rerun_script.fragment_id = "f"
    pressed.rerun_script.widget_states.widgets.add(id="press", trigger_value=True)
    says = pressed.SerializeToString()

    def leave() -> None:
        street.page("/auth/logout", {**mine, "sec-fetch-site": "same-origin"})

    street.stream({**mine, "origin": "https://dashboard.example"}, [says, leave, says, b"\xff\xff"])
    before, after, strange = inside.heard
    assert before == says
    bare = BackMsg.FromString(after)
    assert (bare.rerun_script.query_string, bare.rerun_script.page_script_hash) == ("unit=dong-phu", "abc")
    assert not bare.rerun_script.HasField("widget_states") and not bare.rerun_script.fragment_id
    assert BackMsg.FromString(strange).WhichOneof("type") == "rerun_script"


def test_what_is_refused_is_written_down(home: Path) -> None:
    store = opened().store
    mine = logged_in("head")
    head = logins.begin(from_environment({**ENVIRONMENT, "CAMPAIGN_HOME": str(home)}), mine, NOW)
    access.require(head, Action.dossiers, "dong-phu")
    for action, unit in ((Action.people, None), (Action.dossiers, "loc-ninh")):
        with pytest.raises(AccessFault):
            access.require(head, action, unit)
    store.aside.flush()
    found, _count = audit.search(store, outcome="refused", who="Trưởng phòng")
    assert {(line.action, line.unit) for line in found} >= {("people", ""), ("dossiers", "loc-ninh")}


# Back from the provider -----------------------------------------------------------------------------------------------


def come_back(door: Door, held: str, asked_for: str = "", query: str = "?code=c&state=s") -> Any:
    street, inside = built(door)
    inside.sets = [held] if held else []
    return street.page(f"/oauth2callback{query}", {"cookie": asked_for} if asked_for else {})


def came_for(street: Street, address: str) -> str:
    answer = street.page(address)
    return next((one.partition(";")[0] for one in answer.cookies if one.startswith("came_for=")), "")


def test_back_to_the_page_that_was_asked_for_with_all_its_parameters(street: Street, door: Door) -> None:
    wanted = "/dossiers?unit=dong-phu&as_of=2021-05-01T17%3A00&kpi=overdue_open&lang=en&q=%C4%90%E1%BB%93ng+Ph%C3%BA"
    answer = come_back(door, cookie(logged_in()), came_for(street, wanted))
    assert (answer.status, answer["location"]) == (303, wanted)
    assert any(one.startswith(('came_for="";', "came_for=;")) for one in answer.cookies)


@pytest.mark.parametrize(
    "address",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "", "dossiers", "/auth/logout", "/x\r\nset-cookie: a=b"],
)  # fmt: skip
def test_nowhere_else(address: str, door: Door) -> None:
    from urllib.parse import quote

    answer = come_back(door, cookie(logged_in()), f"came_for={quote(address, safe='')}")
    assert (answer.status, answer["location"]) == (303, "/")


@given(some.text())
def test_a_local_address_never_leads_away(address: str) -> None:
    from urllib.parse import urljoin, urlsplit

    if is_local(address):
        assert urlsplit(urljoin("https://dashboard.example/oauth2callback", address)).netloc == "dashboard.example"


def test_cookies_are_secure_and_out_of_reach_of_scripts(street: Street, door: Door) -> None:
    set_ = [*come_back(door, cookie(logged_in())).cookies, *street.page("/dossiers").cookies]
    assert len(set_) == 3
    for one in set_:
        flags = {part.strip().lower() for part in one.split(";")[1:]}
        assert {"secure", "samesite=lax"} <= flags
        assert "httponly" in flags or "max-age=0" in flags


def test_whoever_nobody_invited_is_told_so(door: Door) -> None:
    answer = come_back(door, cookie(logged_in("stranger")))
    assert answer.status == 403
    assert "chưa được mời" in answer.text and "máy lẻ 12" in answer.text and 'href="/auth/logout"' in answer.text


@pytest.mark.parametrize("wrong", [{"aud": ["other"], "azp": CLIENT}, {"iss": "https://evil.example"}, {"iat": 1}])
def test_a_token_of_another_kind_sets_no_cookie(wrong: dict[str, Any], door: Door) -> None:
    answer = come_back(door, cookie(logged_in(**wrong)))
    assert answer.status == 403
    assert not any("_streamlit_user" in one for one in answer.cookies)


def test_a_login_that_the_provider_did_not_finish(door: Door) -> None:
    assert come_back(door, "").status == 403
    assert come_back(door, "", query="?error=access_denied").status == 403
    assert come_back(door, "", query="")["location"] == "/"  # back from logging out there


def test_a_provider_that_does_not_answer(street: Street) -> None:
    answer = street.page("/auth/login?provider=unreachable")
    assert answer.status == 502
    assert "không trả lời" in answer.text and "máy lẻ 12" in answer.text


# Tokens ---------------------------------------------------------------------------------------------------------------


def test_a_token_opens_what_machines_ask_and_no_page(street: Street) -> None:
    _number, secret = make(opened().store, LOCAL, "giám sát", [Action.figures], "", 1, NOW)
    bearer = {"authorization": f"Bearer {secret}"}
    assert street.ask("/api/v1/kpi", bearer).text == "token:1 0"
    assert street.ask("/metrics", bearer).status == 200
    for path in ("/", "/media/x", "/_stcore/host-config", "/_stcore/upload_file/s/f"):
        assert street.ask(path, bearer).status == 401
    assert street.stream({**bearer, "origin": "https://dashboard.example"})[0]["type"] == "websocket.close"
    assert street.ask("/api/v1/kpi", {**known(), "authorization": "Bearer wrong"}).status == 401


def test_whoever_tries_many_tokens_is_not_listened_to(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    monkeypatch.setattr(logins, "by_token", lambda secret, at: tried.append(secret))
    for number in range(200):
        assert street.ask("/api/v1/kpi", {"authorization": f"Bearer {number}"}).status == 401
    assert len(tried) < 30


# How often, how much --------------------------------------------------------------------------------------------------


def test_ten_thousand_tries_to_log_in(door: Door) -> None:
    street, _inside = built(door)
    statuses = street.ask_often("/auth/login?provider=x", 10_000)
    assert statuses[:200] == [200] * 200
    assert statuses.count(200) < 500
    refused = street.ask("/oauth2callback?code=x")
    assert refused.status == 429 and int(refused["retry-after"]) >= 1
    street.client = "192.0.2.7"
    assert street.ask("/auth/login").status == 200  # others still can


def test_buckets_forget_rather_than_grow() -> None:
    buckets = limits.Buckets(most=100)
    for number in range(10_000):
        buckets.wait(limits.LOGIN, str(number), 0.0)
    assert len(buckets) == 100


def test_a_bucket_fills_again() -> None:
    buckets, rule = limits.Buckets(), limits.Rule("r", burst=2, per_second=0.5)
    assert [buckets.wait(rule, "a", at) for at in (0, 0, 0, 1, 2, 2)] == [0, 0, 2, 1, 0, 2]
    assert buckets.wait(rule, "b", 0) == 0
    assert [buckets.wait(rule, "a", 1000) for _ in range(3)] == [0, 0, 2]


GIBIBYTE = 2**30


def pieces(total: int) -> Iterator[bytes]:
    piece = bytes(2**20)
    return (piece for _ in range(total // len(piece)))


def test_a_gibibyte_is_refused_before_it_is_read(street: Street) -> None:
    mine, path = known(), "/_stcore/upload_file/s/f"
    told = street.ask(path, {**mine, "content-length": str(GIBIBYTE)}, "PUT", pieces(GIBIBYTE))
    assert (told.status, told.read) == (413, 0)
    untold = street.ask(path, mine, "PUT", pieces(GIBIBYTE))
    assert untold.status == 413
    assert untold.read <= 202 * 2**20
    assert street.ask(path, {}, "PUT", pieces(GIBIBYTE)).read == 0
    elsewhere = street.ask("/anything", mine, "POST", pieces(GIBIBYTE))
    assert elsewhere.status == 413 and elsewhere.read <= 2 * 2**20
    lying = street.ask(path, {**mine, "content-length": "1"}, "PUT", pieces(GIBIBYTE))
    assert lying.status == 413
    assert street.ask(path, mine, "PUT", pieces(2**22)).text.endswith(f" {2**22}")


def test_uploads_are_counted_by_person(door: Door) -> None:
    street, _inside = built(door)
    chief, clerk = known(), known(subject="clerk")
    statuses = [street.ask("/_stcore/upload_file/s/f", chief, "PUT").status for _ in range(80)]
    assert statuses[:60] == [200] * 60 and statuses[-1] == 429
    assert street.ask("/_stcore/upload_file/s/f", clerk, "PUT").status == 200


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("192.0.2.1", "1.1.1.1", "192.0.2.1"),  # no proxy of ours: what it says counts for nothing
        ("10.0.0.2", "1.1.1.1", "1.1.1.1"),
        ("10.0.0.2", "9.9.9.9, 1.1.1.1", "1.1.1.1"),  # the first was made up by the asker
        ("10.0.0.2", "9.9.9.9, 1.1.1.1, 10.0.0.3", "1.1.1.1"),
        ("10.0.0.2", "", "10.0.0.2"),
        ("::ffff:10.0.0.2", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("10.0.0.2", "<script>", "?"),
        (None, "", "?"),
    ],
)
def test_who_asks_behind_a_proxy(peer: str | None, forwarded: str, expected: str) -> None:
    assert asker(peer, forwarded, ["10.0.0.0/8"]) == expected


# Setting up -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", list(ENVIRONMENT))
def test_a_login_without_its_secrets_does_not_start(missing: str, home: Path) -> None:
    short = {**ENVIRONMENT, "CAMPAIGN_HOME": str(home), missing: "short" if "COOKIE" in missing else ""}
    with pytest.raises(CallFault, match=missing):
        from_environment(short)


def test_secrets_are_never_shown(door: Door) -> None:
    assert SECRET not in repr(door) and COOKIE_SECRET not in repr(door)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("https://dashboard.example/oauth2callback", "http://dashboard.example/oauth2callback"),
        ("https://dashboard.example/oauth2callback", "https://dashboard.example/x"),
        (f"{ISSUER}/.well-known", "http://login.example/.well-known"),
        ('"10.0.0.0/8"', '"everywhere"'),
        ("client_id", "client"),
    ],
)
def test_a_login_that_would_not_be_safe_is_refused(old: str, new: str, tmp_path: Path) -> None:
    assert old in LOGIN
    (tmp_path / "home.toml").write_text(LOGIN.replace(old, new), encoding="utf-8")
    with pytest.raises(DataFault, match="login"):
        from_environment({**ENVIRONMENT, "CAMPAIGN_HOME": str(tmp_path)})


def test_a_home_without_a_login(tmp_path: Path) -> None:
    assert from_environment({"CAMPAIGN_HOME": str(province(tmp_path / "home"))}).login is None
    assert from_environment({"CAMPAIGN_HOME": str(tmp_path / "nowhere")}).login is None
    assert Home(tmp_path / "home").file.login is None
