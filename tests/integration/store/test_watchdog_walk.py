"""What the walk of the watchdog finds by adding up: every missing escalation, also one that a count would not show."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from services.escalator import walking
from services.escalator.walking import Walking
from shared import clock
from shared.domain.escalation import Escalation
from shared.domain.model import Group
from shared.store.alert_groups import AlertGroups, GroupWrite
from shared.store.escalations import Escalations, EscalationWrite
from shared.store.mongo import Database
from shared.store.watch import Slice, Watch
from tests.support.build import a_configuration, a_group, notify

pytestmark = pytest.mark.integration
CONFIG = a_configuration(notify("U1"))
KEEP = timedelta(days=1)


class Configured:
    """A configuration that does not change."""

    current = CONFIG


class Place:
    """Groups and escalations as their owners store them, and a walk over them."""

    def __init__(self, database: Database) -> None:
        self.groups, self.escalations = AlertGroups(database), Escalations(database)
        self.watch = Watch(database)
        self.walking = Walking(self.watch, Configured())  # type: ignore[arg-type]

    async def open(self, *numbers: int, **fields: Any) -> None:
        """Let groups fire, each with an escalation that waits."""
        now = clock.now()
        made = [a_group(id=f"I{one:04d}", key=f"{one:032d}", number=one, **fields) for one in numbers]
        await self.groups.save([GroupWrite(one, None, [], now) for one in made])
        await self.escalations.save([EscalationWrite(one, None, [], now, KEEP) for one in map(waiting, made)])

    async def settle(self) -> None:
        """Walk until nothing is left to compare."""
        for _ in range(3):
            assert await self.walking.walk() == set()
        assert self.walking.compared == 0


def waiting(group: Group) -> Escalation:
    now = clock.now()
    return Escalation(
        id=f"{group.id}:{group.run}",
        group_id=group.id,
        run=group.run,
        group=group,
        cards={},
        chain_id="F1",
        chain_name="Primary",
        steps=CONFIG.steps_of["F1"],
        round_began_at=now,
        next_step_at=now + timedelta(hours=1),
    )


@pytest.fixture
async def place(mongo_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    monkeypatch.setattr(walking, "SLICE", 4)
    monkeypatch.setattr(walking, "PAUSE_S", 0.0)
    database = Database(mongo_url)
    made = Place(database)
    for one in (made.groups, made.escalations, made.watch):
        await one.prepare()
    yield made
    database.close()


async def test_a_deleted_escalation_is_found_although_another_group_ended_meanwhile(place: Place):
    await place.open(*range(1, 21))
    await place.settle()

    await place.escalations.collection.delete_one({"_id": "I0007:1"})
    await place.groups.collection.delete_one({"_id": "I0006"})

    assert await place.walking.walk() == {"I0007"}
    assert place.walking.compared < 5


async def test_an_escalation_that_begins_during_a_walk_and_is_lost_before_the_next_is_found(
    place: Place, monkeypatch: pytest.MonkeyPatch
):
    await place.open(1)
    await place.escalations.collection.delete_one({"_id": "I0001:1"})
    as_it_is, late = place.watch.firing, a_group(id="I0001", key=f"{1:032d}", number=1)

    async def firing(after: str, last: str | None, limit: int) -> Slice:
        await place.escalations.save([EscalationWrite(waiting(late), None, [], clock.now(), KEEP)])
        return await as_it_is(after, last, limit)

    with monkeypatch.context() as patch:
        patch.setattr(place.watch, "firing", firing)
        assert await place.walking.walk() == set()
    await place.escalations.collection.delete_one({"_id": "I0001:1"})

    assert await place.walking.walk() == {"I0001"}


async def test_an_escalation_that_begins_and_is_lost_within_one_look_is_found(
    place: Place, monkeypatch: pytest.MonkeyPatch
):
    await place.open(1)
    lost = waiting(a_group(id="I0001", key=f"{1:032d}", number=1))
    await place.escalations.collection.delete_one({"_id": lost.id})
    as_it_is = place.watch.running

    async def running(after: str, last: str | None) -> list[str]:
        await place.escalations.save([EscalationWrite(lost, None, [], clock.now(), KEEP)])
        found = await as_it_is(after, last)
        await place.escalations.collection.delete_one({"_id": lost.id})
        return found

    with monkeypatch.context() as patch:
        patch.setattr(place.watch, "running", running)
        await place.walking.walk()

    assert await place.walking.walk() == {"I0001"}


async def test_groups_that_open_with_their_escalations_cost_no_comparing(place: Place):
    await place.open(*range(1, 21))
    await place.settle()

    await place.open(101, 102, 103)

    assert await place.walking.walk() == set()
    assert (place.walking.compared, place.walking.firing) == (0, 23)


async def test_a_due_time_that_was_taken_away_and_a_group_without_a_run_are_in_doubt_until_they_are_mended(
    place: Place,
):
    await place.open(1, 2, 3)
    await place.settle()
    await place.escalations.collection.update_one({"_id": "I0002:1"}, {"$unset": {"due_at": ""}})
    await place.groups.collection.update_one({"_id": "I0003"}, {"$set": {"run": 2}})

    for _ in range(2):
        assert await place.walking.walk() == {"I0002", "I0003"}


async def test_an_ended_run_and_a_route_without_a_chain_are_no_doubt_and_compared_once(place: Place):
    await place.open(1, 2)
    await place.open(3, route_id="gone")
    ended: Sequence[str] = ("I0001:1", "I0003:1")
    await place.escalations.collection.update_one({"_id": ended[0]}, {"$set": {"ended": "finished"}})
    await place.escalations.collection.delete_one({"_id": ended[1]})

    await place.settle()


async def test_adding_up_reads_no_documents(place: Place, mongo_client: Any, database: str):
    await place.open(*range(1, 50))
    within = {"$gt": "I0010", "$lte": "I0030"}
    for collection, query in (
        ("alert_groups", {"state": "firing", "_id": within}),
        ("escalations", {"ended": "", "group_id": within}),
    ):
        group = {"_id": None, "n": {"$sum": "$number"}, "runs": {"$sum": "$run"}}
        command = {"aggregate": collection, "pipeline": [{"$match": query}, {"$group": group}], "cursor": {}}
        explained = mongo_client[database].command("explain", command, verbosity="executionStats")
        stats = explained.get("executionStats") or explained["stages"][0]["$cursor"]["executionStats"]
        assert (stats["totalDocsExamined"], stats["totalKeysExamined"] < 30) == (0, True)
