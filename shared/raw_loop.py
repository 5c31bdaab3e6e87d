"""The main loop of a stage that takes messages as they are on the wire and emits nothing: the recorder."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from shared.bus import wire
from shared.bus.publisher import Publisher
from shared.bus.rabbit import Message, Rabbit
from shared.errors import Permanent, Unavailable
from shared.loop import StageLoop
from shared.metrics import Metrics
from shared.settling import acknowledge
from shared.stage import Handled
from shared.tracing import Tracing

RawHandler = Callable[[Sequence[Sequence[dict[str, Any]]]], Awaitable[None]]


class RawLoop(StageLoop):
    """Hands whole messages to a handler that stores them, and acknowledges when it returns."""

    def __init__(
        self, rabbit: Rabbit, publisher: Publisher, handler: RawHandler, metrics: Metrics, tracing: Tracing
    ) -> None:
        super().__init__(rabbit, publisher, _none, metrics, tracing)
        self._raw_handler = handler

    async def _handle(self, lane: str, messages: list[Message]) -> None:
        found: list[list[dict[str, Any]]] = []
        for message in messages:
            try:
                found.append(wire.envelopes(message.body))
            except Permanent as error:
                await self._settler.bury_body(message, error.reason)
        if found:
            await self._store(found)
            events = sum(len(one) for one in found)
            self._metrics.count(lane, "done", events)
            self._metrics.batch_events.observe(events)
        if messages[0].redelivered:
            await acknowledge(messages[0])
        else:
            await acknowledge(messages[-1], multiple=True)

    async def _store(self, found: list[list[dict[str, Any]]]) -> None:
        while True:
            try:
                return await self._raw_handler(found)
            except Unavailable as error:
                await self._hold(error.reason)
                self.last_turn_s = time.monotonic()


async def _none(_: object) -> Handled:
    raise RuntimeError("a raw stage decodes no events")
