"""Places in an instance's work where a test lets it die, or stand still as a paused machine does.

    gap = Gap("after", "alert_groups", Insert)
    await house.start_one("grouper", "first", prepare=gap.into)
    await gap.reached.wait()
    await house.crash("first")

Everything before the gap has really happened; nothing after it does, until the test calls `release`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Literal

from shared.bus.publisher import Encoded, Publisher
from shared.service import Running
from shared.store.mongo import BulkOutcome, Collection, Database, Document, Insert, Update, Write

When = Literal["before", "after"]
CLEARING = "clearing"  # the write that takes told events and settled alerts out of a document


class Gap:
    """A point before or after the first write of a kind to a collection, or the first telling (`collection` "bus").

    `kind` is Insert, Update, or CLEARING; an update of several documents, as the settling of alerts, is an Update.
    """

    def __init__(self, when: When, collection: str, kind: type[Write] | str = Insert) -> None:
        self._when = when
        self._collection = collection
        self._kind = kind
        self._released = asyncio.Event()
        self.reached = asyncio.Event()

    def release(self) -> None:
        """Let the instance go on, however late."""
        self._released.set()

    def __str__(self) -> str:
        kind = self._kind if isinstance(self._kind, str) else self._kind.__name__.lower()
        return f"{self._when} {self._collection} {kind}"

    def into(self, running: Running) -> None:
        """Put the gap into an instance that has not begun to run."""
        io = running.io
        if self._collection == "bus":
            io.bus = _Bus(io.bus, self)
        else:
            io.store = _Store(io.store, self)

    async def at(self, when: When, collection: str, writes: Sequence[Write] = ()) -> None:
        """Stand still here if this is the place."""
        if (when, collection) == (self._when, self._collection) and (not writes or self._is_meant(writes[0])):
            self.reached.set()
            await self._released.wait()

    def _is_meant(self, write: Write) -> bool:
        clears = isinstance(write, Update) and isinstance(write.change, list)
        return (
            clears if self._kind == CLEARING else isinstance(self._kind, type) and type(write) is self._kind
        )


class _Store(Database):
    def __init__(self, inner: Database, gap: Gap) -> None:
        self._client, self._database = inner._client, inner._database
        self._gap = gap

    def collection(self, name: str) -> Collection:
        return _Collection(self._database[name], name, self._gap)


class _Collection(Collection):
    def __init__(self, inner: Any, name: str, gap: Gap) -> None:
        super().__init__(inner)
        self._name = name
        self._gap = gap

    async def bulk(self, writes: Sequence[Write]) -> BulkOutcome:
        if not writes:
            return await super().bulk(writes)
        await self._gap.at("before", self._name, writes)
        outcome = await super().bulk(writes)
        await self._gap.at("after", self._name, writes)
        return outcome

    async def find_one_and_update(self, query: Any, change: Any, **more: Any) -> Document | None:
        write = [Update(query, change)]
        await self._gap.at("before", self._name, write)
        found = await super().find_one_and_update(query, change, **more)
        await self._gap.at("after", self._name, write)
        return found


class _Bus(Publisher):
    def __init__(self, inner: Publisher, gap: Gap) -> None:
        vars(self).update(vars(inner))
        self._gap = gap

    async def publish_encoded(self, encoded: Sequence[Encoded], **more: Any) -> None:
        await self._gap.at("before", "bus")
        await super().publish_encoded(encoded, **more)
        await self._gap.at("after", "bus")
