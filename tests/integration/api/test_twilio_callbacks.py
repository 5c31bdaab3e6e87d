"""Keys pressed in calls and answers by SMS: signed by Twilio, done once, answered in words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest
import pytest_asyncio

from deploy.local.servers import Servers
from shared.channels.registry import CHANNELS
from shared.domain.configuration import User
from shared.domain.model import Group
from shared.sending import Outlet
from tests.integration.api.acting_running import a_firing_group, a_person, acting_api, message_of, now
from tests.integration.api.api_running import PUBLIC, RunningApi
from tests.support.twilio_double import SID, TOKEN, TwilioDouble

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
SMS_URL = f"{PUBLIC}/twilio/sms"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningApi]:
    folder = tmp_path_factory.mktemp("twilio")
    async with acting_api(servers, folder, twilio_account_sid=SID, twilio_auth_token=TOKEN) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def twilio(api: RunningApi) -> AsyncIterator[TwilioDouble]:
    async with TwilioDouble() as double:
        double.public, double.local = PUBLIC, api.url
        yield double


async def called(twilio: TwilioDouble, api: RunningApi, group: Group, user: User) -> dict[str, Any]:
    """Have the person called about the group."""
    channel = CHANNELS["twilio_call"]
    settings = channel.settings_from(SimpleNamespace(**twilio.settings))
    async with Outlet() as outlet:
        await outlet.perform(channel.post(message_of(api, group, user), "+4930123", settings))
    taken: dict[str, Any] = twilio.taken[-1]
    return taken


def said(twiml: str) -> str:
    """Return what a person hears or reads of TwiML."""
    return " ".join(ElementTree.fromstring(twiml).itertext())


@pytest.mark.parametrize(("key", "state"), [("1", "acknowledged"), ("2", "resolved"), ("3", "silenced")])
async def test_a_key_acts_for_the_person_who_was_called(
    api: RunningApi, twilio: TwilioDouble, key: str, state: str
):
    group, user = await a_firing_group(api), await a_person(api)
    call = await called(twilio, api, group, user)

    status, twiml = await twilio.press(call, key)

    after = await now(api, group)
    by = after.acknowledged_by or after.resolved_by or after.silenced_by
    assert (status, after.state.value) == (200, state)
    assert by is not None
    assert by.id == user.id
    assert said(twiml).startswith(state.capitalize())
    assert f"#{group.number}" in said(twiml)
    assert twilio.violations == []


async def test_a_key_that_means_nothing_changes_nothing(api: RunningApi, twilio: TwilioDouble):
    group = await a_firing_group(api)
    call = await called(twilio, api, group, await a_person(api))

    _, twiml = await twilio.press(call, "9")

    assert "does nothing" in said(twiml)
    assert (await now(api, group)).version == group.version


async def test_a_key_pressed_in_an_older_run_is_refused_in_words(api: RunningApi, twilio: TwilioDouble):
    group, user = await a_firing_group(api), await a_person(api)
    call = await called(twilio, api, group, user)
    for action in ("acknowledge", "unacknowledge"):
        await api.ask("POST", f"alert_groups/{group.id}/{action}")

    _, twiml = await twilio.press(call, "1")

    assert said(twiml).startswith("Not done")
    assert (await now(api, group)).is_firing


async def test_an_sms_acknowledges_by_number_once(api: RunningApi, twilio: TwilioDouble):
    group, user = await a_firing_group(api), await a_person(api, phone_number="+4930777")

    _, first = await twilio.write(SMS_URL, "+4930777", f" Ack #{group.number} ", sid="SM1")
    _, again = await twilio.write(SMS_URL, "+4930777", f" Ack #{group.number} ", sid="SM1")
    _, other = await twilio.write(SMS_URL, "+4930777", f"ack {group.number}", sid="SM2")

    after = await now(api, group)
    assert after.acknowledged_by is not None
    assert after.acknowledged_by.id == user.id
    assert said(first) == said(again) == f"Acknowledged: #{group.number} DiskFull <b>"
    assert said(other).startswith("Not done")


@pytest.mark.parametrize(
    ("sender", "role", "text", "answer"),
    [
        ("+4930001", "editor", "hello", 'Send "ack 12"'),
        ("+4930002", "editor", "ack 999999999", "There is no alert group #999999999."),
        ("+4930003", "viewer", "ack {number}", "Your role may only read"),
        ("+999", "editor", "ack {number}", "not linked"),
    ],
)
async def test_an_sms_that_changes_nothing_says_why(
    api: RunningApi, twilio: TwilioDouble, sender: str, role: str, text: str, answer: str
):
    group = await a_firing_group(api)
    if sender != "+999":
        await a_person(api, phone_number=sender, role=role)

    _, twiml = await twilio.write(SMS_URL, sender, text.format(number=group.number), sid=f"SM{sender}")

    assert answer in said(twiml)
    assert (await now(api, group)).version == group.version


async def test_what_twilio_did_not_sign_is_refused(api: RunningApi, twilio: TwilioDouble):
    fields = {"MessageSid": "SM9", "From": "+4930777", "Body": "ack 1"}

    assert (await twilio.post(SMS_URL, fields, token="wrong"))[0] == 403
    assert await api.ask("POST", "/twilio/sms", data="From=%2B4930777&Body=ack+1")  # unsigned
    assert (await twilio.post(f"{PUBLIC}/twilio/odd", fields))[0] == 400
