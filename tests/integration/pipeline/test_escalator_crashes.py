"""The escalator dies between its steps, or has company: every page is asked for exactly once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest

from shared import clock
from shared.domain.configuration import ConfigSnapshot
from shared.domain.model import Card
from shared.events import GroupRendered, derived_id
from shared.store.mongo import Insert, Update
from tests.support.build import ALICE, NOON, a_configuration, a_group, a_window, notify, wait
from tests.support.gaps import CLEARING, Gap
from tests.support.house import House, until
from tests.support.queues import waiting

pytestmark = pytest.mark.integration
COUNT = 20
CARDS = {"web": Card(title="Disk"), "email": Card(title="Disk")}
CONFIGURATION = a_configuration(notify("U1"), wait(5), notify("U2"))


def rendered(number: int, **fields: Any) -> GroupRendered:
    """One group's first rendering."""
    group = a_group(**({"id": f"IGROUP{number:04d}"} | fields))
    return GroupRendered(
        id=derived_id("rendered", group.id, group.version),
        time=NOON,
        alert_id=group.first_alert_id,
        subject=group.id,
        config_version=1,
        group=group,
        change="group.opened.v1",
        cards=CARDS,
    )


def pages(stored: Any) -> dict[str, list[tuple[str, str]]]:
    """Return who is paged for each group, with the request's id, as the journal has it."""
    found: dict[str, set[tuple[str, str]]] = {}
    for page in stored.journal.find({}, {"entries": 1}):
        for one in orjson.loads(page["entries"]):
            if one["type"] == "notification.requested.v1":
                data = one["data"]
                found.setdefault(data["group"]["id"], set()).add((data["user_id"], one["id"]))
    return {group: sorted(requests) for group, requests in found.items()}


def paged(stored: Any) -> list[list[str]]:
    """Return the users paged for each group, once per request."""
    return [[user for user, _ in requests] for requests in pages(stored).values()]


async def rest(house: House, stored: Any, users: list[str]) -> None:
    """Wait until all is told, and each group has paged exactly these users."""

    async def at_rest() -> bool:
        untold = stored.escalations.count_documents({"untold_at": {"$exists": True}})
        return not untold and paged(stored) == [users] * COUNT

    await until(at_rest, what=f"every group has paged {users}, once each")
    assert stored.escalations.count_documents({}) == COUNT
    assert await waiting(house.amqp_url, "tocsin.escalator.dead") == 0


@pytest.mark.parametrize(
    "where",
    [("after", "escalations", Insert), ("after", "bus", Insert), ("after", "escalations", CLEARING)],
    ids=["saved, not told", "told, not cleared", "cleared, not acknowledged"],
)
async def test_an_escalator_that_dies_in_a_gap_pages_everyone_once(
    house: House, mongo_client: Any, database: str, where: Any
):
    await house.configure_all(CONFIGURATION)
    gap = Gap(*where)
    await house.start("recorder")
    await house.start_one("escalator", "dying", prepare=gap.into)
    await house.publish(*[rendered(number) for number in range(COUNT)])
    await gap.reached.wait()

    await house.crash("dying")
    await house.start_one("escalator", "other")

    await rest(house, mongo_client[database], ["U1"])


@pytest.mark.parametrize(
    "where",
    [("after", "escalations", Update), ("after", "bus", Insert)],
    ids=["saved, not told", "told, not cleared"],
)
async def test_an_escalator_that_dies_over_due_steps_pages_the_next_person_once(
    house: House,
    mongo_client: Any,
    database: str,
    turn_clock: Callable[[timedelta], None],
    where: Any,
):
    await house.configure_all(CONFIGURATION)
    await house.start("recorder", "escalator")
    await house.publish(*[rendered(number) for number in range(COUNT)])
    await rest(house, mongo_client[database], ["U1"])
    await house.stop_one("escalator-0")
    gap = Gap(*where)
    await house.start_one("escalator", "dying", prepare=gap.into)

    turn_clock(timedelta(minutes=5, seconds=1))
    await gap.reached.wait()
    await house.crash("dying")
    await house.start_one("escalator", "other")
    turn_clock(timedelta(minutes=5, seconds=20))  # leases and the patience with untold events are over

    await rest(house, mongo_client[database], ["U1", "U2"])


@pytest.mark.parametrize(
    "where",
    [("after", "escalations", Update), ("after", "bus", Insert)],
    ids=["saved, not told", "told, not cleared"],
)
async def test_an_escalator_that_dies_over_the_end_of_maintenance_pages_everyone_once(
    house: House,
    mongo_client: Any,
    database: str,
    turn_clock: Callable[[timedelta], None],
    where: Any,
):
    window = a_window(starts_at=clock.now() - timedelta(minutes=1), duration=600)
    await house.configure_all(CONFIGURATION.model_copy(update={"maintenance_windows": (window,)}))
    await house.start("recorder", "escalator")
    opened = {"opened_at": clock.now()}
    await house.publish(*[rendered(number, **opened) for number in range(COUNT)])

    async def held() -> bool:
        return mongo_client[database].escalations.count_documents({"held_version": 1}) == COUNT

    await until(held, what="all are held")
    assert pages(mongo_client[database]) == {}
    await house.stop_one("escalator-0")
    gap = Gap(*where)
    await house.start_one("escalator", "dying", prepare=gap.into)

    turn_clock(timedelta(minutes=10))
    await gap.reached.wait()
    await house.crash("dying")
    await house.start_one("escalator", "other")
    turn_clock(timedelta(minutes=10, seconds=20))  # leases and the patience with untold events are over

    await rest(house, mongo_client[database], ["U1"])


async def test_two_escalators_with_the_same_events_page_everyone_once(
    house: House, mongo_client: Any, database: str
):
    await house.configure_all(CONFIGURATION)
    await house.start("recorder")
    await house.start("escalator", instances=2)

    for _ in range(4):
        for number in range(COUNT):
            await house.publish(rendered(number))

    async def taken() -> bool:
        return await waiting(house.amqp_url, "tocsin.escalator") == 0

    await until(taken, what="everything is taken")
    await rest(house, mongo_client[database], ["U1"])


async def test_an_acknowledge_that_overtakes_the_opening_pages_nobody(
    house: House, configuration: ConfigSnapshot, mongo_client: Any, database: str
):
    await house.configure_all(configuration)
    await house.start("recorder", "escalator")
    taken = {"version": 2, "acknowledged_at": NOON, "acknowledged_by": ALICE}

    await house.publish(rendered(1, **taken))

    async def known() -> bool:
        return mongo_client[database].escalations.count_documents({}) == 1

    await until(known, what="the acknowledge is known")
    await house.publish(rendered(1))
    await house.publish(rendered(2))

    async def second() -> bool:
        return "IGROUP0002" in pages(mongo_client[database])

    await until(second, what="the group after it is paged")
    assert list(pages(mongo_client[database])) == ["IGROUP0002"]
