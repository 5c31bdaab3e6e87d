"""A grouper stands still right before it writes, while another one does its work and more: every alert counts once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.domain.configuration import ConfigSnapshot
from shared.domain.grouping import group_id_of
from shared.events import AlertRouted
from shared.store.mongo import Insert, Update
from tests.support.build import an_action, minute, routed
from tests.support.gaps import Gap
from tests.support.house import House, until
from tests.support.queues import channel, waiting

pytestmark = pytest.mark.integration
# In minutes: after whatever is done now, which is when a group that is taken back counts as fired.
LONG_AFTER = 100_000_000


class Asleep:
    """The key's groups as the database has them, and one grouper that stands still in a gap."""

    def __init__(self, house: House, stored: Any) -> None:
        self.house = house
        self._stored = stored
        self._actions = 0
        self._gap: Gap | None = None

    async def tell(self, *events: AlertRouted) -> None:
        """Publish alerts and wait until whoever is awake has put them into groups."""
        await self.house.publish(*events)
        await self.grouped(events)

    async def grouped(self, events: tuple[AlertRouted, ...]) -> None:
        ids = [one.alert.id for one in events]

        async def are_grouped() -> bool:
            query = {"_id": {"$in": ids}, "group_id": {"$ne": None}}
            return self._stored.alerts.count_documents(query) == len(ids) and await self._is_told()

        await until(are_grouped, what=f"{ids} are grouped and told")

    async def act(self, action: str, opened_by: AlertRouted) -> None:
        """Have alice do something to the group that an alert opened, and wait until it is done."""
        self._actions += 1
        id = f"action-{self._actions}"
        group_id = group_id_of(opened_by.alert.id)
        await self.house.publish(an_action(action, id=id, group_id=group_id))

        async def is_done() -> bool:
            body = self._stored.alert_groups.find_one({"_id": group_id})["body"]
            return id in body and await self._is_told()

        await until(is_done, what=f"{action} is done")

    async def fall_asleep(self, gap: Gap, *events: AlertRouted) -> None:
        """Let one grouper take these and stand still in the gap; another one is awake."""
        await self._hand_to_sleeper(gap, *events)
        await self._wake_another()

    async def fall_asleep_alone(self, gap: Gap, *events: AlertRouted) -> None:
        """The same, but these come again only when they are told again."""
        await self._hand_to_sleeper(gap, *events)
        # Else it would have them again as soon as it is connected.
        await self.house.io("asleep").rabbit.pause()
        await self.house.cut("asleep")

        async def is_back() -> bool:
            return await waiting(self.house.amqp_url, "tocsin.grouper") > 0

        await until(is_back, what="what it had in hand is back in the queue")
        async with channel(self.house.amqp_url) as open_channel:
            await (await open_channel.get_queue("tocsin.grouper")).purge()
        await self._wake_another()

    async def _hand_to_sleeper(self, gap: Gap, *events: AlertRouted) -> None:
        await self.house.stop_one("awake")
        self._gap = gap
        # They are one message: what is told later goes to the one that is awake.
        await self.house.start_one("grouper", "asleep", prepare=gap.into, prefetch=1)
        await self.house.publish(*events)
        await gap.reached.wait()

    async def _wake_another(self) -> None:
        await self.house.start_one("grouper", "awake")
        await until(self._awake_consumes, what="the other consumes")

    async def give_back(self, *events: AlertRouted) -> None:
        """Take from the sleeping one what it has in hand, and wait until the other has done it."""
        await self.house.cut("asleep")
        await self.grouped(events)

    async def wake(self) -> None:
        """Let the sleeping one go on, and wait until it has nothing more to do."""
        self.release()
        await self.house.stop_one("asleep")

    def release(self) -> None:
        """Let nobody stand still any more."""
        if self._gap is not None:
            self._gap.release()

    async def _awake_consumes(self) -> bool:
        return all(lane.channel is not None for lane in self.house.io("awake").rabbit._lanes)

    async def _is_told(self) -> bool:
        untold = self._stored.alert_groups.count_documents({"untold_at": {"$exists": True}})
        return not untold and not await waiting(self.house.amqp_url, "tocsin.grouper")

    def counts_are_right(self) -> None:
        """Every group counts the alerts that are in it."""
        groups = {one["_id"]: one["alerts_count"] for one in self._stored.alert_groups.find()}
        members = {id: self._stored.alerts.count_documents({"group_id": id}) for id in groups}
        assert groups == members
        assert sum(members.values()) == self._stored.alerts.count_documents({})


@pytest.fixture
async def asleep(
    house: House, configuration: ConfigSnapshot, mongo_client: Any, database: str
) -> AsyncIterator[Asleep]:
    await house.configure_all(configuration)
    await house.start_one("grouper", "awake")
    made = Asleep(house, mongo_client[database])
    yield made
    made.release()


def fires(name: str, at: int) -> AlertRouted:
    return routed(name, at=minute(at), config_version=1)


def ends(name: str, at: int) -> AlertRouted:
    return routed(name, at=minute(at), resolve=True, config_version=1)


async def test_a_group_that_opened_and_is_over_again_is_not_opened_a_second_time(asleep: Asleep):
    mine = fires("x", 2)
    await asleep.fall_asleep(Gap("before", "alert_groups", Insert), mine)
    await asleep.tell(fires("y", 1))
    await asleep.give_back(mine)
    await asleep.tell(ends("r", 9))

    await asleep.wake()

    asleep.counts_are_right()


async def test_a_group_that_was_taken_back_and_is_over_again_has_no_successor(asleep: Asleep):
    first, mine = fires("y", 1), fires("x", 20)
    await asleep.tell(first)
    await asleep.tell(ends("r", 9))
    await asleep.fall_asleep_alone(Gap("before", "alert_groups", Insert), mine)
    await asleep.act("unresolve", first)
    await asleep.tell(mine)
    await asleep.tell(ends("s", LONG_AFTER))

    await asleep.wake()

    asleep.counts_are_right()


async def test_a_late_alert_does_not_join_a_group_that_has_a_successor_by_now(asleep: Asleep):
    late = fires("x", 5)
    await asleep.tell(fires("y", 1))
    await asleep.tell(ends("r", 9))
    await asleep.fall_asleep(Gap("before", "alert_groups", Update), late)
    await asleep.tell(fires("z", 20))
    await asleep.give_back(late)

    await asleep.wake()

    asleep.counts_are_right()


async def test_what_follows_a_write_that_lost_its_race_is_not_written_either(asleep: Asleep):
    mine = ends("r", 9), fires("x", 20)
    await asleep.tell(fires("y", 1))
    await asleep.fall_asleep(Gap("before", "alert_groups", Update), *mine)
    await asleep.tell(fires("z", 15))
    await asleep.give_back(*mine)
    await asleep.tell(ends("s", 30))

    await asleep.wake()

    asleep.counts_are_right()
