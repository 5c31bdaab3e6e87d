"""One alert through router, grouper, renderer, escalator and recorder."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.configuration import ConfigSnapshot
from shared.store.alert_groups import AlertGroups
from shared.store.journal import Journal
from tests.support.house import House, until

pytestmark = pytest.mark.integration


async def test_an_alert_becomes_a_group_and_a_page_and_its_trace_has_no_holes(
    house: House, configuration: ConfigSnapshot
):
    await house.configure_all(configuration)
    await house.start("recorder", "router", "grouper", "renderer", "escalator")
    journal = Journal(house.database)

    alert_id = await house.receive({"alert_uid": "disk", "title": "Disk full", "state": "alerting"})

    async def types() -> list[str] | None:
        found = [one["type"] for one in await journal.of_alert(alert_id)]
        return found if "notification.requested.v1" in found else None

    found = await until(types, what="a page is requested")
    assert {
        "alert.received.v1",
        "alert.routed.v1",
        "group.opened.v1",
        "group.rendered.v1",
        "notification.requested.v1",
        "post.requested.v1",
    } - set(found) in (set(), {"post.requested.v1"})


async def test_the_same_alert_twice_is_stored_once_and_counted_once(
    house: House, configuration: ConfigSnapshot, mongo_client: Any, database: str
):
    await house.configure_all(configuration)
    await house.start("router", "grouper", instances=2)
    payload = {"alert_uid": "disk", "title": "Disk full"}

    for _ in range(5):
        await house.receive(payload, name="same")
    await house.receive(payload, name="other")

    groups = AlertGroups(house.database)

    async def counted() -> bool:
        found = await groups.find({}, [("opened_at", 1)], 10)
        return [one.alerts_count for one in found] == [2]

    await until(counted, what="two alerts in one group")
    stored = mongo_client[database]["alerts"]
    assert stored.count_documents({}) == 2

    async def settled() -> bool:
        unsettled = mongo_client[database]["alert_groups"].count_documents({"untold_at": {"$exists": True}})
        return unsettled == 0 and stored.count_documents({"group_id": None}) == 0

    await until(settled, what="nothing is untold or pending")
