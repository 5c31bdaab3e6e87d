"""The grouper dies in each gap of its write protocol; another instance finishes what it left."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from shared.domain.configuration import ConfigSnapshot
from shared.store.journal import Journal
from shared.store.mongo import Insert, Update
from tests.support.build import an_action, minute, routed
from tests.support.gaps import CLEARING, Gap
from tests.support.house import House, until
from tests.support.queues import waiting

pytestmark = pytest.mark.integration
KEYS = ("1" * 32, "2" * 32, "3" * 32)
ALERTS = tuple(
    routed(f"a{number}", at=minute(number), key=KEYS[number % len(KEYS)], config_version=1)
    for number in range(30)
)
GAPS = (
    pytest.param(("after", "alerts", Insert), marks=pytest.mark.deep),
    ("after", "alert_groups", Insert),
    ("before", "bus", Insert),
    ("after", "bus", Insert),
    pytest.param(("after", "alerts", Update), marks=pytest.mark.deep),
    pytest.param(("after", "alert_groups", CLEARING), marks=pytest.mark.deep),
)


@pytest.fixture
def unsettled(mongo_client: Any, database: str) -> Callable[[], Awaitable[dict[str, int]]]:
    """How many documents are not at rest, by kind; empty when all are."""

    async def count() -> dict[str, int]:
        stored = mongo_client[database]
        counts = {
            "missing": len(ALERTS) - stored.alerts.count_documents({}),
            "without_group": stored.alerts.count_documents({"group_id": None}),
            "untold": stored.alert_groups.count_documents({"untold_at": {"$exists": True}}),
            "pending": stored.alert_groups.count_documents({"pending.0": {"$exists": True}}),
        }
        return {kind: number for kind, number in counts.items() if number}

    return count


@pytest.mark.parametrize("where", GAPS, ids=lambda where: str(Gap(*where)))
async def test_a_grouper_that_dies_in_a_gap_leaves_no_alert_lost_doubled_or_untold(
    house: House,
    configuration: ConfigSnapshot,
    mongo_client: Any,
    database: str,
    unsettled: Callable[[], Awaitable[dict[str, int]]],
    where: Any,
):
    await house.configure_all(configuration)
    gap = Gap(*where)
    await house.start("recorder")
    await house.start_one("grouper", "dying", prepare=gap.into)
    await house.publish(*ALERTS)
    await gap.reached.wait()

    await house.crash("dying")
    await house.start_one("grouper", "other")

    async def settled() -> bool:
        return not await unsettled() and not await _still_waiting(house)

    await until(settled, what="everything is stored, grouped and told")
    _groups_are_right(mongo_client[database])
    await until(lambda: _all_told(house, mongo_client[database]), what="the journal has every change")
    assert await waiting(house.amqp_url, "tocsin.grouper.dead") == 0


async def _still_waiting(house: House) -> int:
    return await waiting(house.amqp_url, "tocsin.grouper")


def _groups_are_right(stored: Any) -> None:
    groups = {one["_id"]: one for one in stored.alert_groups.find()}
    assert sorted(one["group_key"] for one in groups.values()) == [f"C1|R1|{key}" for key in KEYS]
    for id, group in groups.items():
        assert group["alerts_count"] == stored.alerts.count_documents({"group_id": id}) == 10
    assert len({one["number"] for one in groups.values()}) == len(KEYS)


async def _all_told(house: House, stored: Any) -> bool:
    """Every group was opened once, and every alert is named by some change of its own group and of no other."""
    named: set[str] = set()
    for group in stored.alert_groups.find():
        told = [
            one
            for one in await Journal(house.database).of_group(group["_id"])
            if one["type"] in ("group.opened.v1", "group.alert_added.v1")
        ]
        if sum(one["type"] == "group.opened.v1" for one in told) != 1:
            return False
        members = {one["_id"] for one in stored.alerts.find({"group_id": group["_id"]})}
        of_group = {alert for one in told for alert in one["data"]["alerts"]}
        assert of_group <= members
        named |= of_group
    return named == {one.alert.id for one in ALERTS}


async def test_a_grouper_that_slept_while_another_did_its_work_counts_nothing_twice(
    house: House,
    configuration: ConfigSnapshot,
    mongo_client: Any,
    database: str,
    unsettled: Callable[[], Awaitable[dict[str, int]]],
):
    await house.configure_all(configuration)
    gap = Gap("after", "alerts", Insert)
    await house.start_one("grouper", "asleep", prepare=gap.into)
    await house.publish(*ALERTS)
    await gap.reached.wait()
    await house.start_one("grouper", "other")

    async def other_has_all() -> bool:
        return not await unsettled() and not await _still_waiting(house)

    await until(lambda: _is_consuming(house, "other"), what="the other consumes")
    await house.cut("asleep")
    await until(other_has_all, what="the other has done all the work")
    gap.release()
    await house.publish(routed("later", at=minute(40), key=KEYS[0], config_version=1))

    async def later_is_there() -> bool:
        return mongo_client[database].alerts.count_documents({"group_id": {"$ne": None}}) == len(ALERTS) + 1

    await until(later_is_there, what="the alert after it is grouped")
    await house.stop_one("asleep")
    stored = mongo_client[database]
    counts = {one["group_key"][-1]: one["alerts_count"] for one in stored.alert_groups.find()}
    assert counts == {"1": 11, "2": 10, "3": 10}


async def _is_consuming(house: House, instance: str) -> bool:
    return all(lane.channel is not None for lane in house.io(instance).rabbit._lanes)


@pytest.mark.parametrize(
    "where",
    [("after", "alert_groups", Update), ("after", "bus", Insert)],
    ids=["saved, not told", "told, not cleared"],
)
async def test_a_grouper_that_dies_over_an_acknowledge_has_applied_it_once_and_tells_it(
    house: House, configuration: ConfigSnapshot, mongo_client: Any, database: str, where: Any
):
    await house.configure_all(configuration)
    await house.start("recorder")
    await house.start("grouper")
    stored = mongo_client[database]
    await house.publish(routed("a1", config_version=1))

    async def group_id() -> str | None:
        found = stored.alert_groups.find_one({"untold_at": {"$exists": False}})
        return found["_id"] if found else None

    opened = await until(group_id, what="the group is open and told")
    await house.stop_one("grouper-0")
    gap = Gap(*where)
    await house.start_one("grouper", "dying", prepare=gap.into)
    await house.publish(an_action("acknowledge", group_id=opened))
    await gap.reached.wait()

    await house.crash("dying")
    await house.start_one("grouper", "other")

    async def types() -> list[str] | None:
        found = [one["type"] for one in await Journal(house.database).of_group(opened)]
        at_rest = stored.alert_groups.count_documents({"untold_at": {"$exists": True}}) == 0
        return found if at_rest and "action.applied.v1" in found else None

    told = await until(types, what="the acknowledge is told")
    assert [
        told.count(one) for one in ("group.acknowledged.v1", "action.applied.v1", "action.refused.v1")
    ] == [1, 1, 0]
    assert stored.alert_groups.find_one({"_id": opened})["version"] == 2


DUE_GAPS = (("after", "alert_groups", Update), ("after", "bus", Insert))
DUE_FACTS = frozenset({"group.unsilenced.v1", "group.reminded.v1", "group.unacknowledged.v1"})


@pytest.mark.parametrize("where", DUE_GAPS, ids=["saved, not told", "told, not cleared"])
@pytest.mark.parametrize(
    ("action", "facts"),
    [
        ("silence", ["group.unsilenced.v1"]),
        pytest.param(
            *("acknowledge", ["group.reminded.v1", "group.unacknowledged.v1"]), marks=pytest.mark.deep
        ),
    ],
    ids=["a silence", "an acknowledge nobody confirms"],
)
async def test_what_is_due_happens_once_although_the_grouper_dies_over_it(
    house: House,
    configuration: ConfigSnapshot,
    mongo_client: Any,
    database: str,
    where: Any,
    action: str,
    facts: list[str],
):
    await house.configure_all(configuration)
    await house.start("recorder")
    asks = {"acknowledge_reminder_s": 1, "unacknowledge_after_s": 1}
    await house.start("grouper", **asks)
    stored = mongo_client[database]
    await house.publish(routed("a1", config_version=1))

    async def group_id() -> str | None:
        found = stored.alert_groups.find_one({"untold_at": {"$exists": False}})
        return found["_id"] if found else None

    opened = await until(group_id, what="the group is open and told")
    await house.publish(an_action(action, group_id=opened, delay_s=2))

    async def is_due_later() -> bool:
        query = {"due_at": {"$exists": True}, "untold_at": {"$exists": False}}
        return stored.alert_groups.find_one(query) is not None

    await until(is_due_later, what="the action is told and its due time stands")
    await house.stop_one("grouper-0")
    gap = Gap(*where)
    await house.start_one("grouper", "dying", prepare=gap.into, **asks)
    await gap.reached.wait()

    await house.crash("dying")
    await house.start_one("grouper", "other", **asks)

    async def told() -> list[str] | None:
        # What was swept up is told late, and the journal has it later still: it may come after what followed it.
        at_rest = stored.alert_groups.count_documents({"untold_at": {"$exists": True}}) == 0
        found = [one["type"] for one in await Journal(house.database).of_group(opened)]
        return found if at_rest and set(facts) <= set(found) else None

    types = await until(told, what=f"{facts} are told")
    assert sorted(one for one in types if one in DUE_FACTS) == facts
    assert stored.alert_groups.find_one({"_id": opened})["state"] == "firing"
