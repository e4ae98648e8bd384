"""Files are made outside of any run of a page: whoever clicked is asked for on the roll."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from data import roll
from data.access import Action, Role
from data.errors import AccessFault, CampaignError
from data.opened import opened
from data.people import LOCAL, Viewer
from pages.parts import access
from tests.data.access_homes import AT, invited, small_home


def ask(viewer: Viewer, action: Action) -> None:
    """As Streamlit does it: in a thread that belongs to no run."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(access.require, viewer, action).result()


def test_rights_are_those_of_the_moment_of_the_click(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMPAIGN_HOME", str(small_home(tmp_path / "home").root))
    monkeypatch.delenv("CAMPAIGN_DATABASE_URL", raising=False)
    store = opened().store
    one = invited(store, "Một", Role.officer)
    invited(store, "Hai", Role.administrator)
    ask(one, Action.imports)
    known = roll.person(store, one.id).is_
    narrower = roll.Wanted(known.name, Role.leader, "", known.email, known.issuer, known.subject)
    assert roll.propose(store, LOCAL, narrower, AT, one.id) is None
    with pytest.raises(AccessFault):
        ask(one, Action.imports)
    ask(one, Action.figures)
    roll.remove(store, LOCAL, one.id, AT)
    with pytest.raises(CampaignError):
        ask(one, Action.figures)
    ask(LOCAL, Action.people)
