"""Receiver, broker or database are away for minutes, and a tool's pings are lost with them: nothing rings for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pymongo
import pytest

from deploy.local.servers import LocalServers
from shared import clock
from shared.domain.configuration import Integration
from shared.domain.heartbeat_settings import HeartbeatSettings
from tests.support.house import TOKEN, House, token_digest, until

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(240)]
INTEGRATION = Integration(
    id="C1",
    name="Hook",
    type="webhook",
    token_digest=token_digest(),
    heartbeat=HeartbeatSettings(timeout_s=60),
)
STEP_S = 4.0
# The tests share a broker: the time of the next begins after that of the last, as if a day had passed.
DAY_S = count(step=86_400)


class Outage:
    """Receiver, heartbeat service and recorder on servers that may be stopped; everybody's clock can be moved."""

    def __init__(self, house: House, servers: LocalServers, stored: Any) -> None:
        self.house = house
        self.servers = servers
        self.stored = stored
        self.ahead_s = float(next(DAY_S))

    async def ping(self) -> int:
        """Call the heartbeat URL of the receiver; return the status."""
        port = self.house.running["receiver-0"][0].port
        url = f"http://127.0.0.1:{port}/integrations/v1/webhook/{TOKEN}/heartbeat/"
        async with aiohttp.ClientSession() as client, client.get(url) as answer:
            return answer.status

    async def seen(self) -> None:
        """Wait until a beat of the last moment counts."""
        begin = clock.now()
        await until(lambda: self._has("receiver_beats", {"at": {"$gte": begin}}), 60, what="a fresh beat")

    async def pass_time(self, seconds: float) -> None:
        """Move the clock on in small steps while everything works."""
        end = self.ahead_s + seconds
        while self.ahead_s < end:
            self.ahead_s += STEP_S
            await self.seen()

    async def looked(self) -> None:
        """Wait until the deadline of C1 was put off: it was looked at after the outage."""
        begin = clock.now()
        await until(
            lambda: self._has("heartbeats", {"_id": "C1", "due_at": {"$gt": begin}}), 60, what="put off"
        )

    async def _has(self, collection: str, query: dict[str, Any]) -> bool:
        return bool(self.stored[collection].count_documents(query))

    def alarms(self) -> list[str]:
        """Return what was decided of alerts, each once, in the order of the journal."""
        found = {}
        for page in self.stored.journal.find({"received": True}, {"entries": 1}):
            found |= {one["id"]: one["decision"] for one in orjson.loads(page["entries"])}
        return list(found.values())


@pytest.fixture
async def outage(own_servers: LocalServers, tmp_path: Path) -> AsyncIterator[Outage]:
    own_servers.start()
    name = f"outage_{time.monotonic_ns()}"
    real = clock.use(clock.now)
    with pymongo.MongoClient[dict[str, Any]](own_servers.mongo.url(), tz_aware=True) as client:
        house = House(own_servers.rabbit.amqp_url(), own_servers.mongo.url(name), tmp_path)
        made = Outage(house, own_servers, client[name])
        clock.use(lambda: real() + timedelta(seconds=made.ahead_s))
        try:
            await house.configure(INTEGRATION)
            await house.start("recorder", "heartbeat")
            await house.start("receiver", beat_every_s=0.1)
            yield made
            await asyncio.to_thread(own_servers.start)
            await house.close()
        finally:
            clock.use(real)


async def broker_away(outage: Outage) -> None:
    await asyncio.to_thread(outage.servers.rabbit.stop)
    outage.ahead_s += 300
    assert await outage.ping() == 200, "it is on the disk, and counts as of then"
    outage.ahead_s += 300
    await asyncio.to_thread(outage.servers.start)


async def database_away(outage: Outage) -> None:
    await asyncio.to_thread(outage.servers.mongo.stop)
    outage.ahead_s += 600
    await asyncio.to_thread(outage.servers.start)


async def receiver_away(outage: Outage) -> None:
    await outage.house.stop_one("receiver-0")
    outage.ahead_s += 600
    await outage.house.start_one("receiver", "receiver-0", beat_every_s=0.1)


async def receiver_killed(outage: Outage) -> None:
    await outage.house.crash("receiver-0")
    outage.ahead_s += 600
    await outage.house.start_one("receiver", "receiver-0", beat_every_s=0.1)


@pytest.mark.parametrize(
    "go_away",
    [pytest.param(broker_away, marks=pytest.mark.deep), database_away, receiver_away, receiver_killed],
)
async def test_an_outage_of_ten_minutes_rings_for_nobody_and_silence_after_it_does(
    outage: Outage, go_away: Callable[[Outage], Any]
):
    await until(lambda: _is(outage.ping(), 200), 60, what="the receiver takes a ping")
    await outage.seen()
    await until(lambda: outage._has("heartbeats", {"_id": "C1"}), what="the ping counts")

    await go_away(outage)
    await outage.seen()
    await outage.looked()
    assert outage.alarms() == []

    await outage.pass_time(68)
    await until(lambda: _is_true(outage.alarms() == ["heartbeat_expired"]), 60, what="the silence rang")
    assert await outage.ping() == 200
    await until(lambda: _is_true(len(outage.alarms()) == 2), 60, what="the ping restored it")


async def _is(call: Any, status: int) -> bool:
    return bool(await call == status)


async def _is_true(value: bool) -> bool:
    return value
