"""The one HTTP client: bounded time, bounded answers, and no way to addresses that a user's URL may not reach."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import AddrInfoType, ClientTimeout, DummyCookieJar, SocketFactoryType, TCPConnector
from yarl import URL

from shared.channels.channel import HttpCall, HttpReply
from shared.errors import Permanent, Transient, Unanswered

_CONNECT_LIMIT_S = 5.0
_REDIRECTS = 3
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_REFUSED = "the address is private, local or reserved"


class AddressRefused(OSError):
    """The name led to an address that a user's URL may not reach."""


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet, also when it wears another in its digits."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return is_public(str(ip.ipv4_mapped))
        if ip.sixtofour or ip.teredo or ip in _NAT64:
            return False
    return ip.is_global and not ip.is_multicast


def _guarded(is_allowed: Callable[[str], bool]) -> SocketFactoryType:
    """Check the address about to be connected to: the one moment that no redirect or re-binding can fool."""

    def make_socket(info: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, address = info
        if not is_allowed(str(address[0])):
            raise AddressRefused(_REFUSED)
        return socket.socket(family, kind, protocol)

    return make_socket


def is_any(address: str) -> bool:
    """Allow every address: for installations whose webhooks live in their own network."""
    return True


class HttpClient:
    """Makes the calls that channels describe. Use as an async context manager; safe for concurrent calls."""

    def __init__(self, is_allowed: Callable[[str], bool] = is_public) -> None:
        self._is_allowed = is_allowed

    async def __aenter__(self) -> Self:
        self._trusting = _session(is_any)
        self._guarded = _session(self._is_allowed)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._trusting.close()
        await self._guarded.close()

    async def send(self, call: HttpCall) -> HttpReply:
        """Make one request and return whatever answered.

        Waits at most `call.timeout_s` for the whole exchange and reads at most `call.read_limit_bytes` of the
        body. Any status is an answer. Redirects are followed for untrusted calls only, if at all, each address checked.

        Raises:
            Transient: surely not received: refused, name not found, no connection in time.
            Unanswered: sent, but the connection broke or time ran out before the answer.
            Permanent: the URL is not allowed or not valid, or the certificate is wrong.
        """
        try:
            async with asyncio.timeout(call.timeout_s):
                return await self._exchange(call)
        except TimeoutError as error:
            raise Unanswered(f"no answer from {_host(call.url)} within {call.timeout_s:g} s") from error

    async def _exchange(self, call: HttpCall) -> HttpReply:
        session = self._trusting if call.trusted else self._guarded
        host = _host(call.url)
        try:
            async with session.request(
                call.method,
                URL(call.url),
                headers=dict(call.headers),
                data=call.body,
                allow_redirects=call.redirected and not call.trusted,
                max_redirects=_REDIRECTS,
                timeout=ClientTimeout(total=None, sock_connect=min(_CONNECT_LIMIT_S, call.timeout_s)),
            ) as response:
                body = await _read(response.content, call.read_limit_bytes)
                headers = {name.lower(): value for name, value in response.headers.items()}
                return HttpReply(response.status, headers, body)
        except aiohttp.ClientError as error:
            raise _translated(error, host) from error
        except ValueError as error:
            raise Permanent(f"the request is not valid: {error}") from error


def _session(is_allowed: Callable[[str], bool]) -> aiohttp.ClientSession:
    # Limits per target are the sending loop's; a limit here would let a slow host hold others back.
    connector = TCPConnector(limit=0, ttl_dns_cache=30, socket_factory=_guarded(is_allowed))
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=DummyCookieJar(),
        auto_decompress=False,
        headers={"User-Agent": "Tocsin", "Accept-Encoding": "identity"},
    )


async def _read(content: aiohttp.StreamReader, limit_bytes: int) -> bytes:
    """Read up to the limit; the rest is never taken from the wire."""
    body = bytearray()
    while len(body) < limit_bytes:
        chunk = await content.read(limit_bytes - len(body))
        if not chunk:
            break
        body += chunk
    return bytes(body)


def _translated(error: aiohttp.ClientError, host: str) -> Exception:
    """Say in our words what went wrong, and whether the other side may have received the request."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorSSLError):
        return Permanent(f"the certificate of {host} is not accepted: {error}")
    if isinstance(error, aiohttp.ClientConnectorError):
        if isinstance(error.os_error, AddressRefused):
            return Permanent(f"{host}: {_REFUSED}")
        return Transient(f"cannot connect to {host}: {error.os_error}")
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return Transient(f"cannot connect to {host}: no connection within {_CONNECT_LIMIT_S:g} s")
    if isinstance(error, aiohttp.InvalidURL | aiohttp.TooManyRedirects | aiohttp.NonHttpUrlClientError):
        return Permanent(f"{host}: {type(error).__name__}: {error}")
    return Unanswered(f"no whole answer from {host}: {type(error).__name__}")


def _host(url: str) -> str:
    """Return the host alone: paths and queries of webhooks hold secrets."""
    try:
        return URL(url).host or "the url"
    except ValueError:
        return "the url"
