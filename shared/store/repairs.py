"""What the watchdog mends: one document per thing that broke, so that it is mended once, whoever dies meanwhile.

A repair is `begun`, then done (doing it again changes nothing), then `mended` in one write with the event that tells
of it. What breaks again after that is told once more and `left` to people.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from shared.bus.publisher import Encoded
from shared.store import untold
from shared.store.mongo import Database, Document, Duplicate, Index

KEEP = timedelta(days=30)
BEGUN = Index((("state", 1), ("at", 1)), partial={"state": "begun"})
INDEXES = (Index((("expires_at", 1),), expire_after_s=0), BEGUN, *untold.INDEXES)
State = Literal["new", "begun", "mended", "left"]


class Repair(NamedTuple):
    """How far a repair is, and since when."""

    key: str
    group_id: str
    state: State
    at: datetime


class Repairs:
    """Repository of the repairs in `watchdog`, beside the lease."""

    def __init__(self, database: Database) -> None:
        self.collection = database.collection("watchdog")

    async def prepare(self) -> None:
        """Create the indexes."""
        await self.collection.ensure_indexes(INDEXES)

    async def begin(self, key: str, group_id: str, told: Encoded, now: datetime) -> Repair:
        """Write down what is about to be mended, and what is told then; return what was known, `new` if nothing."""
        document: Document = {
            "_id": key,
            "group_id": group_id,
            "state": "begun",
            "at": now,
            "told": untold.pack([told]),
            "untold": [],
            "expires_at": now + KEEP,
        }
        try:
            await self.collection.insert_one(document)
        except Duplicate:
            known = await self.collection.find_one({"_id": key}, {"told": 0})
            return _read(known) if known is not None else Repair(key, group_id, "begun", now)
        return Repair(key, group_id, "new", now)

    async def finish(self, key: str, now: datetime) -> Sequence[Encoded]:
        """Say that it is done; return what is to be told of it, nothing when that was said before."""
        state = {"state": "mended", "at": now, "untold": "$told", "untold_at": now}
        change: list[Document] = [{"$set": state}, {"$unset": "told"}]
        done = await self.collection.find_one_and_update({"_id": key, "state": "begun"}, change)
        return untold.unpack(done) if done is not None else ()

    async def leave(self, key: str, told: Encoded, now: datetime) -> bool:
        """Leave it to people, with what is to be told of that; False when it was left before."""
        state = {"state": "left", "at": now, "untold_at": now}
        change = {"$set": state, "$push": {"untold": untold.pack([told])[0]}, "$unset": {"told": ""}}
        return bool(
            await self.collection.update_one({"_id": key, "state": {"$in": ["begun", "mended"]}}, change)
        )

    async def unfinished(self, before: datetime) -> list[Repair]:
        """Return what was begun before that instant and is not said to be done."""
        found = await self.collection.find({"state": "begun", "at": {"$lt": before}}, {"told": 0})
        return [_read(one) for one in found]


def _read(document: Document) -> Repair:
    return Repair(document["_id"], document["group_id"], document["state"], document["at"])
