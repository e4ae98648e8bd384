"""Viewers: what each role reaches, who may change whom, logins that end, tokens that never exceed their maker."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from data import audit, logins, roll, tokens
from data.access import ALL, TABLE, Action, Reach, Role
from data.errors import AccessFault, CallFault
from data.home import Home
from data.logins import Refused, begin, present
from data.people import LOCAL, Viewer, own_units, viewer_of
from data.roll import Wanted, confirm, propose, reject, remove
from data.schema_access import tokens as token_table
from data.store import Store
from tests.conftest import ROOT
from tests.data.access_homes import AT, DAY, HOUR, ISSUER, MINUTE, invited, login_of, small_home, small_store

DAY_2026 = date(2026, 4, 1)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return small_store(tmp_path)


def made(home: Home, role: Role, unit: str = "", **more: object) -> Viewer:
    return viewer_of(home, DAY_2026, id=7, name="A", identity="i", role=role, unit=unit, **more)  # type: ignore[arg-type]


# What a viewer reaches ------------------------------------------------------------------------------------------------


def test_the_own_tree_holds_what_is_below_and_what_once_was(tmp_path: Path) -> None:
    """xa-2 was given up, xa-3 went to another district at New Year: both had been Huyện C's."""
    home = small_home(tmp_path)
    assert own_units(home, "huyen-c", DAY_2026).units == {"huyen-c", "xa-1", "xa-2", "xa-3"}
    assert own_units(home, "huyen-d", DAY_2026).units == {"huyen-d", "xa-3"}
    assert own_units(home, "huyen-d", date(2025, 12, 31)).units == {"huyen-d"}
    assert own_units(home, "so-a", DAY_2026).units == {"so-a"}
    assert own_units(home, "tinh", DAY_2026) == ALL
    assert own_units(home, "", DAY_2026).units == frozenset()


def test_a_head_sees_all_figures_and_the_dossiers_of_the_own_tree(tmp_path: Path) -> None:
    head = made(small_home(tmp_path), Role.head, "huyen-c")
    assert head.may(Action.figures) and head.may(Action.figures, "so-a")
    assert head.may(Action.dossiers) and head.may(Action.dossiers, "xa-1")
    assert not head.may(Action.dossiers, "huyen-d") and not head.may(Action.dossiers, "tinh")
    assert not any(head.may(action) for action in (Action.load, Action.undo, Action.issue, Action.people, Action.audit))
    assert head.scope.units == {"huyen-c", "xa-1", "xa-2", "xa-3"}
    assert head.reach(Action.reports) is Reach.own


def test_a_head_without_a_unit_sees_no_dossier_at_all(tmp_path: Path) -> None:
    head = made(small_home(tmp_path), Role.head)
    assert head.scope.units == frozenset() and not head.may(Action.dossiers)


def test_kind_means_every_unit_of_the_kind_with_its_tree(tmp_path: Path) -> None:
    reaches = {Action.dossiers: Reach.kind, Action.reports: Reach.own}
    viewer = made(small_home(tmp_path), Role.officer, "huyen-d", reaches=reaches)
    assert viewer.scope.units == {"huyen-c", "huyen-d", "xa-1", "xa-2", "xa-3"}
    assert viewer.may(Action.dossiers, "xa-1") and not viewer.may(Action.reports, "xa-1")


def test_roles_without_a_unit_reach_the_province_and_no_more_than_the_table(tmp_path: Path) -> None:
    home = small_home(tmp_path)
    for role in (Role.administrator, Role.committee, Role.leader, Role.officer, Role.auditor):
        viewer = made(home, role)
        assert viewer.scope == ALL
        assert {a for a in Action if viewer.may(a)} == {a for a in Action if TABLE[role][a] is not Reach.none}


def test_the_table_in_the_docs_is_the_declared_one() -> None:
    words = {Reach.none: "–", Reach.own: "đơn vị mình", Reach.province: "tỉnh"}
    lines = (ROOT / "docs" / "access.md").read_text(encoding="utf-8").splitlines()
    told = {
        name: [cell.strip() for cell in line.strip("|").split("|")][1:]
        for line in lines
        if (found := re.match(r"\| [^|]*\(`(\w+)`\)", line)) and (name := found[1])
    }
    assert told == {action.value: [words[TABLE[role][action]] for role in Role] for action in Action}


# Who may change whom --------------------------------------------------------------------------------------------------


def test_whatever_widens_waits_for_another_administrator(store: Store) -> None:
    an, binh = invited(store, "An", Role.administrator), invited(store, "Binh", Role.administrator)
    cuc = invited(store, "Cuc", Role.head, "huyen-c")
    change = propose(
        store, an, Wanted("Cuc", Role.officer, "huyen-c", "cuc@tinh.example", ISSUER, "sub-cuc"), AT, cuc.id
    )
    assert change is not None
    assert roll.person(store, cuc.id).is_.role is Role.head
    with pytest.raises(AccessFault, match="đề nghị"):
        confirm(store, an, change, AT)
    with pytest.raises(AccessFault):
        confirm(store, cuc, change, AT)
    confirm(store, binh, change, AT)
    assert roll.person(store, cuc.id).is_.role is Role.officer
    assert roll.waiting(store) == []
    with pytest.raises(CallFault):
        confirm(store, binh, change, AT)


def test_nobody_confirms_a_change_about_themselves(store: Store) -> None:
    an, binh = invited(store, "An", Role.administrator), invited(store, "Binh", Role.administrator)
    is_ = roll.person(store, binh.id).is_
    change = propose(store, an, Wanted("Binh", Role.administrator, "", "binh.moi@tinh.example"), AT, binh.id)
    assert change is not None and is_.email == "binh@tinh.example"
    with pytest.raises(AccessFault, match="chính mình"):
        confirm(store, binh, change, AT)


def test_inviting_waits_and_is_at_once_at_the_machine(store: Store) -> None:
    an, binh = invited(store, "An", Role.administrator), invited(store, "Binh", Role.administrator)
    change = propose(store, an, Wanted("Dung", Role.leader, email="dung@tinh.example"), AT)
    assert change is not None
    with pytest.raises(Refused) as caught:
        begin(store, login_of("Dung", AT), AT)
    assert caught.value.why == "unknown"
    confirm(store, binh, change, AT)
    assert begin(store, login_of("Dung", AT), AT).role is Role.leader


@pytest.mark.parametrize(
    ("before", "after", "waits"),
    [
        ((Role.officer, ""), (Role.leader, ""), False),
        ((Role.leader, ""), (Role.officer, ""), True),
        ((Role.head, "huyen-c"), (Role.head, "xa-1"), False),
        ((Role.head, "xa-1"), (Role.head, "huyen-c"), True),
        ((Role.head, "xa-1"), (Role.head, "so-a"), True),
        ((Role.officer, ""), (Role.head, "so-a"), False),
        ((Role.leader, ""), (Role.auditor, ""), True),
        ((Role.committee, ""), (Role.committee, "so-a"), False),
    ],
)
def test_narrowing_is_at_once(before: tuple[Role, str], after: tuple[Role, str], waits: bool, store: Store) -> None:
    an = invited(store, "An", Role.administrator)
    one = invited(store, "Em", *before)
    is_ = Wanted("Em", *after, "em@tinh.example", ISSUER, "sub-em")
    assert (propose(store, an, is_, AT, one.id) is not None) == waits
    assert roll.person(store, one.id).is_.role is (before if waits else after)[0]


def test_a_change_that_no_longer_fits_is_not_confirmed(store: Store) -> None:
    an, binh = invited(store, "An", Role.administrator), invited(store, "Binh", Role.administrator)
    one = invited(store, "Em", Role.head, "xa-1")
    bound = ("em@tinh.example", ISSUER, "sub-em")
    change = propose(store, an, Wanted("Em", Role.head, "huyen-c", *bound), AT, one.id)
    assert change is not None
    assert propose(store, LOCAL, Wanted("Em", Role.head, "so-a", *bound), AT, one.id) is None
    with pytest.raises(CallFault, match="đề nghị lại"):
        confirm(store, binh, change, AT)
    reject(store, an, change, AT)
    assert roll.waiting(store) == []


def test_only_administrators_change_people_and_no_token_does(store: Store) -> None:
    an = invited(store, "An", Role.administrator)
    officer = invited(store, "Em", Role.officer)
    made_by_hand = viewer_of(
        store.home, DAY_2026, id=0, name="t", identity="token:1", role=Role.administrator, via="token"
    )
    to = Wanted("Gia", Role.leader, email="gia@tinh.example")
    for who in (officer, made_by_hand):
        with pytest.raises(AccessFault):
            propose(store, who, to, AT)
        with pytest.raises(AccessFault):
            remove(store, who, an.id, AT)
        with pytest.raises(AccessFault):
            roll.end_sessions(store, who, an.id, AT)
    assert {one.is_.name for one in roll.everybody(store)} == {"An", "Em"}


def test_the_last_administrator_stays(store: Store) -> None:
    an = invited(store, "An", Role.administrator)
    propose(store, LOCAL, Wanted("Binh", Role.administrator, email="binh@tinh.example"), AT)
    with pytest.raises(CallFault, match="cuối cùng"):
        remove(store, an, an.id, AT)  # Bình has never logged in
    with pytest.raises(CallFault, match="cuối cùng"):
        propose(store, an, Wanted("An", Role.leader, "", "an@tinh.example", ISSUER, "sub-an"), AT, an.id)
    begin(store, login_of("Binh", AT + HOUR), AT + HOUR)
    remove(store, an, an.id, AT + HOUR)
    assert [one.is_.name for one in roll.everybody(store)] == ["Binh"]


@pytest.mark.parametrize(
    "to",
    [
        Wanted("", Role.leader, email="a@b"),
        Wanted("A", Role.leader),
        Wanted("A", Role.leader, issuer=ISSUER),
        Wanted("A", Role.leader, email="a b@c"),
        Wanted("A", Role.head, email="a@b"),
        Wanted("A", Role.head, "khong-co", "a@b"),
    ],
)
def test_a_viewer_must_be_somebody_somewhere(to: Wanted, store: Store) -> None:
    with pytest.raises(CallFault):
        propose(store, LOCAL, to, AT)


def test_one_account_is_one_viewer(store: Store) -> None:
    an = invited(store, "An", Role.administrator)
    with pytest.raises(CallFault, match="đã là của An"):
        propose(store, LOCAL, Wanted("Khác", Role.leader, email="AN@tinh.example"), AT)
    with pytest.raises(CallFault, match="đã là của An"):
        propose(store, LOCAL, Wanted("Khác", Role.leader, issuer=ISSUER, subject="sub-an"), AT)
    assert an.name == "An"


# viewers.csv ----------------------------------------------------------------------------------------------------------


def test_the_file_invites_and_never_removes_nor_changes(tmp_path: Path) -> None:
    home = small_home(tmp_path, f"an@tinh.example,,,An,administrator,\n,{ISSUER},sub-em,Em,head,so-a\n")
    store = Store.open(home)
    assert roll.take_file(store, AT) == 2
    assert begin(store, login_of("Em", AT), AT).scope.units == {"so-a"}
    assert begin(store, login_of("An", AT), AT).role is Role.administrator
    again = small_store(tmp_path, "an@tinh.example,,,An,leader,\n")
    assert roll.take_file(again, AT) == 0
    assert {one.is_.name: one.is_.role for one in roll.everybody(again)} == {"An": Role.administrator, "Em": Role.head}


def test_who_was_removed_does_not_come_back_by_the_file(tmp_path: Path) -> None:
    line = "em@tinh.example,,,Em,leader,\n"
    store = small_store(tmp_path, line)
    roll.take_file(store, AT)
    remove(store, LOCAL, roll.everybody(store)[0].id, AT)
    again = small_store(tmp_path, line + "gia@tinh.example,,,Gia,leader,\n")
    assert roll.take_file(again, AT) == 1
    assert [one.is_.name for one in roll.everybody(again)] == ["Gia"]


def test_lines_that_cannot_be_used_are_named_and_the_others_taken(tmp_path: Path) -> None:
    lines = "a@b,,,A,vua,\nb@b,,,B,head,khong-co\n,,,C,leader,\nd@b,,,D,leader,\n"
    home = small_home(tmp_path, lines)
    found, faults = roll.from_file(home)
    assert [one.name for one in found] == ["D"]
    assert [fault.split(":")[0] for fault in faults] == [f"viewers.csv, dòng {n}" for n in (2, 3, 4)]


# Logins ---------------------------------------------------------------------------------------------------------------


def why(call: Callable[[], object]) -> str:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.why


@pytest.mark.parametrize(
    "content", ["email,name\nan@x.vn,Nguyễn".encode("utf-16"), "email\nđ".encode("cp1258")], ids=["16", "1258"]
)
def test_a_file_that_cannot_be_read_keeps_nobody_out(content: bytes, tmp_path: Path) -> None:
    home = small_home(tmp_path, "")
    (home.root / roll.FILE).write_bytes(content)
    assert roll.take_file(Store.open(home), AT) == 0
    found, faults = roll.from_file(home)
    assert not found and len(faults) == 1 and "UTF-8" in faults[0]


def test_the_first_login_binds_the_account_to_who_was_invited(store: Store) -> None:
    em = invited(store, "Em", Role.leader)
    thief = logins.Login(ISSUER, "sub-thief", "em@tinh.example", "k", AT + 2 * HOUR)
    assert why(lambda: begin(store, thief, AT + 2 * HOUR)) == "unknown"
    without = logins.Login(ISSUER, "sub-em", "", "k2", AT + 2 * HOUR)
    assert begin(store, without, AT + 2 * HOUR).id == em.id


def test_an_unverified_or_foreign_address_binds_nothing(store: Store) -> None:
    propose(store, LOCAL, Wanted("Em", Role.leader, email="em@tinh.example", issuer=ISSUER), AT)
    assert why(lambda: begin(store, logins.Login(ISSUER, "sub-em", "", "k", AT), AT)) == "unknown"
    other = logins.Login("https://khac.example", "sub-em", "em@tinh.example", "k", AT)
    assert why(lambda: begin(store, other, AT)) == "unknown"
    assert begin(store, login_of("Em", AT), AT).name == "Em"


def test_two_with_one_invitation_at_once(store: Store) -> None:
    propose(store, LOCAL, Wanted("Em", Role.leader, email="em@tinh.example"), AT)
    came: list[str] = []

    def come(subject: str) -> None:
        try:
            begin(store, logins.Login(ISSUER, subject, "em@tinh.example", subject, AT), AT)
            came.append(subject)
        except Refused:
            pass

    both = [threading.Thread(target=come, args=(subject,)) for subject in ("one", "two")]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(came) == 1 and roll.everybody(store)[0].is_.subject == came[0]


def test_a_login_that_never_began_here_is_none(store: Store) -> None:
    invited(store, "Em", Role.leader)
    assert why(lambda: present(store, login_of("Em", AT + HOUR, "made up"), AT + HOUR)) == "ended"


def test_a_login_ends_by_logout_for_every_copy(store: Store) -> None:
    em = invited(store, "Em", Role.leader)
    first, second = login_of("Em", AT + HOUR), login_of("Em", AT + 2 * HOUR)
    begin(store, second, AT + 2 * HOUR)
    assert present(store, first, AT + HOUR).id == em.id
    logins.end(store, first.key, AT + 2 * HOUR)
    assert why(lambda: present(store, first, AT + 2 * HOUR)) == "ended"
    assert why(lambda: begin(store, first, AT + 2 * HOUR)) == "ended"
    assert present(store, second, AT + 2 * HOUR).id == em.id


def test_everywhere_means_everywhere_and_a_new_login_is_new(store: Store) -> None:
    em = invited(store, "Em", Role.leader)
    roll.end_sessions(store, em, em.id, AT + 2 * HOUR)
    assert why(lambda: present(store, login_of("Em", AT + HOUR), AT + 2 * HOUR)) == "ended"
    assert why(lambda: begin(store, login_of("Em", AT + HOUR, "other"), AT + 3 * HOUR)) == "ended"
    assert begin(store, login_of("Em", AT + 3 * HOUR), AT + 3 * HOUR).id == em.id


def test_idle_and_old_logins_are_over(tmp_path: Path) -> None:
    store = small_store(tmp_path, settings="[access]\nmax_age_hours = 3\nidle_minutes = 30\n")
    invited(store, "Em", Role.leader)
    login, at = login_of("Em", AT + HOUR), AT + HOUR
    for minutes in range(20, 181, 20):
        present(store, login, at + minutes * MINUTE)
        assert store.aside.flush()
    assert why(lambda: present(store, login, at + 181 * MINUTE)) == "old"
    again = login_of("Em", at + DAY)
    begin(store, again, at + DAY)
    assert why(lambda: present(store, again, at + DAY + 31 * MINUTE)) == "idle"


def test_a_use_is_written_once_a_minute_at_most(store: Store) -> None:
    invited(store, "Em", Role.leader)
    login, writes = login_of("Em", AT + HOUR), []
    real = store.write

    def counted(entry: audit.Entry | None):  # type: ignore[no-untyped-def]
        writes.append(entry)
        return real(entry)

    store.write = counted  # type: ignore[method-assign]
    for second in range(0, 120, 5):
        present(store, login, AT + HOUR + second * 1_000_000)
        assert store.aside.flush()
    assert len(writes) == 2


def test_rights_hold_from_the_next_run(store: Store) -> None:
    em = invited(store, "Em", Role.officer)
    login, at = login_of("Em", AT + HOUR), AT + HOUR
    propose(store, LOCAL, Wanted("Em", Role.head, "xa-1", "em@tinh.example", ISSUER, "sub-em"), at, em.id)
    assert present(store, login, at).scope.units == {"xa-1"}
    remove(store, LOCAL, em.id, at)
    assert why(lambda: present(store, login, at)) == "unknown"
    propose(store, LOCAL, Wanted("Em", Role.leader, email="em@tinh.example"), at)
    assert why(lambda: begin(store, login, at)) == "ended"  # a cookie from before the removal


# Tokens ---------------------------------------------------------------------------------------------------------------


def test_a_token_does_what_it_says_until_it_ends(store: Store) -> None:
    an = invited(store, "An", Role.administrator)
    number, secret = tokens.make(store, an, "IOC", [Action.figures, Action.dossiers], "huyen-c", 30, AT)
    found = tokens.viewer(store, secret, AT)
    assert found is not None and found.via == "token" and found.identity == f"token:{number}"
    assert {action for action in Action if found.may(action)} == {Action.figures, Action.dossiers}
    assert found.scope.units == {"huyen-c", "xa-1", "xa-2", "xa-3"}
    assert tokens.viewer(store, secret + "x", AT) is None and tokens.viewer(store, "", AT) is None
    assert tokens.viewer(store, secret, AT + 30 * DAY) is None
    tokens.revoke(store, an, number, AT)
    assert tokens.viewer(store, secret, AT) is None
    with pytest.raises(CallFault):
        tokens.revoke(store, an, number, AT)


def test_the_secret_is_kept_nowhere(store: Store) -> None:
    number, secret = tokens.make(store, LOCAL, "IOC", [Action.figures], "", 30, AT)
    assert len(secret) >= 40
    with store.read() as connection:
        rows = [tuple(row) for row in connection.execute(sa.select(token_table))]
    everything = repr(rows) + repr(audit.search(store)[0])
    assert secret not in everything and secret[4:] not in everything
    assert f"token:{number} IOC" in everything


def test_a_token_is_never_more_than_its_maker(store: Store) -> None:
    an, binh = invited(store, "An", Role.administrator), invited(store, "Binh", Role.administrator)
    with pytest.raises(AccessFault):
        tokens.make(store, an, "x", [Action.people], "", 30, AT)
    with pytest.raises(AccessFault):
        tokens.make(store, invited(store, "Em", Role.officer), "x", [Action.figures], "", 30, AT)
    with pytest.raises(CallFault):
        tokens.make(store, an, "x", [Action.figures], "", 500, AT)
    with pytest.raises(CallFault):
        tokens.make(store, an, "x", [Action.figures], "khong-co", 30, AT)
    _number, secret = tokens.make(store, binh, "IOC", [Action.figures], "", 30, AT)
    assert tokens.viewer(store, secret, AT) is not None
    propose(store, an, Wanted("Binh", Role.leader, "", "binh@tinh.example", ISSUER, "sub-binh"), AT, binh.id)
    found = tokens.viewer(store, secret, AT)
    assert found is not None and not found.may(Action.figures)
    remove(store, an, binh.id, AT)
    assert tokens.viewer(store, secret, AT) is None


@given(st.sets(st.sampled_from(tokens.GIVEN), min_size=1), st.sampled_from(["", "so-a", "huyen-c"]))
def test_tokens_reach_exactly_what_was_asked_for(actions: set[Action], unit: str) -> None:
    found = next(one for one in _tokens if one[0] == unit)
    home = found[1]
    reach = Reach.own if unit else Reach.province
    viewer = made(home, Role.officer, unit, via="token", reaches=dict.fromkeys(actions, reach))
    for action in Action:
        assert viewer.may(action, "so-a") == (action in actions and unit in ("", "so-a"))
        assert viewer.may(action, "tinh") == (action in actions and not unit)


_tokens: list[tuple[str, Home]] = []


@pytest.fixture(autouse=True, scope="module")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = small_home(tmp_path_factory.mktemp("tokens"))
    _tokens.extend((unit, home) for unit in ("", "so-a", "huyen-c"))
