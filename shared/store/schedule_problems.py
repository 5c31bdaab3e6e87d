"""Problems of schedules: calendars that cannot be read, times without anybody; written by the api only.

One document per (schedule, what it is about). `cleared_at` is there once it was over; when it comes again it begins
anew. Times beside it say when it was seen first and last.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.store.mongo import Database, Document, Index, Query, Update

KEEP_DAYS = 30
SURELY_KNOWN = timedelta(hours=1)
INDEXES = (
    Index((("schedule_id", 1), ("last_seen_at", -1))),
    Index((("cleared_at", 1),), expire_after_s=KEEP_DAYS * 86_400),
)
STANDING: Query = {"cleared_at": None}


class ScheduleProblems:
    """Repository of `schedule_problems`."""

    def __init__(self, database: Database) -> None:
        self.collection = database.collection("schedule_problems")

    async def prepare(self) -> None:
        """Create the indexes."""
        await self.collection.ensure_indexes(INDEXES)

    async def report(self, schedule_id: str, where: str, message: str, at: datetime) -> None:
        """Note that something is wrong, or still is."""
        over = {"$gt": ["$cleared_at", None]}
        changes = {
            "schedule_id": {"$literal": schedule_id},
            "where": {"$literal": where},
            "message": {"$literal": message},
            "count": {"$add": [1, {"$cond": [over, 0, {"$ifNull": ["$count", 0]}]}]},
            "first_seen_at": {"$cond": [over, at, {"$ifNull": ["$first_seen_at", at]}]},
            "last_seen_at": at,
        }
        found = {"_id": f"{schedule_id}:{where}"}
        await self.collection.bulk(
            [Update(found, [{"$set": changes}, {"$unset": "cleared_at"}], upsert=True)]
        )

    async def clear(self, schedule_id: str, wheres: Sequence[str], at: datetime) -> None:
        """Note that nothing is wrong there (any more)."""
        ids = [f"{schedule_id}:{one}" for one in wheres]
        await self.collection.update_many({"_id": {"$in": ids}, **STANDING}, {"$set": {"cleared_at": at}})

    async def forget(self, known: Sequence[str], at: datetime) -> None:
        """Note that what is wrong with other schedules is over: they are gone.

        What was seen in the last hour stays: it may be of a schedule that is newer than what the caller knows.
        """
        gone = {"schedule_id": {"$nin": list(known)}, "last_seen_at": {"$lt": at - SURELY_KNOWN}}
        await self.collection.update_many({**gone, **STANDING}, {"$set": {"cleared_at": at}})

    async def find(
        self, schedule_ids: Sequence[str] | None = None, *, cleared: bool = False
    ) -> list[Document]:
        """Return problems of some (or all) schedules, newest first; `cleared` adds those that are over."""
        query: Query = {} if cleared else dict(STANDING)
        if schedule_ids is not None:
            query["schedule_id"] = {"$in": list(schedule_ids)}
        return await self.collection.find(query, sort=[("last_seen_at", -1)])
