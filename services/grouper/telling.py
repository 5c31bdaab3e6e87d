"""After the broker's confirm: settle alerts into their groups, clear what was told, answer who waits."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from shared import clock
from shared.bus.publisher import Publisher
from shared.errors import Unavailable
from shared.events import ActionApplied, ActionRefused
from shared.store import untold
from shared.store.alert_groups import AlertGroups
from shared.store.alerts import Alerts
from shared.store.mongo import Document
from shared.told import Told

log = structlog.get_logger(__name__)
SWEEP_EVERY_S = 2.0


class Telling:
    """Tells what is untold, and clears it."""

    def __init__(self, bus: Publisher, alerts: Alerts, groups: AlertGroups) -> None:
        self._bus = bus
        self._alerts = alerts
        self._groups = groups

    async def settle(self, told: Sequence[Told]) -> None:
        """Step 3 of the write protocol: the alerts get their group, then they leave `pending`, with what was told."""
        documents = [one for one in told if one.document_id]
        await self._alerts.collection.bulk(
            [self._alerts.set_group(one.alerts, one.document_id) for one in documents if one.alerts]
        )
        await self._groups.collection.bulk(
            [
                untold.clear(one.document_id, [event.id for event in one.events], one.alerts)
                for one in documents
            ]
        )

    async def answer(self, answers: Sequence[ActionApplied | ActionRefused]) -> None:
        """Copy outcomes to those who wait for them; the journal has them in any case."""
        for one in answers:
            if one.reply_to:
                try:
                    await self._bus.reply(one, one.reply_to)
                except Unavailable as error:
                    log.info("answer.unsent", action_id=one.action_id, reason=error.reason)

    async def tell(self, told: Sequence[Told]) -> None:
        """Publish and settle, outside of a batch (due times, sweeps); what fails is swept up later."""
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
        """Tell everything that is untold for longer than 5 s; return how many groups had something."""
        found = await untold.find_forgotten(self._groups.collection, clock.now())
        if found:
            log.info("untold.swept", groups=len(found))
            await self.tell([_told(one) for one in found])
        return len(found)


def _told(document: Document) -> Told:
    return Told("", document["_id"], untold.unpack(document), document.get("pending", []))
