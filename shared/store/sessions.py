"""Who is signed in at the console: kept as digests of the cookies' random tokens; written by the api only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.secrets import digest
from shared.store.mongo import Database, Document, Index

# Nobody on call should have to sign in at night: a session that is used lasts.
IDLE_FOR = timedelta(days=14)
LASTS_FOR = timedelta(days=60)
SEEN_EVERY = timedelta(minutes=5)
INDEXES = (
    Index((("expires_at", 1),), expire_after_s=0),
    Index((("user_id", 1),)),
)


@dataclass(frozen=True)
class SessionRecord:
    """One sign-in. `token_digest` is set when it was by an API token: the session ends with that token.

    `by` is password, token or oidc; `user_id` is None for a token that acts in its own name.
    """

    id: str
    user_id: str | None
    by: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    token_digest: str | None = None
    address: str = ""
    browser: str = ""

    def is_valid(self, now: datetime) -> bool:
        """Whether it has not expired and was not left unused for too long."""
        return now < self.expires_at and now < self.seen_at + IDLE_FOR


class Sessions:
    """Repository of `sessions`."""

    def __init__(self, database: Database) -> None:
        self._collection = database.collection("sessions")

    async def prepare(self) -> None:
        """Create the indexes."""
        await self._collection.ensure_indexes(INDEXES)

    async def begin(self, token: str, at: datetime, **of: Any) -> SessionRecord:
        """Keep a new session under the digest of its cookie's token; `of` are the other fields of the record."""
        record = SessionRecord(id=digest(token), created_at=at, seen_at=at, expires_at=at + LASTS_FOR, **of)
        fields = {name: value for name, value in vars(record).items() if name != "id"}
        await self._collection.insert_one({"_id": record.id, **fields})
        return record

    async def find(self, token: str, now: datetime) -> SessionRecord | None:
        """Return the valid session of a cookie's token and note that it is used; None when there is none."""
        found = await self._collection.find_one({"_id": digest(token)})
        if found is None:
            return None
        record = _record(found)
        if not record.is_valid(now):
            return None
        if now >= record.seen_at + SEEN_EVERY:
            await self._collection.update_one({"_id": record.id}, {"$set": {"seen_at": now}})
        return record

    async def of_user(self, user_id: str, now: datetime) -> list[SessionRecord]:
        """Return the valid sessions of a person, the newest first."""
        found = await self._collection.find({"user_id": user_id}, sort=[("created_at", -1)], limit=100)
        return [record for record in map(_record, found) if record.is_valid(now)]

    async def end(self, session_id: str) -> None:
        """End one session."""
        await self._collection.delete_one({"_id": session_id})

    async def end_of_user(self, user_id: str, besides: str = "") -> int:
        """End the sessions of a person but one; return how many."""
        return await self._collection.delete_many({"user_id": user_id, "_id": {"$ne": besides}})


def _record(found: Document) -> SessionRecord:
    fields = {name: value for name, value in found.items() if name != "_id"}
    return SessionRecord(id=found["_id"], **fields)
