"""Lists of another product's API are read whole, or not at all; the token stays where it belongs."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web

from shared.command.failure import CommandFailed
from shared.command.paged_lists import PagedLists
from tests.support.http_double import Call
from tests.support.oncall_configuration import configuration
from tests.support.oncall_double import KEY, OnCallDouble


def lists(url: str, said: list[str]) -> PagedLists:
    return PagedLists(f"{url}/api/v1/", {"Authorization": KEY}, 10.0, said.append)


async def test_a_list_is_read_whole_and_one_that_there_is_not_is_none():
    said: list[str] = []
    async with OnCallDouble(configuration()) as double, lists(double.url, said) as reader:
        double.faults.limited = 1
        steps = await reader.rows("escalation_policies")
        missing = await reader.rows("no_such_list")

    assert steps == configuration()["escalation_policies"]
    assert (missing, said) == (None, ["the limit of requests is reached at escalation_policies: waiting 0 s"])


async def test_nobody_waits_for_longer_than_minutes():
    async with OnCallDouble(configuration()) as double, lists(double.url, []) as reader:
        double.faults.limited, double.faults.retry_after_s = 1, 3_600
        with pytest.raises(CommandFailed, match="for 3600 s: try again later"):
            await reader.rows("users")


async def test_a_redirect_is_told_and_not_followed_because_the_token_would_go_along():
    async with OnCallDouble(configuration()) as double:
        app = web.Application()

        async def leave(request: web.Request) -> web.Response:
            return web.Response(status=302, headers={"Location": f"{double.url}{request.path}"})

        app.router.add_get("/{path:.*}", leave)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            async with lists(f"http://127.0.0.1:{runner.addresses[0][1]}", []) as reader:
                with pytest.raises(CommandFailed, match="not followed"):
                    await reader.rows("users")
        finally:
            await runner.cleanup()

    assert double.calls == []


class SomethingElse(OnCallDouble):
    def serve(self, call: Call) -> tuple[int, Any]:
        return 200, "<html>Welcome</html>"


async def test_an_address_of_something_else_is_told_as_such():
    async with SomethingElse({}) as double, lists(double.url, []) as reader:
        with pytest.raises(CommandFailed, match="is the address right"):
            await reader.rows("users")
