"""API tokens: kept as digests; the token itself is shown once, when it is made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shared.secrets import api_token_digest
from shared.store.mongo import Database, Index

INDEXES = (Index(keys=(("expires_at", 1),), expire_after_s=0),)


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
        return ApiToken(
            name=found["name"],
            created_at=found["created_at"],
            user_id=found.get("user_id"),
            scope=found.get("scope", "full"),
            expires_at=found.get("expires_at"),
        )
