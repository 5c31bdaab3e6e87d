"""What people do to groups, followed through the services to the pages and the journal."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.configuration import ConfigSnapshot, Rule, Webhook
from shared.domain.model import Actor, Responder
from shared.store.journal import Journal
from tests.support.build import ALICE, an_action, an_alert, routed
from tests.support.house import House, until
from tests.support.webhook_receiver import WebhookReceiver

pytestmark = pytest.mark.integration
BOB = Actor(kind="user", id="U2", name="bob")
BOBS_RULES = (
    Rule(id="1", user_id="U2", position=0, type="notify_by_email"),
    Rule(id="2", user_id="U2", position=1, type="wait", duration=300),
    Rule(id="3", user_id="U2", position=2, type="notify_by_sms"),
    Rule(id="4", user_id="U2", position=3, type="wait", duration=300),
    Rule(id="5", user_id="U2", position=4, type="notify_by_phone_call"),
)


async def records(house: House, group_id: str, type: str) -> list[dict[str, Any]]:
    """Return what the journal has of a group, of one type or decision."""
    found = await Journal(house.database).of_group(group_id)
    return [one for one in found if type in (one["type"], one.get("decision"))]


async def failed_pages(house: House, group_id: str, count: int) -> bool:
    """Whether so many pages of a group have failed."""
    return len(await records(house, group_id, "notification.failed.v1")) >= count


@pytest.fixture
async def receiver() -> AsyncIterator[WebhookReceiver]:
    async with WebhookReceiver() as receiver:
        yield receiver


async def an_open_group(house: House, stored: Any, **fields: Any) -> str:
    """Have an alert grouped and return the group's id."""
    alert = an_alert("a1", payload={"secret": "s3cr3t"}).model_copy(update=fields)
    await house.publish(routed(alert=alert, title="s3cr3t", config_version=1))

    async def group_id() -> str | None:
        found = stored.alert_groups.find_one({"untold_at": {"$exists": False}})
        return found["_id"] if found else None

    return await until(group_id, what="the group is open and told")


async def test_a_responder_is_paged_on_after_somebody_else_acknowledged_and_the_chain_is_not(
    house: House,
    configuration: ConfigSnapshot,
    mongo_client: Any,
    database: str,
    turn_clock: Callable[[timedelta], None],
):
    await house.configure_all(
        configuration.model_copy(update={"rules": (configuration.rules[0], *BOBS_RULES)})
    )
    await house.start("recorder", "grouper", "renderer", "escalator")
    responder = Responder(user_id="U2", page_id="call-1", paged_by=ALICE)
    group_id = await an_open_group(house, mongo_client[database], responders=(responder,))

    async def pages(purpose: str) -> list[str]:
        asked = await records(house, group_id, "notification.requested.v1")
        return [one["data"]["channel"] for one in asked if one["data"]["purpose"] == purpose]

    await until(lambda: pages("direct"), what="bob is paged")
    await until(lambda: pages(""), what="the chain pages alice")
    await house.publish(an_action("acknowledge", group_id=group_id))
    await until(lambda: records(house, group_id, "group.acknowledged.v1"), what="it is acknowledged")
    turn_clock(timedelta(minutes=6))

    async def both() -> bool:
        return await pages("direct") == ["email", "sms"]

    await until(both, what="bob's next rule ran")
    assert await pages("") == ["email"]
    await house.publish(an_action("acknowledge", id="second", actor=BOB, group_id=group_id))
    await until(lambda: records(house, group_id, "direct_pages_stopped"), what="bob is called no more")


async def test_what_a_wiped_group_said_is_nowhere_any_more(
    house: House, configuration: ConfigSnapshot, mongo_client: Any, database: str, receiver: WebhookReceiver
):
    await house.configure_all(configuration)
    url = f"{receiver.url}/{{{{ alert_group.title }}}}"
    await house.configure(Webhook(id="W1", name="hook", url=url, trigger_type="alert group created"))
    receiver.statuses = [404]
    stages = ("recorder", "grouper", "renderer", "escalator", "notifier", "chatops_publisher")
    await house.start(*stages, slack_default_channel="C0ALERTS")
    stored = mongo_client[database]
    group_id = await an_open_group(house, stored)
    await until(lambda: records(house, group_id, "notification.failed.v1"), what="alice cannot be paged")
    await until(lambda: records(house, group_id, "post.failed.v1"), what="nothing can be posted")
    await until(lambda: records(house, group_id, "webhook.responded.v1"), what="the webhook was called")
    await house.publish(an_action("acknowledge", group_id=group_id))
    await house.publish(an_action("unacknowledge", id="second", group_id=group_id))
    await until(lambda: failed_pages(house, group_id, 2), what="alice cannot be paged in the second run")

    await house.publish(an_action("wipe", id="third", group_id=group_id))

    async def where_it_still_is() -> list[str]:
        names = stored.list_collection_names()
        return [name for name in names if any("s3cr3t" in str(one) for one in stored[name].find())]

    async def is_gone() -> bool:
        return bool(await records(house, group_id, "group.wiped.v1")) and not await where_it_still_is()

    await until(is_gone, what="no trace of the payload is left")
    assert stored.alerts.count_documents({"group_id": group_id}) == 1
    assert len(await records(house, group_id, "notification.requested.v1")) >= 1
