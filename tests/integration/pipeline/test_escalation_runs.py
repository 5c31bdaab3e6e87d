"""Runs of one group in any order and company: only the newest one escalates."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry

from services.escalator.answering import Answering
from services.escalator.deciding import Deciding
from services.escalator.storming import Storming
from shared.bus.publisher import Encoded
from shared.bus.wire import Provenance, decode
from shared.domain.storm import StormLimits
from shared.events import (
    ChainRefreshRequested,
    Event,
    GroupAcknowledged,
    GroupRendered,
    GroupResolved,
    NotificationRequested,
    derived_id,
)
from shared.lazy_sandbox import LazySandbox
from shared.metrics import Metrics
from shared.store.digests import Digests
from shared.store.escalations import Escalations
from shared.store.mongo import Database
from shared.store.storms import Storms
from shared.told import Told
from tests.support.build import ALICE, NOON, a_configuration, a_group, notify, wait

pytestmark = pytest.mark.integration
CONFIG = a_configuration(notify("U1"), wait(5), notify("U2"))
OVER = {"acknowledged_at": NOON, "acknowledged_by": ALICE}
FIRST, SECOND = (
    GroupRendered(
        id=derived_id("rendered", run),
        time=NOON,
        group=a_group(version=run * 2, run=run),
        change="group.opened.v1",
    )
    for run in (1, 2)
)


@pytest.fixture
def mongo(mongo_url: str) -> Iterator[Database]:
    made = Database(mongo_url)
    yield made
    made.close()


@pytest.fixture
def escalations(mongo: Database) -> Escalations:
    return Escalations(mongo)


@pytest.fixture
def deciding(mongo: Database, escalations: Escalations) -> Deciding:
    """The escalator's decisions over a real database."""
    metrics = Metrics(CollectorRegistry(), "escalator")
    storming = Storming(Storms(mongo), Digests(mongo), StormLimits(), metrics)

    def encode(event: Event) -> Encoded:
        return Encoded.of(event, Provenance("escalator", "1"))

    return Deciding(escalations, storming, Answering(mongo, LazySandbox(0.25)), encode, timedelta(days=1))


def paged_runs(told: list[Told]) -> list[int]:
    """Return the runs that somebody is paged in."""
    events = [event for one in told for encoded in one.events for event in decode(encoded.body)]
    return [one.group.run for one in events if isinstance(one, NotificationRequested)]


async def waiting_runs(escalations: Escalations) -> list[int]:
    """Return the runs that have a due time."""
    found = await escalations.collection.find({"due_at": {"$exists": True}}, {"run": 1})
    return [one["run"] for one in found]


async def test_an_older_run_that_comes_late_neither_pages_nor_waits(
    deciding: Deciding, escalations: Escalations
):
    told = await deciding.decide([SECOND], CONFIG)
    told += await deciding.decide([FIRST], CONFIG)

    assert paged_runs(told) == [2]
    assert await waiting_runs(escalations) == [2]


async def test_of_two_runs_in_one_batch_only_the_newer_one_pages(
    deciding: Deciding, escalations: Escalations
):
    told = await deciding.decide([FIRST, SECOND], CONFIG)

    assert paged_runs(told) == [2]
    assert await waiting_runs(escalations) == [2]


async def test_a_newer_run_ends_the_older_one(deciding: Deciding, escalations: Escalations):
    told = await deciding.decide([FIRST], CONFIG)
    told += await deciding.decide([SECOND], CONFIG)

    assert paged_runs(told) == [1, 2]
    assert await waiting_runs(escalations) == [2]


def later(version: int, change: str, **fields: object) -> GroupRendered:
    group = a_group(version=version, run=1, **fields)
    return GroupRendered(id=derived_id("rendered", version), time=NOON, group=group, change=change)


async def test_a_resolve_after_the_acknowledge_asks_for_a_word_to_whom_the_run_paged(deciding: Deciding):
    """The same, however often it is decided: the id of the request makes it one."""
    deciding.resolve_channels = frozenset({"email"})
    resolve = later(4, GroupResolved.type, **OVER, resolved_at=NOON)
    await deciding.decide([FIRST], CONFIG)
    await deciding.decide([later(3, GroupAcknowledged.type, **OVER)], CONFIG)

    told = [*await deciding.decide([resolve], CONFIG), *await deciding.decide([resolve], CONFIG)]

    events = [event for one in told for encoded in one.events for event in decode(encoded.body)]
    asked = [one for one in events if isinstance(one, NotificationRequested)]
    assert {(one.user_id, one.channel, one.resolved) for one in asked} == {("U1", "email", True)}
    assert len({one.id for one in asked}) == 1


async def test_an_edited_chain_is_applied_once_to_whatever_runs_through_it(
    deciding: Deciding, escalations: Escalations
):
    edited = a_configuration(notify("U1"), notify("U2"), wait(5), version=2)
    await deciding.decide([FIRST], a_configuration(notify("U1"), wait(5)))
    (running,) = await escalations.running_through("F1")
    asked = ChainRefreshRequested(
        id="refresh",
        time=NOON,
        subject=running.group_id,
        group_id=running.group_id,
        run=running.run,
        chain_id=running.chain_id,
        actor=ALICE,
    )

    await deciding.decide([asked], edited)
    once = (await escalations.get_many(["IGROUP:1"]))["IGROUP:1"]
    await deciding.decide([asked], edited)
    twice = (await escalations.get_many(["IGROUP:1"]))["IGROUP:1"]

    assert (once.config_version, len(once.steps), twice) == (2, 3, once)
    assert await escalations.running_of("IGROUP") == [running]
    assert await escalations.running_through("FNONE") == []
