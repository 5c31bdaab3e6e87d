"""What one page costs, and how long it takes: `python -m tests.bench.notifier`.

A broker and a database of its own, one notifier, one mail server, each a process; pages come at a fixed rate, one
per alert group. What the processes use while nothing happens is taken off. The last line is for machines.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import aio_pika
import psutil
from pymongo import MongoClient

from deploy.local.servers import LocalServers
from shared import clock
from shared.bus import wire
from shared.bus.topology import EXCHANGE
from shared.bus.wire import Provenance
from shared.domain.configuration import User
from shared.domain.delivery import Delivery
from shared.domain.model import SYSTEM, Group
from shared.events import NotificationRequested
from shared.store.alert_groups import AlertGroups, GroupWrite
from shared.store.configuration import ConfigurationStore
from shared.store.deliveries import Deliveries
from shared.store.mongo import Database
from tests.support.outgoing import a_group, page_requested
from tests.support.smtp_double import SmtpDouble
from tests.support.stack import Stack, existing_services

IDLE_S = 3.0
DOMAINS = 8


def serve_mail(pipe: Connection) -> None:
    """Run the mail server as a process of its own; the answer to anything sent is how many mails it has taken."""

    async def run() -> None:
        async with SmtpDouble() as double:
            pipe.send(double.port)
            while await asyncio.to_thread(pipe.recv):
                pipe.send((len(double.mails), len(double.repeated()), double.connections))

    asyncio.run(run())


@contextmanager
def mail_server() -> Iterator[tuple[int, Connection]]:
    """Start it; yield its port and how to ask it."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve_mail, args=(theirs,), daemon=True)
    process.start()
    try:
        yield ours.recv(), ours
    finally:
        process.kill()
        process.join()


def statements(mongo_url: str) -> int:
    """Return how many commands the server has taken; a batch of inserts counts once."""
    with MongoClient(mongo_url) as client:
        found = client.admin.command("serverStatus")["metrics"]["commands"]
    return sum(int(found[name]["total"]) for name in ("insert", "update", "find", "getMore", "aggregate"))


class Meter:
    """CPU seconds of processes by name."""

    def __init__(self, pids: dict[str, int]) -> None:
        self._processes = {name: psutil.Process(pid) for name, pid in pids.items()}
        self._idle: dict[str, float] = {}

    def _read(self) -> dict[str, float]:
        return {name: sum(one.cpu_times()[:2]) for name, one in self._processes.items()}

    async def measure_idle(self) -> None:
        """Learn what they use while nothing happens."""
        self.begin()
        await asyncio.sleep(IDLE_S)
        self._idle = {name: used / IDLE_S for name, used in self.used_s().items()}

    def begin(self) -> None:
        """Count from now."""
        self._at_s, self._before = clock.monotonic_s(), self._read()

    def used_s(self) -> dict[str, float]:
        """Return what they have used since, beyond what they use idle."""
        took_s = clock.monotonic_s() - self._at_s
        return {
            name: used - self._before[name] - self._idle.get(name, 0.0) * took_s
            for name, used in self._read().items()
        }


async def prepare(database: Database, pages: int) -> list[Group]:
    """Store users and one firing group per page."""
    groups = AlertGroups(database)
    await groups.prepare()
    configuration = ConfigurationStore(database)
    await configuration.prepare()
    users = [
        User(id=f"U{one}", username=f"user{one}", email=f"user{one}@mail{one}.example")
        for one in range(DOMAINS)
    ]
    await configuration.change(lambda draft: [draft.put(one) for one in users], SYSTEM, clock.now())
    made = [a_group(key=f"bench-{number}") for number in range(pages)]
    for start in range(0, pages, 500):
        await groups.save([GroupWrite(one, None, [], clock.now()) for one in made[start : start + 500]])
    return made


async def publish(amqp_url: str, groups: Sequence[Group], rate: float, together: int) -> None:
    """Tell the requests at an even rate, `together` of them in a message."""
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel(on_return_raises=True)
        exchange = await channel.get_exchange(EXCHANGE, ensure=False)
        began = clock.monotonic_s()
        for start in range(0, len(groups), together):
            await asyncio.sleep(max(0.0, began + start / rate - clock.monotonic_s()))
            events = [
                a_page(group, number) for number, group in enumerate(groups[start : start + together], start)
            ]
            body = wire.join([wire.encode(one, Provenance("bench", "bench")) for one in events])
            message = aio_pika.Message(body, content_type=wire.CONTENT_TYPE)
            await exchange.publish(message, wire.routing_key(events[0]))


def a_page(group: Group, number: int) -> NotificationRequested:
    """Return the request to page one of the users for a group."""
    return page_requested(group, user_id=f"U{number % DOMAINS}", time=clock.now())


async def finished(deliveries: Deliveries, pages: int, timeout_s: float = 60.0) -> None:
    """Wait until all pages are written down as sent and told."""
    done = {"state": "sent", "untold_at": {"$exists": False}}
    async with asyncio.timeout(timeout_s):
        while await deliveries.collection.count(done) < pages:
            await asyncio.sleep(0.5)


async def latencies(deliveries: Deliveries) -> list[float]:
    """Return how long the pages took from their request to the mail server's word, in s, shortest first."""
    rows = await deliveries.collection.find({"state": "sent"}, {"body": 1})
    found = [Delivery.model_validate_json(one["body"]) for one in rows]
    return sorted((one.finished_at - one.event.time).total_seconds() for one in found if one.finished_at)


async def run(options: argparse.Namespace, local: LocalServers, folder: Path) -> None:
    """Measure and print."""
    database = Database(local.mongo.url())
    groups = await prepare(database, options.pages)
    deliveries = Deliveries(database, timedelta(days=1))
    with mail_server() as (port, ask):
        settings = {
            "TOCSIN_SMTP_HOST": SmtpDouble.host,
            "TOCSIN_SMTP_PORT": str(port),
            "TOCSIN_SMTP_FROM": "tocsin@example.org",
        }
        only = {name: int(name == "notifier") for name in existing_services()}
        stack = Stack(local.rabbit.amqp_url(), local.mongo.url(), folder, only, settings)
        await stack.start_one("notifier")
        try:
            notifier, mongod = stack.pid("notifier"), local.mongo.pid
            assert notifier is not None
            assert mongod is not None
            print(f"notifier {notifier} mongod {mongod}", flush=True)
            meter = Meter({"notifier": notifier, "mongod": mongod})
            await meter.measure_idle()
            taken = statements(local.mongo.url())
            meter.begin()
            await publish(local.rabbit.amqp_url(), groups, options.rate, options.together)
            await finished(deliveries, options.pages)
            used = meter.used_s()
            taken = statements(local.mongo.url()) - taken
        finally:
            await stack.stop()
        ask.send(True)
        mails, repeated, lines = ask.recv()
    took_s = await latencies(deliveries)
    costs = "  ".join(f"{name}_us_per_page={one / options.pages * 1e6:.0f}" for name, one in used.items())
    p50_ms, p99_ms = (took_s[int(len(took_s) * part)] * 1000 for part in (0.5, 0.99))
    print(
        f"notifier: {costs}  statements_per_page={taken / options.pages:.2f}  p50_ms={p50_ms:.0f}  "
        f"p99_ms={p99_ms:.0f}  mails={mails} repeated={repeated} lines={lines}"
    )
    database.close()


def main() -> None:
    """Read the options, start the servers, run, and leave nothing behind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--rate", type=float, default=100.0, help="pages per second")
    parser.add_argument("--together", type=int, default=1, help="pages in one message")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        local = LocalServers(Path(folder) / "servers")
        try:
            local.start()
            asyncio.run(run(options, local, Path(folder)))
        finally:
            local.destroy()


if __name__ == "__main__":
    main()
