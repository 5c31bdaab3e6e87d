"""Group commit: who shares a message, and where requests go when the broker does not confirm."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from services.receiver import commit
from services.receiver.commit import Broker, Committer, Overloaded, Where
from services.receiver.drain import Drain
from services.receiver.spool import SpoolFailed
from services.receiver.spools import SpoolFull, Spools
from shared.bus.publisher import Encoded
from shared.errors import Unavailable


class Bus:
    """A broker in memory: confirms when `gate` is open, is away when told so, or stays mute."""

    def __init__(self) -> None:
        self.is_connected = True
        self.mute = False
        self.refuses = False
        self.gate = asyncio.Event()
        self.gate.set()
        self.publishes: list[list[str]] = []

    async def publish_encoded(self, encoded: Sequence[Encoded], *, timeout_s: float) -> None:
        self.publishes.append([one.id for one in encoded])
        if self.refuses:
            raise Unavailable("broker: refused")
        if self.mute:
            await asyncio.Event().wait()
        await self.gate.wait()

    @property
    def confirmed(self) -> list[str]:
        return [one for publish in self.publishes for one in publish]


class Receiver:
    def __init__(self, bus: Bus, spools: Spools, committer: Committer) -> None:
        self.bus = bus
        self.spools = spools
        self.committer = committer

    async def send(self, *names: str, size: int = 30) -> Where:
        return await self.committer.commit([event(name, size) for name in names])


def event(name: str, size: int = 30) -> Encoded:
    return Encoded("alert.received.v1", name, b'{"a":"' + b"x" * size + b'"}')


@asynccontextmanager
async def a_receiver(
    folder: Path, limit: int = 1_000_000, timeout_s: float = 0.05
) -> AsyncIterator[Receiver]:
    bus = Bus()
    spools = Spools(folder, limit)
    with ThreadPoolExecutor(1) as thread:
        broker = Broker(bus, timeout_s)
        committer = Committer(broker, spools, thread)
        drain = Drain(broker, spools, thread)
        tasks = [asyncio.create_task(run()) for run in (committer.run, drain.run, drain.adopt)]
        try:
            yield Receiver(bus, spools, committer)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.get_running_loop().run_in_executor(thread, spools.close)


async def until(condition: object, timeout_s: float = 30.0) -> None:
    assert callable(condition)
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_lone_request_is_published_at_once_and_alone(tmp_path: Path) -> None:
    async with a_receiver(tmp_path) as receiver:
        assert await receiver.send("1") is Where.BROKER
        assert receiver.bus.publishes == [["1"]]


async def test_requests_that_come_while_a_confirm_is_awaited_share_the_next_publish(tmp_path: Path) -> None:
    async with a_receiver(tmp_path, timeout_s=60) as receiver:
        receiver.bus.gate.clear()
        sends = [asyncio.create_task(receiver.send(str(n), f"{n}b")) for n in range(4)]
        await until(lambda: receiver.bus.publishes)
        sends += [asyncio.create_task(receiver.send("late"))]
        await asyncio.sleep(0.02)
        receiver.bus.gate.set()
        await asyncio.gather(*sends)
        assert len(receiver.bus.publishes) == 2
        assert sorted(receiver.bus.confirmed) == sorted([*"0123", *(f"{n}b" for n in range(4)), "late"])


async def test_without_a_connection_nobody_waits_and_the_spool_takes_it(tmp_path: Path) -> None:
    async with a_receiver(tmp_path, timeout_s=60) as receiver:
        receiver.bus.is_connected = False
        assert await asyncio.wait_for(receiver.send("1"), 30) is Where.SPOOL
        assert receiver.bus.publishes == []


async def test_a_broker_is_not_tried_again_before_the_request_that_gave_it_up_is_spooled(
    tmp_path: Path,
) -> None:
    bus, spools, gate = Bus(), Spools(tmp_path, 1_000_000), threading.Event()
    bus.refuses = True
    with ThreadPoolExecutor(1) as thread:
        broker = Broker(bus, 4.0)
        committer = Committer(broker, spools, thread)
        running = asyncio.create_task(committer.run())
        thread.submit(gate.wait)  # the disk is slow
        sent = asyncio.create_task(committer.commit([event("1")]))
        await until(lambda: not broker.is_there)
        broker.nothing_left()
        assert not broker.is_there
        gate.set()
        assert await sent is Where.SPOOL
        broker.nothing_left()
        assert broker.is_there
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await asyncio.get_running_loop().run_in_executor(thread, spools.close)


async def test_only_the_first_request_waits_for_a_mute_broker(tmp_path: Path) -> None:
    async with a_receiver(tmp_path, timeout_s=4.0) as receiver:
        receiver.bus.mute = True
        assert await receiver.send("1") is Where.SPOOL
        began = asyncio.get_running_loop().time()
        assert [await receiver.send(str(n)) for n in range(2, 7)] == [Where.SPOOL] * 5
        assert asyncio.get_running_loop().time() - began < 4.0  # what it takes when one of them waits


async def test_when_the_broker_is_back_the_spool_is_told_in_order_and_then_it_is_empty(
    tmp_path: Path,
) -> None:
    async with a_receiver(tmp_path) as receiver:
        receiver.bus.is_connected = False
        for n in range(300):
            await receiver.send(f"{n:03}")
        receiver.bus.is_connected = True
        await until(lambda: receiver.spools.count == 0)
        assert receiver.bus.confirmed == [f"{n:03}" for n in range(300)]
        assert await receiver.send("after") is Where.BROKER


async def test_nothing_leaves_the_spool_before_its_confirm(tmp_path: Path) -> None:
    async with a_receiver(tmp_path) as receiver:
        receiver.bus.refuses = True
        assert await receiver.send("1") is Where.SPOOL
        await until(lambda: len(receiver.bus.publishes) >= 3)
        assert receiver.spools.count == 1
        receiver.bus.refuses = False
        await until(lambda: receiver.spools.count == 0)


async def test_a_given_up_broker_is_probed_with_one_event(tmp_path: Path) -> None:
    async with a_receiver(tmp_path) as receiver:
        receiver.bus.refuses = True
        for n in range(5):
            await receiver.send(str(n))
        seen = len(receiver.bus.publishes)
        await until(lambda: len(receiver.bus.publishes) > seen)
        assert receiver.bus.publishes[seen:] == [["0"]] * (len(receiver.bus.publishes) - seen)


async def test_a_full_spool_refuses_a_large_request_and_still_takes_a_small_one(tmp_path: Path) -> None:
    async with a_receiver(tmp_path, limit=1000) as receiver:
        receiver.bus.is_connected = False
        large, small = await asyncio.gather(
            receiver.send("large", size=2000), receiver.send("small"), return_exceptions=True
        )
        assert isinstance(large, SpoolFull)
        assert small is Where.SPOOL


async def test_a_broken_disk_refuses_and_the_broker_is_used_again_when_it_is_back(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    async with a_receiver(tmp_path / "file" / "spool") as receiver:
        receiver.bus.refuses = True
        with pytest.raises(SpoolFailed):
            await receiver.send("1")
        receiver.bus.refuses = False
        async with asyncio.timeout(30):
            while True:
                try:
                    assert await receiver.send("2") is Where.BROKER
                    break
                except SpoolFailed:
                    await asyncio.sleep(0.05)


async def test_what_waits_in_memory_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commit, "MAX_WAITING_BYTES", 1000)
    async with a_receiver(tmp_path, timeout_s=60) as receiver:
        receiver.bus.gate.clear()
        first = asyncio.create_task(receiver.send("1"))
        await until(lambda: receiver.bus.publishes)
        second = asyncio.create_task(receiver.send("2", size=800))
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            await receiver.send("3", size=800)
        receiver.bus.gate.set()
        assert await asyncio.gather(first, second) == [Where.BROKER, Where.BROKER]
        assert await receiver.send("4", size=800) is Where.BROKER


async def test_a_large_crowd_is_committed_in_parts_and_each_gets_its_answer(tmp_path: Path) -> None:
    async with a_receiver(tmp_path, timeout_s=60) as receiver:
        receiver.bus.gate.clear()
        sends = [asyncio.create_task(receiver.send(str(n))) for n in range(1000)]
        await until(lambda: receiver.bus.publishes)
        receiver.bus.gate.set()
        assert set(await asyncio.gather(*sends)) == {Where.BROKER}
        assert max(len(one) for one in receiver.bus.publishes) <= 256
