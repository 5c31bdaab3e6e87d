"""Tells what stands untold in documents: at once and together, and again after 5 s when the first try was lost."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

import structlog

from shared import clock
from shared.bus.publisher import Encoded, Publisher
from shared.errors import Unavailable
from shared.store import untold
from shared.store.mongo import Collection

log = structlog.get_logger(__name__)
SWEEP_EVERY_S = 2.0
CLEARED_AT_ONCE = 64
RECONNECT_LOOK_S = 0.1


class Row(NamedTuple):
    """A document with events to tell; `pending` are ids that are settled together with them."""

    id: str
    events: Sequence[Encoded]
    pending: Sequence[str] = ()


class Telling:
    """Publishes the events that stand as `untold` in the documents of one collection, and clears them."""

    def __init__(self, bus: Publisher, collection: Collection) -> None:
        self._bus = bus
        self._collection = collection
        self._waiting: list[Row] = []
        self._arrived = asyncio.Event()

    def soon(self, row_id: str, events: Sequence[Encoded]) -> None:
        """Have a saved row's events told; those that come while others are being told travel together."""
        if events:
            self._waiting.append(Row(row_id, events))
            self._arrived.set()

    async def run(self) -> None:
        """Tell for ever."""
        while True:
            await self._arrived.wait()
            while not self._bus.is_connected:
                await asyncio.sleep(RECONNECT_LOOK_S)
            self._arrived.clear()
            await self.flush()

    async def flush(self) -> None:
        """Tell what waits now; what fails is swept up later."""
        rows, self._waiting = self._waiting, []
        await self.tell(rows)

    async def clear(self, rows: Sequence[Row]) -> None:
        """Take told events out of their rows."""
        documents = [one for one in rows if one.id]
        for start in range(0, len(documents), CLEARED_AT_ONCE):
            some = documents[start : start + CLEARED_AT_ONCE]
            events = [event.id for one in some for event in one.events]
            settled = [id for one in some for id in one.pending]
            await self._collection.bulk([untold.clear([one.id for one in some], events, settled)])

    async def keep_sweeping(self) -> None:
        """Tell what instances that died left untold, on any instance, when the oldest of it is 5 s old."""
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            while (left_s := await self._until_forgotten_s()) > 0:
                await asyncio.sleep(left_s)
            if self._bus.is_connected:
                await self.sweep()

    async def _until_forgotten_s(self) -> float:
        """Return in how many seconds there may be something to sweep: what is stored from now on is young."""
        try:
            oldest = await untold.oldest(self._collection)
        except Unavailable:
            return 0.0
        return clock.wait_s((oldest or clock.now()) + timedelta(seconds=untold.UNTOLD_AGE_S))

    async def sweep(self) -> int:
        """Tell everything that is untold for longer than 5 s; return how many rows had something."""
        try:
            found = await untold.find_forgotten(self._collection, clock.now())
        except Unavailable as error:
            log.warning("telling.delayed", reason=error.reason)
            return 0
        if found:
            log.info("untold.swept", documents=len(found))
        await self.tell([Row(one["_id"], untold.unpack(one), one.get("pending", ())) for one in found])
        return len(found)

    async def tell(self, rows: Sequence[Row]) -> None:
        """Publish and clear, outside of a batch; what fails is swept up later."""
        if not rows:
            return
        try:
            await self._bus.publish_encoded([event for one in rows for event in one.events])
            await self.clear(rows)
        except Unavailable as error:
            log.warning("telling.delayed", documents=len(rows), reason=error.reason)
