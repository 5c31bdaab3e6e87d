"""Due times: whatever waits is a document with `due_at`, claimed by one of several instances with a lease."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from shared import clock
from shared.errors import Unavailable
from shared.store.mongo import Collection, Document, Index, Query

log = structlog.get_logger(__name__)
LOOK_EVERY_S = 0.25
# For what may be a second late: a look costs an idle service 0.2 % of a core at four a second.
SELDOM_S = 1.0
CLAIM_LIMIT = 200
LEASE_S = 5.0
GRACE_S = 10.0
INDEXES = (Index((("due_at", 1),), sparse=True),)


async def claim_due(
    collection: Collection,
    now: datetime,
    limit: int = CLAIM_LIMIT,
    lease_s: float = LEASE_S,
    extra: Query | None = None,
) -> list[Document]:
    """Return up to `limit` documents whose time has come, leased to the caller for `lease_s` seconds."""
    return await claim(collection, {"due_at": {"$lte": now}, **(extra or {})}, now, limit, lease_s)


async def claim(
    collection: Collection, wanted: Query, now: datetime, limit: int = CLAIM_LIMIT, lease_s: float = LEASE_S
) -> list[Document]:
    """Return up to `limit` matching documents, those that are due longest first, leased to the caller.

    A lease keeps other instances from doing the same work; that nothing fires twice follows from the versioned
    write of whoever handles the document.
    """
    query: Query = {"$or": [{"lease_until": None}, {"lease_until": {"$lt": now}}], **wanted}
    found = await collection.find(query, {"_id": 1}, sort=[("due_at", 1)], limit=limit)
    if not found:
        return []
    token = uuid.uuid4().hex
    until = now + timedelta(seconds=lease_s)
    ids = [one["_id"] for one in found]
    await collection.update_many(
        {"_id": {"$in": ids}, **query}, {"$set": {"lease_until": until, "lease_token": token}}
    )
    return await collection.find({"_id": {"$in": ids}, "lease_token": token})


class DueLoop:
    """Looks for documents to work on every `look_every_s`, at once again while there are more.

    While `can_tell` says no (the broker is away), they stay unclaimed: what is due could be saved but not told, and
    another instance may be better off. `claim` given: that is what is worked on in the place of what is due.
    """

    def __init__(
        self,
        collection: Collection,
        handle: Callable[[list[Document]], Awaitable[None]],
        can_tell: Callable[[], bool],
        claim: Callable[[datetime], Awaitable[list[Document]]] | None = None,
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        self._collection = collection
        self._claim = claim or self._claim_due
        self._handle = handle
        self._can_tell = can_tell
        self._look_every_s = look_every_s

    async def run(self) -> None:
        """Claim and handle due documents for ever; while the database is away they wait.

        A cancelled loop gives what is in hand 10 s to end: dropped, it would wait for the end of its lease.
        """
        while True:
            turn = asyncio.ensure_future(self._turn())
            try:
                handled = await asyncio.shield(turn)
            except asyncio.CancelledError:
                await asyncio.wait({turn}, timeout=GRACE_S)
                raise
            if handled < CLAIM_LIMIT:
                await asyncio.sleep(self._look_every_s)

    async def _claim_due(self, now: datetime) -> list[Document]:
        return await claim_due(self._collection, now)

    async def _turn(self) -> int:
        if not self._can_tell():
            return 0
        try:
            claimed = await self._claim(clock.now())
            if claimed:
                await self._handle(claimed)
        except Unavailable as error:
            log.warning("due.delayed", reason=error.reason)
            return 0
        return len(claimed)
