"""An acknowledge does not wait behind alerts: it is applied within a second, however many wait before the grouper."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.support.build import a_configuration, an_action, minute, notify, routed
from tests.support.house import House, until
from tests.support.queues import waiting

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(120)]
GROUPS = 200
WAITING = 50_000
ACKNOWLEDGES = 8
AT_ONCE = 2_000


def key(number: int) -> str:
    """Return the grouping key of one of the things that alerts are about."""
    return f"{number % GROUPS:032d}"


@pytest.mark.parametrize(
    "within_s",
    # The usual run shares its two cores with other tests.
    [15.0, pytest.param(1.0, marks=pytest.mark.deep)],
)
async def test_an_acknowledge_overtakes_all_waiting_alerts(
    house: House, mongo_client: Any, database: str, within_s: float
):
    await house.configure_all(a_configuration(notify("U1")))
    await house.start("grouper")
    stored = mongo_client[database]
    await house.publish(
        *[routed(f"first-{one}", at=minute(0), key=key(one), config_version=1) for one in range(GROUPS)]
    )

    async def groups() -> list[str]:
        found = [one["_id"] for one in stored.alert_groups.find({"untold_at": {"$exists": False}})]
        return found if len(found) == GROUPS else []

    ids = await until(groups, what="the groups are open")
    await house.stop_one("grouper-0")
    for start in range(0, WAITING, AT_ONCE):
        numbers = range(start, start + AT_ONCE)
        await house.publish(
            *[routed(f"a{one}", at=minute(1), key=key(one), config_version=1) for one in numbers]
        )
    assert await waiting(house.amqp_url, "tocsin.grouper") * 64 >= WAITING

    await house.start("grouper")

    async def has_begun() -> bool:
        return stored.alerts.count_documents({}) > GROUPS

    await until(has_begun, what="the backlog is being worked on")
    took_s = [await acknowledged(house, stored, id) for id in ids[:ACKNOWLEDGES]]
    assert await waiting(house.amqp_url, "tocsin.grouper") > 0, (
        "the backlog was gone before the last acknowledge"
    )
    assert max(took_s) < within_s, [f"{one:.2f}" for one in took_s]
    print(f"{WAITING} waiting: acknowledges applied in {', '.join(f'{one * 1000:.0f}' for one in took_s)} ms")


async def acknowledged(house: House, stored: Any, group_id: str) -> float:
    """Acknowledge a group; return how long it took until that was stored, in seconds."""
    began = time.monotonic()
    await house.publish(an_action("acknowledge", id=f"action-{group_id}", group_id=group_id))

    async def applied() -> bool:
        return stored.alert_groups.count_documents({"_id": group_id, "state": "acknowledged"}) == 1

    await until(applied, what="the acknowledge is applied")
    return time.monotonic() - began
