"""The ledger of chat messages: one row per (group, medium, channel), written by chatops-publisher only.

Optimistic: every write names the `rev` it was decided from; who loses a race reads again and decides again.
A lease says who is talking to the chat product about a row; only one instance does at a time.
"""

from __future__ import annotations

from collections.abc import Collection as Many
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.bus.publisher import Encoded
from shared.domain.model import State
from shared.domain.posting import Post
from shared.store import due, untold
from shared.store.mongo import Database, Document, Index, Insert, Update, Write

INDEXES = (
    *due.INDEXES,
    Index((("group_id", 1),)),
    Index((("medium", 1), ("channel", 1), ("handle", 1)), partial={"handle": {"$exists": True}}),
    Index((("expires_at", 1),), expire_after_s=0),
    *untold.INDEXES,
)


@dataclass(frozen=True)
class Leased:
    """A row in the hands of one instance."""

    post: Post
    token: str


class Posts:
    """Repository of `posts`. Rows of groups that are over expire after `retention`."""

    def __init__(self, database: Database, retention: timedelta) -> None:
        self.collection = database.collection("posts")
        self._retention = retention

    async def prepare(self) -> None:
        """Create the indexes."""
        await self.collection.ensure_indexes(INDEXES)

    async def get_many(self, ids: Sequence[str]) -> dict[str, Post]:
        """Return rows by id; unknown ids are left out."""
        found = await self.collection.find({"_id": {"$in": list(ids)}}, {"body": 1})
        return {one["_id"]: Post.model_validate_json(one["body"]) for one in found}

    async def of_groups(self, group_ids: Sequence[str]) -> list[Post]:
        """Return all rows of these groups."""
        found = await self.collection.find({"group_id": {"$in": list(group_ids)}}, {"body": 1})
        return [Post.model_validate_json(one["body"]) for one in found]

    async def want(self, rows: Sequence[tuple[Post | None, Post]], at: datetime) -> bool:
        """Write rows decided from (before, after); False when one lost a race and all are to be decided again."""
        writes: list[Write] = []
        for before, after in rows:
            if before is None:
                writes.append(Insert({"_id": after.id, **self._change(after, at)["$set"]}))
            else:
                writes.append(Update({"_id": before.id, "rev": before.rev}, self._change(after, at)))
        outcome = await self.collection.bulk(writes)
        updates = sum(1 for before, _ in rows if before is not None)
        return not outcome.duplicates and outcome.matched == updates

    async def lease(self, limit: int, without: Many[str], now: datetime, lease_s: float) -> list[Leased]:
        """Lease up to `limit` due rows, leaving out the targets in `without`."""
        extra: Document = {"target": {"$nin": list(without)}} if without else {}
        found = await due.claim_due(self.collection, now, limit, lease_s, extra)
        leased = [Leased(Post.model_validate_json(one["body"]), one["lease_token"]) for one in found]
        return sorted(leased, key=lambda one: one.post.due_at or now)

    async def put_back(self, leased: Sequence[Leased]) -> None:
        """Give up leases without having done anything."""
        query = {
            "_id": {"$in": [one.post.id for one in leased]},
            "lease_token": {"$in": [x.token for x in leased]},
        }
        await self.collection.update_many(query, {"$unset": {"lease_until": "", "lease_token": ""}})

    async def keep(self, leased: Leased, before: Post, after: Post, until: datetime) -> bool:
        """Write a leased row that is still being worked on, leased until then; False when it has changed."""
        change = self._change(after, until)
        change["$set"]["lease_until"] = until
        return await self._written(leased, before, change)

    async def save(
        self, leased: Leased, before: Post, after: Post, events: Sequence[Encoded], at: datetime
    ) -> bool:
        """Write what became of a leased row, with what is to be told, and end the lease; False when it has changed."""
        change = self._change(after, at)
        change["$unset"] |= {"lease_until": "", "lease_token": ""}
        if events:
            change["$set"]["untold_at"] = at
            change["$push"] = {"untold": {"$each": untold.pack(events)}}
        return await self._written(leased, before, change)

    async def leased(self, leased: Leased) -> Post | None:
        """Return a leased row as it is now; None when it is in other hands."""
        query = {"_id": leased.post.id, "lease_token": leased.token}
        found = await self.collection.find_one(query, {"body": 1})
        return Post.model_validate_json(found["body"]) if found is not None else None

    async def _written(self, leased: Leased, before: Post, change: Document) -> bool:
        query = {"_id": before.id, "rev": before.rev, "lease_token": leased.token}
        return await self.collection.update_one(query, change) == 1

    async def handle_of(self, group_id: str, medium: str) -> str:
        """Return what a chat product calls the group's message; empty when it has none yet."""
        found = await self.collection.find_one(
            {"group_id": group_id, "medium": medium, "handle": {"$exists": True}}, {"handle": 1}
        )
        return str(found["handle"]) if found is not None else ""

    async def permalinks_of(self, group_ids: Sequence[str]) -> dict[tuple[str, str], str]:
        """Return where the messages of groups are seen, by (group id, medium); of several, the first channel's."""
        query = {"group_id": {"$in": list(group_ids)}, "permalink": {"$exists": True}}
        fields = {"group_id": 1, "medium": 1, "permalink": 1}
        found = await self.collection.find(query, fields, sort=[("channel", -1)])
        return {(one["group_id"], one["medium"]): str(one["permalink"]) for one in found}

    async def any_handle(self, medium: str, channel: str) -> str | None:
        """Return the handle of any message in the channel: it tells the id of a channel that is known by its name."""
        query = {"medium": medium, "channel": channel, "handle": {"$exists": True}}
        found = await self.collection.find_one(query, {"handle": 1})
        return str(found["handle"]) if found is not None else None

    def _change(self, post: Post, at: datetime) -> dict[str, Document]:
        """Return the write of a row; what is None in the row is absent from the document."""
        fields: Document = {
            "body": post.model_dump_json(),
            "rev": post.rev,
            "group_id": post.group_id,
            "medium": post.medium,
            "channel": post.channel,
            "target": target_of(post),
        }
        optional = {
            "handle": post.handle or None,
            "permalink": post.permalink or None,
            "due_at": post.due_at,
            "expires_at": at + self._retention if post.state is State.RESOLVED else None,
        }
        present = {name: value for name, value in optional.items() if value is not None}
        return {"$set": {**fields, **present}, "$unset": dict.fromkeys(optional.keys() - present.keys(), "")}


def target_of(post: Post) -> str:
    """Return what has limits of its own: one channel of one chat product."""
    return f"{post.medium}:{post.channel}"
