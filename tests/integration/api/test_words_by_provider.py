"""Words by phone and chat, with a real notifier: codes that prove a contact point, make_call and send_sms."""

from __future__ import annotations

import re
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any
from xml.etree import ElementTree

import pytest
import pytest_asyncio

from deploy.local.servers import Servers
from services.notifier.service import service as notifier
from shared.secrets import new_key
from tests.integration.api.api_running import RunningApi, a_service, an_api, drop
from tests.support import servers as shared_servers
from tests.support import vhosts
from tests.support.one_service import until
from tests.support.telegram_double import TelegramDouble
from tests.support.twilio_double import TwilioDouble

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
Sent = Callable[[], list[str]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def twilio() -> AsyncIterator[TwilioDouble]:
    async with TwilioDouble() as double:
        yield double
        assert double.violations == []


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def telegram() -> AsyncIterator[TelegramDouble]:
    async with TelegramDouble() as double:
        yield double
        assert double.violations == []


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(
    servers: Servers, twilio: TwilioDouble, telegram: TelegramDouble, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningApi]:
    """One api and notifier for the module; every test has people of its own."""
    folder = tmp_path_factory.mktemp("words")
    mongo_url = shared_servers.with_database(servers.mongo_url, shared_servers.fresh_name())
    with vhosts.fresh_vhost(servers) as amqp_url:
        both: dict[str, Any] = {"mongo_url": mongo_url, "amqp_url": amqp_url, "secret_key": new_key()}
        both |= twilio.settings | telegram.settings
        async with a_service(notifier, folder, **both), an_api(**both, data_dir=folder) as running:
            await running.connected()
            yield running
        await drop(mongo_url)


def a_number() -> str:
    return f"+49170{uuid.uuid4().int % 10**8:08}"


def to_number(twilio: TwilioDouble, number: str) -> Callable[[], list[str]]:
    """Return what says the texts and the spoken words that went to a number."""

    def texts() -> list[str]:
        mine = [one["fields"] for one in twilio.taken if one["fields"]["To"] == [number]]
        return [one["Body"][0] if "Body" in one else _spoken(one["Twiml"][0]) for one in mine]

    return texts


def _spoken(twiml: str) -> str:
    return " ".join(ElementTree.fromstring(twiml).itertext())


async def a_person(api: RunningApi, **fields: Any) -> tuple[dict[str, Any], str]:
    """Return a viewer and his token."""
    user = await api.post("users/", username=uuid.uuid4().hex, role="viewer", **fields)
    return user, await api.new_token(user_id=user["id"])


@pytest.mark.parametrize("way", ["sms", "phone_call", "telegram"])
async def test_a_contact_point_counts_once_the_code_that_went_there_came_back(
    api: RunningApi, twilio: TwilioDouble, telegram: TelegramDouble, way: str
):
    user, token = await a_person(api)
    path, mine = f"users/{user['id']}/contact_points", {"Authorization": token}
    number, chat = a_number(), str(uuid.uuid4().int % 10**9 + 1)
    kind, address = ("telegram", chat) if way == "telegram" else ("phone", number)
    point = (await api.ask("POST", path, {"kind": kind, "address": address}, headers=mine)).body
    assert point["is_usable"] is False

    sent = await api.ask("POST", f"{path}/{point['id']}/send_code", {"channel": way}, headers=mine)
    assert (sent.status, sent.body["channel"]) == (202, way)
    texts = to_number(twilio, number)
    if way == "telegram":

        def texts() -> list[str]:
            return [one["text"] for one in telegram.taken if str(one["chat"]) == chat]

    (text,) = await until(texts)
    found = re.search(r"(?<!\d)\d(?:[ ,.]*\d){5}(?!\d)", text)
    assert found is not None, text
    code = re.sub(r"\D", "", found[0])
    wrong = await api.ask("POST", f"{path}/{point['id']}/verify", {"code": "x"}, headers=mine)
    right = await api.ask("POST", f"{path}/{point['id']}/verify", {"code": code}, headers=mine)

    assert (wrong.status, list(wrong.body)) == (400, ["code"])
    assert (right.status, right.body["is_usable"], right.body["vouched_for_by"]) == (200, True, "code")


@pytest.mark.parametrize("endpoint", ["make_call", "send_sms"])
async def test_words_to_a_person_are_answered_when_the_provider_took_them(
    api: RunningApi, twilio: TwilioDouble, endpoint: str
):
    number, email = a_number(), f"{uuid.uuid4().hex}@example.org"
    await a_person(api, email=email, phone_number=number)

    reply = await api.ask("POST", f"{endpoint}/", {"email": email.upper(), "message": "the lights are out"})

    assert reply.status == 200, reply
    (text,) = to_number(twilio, number)()
    assert "the lights are out" in text
    assert (await api.get(f"deliveries/{reply.body['id']}"))["state"] in ("sent", "delivered")


@pytest.mark.parametrize("endpoint", ["make_call", "send_sms"])
async def test_what_the_provider_refuses_is_failed_with_its_words(
    api: RunningApi, twilio: TwilioDouble, endpoint: str
):
    email = f"{uuid.uuid4().hex}@example.org"
    await a_person(api, email=email, phone_number=a_number())
    twilio.faults.refused = 1

    reply = await api.ask("POST", endpoint, {"email": email, "message": "hello"})

    assert (reply.status, reply.body["error"]) == (503, "failed")
    assert "START" in reply.body["detail"]


@pytest.mark.parametrize("endpoint", ["make_call", "send_sms"])
async def test_a_viewer_makes_nobodys_phone_ring(api: RunningApi, endpoint: str):
    _, token = await a_person(api)
    body = {"email": "x@example.org", "message": "hello"}

    assert (await api.ask("POST", endpoint, body, headers={"Authorization": token})).status == 403
