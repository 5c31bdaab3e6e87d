"""Duties as stored: what was told of each schedule, one document per schedule, written by the escalator only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.bus.publisher import Encoded
from shared.domain.duties import Duty
from shared.store import due, untold
from shared.store.mongo import Database, Document, Index
from shared.store.versioned import VersionedWrite, save

INDEXES = (Index((("expires_at", 1),), expire_after_s=0), *due.INDEXES, *untold.INDEXES)
# What is remembered of a deleted schedule is kept for a repeated look.
KEEP = timedelta(days=1)
# A look costs milliseconds, and alerts are waiting beside it.
AT_ONCE = 20


@dataclass(frozen=True)
class DutyWrite:
    """One versioned write of one duty with what it tells."""

    duty: Duty
    base_version: int | None
    events: Sequence[Encoded]
    at: datetime


class Duties:
    """Repository of `duties`."""

    def __init__(self, database: Database) -> None:
        self.collection = database.collection("duties")

    async def prepare(self) -> None:
        """Create the indexes."""
        await self.collection.ensure_indexes(INDEXES)

    async def begin(self, schedule_ids: Sequence[str], now: datetime) -> None:
        """Have schedules looked at from now on that are not yet."""
        writes = [_versioned(DutyWrite(Duty(id=one, due_at=now), None, (), now)) for one in schedule_ids]
        await self.collection.insert_new([one.inserted().document for one in writes])
        due.foretell(self.collection, now)

    async def claim_older(self, version: int, now: datetime) -> list[Document]:
        """Lease what was last looked at with a configuration older than `version`."""
        wanted = {"config_version": {"$lt": version}, "due_at": {"$gt": now}}
        return await due.claim(self.collection, wanted, now, AT_ONCE)

    async def claim_due(self, now: datetime) -> list[Document]:
        """Lease what is due."""
        return await due.claim_due(self.collection, now, AT_ONCE)

    async def save(self, writes: Sequence[DutyWrite]) -> set[str]:
        """Do all writes; return the ids of duties whose write lost a race."""
        return await save(self.collection, [_versioned(one) for one in writes])


def read(document: Document) -> Duty:
    """Return the duty in a document."""
    return Duty.model_validate_json(document["body"])


def _versioned(write: DutyWrite) -> VersionedWrite:
    one = write.duty
    fields: Document = {
        "body": one.model_dump_json(),
        "version": one.version,
        "config_version": one.config_version,
    }
    optional = {"due_at": one.due_at, "expires_at": write.at + KEEP if one.due_at is None else None}
    return VersionedWrite(one.id, write.base_version, fields, optional, write.events, write.at)
