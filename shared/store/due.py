"""Due times: whatever waits is a document with `due_at`, claimed by one of several instances with a lease.

Nobody is told when a time comes; a loop sleeps until the next one that it knows (docs/adr/0041).
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from shared import clock
from shared.errors import Unavailable
from shared.store.mongo import Collection, Document, Index, Query

log = structlog.get_logger(__name__)
NEVER = datetime.max.replace(tzinfo=UTC)
CLAIM_LIMIT = 200
LEASE_S = 5.0
GRACE_S = 10.0
INDEXES = (Index((("due_at", 1),), sparse=True),)


@dataclass(frozen=True)
class Pace:
    """How often a loop looks: never sooner again than after `least_s`, and after `most_s` although nothing is known.

    `most_s` is how late a time may be that another instance wrote and did not live to keep.
    """

    least_s: float = 0.25
    most_s: float = 2.0


# For what may be a second late.
SELDOM = Pace(1.0, 5.0)
# For what a look at the earliest due time cannot know of.
EVERY_SECOND = Pace(1.0, 1.0)


def foretell(collection: Collection, *times: datetime | None) -> None:
    """Tell the loops of this process of due times that were just stored, so that they do not sleep past them."""
    known = [one for one in times if one is not None]
    if known and collection.watchers:
        earliest = min(known)
        for watcher in collection.watchers:
            watcher(earliest)


async def earliest(collection: Collection, now: datetime, within_s: float) -> datetime | None:
    """Return the first due time up to `within_s` from now of documents that nobody has leased."""
    query: Query = {"due_at": {"$lte": now + timedelta(seconds=within_s)}, **unleased(now)}
    found = await collection.find_one(query, {"_id": 0, "due_at": 1}, sort=[("due_at", 1)])
    return found["due_at"] if found is not None else None


def unleased(now: datetime) -> Query:
    """Return the condition that nobody works on a document at the moment."""
    return {"$or": [{"lease_until": None}, {"lease_until": {"$lt": now}}]}


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
    query: Query = {**unleased(now), **wanted}
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
    """Works on documents as they become due: sleeps until the next time it knows, and goes on while there are more.

    It knows what it saw in the collection and what `foretell` was told; `pace` bounds how wrong it can be.
    While `can_tell` says no (the broker is away), they stay unclaimed: what is due could be saved but not told, and
    another instance may be better off. `claim` given: that is what is worked on in the place of what is due.
    """

    def __init__(
        self,
        collection: Collection,
        handle: Callable[[list[Document]], Awaitable[None]],
        can_tell: Callable[[], bool],
        claim: Callable[[datetime], Awaitable[list[Document]]] | None = None,
        pace: Pace = Pace(),
    ) -> None:
        self._collection = collection
        self._claim = claim or self._claim_due
        self._handle = handle
        self._can_tell = can_tell
        self._pace = pace
        self._next = NEVER
        self._news = asyncio.Event()
        self._was_busy = False
        collection.watchers.append(self._foretold)

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
                await self._sleep()

    async def _claim_due(self, now: datetime) -> list[Document]:
        return await claim_due(self._collection, now)

    def _foretold(self, at: datetime) -> None:
        if at < self._next:
            self._next = at
            self._news.set()

    async def _turn(self) -> int:
        # Until this turn has seen to the end that there is nothing, it may be that there is.
        now = self._next = clock.now()
        if not self._can_tell():
            return 0
        try:
            if not self._was_busy and not await self._is_due(now):
                return 0
            claimed = await self._claim(now)
            self._was_busy = bool(claimed)
            if claimed:
                await self._handle(claimed)
        except Unavailable as error:
            log.warning("due.delayed", reason=error.reason)
            self._next = now
            return 0
        return len(claimed)

    async def _is_due(self, now: datetime) -> bool:
        """Look whether anything is due; if not, it is known from then on what is next."""
        if self._pace.most_s <= self._pace.least_s:
            return True
        # First: what is foretold while the look is under way may have come too late for it.
        self._next = NEVER
        found = await earliest(self._collection, now, self._pace.most_s)
        self._foretold(found or NEVER)
        return found is not None and found <= now

    async def _sleep(self) -> None:
        began_s = clock.monotonic_s()
        await asyncio.sleep(self._pace.least_s)
        while True:
            self._news.clear()
            most_s = self._pace.most_s - (clock.monotonic_s() - began_s)
            left_s = min(most_s, clock.wait_s(self._next))
            if left_s <= 0:
                return
            try:
                async with asyncio.timeout(left_s):
                    await self._news.wait()
            except TimeoutError:
                continue
