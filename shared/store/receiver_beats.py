"""The newest beat of each receiver process, written by the heartbeat service only.

Kept for two days: a break in the watch matters for as long as the longest timeout, which is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from shared.domain.watching import Receiver
from shared.store.mongo import Database, Document, Index, Update

KEEP = timedelta(days=2)
INDEXES = (Index((("expires_at", 1),), expire_after_s=0),)


class ReceiverBeats:
    """Repository of `receiver_beats`."""

    def __init__(self, database: Database) -> None:
        self.collection = database.collection("receiver_beats")

    async def prepare(self) -> None:
        """Create the indexes."""
        await self.collection.ensure_indexes(INDEXES)

    async def seen(self, receivers: Sequence[Receiver]) -> None:
        """Keep these beats where they are newer than what is known; a repeated delivery changes nothing."""
        await self.collection.bulk([_update(one) for one in receivers])

    async def all(self) -> list[Receiver]:
        """Return the newest beat of each receiver of the last two days."""
        return [_read(one) for one in await self.collection.find({})]


def _read(document: Document) -> Receiver:
    return Receiver.model_validate({**document, "id": document["_id"]})


def _update(one: Receiver) -> Update:
    fields = one.model_dump(exclude={"id"})
    document = {"_id": one.id, **fields, "expires_at": one.at + KEEP}
    is_newer = {"$gt": [{"$literal": one.at}, "$at"]}
    # An absent field is below every date.
    change = {"$replaceWith": {"$cond": [is_newer, {"$literal": document}, "$$ROOT"]}}
    return Update({"_id": one.id}, [change], upsert=True)
