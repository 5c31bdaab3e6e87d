"""API tokens: kept as digests; the token itself is shown once, when it is made."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.secrets import api_token_digest
from shared.store.mongo import Database, Document, Index, Query

INDEXES = (Index(keys=(("expires_at", 1),), expire_after_s=0), Index(keys=(("user_id", 1),)))
ID_LENGTH = 24
ID = re.compile(rf"[0-9a-f]{{{ID_LENGTH}}}")
MOST_LISTED = 1000


@dataclass(frozen=True)
class ApiToken:
    """What a token allows. `scope` is "full" or "read"; without `user_id` it acts in its own name as admin."""

    name: str
    created_at: datetime
    user_id: str | None = None
    scope: str = "full"
    expires_at: datetime | None = None

    def is_valid(self, now: datetime) -> bool:
        """Whether it has not expired."""
        return self.expires_at is None or self.expires_at > now

    def audited(self) -> dict[str, Any]:
        """Return what the audit keeps of it: all but the token itself, which nobody has."""
        until = self.expires_at.isoformat() if self.expires_at is not None else None
        return {"name": self.name, "user_id": self.user_id, "scope": self.scope, "expires_at": until}


@dataclass(frozen=True)
class ListedToken:
    """A token in a list; `id` is the beginning of its digest, which opens nothing."""

    id: str
    allowed: ApiToken


class ApiTokens:
    """The collection of token digests."""

    def __init__(self, database: Database) -> None:
        self._collection = database.collection("api_tokens")

    async def prepare(self) -> None:
        """Create the indexes."""
        await self._collection.ensure_indexes(INDEXES)

    async def add(self, token: str, allowed: ApiToken) -> None:
        """Store the digest of a new token with what it allows."""
        document = {
            "_id": api_token_digest(token),
            "name": allowed.name,
            "created_at": allowed.created_at,
            "user_id": allowed.user_id,
            "scope": allowed.scope,
            "expires_at": allowed.expires_at,
        }
        await self._collection.insert_one(document)

    async def find(self, token: str) -> ApiToken | None:
        """Return what a token allows; None when nobody made it.

        The look-up is by digest: how long it takes tells nothing about tokens that are nearly right.
        """
        return await self.of_digest(api_token_digest(token))

    async def of_digest(self, token_digest: str) -> ApiToken | None:
        """Return what the token with this digest allows; None when there is none."""
        found = await self._collection.find_one({"_id": token_digest})
        if found is None:
            return None
        return _token(found)

    async def listed(self, user_id: str | None = None) -> list[ListedToken]:
        """Return the tokens that act as a user, or all of them; the newest first."""
        query: Query = {} if user_id is None else {"user_id": user_id}
        found = await self._collection.find(query, sort=[("created_at", -1)], limit=MOST_LISTED)
        return [ListedToken(one["_id"][:ID_LENGTH], _token(one)) for one in found]

    async def of_id(self, token_id: str) -> ListedToken | None:
        """Return the token that a list calls so; None when there is none (any more)."""
        if not ID.fullmatch(token_id):
            return None
        found = await self._collection.find_one({"_id": {"$regex": f"^{token_id}"}})
        return ListedToken(token_id, _token(found)) if found is not None else None

    async def remove(self, token_id: str) -> bool:
        """Take back the token that a list calls so; return whether there was one."""
        if not ID.fullmatch(token_id):
            return False
        return bool(await self._collection.delete_one({"_id": {"$regex": f"^{token_id}"}}))


def _token(found: Document) -> ApiToken:
    return ApiToken(
        name=found["name"],
        created_at=found["created_at"],
        user_id=found.get("user_id"),
        scope=found.get("scope", "full"),
        expires_at=found.get("expires_at"),
    )
