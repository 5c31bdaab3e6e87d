"""Wrong answers at the sign-in, counted for as long as they make anybody wait."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from shared.domain.passwords import WINDOW
from shared.store.mongo import Database, Index, Update

INDEXES = (Index((("expires_at", 1),), expire_after_s=0),)


class SignInGuesses:
    """Repository of `sign_in_guesses`; a count begins anew when its window is over."""

    def __init__(self, database: Database) -> None:
        self._collection = database.collection("sign_in_guesses")

    async def prepare(self) -> None:
        """Create the indexes."""
        await self._collection.ensure_indexes(INDEXES)

    async def count(self, limits: Sequence[tuple[str, int]], at: datetime) -> int:
        """Count one guess under every key before it is looked at; return 0, or the seconds to wait.

        The count comes first, so however many guess at once, no more are looked at than the limits allow.
        """
        wait_s = 0
        for key, most in limits:
            is_over = {"$lte": [{"$ifNull": ["$expires_at", at]}, at]}
            found = await self._collection.find_one_and_update(
                {"_id": key},
                [
                    {
                        "$set": {
                            "count": {"$cond": [is_over, 1, {"$add": ["$count", 1]}]},
                            "expires_at": {"$cond": [is_over, at + WINDOW, "$expires_at"]},
                        }
                    }
                ],
                upsert=True,
            )
            if found is not None and found["count"] > most:
                wait_s = max(wait_s, int((found["expires_at"] - at).total_seconds()) + 1)
        return wait_s

    async def forgive(self, limits: Sequence[tuple[str, int]]) -> None:
        """Take back the guess that turned out right; wrong ones before it from the same place are forgotten."""
        pair, *others = (key for key, _ in limits)
        await self._collection.delete_one({"_id": pair})
        await self._collection.bulk([Update({"_id": key}, {"$inc": {"count": -1}}) for key in others])
