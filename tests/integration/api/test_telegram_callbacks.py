"""Buttons and texts in Telegram: believed with the secret alone, done once, answered where they were pressed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio

from deploy.local.servers import Servers
from shared import clock
from shared.channels.registry import CHANNELS
from shared.domain.contacts import ContactPoint
from shared.domain.model import Group
from shared.sending import Outlet
from tests.integration.api.acting_running import a_firing_group, a_person, acting_api, message_of, now
from tests.integration.api.api_running import PUBLIC, RunningApi
from tests.support.telegram_double import SECRET, TelegramDouble

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
URL = f"{PUBLIC}/telegram/update"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningApi]:
    async with acting_api(
        servers, tmp_path_factory.mktemp("telegram"), telegram_webhook_secret=SECRET
    ) as running:
        point = ContactPoint(id="P1", kind="telegram", address="777", verified_at=clock.now())
        await a_person(running, contact_points=(point,))
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def telegram(api: RunningApi) -> AsyncIterator[TelegramDouble]:
    async with TelegramDouble() as double:
        double.public, double.local = PUBLIC, api.url
        yield double


async def shown(telegram: TelegramDouble, api: RunningApi, group: Group) -> dict[str, Any]:
    """Have the group shown to the person."""
    channel = CHANNELS["telegram"]
    settings = channel.settings_from(SimpleNamespace(**telegram.settings))
    async with Outlet() as outlet:
        await outlet.perform(channel.post(message_of(api, group, None), "777", settings))
    message: dict[str, Any] = telegram.taken[-1]
    return message


@pytest.mark.parametrize(
    ("label", "state"),
    [("Acknowledge", "acknowledged"), ("Resolve", "resolved"), ("1 h", "silenced"), ("for ever", "silenced")],
)
async def test_a_button_acts_and_the_presser_is_told(
    api: RunningApi, telegram: TelegramDouble, label: str, state: str
):
    group = await a_firing_group(api)
    message = await shown(telegram, api, group)

    first = await telegram.press(message, label, URL, query_id=f"{label}1")
    again = await telegram.press(message, label, URL, query_id=f"{label}1")
    other = await telegram.press(message, label, URL, query_id=f"{label}2")

    after = await now(api, group)
    assert (first[0], after.state.value) == (200, state)
    assert first == again
    assert first[1]["text"].startswith(state.capitalize())
    assert (after.silenced_until is None) == (label != "1 h")
    if state != "silenced":
        assert other[1]["text"].startswith("Not done")
        assert other[1]["show_alert"]


async def test_a_stranger_and_a_group_chat_change_nothing(api: RunningApi, telegram: TelegramDouble):
    group = await a_firing_group(api)
    message = await shown(telegram, api, group)

    _, told = await telegram.press(message, "Acknowledge", URL, user=999, query_id="S1")
    _, talk = await telegram.write(URL, f"ack {group.number}", kind="supergroup")

    assert "not linked" in told["text"]
    assert talk == {}
    assert (await now(api, group)).version == group.version


async def test_a_text_acts_by_number(api: RunningApi, telegram: TelegramDouble):
    group = await a_firing_group(api)

    _, said = await telegram.write(URL, f"silence {group.number} 5", id=10)
    _, helped = await telegram.write(URL, "what now?", id=11)

    assert said["text"] == f"Silenced for 5 minutes: #{group.number} DiskFull <b>"
    assert (await now(api, group)).state.value == "silenced"
    assert helped["text"].startswith('Send "ack 12"')


async def test_without_the_secret_nothing_is_believed(api: RunningApi, telegram: TelegramDouble):
    group = await a_firing_group(api)
    message = {"message_id": 1, "from": {"id": 777}, "chat": {"id": 777, "type": "private"}}

    status, _ = await telegram.update(
        URL, {"message": {**message, "text": f"ack {group.number}"}}, secret="x"
    )
    odd, _ = await telegram.update(URL, {"callback_query": {"id": "1", "from": {"id": 777}, "data": "x"}})

    assert (status, odd) == (403, 400)
    assert (await now(api, group)).version == group.version


async def test_the_link_that_a_person_asked_for_makes_their_chat_a_contact_point(
    api: RunningApi, telegram: TelegramDouble
):
    user = await a_person(api)
    made = await api.ask("POST", f"users/{user.id}/contact_points", {"kind": "telegram"})
    command = next(value for value in made.body.values() if str(value).startswith("/start"))

    _, wrong = await telegram.write(URL, "/start " + "x" * 32, user=5550001, id=20)
    _, done = await telegram.write(URL, command, user=5550001, id=21)
    await api.running.io.config.load()
    group = await a_firing_group(api)
    _, said = await telegram.write(URL, f"ack {group.number}", user=5550001, id=22)

    after = await now(api, group)
    assert "not valid" in wrong["text"]
    assert user.username in done["text"]
    assert said["text"].startswith("Acknowledged")
    assert after.acknowledged_by is not None
    assert after.acknowledged_by.id == user.id
