"""What a service is, and how it lives: start, work, drain, stop. Written once for all of them."""

from __future__ import annotations

import argparse
import asyncio
import gc
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import structlog
import uvloop
from aiohttp import web
from prometheus_client import CollectorRegistry

from shared import clock, log
from shared.bus import wire
from shared.bus.publisher import Publisher
from shared.bus.rabbit import Rabbit
from shared.bus.topology import CONSUMES, lanes_of
from shared.config import Settings
from shared.errors import Unavailable
from shared.events import ActionApplied, ActionRefused, ConfigChanged, Event
from shared.health import Check, Health, HttpServer
from shared.live_configuration import LiveConfiguration, load_until_there
from shared.loop import StageLoop
from shared.memory import give_memory_back
from shared.metrics import Metrics
from shared.raw_loop import RawHandler, RawLoop
from shared.secrets import Secrets
from shared.stage import Handler
from shared.store.configuration import ConfigurationStore
from shared.store.mongo import Database
from shared.supervisor import Supervisor
from shared.tracing import Tracing

logger = structlog.get_logger(__name__)
STUCK_S = 120.0
# Events are trees without cycles: looking for cycles at each 700 new objects finds none and takes a tenth of the time.
GC_THRESHOLDS = (20_000, 20, 20)
PROBE_S = 5.0
Reply = Callable[[ActionApplied | ActionRefused], None]


@dataclass
class Io:
    """Everything a service may touch of the outside; `open_service` puts its handler on top of it."""

    name: str
    instance: str
    settings: Settings
    rabbit: Rabbit
    bus: Publisher
    store: Database
    config: LiveConfiguration
    secrets: Secrets
    http: web.Application
    metrics: Metrics
    health: Health
    supervisor: Supervisor
    closers: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    def spawn(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        """Keep a background task going; after an exception it begins again, with a growing pause."""
        self.supervisor.spawn(name, run)

    def add_ready_check(self, name: str, check: Check) -> None:
        """Add a condition for taking work; `check` returns why not, or None."""
        self.health.ready_check(name, check)

    def on_close(self, callback: Callable[[], Awaitable[None]]) -> None:
        """Have `callback` run after the last batch, before the broker and the database are left."""
        self.closers.append(callback)

    def can_tell(self) -> bool:
        """Whether the broker would take an event now."""
        return self.bus.is_connected

    def subscribe_replies(self, callback: Reply) -> str:
        """Have the outcomes of this instance's own action requests handed to `callback`; return its queue's name."""

        def decode(body: bytes) -> None:
            for event in wire.decode(body):
                if isinstance(event, ActionApplied | ActionRefused):
                    callback(event)

        return self.rabbit.replies(decode)


Open = Callable[[Io], AbstractAsyncContextManager[Handler | None]]
OpenRaw = Callable[[Io], AbstractAsyncContextManager[RawHandler]]


@dataclass(frozen=True)
class Service:
    """One service: what it consumes and emits, what it cannot work without, and how it is opened.

    `keeps` names the parts of the configuration that it needs (None: all of them). `open_raw` in the place of
    `open` is for a stage that takes messages as they are on the wire.
    """

    name: str
    open: Open | None = None
    open_raw: OpenRaw | None = None
    consumes: tuple[type[Event], ...] = ()
    emits: tuple[type[Event], ...] = ()
    needs_database: bool = True
    keeps: frozenset[str] | None = None
    settings: type[Settings] = Settings


class Running:
    """One service being alive in this process."""

    def __init__(self, service: Service, settings: Settings, registry: CollectorRegistry) -> None:
        if service.name in CONSUMES and CONSUMES[service.name] != service.consumes:
            raise RuntimeError(f"{service.name} consumes something else than the topology says")
        self.service = service
        self.settings = settings
        instance = settings.instance_name
        self._loop: StageLoop | None = None
        self._database_error: str | None = None
        rabbit = Rabbit(settings.amqp_url.get_secret_value().unicode_string(), f"{service.name}@{instance}")
        store = Database(settings.mongo_url.get_secret_value().unicode_string())
        self.io = Io(
            name=service.name,
            instance=instance,
            settings=settings,
            rabbit=rabbit,
            bus=Publisher(rabbit, service.name, instance, service.emits),
            store=store,
            config=LiveConfiguration(
                ConfigurationStore(store, service.keeps),
                settings.data_dir / f"configuration-{service.name}.json",
                service.keeps,
            ),
            secrets=Secrets(settings.secret_key.get_secret_value()),
            http=web.Application(client_max_size=settings.max_body_bytes),
            metrics=Metrics(registry, service.name),
            health=Health(service.name, instance),
            supervisor=Supervisor(),
        )
        self._tracing = Tracing.to(settings.otlp_endpoint, service.name, instance)
        self._registry = registry
        self.port = 0

    async def run(self, stop: asyncio.Event, on_ready: Callable[[Running], None] | None = None) -> None:
        """Live until `stop` is set; then finish what is in hand and leave."""
        io = self.io
        self._add_checks()
        io.rabbit.listen(ConfigChanged.type, self._config_changed)
        async with self._opened() as loop:
            server = HttpServer(io.http, self.settings.host, self.settings.port)
            io.health.routes(io.http, self._registry)
            self.port = await server.start()
            logger.info("service.started", service=self.service.name, instance=io.instance, port=self.port)
            io.rabbit.start()
            if on_ready is not None:
                on_ready(self)
            try:
                await self._work(loop, stop)
            finally:
                await server.stop_listening()
                await server.close()
        logger.info("service.stopped", service=self.service.name, instance=io.instance)

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[StageLoop | None]:
        io = self.io
        io.config.read_file()
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._leave)
            loop = await self._open(stack)
            yield loop
            await io.supervisor.close()
            for close in reversed(io.closers):
                await close()

    async def _open(self, stack: AsyncExitStack) -> StageLoop | None:
        """Open the service and put its handler into the loop that fits."""
        io, service = self.io, self.service
        if service.open_raw is not None:
            raw = await stack.enter_async_context(service.open_raw(io))
            return RawLoop(io.rabbit, io.bus, raw, io.metrics, self._tracing)
        if service.open is None:
            raise RuntimeError(f"{service.name} has nothing to open")
        handler = await stack.enter_async_context(service.open(io))
        return (
            StageLoop(io.rabbit, io.bus, handler, io.metrics, self._tracing) if handler is not None else None
        )

    async def _leave(self) -> None:
        await self.io.supervisor.close()
        await self.io.rabbit.close()
        self.io.store.close()
        self._tracing.close()

    async def _work(self, loop: StageLoop | None, stop: asyncio.Event) -> None:
        io = self.io
        io.spawn("configuration", io.config.keep_up)
        io.spawn("topology", io.bus.keep_verifying)
        if self.service.needs_database:
            io.spawn("database", self._watch_database)
        stopping = asyncio.create_task(stop.wait())
        if loop is None:
            await stopping
            return
        loop.probe = io.store.ping if self.service.needs_database else None
        loop.serve(self.service.name, lanes_of(self.service.name), self.settings.prefetch)
        self._loop = loop
        working = asyncio.create_task(self._consume(loop), name=f"{self.service.name}.loop")
        try:
            await asyncio.wait([stopping, working], return_when=asyncio.FIRST_COMPLETED)
            loop.stop()
            if io.config.has_any or working.done():
                await working
        finally:
            stopping.cancel()
            working.cancel()
            await asyncio.gather(stopping, working, return_exceptions=True)

    async def _consume(self, loop: StageLoop) -> None:
        await load_until_there(self.io.config)
        await loop.run()

    def _config_changed(self, body: bytes) -> None:
        for event in wire.decode(body):
            if isinstance(event, ConfigChanged):
                self.io.config.changed(event.version)

    def _add_checks(self) -> None:
        io = self.io
        io.add_ready_check("broker", lambda: None if io.rabbit.is_connected else "not connected")
        if self.service.needs_database:
            io.add_ready_check("database", lambda: self._database_error)
        io.add_ready_check("work", lambda: self._loop.paused_by if self._loop is not None else None)
        io.health.alive_check("loop", self._stuck)

    def _stuck(self) -> str | None:
        if self._loop is None or clock.monotonic_s() - self._loop.last_turn_s < STUCK_S:
            return None
        return f"no turn of the loop for {STUCK_S:.0f} s"

    async def _watch_database(self) -> None:
        """Know whether the database is there, also while nothing asks for it."""
        while True:
            try:
                await self.io.store.ping()
                self._database_error = None
            except Unavailable as error:
                self._database_error = error.reason
            await asyncio.sleep(PROBE_S if self._database_error is None else 0.5)


def main(service: Service) -> None:
    """Run one service as this process; `--check` only proves that it can be imported and wired."""
    parser = argparse.ArgumentParser(prog=f"python -m services.{service.name}")
    parser.add_argument("--check", action="store_true", help="load everything, open nothing, exit 0")
    options = parser.parse_args()
    settings = service.settings()
    if options.check:
        print(f"{service.name}: ok, consumes {[one.type for one in service.consumes]}")
        return
    run_all([(service, settings)])


def run_all(services: Sequence[tuple[Service, Settings]]) -> None:
    """Run services in this process until SIGTERM or SIGINT, each with settings (and a port) of its own."""
    first = services[0][1]
    log.configure(first.log_format, first.log_level)
    clock.use_test_clock_if_asked(first.env)
    # What is loaded now stays: without this each full collection walks all of it again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    give_memory_back()
    uvloop.run(_run_until_signalled(services))


async def _run_until_signalled(services: Sequence[tuple[Service, Settings]]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    registry = CollectorRegistry()
    running = [Running(service, settings, registry) for service, settings in services]
    tasks = [asyncio.create_task(one.run(stop), name=one.service.name) for one in running]
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    stop.set()
    failed = [one for one in done if one.exception() is not None]
    await asyncio.gather(*tasks, return_exceptions=True)
    if failed:
        logger.error("service.failed", service=failed[0].get_name(), exc_info=failed[0].exception())
        sys.exit(1)
