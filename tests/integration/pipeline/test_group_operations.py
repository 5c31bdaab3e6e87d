"""What people do to groups, followed through the services to the pages and the journal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.configuration import ConfigSnapshot, Rule
from shared.domain.model import Actor, Responder
from shared.store.journal import Journal
from tests.support.build import ALICE, an_action, an_alert, routed
from tests.support.house import House, until

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
    house: House, configuration: ConfigSnapshot, mongo_client: Any, database: str
):
    await house.configure_all(configuration)
    await house.start("recorder", "grouper", "renderer", "escalator")
    stored = mongo_client[database]
    group_id = await an_open_group(house, stored)
    await until(lambda: records(house, group_id, "notification.requested.v1"), what="alice is paged")

    await house.publish(an_action("wipe", group_id=group_id))

    async def is_gone() -> bool:
        told = await records(house, group_id, "group.wiped.v1")
        texts = [one["entries"] for one in stored.journal.find()]
        texts += [one["body"] for name in ("alerts", "alert_groups") for one in stored[name].find()]
        return bool(told) and not any("s3cr3t" in one for one in texts)

    await until(is_gone, what="no trace of the payload is left")
    assert stored.alerts.count_documents({"group_id": group_id}) == 1
    assert len(await records(house, group_id, "notification.requested.v1")) >= 1
