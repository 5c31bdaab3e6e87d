"""The state of refreshes of external calendars: one document per calendar, written by the api only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from shared.domain.calendar_refresh import Refresh, Source
from shared.store import due
from shared.store.mongo import Database, Document, Insert, Update, Write

LEASE_S = 60.0


class CalendarRefreshes:
    """Repository of `calendar_refreshes`."""

    def __init__(self, database: Database) -> None:
        self.collection = database.collection("calendar_refreshes")

    async def prepare(self) -> None:
        """Create the indexes."""
        await self.collection.ensure_indexes(due.INDEXES)

    async def follow(self, sources: Sequence[Source], version: int, now: datetime) -> None:
        """Have what schedules name as of a configuration version refreshed: what is new or moved at once.

        What no schedule names any more goes, unless a newer configuration put it there.
        """
        await self.collection.insert_new([_new(one, version, now) for one in sources])
        moved: list[Write] = [
            Update(
                {"_id": one.id, "url_digest": {"$ne": one.digest}, "config_version": {"$lte": version}},
                {"$set": _begun(one, version, now), "$unset": {"lease_until": "", "lease_token": ""}},
            )
            for one in sources
        ]
        if moved:
            await self.collection.bulk(moved)
        due.foretell(self.collection, now)
        known = [one.id for one in sources]
        await self.collection.delete_many({"_id": {"$nin": known}, "config_version": {"$lte": version}})

    async def claim(self, now: datetime) -> list[Document]:
        """Lease what is due: a fetch takes up to 10 s, and reading may take longer."""
        return await due.claim_due(self.collection, now, limit=20, lease_s=LEASE_S)

    async def save(self, refresh: Refresh) -> None:
        """Write what became of a try, unless the address was changed meanwhile: then it is due already."""
        await self.collection.update_one(
            {"_id": refresh.id, "url_digest": refresh.url_digest},
            {"$set": _fields(refresh), "$unset": {"lease_until": "", "lease_token": ""}},
        )
        due.foretell(self.collection, refresh.due_at)

    async def of_schedules(self, schedule_ids: Sequence[str]) -> list[Refresh]:
        """Return the refreshes of some schedules."""
        found = await self.collection.find({"schedule_id": {"$in": list(schedule_ids)}}, sort=[("_id", 1)])
        return [read(one) for one in found]


def read(document: Document) -> Refresh:
    """Return the refresh in a document."""
    known = {name: document.get(name) for name in Refresh.model_fields if name in document}
    return Refresh.model_validate({**known, "id": document["_id"]})


def _new(source: Source, version: int, now: datetime) -> Document:
    fields = {"_id": source.id, "schedule_id": source.schedule_id, "which": source.which}
    return Insert({**fields, **_begun(source, version, now)}).document


def _begun(source: Source, version: int, now: datetime) -> Document:
    forgotten = dict.fromkeys(("etag", "last_modified", "error"))
    return {**forgotten, "url_digest": source.digest, "due_at": now, "config_version": version, "failures": 0}


def _fields(refresh: Refresh) -> Document:
    return refresh.model_dump(exclude={"id", "schedule_id", "which", "url_digest"})
