"""How many requests one receiver process accepts per second, and what one costs: `python -m tests.bench.receiver`.

Real broker, one receiver process, keep-alive connections from this process, Alertmanager bodies of about 1.5 KB.
Nothing consumes the queues. The last line is for machines; the first row (one connection) is the latency of a
lone request.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import aiohttp
import orjson
import psutil
import uvloop

from shared import integrations
from shared.domain.configuration import ConfigSnapshot, Integration
from shared.secrets import digest
from tests.support import servers as shared_servers
from tests.support import vhosts
from tests.support.stack import Stack

INTEGRATIONS = 50


def a_request(integration: int) -> bytes:
    """Return one whole HTTP request."""
    kind = integrations.by_slug("alertmanager")
    assert kind is not None
    body = orjson.dumps(kind.example_firing)
    head = (
        f"POST /integrations/v1/alertmanager/token-{integration}/ HTTP/1.1\r\nHost: bench\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Connection(asyncio.Protocol):
    """Sends the next request when the last one was answered, until the deadline."""

    def __init__(self, requests: Sequence[bytes], deadline_s: float) -> None:
        self.requests = requests
        self.deadline_s = deadline_s
        self.took_s: list[float] = []
        self.refused = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.WriteTransport, transport)
        self.next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionResetError("the receiver hung up"))

    def next(self) -> None:
        self.sent_s = time.perf_counter()
        self.transport.write(self.requests[len(self.took_s) % len(self.requests)])

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        self.took_s.append(now - self.sent_s)
        self.refused += not data.startswith(b"HTTP/1.1 200")
        if now < self.deadline_s:
            self.next()
        else:
            self.transport.close()
            self.done.set_result(None)


async def measure(port: int, pid: int, connections: int, seconds: float) -> dict[str, float]:
    """Load the receiver and return what came of it."""
    loop = asyncio.get_running_loop()
    requests = [a_request(one) for one in range(INTEGRATIONS)]
    process = psutil.Process(pid)
    cpu_s, began_s = sum(process.cpu_times()[:2]), time.perf_counter()
    made = []
    for number in range(connections):
        ours = requests[number % INTEGRATIONS :] + requests[: number % INTEGRATIONS]
        _, one = await loop.create_connection(
            lambda ours=ours: Connection(ours, began_s + seconds),  # type: ignore[misc]
            "127.0.0.1",
            port,
        )
        made.append(one)
    await asyncio.wait_for(asyncio.gather(*(one.done for one in made)), seconds + 10)
    took_s = time.perf_counter() - began_s
    cpu_s = sum(process.cpu_times()[:2]) - cpu_s
    answers = sorted(one for connection in made for one in connection.took_s)
    return {
        "connections": connections,
        "per_s": len(answers) / took_s,
        "p50_ms": answers[len(answers) // 2] * 1000,
        "p99_ms": answers[int(len(answers) * 0.99)] * 1000,
        "cpu_us": cpu_s / len(answers) * 1e6,
        "refused": sum(one.refused for one in made),
    }


async def run(connections: Sequence[int], seconds: float) -> None:
    """Measure each number of connections in turn and print a table."""
    servers = shared_servers.join(os.getpid())
    try:
        with vhosts.fresh_vhost(servers) as amqp_url, tempfile.TemporaryDirectory() as folder:
            mongo_url = "mongodb://127.0.0.1:1/none?serverSelectionTimeoutMS=200"
            stack = Stack(amqp_url, mongo_url, Path(folder), settings={"TOCSIN_LOG_LEVEL": "warning"})
            write_configuration(Path(folder) / "data" / "configuration-receiver.json")
            await stack.start_one("receiver")
            try:
                await show(stack, connections, seconds)
            finally:
                await stack.stop()
    finally:
        shared_servers.leave(os.getpid())


async def show(stack: Stack, connections: Sequence[int], seconds: float) -> None:
    """Print one row per number of connections, and the best of them for machines."""
    pid = stack.pid("receiver")
    assert pid is not None
    async with asyncio.timeout(30), aiohttp.ClientSession() as client:
        while True:  # until the broker's topology is declared, requests are spooled and answered 202
            url = f"{stack.url('receiver')}/integrations/v1/alertmanager/token-0/"
            async with client.post(url, json={}) as answer:
                if answer.status == 200:
                    break
            await asyncio.sleep(0.05)
    rows = [await measure(stack.instance("receiver").port, pid, count, seconds) for count in connections]
    for row in rows:
        print("  ".join(f"{name}={value:8.1f}" for name, value in row.items()))
    best = max(rows, key=lambda row: row["per_s"])
    print(
        f"receiver: requests_per_s={best['per_s']:.0f} cpu_us_per_request={best['cpu_us']:.0f} "
        f"p50_ms_alone={rows[0]['p50_ms']:.2f} refused={sum(row['refused'] for row in rows):.0f}"
    )


def write_configuration(file: Path) -> None:
    """Leave the snapshot that a receiver starts from when the database is away."""
    made = [
        Integration(
            id=f"C{one}", name=f"Bench {one}", type="alertmanager", token_digest=digest(f"token-{one}")
        )
        for one in range(INTEGRATIONS)
    ]
    file.write_text(ConfigSnapshot(version=1, integrations=tuple(made)).model_dump_json())


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4.0, help="per row")
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 16, 64, 200])
    options = parser.parse_args()
    uvloop.run(run(options.connections, options.seconds))


if __name__ == "__main__":
    main()
