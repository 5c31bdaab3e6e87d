"""Alert groups as stored: exactly one open group per (integration, route, grouping key), written by the grouper only.

`body` is the whole group as JSON (it keeps microseconds), `instances` what is known of each (where they are
tracked), `notes` its resolution notes (both apart, so that no event has to carry them); the other fields are there
to be searched and to carry the write protocol: `open_key` (unique while open), `untold`, `pending`, `due_at`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter

from shared.bus.publisher import Encoded
from shared.domain.behaviour_deeds import Handled
from shared.domain.model import Group, Instance, Note, State
from shared.store import due, untold
from shared.store.mongo import Database, Document, Index, Query
from shared.store.versioned import VersionedWrite, save

INDEXES = (
    Index((("open_key", 1),), unique=True, sparse=True),
    # What counts on a group being its key's last one claims the next generation; read from its end, it is the newest.
    Index((("group_key", -1), ("generation", 1)), unique=True),
    # What people are shown, in the order in which they are shown it: a page of a list is a walk, never a sort.
    Index((("seen", 1), ("opened_at", -1), ("_id", 1))),
    Index((("seen", 1), ("state", 1), ("opened_at", -1), ("_id", 1))),
    Index((("seen", 1), ("integration_id", 1), ("opened_at", -1), ("_id", 1))),
    Index((("seen", 1), ("route_id", 1), ("opened_at", -1), ("_id", 1))),
    # What is counted over weeks (insights.py) is read from this index alone.
    Index(
        (
            *(("seen", 1), ("opened_at", -1), ("integration_id", 1), ("route_id", 1)),
            *(("acknowledged_at", 1), ("resolved_at", 1)),
        )
    ),
    Index((("notes.created_at", -1),), sparse=True),
    Index((("notes.id", 1),), sparse=True),
    Index((("number", 1),), sparse=True),
    # Groups without labels stand in no index of labels, so a query must name a key to use it.
    Index(
        (("labels.key", 1), ("labels.value", 1), ("opened_at", -1), ("_id", 1)),
        partial={"labels.key": {"$exists": True}},
    ),
    Index((("expires_at", 1),), expire_after_s=0),
    *due.INDEXES,
    *untold.INDEXES,
)
# What a decision needs: the group, what is known of its instances, and its notes.
WHOLE: Document = {"body": 1, "instances": 1, "notes": 1}
OPEN_STATES = [str(one) for one in State if one is not State.RESOLVED]
WALKED_AT_ONCE = 500
INSTANCES = TypeAdapter(dict[str, Instance])


@dataclass(frozen=True)
class GroupWrite:
    """One versioned write of one group: its state after, the alerts it takes in, the events it causes."""

    group: Group
    base_version: int | None
    events: Sequence[Encoded]
    at: datetime
    alerts: Sequence[str] = ()
    due_at: datetime | None = None
    expires_at: datetime | None = None


def group_key(integration_id: str, route_id: str | None, key: str) -> str:
    """Return what identifies a group among the open ones."""
    return f"{integration_id}|{route_id or ''}|{key}"


class AlertGroups:
    """Repository of `alert_groups`."""

    def __init__(self, database: Database) -> None:
        self.collection = database.collection("alert_groups")

    async def prepare(self) -> None:
        """Create the indexes."""
        await self.collection.ensure_indexes(INDEXES)

    async def get(self, group_id: str) -> Group | None:
        """Return one group as it is on the primary now."""
        found = await self.collection.find_one({"_id": group_id}, WHOLE)
        return group_of(found) if found is not None else None

    async def get_many(self, ids: Sequence[str]) -> dict[str, Group]:
        """Return groups by id; unknown ids are left out."""
        found = await self.collection.find({"_id": {"$in": list(ids)}}, WHOLE)
        return {one["_id"]: group_of(one) for one in found}

    async def due_times(self, ids: Sequence[str]) -> dict[str, datetime]:
        """Return the due times of these groups as they are stored; those without one are left out."""
        query = {"_id": {"$in": list(ids)}, "due_at": {"$exists": True}}
        return {one["_id"]: one["due_at"] for one in await self.collection.find(query, {"due_at": 1})}

    async def firing_among(self, ids: Sequence[str]) -> set[str]:
        """Return which of these groups fire as they are on the primary now."""
        query = {"_id": {"$in": list(ids)}, "state": str(State.FIRING), "attached_to": None}
        return {one["_id"] for one in await self.collection.find(query, {"_id": 1})}

    async def pending_of(self, group_id: str) -> list[str]:
        """Return the alerts that a group has taken in and that may not say so yet."""
        found = await self.collection.find_one({"_id": group_id}, {"pending": 1})
        return list((found or {}).get("pending", ()))

    async def newest_of(self, keys: Sequence[str]) -> dict[str, Group]:
        """Return for each group key the open group, else the newest one; keys without any are left out.

        The newest is told by its generation: with a late alert its times may fall behind those of an older one.
        """
        open_ones = await self.collection.find({"open_key": {"$in": list(keys)}}, {**WHOLE, "group_key": 1})
        found = {one["group_key"]: group_of(one) for one in open_ones}
        rest = [key for key in keys if key not in found]
        if rest:
            newest = await self.collection.aggregate(
                [
                    {"$match": {"group_key": {"$in": rest}}},
                    {"$sort": {"group_key": 1, "generation": -1}},
                    {"$group": {"_id": "$group_key", **{one: {"$first": f"${one}"} for one in WHOLE}}},
                ]
            )
            found |= {one["_id"]: group_of(one) for one in newest}
        return found

    async def last_generation(self, group: Group) -> int:
        """Return the highest generation among the groups of this one's key."""
        key = group_key(group.integration_id, group.route_id, group.key)
        found = await self.collection.find(
            {"group_key": key}, {"generation": 1}, sort=[("generation", -1)], limit=1
        )
        return int(found[0].get("generation", 0)) if found else group.generation

    async def newer_open(self, group: Group) -> str | None:
        """Return the id of another open group of the same key."""
        key = group_key(group.integration_id, group.route_id, group.key)
        found = await self.collection.find_one({"open_key": key, "_id": {"$ne": group.id}}, {"_id": 1})
        return str(found["_id"]) if found is not None else None

    async def save(self, writes: Sequence[GroupWrite]) -> set[str]:
        """Do all writes; return the ids of groups whose write lost a race and must be decided again."""
        return await save(self.collection, [_versioned(one) for one in writes])

    async def taking_in(self, alert_ids: Sequence[str]) -> list[Document]:
        """Return the groups (id, pending, untold) in which one of these alerts stands as pending."""
        # Whatever is pending is marked as untold too: that index holds only what is in flight.
        query = {"untold_at": {"$exists": True}, "pending": {"$in": list(alert_ids)}}
        return await self.collection.find(query, {"pending": 1, "untold": 1})

    async def untold_of(self, group_ids: Sequence[str]) -> list[Document]:
        """Return what is still untold of these groups."""
        query = {"_id": {"$in": list(group_ids)}, "untold_at": {"$exists": True}}
        return await self.collection.find(query, {"pending": 1, "untold": 1})

    async def handled(
        self,
        integration_ids: Sequence[str],
        opened: tuple[datetime, datetime],
        limit: int,
        seen: Sequence[str],
    ) -> list[tuple[str, datetime, Handled]]:
        """Return what was done to the last groups that opened in a time, each with its id and opening, newest first.

        Both ends of the time count; groups in `seen` are left out.
        """
        query = {
            "seen": True,
            "integration_id": {"$in": list(integration_ids)},
            "opened_at": {"$gte": opened[0], "$lte": opened[1]},
            "_id": {"$nin": list(seen)},
        }
        order = [("opened_at", -1), ("_id", 1)]
        found = await self.collection.find(query, {"body": 1, "opened_at": 1}, sort=order, limit=limit)
        return [(one["_id"], one["opened_at"], Handled.model_validate_json(one["body"])) for one in found]

    async def find(
        self, query: Query, sort: Sequence[tuple[str, int]], limit: int, skip: int = 0
    ) -> list[Group]:
        """Return matching groups that people are shown."""
        found = await self.collection.find(
            {"seen": True, **query}, {"body": 1}, sort=sort, limit=limit, skip=skip
        )
        return [group_of(one) for one in found]

    async def tracked(self, query: Query, limit: int) -> list[Group]:
        """Return matching groups with their instances, the newest first."""
        found = await self.collection.find(
            {"seen": True, "instances": {"$exists": True}, **query},
            WHOLE,
            sort=[("opened_at", -1)],
            limit=limit,
        )
        return [group_of(one) for one in found]

    async def count(self, query: Query, limit: int = 0) -> int:
        """Return how many groups match that people are shown; counting ends at `limit` (0: never)."""
        return await self.collection.count({"seen": True, **query}, limit)

    async def count_open(self, integration_id: str, limit: int) -> int:
        """Return how many open groups of an integration people are shown; counting ends at `limit`."""
        # The key begins with the integration's id: a range of the index of open groups, whatever was resolved.
        own = {"$gte": f"{integration_id}|", "$lt": f"{integration_id}}}"}
        return await self.collection.count({"open_key": own, "seen": True}, limit)

    async def open_for_long(self, opened_before: datetime) -> AsyncIterator[list[str]]:
        """Yield the ids of open groups that opened before an instant, some at once."""
        query = {"seen": True, "state": {"$in": OPEN_STATES}, "opened_at": {"$lt": opened_before}}
        async for some in self.collection.walk(query, {"_id": 1}, [("opened_at", 1)], WALKED_AT_ONCE):
            yield [one["_id"] for one in some]


def group_of(document: Document) -> Group:
    """Return the group in a document, with its instances and notes where they were read too."""
    group = Group.model_validate_json(document["body"])
    text, notes = document.get("instances"), document.get("notes")
    if text:
        group = group.model_copy(update={"instances": INSTANCES.validate_json(text)})
    if notes:
        read = tuple(Note.model_validate_json(one["body"]) for one in notes)
        group = group.model_copy(update={"notes": read})
    return group


def _note(note: Note) -> Document:
    return {
        "id": note.id,
        "created_at": note.created_at,
        "deleted": note.deleted_at is not None,
        "body": note.model_dump_json(),
    }


def _fields(group: Group) -> Document:
    return {
        "body": group.model_dump_json(),
        "version": group.version,
        "run": group.run,
        "group_key": group_key(group.integration_id, group.route_id, group.key),
        "integration_id": group.integration_id,
        "route_id": group.route_id,
        "state": str(group.state),
        "attached_to": group.root_id,
        "number": group.number,
        "title": group.title,
        "seen": group.seen,
        "alerts_count": group.alerts_count,
        "generation": group.generation,
        "opened_at": group.opened_at,
        "last_alert_at": group.last_alert_at,
        "acknowledged_at": group.acknowledged_at,
        "resolved_at": group.resolved_at,
        "labels": [{"key": key, "value": value} for key, value in group.labels.items()],
    }


def _versioned(write: GroupWrite) -> VersionedWrite:
    group, fields = write.group, _fields(write.group)
    optional = {
        "instances": INSTANCES.dump_json(group.instances).decode() if group.instances else None,
        "notes": [_note(one) for one in group.notes] or None,
        "open_key": fields["group_key"] if group.is_open else None,
        "due_at": write.due_at,
        "silenced_until": group.silenced_until if group.silenced_at is not None else None,
        "expires_at": write.expires_at,
    }
    return VersionedWrite(
        group.id, write.base_version, fields, optional, write.events, write.at, pending=write.alerts
    )
