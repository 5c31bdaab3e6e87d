"""Keeps the journal of open groups: their pages do not expire before they are resolved."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from shared import clock
from shared.store.alert_groups import AlertGroups
from shared.store.journal import Journal

EVERY_S = 3600.0
AHEAD = timedelta(days=1)


class Retention:
    """Postpones the expiry of journal pages that hold an event of an open group."""

    def __init__(self, journal: Journal, groups: AlertGroups, keep: timedelta) -> None:
        self._journal = journal
        self._groups = groups
        self._keep = keep

    async def run(self) -> None:
        """Look once an hour, a day ahead."""
        while True:
            await self.postpone()
            await asyncio.sleep(EVERY_S)

    async def postpone(self) -> int:
        """Postpone what would expire within a day although a group in it is open; return how many pages."""
        now, postponed = clock.now(), 0
        soon = now + AHEAD
        # Only the pages about groups that are as old as that can be. They last as long as if they were written now:
        # the newest pages are found by when they expire.
        async for some in self._groups.open_for_long(soon - self._keep):
            postponed += await self._journal.postpone_expiry(some, soon, now + self._keep)
        return postponed
