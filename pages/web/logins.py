"""Claims of a browser → who it is: the claims are checked here, person and session by ``data.logins``."""

from __future__ import annotations

from data import logins, tokens
from data.errors import AccessFault
from data.locale import _
from data.opened import opened
from data.people import Viewer
from pages.web import claims
from pages.web.claims import Claims
from pages.web.door import Door


def begin(door: Door, found: Claims, at: int) -> Viewer:
    """Begin the login of somebody who has just come back from the provider. Raises AccessFault when they may not come in;
    that is written down.
    """
    store = opened().store
    try:
        return logins.begin(store, _checked(door, found, at), at)
    except AccessFault as fault:
        why = fault.why if isinstance(fault, logins.Refused) else "claims"
        name = claims.verified_email(found) or str(found.get("sub"))
        logins.refused(store, name, f"{found.get('iss')} {found.get('sub')}", "login", why, at)
        raise


def present(door: Door, found: Claims, at: int) -> Viewer:
    """Whoever these claims are about, if their login goes on. Raises AccessFault, which says why it does not."""
    return logins.present(opened().store, _checked(door, found, at), at)


def end(found: Claims, at: int) -> None:
    """End this login in the store, so that no copy of the cookie is worth anything from here on."""
    logins.end(opened().store, claims.session_key(found), at)


def by_token(secret: str, at: int) -> Viewer | None:
    """Who a token speaks for; None for one that is none, which is written down without saying it."""
    store = opened().store
    found = tokens.viewer(store, secret, at)
    if found is None:
        logins.refused(store, _("Mã truy cập lạ"), "token", "token", "unknown", at)
    return found


def _checked(door: Door, found: Claims, at: int) -> logins.Login:
    assert door.login is not None
    claims.check(found, door.login, door.max_age_s, at)
    return logins.Login(
        found["iss"], found["sub"], claims.verified_email(found), claims.session_key(found), claims.issued_at(found)
    )
