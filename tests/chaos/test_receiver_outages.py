"""Whatever was answered 2xx arrives: broker killed, stopped or blocked, receiver killed with a full spool."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientError, ClientSession, ClientTimeout

from deploy.local.servers import LocalServers
from tests.integration.receiver_running import CONFIGURATION, WEB, missing_alerts
from tests.support.stack import Stack

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(180)]
_KEYS = itertools.count()


@pytest.fixture
async def stack(own_servers: LocalServers, tmp_path: Path) -> AsyncIterator[Stack]:
    """Two receivers on one volume; the database is away."""
    own_servers.rabbit.start()
    no_mongo = "mongodb://127.0.0.1:1/none?serverSelectionTimeoutMS=200"
    never_bulk = {"TOCSIN_BULK_ABOVE_PER_S": "1000000"}
    stack = Stack(own_servers.rabbit.amqp_url(), no_mongo, tmp_path, {"receiver": 2}, never_bulk)
    (tmp_path / "data" / "configuration-receiver.json").write_text(CONFIGURATION.model_dump_json())
    try:
        yield stack
    except BaseException:
        print(stack.logs_tail())
        raise
    finally:
        await stack.stop()


class Senders:
    """Send alerts one after the other, each again and again under its own key until the answer is 2xx."""

    def __init__(self, urls: list[str]) -> None:
        self.urls = itertools.cycle(urls)
        self.accepted: dict[str, int] = {}
        self.slowest_s = 0.0
        self._stopping = False

    async def run(self, client: ClientSession) -> None:
        while not self._stopping:
            headers = {"Idempotency-Key": f"chaos-{next(_KEYS)}"}
            while not await self._send(client, headers):
                await asyncio.sleep(0.05)
            await asyncio.sleep(0.005)

    async def _send(self, client: ClientSession, headers: dict[str, str]) -> bool:
        began = time.monotonic()
        try:
            async with client.post(next(self.urls) + WEB, json={"n": 1}, headers=headers) as answer:
                if answer.status not in (200, 202):
                    return False
                self.accepted[(await answer.json())["id"]] = answer.status
        except (ClientError, TimeoutError):
            return False
        self.slowest_s = max(self.slowest_s, time.monotonic() - began)
        return True

    def count(self, status: int) -> int:
        return sum(one == status for one in self.accepted.values())

    async def until(self, condition: Callable[[], bool], timeout_s: float = 60) -> None:
        async with asyncio.timeout(timeout_s):
            while not condition():
                await asyncio.sleep(0.02)


@asynccontextmanager
async def sending(urls: list[str], senders: int = 8) -> AsyncIterator[Senders]:
    load = Senders(urls)
    async with ClientSession(timeout=ClientTimeout(total=10)) as client:
        tasks = [asyncio.create_task(load.run(client)) for _ in range(senders)]
        try:
            yield load
        finally:
            load._stopping = True
            await asyncio.wait(tasks, timeout=15)


async def lost(stack: Stack, ids: set[str]) -> set[str]:
    """Return the accepted alerts that are not at the router when everything is drained."""
    return await missing_alerts(stack.environment["TOCSIN_AMQP_URL"], ids)


async def test_a_broker_killed_under_load_costs_no_accepted_alert(
    stack: Stack, own_servers: LocalServers
) -> None:
    await stack.start_one("receiver")
    async with sending([stack.url("receiver")]) as load:
        await load.until(lambda: load.count(200) > 200)
        own_servers.rabbit.kill()
        await load.until(lambda: load.count(202) > 200)
        restart = asyncio.create_task(asyncio.to_thread(own_servers.rabbit.start))
        confirmed = load.count(200)
        await load.until(lambda: load.count(200) > confirmed + 200)
        await restart
    assert load.slowest_s < 8  # 2 s for the first confirm that does not come; the rest is for a busy machine
    assert await lost(stack, set(load.accepted)) == set()


async def test_the_spool_of_a_killed_receiver_is_taken_over_by_a_living_one(
    stack: Stack, own_servers: LocalServers
) -> None:
    await asyncio.to_thread(own_servers.rabbit.kill)
    await stack.start_one("receiver", 0)
    await stack.start_one("receiver", 1)
    async with sending([stack.url("receiver", 0)]) as load:
        await load.until(lambda: load.count(202) > 300)
        stack.kill9("receiver", 0)
    await asyncio.to_thread(own_servers.rabbit.start)
    assert len(load.accepted) > 300
    assert await lost(stack, set(load.accepted)) == set()
    spool = stack.base_dir / "data" / "spool"
    await load.until(lambda: not list(spool.glob("*.db")))


async def test_a_receiver_killed_under_load_has_lost_nothing_that_it_accepted(stack: Stack) -> None:
    await stack.start_one("receiver", 0)
    await stack.start_one("receiver", 1)
    async with sending([stack.url("receiver", 0), stack.url("receiver", 1)]) as load:
        for _ in range(3):
            before = len(load.accepted)
            await load.until(lambda before=before: len(load.accepted) > before + 100)  # type: ignore[misc]
            stack.kill9("receiver", 0)
            await stack.start_one("receiver", 0)
    assert await lost(stack, set(load.accepted)) == set()


async def test_a_broker_that_blocks_publishers_delays_only_the_first_request(
    stack: Stack, own_servers: LocalServers
) -> None:
    await stack.start_one("receiver")
    async with sending([stack.url("receiver")], senders=2) as load:
        await load.until(lambda: load.count(200) > 20)
        await asyncio.to_thread(own_servers.rabbit.ctl, "set_vm_memory_high_watermark", "absolute", "1")
        await load.until(lambda: load.count(202) > 50)
        began, spooled = time.monotonic(), load.count(202)
        await load.until(lambda: load.count(202) > spooled + 100)
        assert time.monotonic() - began < 30  # a wait of 2 s for each would take 100 s
        await asyncio.to_thread(own_servers.rabbit.ctl, "set_vm_memory_high_watermark", "absolute", "1GB")
        confirmed = load.count(200)
        await load.until(lambda: load.count(200) > confirmed + 20)
    assert await lost(stack, set(load.accepted)) == set()


async def test_a_graceful_stop_answers_what_is_in_hand(stack: Stack) -> None:
    await stack.start_one("receiver")
    async with sending([stack.url("receiver")]) as load:
        await load.until(lambda: len(load.accepted) > 100)
        assert await stack.stop_one("receiver") == 0
        assert "Traceback" not in stack.instance("receiver").tail()
        load._stopping = True
        await stack.start_one("receiver")
    assert await lost(stack, set(load.accepted)) == set()
