"""What an attacker tried and got: every one of these worked once."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg

from data import audit, roll, tokens
from data import logins as kept_logins
from data.access import Action, Role
from data.clock import to_micros
from data.errors import AccessFault
from data.home import Home
from data.opened import opened
from data.people import LOCAL
from data.roll import Wanted
from data.store import Store
from kpi import definitions, meeting
from kpi.reports import issuing
from loaders.report import LoadReport
from pages.parts import access, account
from pages.parts.intake import held
from pages.parts.literal import literal
from pages.parts.report import acting as writing
from pages.parts.roll import listing
from pages.parts.room import acting as sitting
from pages.web import limits, logins
from pages.web.door import Door, from_environment
from tests.exports import province
from tests.web.knocking import Street, cookie
from tests.web.looking import visit
from tests.web.planted import CAMPAIGN, ISSUED, MOMENT, plant, viewers
from tests.web.test_gates import ENVIRONMENT, NOW, PEOPLE, built, clock, come_back, door, home, known, logged_in, street

__all__ = ["clock", "door", "home", "street"]  # fixtures
HERE = {"origin": "https://dashboard.example"}


# A load holds the one write lock --------------------------------------------------------------------------------------


@contextmanager
def loading(root: Path) -> Iterator[None]:
    """Somebody else's load under way."""
    other = sqlite3.connect(root / "campaign.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def begun(subject: str) -> dict[str, object]:
    """The claims of a login that has begun."""
    mine = logged_in(subject)
    logins.begin(from_environment({**ENVIRONMENT, "CAMPAIGN_HOME": os.environ["CAMPAIGN_HOME"]}), mine, NOW)
    return mine


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A login waits a moment instead of some seconds; everything else as long as ever."""
    assert kept_logins.PATIENCE_S <= 5
    monkeypatch.setattr(kept_logins, "PATIENCE_S", 0.05)


@pytest.mark.usefixtures("impatient")
def test_a_login_during_a_load_is_told_to_try_again(home: Path, door: Door) -> None:
    held, asked_for = cookie(logged_in()), "came_for=%2Fdossiers"
    opened()
    with loading(home):
        answer = come_back(door, held, asked_for)
    assert answer.status == 503
    assert "Kho dữ liệu đang bận" in answer.text and 'href="/auth/start"' in answer.text
    assert not answer.cookies  # neither logged in, nor is the page that was asked for forgotten
    assert come_back(door, held, asked_for)["location"] == "/dossiers"


@pytest.mark.usefixtures("impatient")
def test_a_logout_during_a_load_says_that_it_did_not_happen(home: Path, street: Street) -> None:
    mine = known()
    leave = {**mine, "sec-fetch-site": "same-origin"}
    with loading(home):
        answer = street.page("/auth/logout", leave)
    assert answer.status == 503
    assert "Chưa đăng xuất được" in answer.text and 'href="/auth/logout"' in answer.text
    assert street.ask("/x", mine).status == 200
    street.page("/auth/logout", leave)
    assert street.ask("/x", mine).status == 401


@pytest.mark.usefixtures("impatient")
def test_logging_out_everywhere_during_a_load_says_that_it_did_not_happen(
    home: Path, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = logins.present(door, begun("head"), NOW)
    said: list[str] = []
    monkeypatch.setattr("streamlit.error", said.append)
    monkeypatch.setattr("streamlit.logout", lambda: said.append("logged out"))
    with loading(home):
        account._everywhere(head)
    assert len(said) == 1 and "Chưa ghi gì" in said[0]


def test_no_page_waits_because_somebody_was_added_to_the_file(home: Path, street: Street) -> None:
    """Only a login has to read it: whoever is logged in is on the roll."""
    mine, file = known(), home / "viewers.csv"
    file.write_text(f"{PEOPLE}new@example.vn,,,Người mới,leader,\n", encoding="utf-8")
    try:
        with loading(home), pytest.MonkeyPatch.context() as patch:
            patch.setenv("CAMPAIGN_BUSY_SECONDS", "0.05")  # whoever waits fails
            assert street.ask("/x", mine).status == 200
    finally:
        file.write_text(PEOPLE, encoding="utf-8")


# Refusals that left no entry ------------------------------------------------------------------------------------------


def refusals(action: str) -> list[audit.Line]:
    store = opened().store
    assert store.aside.flush()
    return audit.search(store, action=action, outcome="refused", limit=1000)[0]


@pytest.mark.parametrize(
    "wrong", [{"aud": ["other"], "azp": "campaign"}, {"iss": "https://evil.example"}, {"iat": NOW // 10**6 - 90_000}]
)
def test_a_login_that_was_refused_is_written_down(wrong: dict[str, object], home: Path, door: Door) -> None:
    mine = logged_in(f"liar{len(str(wrong))}", **wrong)
    assert come_back(door, cookie(mine)).status == 403
    assert [line.outcome for line in refusals("login") if str(mine["sub"]) in line.who] == ["refused"]


def test_a_login_begun_again_after_its_end_is_written_down(home: Path, door: Door, street: Street) -> None:
    mine = logged_in("head")
    assert come_back(door, cookie(mine)).status == 303
    street.page("/auth/logout", {"cookie": cookie(mine), "sec-fetch-site": "same-origin"})
    before = len(refusals("login"))
    assert come_back(door, cookie(mine)).status == 403
    assert len(refusals("login")) == before + 1


def test_tokens_that_are_none_are_written_down(home: Path, street: Street) -> None:
    for secret in ("cdt_guess", "another"):
        assert street.ask("/api/v1/kpi", {"authorization": f"Bearer {secret}"}).status == 401
    (line,) = refusals("token")  # once a minute, however many are tried
    assert "cdt_" not in line.who + line.what + line.details


# What a head's browser may send ---------------------------------------------------------------------------------------


def test_only_who_hands_in_files_fills_the_memory_with_them(street: Street) -> None:
    path = "/_stcore/upload_file/s/f"
    assert street.ask(path, known("head"), "PUT", [b"x"]).status == 403
    assert street.ask(path, known(), "PUT", [b"x"]).status == 200
    assert street.ask(path, known("head"), "DELETE").status == 403


def message(kind: str) -> bytes:
    said = BackMsg()
    if kind == "rerun_script":
        said.rerun_script.query_string = "unit=dong-phu"
    elif kind in ("stop_script", "app_heartbeat", "clear_cache", "load_git_info", "set_run_on_save", "debug_shutdown_runtime"):  # fmt: skip
        setattr(said, kind, True)
    elif kind == "file_urls_request":
        said.file_urls_request.request_id = "1"
    else:
        getattr(said.backend_operation_request, kind).SetInParent()
    return said.SerializeToString()


def test_a_page_says_only_what_pages_say(door: Door) -> None:
    """«clear_cache» would empty the caches of everybody."""
    street, inside = built(door)
    heard = [message(kind) for kind in ("rerun_script", "stop_script", "file_urls_request", "deferred_file", "app_heartbeat")]  # fmt: skip
    never = [message(kind) for kind in ("clear_cache", "load_git_info", "set_run_on_save", "debug_shutdown_runtime", "install_skills")]  # fmt: skip
    street.stream({**known("head"), **HERE}, [*never, *heard, b"\xff\xff"])
    assert inside.heard == heard


def test_a_message_too_long_ends_the_stream(door: Door) -> None:
    street, inside = built(door)
    long = BackMsg()
    long.rerun_script.query_string = "x" * limits.MOST_BODY
    street.stream({**known("head"), **HERE}, [message("rerun_script"), long.SerializeToString(), message("rerun_script")])  # fmt: skip
    assert inside.heard == [message("rerun_script")]


def test_one_person_opens_so_many_streams_and_no_more(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_STREAMS", 2)
    street, _inside = built(door)
    head, chief, opened_ = {**known("head"), **HERE}, {**known(), **HERE}, list[str]()

    def open_another(who: dict[str, str], more: int) -> None:
        inner = [lambda: open_another(head, more - 1), lambda: open_another(chief, 0)] if more else []
        opened_.append(street.stream(who, inner)[0]["type"])

    open_another(head, 2)
    assert opened_.count("websocket.close") == 1  # the third of the head; the chief's are another person's
    opened_.clear()
    open_another(head, 1)  # those that ended count no longer
    assert "websocket.close" not in opened_


# What the log says of whom --------------------------------------------------------------------------------------------


def test_nobody_takes_another_identity_by_a_name() -> None:
    """Name and account are told apart by a dot in the middle."""
    forged = replace(LOCAL, name="Trần B · https://sso.example b", identity="https://sso.example a")
    name, _dot, account = audit.signed(forged).partition(" · ")
    assert account == "https://sso.example a" and name.startswith("Trần B")


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plant(tmp_path_factory.mktemp("red") / "home")


def test_reading_refused_rows_and_reports_is_reading_dossiers(planted: Path) -> None:
    who = replace(viewers(planted)["auditor"], name="Người đọc")
    with pytest.MonkeyPatch.context() as patch:
        browser = visit(planted, who, patch)
        assert "DELTA-DATE" in browser.open("imports", as_of=MOMENT, part="refused")
        assert "DELTA-OVERDUE" in browser.open("reports", as_of=MOMENT, part="preview")
        store = opened().store
        assert store.aside.flush()
    found = {(line.action, line.what) for line in audit.search(store, who="Người đọc")[0]}
    assert found >= {("dossiers", "imports refused"), ("dossiers", "reports preview")}


# Words that are Markdown ----------------------------------------------------------------------------------------------

FORGED = "[Bấm vào đây](https://evil.example) **đã nạp** :material/lock:"


def test_a_file_or_person_named_like_a_link_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    kept: dict[str, object] = {}
    for name in ("success", "error"):
        monkeypatch.setattr(f"streamlit.{name}", said.append)
    monkeypatch.setattr("streamlit.session_state", kept)
    held._tell(FORGED, None, "")
    held._tell(FORGED, None, FORGED)
    held._tell(FORGED, LoadReport(FORGED, "refused", reason=FORGED), "")
    for acting in (writing, sitting):
        kept[acting.MESSAGE] = ("", FORGED)
        acting.tell()
    kept[listing.MESSAGE] = FORGED
    listing.tell()
    assert len(said) == 6
    assert not [text for text in said if "](https:" in text or "**" in text or " :material" in text]
    assert literal("a\n# b & <i>") == "a \\# b \\& \\<i\\>"


# An administrator who has just been removed -----------------------------------------------------------------------------


def test_a_click_that_waited_is_not_heard_after_the_right_is_gone(tmp_path: Path) -> None:
    """While a load holds the store, clicks wait; the removal may be the first of them to be written."""
    store = Store.open(Home(province(tmp_path / "home")))
    at = NOW
    for name in ("an", "binh"):
        roll.propose(store, LOCAL, Wanted(name, Role.administrator, issuer="i", subject=name), at)
    an, binh = (
        kept_logins.begin(store, kept_logins.Login("i", one, "", one, at + 1), at + 2) for one in ("an", "binh")
    )
    change = roll.propose(store, an, Wanted("cuc", Role.leader, email="cuc@x.vn"), at + 3)
    assert change is not None
    roll.remove(store, LOCAL, binh.id, at + 4)
    for press in (
        lambda: roll.confirm(store, binh, change, at + 5),
        lambda: roll.reject(store, binh, change, at + 5),
        lambda: roll.propose(store, binh, Wanted("dung", Role.leader, email="d@x.vn"), at + 5),
        lambda: roll.remove(store, binh, an.id, at + 5),
        lambda: roll.end_sessions(store, binh, an.id, at + 5),
        lambda: tokens.make(store, binh, "IOC", [Action.figures], "", 1, at + 5),
    ):
        with pytest.raises(AccessFault):
            press()
    assert [one.id for one in roll.waiting(store)] == [change] and not tokens.listed(store)


def test_a_file_drawn_for_the_province_is_not_made_for_one_unit(planted: Path) -> None:
    """The page that drew it holds what its viewer could see then; the unit of the page is still theirs."""
    people = viewers(planted)
    officer = people["officer"]
    with pytest.MonkeyPatch.context() as patch:
        browser = visit(planted, officer, patch)
        assert "DELTA-OLD" in browser.open("source", as_of=MOMENT, unit="huyen-c", entry="DELTA-OLD")
        files = dict(browser.files)
        assert all(make() for make in files.values())
        narrowed = replace(people["head of huyen-c"], id=officer.id, identity=officer.identity)
        patch.setattr(access, "_again", lambda _viewer: narrowed)
        for make in files.values():
            with pytest.raises(AccessFault):
                make()


# Every deed of the list has its entry ---------------------------------------------------------------------------------


def test_every_deed_leaves_its_entry_in_somebodys_name(planted: Path, tmp_path: Path) -> None:
    """Logins, imports, undos, changes of definitions, of people and tokens, issues of reports."""
    root = Path(shutil.copytree(planted, tmp_path / "home"))
    store = Store.open(Home(root))
    account = kept_logins.Login("https://sso", "an", "an@x.vn", "key", NOW)
    roll.propose(store, LOCAL, Wanted("An", Role.administrator, email="an@x.vn"), NOW)
    an = kept_logins.begin(store, account, NOW)
    audit.act_as(an)
    try:
        definitions.note(store, store.home, who=an.name, at=NOW)
        toml = root / "campaigns" / f"{CAMPAIGN}.toml"
        toml.write_text(toml.read_text(encoding="utf-8").replace("value = 1.0", "value = 0.9", 1), encoding="utf-8")
        store = Store.open(Home(root))
        campaign = store.home.campaign(CAMPAIGN)
        issuing.issue(store, store.home, campaign, as_of=to_micros(ISSUED), who=an.name, at=NOW, reason="đổi chỉ tiêu")
        tokens.make(store, an, "IOC", [Action.figures], "", 1, NOW)
        tokens.revoke(store, an, 1, NOW)
        store.undo(store.last_import(), who=an.name, at=NOW)
        roll.propose(store, an, Wanted("Bình", Role.leader, email="b@x.vn"), NOW)
        kept_logins.end(store, "key", NOW)
    finally:
        audit.act_as(LOCAL)
    lines = audit.search(store, since=NOW)[0][::-1]
    assert [line.action for line in lines] == [
        "people", "bind", "login", "definition", "issue", "token", "token", "undo", "people", "logout",
    ]  # fmt: skip
    assert {line.who for line in lines[1:]} == {"An · https://sso an"} and lines[0].who == "local"
    assert {line.role for line in lines} == {"administrator"}
    assert audit.verify(store) == []


def test_a_page_that_talks_without_end_is_listened_to_more_slowly(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every message asks the store who says it; nobody else is to wait for that."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(limits, "SAYS", limits.Rule("say", 3, 0.001))
    monkeypatch.setattr("pages.web.identity.sleep", sleep)
    street, inside = built(door)
    street.stream({**known("head"), **HERE}, [message("rerun_script")] * 5)
    assert inside.heard == [message("rerun_script")] * 5  # none is lost
    assert [round(one) > 0 for one in waited] == [False, False, False, True, True]


def test_notes_of_the_whole_meeting_are_not_read_in_one_unit(planted: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(planted, tmp_path / "home"))
    store, at = Store.open(Home(root)), to_micros(ISSUED)
    here = meeting.begin(store, store.home, store.home.campaign(CAMPAIGN), as_of=at, who="an", at=NOW)
    meeting.note(store, here, "Huyện Delta giải trình", who="an", at=NOW)
    meeting.end(store, here, who="an", at=NOW)
    people = viewers(root)
    for who, unit, told in (("leader", "tinh", True), ("head of huyen-c", "huyen-c", False)):
        with pytest.MonkeyPatch.context() as patch:
            browser = visit(root, people[who], patch)
            text = browser.open("room", unit=unit, step="end", as_of="2021-04-19T17:00")
            assert "Phiên họp đã kết thúc" in text and ("giải trình" in text) == told, who
