"""When each user group of Slack that schedules keep is looked at next, and what is wrong; written by the api only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from shared.store import due
from shared.store import fingerprints as fingerprints_store
from shared.store.mongo import Database, Document

# Longer than all calls of one turn take.
LEASE_S = 60.0
AT_ONCE = 10


class UserGroupSyncs:
    """Repository of `user_group_syncs`: one document per user group, `_id` is Slack's id."""

    def __init__(self, database: Database) -> None:
        self.collection = database.collection("user_group_syncs")

    async def prepare(self) -> None:
        """Create the indexes."""
        await self.collection.ensure_indexes(due.INDEXES)

    async def follow(self, fingerprints: Mapping[str, str], version: int, now: datetime) -> None:
        """Have groups, as of a configuration version, looked at: what is new or changed at once; others no more."""
        await fingerprints_store.follow(self.collection, fingerprints, version, now)

    async def claim(self, now: datetime) -> list[Document]:
        """Lease groups that are due."""
        return await due.claim_due(self.collection, now, AT_ONCE, LEASE_S)

    async def save(self, document: Document, problems: Sequence[str], due_at: datetime) -> None:
        """Note what was found of a leased group, and end the lease; what changed meanwhile is due already."""
        same = {"$eq": ["$fingerprint", document["fingerprint"]]}
        changes = {
            "problems": {"$literal": list(problems)},
            "due_at": {"$cond": [same, due_at, "$due_at"]},
        }
        found = {"_id": document["_id"], "lease_token": document["lease_token"]}
        change: list[Document] = [{"$set": changes}, {"$unset": ["lease_until", "lease_token"]}]
        await self.collection.update_one(found, change)
        due.foretell(self.collection, due_at)

    async def problems(self) -> list[tuple[str, str]]:
        """Return what is wrong now: the group's id and a sentence."""
        found = await self.collection.find({"problems.0": {"$exists": True}}, sort=[("_id", 1)])
        return [(one["_id"], text) for one in found for text in one["problems"]]
