"""Bodies that are no alert are answered 200 and nothing comes of them; senders that use the query are understood."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.domain.configuration import ConfigSnapshot, Integration
from shared.events import AlertReceived
from shared.secrets import digest
from tests.integration.receiver_running import RunningReceiver, a_receiver, events_in

pytestmark = pytest.mark.integration
CONFIGURATION = ConfigSnapshot(
    version=3,
    integrations=tuple(
        Integration(id=f"C{slug}", name=slug, type=slug, token_digest=digest(f"{slug}-token"))
        for slug in ("slack", "github", "uptimerobot")
    ),
)


@pytest.fixture
async def receiver(amqp_url: str, tmp_path: Path) -> AsyncIterator[RunningReceiver]:
    async with a_receiver(amqp_url, tmp_path, CONFIGURATION) as receiver:
        await receiver.connected()
        yield receiver


async def test_the_challenge_of_slack_is_given_back(receiver: RunningReceiver) -> None:
    body = {
        "type": "url_verification",
        "token": "t",
        "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P",
    }

    status, answer = await receiver.post("/integrations/v1/slack/slack-token/", json=body)

    assert (status, answer) == (200, {"challenge": body["challenge"]})


async def test_a_ping_is_answered_with_why_it_is_none_and_counted(receiver: RunningReceiver) -> None:
    body = {"zen": "Keep it logically awesome.", "hook_id": 1, "hook": {"type": "Repository"}}

    status, answer = await receiver.post("/integrations/v1/github/github-token/", json=body)

    assert (status, answer["ids"]) == (200, [])
    assert answer["detail"]
    assert await receiver.metric("tocsin_ingest_ignored_total") == 1


async def test_fields_in_the_query_are_the_payload_of_a_sender_that_puts_them_there(
    receiver: RunningReceiver, amqp_url: str
) -> None:
    path = "/integrations/v1/uptimerobot/uptimerobot-token/?monitorID=77&monitorFriendlyName=Shop&alertType=1"

    status, _ = await receiver.post(path)
    [event] = await events_in(amqp_url, "tocsin.router", 1)

    assert status == 200
    assert isinstance(event, AlertReceived)
    assert event.alert.payload["monitorFriendlyName"] == "Shop"
