"""What lies in the queues, read past the product."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aio_pika
import orjson
from aio_pika.abc import AbstractChannel


@dataclass(frozen=True)
class Letter:
    """One message: its events and its headers."""

    events: list[dict[str, Any]]
    body: bytes
    headers: dict[str, Any]


@asynccontextmanager
async def channel(amqp_url: str) -> AsyncIterator[AbstractChannel]:
    """A channel of the test's own."""
    connection = await aio_pika.connect(amqp_url)
    try:
        yield await connection.channel()
    finally:
        await connection.close()


async def waiting(amqp_url: str, queue: str) -> int:
    """Return how many messages are ready in a queue; those in a consumer's hands are not counted."""
    async with channel(amqp_url) as open_channel:
        found = await open_channel.declare_queue(queue, passive=True)
        return found.declaration_result.message_count or 0


async def letters(amqp_url: str, queue: str) -> list[Letter]:
    """Return the messages of a queue and leave them there."""
    found: list[Letter] = []
    async with channel(amqp_url) as open_channel:
        source = await open_channel.get_queue(queue)
        while (message := await source.get(fail=False, timeout=5)) is not None:
            found.append(Letter(_events(message.body), message.body, dict(message.headers)))
    return found


async def put(amqp_url: str, queue: str, body: bytes, headers: dict[str, Any] | None = None) -> None:
    """Put a message into a queue as somebody else would."""
    async with channel(amqp_url) as open_channel:
        message = aio_pika.Message(
            body, headers=headers or {}, delivery_mode=aio_pika.DeliveryMode.PERSISTENT, message_id="foreign"
        )
        await asyncio.wait_for(open_channel.default_exchange.publish(message, queue), 60)


def _events(body: bytes) -> list[dict[str, Any]]:
    try:
        loaded = orjson.loads(body)
    except orjson.JSONDecodeError:
        return []
    return loaded if isinstance(loaded, list) else [loaded]
