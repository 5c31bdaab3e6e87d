"""One service in the test's own process on the real servers, with its neighbours played by the test.

The test stores configuration and groups as their owners would, publishes events, and reads what is told.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

import aio_pika
from prometheus_client import CollectorRegistry

from shared import clock
from shared.bus import wire
from shared.bus.topology import EXCHANGE
from shared.bus.wire import Provenance
from shared.config import Settings
from shared.domain.model import SYSTEM, Group
from shared.events import Event
from shared.secrets import new_key
from shared.service import Running, Service
from shared.store.alert_groups import AlertGroups, GroupWrite
from shared.store.configuration import ConfigurationStore
from shared.store.mongo import Database

E = TypeVar("E", bound=Event)
SECRET_KEY = new_key()


async def until(condition: Callable[[], Any], timeout_s: float = 60.0) -> Any:
    """Wait until the condition holds and return what it returned.

    Raises:
        AssertionError: it does not hold in time.
    """
    deadline = clock.monotonic_s() + timeout_s
    while clock.monotonic_s() < deadline:
        found = condition()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return found
        await asyncio.sleep(0.01)
    raise AssertionError(f"not within {timeout_s:g} s: {condition}")


class Surroundings:
    """The broker and the database around the service under test; `told` is everything that reached the recorder."""

    def __init__(self, amqp_url: str, mongo_url: str, data_dir: Path) -> None:
        self.amqp_url = amqp_url
        self.mongo_url = mongo_url
        self.data_dir = data_dir
        self.told: list[Event] = []
        self.database = Database(mongo_url)
        self.groups = AlertGroups(self.database)
        self.configuration = ConfigurationStore(self.database)

    async def __aenter__(self) -> Self:
        await self.groups.prepare()
        await self.configuration.prepare()
        self._connection = await aio_pika.connect(self.amqp_url)
        self._channel = await self._connection.channel(on_return_raises=True)
        self._listening: asyncio.Task[None] | None = None
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        await self._connection.close()
        self.database.close()

    async def configure(self, *rows: Any) -> int:
        """Store configuration rows; return the version that holds them."""
        edited = await self.configuration.change(
            lambda draft: [draft.put(row) for row in rows], SYSTEM, clock.now()
        )
        return edited.version

    async def store(self, group: Group) -> Group:
        """Write a group as the grouper would."""
        base = group.version - 1 if group.version > 1 else None
        await self.groups.save([GroupWrite(group, base, [], clock.now())])
        return group

    async def publish(self, *events: Event) -> None:
        """Tell events, each in a message of its own."""
        exchange = await self._channel.get_exchange(EXCHANGE, ensure=False)
        for event in events:
            body = wire.join([wire.encode(event, Provenance("test", "test"))])
            await exchange.publish(
                aio_pika.Message(body, content_type=wire.CONTENT_TYPE), wire.routing_key(event)
            )

    def of(self, kind: type[E]) -> list[E]:
        """The told events of one kind, repeats of the same id left out."""
        found = {one.id: one for one in self.told if isinstance(one, kind)}
        return list(found.values())

    async def expect(self, kind: type[E], count: int = 1, timeout_s: float = 60.0) -> Sequence[E]:
        """Wait until `count` different events of a kind were told and return them."""
        await until(lambda: len(self.of(kind)) >= count, timeout_s)
        return self.of(kind)

    @asynccontextmanager
    async def running(self, service: Service, **settings: Any) -> AsyncIterator[Running]:
        """Run one instance of the service and stop it gracefully."""
        values = {
            "amqp_url": self.amqp_url,
            "mongo_url": self.mongo_url,
            "data_dir": self.data_dir,
            "env": "test",
            "secret_key": SECRET_KEY,
            "allow_private_addresses": True,
            **settings,
        }
        running = Running(service, Settings.model_validate(values), CollectorRegistry())
        stop, ready = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(running.run(stop, on_ready=lambda _: ready.set()))
        try:
            await asyncio.wait_for(ready.wait(), 60)
            await asyncio.wait_for(running.io.rabbit.wait_connected(), 60)
            # Not before: RabbitMQ breaks the connection of who asks for a queue that is just being declared.
            if self._listening is None:
                self._listening = asyncio.create_task(self._listen())
            yield running
        finally:
            stop.set()
            await asyncio.wait_for(task, 60)

    async def _listen(self) -> None:
        channel = await self._connection.channel()
        queue = await channel.get_queue("tocsin.recorder", ensure=False)
        async with queue.iterator() as messages:
            async for message in messages:
                self.told += wire.decode(message.body)
                await message.ack()
