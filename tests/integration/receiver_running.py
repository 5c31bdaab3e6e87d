"""A receiver in the test's own process, on a real broker, with a configuration but no database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aio_pika
from aiohttp import ClientSession
from prometheus_client import CollectorRegistry

from services.receiver.service import service
from services.receiver.settings import ReceiverSettings
from shared.bus import wire
from shared.domain.configuration import ConfigSnapshot, Integration
from shared.events import AlertReceived, Event
from shared.secrets import digest
from shared.service import Running

# Nothing listens there: the receiver has to do without the database.
NO_MONGO = "mongodb://127.0.0.1:1/none?serverSelectionTimeoutMS=200"
INTEGRATIONS = (
    Integration(id="CWEB", name="Web <shop>", type="webhook", token_digest=digest("web-token")),
    Integration(id="CAM", name="Prometheus", type="alertmanager", token_digest=digest("am-token")),
)
CONFIGURATION = ConfigSnapshot(version=7, integrations=INTEGRATIONS)
WEB = "/integrations/v1/webhook/web-token/"


class RunningReceiver:
    """What a test needs of it: its address, its runtime, and a client."""

    def __init__(self, running: Running, client: ClientSession) -> None:
        self.running = running
        self.client = client

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.running.port}"

    async def connected(self) -> None:
        await asyncio.wait_for(self.running.io.rabbit.wait_connected(), 60)

    async def post(self, path: str = WEB, json: Any = None, **more: Any) -> tuple[int, Any]:
        """Return status and body (JSON if it is)."""
        async with self.client.post(self.url + path, json=json, **more) as answer:
            return answer.status, await (
                answer.json() if answer.content_type == "application/json" else answer.text()
            )

    async def metric(self, name: str, **labels: str) -> float:
        value = self.running._registry.get_sample_value(name, labels)
        return value or 0.0


@asynccontextmanager
async def a_receiver(
    amqp_url: str, data_dir: Path, configuration: ConfigSnapshot | None = CONFIGURATION, **settings: Any
) -> AsyncIterator[RunningReceiver]:
    """Start a receiver and stop it again, gracefully."""
    data_dir.mkdir(parents=True, exist_ok=True)
    if configuration is not None:
        (data_dir / "configuration-receiver.json").write_text(configuration.model_dump_json())
    values = {"amqp_url": amqp_url, "mongo_url": NO_MONGO, "data_dir": data_dir, "env": "test", **settings}
    running = Running(service, ReceiverSettings.model_validate(values), CollectorRegistry())
    stop, ready = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(running.run(stop, on_ready=lambda _: ready.set()))
    try:
        await asyncio.wait_for(ready.wait(), 60)
        async with ClientSession() as client:
            yield RunningReceiver(running, client)
    finally:
        stop.set()
        await asyncio.wait_for(task, 60)


async def events_in(amqp_url: str, queue: str, at_least: int, timeout_s: float = 20) -> list[Event]:
    """Take events from a queue until there are `at_least` different ones; more than that are returned too."""
    found: dict[str, Event] = {}
    async with asyncio.timeout(timeout_s), aclosing(_taken(amqp_url, queue)) as messages:
        async for events in messages:
            found |= {one.id: one for one in events}
            if len(found) >= at_least:
                break
    return list(found.values())


async def missing_alerts(amqp_url: str, ids: Collection[str], timeout_s: float = 60) -> set[str]:
    """Take events from the router's queue until all of these alerts have come; return those that do not in time.

    Others may be among them: what was not answered, or refused too late, is there as well.
    """
    missing = set(ids)
    with suppress(TimeoutError):
        async with asyncio.timeout(timeout_s), aclosing(_taken(amqp_url, "tocsin.router")) as messages:
            async for events in messages:
                missing -= {one.alert.id for one in events if isinstance(one, AlertReceived)}
                if not missing:
                    break
    return missing


async def _taken(amqp_url: str, queue: str) -> AsyncGenerator[Sequence[Event]]:
    """Yield the events of each message of a queue, for ever."""
    connection = await aio_pika.connect(amqp_url)
    async with connection:
        while not await _exists(connection, queue):
            await asyncio.sleep(0.05)
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=500)
        source = await channel.get_queue(queue, ensure=False)
        async with source.iterator() as messages:
            async for message in messages:
                events = wire.decode(message.body)
                await message.ack()
                yield events


async def _exists(connection: aio_pika.abc.AbstractConnection, queue: str) -> bool:
    """A receiver that has just started may not have declared it yet."""
    channel = await connection.channel()
    try:
        await channel.declare_queue(queue, passive=True)
    except aio_pika.exceptions.ChannelNotFoundEntity:
        return False
    await channel.close()
    return True
