"""Settling of messages: what happens to each event after its handling, in the one order that loses nothing.

Publish the outputs, await the confirms, then acknowledge. An event that is retried or buried leaves its batch as
a message of its own, the same envelope, before the batch is acknowledged; a crash between the two repeats it.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import orjson
import structlog

from shared import clock
from shared.bus import wire
from shared.bus.incoming import Message
from shared.bus.publisher import make_message
from shared.bus.rabbit import AWAY, OPERATION_TIMEOUT_S, Rabbit
from shared.bus.retry import ATTEMPT_HEADER, HISTORY_HEADER, next_rung_s
from shared.bus.topology import dead_queue_name, queue_name, retry_queue_name
from shared.errors import Unavailable
from shared.stage import Dead, Retry

log = structlog.get_logger(__name__)
VERSION = "0.1.0"
TRACEBACK_CHARS = 4000
HISTORY_ENTRIES = 8
TELL_AGAIN_S = 0.25


class Carried:
    """One event on its way through a stage: its envelope, and the message it came in."""

    __slots__ = ("envelope", "headers", "message")

    def __init__(self, envelope: dict[str, Any], message: Message) -> None:
        self.envelope = envelope
        self.message = message
        self.headers: Mapping[str, Any] = message.headers

    @property
    def attempt(self) -> int:
        """How often this stage has had it, this time included."""
        return int(str(self.headers.get(ATTEMPT_HEADER, 0))) + 1


class Stale(Exception):
    """The connection that delivered the batch is gone; the broker brings the batch again."""


async def steadily(rabbit: Rabbit, send: Callable[[], Awaitable[None]]) -> None:
    """Publish until it is confirmed, while the batch in hand is still ours to acknowledge.

    A broker that refuses or blocks is waited for: giving the batch back would count as a failed delivery.

    Raises:
        Stale: the connection was lost meanwhile.
    """
    generation = rabbit.generation
    while True:
        try:
            return await send()
        except Unavailable as error:
            if rabbit.generation != generation or not rabbit.is_connected:
                raise Stale(error.reason) from error
            log.warning("telling.delayed", reason=error.reason)
            await asyncio.sleep(TELL_AGAIN_S)


class Settler:
    """Moves single events to the retry ladder, to the dead letters or back to their own queue."""

    def __init__(self, rabbit: Rabbit, service: str, instance: str) -> None:
        self._rabbit = rabbit
        self._service = service
        self._instance = instance

    async def retry(self, carried: Carried, outcome: Retry) -> bool:
        """Send an event one rung up; after the last rung it is buried. Return whether it will be tried again."""
        attempt = carried.attempt if outcome.counted else carried.attempt - 1
        rung_s = next_rung_s(attempt if outcome.counted else 1, outcome.after_s)
        if rung_s is None:
            await self.bury(carried, Dead(f"{outcome.reason} (tried {carried.attempt} times)"))
            return False
        headers = {ATTEMPT_HEADER: attempt, HISTORY_HEADER: self._history(carried, outcome.reason)}
        await self._send(carried.envelope, retry_queue_name(self._service, rung_s), headers)
        log.info("event.retried", event_id=carried.envelope.get("id"), rung_s=rung_s, reason=outcome.reason)
        return True

    async def bury(self, carried: Carried, outcome: Dead, error: BaseException | None = None) -> None:
        """Send an event to the dead letters, with everything one needs to understand why."""
        headers = self._autopsy(outcome.reason, error)
        headers[HISTORY_HEADER] = self._history(carried, outcome.reason)
        headers["x-config-version"] = int(carried.envelope.get("configversion", 0))
        await self._send(carried.envelope, dead_queue_name(self._service), headers)
        log.error("event.buried", event_id=carried.envelope.get("id"), reason=outcome.reason, exc_info=error)

    async def bury_body(self, message: Message, reason: str) -> None:
        """Send a message that cannot be read to the dead letters as it is."""
        headers = self._autopsy(reason, None)
        await self._publish(message.body, dead_queue_name(self._service), headers, str(message.message_id))
        log.error("message.buried", message_id=message.message_id, reason=reason)

    async def split(self, message: Message, lane: str, found: Sequence[dict[str, Any]]) -> None:
        """Put the events of a repeated batch back into their queue one by one, and acknowledge the batch."""
        for envelope in found:
            await self._send(envelope, queue_name(self._service, lane), {"x-split": True})
        await acknowledge(message)
        log.info("batch.split", message_id=message.message_id, events=len(found))

    def _autopsy(self, reason: str, error: BaseException | None) -> dict[str, Any]:
        trace = "".join(traceback.format_exception(error)) if error is not None else ""
        return {
            "x-reason": reason[:1000],
            "x-exception": type(error).__name__ if error is not None else "",
            "x-traceback": trace[-TRACEBACK_CHARS:],
            "x-service": self._service,
            "x-instance": self._instance,
            "x-version": VERSION,
            "x-buried-at": clock.now().isoformat(),
        }

    def _history(self, carried: Carried, reason: str) -> str:
        before = carried.headers.get(HISTORY_HEADER)
        entries = orjson.loads(str(before)) if before else []
        entries.append({"at": clock.now().isoformat(), "attempt": carried.attempt, "reason": reason[:300]})
        return orjson.dumps(entries[-HISTORY_ENTRIES:]).decode()

    async def _send(self, envelope: dict[str, Any], queue: str, headers: dict[str, Any]) -> None:
        body = wire.join([orjson.dumps(envelope)])
        await self._publish(body, queue, headers, str(envelope.get("id", "")), str(envelope.get("type", "")))

    async def _publish(
        self, body: bytes, queue: str, headers: dict[str, Any], id: str, type: str = ""
    ) -> None:
        message = make_message(body, type, self._service, id, {"x-events": 1, **headers})

        async def send() -> None:
            await self._rabbit.publish(message, queue, direct=True, timeout_s=OPERATION_TIMEOUT_S)

        await steadily(self._rabbit, send)


async def acknowledge(message: Message, *, multiple: bool = False) -> None:
    """Acknowledge a message (and all before it). When its channel is gone the broker brings it again: harmless."""
    try:
        await message.ack(multiple=multiple)
    except (*AWAY, Unavailable) as error:
        log.info("ack.lost", message_id=message.message_id, error=type(error).__name__)
