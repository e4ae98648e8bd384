"""Who is looking, told anew on every run, and what they may do. Whatever a page writes begins with ``require``."""

from __future__ import annotations

import time

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from data import audit, roll
from data.access import Action
from data.addresses import is_loopback
from data.errors import AccessFault, CampaignError
from data.locale import _
from data.opened import opened
from data.people import LOCAL, Viewer
from pages.web import logins
from pages.web.door import door


def viewer() -> Viewer:
    """Whoever looks at this run, in whose name it writes. Raises AccessFault, which says why nobody may.

    The gates have asked already; asking again here means that no page trusts what it remembers from an earlier run.
    """
    found = _viewer()
    audit.act_as(found)
    return found


def _viewer() -> Viewer:
    opened_by = door()
    if opened_by is None:  # started as `streamlit run app.py`: there are no gates, so this machine only, and no login
        if not is_loopback(st.get_option("server.address")) or opened().home.file.login is not None:
            raise AccessFault(
                _("Hãy khởi động bằng **campaign serve**: chạy thẳng app.py thì không có cổng kiểm soát.")
            )
        return LOCAL
    if opened_by.login is None:
        return LOCAL
    return logins.present(opened_by, st.user.to_dict(), time.time_ns() // 1000)


def has_login() -> bool:
    """Whether there is a login that a reload of the page would lead to."""
    opened_by = door()
    return opened_by is not None and opened_by.login is not None


def allowed(viewer: Viewer, action: Action, unit: str | None = None) -> bool:
    """Whether a viewer may do this at all, or over this unit: for what is drawn. What is written asks ``require``."""
    return viewer.may(action, unit)


def require(viewer: Viewer, action: Action, unit: str | None = None) -> None:
    """First line of every write, and of every file that is made when clicked. Raises AccessFault; a refusal is recorded.

    ``viewer`` is from the run that drew the button. It may be pressed an hour later, so who it is is told anew.
    """
    is_run = get_script_run_ctx(suppress_warning=True) is not None
    now_looking = _viewer() if is_run else _again(viewer)
    same = (now_looking.id, now_looking.identity) == (viewer.id, viewer.identity)
    # A file is made of what was drawn, for whom it was drawn: a page of another scope has to be drawn anew.
    as_drawn = is_run or now_looking.scope == viewer.scope
    if same and as_drawn and now_looking.may(action, unit):
        audit.act_as(now_looking)  # callbacks run before the page does
        return
    refused(now_looking, action, unit or "")
    raise AccessFault(_("Tài khoản của bạn không có quyền làm việc này."))


def _again(viewer: Viewer) -> Viewer:
    """The same person as the roll has them now: a file is made outside of any run, where there is no login to ask.

    That the login itself goes on, the gates have asked of the message that brought the click.
    """
    if viewer.via != "login":
        return viewer
    store = opened().store
    return roll.as_viewer(store.home, roll.person(store, viewer.id), time.time_ns() // 1000)


def refused(viewer: Viewer, action: Action, unit: str) -> None:
    """Write down that somebody asked for what they may not do; that they are refused does not depend on it."""
    try:
        audit.seen(opened().store, viewer, action, "require", at=time.time_ns() // 1000, unit=unit, outcome="refused")
    except CampaignError:
        return
