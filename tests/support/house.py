"""All services in this process, against a real broker and a real database: for stories and crash tests."""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from cryptography.fernet import Fernet
from prometheus_client import CollectorRegistry
from pydantic import AnyUrl, Secret, SecretStr

from shared import claiming, clock
from shared.bus.publisher import Publisher
from shared.bus.rabbit import Rabbit
from shared.config import Settings
from shared.domain.configuration import ConfigSnapshot
from shared.domain.configuration_draft import Draft, Row
from shared.domain.model import SYSTEM, Alert
from shared.events import AlertReceived, ConfigChanged, Event, derived_id
from shared.service import Running, Service
from shared.store import due
from shared.store.configuration import ConfigurationStore
from shared.store.mongo import Database

TOKEN = "secret-token"
CRASH_GRACE_S = 0.5
T = TypeVar("T")


async def until(condition: Callable[[], Awaitable[T]], timeout_s: float = 60.0, what: str = "") -> T:
    """Return the first truthy answer of `condition`, asked again and again.

    Raises:
        AssertionError: it stayed falsy for `timeout_s`.
    """
    end = time.monotonic() + timeout_s
    while True:
        answer = await condition()
        if answer:
            return answer
        assert time.monotonic() < end, (
            f"not within {timeout_s} s: {what or condition}; last answer {answer!r}"
        )
        await asyncio.sleep(0.02)


class House:
    """Services of one test, each as its own instance on one event loop."""

    def __init__(self, amqp_url: str, mongo_url: str, folder: Path) -> None:
        self.amqp_url = amqp_url
        self.mongo_url = mongo_url
        self.folder = folder
        self.database = Database(mongo_url)
        self.key = Fernet.generate_key().decode()
        self.running: dict[str, tuple[Running, asyncio.Event, asyncio.Task[None]]] = {}
        self._rabbit = Rabbit(amqp_url, "test")
        self.bus = Publisher(self._rabbit, "test", "test", ())
        self._rabbit.start()

    def settings(self, kind: type[Settings] = Settings, **fields: Any) -> Settings:
        """Return settings of one instance."""
        base: dict[str, Any] = {
            "amqp_url": Secret(AnyUrl(self.amqp_url)),
            "mongo_url": Secret(AnyUrl(self.mongo_url)),
            "data_dir": self.folder / "data",
            "secret_key": SecretStr(self.key),
            "env": "test",
            "allow_private_addresses": True,
        }
        return kind(**(base | fields))

    async def configure(self, *rows: Row) -> None:
        """Store configuration rows as a new version."""
        store = ConfigurationStore(self.database)
        await store.prepare()

        def edit(draft: Draft) -> None:
            for row in rows:
                draft.put(row)

        await store.change(edit, SYSTEM, clock.now())

    async def reconfigure(self, *rows: Row) -> None:
        """Store configuration rows as a new version and announce it, as the api does."""
        await self.configure(*rows)
        version = await ConfigurationStore(self.database).version()
        id = derived_id("configured", version, self.database.name)
        await self.publish(ConfigChanged(id=id, time=clock.now(), config_version=version, version=version))

    async def configure_all(self, snapshot: ConfigSnapshot) -> None:
        """Store everything in a snapshot."""
        parts = (
            snapshot.integrations,
            snapshot.routes,
            snapshot.chains,
            snapshot.steps,
            snapshot.users,
            snapshot.rules,
            snapshot.webhooks,
            snapshot.maintenance_windows,
        )
        await self.configure(*[row for part in parts for row in part])

    async def start(self, *names: str, instances: int = 1, **fields: Any) -> None:
        """Start services by name and wait until each is connected."""
        for name in names:
            for number in range(instances):
                await self.start_one(name, f"{name}-{number}", **fields)
        for running, _, _ in self.running.values():
            await asyncio.wait_for(running.io.rabbit.wait_connected(), 60)

    async def start_one(
        self, name: str, instance: str, prepare: Callable[[Running], None] | None = None, **fields: Any
    ) -> Running:
        """Start one instance of a service; `prepare` may change it before it begins to run."""
        service: Service = importlib.import_module(f"services.{name}.service").service
        return await self.run(service, instance, prepare, **fields)

    async def run(
        self,
        service: Service,
        instance: str,
        prepare: Callable[[Running], None] | None = None,
        **fields: Any,
    ) -> Running:
        """Run a service that may be the test's own; see `start_one`."""
        settings = self.settings(service.settings, instance=instance, **fields)
        running = Running(service, settings, CollectorRegistry())
        if prepare is not None:
            prepare(running)
        stop = asyncio.Event()
        ready = asyncio.Event()
        task = asyncio.create_task(running.run(stop, lambda _: ready.set()))
        self.running[instance] = (running, stop, task)
        await asyncio.wait([asyncio.create_task(ready.wait()), task], return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
        return running

    def io(self, instance: str) -> Any:
        """Return what a service of this house touches the outside with."""
        return self.running[instance][0].io

    async def stop_one(self, instance: str) -> None:
        """Stop one instance gracefully."""
        _, stop, task = self.running.pop(instance)
        stop.set()
        await task

    async def crash(self, instance: str) -> None:
        """Drop one instance in the middle of what it does: its connection breaks, nothing is finished."""
        running, _, task = self.running.pop(instance)
        connection = running.io.rabbit._connection
        with _little_grace():
            task.cancel()
            if connection is not None:
                await connection.close()
            await asyncio.gather(task, return_exceptions=True)

    async def cut(self, instance: str) -> None:
        """Break an instance's connection to the broker; what it had in hand is delivered again, to whoever is there."""
        connection = self.running[instance][0].io.rabbit._connection
        assert connection is not None
        await connection.close()

    async def close(self) -> None:
        """Stop everything."""
        for instance in list(self.running):
            await self.stop_one(instance)
        await self._rabbit.close()
        self.database.close()

    async def publish(self, *events: Event) -> None:
        """Tell events as if a service had."""
        await self._rabbit.wait_connected()
        await self.bus.publish(events)

    async def receive(
        self, payload: Any, *, name: str = "", integration_id: str = "C1", **fields: Any
    ) -> str:
        """Accept an alert as the receiver does; return its id."""
        id = derived_id("received", name or time.monotonic_ns())
        alert = Alert(id=id, integration_id=integration_id, received_at=clock.now(), payload=payload)
        await self.publish(received(alert, **fields))
        return id


@contextmanager
def _little_grace() -> Iterator[None]:
    """A stop gives what is in hand ten seconds to end; who dies at a gap would stand there for all of them."""
    before = due.GRACE_S, claiming.GRACE_S
    due.GRACE_S = claiming.GRACE_S = CRASH_GRACE_S
    try:
        yield
    finally:
        due.GRACE_S, claiming.GRACE_S = before


def received(alert: Alert, **fields: Any) -> AlertReceived:
    """Return the event of an accepted alert."""
    return AlertReceived(
        id=derived_id(alert.id, "received"), time=alert.received_at, alert_id=alert.id, alert=alert, **fields
    )


def token_digest(token: str = TOKEN) -> str:
    """Return what an integration's token is looked up by."""
    return hashlib.sha256(token.encode()).hexdigest()


def documents(
    client: Any, database: str, collection: str, query: dict[str, Any] | None = None
) -> Sequence[Any]:
    """Return stored documents, read past the product."""
    return list(client[database][collection].find(query or {}))
