"""Publishing of events: packed per routing key, persistent, confirmed, and checked to have somewhere to go."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from typing import Any

import structlog

from shared.bus import wire
from shared.bus.outgoing import Outgoing
from shared.bus.rabbit import OPERATION_TIMEOUT_S, Rabbit
from shared.bus.topology import queues_reached_by
from shared.bus.wire import Provenance
from shared.errors import Unavailable
from shared.events import Event, derived_id

log = structlog.get_logger(__name__)
VERIFY_EVERY_S = 10.0
DECLARE_EVERY = 6


class Encoded:
    """An event in its wire form, as it is kept in `untold`: routing key, id and CloudEvents JSON."""

    __slots__ = ("body", "id", "key")

    def __init__(self, key: str, id: str, body: bytes) -> None:
        self.key = key
        self.id = id
        self.body = body

    @classmethod
    def of(cls, event: Event, provenance: Provenance) -> Encoded:
        """Encode an event."""
        return cls(wire.routing_key(event), event.id, wire.encode(event, provenance))

    def stamped(self, waited_ms: float, worked_ms: float) -> Encoded:
        """Return it with how long its cause waited in the queue and was worked on."""
        return Encoded(self.key, self.id, wire.stamped(self.body, waited_ms, worked_ms))


class Publisher:
    """Tells events of one service; returns only when the broker has confirmed all of them."""

    def __init__(self, rabbit: Rabbit, service: str, instance: str, emits: tuple[type[Event], ...]) -> None:
        self._rabbit = rabbit
        self.service = service
        self.instance = instance
        self._provenance = Provenance(service, instance)
        self._must_exist = queues_reached_by(emits)

    @property
    def is_connected(self) -> bool:
        """Whether the broker is there now."""
        return self._rabbit.is_connected

    def encode(self, event: Event) -> Encoded:
        """Return an event in its wire form, signed by this instance."""
        return Encoded.of(event, self._provenance)

    async def publish(self, events: Sequence[Event], *, timeout_s: float = OPERATION_TIMEOUT_S) -> None:
        """Tell events; those of one routing key share messages.

        Raises:
            Unavailable: at least one was not confirmed; telling all of them again is harmless (same ids).
        """
        await self.publish_encoded([self.encode(one) for one in events], timeout_s=timeout_s)

    async def publish_encoded(
        self, encoded: Sequence[Encoded], *, timeout_s: float = OPERATION_TIMEOUT_S
    ) -> None:
        """Tell events that are in their wire form already; see `publish`."""
        by_key: dict[str, list[Encoded]] = {}
        for one in encoded:
            by_key.setdefault(one.key, []).append(one)
        sends = []
        for key, ones in by_key.items():
            position = 0
            for parcel in wire.parcels([one.body for one in ones]):
                first = ones[position]
                position += len(parcel)
                sends.append(self._send(key, parcel, first.id, timeout_s))
        if len(sends) == 1:
            await sends[0]
        elif sends:
            failed = [one for one in await asyncio.gather(*sends, return_exceptions=True) if one is not None]
            if failed:
                raise failed[0]

    async def _send(self, key: str, parcel: list[bytes], first_id: str, timeout_s: float) -> None:
        message = make_message(
            wire.join(parcel), key, self._provenance.service, first_id, {"x-events": len(parcel)}
        )
        await self._rabbit.publish(message, key, timeout_s=timeout_s)

    async def reply(self, event: Event, queue: str) -> None:
        """Copy an outcome to the queue of whoever asked, transient: nobody may be waiting any more."""
        await self._rabbit.tell(wire.join([wire.encode(event, self._provenance)]), queue)

    async def keep_verifying(self) -> None:
        """Every 10 s, look for the queues that this service's events must reach, and declare again what is gone.

        Once a minute they are declared in any case: somebody may have taken a binding away.
        """
        for turn in itertools.count(1):
            await asyncio.sleep(VERIFY_EVERY_S)
            if not self._rabbit.is_connected:
                continue
            try:
                if turn % DECLARE_EVERY == 0 or not await self._rabbit.has(self._must_exist):
                    await self._rabbit.declare(self._must_exist)
            except Unavailable as error:
                log.warning("topology.unverified", error=error.reason)


def make_message(body: bytes, key: str, service: str, first_id: str, headers: dict[str, Any]) -> Outgoing:
    """Return the message that carries these events."""
    id = derived_id("message", key, first_id, headers.get("x-events", 1))
    return Outgoing(body, id, key, service, headers, wire.CONTENT_TYPE)
