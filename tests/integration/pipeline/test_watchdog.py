"""Timers that are taken away by hand: found, mended once, told; and a heartbeat only while the whole works."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from services.escalator import beating, mending, walking, watchdog
from shared import clock
from shared.domain.configuration import ConfigSnapshot, Integration
from shared.events import ActionRequested, derived_id
from tests.support.build import ALICE, a_configuration, notify, wait
from tests.support.house import House, until
from tests.support.journal import events_of
from tests.support.webhook_receiver import WebhookReceiver

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]
STAGES = ("recorder", "router", "grouper", "renderer", "escalator")
OTHERS = ("notifier", "chatops_publisher", "heartbeat", "receiver")


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Walk and look again within a moment."""
    monkeypatch.setattr(watchdog, "TICK_S", 0.05)
    monkeypatch.setattr(watchdog, "WALK_EVERY_S", 0.1)
    monkeypatch.setattr(watchdog, "CONFIRM_AFTER_S", 2.0)  # who is only slow must not look broken
    monkeypatch.setattr(walking, "PAUSE_S", 0.0)
    monkeypatch.setattr(mending, "SETTLED_AFTER_S", 0.1)
    monkeypatch.setattr(beating, "BEAT_EVERY_S", 0.1)


@pytest.fixture
async def receiver() -> AsyncIterator[WebhookReceiver]:
    async with WebhookReceiver() as receiver:
        yield receiver


def configured(**fields: Any) -> ConfigSnapshot:
    hook = Integration(id="C1", name="Hook", type="webhook", token_digest="x")
    return a_configuration(notify("U1"), wait(60), notify("U2"), integrations=(hook,), **fields)


class Story:
    """One firing group."""

    def __init__(self, house: House, stored: Any) -> None:
        self.house, self.stored = house, stored

    async def begin(self, **fields: Any) -> Any:
        """Let something fire and escalate; return the group's document."""
        await self.house.configure_all(configured())
        await self.house.start(*STAGES, **fields)
        await self.house.receive({"title": "DiskFull"})
        await self.escalation(lambda one: one["ended"] == "" and "due_at" in one)
        return self.stored.alert_groups.find_one({})

    async def escalation(self, holds: Any) -> Any:
        """Wait until the escalation is as wanted, and return its document."""

        async def found() -> Any:
            one = self.stored.escalations.find_one({}, sort=[("run", -1)])
            return one if one is not None and holds(one) else None

        return await until(found)

    async def told(self, decision: str) -> Any:
        """Wait until the watchdog has told what it did, and return that."""

        async def found() -> Any:
            return [one for one in events_of(self.stored, "stage.decided.v1") if one["decision"] == decision]

        return await until(found)


@pytest.fixture
def story(house: House, mongo_client: Any) -> Story:
    return Story(house, mongo_client[house.database.name])


async def test_an_escalation_that_was_deleted_begins_again_and_pages_nobody_twice(story: Story):
    group = await story.begin()
    story.stored.escalations.delete_many({})

    await story.escalation(lambda one: one["group_id"] == group["_id"] and "due_at" in one)

    (told,) = await story.told("mended")
    assert "there was no escalation" in told["reason"]
    problem = await until(lambda: _async(story.stored.problems.find_one({"where": "escalation"})))
    assert group["_id"] in problem["message"]
    pages = {one["id"] for one in events_of(story.stored, "notification.requested.v1")}
    assert len(pages) == 1


async def test_what_breaks_again_is_told_and_left_to_people(story: Story):
    await story.begin()
    story.stored.escalations.delete_many({})
    await story.escalation(lambda one: True)
    await story.told("mended")

    story.stored.escalations.delete_many({})

    assert "left to people" in (await story.told("broken_again"))[0]["reason"]
    assert story.stored.escalations.find_one({}) is None


async def test_a_due_time_that_was_taken_away_is_back(story: Story):
    await story.begin()
    due_at = (await story.escalation(lambda one: "due_at" in one))["due_at"]
    story.stored.escalations.update_many({}, {"$unset": {"due_at": ""}})

    mended = await story.escalation(lambda one: "due_at" in one)

    assert mended["due_at"] == due_at
    await story.told("mended")


async def test_a_silence_gets_its_end_back(story: Story):
    group = await story.begin()
    action = ActionRequested(
        id=derived_id("silence", group["_id"]), time=clock.now(), group_id=group["_id"], action="silence",
        actor=ALICE, delay_s=3600,
    )  # fmt: skip
    await story.house.publish(action)

    async def silenced() -> Any:
        one = story.stored.alert_groups.find_one({"state": "silenced", "due_at": {"$exists": True}})
        return one and one["due_at"]

    due_at = await until(silenced)
    story.stored.alert_groups.update_many({}, {"$unset": {"due_at": ""}})

    assert abs(await until(silenced) - due_at) < timedelta(seconds=3)
    await story.told("mended")


async def test_an_escalation_that_nobody_can_take_is_done_and_pages_once(story: Story):
    await story.begin()
    now, hour = clock.now(), timedelta(hours=1)
    stuck = {"due_at": now - timedelta(seconds=30), "lease_until": now + hour, "lease_token": "gone"}
    story.stored.escalations.update_many({}, {"$set": stuck})

    (told,) = await story.told("mended")
    assert "because of a lease until" in told["reason"]
    after = await story.escalation(lambda one: one.get("lease_until") is None and "due_at" in one)

    # What it says itself is not due for a minute: the first was paged before, the second waits for his time.
    assert now < after["due_at"] < now + hour
    pages = [one["id"] for one in events_of(story.stored, "notification.requested.v1")]
    assert len(pages) == len(set(pages)) == 1


async def test_an_escalation_that_fails_is_left_to_people_and_holds_no_other_back(story: Story):
    await story.begin()
    good = story.stored.escalations.find_one({})
    past = clock.now() - timedelta(minutes=2)
    bad = {"_id": f"{good['group_id']}:0", "group_id": good["group_id"], "run": 0, "ended": "", "body": "{"}
    story.stored.escalations.insert_one({**bad, "version": 1, "due_at": past, "untold": []})

    (told,) = await story.told("broken_again")
    assert "could not be mended (ValidationError)" in told["reason"]

    # Both are claimed together; what is due is looked at, and what it says itself comes later.
    story.stored.escalations.update_one({"_id": good["_id"]}, {"$set": {"due_at": past}})
    await until(lambda: _async(story.stored.escalations.find_one({"_id": good["_id"]})["due_at"] > past))


async def test_a_group_that_was_looked_at_costs_nothing_until_something_changes(story: Story):
    await story.begin()

    async def walks_without_comparing() -> Any:
        before = _sample(story, "tocsin_watchdog_compared_total"), _walks(story)
        await until(lambda: _async(_walks(story) > before[1] + 3))
        return before[0] == _sample(story, "tocsin_watchdog_compared_total")

    await until(walks_without_comparing)


async def test_the_outside_is_told_only_while_the_whole_works(story: Story, receiver: WebhookReceiver):
    await story.house.configure_all(configured())
    await story.house.start(*STAGES, watchdog_heartbeat_url=f"{receiver.url}/beat")
    await until(lambda: _async(_unwell(story, "whole")))
    assert receiver.calls == []

    await story.house.start(*OTHERS)
    await until(lambda: _async(len(receiver.calls) > 1))
    assert {(one.method, one.path) for one in receiver.calls} == {("GET", "/beat")}

    await story.house.stop_one("notifier-0")
    await until(lambda: _async(_unwell(story, "whole")))
    before, walks = len(receiver.calls), _walks(story)
    await until(lambda: _async(_walks(story) > walks + 3))
    assert len(receiver.calls) == before


def _unwell(story: Story, what: str) -> float:
    registry = story.house.io("escalator-0").metrics.registry
    return float(registry.get_sample_value("tocsin_watchdog_unwell", {"what": what}) or 0)


def _walks(story: Story) -> int:
    return int(_sample(story, "tocsin_watchdog_walks_total"))


def _sample(story: Story, name: str) -> float:
    return float(story.house.io("escalator-0").metrics.registry.get_sample_value(name) or 0)


async def _async(value: Any) -> Any:
    return value
