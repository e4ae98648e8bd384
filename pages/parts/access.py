"""Who is looking. Until there is a login the only viewer is whoever sits at this machine."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address


@dataclass(frozen=True)
class Viewer:
    """``scope`` names what the viewer may see; it is part of every cache key."""

    name: str
    scope: str


LOCAL = Viewer("local", "all")


def is_loopback(host: str | None) -> bool:
    """Whether an address is this machine's own; IPv4 inside IPv6 is unwrapped first. No address = every interface."""
    if not host:
        return False
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return False
    inner = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (inner or address).is_loopback


def viewer(listening_on: str | None) -> Viewer | None:
    """The viewer of a page, None where nobody can be told apart: without a login only loopback is local."""
    return LOCAL if is_loopback(listening_on) else None
