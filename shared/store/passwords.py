"""Passwords of local users, as argon2 hashes; written by the api and the command line only."""

from __future__ import annotations

from datetime import datetime

from shared.store.mongo import Database


class Passwords:
    """Repository of `passwords`, one document a user."""

    def __init__(self, database: Database) -> None:
        self._collection = database.collection("passwords")

    async def hash_of(self, user_id: str) -> str | None:
        """Return the stored hash; None for who has no password."""
        found = await self._collection.find_one({"_id": user_id})
        return str(found["hash"]) if found is not None else None

    async def put(self, user_id: str, hash: str, at: datetime) -> None:
        """Keep the hash of a new password."""
        await self._collection.update_one(
            {"_id": user_id}, {"$set": {"hash": hash, "changed_at": at}}, upsert=True
        )

    async def remove(self, user_id: str) -> bool:
        """Take the password away; return whether there was one."""
        return bool(await self._collection.delete_one({"_id": user_id}))
