"""Outgoing webhooks through the notifier: templates in the sandbox, a real receiver, every outcome told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, Self

import pytest
from aiohttp import web

from services.notifier.service import service
from shared import clock
from shared.domain.configuration import User, Webhook
from shared.domain.delivery import DeliveryState
from shared.domain.webhook_triggers import PERSONAL
from shared.events import NotificationDelivered, NotificationFailed, WebhookResponded
from shared.secrets import Secrets
from shared.store.alert_groups import AlertGroups, GroupWrite
from shared.store.deliveries import Deliveries
from shared.store.journal import Journal
from tests.support.gaps import CLEARING, Gap
from tests.support.house import House, until
from tests.support.one_service import SECRET_KEY, Surroundings
from tests.support.outgoing import a_group, acknowledged, page_requested, webhook_requested

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]


@dataclass
class Receiver:
    """Takes webhook calls and answers with the statuses that are asked for, then with 200."""

    statuses: list[int] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        self.calls.append(
            {"path": request.path, "headers": dict(request.headers), "text": await request.text()}
        )
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200, text="taken")


@pytest.fixture
async def around(amqp_url: str, mongo_url: str, tmp_path: Path) -> AsyncIterator[Surroundings]:
    async with Surroundings(amqp_url, mongo_url, tmp_path) as around:
        yield around


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as receiver:
        yield receiver


@pytest.fixture
def calling(around: Surroundings, receiver: Receiver) -> Callable[..., Any]:
    """Configure the webhook, run the notifier, ask for the call and return what was told of it."""

    async def call(request: dict[str, Any] | None = None, **fields: Any) -> WebhookResponded:
        given = {"id": "WH-1", "name": "ticket", "url": f"{receiver.url}/hook", **fields}
        await around.configure(Webhook.model_validate(given))
        await around.store(a_group())
        async with around.running(service):
            await around.publish(webhook_requested(**(request or {})))
            (told,) = await around.expect(WebhookResponded, timeout_s=30)
        return told

    return call


async def test_a_person_without_a_url_is_paged_by_the_webhook_for_personal_notifications(
    around: Surroundings, receiver: Receiver
):
    hook = {"id": "WH-1", "name": "pager", "url": f"{receiver.url}/hook", "trigger_type": PERSONAL}
    group = await around.store(a_group())
    await around.configure(Webhook.model_validate(hook), User(id="U-alice", username="alice"))
    async with around.running(service):
        await around.publish(page_requested(group, channel="webhook", important=True))
        (told,) = await around.expect(NotificationDelivered)

    (call,) = receiver.calls
    event = json.loads(call["text"])
    assert (event["event"]["type"], event["user"]["username"]) == (PERSONAL, "alice")
    assert (event["event"]["user"]["username"], event["event"]["user"]["important"]) == ("alice", True)
    assert (told.user_id, told.channel) == ("U-alice", "webhook")
    assert call["headers"]["Idempotency-Key"] == told.request_id
    (run,) = await Deliveries.of(around.database).runs("WH-1", 10)
    assert (run.id, run.status_code) == (told.request_id, 200)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"trigger_template": "no"}, "the trigger template said 'no'"),
        ({"url": "gopher://x"}, "the url must begin with http:// or https://"),
        ({"team_id": "T9"}, "alice has no address for Personal webhook"),
    ],
)
async def test_a_personal_notification_that_cannot_be_sent_fails_so_that_the_next_rule_runs(
    around: Surroundings, receiver: Receiver, fields: dict[str, Any], reason: str
):
    hook = {"id": "WH-1", "name": "pager", "url": receiver.url, "trigger_type": PERSONAL, **fields}
    group = await around.store(a_group())
    await around.configure(Webhook.model_validate(hook), User(id="U-alice", username="alice"))
    async with around.running(service):
        await around.publish(page_requested(group, channel="webhook"))
        (told,) = await around.expect(NotificationFailed)

    assert told.reason.startswith(reason)
    assert receiver.calls == []


GAPS = [
    pytest.param("before", "deliveries", marks=pytest.mark.deep),
    ("after", "deliveries"),
    ("before", "bus"),
    pytest.param("after", "bus", marks=pytest.mark.deep),
]


@pytest.mark.parametrize(("when", "where"), GAPS)
async def test_a_notifier_that_dies_around_a_call_makes_it_once_and_records_one_run(
    amqp_url: str,
    mongo_url: str,
    tmp_path: Path,
    receiver: Receiver,
    turn_clock: Callable[[timedelta], None],
    when: Literal["before", "after"],
    where: str,
):
    """Before and after `sending` is written, and before and after what became of the call is told."""
    house = House(amqp_url, mongo_url, tmp_path)
    try:
        await house.configure(Webhook(id="WH-1", name="ticket", url=f"{receiver.url}/hook"))
        await AlertGroups(house.database).save([GroupWrite(a_group(), None, [], clock.now())])
        gap = Gap(when, where, CLEARING)
        await house.start("recorder")
        await house.start_one("notifier", "first", prepare=gap.into)
        await house.publish(webhook_requested())
        await asyncio.wait_for(gap.reached.wait(), 40)
        await house.crash("first")
        turn_clock(timedelta(minutes=2))
        await house.start_one("notifier", "second")
        await house.publish(webhook_requested())

        async def told() -> set[str]:
            found = await Journal(house.database).of_group(a_group().id)
            return {one["id"] for one in found if one["type"] == WebhookResponded.type}

        await until(told, timeout_s=60)
        (run,) = await Deliveries.of(house.database).runs("WH-1", 10)
        assert len(await told()) == 1
    finally:
        await house.close()

    assert (run.state, run.status_code, run.record is not None) == (DeliveryState.SENT, 200, True)
    # Of a try that nobody knows anything about, the run says so; the call itself was not made twice.
    assert run.lost_tries == int((when, where) == ("after", "deliveries"))
    assert len(receiver.calls) == 1


async def test_a_webhook_gets_the_whole_event(receiver: Receiver, calling: Callable[..., Any]):
    told = await calling()

    assert (told.fired, told.status_code, told.content) == (True, 200, "taken")
    (call,) = receiver.calls
    assert json.loads(call["text"])["alert_group"]["title"] == "DiskFull on db1"
    assert call["headers"]["Idempotency-Key"] == told.request_id


async def test_templates_and_secrets_make_the_request(receiver: Receiver, calling: Callable[..., Any]):
    secret = Secrets(SECRET_KEY).encrypt("Bearer hunter2")
    await calling(
        url=receiver.url + "/{{ alert_group_id }}",
        data="{{ alert_group.title }}",
        forward_all=False,
        authorization_header=secret,
    )

    (call,) = receiver.calls
    assert call["path"] == f"/{a_group().id}"
    assert (call["text"], call["headers"]["Authorization"]) == ("DiskFull on db1", "Bearer hunter2")


async def test_a_webhook_that_answers_for_later_is_called_again(
    receiver: Receiver, calling: Callable[..., Any]
):
    receiver.statuses = [503]

    told = await calling()

    assert told.status_code == 200
    assert len({call["headers"]["Idempotency-Key"] for call in receiver.calls}) == 1
    assert len(receiver.calls) == 2


async def test_a_webhook_that_refuses_is_not_called_again(receiver: Receiver, calling: Callable[..., Any]):
    receiver.statuses = [404]

    told = await calling()

    assert (told.decision, told.status_code, told.reason) == ("failed", 404, "the webhook answered 404")
    assert len(receiver.calls) == 1


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"trigger_template": "no"}, "the trigger template said 'no'"),
        ({"is_webhook_enabled": False}, "the webhook is disabled"),
        ({"integration_filter": ["C-9"]}, "the webhook is for other integrations"),
        ({"url": "{{ broken"}, "url: "),
        ({"url": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"}, ""),
        ({"url": "gopher://x"}, "the url must begin with http:// or https://"),
        ({"headers": "x"}, "the headers are not JSON"),
    ],
)
async def test_a_webhook_that_is_not_called_says_why(receiver, calling, fields, reason):
    told = await calling(**fields)

    assert not told.fired
    assert told.reason.startswith(reason)
    assert told.reason
    assert receiver.calls == []


async def test_a_webhook_of_a_chain_is_not_called_for_an_acknowledged_group(
    around: Surroundings, receiver: Receiver, calling: Callable[..., Any]
):
    await around.store(a_group())
    await around.store(acknowledged(a_group()))

    told = await calling()

    assert (told.fired, told.reason) == (False, "the alert group is acknowledged by Alice")


async def test_a_users_webhook_reaches_no_private_address(around: Surroundings, receiver: Receiver):
    await around.configure(Webhook(id="WH-1", name="ticket", url=receiver.url))
    await around.store(a_group())
    async with around.running(service, allow_private_addresses=False):
        await around.publish(webhook_requested())
        (told,) = await around.expect(WebhookResponded)

    assert told.reason == "127.0.0.1: the address is private, local or reserved"
    assert receiver.calls == []
