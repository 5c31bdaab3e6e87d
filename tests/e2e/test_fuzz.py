"""Whatever is posted at any integration's URL: never an error of ours, nothing accepted is lost, nothing blows up."""

from __future__ import annotations

import asyncio
import collections
import os
from typing import Any

import aiohttp
import pytest

from shared.integrations import path_word
from tests.support.odd_bodies import POSTED, OddBody, odd_bodies
from tests.support.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.deep, pytest.mark.timeout(1800)]
BODIES = 3_000 if os.environ.get("TOCSIN_TEST_DEEP") == "reduced" else 20_000
AT_ONCE = 24
SETTLED_S = 600.0
# Another tool's certificate is asked for before anything is believed, which no body of nonsense can have.
UNSIGNED = {"amazon_sns": {403}}


def token(slug: str) -> str:
    return f"fuzz{slug.replace('_', '0')}".ljust(24, "0")


CONFIGURATION = "integrations:\n" + "".join(
    f"  - {{name: {one.slug}, type: {one.slug}, token: {token(one.slug)}}}\n" for one in POSTED
)


class Sender:
    """Posts bodies and keeps what was answered."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.statuses: collections.Counter[int] = collections.Counter()
        self.accepted: set[str] = set()
        self.wrong: list[str] = []

    async def send_all(self, bodies: list[OddBody]) -> None:
        waiting = iter(bodies)

        async def one_after_another(client: aiohttp.ClientSession) -> None:
            for body in waiting:
                await self._send(client, body)

        async with aiohttp.ClientSession() as client:
            await asyncio.gather(*(one_after_another(client) for _ in range(AT_ONCE)))

    async def _send(self, client: aiohttp.ClientSession, body: OddBody) -> None:
        url = f"{self._url}/integrations/v1/{path_word(body.slug)}/{token(body.slug)}/"
        headers = {"Content-Type": body.content_type}
        async with client.post(url, data=body.body, headers=headers) as answer:
            self.statuses[answer.status] += 1
            if answer.status >= 500 or (answer.status == 403 and 403 not in UNSIGNED.get(body.slug, ())):
                self.wrong.append(f"{answer.status} {body.slug} {body.body[:300]!r}")
            elif answer.status in (200, 202):
                told = await answer.json()
                self.accepted.update(told.get("ids", ()) if isinstance(told, dict) else ())


async def test_no_body_is_an_error_of_ours_and_no_accepted_alert_is_lost(
    stack: Stack, mongo_client: Any, database: str
) -> None:
    await stack.start(CONFIGURATION)
    sender = Sender(stack.url("receiver"))

    await sender.send_all(odd_bodies(BODIES))

    assert sender.wrong == []
    assert len(sender.accepted) > BODIES // 3, sender.statuses
    stored = mongo_client[database]["alerts"]

    async def lost() -> set[str]:
        found = {one["_id"] for one in stored.find({"group_id": {"$ne": None}}, {"_id": 1})}
        return sender.accepted - found

    async with asyncio.timeout(SETTLED_S):
        while await lost():
            await asyncio.sleep(0.5)
    assert (await stack.command("deadletter", "list", "-q")).strip() == ""
    assert blown_up(stack) == []
    print(f"fuzz: bodies={BODIES} accepted={len(sender.accepted)} answers={dict(sender.statuses)}")


def blown_up(stack: Stack) -> list[str]:
    """Return the lines of all logs that tell of an exception nobody handled."""
    signs = ("Traceback", '"level":"error"', '"level":"critical"', '"exc_info"')
    return [
        f"{one.name}: {line[:500]}"
        for one in stack.instances
        for line in one.log.read_text(errors="replace").splitlines()
        if any(sign in line for sign in signs)
    ]
