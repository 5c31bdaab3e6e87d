"""Codes and links that wait to be confirmed, and how many were sent; written by the api only.

A code is kept as a signature (with TOCSIN_SECRET_KEY), a link as a digest of its random token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.domain.verification import TRIES, VALID_FOR, WINDOW, wait_s
from shared.store.mongo import Database, Index

INDEXES = (Index((("expires_at", 1),), expire_after_s=0),)


@dataclass(frozen=True)
class Tried:
    """A code as it was when somebody tried one: its signature, and how many tries are left after this one."""

    signature: str
    tries_left: int


@dataclass(frozen=True)
class Link:
    """Who asked for a link, and which kind of contact point it makes."""

    user_id: str
    kind: str


class ContactCodes:
    """Repository of `contact_codes` and `contact_sends`."""

    def __init__(self, database: Database) -> None:
        self.codes = database.collection("contact_codes")
        self.sends = database.collection("contact_sends")

    async def prepare(self) -> None:
        """Create the indexes."""
        await self.codes.ensure_indexes(INDEXES)
        await self.sends.ensure_indexes(INDEXES)

    async def put_code(self, point_id: str, signature: str, at: datetime) -> None:
        """Keep the code of a contact point; an earlier one is void."""
        document = {"signature": signature, "tries": 0, "expires_at": at + VALID_FOR}
        await self.codes.update_one({"_id": f"code {point_id}"}, {"$set": document}, upsert=True)

    async def try_code(self, point_id: str, at: datetime) -> Tried | None:
        """Count one try and return the code it is about; None when no code is valid (any more).

        The count comes first, so however many try at once, no code is compared more than five times.
        """
        query = {"_id": f"code {point_id}", "tries": {"$lt": TRIES}, "expires_at": {"$gt": at}}
        found = await self.codes.find_one_and_update(query, {"$inc": {"tries": 1}})
        return Tried(found["signature"], TRIES - found["tries"]) if found is not None else None

    async def drop_code(self, point_id: str) -> None:
        """Forget the code of a contact point: it was used."""
        await self.codes.delete_one({"_id": f"code {point_id}"})

    async def put_link(self, token_digest: str, link: Link, at: datetime) -> None:
        """Keep a link."""
        await self.codes.insert_one(
            {
                "_id": f"link {token_digest}",
                "user_id": link.user_id,
                "kind": link.kind,
                "expires_at": at + VALID_FOR,
            }
        )

    async def take_link(self, token_digest: str, kind: str, at: datetime) -> Link | None:
        """Return a link and make it void; None when there is none (any more)."""
        query = {"_id": f"link {token_digest}", "kind": kind, "expires_at": {"$gt": at}}
        found = await self.codes.find_one(query)
        if found is None or not await self.codes.delete_one(query):
            return None
        return Link(found["user_id"], found["kind"])

    async def count_send(self, limits: Sequence[tuple[str, int]], at: datetime) -> int:
        """Count one message for each (what is limited, how many an hour); return 0, or the seconds to wait.

        When one limit is reached nothing more is sent; what was counted until then stays counted.
        """
        for key, most in limits:
            query = {"_id": key}
            recent = {
                "$filter": {"input": {"$ifNull": ["$sent_at", []]}, "cond": {"$gt": ["$$this", at - WINDOW]}}
            }
            is_free = {"$lt": [{"$size": "$sent_at"}, most]}
            counted = {"$cond": [is_free, {"$concatArrays": ["$sent_at", [at]]}, "$sent_at"]}
            found = await self.sends.find_one_and_update(
                query,
                [
                    {"$set": {"sent_at": recent}},
                    {"$set": {"was_free": is_free, "sent_at": counted, "expires_at": at + WINDOW}},
                ],
                upsert=True,
            )
            if found is not None and not found["was_free"]:
                return wait_s(found["sent_at"], most, at)
        return 0
