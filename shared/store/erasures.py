"""What is to be erased when a group is wiped or deleted: one document per group, in each service's own list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.store import due
from shared.store.mongo import Database, Document, Insert

# A second look finds what was still on its way when the first one was done.
LOOKS = 2
BETWEEN = timedelta(seconds=60)


@dataclass(frozen=True)
class Erasure:
    """One group whose records are to be scrubbed, and how often still; `notes`: its resolution notes too."""

    group_id: str
    notes: bool
    looks: int


class Erasures:
    """Repository of `erasures`, the recorder's, or of another service's list of that kind."""

    def __init__(self, database: Database, name: str = "erasures") -> None:
        self.collection = database.collection(name)

    async def prepare(self) -> None:
        """Create the indexes."""
        await self.collection.ensure_indexes(due.INDEXES)

    async def add(self, groups: Mapping[str, bool], now: datetime) -> None:
        """Have records scrubbed, by group id, each with whether its notes go too; what is known already stays."""
        await self.collection.bulk(
            [
                # A group may be wiped first and deleted later: that is work of its own.
                Insert(
                    {"_id": f"{id}:{notes}", "group_id": id, "notes": notes, "looks": LOOKS, "due_at": now}
                )
                for id, notes in groups.items()
            ]
        )
        due.foretell(self.collection, now)

    async def done(self, document: Document, now: datetime) -> None:
        """Count one look; after the last one there is nothing left to do."""
        query = {"_id": document["_id"], "lease_token": document.get("lease_token")}
        if document["looks"] <= 1:
            await self.collection.delete_one(query)
            return
        change = {
            "$set": {"looks": document["looks"] - 1, "due_at": now + BETWEEN},
            "$unset": {"lease_until": "", "lease_token": ""},
        }
        await self.collection.update_one(query, change)


def read(document: Document) -> Erasure:
    """Return what a document asks for."""
    return Erasure(document["group_id"], document["notes"], document["looks"])
