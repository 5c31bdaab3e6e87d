"""Words that the stories share: a configuration, asking the api, and waiting for something to become true."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import aiohttp

from tests.support.stack import Stack

AM_TOKEN = "alertmanagertoken0000001"
WEB_TOKEN = "anythingtoken00000000001"
FIRST = "alice@example.org"
SECOND = "bob@example.org"
CONFIGURATION = f"""
users:
  - username: alice
    email: {FIRST}
    slack_user_id: U0ALICE
    rules: {{default: [notify_by_email]}}
  - username: bob
    email: {SECOND}
    rules: {{default: [notify_by_email]}}
chains:
  - name: Alice, then Bob
    steps:
      - {{type: notify_persons, persons_to_notify: [alice]}}
      - {{type: wait, duration: 1m}}
      - {{type: notify_persons, persons_to_notify: [bob]}}
integrations:
  - name: Prometheus
    type: alertmanager
    token: {AM_TOKEN}
    default_route: {{chain: "Alice, then Bob"}}
  - name: Anything
    type: webhook
    token: {WEB_TOKEN}
    default_route: {{chain: "Alice, then Bob"}}
"""

T = TypeVar("T")


async def until(read: Callable[[], T], timeout_s: float = 60.0) -> T:
    """Wait until `read` returns something true, and return it."""
    async with asyncio.timeout(timeout_s):
        while not (found := read()):
            await asyncio.sleep(0.05)
        return found


class Caller:
    """The public API, as its first user sees it."""

    def __init__(self, stack: Stack, client: aiohttp.ClientSession) -> None:
        self.url = stack.url("api")
        self.client = client

    async def get(self, path: str) -> Any:
        """Return the JSON of a page."""
        async with self.client.get(self.url + path) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def post(self, path: str, body: Any = None) -> Any:
        """Return the JSON of an answer 200."""
        async with self.client.post(self.url + path, json=body) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def groups(self) -> list[dict[str, Any]]:
        """Return all alert groups."""
        results: list[dict[str, Any]] = (await self.get("/api/v1/alert_groups/"))["results"]
        return results

    async def the_group(self, state: str, title: str = "", alerts_count: int | None = None) -> dict[str, Any]:
        """Wait until exactly one alert group has this in its title, and is in this state; return it."""
        found: list[dict[str, Any]] = []
        try:
            async with asyncio.timeout(60):
                while not (
                    len(found) == 1
                    and found[0]["state"] == state
                    and alerts_count in (None, found[0]["alerts_count"])
                ):
                    found = [one for one in await self.groups() if title in (one["title"] or "")]
                    await asyncio.sleep(0.05)
        except TimeoutError as error:
            raise AssertionError(f"expected one {state} group, there are {found}") from error
        return found[0]


@asynccontextmanager
async def calling(stack: Stack) -> AsyncIterator[Caller]:
    """Call the API of a stack that was started."""
    headers = {"Authorization": f"Bearer {stack.token}"}
    async with aiohttp.ClientSession(headers=headers) as client:
        yield Caller(stack, client)


def one_integration(slug: str, token: str) -> str:
    """Return a configuration with one integration of a type, whose alerts page Alice by mail."""
    return f"""
users:
  - username: alice
    email: {FIRST}
    rules: {{default: [notify_by_email]}}
chains:
  - name: Alice
    steps: [{{type: notify_persons, persons_to_notify: [alice]}}]
integrations:
  - name: {slug}
    type: {slug}
    token: {token}
    default_route: {{chain: Alice}}
"""
