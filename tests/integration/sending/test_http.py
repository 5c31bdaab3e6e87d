"""The one HTTP client against a real server: time, size, addresses, and what it says when nothing answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from shared.channels.channel import HttpCall
from shared.errors import Permanent, Transient, Unanswered
from shared.http import HttpClient, is_any, is_public


@asynccontextmanager
async def serving(answer) -> AsyncIterator[str]:
    """Run a server whose every path is answered by `answer`; yields its base URL."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_any_status_is_an_answer():
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=418, text=await request.text(), headers={"X-Kettle": "on"})

    async with serving(answer) as url, HttpClient(is_any) as client:
        reply = await client.send(HttpCall("POST", url, {"X-A": "b"}, b"tea"))

    assert (reply.status, reply.body, reply.headers["x-kettle"]) == (418, b"tea", "on")


async def test_a_long_answer_is_read_to_the_limit_only():
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            try:
                await response.write(b"x" * 65_536)
            except ConnectionResetError:
                return response

    async with serving(answer) as url, HttpClient(is_any) as client:
        reply = await client.send(HttpCall("GET", url, timeout_s=5))

    assert len(reply.body) == 64 * 1024


async def test_a_compressed_answer_is_not_blown_up():
    async def answer(request: web.Request) -> web.Response:
        response = web.Response(body=b"\0" * 1_000_000)
        response.enable_compression(web.ContentCoding.gzip)
        return response

    async with serving(answer) as url, HttpClient(is_any) as client:
        reply = await client.send(HttpCall("GET", url))

    assert reply.body[:2] == b"\x1f\x8b"


async def test_no_answer_in_time_is_unanswered():
    released = asyncio.Event()

    async def answer(request: web.Request) -> web.Response:
        await released.wait()
        return web.Response()

    async with serving(answer) as url, HttpClient(is_any) as client:
        with pytest.raises(Unanswered, match=r"no answer from 127\.0\.0\.1 within 0\.1 s"):
            await client.send(HttpCall("POST", url, timeout_s=0.1))
        released.set()


async def test_a_line_that_breaks_before_the_answer_is_unanswered():
    async def answer(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async with serving(answer) as url, HttpClient(is_any) as client:
        with pytest.raises(Unanswered):
            await client.send(HttpCall("POST", url))


async def test_a_refused_connection_was_surely_not_received():
    async with HttpClient(is_any) as client:
        with pytest.raises(Transient, match="cannot connect") as caught:
            await client.send(HttpCall("POST", "http://127.0.0.1:9"))

    assert not isinstance(caught.value, Unanswered)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"])
async def test_a_users_url_reaches_no_private_address(host: str):
    async def answer(request: web.Request) -> web.Response:
        raise AssertionError("reached")

    async with serving(answer) as url, HttpClient() as client:
        port = url.rpartition(":")[2]
        with pytest.raises(Permanent, match="private"):
            await client.send(HttpCall("GET", f"http://{host}:{port}/"))


async def test_a_redirect_reaches_no_private_address():
    """Every connection is checked, not only that of the URL as written."""

    async def answer(request: web.Request) -> web.Response:
        target = f"http://127.0.0.2:{request.url.port}/"
        raise web.HTTPTemporaryRedirect(target) if request.host.startswith("127.0.0.1") else AssertionError

    async with serving(answer) as url, HttpClient(lambda address: address == "127.0.0.1") as client:
        with pytest.raises(Permanent, match="private"):
            await client.send(HttpCall("POST", url))


async def test_redirects_end():
    async def answer(request: web.Request) -> web.Response:
        raise web.HTTPFound(request.path + "x")

    async with serving(answer) as url, HttpClient(is_any) as client:
        with pytest.raises(Permanent, match="TooManyRedirects"):
            await client.send(HttpCall("GET", url + "/"))


async def test_a_redirect_to_another_scheme_is_refused():
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "file:///etc/passwd"})

    async with serving(answer) as url, HttpClient(is_any) as client:
        with pytest.raises(Permanent):
            await client.send(HttpCall("GET", url))


async def test_what_the_operator_configured_may_be_private_and_is_not_redirected():
    async def answer(request: web.Request) -> web.Response:
        raise web.HTTPFound("/elsewhere")

    async with serving(answer) as url, HttpClient() as client:
        assert (await client.send(HttpCall("GET", url, trusted=True))).status == 302


@pytest.mark.parametrize(
    "url", ["http://", "http://[::", "http://x:99999/", "ftp://example.org/", "nonsense"]
)
async def test_what_is_no_url_is_refused(url: str):
    async with HttpClient(is_any) as client:
        with pytest.raises(Permanent):
            await client.send(HttpCall("GET", url))


@pytest.mark.parametrize(
    "address",
    ["10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "255.255.255.255", "::", "::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:10.0.0.1",
     "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::"],
)  # fmt: skip
def test_an_address_of_no_open_network_is_not_public(address: str):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1"])
def test_an_address_of_the_internet_is_public(address: str):
    assert is_public(address)
