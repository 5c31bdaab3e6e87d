"""How far each event subscription has come, and who posts for it at the moment; written by the api only."""

from __future__ import annotations

from collections.abc import Collection as Ids
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.domain.event_posting import EventPosition
from shared.store import due, fingerprints
from shared.store.mongo import Database, Document

# Longer than one request may take: who holds a lease has renewed it just before the request.
LEASE_S = 30.0


@dataclass(frozen=True)
class Claimed:
    """A subscription that is leased to this instance, as it was then."""

    state: EventPosition
    fingerprint: str
    token: str


@dataclass(frozen=True)
class Stored:
    """A position as it stands, and when the subscription is looked at next."""

    state: EventPosition
    due_at: datetime | None


class EventPositions:
    """Repository of `event_positions`: one document per subscription, by its id."""

    def __init__(self, database: Database) -> None:
        self.collection = database.collection("event_positions")

    async def prepare(self) -> None:
        """Create the indexes."""
        await self.collection.ensure_indexes(due.INDEXES)

    async def ids(self) -> set[str]:
        """Return the subscriptions that have a position."""
        return {one["_id"] for one in await self.collection.find({}, {"_id": 1})}

    async def begin(self, states: Sequence[EventPosition], version: int) -> None:
        """Give new subscriptions, as of a configuration version, their first position; one that has any keeps it."""
        fields = {"fingerprint": "", "config_version": version}
        await self.collection.insert_new([{"_id": one.id, **_body(one), **fields} for one in states])

    async def follow(self, wanted: Mapping[str, str], version: int, now: datetime) -> None:
        """Have subscriptions, as of a configuration version, looked at: what changed at once; others no more."""
        await fingerprints.follow(self.collection, wanted, version, now)

    async def of(self, ids: Ids[str]) -> dict[str, Stored]:
        """Return the positions of subscriptions."""
        found = await self.collection.find({"_id": {"$in": list(ids)}, "body": {"$exists": True}})
        return {one["_id"]: Stored(_state(one), one.get("due_at")) for one in found}

    async def claim(self, now: datetime, limit: int, left_out: Ids[str]) -> list[Claimed]:
        """Lease subscriptions that are due."""
        extra = {"body": {"$exists": True}, "_id": {"$nin": list(left_out)}}
        found = await due.claim_due(self.collection, now, limit, LEASE_S, extra)
        return [Claimed(_state(one), one["fingerprint"], one["lease_token"]) for one in found]

    async def keep(self, claimed: Claimed, state: EventPosition, now: datetime) -> bool:
        """Write down how far it is and renew the lease; False when it is somebody else's, or was changed meanwhile."""
        fields = {**_body(state), "lease_until": now + timedelta(seconds=LEASE_S)}
        query = {"_id": state.id, "lease_token": claimed.token, "fingerprint": claimed.fingerprint}
        return await self.collection.update_one(query, {"$set": fields}) == 1

    async def release(self, claimed: Claimed, state: EventPosition, due_at: datetime | None) -> None:
        """Write down how far it is and end the lease; None: not due any more. What changed meanwhile is due already."""
        same: Document = {"$eq": ["$fingerprint", claimed.fingerprint]}
        wanted: Any = due_at if due_at is not None else "$$REMOVE"
        change: list[Document] = [
            {
                "$set": {
                    "body": {"$literal": _body(state)["body"]},
                    "due_at": {"$cond": [same, wanted, "$due_at"]},
                }
            },
            {"$unset": ["lease_until", "lease_token"]},
        ]
        await self.collection.update_one({"_id": state.id, "lease_token": claimed.token}, change)
        if due_at is not None:
            due.foretell(self.collection, due_at)

    async def move(self, state: EventPosition, now: datetime) -> bool:
        """Put a state in the place of what there is, and take it from whoever posts; False when there is none."""
        fields = {**_body(state), "due_at": now}
        change = {"$set": fields, "$unset": {"lease_until": "", "lease_token": ""}}
        is_there = await self.collection.update_one({"_id": state.id}, change) == 1
        due.foretell(self.collection, now)
        return is_there


def _body(state: EventPosition) -> Document:
    return {"body": state.model_dump_json()}


def _state(document: Document) -> EventPosition:
    return EventPosition.model_validate_json(document["body"])
