"""Export addresses of schedules and of people: digests of their tokens, and what each export last showed.

One per person and what is exported. Written by the api only; the token itself is shown once, when it is made.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest

from shared.domain.calendar_export import ExportedShift
from shared.secrets import digest
from shared.store.mongo import Database, Document, Index

INDEXES = (Index((("digest", 1),), unique=True),)
EVERYTHING = "*"


@dataclass(frozen=True)
class ExportToken:
    """An export address without its token. `schedule_id` is None for all schedules of the person."""

    id: str
    user_id: str
    schedule_id: str | None
    created_at: datetime
    shifts: tuple[ExportedShift, ...] = ()


class ScheduleExports:
    """Repository of `schedule_exports`."""

    def __init__(self, database: Database) -> None:
        self._collection = database.collection("schedule_exports")

    async def prepare(self) -> None:
        """Create the indexes."""
        await self._collection.ensure_indexes(INDEXES)

    async def put(self, user_id: str, schedule_id: str | None, token: str, at: datetime) -> None:
        """Store a new token; the one before of the same person and schedule is worth nothing from now on."""
        fields = {"user_id": user_id, "schedule_id": schedule_id, "digest": digest(token), "created_at": at}
        await self._collection.update_one(
            {"_id": _id(user_id, schedule_id)}, {"$set": fields, "$setOnInsert": {"shifts": []}}, upsert=True
        )

    async def of(self, user_id: str, schedule_id: str | None) -> ExportToken | None:
        """Return the address that a person has for a schedule, None for none."""
        found = await self._collection.find_one({"_id": _id(user_id, schedule_id)})
        return _read(found) if found is not None else None

    async def find(self, token: str) -> ExportToken | None:
        """Return what a token is for; None when nobody made it.

        The look-up is by digest: how long it takes tells nothing about tokens that are nearly right.
        """
        wanted = digest(token)
        found = await self._collection.find_one({"digest": wanted})
        if found is None or not compare_digest(found["digest"], wanted):
            return None
        return _read(found)

    async def remove(self, user_id: str, schedule_id: str | None) -> bool:
        """Take an address away; say whether there was one."""
        return await self._collection.delete_one({"_id": _id(user_id, schedule_id)}) > 0

    async def remember(self, export: ExportToken, shifts: Iterable[ExportedShift]) -> None:
        """Keep what was shown, so that what is gone the next time can be shown as cancelled."""
        rows = [one.model_dump(mode="json") for one in shifts]
        await self._collection.update_one({"_id": export.id}, {"$set": {"shifts": rows}})


def _id(user_id: str, schedule_id: str | None) -> str:
    return f"{user_id}:{schedule_id or EVERYTHING}"


def _read(document: Document) -> ExportToken:
    shifts = document.get("shifts")
    return ExportToken(
        id=str(document["_id"]),
        user_id=str(document["user_id"]),
        schedule_id=str(document["schedule_id"]) if document["schedule_id"] else None,
        created_at=document["created_at"],
        shifts=tuple(ExportedShift.model_validate(one) for one in shifts) if isinstance(shifts, list) else (),
    )
