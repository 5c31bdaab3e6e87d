"""The main loop of a stage that takes messages as they are on the wire and emits nothing: the recorder."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog

from shared.bus import wire
from shared.bus.incoming import Message
from shared.bus.publisher import Publisher
from shared.bus.rabbit import Rabbit
from shared.errors import Permanent, Unavailable
from shared.loop import StageLoop
from shared.metrics import Metrics
from shared.settling import Carried, Stale, acknowledge
from shared.stage import Dead, Handled
from shared.tracing import Tracing

log = structlog.get_logger(__name__)
RawHandler = Callable[[Sequence[Sequence[dict[str, Any]]]], Awaitable[None]]


class RawLoop(StageLoop):
    """Hands whole messages to a handler that stores them, and acknowledges when it returns."""

    def __init__(
        self, rabbit: Rabbit, publisher: Publisher, handler: RawHandler, metrics: Metrics, tracing: Tracing
    ) -> None:
        super().__init__(rabbit, publisher, _none, metrics, tracing)
        self._raw_handler = handler

    async def _handle(self, lane: str, messages: list[Message]) -> None:
        found: list[list[Carried]] = []
        for message in messages:
            try:
                found.append([Carried(one, message) for one in wire.envelopes(message.body)])
            except Permanent as error:
                await self._settler.bury_body(message, error.reason)
        if found:
            await self._store(lane, found)
            self._metrics.batch_events.observe(sum(len(one) for one in found))
        if messages[0].redelivered:
            await acknowledge(messages[0])
        else:
            await acknowledge(messages[-1], multiple=True)

    async def _store(self, lane: str, found: Sequence[Sequence[Carried]]) -> None:
        """Store messages; a bug over one of them is pinned down to one event, which is buried."""
        try:
            await self._call_raw([[one.envelope for one in message] for message in found])
        except Stale:
            raise
        except Exception as error:
            log.error("batch.failed", lane=lane, messages=len(found), exc_info=error)
            await self._store_apart(lane, found, error)
        else:
            self._metrics.count(lane, "done", sum(len(one) for one in found))

    async def _store_apart(self, lane: str, found: Sequence[Sequence[Carried]], error: Exception) -> None:
        if len(found) > 1:
            for message in found:
                await self._store(lane, [message])
        elif len(found[0]) > 1:
            for one in found[0]:
                await self._store(lane, [[one]])
        else:
            await self._settler.bury(found[0][0], Dead(f"bug: {type(error).__name__}: {error}"), error)
            self._metrics.count(lane, "dead")

    async def _call_raw(self, found: Sequence[Sequence[dict[str, Any]]]) -> None:
        while True:
            try:
                return await self._raw_handler(found)
            except Unavailable as error:
                await self._hold(error.reason)
                self.last_turn_s = time.monotonic()


async def _none(_: object) -> Handled:
    raise RuntimeError("a raw stage decodes no events")
