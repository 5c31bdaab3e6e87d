"""Resolution notes as people look them up; they stand in the documents of their groups (alert_groups.py)."""

from __future__ import annotations

from shared.domain.model import Note
from shared.store.mongo import Database, Document, Query

# Every group with a note stands in the index of their times.
WITH_NOTES: Query = {"seen": True, "notes.created_at": {"$exists": True}}


class ResolutionNotes:
    """Reads the notes of groups that people are shown; deleted ones are left out."""

    def __init__(self, database: Database) -> None:
        self._groups = database.collection("alert_groups")

    async def get(self, note_id: str) -> tuple[Note, str] | None:
        """Return a note and the id of its group."""
        query = {**WITH_NOTES, "notes.id": note_id}
        for group in await self._groups.find(query, {"notes": 1}):
            for one in group["notes"]:
                if one["id"] == note_id and not one["deleted"]:
                    return Note.model_validate_json(one["body"]), group["_id"]
        return None

    async def count(self, group_id: str | None) -> int:
        """Return how many notes there are, of one group if it is named."""
        found = await self._groups.aggregate([*_notes(group_id), {"$count": "count"}])
        return int(found[0]["count"]) if found else 0

    async def page(self, group_id: str | None, limit: int, skip: int) -> list[tuple[Note, str]]:
        """Return notes with the ids of their groups, the newest first."""
        order = {"$sort": {"notes.created_at": -1, "notes.id": 1}}
        found = await self._groups.aggregate([*_notes(group_id), order, {"$skip": skip}, {"$limit": limit}])
        return [(Note.model_validate_json(one["notes"]["body"]), one["_id"]) for one in found]


def _notes(group_id: str | None) -> list[Document]:
    query = {**WITH_NOTES, "_id": group_id} if group_id is not None else WITH_NOTES
    return [
        {"$match": query},
        {"$project": {"notes": 1}},
        {"$unwind": "$notes"},
        {"$match": {"notes.deleted": False}},
    ]
