"""How far Slack's lists (user groups, channels, members of a channel) are read: one document each, by the api only.

A list is read page by page; what was read so far stands in the document, so that another instance goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import Field

from shared.domain.model import Frozen
from shared.store import due
from shared.store.mongo import Database, Document, Query

LEASE_S = 60.0


class Reading(Frozen):
    """One list: the rows and the cursor as far as it was read, and what went wrong when it was read last."""

    id: str
    cursor: str | None = None
    rows: tuple[dict[str, Any], ...] = Field(default=())
    error: str | None = None
    read_at: datetime | None = None


class SlackDirectory:
    """Repository of `slack_directory`."""

    def __init__(self, database: Database) -> None:
        self.collection = database.collection("slack_directory")

    async def prepare(self, parts: Sequence[str], now: datetime) -> None:
        """Create the indexes, and have lists that were never read read now."""
        await self.collection.ensure_indexes(due.INDEXES)
        await self.collection.insert_new([{"_id": one, "due_at": now} for one in parts])
        due.foretell(self.collection, now)

    async def follow(self, prefix: str, parts: Sequence[str], version: int, now: datetime) -> None:
        """Have the lists of a prefix, as of a configuration version, read: new ones now, others no more.

        What is not wanted any more goes, unless a newer configuration asked for it.
        """
        await self.collection.insert_new([{"_id": one, "due_at": now} for one in parts])
        await self.collection.update_many(
            {"_id": {"$in": list(parts)}}, {"$max": {"config_version": version}}
        )
        older: Query = {"config_version": {"$lte": version}}
        await self.collection.delete_many({"_id": {"$regex": f"^{prefix}", "$nin": list(parts)}, **older})

    async def claim(self, now: datetime) -> list[Document]:
        """Lease the lists that are due."""
        return await due.claim_due(self.collection, now, limit=10, lease_s=LEASE_S)

    async def save(self, reading: Reading, due_at: datetime) -> None:
        """Write how far a list was read, and when to go on."""
        fields = reading.model_dump(exclude={"id"})
        await self.collection.update_one(
            {"_id": reading.id},
            {"$set": {**fields, "due_at": due_at}, "$unset": {"lease_until": "", "lease_token": ""}},
        )
        due.foretell(self.collection, due_at)

    async def ask(self, part: str, now: datetime) -> None:
        """Have a list read now, from its beginning unless it is being read."""
        await self.collection.update_one({"_id": part}, {"$min": {"due_at": now}}, upsert=True)
        due.foretell(self.collection, now)

    async def ask_all(self, prefix: str, now: datetime) -> None:
        """Have all lists of a prefix read now."""
        await self.collection.update_many({"_id": {"$regex": f"^{prefix}"}}, {"$min": {"due_at": now}})

    async def reading(self, part: str) -> Reading | None:
        """Return what is known of one list, without its rows."""
        found = await self.collection.find_one({"_id": part}, {"rows": 0})
        return read(found) if found is not None else None

    async def readings(self) -> list[Reading]:
        """Return what is known of all lists, without their rows."""
        return [read(one) for one in await self.collection.find({}, {"rows": 0}, sort=[("_id", 1)])]


def read(document: Document) -> Reading:
    """Return the reading in a document."""
    return Reading.model_validate({**document, "id": document["_id"]})
