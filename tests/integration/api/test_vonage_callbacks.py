"""Keys and SMS by Vonage: signed by Vonage, done once, answered in the call and by a notice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import SimpleNamespace

import pytest
import pytest_asyncio

from deploy.local.servers import Servers
from shared.channels.registry import CHANNELS
from shared.sending import Outlet
from tests.integration.api.acting_running import a_firing_group, a_person, acting_api, message_of, now
from tests.integration.api.api_running import PUBLIC, RunningApi
from tests.support.vonage_double import SECRET, VonageDouble

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningApi]:
    async with acting_api(
        servers, tmp_path_factory.mktemp("vonage"), vonage_signature_secret=SECRET
    ) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def vonage(api: RunningApi) -> AsyncIterator[VonageDouble]:
    async with VonageDouble() as double:
        double.public, double.local = PUBLIC, api.url
        yield double


async def test_a_key_acts_and_the_call_says_so(api: RunningApi, vonage: VonageDouble):
    group, user = await a_firing_group(api), await a_person(api)
    channel = CHANNELS["vonage_call"]
    async with Outlet() as outlet:
        settings = channel.settings_from(SimpleNamespace(**vonage.settings))
        await outlet.perform(channel.post(message_of(api, group, user), "+4930123456", settings))

    status, said = await vonage.press(vonage.taken[-1], "1")

    after = await now(api, group)
    assert (status, after.state.value) == (200, "acknowledged")
    assert after.acknowledged_by is not None
    assert after.acknowledged_by.id == user.id
    assert said[0]["text"].startswith("Acknowledged")


async def test_an_sms_acts_and_what_is_not_signed_does_not(api: RunningApi, vonage: VonageDouble):
    group = await a_firing_group(api)
    await a_person(api, phone_number="+4930888")
    body = {"message_uuid": "M9", "from": "4930888", "text": f"ack {group.number}"}

    refused, _ = await vonage.post(f"{PUBLIC}/vonage/sms", body, secret="x" * 40)
    untouched = await now(api, group)
    status, _ = await vonage.write(f"{PUBLIC}/vonage/sms", "4930888", f"ack {group.number}")

    assert (refused, untouched.version) == (403, group.version)
    assert (status, (await now(api, group)).state.value) == (200, "acknowledged")
