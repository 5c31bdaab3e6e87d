"""Names that are bound anew, or to several addresses: what is checked is the address that is connected to."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from shared.channels.channel import HttpCall
from shared.errors import Permanent
from shared.http import HttpClient

OUTSIDE, INSIDE = "127.0.0.2", "127.0.0.1"


@dataclass
class Names:
    """What each name is bound to, look-up by look-up; the last answer stays. Every other name is looked up as ever."""

    answers: dict[str, list[list[str]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def look_up(self, real: Callable[..., Any], host: Any, port: Any, **more: Any) -> Any:
        if host not in self.answers:
            return real(host, port, **more)
        self.asked.append(host)
        left = self.answers[host]
        addresses = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    made, real = Names(), socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *rest: int, **more: Any) -> Any:
        kinds = dict(zip(("family", "type", "proto", "flags"), rest, strict=False))
        return made.look_up(real, host, port, **kinds, **more)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return made


@dataclass
class Site:
    """A server on one address and the requests that reached it; `leads_to` is where it sends whoever comes."""

    port: int = 0
    reached: int = 0
    leads_to: str = ""


async def serve(address: str, port: int, site: Site) -> web.AppRunner:
    async def answer(request: web.Request) -> web.Response:
        site.reached += 1
        if site.leads_to:
            raise web.HTTPTemporaryRedirect(site.leads_to)
        return web.Response(text="taken")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, address, port).start()
    site.port = runner.addresses[0][1]
    return runner


@pytest.fixture
async def sites() -> AsyncIterator[tuple[Site, Site]]:
    """A server outside, and one inside that nothing may reach, on ports of their own."""
    outside, inside = Site(), Site()
    runners = [await serve(OUTSIDE, 0, outside), await serve(INSIDE, 0, inside)]
    yield outside, inside
    for one in runners:
        await one.cleanup()


@pytest.fixture
async def client() -> AsyncIterator[HttpClient]:
    """A client for which the outside address is the open internet."""
    async with HttpClient(lambda address: address == OUTSIDE) as client:
        yield client


def test_the_fixture_is_used_by_the_resolver(names: Names):
    names.answers["bound.example"] = [[OUTSIDE]]

    assert socket.getaddrinfo("bound.example", 80, type=socket.SOCK_STREAM)[0][4] == (OUTSIDE, 80)


async def test_a_name_that_was_outside_and_is_inside_at_the_next_look_up_reaches_nothing(
    names: Names, sites: tuple[Site, Site], client: HttpClient
):
    """The redirect names another port of the same host, so the name is looked up again: now it is bound inside."""
    outside, inside = sites
    names.answers["bound.example"] = [[OUTSIDE], [INSIDE]]
    outside.leads_to = f"http://bound.example:{inside.port}/"

    with pytest.raises(Permanent, match=r"bound\.example: the address is private"):
        await client.send(HttpCall("POST", f"http://bound.example:{outside.port}/", body=b"x"))

    assert len(names.asked) == 2
    assert (outside.reached, inside.reached) == (1, 0)


async def test_a_look_up_before_the_call_does_not_vouch_for_the_call(
    names: Names, sites: tuple[Site, Site], client: HttpClient
):
    """Whoever asked first was told an outside address; the connection is made to what is said then."""
    _, inside = sites
    names.answers["bound.example"] = [[OUTSIDE], [INSIDE]]
    assert socket.getaddrinfo("bound.example", inside.port)[0][4][0] == OUTSIDE

    with pytest.raises(Permanent, match="private"):
        await client.send(HttpCall("GET", f"http://bound.example:{inside.port}/"))

    assert inside.reached == 0


async def test_of_several_addresses_those_inside_are_never_tried(
    names: Names, sites: tuple[Site, Site], client: HttpClient
):
    outside, inside = sites
    runner = await serve(INSIDE, outside.port, inside)
    names.answers["bound.example"] = [[INSIDE, OUTSIDE]]

    reply = await client.send(HttpCall("GET", f"http://bound.example:{outside.port}/"))
    await runner.cleanup()

    assert (reply.status, outside.reached, inside.reached) == (200, 1, 0)
