"""Takes what the alerts of wiped and deleted groups said out of the journal."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from shared import clock
from shared.domain.scrubbing import scrubbed
from shared.events import GroupDeleted, GroupWiped
from shared.store.erasures import Erasures, read
from shared.store.journal import Envelope, Journal
from shared.store.mongo import Document

log = structlog.get_logger(__name__)
ALERTS_AT_ONCE = 200


class Erasing:
    """Notes what is to be erased, and does it, as often as it is due."""

    def __init__(self, erasures: Erasures, journal: Journal) -> None:
        self.erasures = erasures
        self._journal = journal

    async def note(self, messages: Sequence[Sequence[Envelope]]) -> None:
        """Keep in mind the groups that some messages tell of as wiped or deleted.

        Raises:
            Unavailable: the database is away.
        """
        found = {
            one["data"]["group"]["id"]: one["type"] == GroupDeleted.type
            for entries in messages
            for one in entries
            if one["type"] in (GroupWiped.type, GroupDeleted.type)
        }
        if found:
            await self.erasures.add(found, clock.now())

    async def erase(self, documents: Sequence[Document]) -> None:
        """Scrub the records of claimed groups and of their alerts."""
        for document in documents:
            wanted = read(document)
            alerts = await self._journal.alerts_in(wanted.group_id)
            pages = await self._scrub({"groups": wanted.group_id}, wanted.group_id, alerts, wanted.notes)
            ids = sorted(alerts)
            for start in range(0, len(ids), ALERTS_AT_ONCE):
                query = {"alerts": {"$in": ids[start : start + ALERTS_AT_ONCE]}}
                pages += await self._scrub(query, wanted.group_id, alerts, wanted.notes)
            await self.erasures.done(document, clock.now())
            log.info("journal.scrubbed", group_id=wanted.group_id, pages=pages)

    async def _scrub(self, query: Document, group_id: str, alerts: set[str], notes: bool) -> int:
        return await self._journal.rewrite(query, lambda one: scrubbed(one, group_id, alerts, notes=notes))
