"""How many groups begin at each integration, and its storm: one document per integration, written by the escalator.

Counting is one statement per integration and batch, or second, so that any number of instances count together.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from shared.domain.storm import Count, Storm, minute_of
from shared.store import due
from shared.store.mongo import Database, Document

LEASE = ("lease_until", "lease_token")


class Storms:
    """Repository of `storms`. `due_at` is when the storm is over, unless it goes on."""

    def __init__(self, database: Database) -> None:
        self.collection = database.collection("storms")

    async def prepare(self) -> None:
        """Create the indexes."""
        await self.collection.ensure_indexes(due.INDEXES)

    async def count(self, integration_id: str, groups: int, now: datetime) -> tuple[Count, Storm | None]:
        """Add groups that begin now; return the count after it, and the storm as it is stored."""
        found = await self.collection.find_one_and_update(
            {"_id": integration_id}, _counted(minute_of(now), groups), upsert=True
        )
        return Count.model_validate(found or {}), _storm(found)

    async def write(self, before: Storm | None, after: Storm) -> bool:
        """Store a storm that begins or goes on; False when another instance has written one since `before`."""
        wanted = {"_id": after.integration_id, "storm": before.model_dump_json() if before else None}
        change = {"$set": {"storm": after.model_dump_json(), "due_at": after.until}}
        written = await self.collection.update_one(wanted, change) == 1
        due.foretell(self.collection, after.until)
        return written

    async def end(self, storm: Storm) -> bool:
        """Forget a storm that is over; False when it goes on, or another instance has done it."""
        wanted = {"_id": storm.integration_id, "storm": storm.model_dump_json()}
        gone = dict.fromkeys(("storm", "due_at", *LEASE), "")
        return await self.collection.update_one(wanted, {"$unset": gone}) == 1

    async def stored(self, integration_ids: Sequence[str] | None = None) -> dict[str, Storm]:
        """Return the storms that are not ended, by integration: of these integrations, or all."""
        query: Document = {"due_at": {"$exists": True}}
        if integration_ids is not None:
            query["_id"] = {"$in": list(integration_ids)}
        found = await self.collection.find(query, {"storm": 1})
        return {one["_id"]: storm for one in found if (storm := _storm(one)) is not None}


def read(document: Document) -> Storm | None:
    """Return the storm in a claimed document."""
    return _storm(document)


def _storm(document: Document | None) -> Storm | None:
    text = (document or {}).get("storm")
    return Storm.model_validate_json(text) if text else None


def _counted(minute: int, groups: int) -> list[Document]:
    """Return the change that counts in the newest minute with any, whoever's clock is ahead."""
    is_newest = {"$gte": ["$minute", minute]}
    before = {"$cond": [{"$eq": ["$minute", minute - 1]}, "$groups", 0]}
    return [
        {
            "$set": {
                "before": {"$cond": [is_newest, {"$ifNull": ["$before", 0]}, before]},
                "groups": {"$cond": [is_newest, {"$add": ["$groups", groups]}, groups]},
                "minute": {"$max": ["$minute", minute]},
            }
        }
    ]
