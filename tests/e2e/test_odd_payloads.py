"""Whatever the receiver accepts becomes an alert group: no value that JSON can hold gets stuck on the way."""

from __future__ import annotations

import asyncio
import io

import pytest

from tests.e2e.story import CONFIGURATION, WEB_TOKEN, calling
from tests.support.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

BODIES = (
    '{"alert_uid": "past 63 bits", "n": 18446744073709551615}',
    '{"alert_uid": "zero in a key", "a\\u0000b": 1}',
    '{"alert_uid": "operators as keys", "$set": {"x": 1}, "a.b": 2, "": 3, "_id": 4}',
    '{"alert_uid": "zero in a text", "t": "\\u0000x"}',
    '{"alert_uid": "odd signs", "title": "\\ud83d\\ude00 \\u2028 \\u202e \\u0007 \\ud83d"}',
    '{"alert_uid": "deep", "deep": ' + "[" * 60 + "]" * 60 + "}",
    '{"alert_uid": "long key", "' + "k" * 3000 + '": 1}',
    '{"alert_uid": {"an": "object"}}',
    '{"alert_uid": "' + "long uid " * 100_000 + '"}',
    '{"alert_uid": "long title", "title": "' + "x" * 900_000 + '"}',
    "[1, 2]",
    '"text"',
    "5",
    "false",
    "",
)


async def test_every_accepted_body_is_a_group_of_its_own_and_none_is_a_dead_letter(stack: Stack) -> None:
    await stack.start(CONFIGURATION)
    url = f"{stack.url('receiver')}/integrations/v1/webhook/{WEB_TOKEN}/"
    async with calling(stack) as api:
        for body in BODIES:
            headers = {"Content-Type": "application/json"}
            async with api.client.post(url, data=io.BytesIO(body.encode()), headers=headers) as answer:
                assert answer.status in (200, 202), body[:80]
        async with asyncio.timeout(60):
            while len(await api.groups()) < len(BODIES):
                await asyncio.sleep(0.05)
    assert (await stack.command("deadletter", "list", "-q")).strip() == ""
