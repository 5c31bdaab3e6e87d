"""Group commit: what arrives while a confirm is awaited shares the next message; the spool when the broker is away.

At most one publish is under way. There is no gathering timer: a lone request is published at once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

import structlog

from services.receiver.spool import SpoolFailed
from services.receiver.spools import SpoolFull, Spools
from shared import clock
from shared.bus.publisher import Encoded
from shared.errors import Transient, Unavailable

log = structlog.get_logger(__name__)
MAX_COMMIT_EVENTS = 256
MAX_COMMIT_BYTES = 4 * 1024 * 1024
# What may wait in memory for a confirm; more is answered 503 at once.
MAX_WAITING_BYTES = 64 * 1024 * 1024


class Tells(Protocol):
    """The part of the bus that is needed here."""

    @property
    def is_connected(self) -> bool:
        """Whether the broker is there now."""

    async def publish_encoded(self, encoded: Sequence[Encoded], *, timeout_s: float) -> None:
        """Tell events; raises Unavailable unless all are confirmed."""


class Where(StrEnum):
    """Where an accepted request is safe."""

    BROKER = "broker"
    SPOOL = "spool"


class Overloaded(Transient):
    """Too much is waiting for the broker already."""


@dataclass
class Waiting:
    """The events of one request, and the request that waits for them; they are kept or refused together."""

    events: Sequence[Encoded]
    since_s: float
    size_bytes: int
    done: asyncio.Future[Where] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Broker:
    """Whether publishing is worth a try. After one missing confirm it is not, until the drain had one confirmed."""

    def __init__(self, bus: Tells, confirm_timeout_s: float) -> None:
        self._bus = bus
        self._confirm_timeout_s = confirm_timeout_s
        self._given_up = False
        self._on_their_way = 0

    @property
    def is_there(self) -> bool:
        """Whether a publish would be tried now."""
        return self._bus.is_connected and not self._given_up

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection, blocked or not."""
        return self._bus.is_connected

    async def tell(self, events: Sequence[Encoded]) -> None:
        """Publish and wait for the confirm of all.

        Raises:
            Unavailable: not confirmed in time; from now on nobody waits for this broker.
        """
        try:
            async with asyncio.timeout(self._confirm_timeout_s):
                await self._bus.publish_encoded(events, timeout_s=self._confirm_timeout_s)
        except TimeoutError as error:
            self._give_up("no confirm in time")
            raise Unavailable("broker: no confirm in time") from error
        except Unavailable as error:
            self._give_up(error.reason)
            raise
        self.is_back()

    def is_back(self) -> None:
        """Try again with the next request."""
        if self._given_up:
            self._given_up = False
            log.info("broker.returned")

    def nothing_left(self) -> None:
        """No spool has anything to try the broker with: the next request is the try.

        Not while one is on its way into a spool: the broker was given up for it a moment ago.
        """
        if not self._on_their_way:
            self.is_back()

    @contextmanager
    def spooling(self) -> Iterator[None]:
        """Events are on their way into a spool while the context lasts."""
        self._on_their_way += 1
        try:
            yield
        finally:
            self._on_their_way -= 1

    def _give_up(self, reason: str) -> None:
        if not self._given_up:
            self._given_up = True
            log.warning("broker.given_up", reason=reason)


class Committer:
    """Makes requests safe, many at a time. `run` is its one task."""

    def __init__(self, broker: Broker, spools: Spools, thread: Executor) -> None:
        self._broker = broker
        self._spools = spools
        self._thread = thread
        self._waiting: deque[Waiting] = deque()
        self._waiting_bytes = 0
        self._arrived = asyncio.Event()

    async def commit(self, events: Sequence[Encoded]) -> Where:
        """Return where the events are safe now: confirmed by the broker, or synced to the local disk.

        Raises:
            Overloaded: too much waits already.
            SpoolFailed: the broker is away, and the disk did not take them (or the spool is full).
        """
        size = sum(len(one.body) for one in events)
        if self._waiting_bytes + size > MAX_WAITING_BYTES:
            raise Overloaded("too many requests wait for the broker", after_s=1.0)
        waiting = Waiting(events, clock.monotonic_s(), size)
        self._waiting.append(waiting)
        self._waiting_bytes += size
        self._arrived.set()
        return await waiting.done

    async def settled(self) -> None:
        """Return once everything that came before is safe somewhere or was refused; raises as `commit`."""
        await self.commit([])

    async def run(self) -> None:
        """Commit what arrives, for ever."""
        while True:
            await self._arrived.wait()
            batch = self._take()
            try:
                await self._settle(batch)
            finally:
                # Nobody may wait for ever: what has no answer yet met a bug, or the end of the process.
                _refuse(batch, Overloaded("the receiver stopped before it had an answer", after_s=1.0))

    async def finish(self) -> None:
        """Commit what has arrived, after `run` was stopped."""
        while self._waiting:
            await self._settle(self._take())

    def _take(self) -> list[Waiting]:
        batch: list[Waiting] = []
        events = size = 0
        while self._waiting and (not batch or (events < MAX_COMMIT_EVENTS and size < MAX_COMMIT_BYTES)):
            one = self._waiting.popleft()
            batch.append(one)
            events += len(one.events)
            size += one.size_bytes
        self._waiting_bytes -= size
        if not self._waiting:
            self._arrived.clear()
        return batch

    async def _settle(self, batch: list[Waiting]) -> None:
        if self._broker.is_there:
            began_s = clock.monotonic_s()
            try:
                await self._broker.tell(
                    [_stamped(event, one, began_s) for one in batch for event in one.events]
                )
            except Unavailable:
                pass
            else:
                _answer(batch, Where.BROKER)
                return
        await self._spool(batch)

    async def _spool(self, batch: list[Waiting]) -> None:
        """Write all requests in one transaction; when they are too many, each for itself: a small one may fit."""
        try:
            await self._append(batch)
        except SpoolFull:
            for one in batch:
                try:
                    await self._append([one])
                except SpoolFailed as error:
                    _refuse([one], error)
        except SpoolFailed as error:
            log.error("spool.failed", error=error.reason)
            _refuse(batch, error)

    async def _append(self, batch: list[Waiting]) -> None:
        events = [event for one in batch for event in one.events]
        if events:
            written_at = clock.now().timestamp()
            loop = asyncio.get_running_loop()
            with self._broker.spooling():
                await loop.run_in_executor(self._thread, self._spools.append, events, written_at)
        _answer(batch, Where.SPOOL)


def _stamped(event: Encoded, waiting: Waiting, now_s: float) -> Encoded:
    return event.stamped((now_s - waiting.since_s) * 1000, 0.0)


def _answer(batch: list[Waiting], where: Where) -> None:
    for one in batch:
        if not one.done.done():
            one.done.set_result(where)


def _refuse(batch: list[Waiting], error: Exception) -> None:
    for one in batch:
        if not one.done.done():
            one.done.set_exception(error)
