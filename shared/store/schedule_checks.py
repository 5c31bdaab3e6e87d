"""When each schedule is looked over for gaps: daily, and when something changes; written by the api only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from shared.store import due
from shared.store import fingerprints as fingerprints_store
from shared.store.mongo import Database, Document

EVERY = timedelta(days=1)


class ScheduleChecks:
    """Repository of `schedule_checks`."""

    def __init__(self, database: Database) -> None:
        self.collection = database.collection("schedule_checks")

    async def prepare(self) -> None:
        """Create the indexes."""
        await self.collection.ensure_indexes(due.INDEXES)

    async def follow(self, fingerprints: Mapping[str, str], version: int, now: datetime) -> None:
        """Have schedules, as of a configuration version, looked over: what is new or changed at once.

        What does not exist any more goes, unless a newer configuration put it there.
        """
        await fingerprints_store.follow(self.collection, fingerprints, version, now)

    async def done(self, document: Document, now: datetime) -> None:
        """Note that a claimed schedule was looked over, unless it changed meanwhile: then it is due already."""
        await self.collection.update_one(
            {"_id": document["_id"], "fingerprint": document["fingerprint"]},
            {"$set": {"due_at": now + EVERY}, "$unset": {"lease_until": "", "lease_token": ""}},
        )
