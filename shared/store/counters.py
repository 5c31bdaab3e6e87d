"""Running numbers, taken in blocks: unique, with gaps and small disorder, never a lock on the hot path."""

from __future__ import annotations

import asyncio

from shared.store.mongo import Database

BLOCK = 100


class Numbers:
    """Hands out the numbers of one counter."""

    def __init__(self, database: Database, name: str, block: int = BLOCK) -> None:
        self._collection = database.collection("counters")
        self._name = name
        self._block = block
        self._next = 1
        self._end = 1
        self._lock = asyncio.Lock()

    async def take(self, count: int) -> list[int]:
        """Return `count` numbers that nobody else gets."""
        async with self._lock:
            taken: list[int] = []
            while len(taken) < count:
                if self._next == self._end:
                    await self._reserve(max(self._block, count - len(taken)))
                taken.append(self._next)
                self._next += 1
            return taken

    async def _reserve(self, size: int) -> None:
        found = await self._collection.find_one_and_update(
            {"_id": self._name}, {"$inc": {"value": size}}, upsert=True
        )
        self._end = int(found["value"]) + 1 if found is not None else size + 1
        self._next = self._end - size
