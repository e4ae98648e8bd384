"""Addresses of machines: which are this machine's own, and who really asked when a proxy stands between."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address


def read(text: str | None) -> Address | None:
    """An address without brackets; IPv4 inside IPv6 is unwrapped. None for a name."""
    try:
        address = ip_address((text or "").strip().strip("[]"))
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def is_loopback(host: str | None) -> bool:
    """Whether a host is this machine's own. No host = every interface."""
    if (host or "").lower().rstrip(".") == "localhost":
        return True
    address = read(host)
    return address is not None and address.is_loopback


def is_safe(url: str) -> bool:
    """An address that secrets may travel to: https, or this machine."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))
    )


def is_within(host: str | None, networks: Iterable[str]) -> bool:
    address = read(host)
    return address is not None and any(address in ip_network(one, strict=False) for one in networks)


def asker(peer: str | None, forwarded: str, proxies: Iterable[str]) -> str:
    """The address that asked: the peer, or, where that is a trusted proxy, the last address in the list it passed on that
    is none. What stands before it may have been made up by the asker.
    """
    proxies = list(proxies)
    chain = [one.strip() for one in forwarded.split(",") if one.strip()]
    found = peer or ""
    while chain and is_within(found, proxies):
        found = chain.pop()
    return bucket(found)


def bucket(host: str) -> str:
    """What is counted as one asker: an IPv4 address, or the /64 that one IPv6 household has."""
    address = read(host)
    if address is None:
        return "?"
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return str(address)
