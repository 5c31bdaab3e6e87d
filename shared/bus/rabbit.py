"""The only door to RabbitMQ: one connection that comes back for ever, confirmed publishing, lanes to consume.

Unroutable is an error here: the channel raises on returns, because `mandatory` alone drops silently.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage
from aio_pika.connection import make_url
from aiormq import spec as amqp
from aiormq.abc import DeliveredMessage
from aiormq.exceptions import AMQPError, ChannelInvalidStateError, ChannelNotFoundEntity

from shared import clock
from shared.bus.feed import Close, Feed, Take
from shared.bus.incoming import Message
from shared.bus.outgoing import Outgoing
from shared.bus.topology import EXCHANGE, TOPOLOGY, QueueSpec
from shared.errors import Unavailable

log = structlog.get_logger(__name__)

# What the client library raises when the broker is away, refuses, or the channel died under a call.
AWAY = (AMQPError, ChannelInvalidStateError, OSError, TimeoutError, RuntimeError)
OPERATION_TIMEOUT_S = 10.0
PERSISTENT = 2
BACKOFF_S = (0.1, 0.2, 0.5, 1.0)
FEED_LIMIT = {"x-max-length": 2_000, "x-overflow": "drop-head"}

Fetched = AbstractIncomingMessage


class Lane:
    """One queue being consumed: messages that have arrived and wait to be taken."""

    def __init__(self, queue: str, prefetch: int, arrived: asyncio.Event) -> None:
        self.queue = queue
        self.prefetch = prefetch
        self.waiting: deque[Message] = deque()
        self.channel: AbstractChannel | None = None
        self._connection: AbstractConnection | None = None
        self._closing: asyncio.Future[None] | None = None
        self._arrived = arrived

    async def open(self, connection: AbstractConnection) -> None:
        """Begin to consume on a channel of its own; what an older channel delivered is forgotten."""
        self.waiting.clear()
        self.channel = await connection.channel(publisher_confirms=False)
        await self.channel.set_qos(prefetch_count=self.prefetch)
        # From the lower library at once: the upper one makes a second task and a large object of each message.
        underlay = await self.channel.get_underlay_channel()
        await underlay.basic_consume(self.queue, self._take_in)
        self._connection = connection
        underlay.on_consumer_cancel_callbacks.add(self._cancelled)

    async def pause(self) -> None:
        """Stop consuming; everything not acknowledged goes back to the queue."""
        channel, self.channel = self.channel, None
        self.waiting.clear()
        if channel is not None and not channel.is_closed:
            await channel.close()

    async def _cancelled(self, _: object) -> None:
        """The broker ended the consumer, as when somebody deletes the queue: begin anew and declare it again."""
        log.warning("lane.cancelled", queue=self.queue)
        if self._connection is not None and not self._connection.is_closed:
            self._closing = asyncio.ensure_future(self._connection.close())

    async def _take_in(self, delivered: DeliveredMessage) -> None:
        self.waiting.append(_message(delivered))
        self._arrived.set()


class Rabbit:
    """A connection to the broker that is made again whenever it is lost.

    `publish` and `declare` raise `Unavailable` while it is away. `generation` counts connections: what was
    delivered on an older one can no longer be acknowledged and comes again. `on_connected` callbacks run after each
    (re)connection, before anything is consumed.
    """

    def __init__(self, url: str, name: str) -> None:
        self._url = url
        self._name = name
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel | None = None
        self._task: asyncio.Task[None] | None = None
        self._lanes: list[Lane] = []
        self._consuming = False
        self._callbacks: list[Callable[[], Awaitable[None]]] = []
        self._broadcasts: list[tuple[str, Callable[[bytes], None]]] = []
        self._reply_queue: str | None = None
        self._on_reply: Callable[[bytes], None] | None = None
        self._feed = Feed()
        self._up = asyncio.Event()
        self._closing: asyncio.Future[None] | None = None
        self.generation = 0
        self.arrived = asyncio.Event()

    @property
    def is_connected(self) -> bool:
        """Whether messages can be published now."""
        return self._up.is_set()

    async def wait_connected(self) -> None:
        """Wait until the broker is there and the topology is declared."""
        await self._up.wait()

    def on_connected(self, callback: Callable[[], Awaitable[None]]) -> None:
        """Have `callback` run after each connection."""
        self._callbacks.append(callback)

    def lane(self, queue: str, prefetch: int) -> Lane:
        """Add a queue to consume; nothing arrives before `resume`."""
        lane = Lane(queue, prefetch, self.arrived)
        self._lanes.append(lane)
        return lane

    def listen(self, key: str, callback: Callable[[bytes], None]) -> None:
        """Hand every message of a routing key to this instance, through an exclusive queue of its own."""
        self._broadcasts.append((key, callback))

    def replies(self, callback: Callable[[bytes], None]) -> str:
        """Have a queue for answers to this instance, made again under the same name; return its name."""
        self._reply_queue = self._reply_queue or f"tocsin.replies.{self._name}.{uuid.uuid4().hex[:12]}"
        self._on_reply = callback
        return self._reply_queue

    async def begin_feed(self, keys: Sequence[str], callback: Callable[[bytes], None]) -> None:
        """Hand every message of these routing keys (patterns) to this instance until `end_feed`.

        It comes back with a lost connection. For looking on: what comes while the broker is away, or faster than it
        is taken, is not made up for.
        """
        await self._feed.begin(keys, callback)

    async def end_feed(self) -> None:
        """Take nothing more from the feed; its queue goes."""
        await self._feed.end()

    def start(self) -> None:
        """Begin to connect in the background."""
        self._task = asyncio.create_task(self._stay_connected(), name="rabbit")

    async def close(self) -> None:
        """Stop for good."""
        while self._task is not None and not self._task.done():
            # More than once: the client library turns a cancellation in the middle of a call into an error of its own.
            self._task.cancel()
            await asyncio.wait([self._task], timeout=0.1)
        await self._drop()

    async def resume(self) -> None:
        """Consume all lanes (again)."""
        if self._consuming:
            return
        self._consuming = True
        if self._connection is not None and self._up.is_set():
            await self._open_lanes(self._connection)

    async def pause(self) -> None:
        """Stop consuming all lanes; unacknowledged messages go back to their queues."""
        self._consuming = False
        for lane in self._lanes:
            try:
                await lane.pause()
            except AWAY:
                log.debug("lane.lost", queue=lane.queue)

    async def publish(self, message: Outgoing, key: str, *, direct: bool = False, timeout_s: float) -> None:
        """Publish one message and wait for the broker's confirm; `direct` means to the queue named `key`.

        Raises:
            Unavailable: not confirmed within `timeout_s`, refused by a full queue, no queue for it, or no broker.
        """
        channel = self._channel
        if channel is None or channel.is_closed or not self._up.is_set():
            raise Unavailable("broker: not connected")
        try:
            underlay = await channel.get_underlay_channel()
            await underlay.basic_publish(
                message.body,
                exchange="" if direct else EXCHANGE,
                routing_key=key,
                properties=_properties(message),
                mandatory=True,
                timeout=timeout_s,
            )
        except AWAY as error:
            raise Unavailable(f"broker: {type(error).__name__} on {key}") from error

    async def tell(self, body: bytes, queue: str, headers: dict[str, Any] | None = None) -> None:
        """Send a transient message straight to a queue, not mandatory: nobody may be there any more."""
        if self._channel is None:
            raise Unavailable("broker: not connected")
        message = aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.NOT_PERSISTENT, headers=headers)
        try:
            await self._channel.default_exchange.publish(
                message, queue, mandatory=False, timeout=OPERATION_TIMEOUT_S
            )
        except AWAY as error:
            raise Unavailable(f"broker: {type(error).__name__} on {queue}") from error

    async def channel(self) -> AbstractChannel:
        """Open a channel of one's own, for looking into queues; closing it returns what was not acknowledged."""
        if self._connection is None:
            raise Unavailable("broker: not connected")
        return await self._connection.channel(publisher_confirms=False)

    async def declare(self, queues: Sequence[QueueSpec]) -> None:
        """Declare the exchange and these queues with their bindings; what exists is left as it is."""
        if self._connection is None:
            raise Unavailable("broker: not connected")
        try:
            channel = await self._connection.channel(publisher_confirms=False)
            try:
                await _declare(channel, queues)
            finally:
                await channel.close()
        except AWAY as error:
            raise Unavailable(f"broker: {type(error).__name__} while declaring: {error}") from error

    async def has(self, queues: Sequence[QueueSpec]) -> bool:
        """Whether all these queues exist: a question each, where declaring them asks once per binding."""
        try:
            channel = await self.channel()
            try:
                for spec in queues:
                    await channel.declare_queue(spec.name, passive=True)
            finally:
                if not channel.is_closed:
                    await channel.close()
        except ChannelNotFoundEntity:
            return False
        except AWAY as error:
            raise Unavailable(f"broker: {type(error).__name__} while looking for queues") from error
        return True

    async def _stay_connected(self) -> None:
        failures = 0
        while True:
            try:
                closed = await self._connect()
                failures = 0
                await closed.wait()
                log.warning("broker.lost")
            except (*AWAY, Unavailable) as error:
                log.warning("broker.unreachable", error=type(error).__name__, detail=str(error)[:200])
            await self._drop()
            await asyncio.sleep(BACKOFF_S[min(failures, len(BACKOFF_S) - 1)])
            failures += 1

    async def _connect(self) -> asyncio.Event:
        # Not `aio_pika.connect`: a connection that fails must be closed here, not whenever it is collected.
        connection = aio_pika.Connection(
            make_url(self._url), client_properties={"connection_name": self._name}
        )
        self._connection = connection
        await connection.connect(timeout=OPERATION_TIMEOUT_S)
        closed = asyncio.Event()
        connection.close_callbacks.add(lambda *_: closed.set())
        await self.declare(TOPOLOGY.queues)
        self._channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        self._channel.close_callbacks.add(lambda *_: closed.set())
        for key, callback in self._broadcasts:
            await self._open_listener(connection, None, (key,), callback)
        await self._feed.connected(partial(self._open_feed, connection))
        if self._reply_queue is not None and self._on_reply is not None:
            await self._open_listener(connection, self._reply_queue, (), self._on_reply)
        self.generation += 1
        self._up.set()
        log.info("broker.connected", consuming=self._consuming)
        for connected in self._callbacks:
            await connected()
        if self._consuming:
            await self._open_lanes(connection)
        return closed

    async def _open_listener(
        self,
        connection: AbstractConnection,
        name: str | None,
        keys: Sequence[str],
        callback: Callable[[bytes], None],
        arguments: dict[str, Any] | None = None,
    ) -> AbstractChannel:
        channel = await connection.channel(publisher_confirms=False)
        queue = await channel.declare_queue(name, exclusive=True, auto_delete=True, arguments=arguments)
        for key in keys:
            await queue.bind(EXCHANGE, key)

        async def hand_over(message: Fetched) -> None:
            callback(message.body)

        await queue.consume(hand_over, no_ack=True)
        return channel

    async def _open_feed(self, connection: AbstractConnection, keys: Sequence[str], take: Take) -> Close:
        """Begin to hand over what the feed asks for; whoever only looks on never holds a queue full."""
        try:
            channel = await self._open_listener(connection, None, keys, take, FEED_LIMIT)
        except AWAY as error:
            raise Unavailable(f"broker: {type(error).__name__} while opening the feed") from error

        async def close() -> None:
            if channel.is_closed:
                return
            try:
                await channel.close()
            except AWAY:
                log.debug("feed.lost")

        return close

    async def _open_lanes(self, connection: AbstractConnection) -> None:
        for lane in self._lanes:
            if lane.channel is None or lane.channel.is_closed:
                await lane.open(connection)
                assert lane.channel is not None
                lane.channel.close_callbacks.add(lambda *_, lost=lane: self._lane_lost(lost))

    def _lane_lost(self, lane: Lane) -> None:
        """A channel that the broker closed (say, a consumer timeout) ends the connection: all begin anew."""
        if (
            self._consuming
            and lane.channel is not None
            and self._connection is not None
            and not self._connection.is_closed
        ):
            self._closing = asyncio.ensure_future(self._connection.close())

    async def _drop(self) -> None:
        self._up.clear()
        self._feed.lost()
        connection, self._connection, self._channel = self._connection, None, None
        for lane in self._lanes:
            lane.waiting.clear()
            lane.channel = None
        if connection is not None and not connection.is_closed:
            try:
                await asyncio.wait_for(connection.close(), 2.0)
            except AWAY:
                log.debug("broker.close_failed")


async def _declare(channel: AbstractChannel, queues: Sequence[QueueSpec]) -> None:
    exchange = await channel.declare_exchange(EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True)
    for spec in queues:
        queue = await channel.declare_queue(spec.name, durable=True, arguments=spec.arguments)
        for key in spec.keys:
            await queue.bind(exchange, key)


def _message(delivered: DeliveredMessage) -> Message:
    delivery, properties, channel = delivered.delivery, delivered.header.properties, delivered.channel
    assert isinstance(delivery, amqp.Basic.Deliver)
    assert delivery.delivery_tag is not None
    return Message(
        delivered.body,
        properties.headers or {},
        properties.message_id,
        bool(delivery.redelivered),
        partial(channel.basic_ack, delivery.delivery_tag),
    )


def _properties(message: Outgoing) -> amqp.Basic.Properties:
    return amqp.Basic.Properties(
        content_type=message.content_type,
        headers=message.headers,
        delivery_mode=PERSISTENT,
        priority=0,
        message_id=message.id or None,
        timestamp=clock.now(),
        message_type=message.type or None,
        app_id=message.sender or None,
    )
