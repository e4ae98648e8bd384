"""Every page, part, file and feed as every role and as nobody: who may is written out here, not taken from the product."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from starlette.applications import Starlette

from data import audit
from data.clock import to_micros
from data.errors import AccessFault
from data.home import Home
from data.opened import opened
from data.people import Viewer
from data.store import Store
from kpi import issues
from pages.parts import access, cached, doors, first_visit
from pages.parts.agreed import from_sheet
from pages.parts.intake import held, history, upload
from pages.parts.view import View
from pages.web import feeds
from tests.conftest import ROOT
from tests.web.asking import Asking
from tests.web.looking import PAGES, Visit, inside, params, visit
from tests.web.planted import BELOW, CAMPAIGN, CODES, ISSUED, MOMENT, WORDS, plant, viewers

A, C, L, H, O, U = "administrator", "committee", "leader", "head", "officer", "auditor"  # noqa: E741
EVERYBODY = {A, C, L, H, O, U}
OPEN = {
    "overview": EVERYBODY,
    "progress": EVERYBODY,
    "departments": EVERYBODY,
    "districts": EVERYBODY,
    "rankings": EVERYBODY,
    "compare": EVERYBODY,
    "my_unit": EVERYBODY,
    "dossiers": EVERYBODY,
    "services": EVERYBODY,
    "source": EVERYBODY,
    "room": EVERYBODY,
    "reports": EVERYBODY,
    "imports": {A, C, O, U},
    "targets": EVERYBODY,
    "as_reported": EVERYBODY,
    "published": EVERYBODY,
    "people": {A},
    "audit": {A, U},
}
"""Page → roles it is open to."""
INPUTS = (
    ("imports", "part=upload", "file_uploader", "upload_0", {A, O}),
    ("imports", "part=history&entry=2", "button", "undo_look", {A, O}),
    ("targets", "part=sheet", "file_uploader", "targets_0", {A, O}),
    ("progress", "part=whatif&steps=huyen-c:clear=1", "text_input", "Tên kịch bản", {A, C, O}),
    ("room", "step=decisions", "button", "meeting_begin", {A, C}),
    ("reports", "part=text", "text_area", "Đoạn 1", {A, C, O}),
    ("reports", "part=issue", "button", "issue", {A, C}),
    ("people", "part=invite", "button", "invite_do", {A}),
)
"""Page, link, kind and name of an input that writes → roles that are given it."""
FEEDS = {
    "/api/v1/kpi": ("window=all", EVERYBODY),
    "/api/v1/units": ("", EVERYBODY),
    "/api/v1/campaigns": ("", EVERYBODY),
    "/api/v1/worklist": (f"campaign={CAMPAIGN}&kpi=overdue_open&unit=huyen-c&as_of={MOMENT}", EVERYBODY),
    "/api/v1/openapi.json": ("", EVERYBODY),
    "/metrics": ("", EVERYBODY),
}
"""Feed → a question about what the head of Huyện Charlie answers for, and the roles that are answered."""
FOR_ANYBODY = {"/healthz", "/api/{rest:path}"}
CLOSED, NOT_YOURS = "Trang này không thuộc phần việc của bạn", "Bạn không xem được hồ sơ của"

TELLING = {"dossiers", "my_unit", "source", "as_reported", "reports", "room"}
"""Pages on which somebody sees dossiers by their codes."""
LINKS = (
    *((page, "") for page in PAGES),
    *((page, "unit=huyen-d") for page in PAGES),
    *((page, "unit=tinh") for page in TELLING),
    *(("dossiers", f"unit={unit}&part={part}") for unit in ("", "huyen-d", "tinh") for part in ("letters", "register", "ages")),
    *(("dossiers", f"unit={unit}&part=search&entry={text}") for unit in ("", "huyen-d") for text in ("-OLD", "MOVED")),
    *(("dossiers", f"kind={lane}") for lane in ("overdue", "today", "t2", "no_due_date")),
    *(("source", f"unit={unit}&kpi={kpi}&part=all") for unit in ("", "huyen-d", "tinh") for kpi in ("overdue_open", "on_time_resolved", "apology_ok")),
    *(("source", f"entry={code}") for code in ("CHARLIE-OLD", "MOVED-1", "DV-huyen-d-1")),
    *(("as_reported", f"unit={unit}&entry=1&kind=overdue_open") for unit in ("", "huyen-c", "huyen-d", "tinh")),
    ("as_reported", "part=log"),
    ("imports", "part=refused"),
    ("imports", "part=quality&kind=no_due_date"),
    ("imports", "part=history&entry=2"),
    ("progress", "part=whatif&steps=huyen-d:clear=2"),
    ("services", "part=denominators&kpi=online_submit"),
    *(("reports", f"unit={unit}&part={part}") for unit in ("", "tinh") for part in ("preview", "changes", "issue")),
    *(("room", f"step={step}&entry=huyen-d") for step in ("promises", "changes", "units", "decisions", "end")),
)  # fmt: skip
"""Page and link, of everything that lists or counts dossiers, asked for the own unit, a foreign one and the province."""


def role(who: str) -> str:
    return H if who.startswith("head") else who


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plant(tmp_path_factory.mktemp("planted") / "home")


@pytest.fixture(scope="module")
def people(planted: Path) -> Mapping[str, Viewer]:
    return viewers(planted)


@pytest.fixture(scope="module")
def browsers(planted: Path, people: Mapping[str, Viewer]) -> Iterator[Callable[[str], Visit]]:
    """A browser of each viewer, kept open: what one has seen is in the process's caches when the next one asks."""
    kept: dict[str, Visit] = {}
    with pytest.MonkeyPatch.context() as patch:

        def browser(who: str) -> Visit:
            if who not in kept:
                kept[who] = visit(planted, people[who], patch)
            kept[who].sit_down(people[who], patch)
            return kept[who]

        yield browser


def foreign(found: set[str], who: str) -> set[str]:
    """Those of some codes that are of no dossier of a head's."""
    own = {WORDS[unit] for unit in BELOW[who.removeprefix("head of ")]}
    if who == "head of huyen-c":
        own.add("MOVED")
    return {code for code in found if code.partition("-")[0] not in own}


HEADS = [f"head of {unit}" for unit in BELOW]


# Pages ----------------------------------------------------------------------------------------------------------------


def test_every_page_stands_in_the_table() -> None:
    assert PAGES.keys() == OPEN.keys()
    assert {name for name in doors.DOORS if "/" not in name} == OPEN.keys()


@pytest.mark.parametrize("who", [A, C, L, O, U, "head of huyen-c"])
def test_a_page_opens_to_whom_it_is_meant_for(who: str, browsers: Callable[[str], Visit]) -> None:
    browser = browsers(who)
    for page, roles in OPEN.items():
        browser.open(page, as_of=MOMENT)
        assert (CLOSED in browser.said) == (role(who) not in roles), page
        assert bool(browser.files) == (role(who) in roles), (
            f"{page}: files are offered where the page is closed, or none"
        )
    landing = "my_unit" if role(who) == H else "overview"
    open_ = {page for page, roles in OPEN.items() if role(who) in roles}
    assert browser.menu == {*open_ - {landing}, ""}


@pytest.mark.parametrize("who", [A, C, L, O, U, "head of huyen-c"])
def test_what_writes_is_given_to_whom_it_is_meant_for(who: str, browsers: Callable[[str], Visit]) -> None:
    browser = browsers(who)
    for page, link, kind, name, roles in INPUTS:
        browser.open(page, as_of=MOMENT, **params(link))
        found = [f"{one.proto.id} {one.proto.label}" for one in browser.app.get(kind)]
        assert any(name in one for one in found) == (role(who) in roles), (page, link, found)


def test_refused_rows_are_told_to_those_who_may_look_at_them(browsers: Callable[[str], Visit]) -> None:
    for who in (A, C, L, O, U, "head of huyen-c"):
        browsers(who).open("overview", as_of="2021-04-19T23:00")
        assert ("dòng bị từ chối" in browsers(who).said) == (role(who) in {A, C, O, U}), who


def test_nobody_sees_nothing(planted: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        browser = visit(planted, None, patch)
        for page in PAGES:
            browser.app.query_params["unit"] = "huyen-d"
            browser.app._page_hash = page
            browser.app.run()
            assert "Chưa đăng nhập." in browser.said
            assert not browser.files and not browser.menu
            assert not re.search(r"Charlie|Delta|Tổng quan|[A-Z]-OLD", browser.text)


def test_a_head_begins_with_the_own_unit(browsers: Callable[[str], Visit]) -> None:
    browser = browsers("head of huyen-c")
    browser.app.query_params.clear()
    for page in ("my_unit", "dossiers", "services", "source"):
        browser.open(page, as_of=MOMENT)
        assert "Huyện Charlie" in browser.said and "Toàn tỉnh" not in browser.said, page
    for page in ("overview", "rankings", "progress"):
        browser.open(page, as_of=MOMENT)
        assert "Toàn tỉnh" in browser.said, page
    browser.open("my_unit", as_of=MOMENT, unit="huyen-d")
    assert "Huyện Delta" in browser.said and NOT_YOURS in browser.said
    browser.open("dossiers", as_of=MOMENT, unit="huyen-d")
    assert NOT_YOURS in browser.said and not browser.files


# Dossiers of others ---------------------------------------------------------------------------------------------------


def test_nothing_of_other_units_is_on_any_page_or_in_any_file(browsers: Callable[[str], Visit]) -> None:
    """The heads take turns, so that whatever one of them put into a cache is there when the next one asks."""
    seen: dict[str, set[str]] = {who: set() for who in (*HEADS, A)}
    in_files: set[str] = set()
    others = HEADS[::2]
    for n, (page, link) in enumerate(LINKS):
        # Everything once by somebody; where codes stand, by two heads in turn, and by an administrator to see that they do.
        looking = [others[n % len(others)]]
        if page in TELLING:
            looking = ["head of huyen-c", *looking] if n % 3 == 0 else ["head of huyen-c"]
            looking = [A, *looking] if "unit=tinh" in link else looking
        for who in looking:
            browser = browsers(who)
            text = browser.open(page, as_of=MOMENT, **params(link))
            found = codes(text)
            if who != A:
                told = codes(*contents(browser, with_pdf=link == "kind=overdue"))
                in_files |= told
                found |= told
                found -= {*params(link).values()}  # the visitor's own words come back
                assert not foreign(found, who), (who, page, link)
            seen[who] |= found
    # The search can fail: an administrator sees codes of every unit there, each head those of the own unit.
    assert {code.partition("-")[0] for code in seen[A]} == {*WORDS.values(), "MOVED"}
    for who in HEADS:
        own = {WORDS[unit] for unit in BELOW[who.removeprefix("head of ")]}
        assert {code.partition("-")[0] for code in seen[who]} & {*WORDS.values()} == own
    assert len(in_files) > 10
    # It was theirs once, and they see it as they had it.
    assert "MOVED-1" in seen["head of huyen-c"] and "MOVED-1" not in seen["head of so-a"] | seen["head of xa-f"]


def codes(*texts: str) -> set[str]:
    """Every dossier code in some texts."""
    return {code for text in texts for code in re.findall(r"\b(?:[A-Z]{4,}-)+[A-Z0-9]+\b", text)} & CODES


def contents(browser: Visit, with_pdf: bool) -> Iterator[str]:
    """What the files of a page hold; setting a page on paper takes long, so not of every one."""
    for name, make in browser.files.items():
        if name.endswith((".xlsx", ".csv")) or (with_pdf and name.endswith(".pdf")):
            yield inside(make())


def test_a_dossier_of_others_is_not_told_from_none(browsers: Callable[[str], Visit]) -> None:
    browser = browsers("head of so-a")
    theirs, none = (browser.open("source", as_of=MOMENT, entry=code) for code in ("DELTA-OLD", "DELTA-NIL"))
    assert theirs.replace("DELTA-OLD", "*") == none.replace("DELTA-NIL", "*")
    assert "Không có hồ sơ, dịch vụ nào mang mã" in browser.said
    # What is typed into the box asks no more than a link does.
    browser.open("dossiers", as_of=MOMENT, part="search")
    for box in browser.app.text_input:
        box.set_value("-OLD").run()
    assert codes(browser.text) == {"ALPHA-OLD"}


def test_all_refused_rows_are_for_those_who_see_all_units(browsers: Callable[[str], Visit]) -> None:
    text = browsers(O).open("imports", as_of=MOMENT, part="refused")
    assert "DELTA-DATE" in text
    assert any("DELTA-DATE" in inside(make()) for name, make in browsers(O).files.items() if name.startswith("dong-bi"))


def test_no_question_of_a_page_is_answered_for_others(planted: Path, people: Mapping[str, Viewer]) -> None:
    """Even where a page forgot to look at the unit: what it asks by is the viewer's scope."""
    home = Home(planted)
    store = Store.open(home)
    at = to_micros(ISSUED) + 86_400_000_000
    tree, (issue,) = store.tree(date(2021, 4, 20)), issues.listed(store)
    for who in HEADS:
        shared = cached.Opened(home, store, "questions")
        view = View(shared, people[who], home.campaign(CAMPAIGN), at, tree.root, "", tree, {}, "dossiers")
        with view.desk() as desk:
            found = {
                one.code for one in (*desk.in_lane("overdue"), *desk.search("-"), *desk.register(), *desk.to_send()[0])
            }
        found |= {task.code for task in view.work("overdue_open", 99).tasks}
        found |= {one["code"] for one in (*view.behind("overdue_open", 99, 0), *view.doubtful("no_due_date", 99, 0))}
        found |= {one.code for one in view.causes(issue, "overdue_open")}
        assert found and not foreign(found, who), who
        assert view.dossier("DELTA-NEWEST") == []


JUNK = ("", "all", "*", "huyen-c", "huyen-d", "tinh", "DELTA", "DELTA-OLD", "MOVED-1", "overdue", "-OLD", "' OR 1=1 --", "<script>x</script>", "\x00", "None", "🜁", "province")  # fmt: skip
NAMES = ("unit", "entry", "kind", "part", "kpi", "sheet", "steps", "with", "since", "campaign", "role", "scope", "viewer", "as_of")  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=some.data())
def test_no_link_widens(data: some.DataObject, browsers: Callable[[str], Visit]) -> None:
    browser = browsers("head of so-a")
    link = data.draw(some.dictionaries(some.sampled_from(NAMES), some.sampled_from(JUNK), max_size=5))
    page = data.draw(some.sampled_from(sorted(PAGES)))
    text = browser.open(page, **{"as_of": MOMENT, **link})
    # The visitor's own words come back in the search box and in what is said about them; they are not from the store.
    assert not foreign(codes(text) - {*link.values()}, "head of so-a")
    assert "<script>x" not in browser.said


def test_what_is_counted_for_one_is_never_told_to_another(planted: Path, people: Mapping[str, Viewer]) -> None:
    """Ten threads of two heads over the shared caches: each gets the own counts, whoever came first."""
    from concurrent.futures import ThreadPoolExecutor

    home = Home(planted)
    shared = cached.Opened(home, Store.open(home), "threads")
    at = to_micros(ISSUED) + 86_400_000_000
    # Lanes on 20 April, by hand: of the own seven OLD, OVERDUE and HEARD-LATE are overdue, TODAY, SOON, UNDATED stand apart.
    wanted = {"head of so-a": (3, 1, 1), "head of huyen-c": (6, 2, 2), "head of xa-f": (3, 1, 1)}

    def ask(who: str) -> tuple[str, tuple[int, ...], int]:
        scope = people[who].scope
        lanes = cached.desk_counts(shared, "threads", scope, CAMPAIGN, "tinh", at, "lanes")
        flagged, _total = cached.quality_counts(shared, "threads", scope)
        return who, (lanes["overdue"], lanes["today"], lanes["no_due_date"]), sum(flagged["no_due_date"].values())

    with ThreadPoolExecutor(10) as pool:
        for who, counts, undated in pool.map(ask, [*wanted] * 10):
            assert counts == wanted[who], who
            assert undated == counts[2], who


# Who looked -----------------------------------------------------------------------------------------------------------


def test_who_looked_at_dossiers_is_written_down(planted: Path, people: Mapping[str, Viewer]) -> None:
    """Once a minute for each page, unit and figure; files and refusals too; figures are not dossiers."""
    who, clock = replace(people["head of huyen-c"], id=99, name="Người xem"), [1_618_900_000_000_000]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pages.parts.view.now", lambda: clock[0])
        browser = visit(planted, who, patch)
        for seconds in (0, 20, 50, 70):
            clock[0] = 1_618_900_000_000_000 + seconds * 1_000_000
            browser.open("dossiers", as_of=MOMENT, part="search", entry="CHARLIE")
        browser.files["bang.xlsx"]()
        browser.open("source", as_of=MOMENT, kpi="overdue_open")
        browser.open("source", as_of=MOMENT, entry="CHARLIE-OLD")
        browser.open("overview", as_of=MOMENT)
        browser.open("dossiers", as_of=MOMENT, unit="huyen-d")
        browser.open("imports", as_of=MOMENT)
        store = opened().store
        assert store.aside.flush()
    lines, _total = audit.search(store, who="Người xem")
    found = Counter((line.action, line.what, line.unit, line.outcome) for line in lines)
    assert found == {
        ("dossiers", "dossiers", "huyen-c", "done"): 2,
        ("dossiers", "dossiers bang.xlsx", "huyen-c", "done"): 1,
        ("dossiers", "source overdue_open", "huyen-c", "done"): 1,
        ("dossiers", "source", "huyen-c", "done"): 1,
        ("dossiers", "dossiers", "huyen-d", "refused"): 1,
        ("imports", "imports", "huyen-c", "refused"): 1,
        ("dossiers", "my_unit backlog_cleared", "huyen-c", "done"): 1,
    }
    # What was typed is in none of them.
    assert not any("CHARLIE" in line.what + line.details for line in lines)


# Writes ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [C, L, U, "head of huyen-c"])
def test_a_forged_press_of_a_button_writes_nothing(who: str, planted: Path, people: Mapping[str, Viewer]) -> None:
    home = Home(planted)
    store = Store.open(home)
    before = store.data_version(), sorted((path, path.stat().st_mtime_ns) for path in planted.glob("campaigns/*"))
    shared = cached.Opened(home, store, "writes")
    view = SimpleNamespace(viewer=people[who], store=store, home=home, opened=shared, unit="huyen-c")
    for press in (
        lambda: upload._take([], shared, people[who]),
        lambda: upload.draw(shared, people[who]),
        lambda: first_visit._fill(shared, people[who]),
        lambda: history._take_back(view, {"id": 2, "file": "ho-so.csv"}),
        lambda: from_sheet._write(view, SimpleNamespace(changed={})),
    ):
        with pytest.raises(AccessFault):
            press()
    with pytest.MonkeyPatch.context() as patch:
        said: dict[str, object] = {}
        patch.setattr("streamlit.session_state", said)
        held._decide(view, 1, "x.csv", True)
        assert "không có quyền" in str(said)
    after = store.data_version(), sorted((path, path.stat().st_mtime_ns) for path in planted.glob("campaigns/*"))
    assert after == before


def test_a_file_is_not_made_for_whoever_has_lost_the_right(
    people: Mapping[str, Viewer], browsers: Callable[[str], Visit]
) -> None:
    """The button was drawn when it was theirs; it is asked again when the file is made."""
    browser = browsers("head of huyen-c")
    browser.open("dossiers", as_of=MOMENT)
    assert browser.files["bang.xlsx"]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            access, "_again", lambda _viewer: replace(people["head of so-a"], id=people["head of huyen-c"].id)
        )
        for make in browser.files.values():
            with pytest.raises(AccessFault):
                make()


def test_every_file_goes_through_the_one_door() -> None:
    """``frame.file`` asks again who is asking; nothing else offers files."""
    users = [path for path in (ROOT / "pages").rglob("*.py") if "download_button" in path.read_text(encoding="utf-8")]
    assert [path.name for path in users] == ["frame.py"]


# Feeds ----------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def machines(planted: Path) -> Iterator[Starlette]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CAMPAIGN_HOME", str(planted))
        patch.delenv("CAMPAIGN_DATABASE_URL", raising=False)
        yield Starlette(routes=feeds.routes())


def test_every_feed_stands_in_the_table() -> None:
    assert feeds.ROUTES.keys() == FEEDS.keys() | FOR_ANYBODY


@pytest.mark.parametrize("who", ["", A, C, L, O, U, "head of huyen-c"])
def test_a_feed_answers_whom_it_is_meant_for(who: str, machines: Starlette, people: Mapping[str, Viewer]) -> None:
    asking = Asking(machines, people[who] if who else None)
    for address, (query, roles) in FEEDS.items():
        expected = 401 if not who else 200 if role(who) in roles else 403
        assert asking.ask(f"{address}?{query}").status == expected, address
    assert asking.ask("/healthz").status == 200
    assert asking.ask("/api/v1/nothing").status == 404


@pytest.mark.parametrize("form", ["", "&format=csv"])
def test_no_feed_tells_of_dossiers_of_others(form: str, machines: Starlette, people: Mapping[str, Viewer]) -> None:
    at = f"campaign={CAMPAIGN}&as_of={MOMENT}{form}"
    for who in HEADS:
        asking = Asking(machines, people[who])
        for unit in (*WORDS, "tinh", "x' OR 1=1 --"):
            answer = asking.ask(f"/api/v1/worklist?{at}&kpi=overdue_open&unit={unit}".replace(" ", "%20"))
            own = unit in BELOW[who.removeprefix("head of ")]
            assert answer.status == (200 if own else 403), (who, unit)
            assert not foreign(codes(answer.text), who)
            assert (WORDS.get(unit, "-") + "-" in answer.text) == own
        # Figures are open, so none may be had of a single dossier.
        assert asking.ask(f"/api/v1/kpi?{at}&kpi=overdue_open&unit=huyen-d&filter=code=DELTA-OLD").status == 400
        for address, (query, _roles) in FEEDS.items():
            if "worklist" not in address:
                assert not foreign(codes(asking.ask(f"{address}?{query}").text), who), address
