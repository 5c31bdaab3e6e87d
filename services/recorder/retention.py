"""Keeps the journal of open groups: their pages do not expire before they are resolved."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from shared import clock
from shared.store.alert_groups import AlertGroups
from shared.store.journal import Journal
from shared.store.mongo import Update

EVERY_S = 3600.0
AHEAD = timedelta(days=1)
LIMIT = 5000


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
        soon = clock.now() + AHEAD
        pages = await self._journal.collection.find(
            {"expires_at": {"$lt": soon}, "groups.0": {"$exists": True}}, {"groups": 1}, limit=LIMIT
        )
        still_open = await self._groups.open_among({id for one in pages for id in one["groups"]})
        kept = [one["_id"] for one in pages if still_open.intersection(one["groups"])]
        change = {"$set": {"expires_at": soon + self._keep}}
        await self._journal.collection.bulk(
            [Update({"_id": {"$in": kept}}, change, many=True)] if kept else []
        )
        return len(kept)
