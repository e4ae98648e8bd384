"""What the provider said about a person, kept by Streamlit in a signed cookie: read, and checked on every use.

Streamlit checks signature, issuer and expiry once, when the person comes back from the provider. It accepts a token made for
another client as long as ``azp`` names ours, and never looks at the age of a login again: both are checked here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from streamlit.auth_util import get_cookie_with_chunks
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import TOKENS_COOKIE_NAME, USER_COOKIE_NAME

from data.errors import AccessFault
from data.home import Login
from data.locale import _

COOKIES = (USER_COOKIE_NAME, TOKENS_COOKIE_NAME)
LEEWAY_S = 120
"""How far the clocks of provider and server may be apart."""

Claims = Mapping[str, Any]


def of_cookies(cookies: Mapping[str, str], secret: str, origin: str) -> Claims | None:
    """The claims in a browser's cookies; None without a cookie that this server signed for its public address."""

    def one(name: str) -> bytes | None:
        value = cookies.get(name)
        return None if value is None else decode_signed_value(secret, name, value.encode("latin-1", "replace"))

    try:
        found = json.loads(get_cookie_with_chunks(one, USER_COOKIE_NAME) or b"null")
    except ValueError:
        return None
    if not isinstance(found, dict) or found.get("origin") != origin or found.get("is_logged_in") is not True:
        return None
    return found


def check(claims: Claims, login: Login, max_age_s: int, now: int) -> None:
    """Raises AccessFault unless the claims are this provider's, for this client, about somebody, and young enough: the token, and
    the person's last proof of who they are, where the provider tells it (``auth_time``). ``now`` in microseconds.
    """
    if claims.get("iss") != login.expected_issuer:
        raise AccessFault(_("Thẻ đăng nhập do nơi khác cấp."))
    audience = claims.get("aud")
    if login.client_id not in (audience if isinstance(audience, list) else [audience]):
        raise AccessFault(_("Thẻ đăng nhập cấp cho phần mềm khác."))
    if not isinstance(claims.get("sub"), str) or not claims["sub"]:
        raise AccessFault(_("Thẻ đăng nhập không nói là của ai."))
    issued, proved = _seconds(claims, "iat"), _seconds(claims, "auth_time")
    if issued is None:
        raise AccessFault(_("Thẻ đăng nhập không ghi giờ cấp."))
    for moment in (issued, issued if proved is None else proved):
        if not -LEEWAY_S <= now / 1_000_000 - moment <= max_age_s + LEEWAY_S:
            raise AccessFault(_("Phiên đăng nhập đã quá hạn. Hãy đăng nhập lại."))


def issued_at(claims: Claims) -> int:
    """When the token was issued, in microseconds; the claims have been checked.

    Tokens count whole seconds: the end of that second, so that somebody who logged out everywhere can log in at once. The
    logins that began in that second before are ended by their keys.
    """
    return int(_seconds(claims, "iat") or 0) * 1_000_000 + 999_999


def _seconds(claims: Claims, name: str) -> float | None:
    """A moment of the token; None where it has none, or none that is a number."""
    value = claims.get(name)
    return (
        float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e12 else None
    )


def session_key(claims: Claims) -> str:
    """What identifies one login. The nonce is made anew for each, so no two logins share a key, and every copy does."""
    parts = [claims.get(name) for name in ("iss", "sub", "iat", "nonce")]
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()


def verified_email(claims: Claims) -> str:
    """The address that the provider vouches for; empty without one."""
    email = claims.get("email")
    return email.strip().lower() if isinstance(email, str) and claims.get("email_verified") is True else ""
