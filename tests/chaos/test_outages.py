"""Broker and database go away under the pipeline and come back: it pauses, says so, and loses nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pymongo
import pytest

from deploy.local.servers import LocalServers
from shared.domain.configuration import Integration
from tests.support.build import a_configuration, notify
from tests.support.house import House, until
from tests.support.queues import waiting

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(150)]
STAGES = ("recorder", "router", "grouper", "renderer", "escalator")
CONFIGURATION = a_configuration(
    notify("U1"), integrations=(Integration(id="C1", name="Hook", type="webhook", token_digest="x"),)
)
BACK_WITHIN_S = 15.0  # 1 s is promised; the rest is for a busy test machine


@pytest.fixture
async def outage(own_servers: LocalServers, tmp_path: Path) -> AsyncIterator[Outage]:
    """Every stage of the pipeline on servers that may be stopped."""
    own_servers.start()
    name = f"outage_{time.monotonic_ns()}"
    with pymongo.MongoClient[dict[str, Any]](own_servers.mongo.url(), tz_aware=True) as client:
        house = House(own_servers.rabbit.amqp_url(), own_servers.mongo.url(name), tmp_path)
        await house.configure_all(CONFIGURATION)
        await house.start(*STAGES)
        yield Outage(house, own_servers, client[name])
        await asyncio.to_thread(own_servers.start)
        await house.close()


class Outage:
    """A pipeline, its servers and what it stored."""

    def __init__(self, house: House, servers: LocalServers, stored: Any) -> None:
        self.house = house
        self.servers = servers
        self.stored = stored
        self.sent: list[str] = []

    async def send(self, count: int) -> None:
        """Accept alerts, of seven things."""
        for _ in range(count):
            number = len(self.sent)
            payload = {"alert_uid": f"thing-{number % 7}", "title": "Broken"}
            self.sent.append(await self.house.receive(payload, name=f"outage-{number}"))

    async def all_arrived(self, timeout_s: float = 40.0) -> None:
        """Wait until every alert is in a group, and the counts are right."""

        async def settled() -> bool:
            grouped = self.stored.alerts.count_documents({"group_id": {"$ne": None}})
            untold = self.stored.alert_groups.count_documents({"untold_at": {"$exists": True}})
            return grouped == len(self.sent) and not untold

        await until(settled, timeout_s, what=f"all {len(self.sent)} alerts are in a group and told")
        counts = [one["alerts_count"] for one in self.stored.alert_groups.find()]
        assert (len(counts), sum(counts)) == (7, len(self.sent))

    async def readiness(self, instance: str) -> int:
        """Return what /readyz answers."""
        url = f"http://127.0.0.1:{self.house.running[instance][0].port}/readyz"
        async with aiohttp.ClientSession() as client, client.get(url) as answer:
            return answer.status

    async def dead_letters(self) -> dict[str, int]:
        """Return the dead letters by stage, none left out that has some."""
        counts = {one: await waiting(self.house.amqp_url, f"tocsin.{one}.dead") for one in STAGES}
        return {stage: count for stage, count in counts.items() if count}


async def test_while_the_database_is_away_stages_pause_and_they_go_on_when_it_is_back(outage: Outage):
    await outage.send(20)
    await outage.all_arrived()

    await asyncio.to_thread(outage.servers.mongo.stop)
    await outage.send(30)
    await until(lambda: _is(outage.readiness("grouper-0"), 503), 60, what="the grouper is not ready")
    assert await _is(outage.readiness("router-0"), 200), "the router needs no database"
    await asyncio.to_thread(outage.servers.mongo.start)
    back = time.monotonic()

    await until(lambda: _is(outage.readiness("grouper-0"), 200), 60, what="the grouper is ready")
    ready_s = time.monotonic() - back
    await outage.all_arrived()
    print(
        f"ready {ready_s:.2f} s, all grouped {time.monotonic() - back:.2f} s after the return of the database"
    )
    assert ready_s < BACK_WITHIN_S
    assert await outage.dead_letters() == {}


async def test_messages_held_through_an_outage_of_the_database_count_no_failed_delivery(outage: Outage):
    await outage.send(5)
    await asyncio.to_thread(outage.servers.mongo.kill)
    await outage.send(5)
    running = outage.house.running["grouper-0"][0]
    await until(
        lambda: _true(running._loop is not None and running._loop.paused_by), what="the grouper pauses"
    )
    delivered: list[Any] = []
    lanes = running.io.rabbit._lanes
    generation = running.io.rabbit.generation

    await asyncio.to_thread(outage.servers.mongo.start)
    await outage.all_arrived()

    delivered += [one for lane in lanes for one in lane.waiting if one.redelivered]
    assert (delivered, running.io.rabbit.generation) == ([], generation)


@pytest.mark.parametrize("how", ["kill", pytest.param("stop", marks=pytest.mark.deep)])
async def test_what_was_confirmed_before_the_broker_went_away_arrives_when_it_is_back(
    outage: Outage, how: str
):
    await outage.send(100)
    await asyncio.to_thread(getattr(outage.servers.rabbit, how))
    await asyncio.to_thread(outage.servers.rabbit.start)
    await outage.send(20)

    await outage.all_arrived()
    assert await outage.dead_letters() == {}


async def _is(answer: Any, expected: int) -> bool:
    return bool(await answer == expected)


async def _true(value: Any) -> bool:
    return bool(value)
