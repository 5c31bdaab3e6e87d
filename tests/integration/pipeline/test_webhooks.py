"""Stories of outgoing webhooks through all stages: who is called for what happens to a group, and how often."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared import clock
from shared.domain.configuration import ConfigSnapshot, Integration, Webhook
from shared.domain.webhook_signature import secret_of
from shared.domain.webhook_triggers import STATUS_CHANGES
from shared.events import ActionRequested, derived_id
from shared.store.alert_groups import AlertGroups, GroupWrite
from shared.store.deliveries import Deliveries
from tests.integration.api.api_running import an_api
from tests.support.build import ALICE, a_configuration, a_group, notify
from tests.support.house import House, until
from tests.support.webhook_receiver import WebhookReceiver

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]
STAGES = ("recorder", "router", "grouper", "renderer", "escalator", "notifier")
TRIGGERS = ("alert group created", "alert added", *STATUS_CHANGES.values(), "status change")
KEEP = timedelta(days=1)
TEMPLATES: Any = {"grouping_key": "{{ payload.title }}", "web": {"title": "{{ payload.title }}"}}


@pytest.fixture
async def receiver() -> AsyncIterator[WebhookReceiver]:
    async with WebhookReceiver() as receiver:
        yield receiver


def configured(*webhooks: Webhook, **fields: Any) -> ConfigSnapshot:
    """Return integration C1, whose route has a chain that nobody needs to be paged by."""
    hook = Integration(id="C1", name="Hook", type="webhook", token_digest="x", templates=TEMPLATES)
    return a_configuration(notify("U2"), integrations=(hook,), webhooks=webhooks, **fields)


def a_webhook(receiver: WebhookReceiver, trigger: str, **fields: Any) -> Webhook:
    """Return a webhook of a trigger that is called at a path of its own."""
    slug = trigger.replace(" ", "-")
    given = {
        "id": f"WH-{slug}",
        "name": trigger,
        "url": f"{receiver.url}/{slug}",
        "trigger_type": trigger,
        **fields,
    }
    return Webhook.model_validate(given)


class Story:
    """One group's life."""

    def __init__(self, house: House, receiver: WebhookReceiver) -> None:
        self.house = house
        self.receiver = receiver
        self._actions = 0

    async def fire(self, title: str = "DiskFull") -> None:
        """Let something fire."""
        await self.house.receive({"title": title})

    async def act(self, action: str, trigger: str = "") -> None:
        """Let alice act on the only group; with a trigger, wait until its webhook was called once more."""
        (group,) = await AlertGroups(self.house.database).find({}, [("opened_at", -1)], 1)
        before = len(self.called(trigger or action))
        self._actions += 1
        event = ActionRequested(
            id=derived_id("act", group.id, self._actions), time=clock.now(), alert_id=group.last_alert_id,
            group_id=group.id, action=action, actor=ALICE,
        )  # fmt: skip
        await self.house.publish(event)
        await self.until_called(trigger or action, before + 1)

    def called(self, trigger: str) -> list[Any]:
        """Return the calls of the webhook of a trigger."""
        return self.receiver.at(f"/{trigger.replace(' ', '-')}")

    async def until_called(self, trigger: str, times: int = 1) -> None:
        """Wait until the webhook of a trigger was called so often."""

        async def so_often() -> bool:
            return len(self.called(trigger)) >= times

        await until(so_often, what=f"{trigger} is called {times} times")


async def test_each_thing_that_happens_to_a_group_calls_its_webhook_once(
    house: House, receiver: WebhookReceiver
):
    await house.configure_all(
        configured(*[a_webhook(receiver, one) for one in TRIGGERS], routes=(), chains=())
    )
    await house.start(*STAGES)
    story = Story(house, receiver)

    await story.fire()
    await story.until_called("alert group created")
    await story.fire()
    await story.until_called("alert added")
    actions = ("acknowledge", "unacknowledge", "silence", "unsilence", "resolve", "unresolve")
    for action in actions:
        await story.act(action)
    await story.until_called("status change", len(actions))

    assert {one: len(story.called(one)) for one in TRIGGERS} == {
        **dict.fromkeys(TRIGGERS, 1),
        "status change": len(actions),
    }
    changes = [one.json["event"]["type"] for one in story.called("status change")]
    assert sorted(changes) == sorted(actions)
    assert {one.json["user"]["username"] for one in story.called("status change")} == {"alice"}
    (created,) = story.called("alert group created")
    assert (created.json["event"]["type"], created.json["user"]) == ("alert group created", None)
    (added,) = story.called("alert added")
    assert added.json["event"]["alerts"] == [added.json["alert_group"]["last_alert"]["id"]]
    assert receiver.faults == []


async def test_a_later_webhook_is_told_what_an_earlier_one_was_answered(
    house: House, receiver: WebhookReceiver
):
    receiver.answers["/alert-group-created"] = '{"ticket": "T-17"}'
    created = a_webhook(receiver, "alert group created")
    closing = a_webhook(
        receiver,
        "resolve",
        forward_all=False,
        data='{"close": "{{ responses["WH-alert-group-created"].ticket }}"}',
    )
    await house.configure_all(configured(created, closing))
    await house.start(*STAGES)
    story = Story(house, receiver)
    await story.fire()

    async def answered() -> Any:
        groups = await AlertGroups(house.database).find({}, [("opened_at", -1)], 1)
        return groups and await Deliveries(house.database, KEEP).responses(groups[0].id)

    await until(answered)

    await story.act("resolve")

    (call,) = story.called("resolve")
    assert call.json == {"close": "T-17"}


async def test_a_webhook_that_does_not_fire_leaves_its_reason(house: House, receiver: WebhookReceiver):
    others = a_webhook(receiver, "alert group created", id="WH-filter", name="1", integration_filter=("C9",))
    false = a_webhook(
        receiver,
        "alert group created",
        id="WH-false",
        name="2",
        trigger_template="{{ event.type == 'resolve' }}",
    )
    off = a_webhook(receiver, "alert group created", id="WH-off", name="3", is_webhook_enabled=False)
    await house.configure_all(configured(others, false, off))
    await house.start(*STAGES)
    await Story(house, receiver).fire()
    runs = Deliveries(house.database, KEEP)

    async def reasons() -> Any:
        found = [one for id in ("WH-filter", "WH-false", "WH-off") for one in await runs.runs(id, 10)]
        return len(found) == 3 and all(one.finished_at for one in found) and [one.reason for one in found]

    assert await until(reasons) == [
        "the webhook is for other integrations",
        "the trigger template said 'False'",
        "the webhook is disabled",
    ]
    assert receiver.calls == []


async def test_a_crash_of_every_stage_in_turn_loses_and_doubles_no_call(
    house: House, receiver: WebhookReceiver
):
    await house.configure_all(
        configured(*[a_webhook(receiver, one) for one in TRIGGERS], routes=(), chains=())
    )
    await house.start(*STAGES)
    titles = [f"T{number}" for number in range(6)]
    for number, title in enumerate(titles):
        await Story(house, receiver).fire(title)
        victim = STAGES[number % len(STAGES)]
        if victim != "recorder":
            await house.crash(f"{victim}-0")
            await house.start_one(victim, f"{victim}-0")

    story = Story(house, receiver)
    await story.until_called("alert group created", len(titles))

    seen = [one.json["alert_group"]["title"] for one in story.called("alert group created")]
    assert sorted(seen) == titles


async def test_a_person_calls_a_webhook_and_its_secret_is_replaced_without_a_gap(
    house: House, receiver: WebhookReceiver, mongo_url: str, amqp_url: str, tmp_path: Path
):
    old = secret_of(b"o" * 32)
    receiver.secrets = (old,)
    await house.start("recorder", "notifier")
    group = a_group(resolved_at=clock.now())
    await AlertGroups(house.database).save([GroupWrite(group, None, [], clock.now())])
    async with an_api(mongo_url, tmp_path / "api", amqp_url, secret_key=house.key) as api:
        await api.connected()
        made = await api.post("webhooks", name="ticket", url=f"{receiver.url}/hook", signing_secret=old)

        async def call(**headers: str) -> Any:
            body = {"alert_group_id": group.id}
            answer = await api.ask("POST", f"webhooks/{made['id']}/trigger", body, headers=headers)
            assert answer.status == 202, answer
            return answer.body["id"]

        async def called(times: int) -> None:
            async def so_often() -> bool:
                return len(receiver.at("/hook")) >= times

            await until(so_often)

        assert await call(**{"Idempotency-Key": "1"}) == await call(**{"Idempotency-Key": "1"})
        await called(1)
        rotated = await api.ask("POST", f"webhooks/{made['id']}/rotate_secret", {})
        await call()
        await called(2)
        receiver.secrets = (rotated.body["signing_secret"],)
        last = await call()
        await called(3)

        async def recorded() -> Any:
            found = (await api.get(f"webhooks/{made['id']}/responses"))["results"]
            return found if all(one["request_headers"] for one in found) else None

        runs = await until(recorded, what="the runs are recorded, which comes after the calls")

    assert (receiver.faults, len(receiver.calls)) == ([], 3)
    assert receiver.at("/hook")[-1].json["event"]["type"] == "escalation"
    assert (len(runs), runs[0]["id"], runs[0]["trigger_type"]) == (3, last, "manual")
    assert "webhook-signature" not in runs[0]["request_headers"]
