"""A receiver's beat never lies: what it vouches for has been told, and it served all the time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from services.receiver.beats import Beats, Sources
from services.receiver.commit import Broker, Committer, Where
from services.receiver.spools import Spools
from shared import clock
from shared.bus import wire
from shared.bus.publisher import Encoded
from shared.bus.wire import Provenance
from shared.errors import Unavailable
from shared.events import BeatSent, Event, HeartbeatReceived
from tests.support.build import NOON


class Bus:
    """A broker in memory: confirms while `gate` is open, and is away when told so."""

    instance = "receiver-1"

    def __init__(self) -> None:
        self.is_connected = True
        self.refuses = False
        self.gate = asyncio.Event()
        self.gate.set()
        self.confirmed: list[Event] = []

    def encode(self, event: Event) -> Encoded:
        return Encoded.of(event, Provenance("receiver", self.instance))

    async def publish_encoded(self, encoded: Sequence[Encoded], *, timeout_s: float) -> None:
        await self.gate.wait()
        if encoded and (self.refuses or not self.is_connected):
            raise Unavailable("broker: refused")
        self.confirmed += [wire.decode(one.body)[0] for one in encoded]

    @property
    def beats(self) -> list[BeatSent]:
        return [one for one in self.confirmed if isinstance(one, BeatSent)]


class Receiver:
    def __init__(self, bus: Bus, beats: Beats, committer: Committer, spools: Spools) -> None:
        self.bus = bus
        self.beats = beats
        self.committer = committer
        self.spools = spools

    async def ping(self) -> Where:
        event = HeartbeatReceived(id="ping", time=clock.now(), integration_id="C1")
        return await self.committer.commit([self.bus.encode(event)])


@pytest.fixture
def at() -> Iterator[Any]:
    """Put the clock to so many seconds after noon."""
    moment = [NOON]
    before = clock.use(lambda: moment[0])

    def put(seconds: float) -> datetime:
        moment[0] = NOON + timedelta(seconds=seconds)
        return moment[0]

    yield put
    clock.use(before)


@asynccontextmanager
async def a_receiver(folder: Path, *, configured: bool = True) -> AsyncIterator[Receiver]:
    bus, spools = Bus(), Spools(folder, 1_000_000)
    with ThreadPoolExecutor(1) as thread:
        broker = Broker(bus, 0.2)
        committer = Committer(broker, spools, thread)
        config: Any = SimpleNamespace(has_any=configured, current=SimpleNamespace(version=7))
        publisher: Any = bus
        beats = Beats(publisher, Sources(broker, committer, spools, config), 2.0)
        running = asyncio.create_task(committer.run())
        try:
            yield Receiver(bus, beats, committer, spools)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await asyncio.get_running_loop().run_in_executor(thread, spools.close)


async def test_a_beat_tells_since_when_the_receiver_has_served(tmp_path: Path, at: Any):
    async with a_receiver(tmp_path) as receiver:
        for second in (0, 2, 4):
            at(second)
            assert await receiver.beats.beat()

    first, _, last = receiver.bus.beats
    assert (first.since, first.time) == (NOON, NOON)
    assert (last.since, last.time, last.receiver_id) == (NOON, at(4), first.receiver_id)
    assert (last.instance, last.config_version, last.is_last) == ("receiver-1", 7, False)


async def test_a_beat_comes_after_every_ping_that_it_vouches_for(tmp_path: Path, at: Any):
    """The ping's confirm is late: the beat waits for it, and keeps the time from before."""
    async with a_receiver(tmp_path) as receiver:
        receiver.bus.gate.clear()
        ping = asyncio.create_task(receiver.ping())
        await asyncio.sleep(0)
        beat = asyncio.create_task(receiver.beats.beat())
        await asyncio.sleep(0.02)
        assert receiver.bus.confirmed == []
        receiver.bus.gate.set()
        assert (await ping, await beat) == (Where.BROKER, True)

    assert [type(one) for one in receiver.bus.confirmed] == [HeartbeatReceived, BeatSent]


async def test_while_a_ping_waits_on_the_disk_there_is_no_beat_and_none_is_kept_there(
    tmp_path: Path, at: Any
):
    async with a_receiver(tmp_path) as receiver:
        receiver.bus.refuses = True
        assert await receiver.ping() is Where.SPOOL
        receiver.bus.refuses = False

        assert not await receiver.beats.beat()
        assert (receiver.spools.count, receiver.bus.confirmed) == (1, [])


async def test_a_ping_that_goes_to_the_disk_while_a_beat_waits_for_it_stops_the_beat(tmp_path: Path, at: Any):
    async with a_receiver(tmp_path) as receiver:
        receiver.bus.gate.clear()
        ping = asyncio.create_task(receiver.ping())
        await asyncio.sleep(0)
        beat = asyncio.create_task(receiver.beats.beat())
        receiver.bus.refuses = True
        receiver.bus.gate.set()

        assert (await ping, await beat) == (Where.SPOOL, False)
        assert receiver.bus.confirmed == []


async def test_without_a_broker_or_a_configuration_there_is_no_beat(tmp_path: Path, at: Any):
    async with a_receiver(tmp_path / "a") as receiver:
        receiver.bus.is_connected = False
        assert not await receiver.beats.beat()
        assert receiver.spools.count == 0
    async with a_receiver(tmp_path / "b", configured=False) as receiver:
        assert not await receiver.beats.beat()


async def test_a_receiver_that_could_not_beat_for_ten_seconds_is_another_one(tmp_path: Path, at: Any):
    async with a_receiver(tmp_path) as receiver:
        assert await receiver.beats.beat()
        at(9)
        assert await receiver.beats.beat()
        at(15)
        receiver.bus.refuses = True
        assert not await receiver.beats.beat()
        receiver.bus.refuses = False
        at(19.5)
        assert await receiver.beats.beat()

    before, _, after = receiver.bus.beats
    assert (after.since, after.receiver_id != before.receiver_id) == (at(19.5), True)


async def test_a_receiver_that_turned_a_ping_away_is_another_one(tmp_path: Path, at: Any):
    async with a_receiver(tmp_path) as receiver:
        assert await receiver.beats.beat()
        at(1)
        receiver.beats.break_off()
        at(2)
        assert await receiver.beats.beat()
        at(4)
        assert await receiver.beats.beat()

    assert [one.since for one in receiver.bus.beats] == [NOON, at(2), at(2)]


async def test_a_receiver_that_leaves_in_order_says_so_and_one_that_leaves_pings_behind_does_not(
    tmp_path: Path, at: Any
):
    async with a_receiver(tmp_path / "a") as receiver:
        await receiver.beats.farewell()
        assert receiver.bus.beats == []
        await receiver.beats.beat()
        await receiver.beats.farewell()
        assert [one.is_last for one in receiver.bus.beats] == [False, True]
    async with a_receiver(tmp_path / "b") as receiver:
        await receiver.beats.beat()
        receiver.bus.refuses = True
        assert await receiver.ping() is Where.SPOOL
        receiver.bus.refuses = False
        await receiver.beats.farewell()
        assert [one.is_last for one in receiver.bus.beats] == [False]
