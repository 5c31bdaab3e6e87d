"""Tells what became of ledger rows: at once and together, and again after 5 s when the first try was lost."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from shared import clock
from shared.bus.publisher import Encoded, Publisher
from shared.errors import Unavailable
from shared.store import untold
from shared.store.mongo import Collection

log = structlog.get_logger(__name__)
SWEEP_EVERY_S = 2.0

Row = tuple[str, Sequence[Encoded]]


class Telling:
    """Publishes the events that stand as `untold` in the rows of one collection, and clears them."""

    def __init__(self, bus: Publisher, collection: Collection) -> None:
        self._bus = bus
        self._collection = collection
        self._waiting: list[Row] = []
        self._arrived = asyncio.Event()

    def soon(self, row_id: str, events: Sequence[Encoded]) -> None:
        """Have a saved row's events told; those that come while others are being told travel together."""
        if events:
            self._waiting.append((row_id, events))
            self._arrived.set()

    async def run(self) -> None:
        """Tell for ever."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            await self.flush()

    async def flush(self) -> None:
        """Tell what waits now; what fails is swept up later."""
        rows, self._waiting = self._waiting, []
        await self._tell(rows)

    async def clear(self, rows: Sequence[Row]) -> None:
        """Take told events out of their rows."""
        await self._collection.bulk([untold.clear(id, [one.id for one in events]) for id, events in rows])

    async def keep_sweeping(self) -> None:
        """Tell what instances that died left untold, on any instance."""
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            if self._bus.is_connected:
                await self.sweep()

    async def sweep(self) -> int:
        """Tell everything that is untold for longer than 5 s; return how many rows had something."""
        try:
            found = await untold.find_forgotten(self._collection, clock.now())
        except Unavailable as error:
            log.warning("telling.delayed", reason=error.reason)
            return 0
        await self._tell([(one["_id"], untold.unpack(one)) for one in found])
        return len(found)

    async def _tell(self, rows: Sequence[Row]) -> None:
        if not rows:
            return
        try:
            await self._bus.publish_encoded([event for _, events in rows for event in events])
            await self.clear(rows)
        except Unavailable as error:
            log.warning("telling.delayed", rows=len(rows), reason=error.reason)
