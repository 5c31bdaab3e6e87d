"""Which address a request comes from, when proxies stand before the server and anybody may write their headers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
# Some proxies add the port: 192.0.2.1:4711, [2001:db8::1]:4711.
_WITH_PORT = re.compile(r"\[([^\]]+)\](?::[0-9]+)?|([0-9.]+):[0-9]+")


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Return addresses and CIDR blocks as networks; a block may be written with host bits (10.0.0.7/8).

    Raises:
        ValueError: one of them is neither; the message quotes it.
    """
    return tuple(ip_network(one.strip(), strict=False) for one in texts)


def client_address(peer: str | None, forwarded: Sequence[str], trusted: Sequence[Network]) -> Address | None:
    """Return the address that a request comes from, None when nobody can say.

    `peer` is the other end of the connection, `forwarded` its X-Forwarded-For headers in order. They are
    believed only as far as each hop, beginning with the peer, is in `trusted`: the client is the first
    address from the right that is not a trusted proxy (when all are, the leftmost).
    """
    found = parsed(peer or "")
    hops = [one.strip() for header in forwarded for one in header.split(",")]
    while found is not None and hops and is_in(found, trusted):
        found = parsed(hops.pop())
    return found


def parsed(text: str) -> Address | None:
    """Return an address, with or without a port; an IPv4 address inside IPv6 as the IPv4 one. None: it is none."""
    matched = _WITH_PORT.fullmatch(text)
    try:
        found = ip_address((matched[1] or matched[2]) if matched else text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def is_in(address: Address, allowed: Iterable[Network]) -> bool:
    """Return whether an address is in one of the networks; those of the other IP version do not match."""
    return any(address in one for one in allowed)
