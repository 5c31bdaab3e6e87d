"""Heartbeats as stored: one document per integration from its first ping on, written by the heartbeat service only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.bus.publisher import Encoded
from shared.domain.heartbeats import Heartbeat
from shared.store import due, untold
from shared.store.mongo import Database, Document
from shared.store.versioned import VersionedWrite, save

INDEXES = (*due.INDEXES, *untold.INDEXES)


@dataclass(frozen=True)
class HeartbeatWrite:
    """One versioned write of one heartbeat, decided with a version of the configuration."""

    heartbeat: Heartbeat
    base_version: int | None
    config_version: int
    events: Sequence[Encoded]
    at: datetime


@dataclass(frozen=True)
class Stored:
    """A heartbeat as it was read; `config_version` is that of its last decision."""

    heartbeat: Heartbeat
    config_version: int


class Heartbeats:
    """Repository of `heartbeats`."""

    def __init__(self, database: Database) -> None:
        self.collection = database.collection("heartbeats")

    async def prepare(self) -> None:
        """Create the indexes."""
        await self.collection.ensure_indexes(INDEXES)

    async def get_many(self, integration_ids: Sequence[str]) -> Mapping[str, Heartbeat]:
        """Return heartbeats by integration id; integrations that never sent one are left out."""
        found = await self.collection.find({"_id": {"$in": list(integration_ids)}}, {"body": 1})
        return {one["_id"]: read(one).heartbeat for one in found}

    async def all(self) -> list[Stored]:
        """Return every heartbeat."""
        return [read(one) for one in await self.collection.find({}, {"body": 1, "config_version": 1})]

    async def count(self, *, expired: bool) -> int:
        """Return how many are expired, or alive."""
        return await self.collection.count({"is_expired": expired})

    async def save(self, writes: Sequence[HeartbeatWrite]) -> set[str]:
        """Do all writes; return the ids of heartbeats whose write lost a race."""
        return await save(self.collection, [_versioned(one) for one in writes])

    async def end(self, one: Heartbeat) -> None:
        """Remove a heartbeat whose integration is gone, unless it changed meanwhile or has something to tell."""
        query = {"_id": one.id, "version": one.version, "untold_at": {"$exists": False}}
        await self.collection.delete_one(query)


def read(document: Document) -> Stored:
    """Return the heartbeat in a document."""
    return Stored(Heartbeat.model_validate_json(document["body"]), document.get("config_version", 0))


def _versioned(write: HeartbeatWrite) -> VersionedWrite:
    one = write.heartbeat
    fields: Document = {
        "body": one.model_dump_json(),
        "version": one.version,
        "is_expired": one.is_expired,
        "config_version": write.config_version,
    }
    return VersionedWrite(one.id, write.base_version, fields, {"due_at": one.due_at}, write.events, write.at)
