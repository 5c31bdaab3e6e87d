"""The audit: what was changed, by whom, from what to what; configuration with its version, all else without.

The configuration's own entries are written with the change, in its transaction (configuration.py).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from shared.domain.model import Actor
from shared.store.mongo import Database, Document, Index, Query

COLLECTION = "configuration_audit"
INDEXES = (
    Index((("at", -1), ("_id", -1))),
    Index((("actor.name", 1), ("at", -1), ("_id", -1))),
    Index((("table", 1), ("at", -1), ("_id", -1))),
    Index((("object_id", 1), ("at", -1), ("_id", -1))),
)
COMMAND_LINE = Actor(kind="system", name="command line")
NEWEST_FIRST = (("at", -1), ("_id", -1))


@dataclass(frozen=True)
class AuditEntry:
    """One object before and after one change; None before: it was made, None after: it was removed."""

    id: str
    at: datetime
    actor: Actor
    table: str
    object_id: str
    before: Document | None
    after: Document | None
    version: int | None


class ConfigurationAudit:
    """Repository of `configuration_audit`, to read it and to add what is none (tokens, dead letters)."""

    def __init__(self, database: Database) -> None:
        self._collection = database.collection(COLLECTION)

    async def prepare(self) -> None:
        """Create the indexes."""
        await self._collection.ensure_indexes(INDEXES)

    async def record(
        self,
        table: str,
        object_id: str,
        change: tuple[Document | None, Document | None],
        actor: Actor,
        at: datetime,
    ) -> str:
        """Add an entry of (before, after) and return its id; whoever calls has taken every secret out of it."""
        before, after = change
        entry_id = f"access/{uuid.uuid4().hex}"
        await self._collection.insert_one(
            {
                "_id": entry_id,
                "version": None,
                "at": at,
                "actor": actor.model_dump(mode="json"),
                "table": table,
                "object_id": object_id,
                "before": before,
                "after": after,
            }
        )
        return entry_id

    async def find(self, query: Query, limit: int, skip: int = 0) -> list[AuditEntry]:
        """Return matching entries, the newest first."""
        found = await self._collection.find(query, sort=NEWEST_FIRST, limit=limit, skip=skip)
        return [_entry(one) for one in found]


def _entry(found: Document) -> AuditEntry:
    return AuditEntry(
        id=found["_id"],
        at=found["at"],
        actor=Actor.model_validate(found["actor"]),
        table=found["table"],
        object_id=found["object_id"],
        before=found.get("before"),
        after=found.get("after"),
        version=found.get("version"),
    )
