"""Until when pages of a person through a channel are collected; written by the notifier only."""

from __future__ import annotations

from datetime import timedelta

from shared.domain.bundling import Window
from shared.store.mongo import Database, Duplicate, Index

INDEXES = (Index((("expires_at", 1),), expire_after_s=0),)
KEPT = timedelta(days=1)


class DeliveryWindows:
    """Repository of `delivery_windows`."""

    def __init__(self, database: Database) -> None:
        self._collection = database.collection("delivery_windows")

    async def prepare(self) -> None:
        """Create the indexes."""
        await self._collection.ensure_indexes(INDEXES)

    async def get(self, window_id: str) -> Window | None:
        """Return a window; None when nothing was sent for long."""
        found = await self._collection.find_one({"_id": window_id})
        return Window.model_validate({**found, "id": found["_id"]}) if found is not None else None

    async def save(self, before: Window | None, after: Window) -> bool:
        """Write a window; False when somebody else changed it since it was read."""
        fields = after.model_dump(exclude={"id"}) | {"expires_at": after.until + KEPT}
        if before is None:
            try:
                await self._collection.insert_one({"_id": after.id, **fields})
            except Duplicate:
                return False
            return True
        stored = before.model_dump(exclude={"id"})
        # A window of a former version lacks what is empty.
        known = {"_id": before.id, **{name: one or {"$in": [one, None]} for name, one in stored.items()}}
        return await self._collection.update_one(known, {"$set": fields}) == 1
