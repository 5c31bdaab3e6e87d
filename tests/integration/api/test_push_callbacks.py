"""Buttons of Mattermost and ntfy, and Pushover's acknowledge: known by the ticket that they were given."""

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
from shared.domain.people import User
from shared.sending import Outlet
from tests.integration.api.acting_running import a_firing_group, a_person, acting_api, message_of, now
from tests.integration.api.api_running import PUBLIC, RunningApi
from tests.support.http_double import HttpDouble
from tests.support.mattermost_double import CHANNEL, MEMBER, MattermostDouble
from tests.support.ntfy_double import NtfyDouble
from tests.support.pushover_double import USER, PushoverDouble

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningApi]:
    async with acting_api(servers, tmp_path_factory.mktemp("push")) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def alice(api: RunningApi) -> User:
    point = ContactPoint(id="P1", kind="mattermost", address=MEMBER, verified_at=clock.now())
    return await a_person(api, contact_points=(point,))


async def shown(double: HttpDouble, api: RunningApi, slug: str, target: str, message: Any) -> dict[str, Any]:
    """Have a message taken by a double, whose callbacks then lead to the api."""
    double.public, double.local = PUBLIC, api.url
    channel = CHANNELS[slug]
    settings = channel.settings_from(SimpleNamespace(**double.settings))
    async with Outlet() as outlet:
        await outlet.perform(channel.post(message, target, settings))
    taken: dict[str, Any] = double.taken[-1]
    return taken


async def test_a_button_of_mattermost_acts_for_whoever_presses(api: RunningApi, alice: User):
    group = await a_firing_group(api)
    async with MattermostDouble() as double:
        post = await shown(double, api, "mattermost", CHANNEL, message_of(api, group, None))
        stranger = await double.press(post, "Acknowledge", user="x" * 26, trigger="t0")
        first = await double.press(post, "Acknowledge")
        again = await double.press(post, "Acknowledge")
        silence = await double.press(post, "Silence 30 min", trigger="t2")

    after = await now(api, group)
    assert after.acknowledged_by is not None
    assert after.acknowledged_by.id == alice.id
    assert "not linked" in stranger[1]["ephemeral_text"]
    assert first == again
    assert first[1]["ephemeral_text"].startswith("Acknowledged")
    assert silence[1]["ephemeral_text"].startswith("Not done")
    assert double.violations == []


@pytest.mark.parametrize(
    ("label", "state"),
    [("Acknowledge", "acknowledged"), ("Resolve", "resolved"), ("Silence 30 min", "silenced")],
)
async def test_a_button_of_ntfy_acts_at_one_tap(api: RunningApi, alice: User, label: str, state: str):
    group = await a_firing_group(api)
    async with NtfyDouble() as double:
        message = await shown(double, api, "ntfy", "topic", message_of(api, group, alice))

        assert await double.press(message, label) == 200

    assert (await now(api, group)).state.value == state


async def test_an_emergency_acknowledged_in_pushover_is_acknowledged_here(api: RunningApi, alice: User):
    group = await a_firing_group(api)
    async with PushoverDouble() as double:
        page = message_of(api, group, alice, important=True)
        message = await shown(double, api, "pushover", USER, page)

        assert await double.acknowledge(message) == 200

    after = await now(api, group)
    assert after.acknowledged_by is not None
    assert after.acknowledged_by.id == alice.id


@pytest.mark.parametrize("path", ["/pushover/receipt", "/mattermost/press"])
@pytest.mark.parametrize("ticket", ["", "?ticket=", "?ticket=abc.def", "?ticket=%2e"])
async def test_without_a_ticket_of_ours_nothing_is_believed(api: RunningApi, path: str, ticket: str):
    reply = await api.ask("POST", path + ticket, {"user_id": MEMBER, "context": {"action": "acknowledge"}})

    assert reply.status == 403
