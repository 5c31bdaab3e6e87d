"""Links with which people set a password themselves: one a person, kept as digests; by the api and the command line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shared.secrets import digest
from shared.store.mongo import Database, Document, Index

INDEXES = (
    Index((("expires_at", 1),), expire_after_s=0),
    Index((("digest", 1),), unique=True),
)


@dataclass(frozen=True)
class PasswordLink:
    """A link that was not used yet; `by` names the admin who made it."""

    user_id: str
    by: str
    created_at: datetime
    expires_at: datetime


class PasswordLinks:
    """Repository of `password_links`."""

    def __init__(self, database: Database) -> None:
        self._collection = database.collection("password_links")

    async def prepare(self) -> None:
        """Create the indexes."""
        await self._collection.ensure_indexes(INDEXES)

    async def put(self, token: str, link: PasswordLink) -> None:
        """Keep the link of a person under the digest of its token; the one before is void."""
        fields = {name: value for name, value in vars(link).items() if name != "user_id"}
        change = {"$set": {**fields, "digest": digest(token)}}
        await self._collection.update_one({"_id": link.user_id}, change, upsert=True)

    async def find(self, token: str, now: datetime) -> PasswordLink | None:
        """Return the link of a token and leave it; None when there is none (any more)."""
        return _valid(await self._collection.find_one({"digest": digest(token)}), now)

    async def of_user(self, user_id: str, now: datetime) -> PasswordLink | None:
        """Return the link that waits for a person."""
        return _valid(await self._collection.find_one({"_id": user_id}), now)

    async def take(self, token: str, now: datetime) -> bool:
        """Make a link void; of two that take it at the same time only one is told True."""
        return bool(await self._collection.delete_one({"digest": digest(token), "expires_at": {"$gt": now}}))

    async def remove(self, user_id: str) -> bool:
        """Make the link of a person void; return whether there was one."""
        return bool(await self._collection.delete_one({"_id": user_id}))


def _valid(found: Document | None, now: datetime) -> PasswordLink | None:
    if found is None or found["expires_at"] <= now:
        return None
    return PasswordLink(found["_id"], found["by"], found["created_at"], found["expires_at"])
