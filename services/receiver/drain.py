"""Empties the spools when the broker is back, each in the order in which it was filled.

New requests go straight to the broker as soon as one spooled event was confirmed; they do not wait for
the backlog. So order holds within a spool, not between it and newer requests: `received_at` tells the truth.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import ParamSpec, TypeVar

import structlog

from services.receiver.commit import Broker
from services.receiver.spool import CHUNK_EVENTS, Spool, SpoolDamaged, Spooled, SpoolFailed
from services.receiver.spools import Spools
from shared import clock
from shared.bus.publisher import Encoded
from shared.errors import Unavailable

log = structlog.get_logger(__name__)
LOOK_EVERY_S = 0.5
ADOPT_EVERY_S = 10.0

P = ParamSpec("P")
T = TypeVar("T")


class Drain:
    """Tells what the spools hold, and takes over the spools of dead instances. `run` and `adopt` are its tasks."""

    def __init__(self, broker: Broker, spools: Spools, thread: Executor) -> None:
        self._broker = broker
        self._spools = spools
        self._thread = thread

    async def run(self) -> None:
        """Look twice a second whether there is something to tell and a broker to tell it to."""
        while True:
            if self._broker.is_connected:
                await self._empty()
            await asyncio.sleep(LOOK_EVERY_S)

    async def adopt(self) -> None:
        """At once and every 10 s, take over the files that nobody holds."""
        while True:
            try:
                await self._in_thread(self._spools.adopt)
            except SpoolFailed as error:
                log.error("spool.unreadable", error=error.reason)
            await asyncio.sleep(ADOPT_EVERY_S)

    async def _empty(self) -> None:
        while (spool := self._spools.next()) is not None:
            try:
                if not await self._tell_oldest(spool):
                    return
            except SpoolDamaged as error:
                log.error("spool.damaged", error=error.reason, events=spool.count)
                await self._in_thread(self._spools.set_aside, spool)
            except SpoolFailed as error:
                log.error("spool.unreadable", error=error.reason)
                break
        self._broker.nothing_left()

    async def _tell_oldest(self, spool: Spool) -> bool:
        """Tell the next events and delete them once they are confirmed; False when the broker did not take them.

        While the broker is given up, one event is the probe: a blocked connection shall not fill with copies.
        """
        chunk = await self._in_thread(spool.oldest, CHUNK_EVENTS if self._broker.is_there else 1)
        now = clock.now().timestamp()
        try:
            await self._broker.tell([_stamped(one, now) for one in chunk])
        except Unavailable:
            return False
        await self._in_thread(spool.delete, chunk)
        if not spool.count:
            log.info("spool.drained", file=spool.path.name)
            await self._in_thread(self._spools.adopt)
        return True

    async def _in_thread(self, function: Callable[P, T], *args: P.args, **_: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *args)


def _stamped(one: Spooled, now: float) -> Encoded:
    return one.event.stamped(max(0.0, now - one.spooled_at) * 1000, 0.0)
