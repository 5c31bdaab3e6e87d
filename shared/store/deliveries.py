"""The ledger of pages and webhook calls: one row per request, written by the notifier only.

A pending row is claimed with a lease and may be taken over. `sending` is written just before the hand-over; when
its lease ends, nobody knows what became of it, and the claim that finds it says so. `body` is the whole row.
"""

from __future__ import annotations

from collections.abc import Collection as Many
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.bus.publisher import Encoded
from shared.domain.delivery import Delivery, DeliveryState
from shared.store import due, untold
from shared.store.mongo import Database, Document, Index

INDEXES = (
    Index((("channel", 1), ("due_at", 1), ("target", 1)), partial={"due_at": {"$exists": True}}),
    Index((("group_id", 1), ("finished_at", 1))),
    Index((("expires_at", 1),), expire_after_s=0),
    *untold.INDEXES,
)


@dataclass(frozen=True)
class Claimed:
    """A row in the hands of one instance, for as long as nobody else holds a later `token`."""

    delivery: Delivery
    token: str


class Deliveries:
    """Repository of `deliveries`. Final rows expire after `keep`."""

    def __init__(self, database: Database, keep: timedelta) -> None:
        self.collection = database.collection("deliveries")
        self._keep = keep

    async def prepare(self) -> None:
        """Create the indexes."""
        await self.collection.ensure_indexes(INDEXES)

    async def add(self, rows: Sequence[tuple[Delivery, Sequence[Encoded]]], at: datetime) -> set[str]:
        """Store new rows, each with what is to be told of it; return the ids of those that existed already."""
        return await self.collection.insert_new([self._document(row, events, at) for row, events in rows])

    async def get(self, delivery_id: str) -> Delivery | None:
        """Return one row."""
        found = await self.collection.find_one({"_id": delivery_id}, {"body": 1})
        return Delivery.model_validate_json(found["body"]) if found is not None else None

    async def untold_of(self, ids: Sequence[str]) -> dict[str, list[Encoded]]:
        """Return what is still to be told of these rows."""
        query = {"_id": {"$in": list(ids)}, "untold_at": {"$exists": True}}
        return {one["_id"]: untold.unpack(one) for one in await self.collection.find(query, {"untold": 1})}

    async def claim(
        self, channel: str, limit: int, without: Many[str], now: datetime, lease_s: float
    ) -> list[Claimed]:
        """Lease up to `limit` due rows of a channel, leaving out the targets in `without`."""
        extra: Document = {"channel": channel}
        if without:
            extra["target"] = {"$nin": list(without)}
        found = await due.claim_due(self.collection, now, limit, lease_s, extra)
        claimed = [Claimed(Delivery.model_validate_json(one["body"]), one["lease_token"]) for one in found]
        return sorted(claimed, key=lambda one: (one.delivery.due_at or now, one.delivery.created_at))

    async def put_back(self, claimed: Sequence[Claimed]) -> None:
        """Give up leases without having done anything."""
        tokens = list({one.token for one in claimed})
        ids = [one.delivery.id for one in claimed]
        await self.collection.update_many(
            {"_id": {"$in": ids}, "lease_token": {"$in": tokens}},
            {"$unset": {"lease_until": "", "lease_token": ""}},
        )

    async def begin_sending(self, claimed: Claimed, until: datetime, at: datetime) -> bool:
        """Write `sending` with a lease until then; False when the row is in other hands by now.

        `at` stays in the row as `checked_at`: the group is looked at for the last time right after this write.
        """
        sending = claimed.delivery.model_copy(update={"state": DeliveryState.SENDING})
        changed: Document = {
            "body": sending.model_dump_json(),
            "state": sending.state.value,
            "lease_until": until,
            "checked_at": at,
        }
        return await self._mine(claimed, {"$set": changed})

    async def save(self, claimed: Claimed, after: Delivery, events: Sequence[Encoded], at: datetime) -> bool:
        """Write what became of a row and end the lease; False when the row is in other hands by now."""
        document = self._document(after, events, at)
        gone = {"lease_until": "", "lease_token": ""}
        if "due_at" not in document:
            gone["due_at"] = ""
        return await self._mine(claimed, {"$set": document, "$unset": gone})

    async def _mine(self, claimed: Claimed, change: Document) -> bool:
        query = {"_id": claimed.delivery.id, "lease_token": claimed.token}
        return await self.collection.update_one(query, change) == 1

    async def paged(self, group_id: str) -> list[str]:
        """Return the ids of the users whom a page of this group has reached."""
        query = {"group_id": group_id, "kind": "page", "state": DeliveryState.SENT.value}
        return sorted({one["subject_id"] for one in await self.collection.find(query, {"subject_id": 1})})

    async def responses(self, group_id: str) -> dict[str, str]:
        """Return the newest answer to each webhook that ran for this group."""
        query = {"group_id": group_id, "kind": "webhook", "finished_at": {"$exists": True}}
        found = await self.collection.find(query, {"body": 1}, sort=[("finished_at", 1)])
        rows = [Delivery.model_validate_json(one["body"]) for one in found]
        return {row.subject_id: row.content for row in rows if row.content is not None}

    def _document(self, row: Delivery, events: Sequence[Encoded], at: datetime) -> Document:
        document: Document = {
            "_id": row.id,
            "body": row.model_dump_json(),
            "kind": row.kind,
            "channel": row.channel,
            "target": row.target,
            "state": row.state.value,
            "group_id": row.group_id,
            "subject_id": row.subject_id,
        }
        if row.due_at is not None:
            document["due_at"] = row.due_at
        if row.finished_at is not None:
            document |= {"finished_at": row.finished_at, "expires_at": row.finished_at + self._keep}
        if events:
            document |= {"untold": untold.pack(events), "untold_at": at}
        return document
