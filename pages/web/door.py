"""How this process lets people in: nobody but this machine, or through the login that the home declares.

Made once when the process starts; ``server.py`` opens it. Pages started without it (``streamlit run app.py``) have no gates.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from data.addresses import asker, is_loopback
from data.errors import CallFault
from data.home import Home, Login
from data.settings import LOCAL_HOME

CLIENT_SECRET, COOKIE_SECRET = "CAMPAIGN_OIDC_CLIENT_SECRET", "CAMPAIGN_COOKIE_SECRET"
SHORTEST_SECRET = 32
PROVIDER = "sso"
"""Streamlit's name of the one provider; it may have no underscore."""


@dataclass(frozen=True)
class Door:
    """``login`` None: local mode, everybody who gets through the gate is the person at this machine."""

    login: Login | None = None
    client_secret: str = field(default="", repr=False)
    cookie_secret: str = field(default="", repr=False)
    max_age_s: int = 12 * 3600
    """A proof of who it is that is older than this has to be made anew at the provider."""

    @cached_property
    def is_https(self) -> bool:
        return self.login is not None and self.login.origin.startswith("https://")

    @cached_property
    def hosts(self) -> frozenset[str]:
        """Names this server answers to, besides those of this machine."""
        if self.login is None:
            return frozenset()
        names = [urlsplit(self.login.origin).hostname or "", *self.login.allowed_hosts]
        return frozenset(name.lower().rstrip(".") for name in names)

    def knows(self, host: str) -> bool:
        """Whether a Host header names this server. A header that is no host names nothing."""
        name = hostname(host)
        return name is not None and (is_loopback(name) or name in self.hosts)

    def asker(self, scope: Mapping[str, Any], headers: Mapping[bytes, str]) -> str:
        """The address that asked, for counting."""
        peer = scope.get("client")
        forwarded = ""
        proxies: tuple[str, ...] = ()
        if self.login is not None and self.login.trusted_proxies:
            forwarded = headers.get(self.login.proxy_header.lower().encode(), "")
            proxies = self.login.trusted_proxies
        return asker(peer[0] if peer else None, forwarded, proxies)

    @property
    def secrets(self) -> dict[str, Any]:
        """For ``st.App(secrets=…)``; empty in local mode."""
        if self.login is None:
            return {}
        provider = {
            "client_id": self.login.client_id,
            "client_secret": self.client_secret,
            "server_metadata_url": self.login.server_metadata_url,
            "authorize_params": {"max_age": str(self.max_age_s)},
        }
        return {
            "auth": {
                "redirect_uri": f"{self.login.origin}/oauth2callback",  # as browsers write it, else no cookie would match
                "cookie_secret": self.cookie_secret,
                PROVIDER: provider,
            }
        }


def hostname(host: str) -> str | None:
    """The name in a Host header, without its port; None when the header is something else."""
    try:
        parts = urlsplit(f"//{host}")
        _port = parts.port  # an impossible port raises
    except ValueError:
        return None
    if parts.username is not None or parts.path or parts.query or parts.fragment or not parts.hostname:
        return None
    return parts.hostname.lower().rstrip(".")


def from_environment(environment: Mapping[str, str] = os.environ) -> Door:
    """The door of the home this process serves. Raises CampaignError when a login is declared but cannot work."""
    try:
        home = Home(Path(environment.get("CAMPAIGN_HOME") or LOCAL_HOME))
    except CallFault:
        return Door()  # a home that is yet to be made has no login
    return made(home, environment)


def made(home: Home, environment: Mapping[str, str]) -> Door:
    login = home.file.login
    if login is None:
        return Door()
    client, cookie = environment.get(CLIENT_SECRET, ""), environment.get(COOKIE_SECRET, "")
    if not client:
        raise CallFault(f"home.toml khai báo [login] nhưng thiếu biến môi trường {CLIENT_SECRET}. {HOW}")
    if len(cookie) < SHORTEST_SECRET:
        raise CallFault(f"Biến môi trường {COOKIE_SECRET} phải có ít nhất {SHORTEST_SECRET} ký tự ngẫu nhiên. {HOW}")
    return Door(login, client, cookie, round(home.file.access.max_age_hours * 3600))


HOW = "Cách làm từng bước: docs/deploy.md."

_door: Door | None = None


def open_door(door: Door) -> Door:
    """Make ``door`` that of this process."""
    global _door
    _door = door
    return door


def door() -> Door | None:
    """The door of this process; None where pages were started without gates."""
    return _door
