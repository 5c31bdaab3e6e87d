"""The ledger of pages and webhook calls: one row per request, written by the notifier only.

A pending row is claimed with a lease and may be taken over; it may be born with one. `sending` is written just
before the hand-over; when its lease ends, nobody knows what became of it, and the claim that finds it says so.
`body` is the whole row, but for what `sending` changes: that stands beside it until the outcome is written.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection as Many
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.bus.publisher import Encoded
from shared.domain.delivery import Delivery, DeliveryState, about
from shared.store import due, untold
from shared.store.delivery_claims import Change, Claimed, folded, goes_along, statement
from shared.store.mongo import Database, Document, Index, Query, Update

INDEXES = (
    Index((("channel", 1), ("due_at", 1), ("target", 1)), partial={"due_at": {"$exists": True}}),
    Index((("group_id", 1), ("finished_at", 1))),
    Index((("about", 1),), partial={"about": {"$exists": True}}),
    Index((("handle", 1),), partial={"handle": {"$exists": True}}),
    Index((("created_at", -1),)),
    Index((("bundle", 1),), partial={"bundle": {"$exists": True}}),
    Index((("state", 1), ("created_at", -1)), partial={"state": DeliveryState.UNKNOWN.value}),
    Index((("webhook_id", 1), ("requested_at", -1)), partial={"webhook_id": {"$exists": True}}),
    # Written once a row is at its end: pages of a person and of an hour are counted in it alone (insights.py).
    Index(
        (("kind", 1), ("finished_at", -1), ("state", 1), ("subject_id", 1)),
        partial={"finished_at": {"$exists": True}},
    ),
    Index((("expires_at", 1),), expire_after_s=0),
    *untold.INDEXES,
)

# What a provider took, whatever it reported since.
REACHED = (DeliveryState.SENT.value, DeliveryState.DELIVERED.value, DeliveryState.READ.value)
__all__ = ["CLAIM_LEASE_S", "REACHED", "Change", "Claimed", "Deliveries", "Seen"]
# Longer than all that comes before `sending` may take (10 s to reach a mail server).
CLAIM_LEASE_S = 15.0


@dataclass(frozen=True)
class Seen:
    """A row as it was read, to be changed only if nobody wrote it since."""

    delivery: Delivery
    written_by: str | None


class Deliveries:
    """Repository of `deliveries`. Final rows expire after `keep`."""

    def __init__(self, database: Database, keep: timedelta) -> None:
        self.collection = database.collection("deliveries")
        self._keep = keep

    @classmethod
    def of(cls, database: Database) -> Deliveries:
        """Return it for somebody who only reads."""
        return cls(database, timedelta(0))

    async def prepare(self) -> None:
        """Create the indexes."""
        await self.collection.ensure_indexes(INDEXES)

    async def add(
        self,
        rows: Sequence[tuple[Delivery, Sequence[Encoded]]],
        at: datetime,
        leased: Sequence[Claimed] = (),
        lease_s: float = 0.0,
    ) -> set[str]:
        """Store new rows, each with what is to be told of it; return the ids of those that existed already.

        Rows in `leased` are in the caller's hands from the beginning.
        """
        tokens = {one.delivery.id: one.token for one in leased}
        until = at + timedelta(seconds=lease_s)
        documents = [self._document(row, events, at) for row, events in rows]
        for one in documents:
            if one["_id"] in tokens:
                one |= {"lease_until": until, "lease_token": tokens[one["_id"]]}
        return await self.collection.insert_new(documents)

    async def get(self, delivery_id: str) -> Delivery | None:
        """Return one row."""
        found = await self.collection.find_one({"_id": delivery_id}, {"body": 1, "state": 1, "url": 1})
        return _row(found) if found is not None else None

    async def find(self, query: Query, limit: int, skip: int = 0) -> list[Delivery]:
        """Return matching rows, newest first."""
        fields = {"body": 1, "state": 1, "url": 1}
        order = [("created_at", -1), ("_id", 1)]
        found = await self.collection.find(query, fields, sort=order, limit=limit, skip=skip)
        return [_row(one) for one in found]

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
        claimed = [Claimed(_row(one), one["lease_token"]) for one in found]
        bundles = {one.delivery.bundle for one in claimed if goes_along(one.delivery)}
        if bundles:
            wanted = {"bundle": {"$in": list(bundles)}, "state": DeliveryState.PENDING.value}
            others = await due.claim(self.collection, wanted, now, due.CLAIM_LIMIT, lease_s)
            claimed = folded([*claimed, *(Claimed(_row(one), one["lease_token"]) for one in others)])
        return sorted(claimed, key=lambda one: (one.delivery.due_at or now, one.delivery.created_at))

    async def due_channels(self, channels: Sequence[str], now: datetime) -> set[str]:
        """Return which of the channels have due rows that nobody has leased; at least one, if any has."""
        query = {"channel": {"$in": list(channels)}, "due_at": {"$lte": now}, **due.unleased(now)}
        found = await self.collection.find(query, {"_id": 0, "channel": 1}, limit=due.CLAIM_LIMIT)
        return {one["channel"] for one in found}

    async def put_back(self, claimed: Sequence[Claimed]) -> None:
        """Give up leases without having done anything."""
        rows = [row for one in claimed for row in (one, *one.along)]
        tokens = list({one.token for one in rows})
        ids = [one.delivery.id for one in rows]
        await self.collection.update_many(
            {"_id": {"$in": ids}, "lease_token": {"$in": tokens}},
            {"$unset": {"lease_until": "", "lease_token": ""}},
        )

    async def begin_sending(self, claimed: Claimed, until: datetime, at: datetime) -> bool:
        """Write `sending` into one row; see `begin_all`."""
        return (await self.begin_all([(claimed, until)], at))[0]

    async def begin_all(self, rows: Sequence[tuple[Claimed, datetime]], at: datetime) -> list[bool]:
        """Write `sending`, each with a lease until then; False for each row that is in other hands by now.

        `at` stays in the rows as `checked_at`: their groups are looked at for the last time right after this write.
        """
        return await self.write([Change(one, _sending(one.delivery, until, at)) for one, until in rows])

    def outcome(self, claimed: Claimed, after: Delivery, events: Sequence[Encoded], at: datetime) -> Change:
        """Return the write of what became of a row, which also ends the lease."""
        gone = {"due_at": None, "lease_until": None, "lease_token": None}
        if claimed.delivery.bundle is not None:
            gone["bundle"] = None
        return Change(claimed, gone | self._document(after, events, at))

    async def write(self, changes: Sequence[Change]) -> list[bool]:
        """Do all changes in one statement; False for each row that is in other hands by now.

        After an error the same changes may be written again: what was done then counts as done.
        """
        outcome = await self.collection.bulk([statement(changes)])
        if outcome.modified == len(changes):
            return [True] * len(changes)
        ids = [one.claimed.delivery.id for one in changes]
        stored = await self.collection.find({"_id": {"$in": ids}}, {"written_by": 1})
        marks = {one.get("written_by") for one in stored}
        return [one.mark in marks for one in changes]

    async def named(self, ids: Sequence[str], handles: Sequence[str] = ()) -> list[Seen]:
        """Return rows by their ids, and tracked rows by what their providers call them."""
        by_handle = await self.collection.find({"handle": {"$in": list(handles)}}) if handles else []
        by_id = await self.collection.find({"_id": {"$in": list(ids)}}) if ids else []
        found = {one["_id"]: one for one in (*by_handle, *by_id)}
        return [Seen(_row(one), one.get("written_by")) for one in found.values()]

    async def change(self, seen: Seen, after: Delivery, events: Sequence[Encoded], at: datetime) -> bool:
        """Write a row that is in nobody's hands, or only claimed: whoever had it finds it taken over.

        False when somebody wrote it meanwhile: read and decide again.
        """
        mark = uuid.uuid4().hex
        document = self._document(after, [], at)
        # Beside the body the url counts only while a row is being sent.
        optional = ("due_at", "finished_at", "expires_at", "handle", "bundle", "url")
        gone = [name for name in optional if name not in document]
        fields = {
            **document,
            "written_by": mark,
            **({"untold_at": at} if events else {}),
            "untold": {"$concatArrays": [{"$ifNull": ["$untold", []]}, {"$literal": untold.pack(events)}]},
        }
        literal = {name: value if name == "untold" else {"$literal": value} for name, value in fields.items()}
        statement = Update(
            {"_id": after.id, "written_by": seen.written_by},
            [{"$set": literal}, {"$unset": [*gone, "lease_until", "lease_token"]}],
        )
        await self.collection.bulk([statement])
        stored = await self.collection.find_one({"_id": after.id}, {"written_by": 1})
        return stored is not None and stored.get("written_by") == mark

    async def of_group(self, group_id: str, after_id: str, limit: int) -> list[Seen]:
        """Return rows about a group in the order of their ids, digests of a storm among them.

        Rows that are being sent now are left out.
        """
        query: Document = {
            "$or": [{"group_id": group_id}, {"about": group_id}],
            "_id": {"$gt": after_id},
            "state": {"$ne": DeliveryState.SENDING.value},
        }
        found = await self.collection.find(query, sort=[("_id", 1)], limit=limit)
        return [Seen(_row(one), one.get("written_by")) for one in found]

    async def paged(self, group_id: str) -> list[str]:
        """Return the ids of the users whom a page of this group has reached."""
        query = {"group_id": group_id, "kind": "page", "state": {"$in": list(REACHED)}}
        return sorted({one["subject_id"] for one in await self.collection.find(query, {"subject_id": 1})})

    async def went_out(self, user_id: str, group_id: str, run: int) -> bool:
        """Whether a page of a group's run was handed over to a provider for a user, or may have been."""
        states = [*REACHED, DeliveryState.SENDING.value, DeliveryState.UNKNOWN.value]
        query = {"group_id": group_id, "kind": "page", "subject_id": user_id, "state": {"$in": states}}
        found = await self.find(query, limit=100)
        return any(one.run == run and one.only_while_firing for one in found)

    async def responses(self, group_id: str) -> dict[str, str]:
        """Return the newest answer to each webhook that ran for this group."""
        query = {"group_id": group_id, "kind": "webhook", "finished_at": {"$exists": True}}
        found = await self.collection.find(query, {"body": 1}, sort=[("finished_at", 1)])
        rows = [Delivery.model_validate_json(one["body"]) for one in found]
        return {row.subject_id: row.content for row in rows if row.content is not None}

    async def count_runs(self, webhook_id: str, group_id: str | None = None) -> int:
        """Return how many evaluations of a webhook are kept."""
        return await self.collection.count(_runs(webhook_id, group_id))

    async def runs(
        self, webhook_id: str, limit: int, skip: int = 0, group_id: str | None = None
    ) -> list[Delivery]:
        """Return evaluations of a webhook, whether it was called or not, the newest first."""
        order = [("requested_at", -1), ("_id", 1)]
        query = _runs(webhook_id, group_id)
        names = {"body": 1, "state": 1, "url": 1}
        found = await self.collection.find(query, names, sort=order, limit=limit, skip=skip)
        return [_row(one) for one in found]

    def _document(self, row: Delivery, events: Sequence[Encoded], at: datetime) -> Document:
        document: Document = {
            "_id": row.id,
            # Most of a row is as it begins; what is left out is read as its default.
            "body": row.model_dump_json(exclude_defaults=True),
            "kind": row.kind,
            "channel": row.channel,
            "target": row.target,
            "state": row.state.value,
            "group_id": row.group_id,
            "subject_id": row.subject_id,
            "created_at": row.created_at,
        }
        if row.tracked and row.handle:
            document["handle"] = row.handle
        webhook_id = row.subject_id if row.kind == "webhook" else row.webhook_id
        if webhook_id is not None:
            document |= {"webhook_id": webhook_id, "requested_at": row.created_at}
        if row.bundle is not None and row.state is DeliveryState.PENDING:
            document["bundle"] = row.bundle
        if row.request.get("digest"):
            document["about"] = [one.id for one in about(row)]
        if row.due_at is not None:
            document["due_at"] = row.due_at
        if row.finished_at is not None:
            document |= {"finished_at": row.finished_at, "expires_at": row.finished_at + self._keep}
        if events:
            document |= {"untold": untold.pack(events), "untold_at": at}
        return document


def _runs(webhook_id: str, group_id: str | None) -> Document:
    return {"webhook_id": webhook_id, **({"group_id": group_id} if group_id is not None else {})}


def _row(document: Mapping[str, Any]) -> Delivery:
    row = Delivery.model_validate_json(document["body"])
    if document["state"] != DeliveryState.SENDING.value:
        return row
    return row.model_copy(update={"state": DeliveryState.SENDING, "url": document.get("url")})


def _sending(row: Delivery, until: datetime, at: datetime) -> Document:
    changed: Document = {"state": DeliveryState.SENDING.value, "lease_until": until, "checked_at": at}
    return changed if row.url is None else {**changed, "url": row.url}
