"""Whether the whole works, not this process alone: every stage is served, receivers say so, nothing is late."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from shared import clock
from shared.bus import queues
from shared.bus.rabbit import Rabbit
from shared.bus.topology import CONSUMES, queue_name
from shared.errors import Unavailable
from shared.store.lateness import late_since
from shared.store.mongo import Database
from shared.store.receiver_beats import ReceiverBeats

# Longer than a provider's slowest try and a busy hour's backlog; whoever is paged so late is not paged in time.
LATE_AFTER = timedelta(minutes=5)
SILENT_AFTER = timedelta(seconds=60)
ASKED_FOR_S = 10.0


class Whole:
    """Looks from the broker and the database at what every other service does."""

    def __init__(self, rabbit: Rabbit, database: Database) -> None:
        self._rabbit = rabbit
        self._database = database
        self._beats = ReceiverBeats(database)

    async def troubles(self) -> list[str]:
        """Return why the whole does not work, for people; nothing when it does.

        Raises:
            Unavailable: the broker or the database is away.
        """
        return [
            *await self._unserved(),
            *await self._silent(),
            *(f"late: {one}" for one in await late_since(self._database, clock.now() - LATE_AFTER)),
        ]

    async def _unserved(self) -> list[str]:
        names = frozenset(queue_name(one) for one in CONSUMES)
        try:
            async with asyncio.timeout(ASKED_FOR_S):
                found = await queues.states(self._rabbit, names)
        except TimeoutError as error:
            raise Unavailable("broker: no answer about its queues") from error
        return [f"nobody serves {one.name}" for one in found if not one.consumers]

    async def _silent(self) -> list[str]:
        since = clock.now() - SILENT_AFTER
        heard = [one for one in await self._beats.all() if not one.has_left and one.at > since]
        return [] if heard else ["no receiver says that it serves"]
