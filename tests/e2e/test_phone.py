"""A phone is all that a person needs: called about an alert, answered by a key or by an SMS, all services running."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.e2e.story import Caller, calling, until
from tests.support.stack import Stack
from tests.support.twilio_double import TwilioDouble

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

TOKEN = "phonetoken00000000000001"
NUMBER = "+4915112345678"
CONFIGURATION = f"""
users:
  - username: alice
    role: editor
    phone_number: "{NUMBER}"
    rules: {{default: [notify_by_phone_call, notify_by_sms]}}
chains:
  - name: Alice
    steps: [{{type: notify_persons, persons_to_notify: [alice]}}]
integrations:
  - name: Anything
    type: webhook
    token: {TOKEN}
    default_route: {{chain: Alice}}
"""


@pytest.fixture
async def twilio(stack: Stack) -> AsyncIterator[TwilioDouble]:
    async with TwilioDouble() as double:
        stack.environment |= {f"TOCSIN_{name.upper()}": value for name, value in double.settings.items()}
        # One person's phone rings for two alerts here, one after the other.
        stack.environment["TOCSIN_PAGE_INTERVALS"] = ""
        yield double
    assert double.violations == []


async def fire(stack: Stack, api: Caller, title: str) -> dict[str, Any]:
    """Send an alert; return its alert group."""
    url = f"{stack.url('receiver')}/integrations/v1/webhook/{TOKEN}/"
    body = {"alert_uid": title, "title": title, "state": "alerting"}
    async with api.client.post(url, json=body) as answer:
        assert answer.status in (200, 202)
    return await api.the_group("firing", title)


def about(twilio: TwilioDouble, kind: str, title: str) -> list[dict[str, Any]]:
    """Return what Twilio took about an alert."""
    of_kind = [one for one in twilio.taken if one["kind"] == kind]
    return [one for one in of_kind if title in str(one["fields"].get("Twiml" if kind == "Calls" else "Body"))]


async def test_a_key_in_the_call_and_an_sms_each_acknowledge_an_alert_group(
    stack: Stack, twilio: TwilioDouble
) -> None:
    await stack.start(CONFIGURATION)
    async with calling(stack) as api:
        pressed = await fire(stack, api, "Disk full")
        [call] = await until(lambda: about(twilio, "Calls", "Disk full"))
        status, twiml = await twilio.press(call, "1")
        assert (status, "Acknowledged" in twiml) == (200, True)
        await twilio.report(call, "completed")

        written = await fire(stack, api, "Fan broken")
        [_] = await until(lambda: about(twilio, "Calls", "Fan broken"))
        [sms] = await until(lambda: about(twilio, "Messages", "Fan broken"))
        number = _number_in(sms["fields"]["Body"][0])
        forged, _ = await twilio.post(_sms_url(stack), _text(f"ack {number}"), token="wrong")
        status, answer = await twilio.write(_sms_url(stack), NUMBER, f"ack {number}")
        assert (forged, status) == (403, 200)
        assert "Acknowledged" in " ".join(ElementTree.fromstring(answer).itertext())

        for group in (pressed, written):
            after = await api.the_group("acknowledged", group["title"])
            users = await api.get(f"/api/v1/users/{after['acknowledged_by']}/")
            assert (after["id"], users["username"]) == (group["id"], "alice")


def _sms_url(stack: Stack) -> str:
    return f"{stack.url('api')}/twilio/sms"


def _text(body: str) -> dict[str, str]:
    return {"MessageSid": "SM-forged", "From": NUMBER, "Body": body}


def _number_in(text: str) -> str:
    """Return the number of the alert group that an SMS names ("#12")."""
    return text.partition("#")[2].split()[0].strip(".,:()")
