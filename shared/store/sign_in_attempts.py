"""Sign-ins that are under way at an identity provider; each is taken once, and only by the browser that began it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.secrets import digest
from shared.store.mongo import Database, Index

LASTS_FOR = timedelta(minutes=10)
INDEXES = (Index((("expires_at", 1),), expire_after_s=0),)


@dataclass(frozen=True)
class Attempt:
    """What the answer of the provider has to fit: the nonce of its ID token, the verifier of its code (RFC 7636)."""

    nonce: str
    verifier: str
    target: str


class SignInAttempts:
    """Repository of `sign_in_attempts`, written by the api only."""

    def __init__(self, database: Database) -> None:
        self._collection = database.collection("sign_in_attempts")

    async def prepare(self) -> None:
        """Create the indexes."""
        await self._collection.ensure_indexes(INDEXES)

    async def begin(self, state: str, attempt: Attempt, at: datetime) -> None:
        """Keep an attempt under the digest of its state."""
        await self._collection.insert_one(
            {"_id": digest(state), **vars(attempt), "expires_at": at + LASTS_FOR}
        )

    async def take(self, state: str, now: datetime) -> Attempt | None:
        """Return the attempt and forget it; None when there is none (any more)."""
        found = await self._collection.find_one({"_id": digest(state)})
        if found is None or found["expires_at"] <= now:
            return None
        # Of two that take it at the same time one alone removes it.
        if not await self._collection.delete_one({"_id": found["_id"]}):
            return None
        return Attempt(found["nonce"], found["verifier"], found["target"])
