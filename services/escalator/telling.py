"""Clearing of what was told of escalations, and telling what a dead instance left untold."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from shared import clock
from shared.bus.publisher import Publisher
from shared.errors import Unavailable
from shared.store import untold
from shared.store.escalations import Escalations
from shared.told import Told

log = structlog.get_logger(__name__)
SWEEP_EVERY_S = 2.0


class Telling:
    """Tells what is untold of escalations, and clears it."""

    def __init__(self, bus: Publisher, escalations: Escalations) -> None:
        self._bus = bus
        self._escalations = escalations

    async def settle(self, told: Sequence[Told]) -> None:
        """Take told events out of their documents."""
        ids: dict[str, list[str]] = {}
        for one in told:
            if one.document_id:
                ids.setdefault(one.document_id, []).extend(event.id for event in one.events)
        await self._escalations.collection.bulk([untold.clear(id, events) for id, events in ids.items()])

    async def tell(self, told: Sequence[Told]) -> None:
        """Publish and clear, outside of a batch (due times, sweeps); what fails is swept up later."""
        try:
            await self._bus.publish_encoded([event for one in told for event in one.events])
            await self.settle(told)
        except Unavailable as error:
            log.warning("telling.delayed", documents=len(told), reason=error.reason)

    async def keep_sweeping(self) -> None:
        """Tell what instances that died left untold, on any instance."""
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            if self._bus.is_connected:
                await self.sweep()

    async def sweep(self) -> int:
        """Tell everything that is untold for longer than 5 s; return how many escalations had something."""
        found = await untold.find_forgotten(self._escalations.collection, clock.now())
        if found:
            log.info("untold.swept", escalations=len(found))
            await self.tell([Told("", one["_id"], untold.unpack(one)) for one in found])
        return len(found)
