"""Which account of an identity provider is which person: bound at the first sign-in, and for good.

Usernames and addresses are given to somebody else one day; without this whoever gets one would get the person's place.
"""

from __future__ import annotations

from datetime import datetime

from shared.secrets import digest
from shared.store.mongo import Database, Index

INDEXES = (Index((("issuer", 1), ("user_id", 1)), unique=True),)


class Identities:
    """Repository of `identities`, written by the api and the command line."""

    def __init__(self, database: Database) -> None:
        self._collection = database.collection("identities")

    async def prepare(self) -> None:
        """Create the indexes."""
        await self._collection.ensure_indexes(INDEXES)

    async def user_id_of(self, issuer: str, subject: str) -> str | None:
        """Return the id of the person whom an account is bound to."""
        found = await self._collection.find_one({"_id": _key(issuer, subject)})
        return str(found["user_id"]) if found is not None else None

    async def is_bound(self, issuer: str, user_id: str) -> bool:
        """Whether an account of this provider is a person's."""
        return await self._collection.find_one({"issuer": issuer, "user_id": user_id}) is not None

    async def bind(self, issuer: str, subject: str, user_id: str, at: datetime) -> bool:
        """Bind an account to a person; False when one of the two is bound to another already."""
        row = {"_id": _key(issuer, subject), "issuer": issuer, "user_id": user_id, "bound_at": at}
        await self._collection.insert_new([row])
        return await self.user_id_of(issuer, subject) == user_id

    async def unbind(self, user_id: str) -> int:
        """Forget the accounts of a person; return how many there were."""
        return await self._collection.delete_many({"user_id": user_id})


def _key(issuer: str, subject: str) -> str:
    return digest(f"{issuer}\n{subject}")
