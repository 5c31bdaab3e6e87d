"""Counting over the real database: instances count together, and only one of them begins or ends a storm."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest

from shared.domain.storm import CALM, Storm, rate
from shared.store.mongo import Database
from shared.store.storms import Storms
from tests.support.build import NOON

pytestmark = pytest.mark.integration


@pytest.fixture
def storms(mongo_url: str) -> Iterator[Storms]:
    database = Database(mongo_url)
    yield Storms(database)
    database.close()


def a_storm(**fields: object) -> Storm:
    """Return a storm of C1 since noon."""
    base = {"integration_id": "C1", "since": NOON, "until": NOON + CALM, "rate": 2.5, "digest_interval_s": 60}
    return Storm.model_validate(base | fields)


async def test_what_instances_count_at_the_same_time_adds_up(storms: Storms):
    await asyncio.gather(*(storms.count("C1", 3, NOON) for _ in range(20)))

    count, storm = await storms.count("C1", 1, NOON)

    assert (count.groups, count.before, storm) == (61, 0, None)


async def test_a_minute_becomes_the_one_before_and_is_then_forgotten(storms: Storms):
    await storms.count("C1", 10, NOON)

    second, _ = await storms.count("C1", 4, NOON + timedelta(minutes=1))
    late, _ = await storms.count("C1", 1, NOON + timedelta(seconds=59))  # a clock that is behind
    fourth, _ = await storms.count("C1", 2, NOON + timedelta(minutes=3))

    assert (second.groups, second.before) == (4, 10)
    assert (late.groups, late.before) == (5, 10)
    assert rate(late, NOON + timedelta(seconds=90)) == 10
    assert (fourth.groups, fourth.before) == (2, 0)


async def test_of_two_instances_that_see_a_storm_begin_one_writes_it(storms: Storms):
    await storms.count("C1", 10, NOON)
    first, second = a_storm(), a_storm(rate=3.5)

    written = await asyncio.gather(storms.write(None, first), storms.write(None, second))

    assert sorted(written) == [False, True]
    assert (await storms.count("C1", 1, NOON))[1] in (first, second)


async def test_a_storm_that_was_prolonged_is_not_ended_by_who_does_not_know(storms: Storms):
    await storms.count("C1", 10, NOON)
    storm, longer = a_storm(), a_storm(until=NOON + 2 * CALM)
    assert await storms.write(None, storm)
    assert await storms.write(storm, longer)

    assert not await storms.end(storm)
    assert await storms.stored() == {"C1": longer}
    assert await storms.end(longer)
    assert await storms.stored(["C1"]) == {}
