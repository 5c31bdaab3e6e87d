"""What the watchdog reads, in slices that the indexes answer alone, and the lease by which one instance sweeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.store.mongo import Collection, Database, Document, Duplicate, Index

LEASE = "sweep"
EVER = datetime(1970, 1, 1, tzinfo=UTC)
# Both hold what is watched and nothing else, and are all that a slice needs to read.
FIRING = Index((("state", 1), ("_id", 1), ("run", 1)), partial={"state": "firing"})
RUNNING = Index((("ended", 1), ("group_id", 1), ("run", 1), ("due_at", 1)), partial={"ended": ""})
SILENCES = Index((("silenced_until", 1),), partial={"silenced_until": {"$exists": True}})


@dataclass(frozen=True)
class Slice:
    """Firing groups in the order of their ids, each as "<id>:<run>"; `last` is the id to go on behind, if any."""

    keys: Sequence[str]
    last: str | None


class Watch:
    """Reads `alert_groups` and `escalations`; owns `watchdog`, which is one document."""

    def __init__(self, database: Database) -> None:
        self._leases = database.collection("watchdog")
        self._groups = database.collection("alert_groups")
        self._escalations = database.collection("escalations")

    async def prepare(self) -> None:
        """Create the indexes that only the watchdog needs."""
        await self._groups.ensure_indexes((FIRING, SILENCES))
        await self._escalations.ensure_indexes((RUNNING,))

    async def hold(self, owner: str, now: datetime, until: datetime) -> bool:
        """Take or keep the lease; False while another instance has it."""
        query = {"_id": LEASE, "$or": [{"owner": owner}, {"lease_until": {"$lt": now}}]}
        change = {"$set": {"owner": owner, "lease_until": until}}
        if await self._leases.update_one(query, change):
            return True
        try:
            await self._leases.insert_one({"_id": LEASE, "owner": owner, "lease_until": until})
        except Duplicate:
            return False
        return True

    async def firing(self, after: str, limit: int) -> Slice:
        """Return the next firing groups behind an id."""
        keys = await self._packed(
            self._groups,
            {"state": "firing", "_id": {"$gt": after}},
            ("state", "_id"),
            {"$concat": ["$_id", ":", {"$toString": {"$ifNull": ["$run", 0]}}]},
            limit,
        )
        return Slice(keys, keys[-1].rpartition(":")[0] if len(keys) == limit else None)

    async def with_timer(self, after: str, last: str | None) -> list[str]:
        """Return the escalations, as "<group>:<run>", that go on and have a due time, of groups in (after, last]."""
        behind: Document = {"$gt": after} if last is None else {"$gt": after, "$lte": last}
        return await self._packed(
            self._escalations,
            {"ended": "", "group_id": behind, "due_at": {"$gt": EVER}},
            ("ended", "group_id"),
            {"$concat": ["$group_id", ":", {"$toString": "$run"}]},
        )

    async def overdue(self, before: datetime) -> int:
        """Return how many escalations are due since before that instant."""
        return await self._escalations.count({"due_at": {"$lt": before}})

    async def endless_silences(self, limit: int) -> list[str]:
        """Return the ids of groups with a silence that is to end and no due time."""
        query = {"silenced_until": {"$exists": True}, "due_at": None, "state": "silenced"}
        return [one["_id"] for one in await self._groups.find(query, {"_id": 1}, limit=limit)]

    async def _packed(
        self, collection: Collection, query: Document, order: Sequence[str], key: Document, limit: int = 0
    ) -> list[str]:
        """Return one text per match, all in one document: a document for each would cost ten times as much."""
        pipeline: list[Document] = [{"$match": query}, {"$sort": dict.fromkeys(order, 1)}]
        if limit:
            pipeline.append({"$limit": limit})
        pipeline.append({"$group": {"_id": None, "keys": {"$push": key}}})
        found = await collection.aggregate(pipeline)
        return list(found[0]["keys"]) if found else []
