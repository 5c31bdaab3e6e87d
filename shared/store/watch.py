"""What the watchdog reads, answered by indexes alone, and the lease by which one instance sweeps.

A stretch of groups is first added up: as long as its sums differ by what is known, nobody is missing (docs/adr/0043).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from shared.store.mongo import Collection, Database, Document, Duplicate, Index

LEASE = "sweep"
EVER = datetime(1970, 1, 1, tzinfo=UTC)
# Each holds what is watched and nothing else, and is all that a look needs to read.
FIRING = Index((("state", 1), ("_id", 1), ("run", 1), ("number", 1)), partial={"state": "firing"})
RUNNING = Index((("ended", 1), ("group_id", 1), ("run", 1), ("number", 1)), partial={"ended": ""})
# These hold next to nothing: what goes on, or is to end, and has lost its due time.
TIMELESS = Index((("paused", 1), ("ended", 1), ("due_at", 1)), partial={"ended": "", "due_at": None})
ENDLESS = Index((("silenced_until", 1), ("state", 1)), partial={"state": "silenced", "due_at": None})


class Sums(NamedTuple):
    """Members added up: two sets of groups whose three sums are equal are the same set."""

    members: int = 0
    numbers: int = 0
    runs: int = 0

    def less(self, other: Sums) -> Sums:
        """Return what is left without the other's."""
        return Sums(self.members - other.members, self.numbers - other.numbers, self.runs - other.runs)


class Stuck(NamedTuple):
    """What makes a due document stuck: due since before an instant, with a lease beyond another."""

    due_before: datetime
    leased_beyond: datetime


@dataclass(frozen=True)
class Slice:
    """Firing groups in the order of their ids, each as "<id>:<run>"; `last` is the id to go on behind, if any."""

    keys: Sequence[str]
    last: str | None


class Watch:
    """Reads `alert_groups` and `escalations`; the lease is a document of `watchdog`."""

    def __init__(self, database: Database) -> None:
        self._leases = database.collection("watchdog")
        self._groups = database.collection("alert_groups")
        self._escalations = database.collection("escalations")

    async def prepare(self) -> None:
        """Create the indexes that only the watchdog needs."""
        await self._groups.ensure_indexes((FIRING, ENDLESS))
        await self._escalations.ensure_indexes((RUNNING, TIMELESS))

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

    async def firing_sums(self, after: str, last: str | None) -> Sums:
        """Add up the firing groups with an id in (after, last]."""
        return await self._sums(self._groups, {"state": "firing", "_id": _within(after, last)})

    async def running_sums(self, after: str, last: str | None) -> Sums:
        """Add up the escalations that have not ended, of groups in (after, last]."""
        return await self._sums(self._escalations, {"ended": "", "group_id": _within(after, last)})

    async def firing(self, after: str, last: str | None, limit: int) -> Slice:
        """Return the first `limit` (0: all) firing groups with an id in (after, last]."""
        key = {"$concat": ["$_id", ":", {"$toString": {"$ifNull": ["$run", 0]}}]}
        query = {"state": "firing", "_id": _within(after, last)}
        keys = await self._packed(self._groups, query, key, ("state", "_id"), limit)
        return Slice(keys, keys[-1].rpartition(":")[0] if keys and len(keys) == limit else None)

    async def running(self, after: str, last: str | None) -> list[str]:
        """Return the escalations, as "<group>:<run>", that have not ended, of groups in (after, last]."""
        key = {"$concat": ["$group_id", ":", {"$toString": "$run"}]}
        query = {"ended": "", "group_id": _within(after, last)}
        return await self._packed(self._escalations, query, key, ("ended", "group_id"))

    async def timeless(self) -> list[str]:
        """Return the escalations, as "<group>:<run>", that go on, wait for no alerts and have no due time."""
        return await self._packed(self._escalations, {"ended": "", "due_at": None, "paused": None}, "$_id")

    async def with_reason(self, keys: Sequence[str]) -> set[str]:
        """Return those of these escalations, each "<group>:<run>", that have ended or wait for alerts."""
        reasons = [{"ended": {"$gt": ""}}, {"paused": {"$gt": ""}}]
        query = {"_id": {"$in": list(keys)}, "$or": reasons}
        return set(await self._packed(self._escalations, query, "$_id"))

    async def routes_of(self, group_ids: Sequence[str]) -> dict[str, str | None]:
        """Return the route of each group."""
        found = await self._groups.find({"_id": {"$in": list(group_ids)}}, {"route_id": 1})
        return {one["_id"]: one.get("route_id") for one in found}

    async def overdue(self, before: datetime) -> int:
        """Return how many escalations are due since before that instant."""
        return await self._escalations.count({"due_at": {"$lt": before}})

    async def untaken(self, late: datetime, stuck: Stuck, limit: int) -> list[Document]:
        """Return the escalations that are due since before `late`, or stuck, those that wait longest first."""
        leased = {"due_at": {"$lt": stuck.due_before}, "lease_until": {"$gt": stuck.leased_beyond}}
        query = {"$or": [{"due_at": {"$lt": late}}, leased]}
        fields = dict.fromkeys(("group_id", "run", "due_at", "lease_until"), 1)
        return await self._escalations.find(query, fields, sort=[("due_at", 1)], limit=limit)

    async def endless_silences(self, limit: int) -> list[str]:
        """Return the ids of groups with a silence that is to end and no due time."""
        query = {"silenced_until": {"$gt": EVER}, "state": "silenced", "due_at": None, "attached_to": None}
        return [one["_id"] for one in await self._groups.find(query, {"_id": 1}, limit=limit)]

    async def _sums(self, collection: Collection, query: Document) -> Sums:
        sums = {"members": {"$sum": 1}, "numbers": {"$sum": "$number"}, "runs": {"$sum": "$run"}}
        found = await collection.aggregate([{"$match": query}, {"$group": {"_id": None, **sums}}])
        return Sums(*(int(found[0][one]) for one in Sums._fields)) if found else Sums()

    async def _packed(
        self,
        collection: Collection,
        query: Document,
        key: Document | str,
        order: Sequence[str] = (),
        limit: int = 0,
    ) -> list[str]:
        """Return one text per match, all in one document: a document for each would cost ten times as much."""
        pipeline: list[Document] = [{"$match": query}]
        if order:
            pipeline.append({"$sort": dict.fromkeys(order, 1)})
        if limit:
            pipeline.append({"$limit": limit})
        pipeline.append({"$group": {"_id": None, "keys": {"$push": key}}})
        found = await collection.aggregate(pipeline)
        return list(found[0]["keys"]) if found else []


def _within(after: str, last: str | None) -> Document:
    return {"$gt": after} if last is None else {"$gt": after, "$lte": last}
