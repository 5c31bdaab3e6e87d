"""Virtual hosts for tests: one that a test leaves as it found it is used again by the next one.

Making and deleting the fifty queues of a virtual host takes the broker a second or two; emptying them, a tenth.
"""

from __future__ import annotations

import asyncio
import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, urlsplit

import aio_pika
from aio_pika.abc import AbstractChannel
from aiormq.exceptions import AMQPError

from deploy.local.rabbit import request_management
from deploy.local.servers import Servers
from shared.bus.topology import TOPOLOGY

NAMES = tuple(spec.name for spec in TOPOLOGY.queues)
# Connections that a test has just closed may be seen for a moment.
LEAVES_WITHIN_S = 2.0
_spare: list[str] = []


@contextmanager
def fresh_vhost(servers: Servers) -> Iterator[str]:
    """URL of a virtual host that nobody else uses, with no message in it."""
    name = _spare.pop() if _spare else _made(servers)
    url = urlsplit(servers.amqp_url)._replace(path=f"/{name}").geturl()
    try:
        yield url
    finally:
        if _is_as_new(servers, name, url):
            _spare.append(name)
        else:
            _deleted(servers, name)


def delete_spares(servers: Servers) -> None:
    """Delete what is kept for the next test: there is none."""
    while _spare:
        _deleted(servers, _spare.pop())


def _made(servers: Servers) -> str:
    name = f"test-{uuid.uuid4().hex[:12]}"
    request_management(_management(servers), "PUT", f"/api/vhosts/{name}")
    user = urlsplit(servers.amqp_url).username or "guest"
    everything = b'{"configure": ".*", "write": ".*", "read": ".*"}'
    request_management(_management(servers), "PUT", f"/api/permissions/{name}/{quote(user)}", everything)
    return name


def _deleted(servers: Servers, name: str) -> None:
    request_management(_management(servers), "DELETE", f"/api/vhosts/{name}")


def _management(servers: Servers) -> str:
    assert servers.management_url is not None
    return servers.management_url


def _is_as_new(servers: Servers, name: str, url: str) -> bool:
    """Empty a virtual host; False when it holds something else than the topology, or somebody is still there."""
    listed = request_management(_management(servers), "GET", f"/api/queues/{name}?columns=name")
    found = {one["name"] for one in json.loads(listed)}
    # Queues of one connection vanish with it, and it may just have been closed.
    durable = {one for one in found if not one.startswith(("amq.gen-", "tocsin.replies."))}
    if not durable:
        return not found
    return durable == set(NAMES) and _run(url)


def _run(url: str) -> bool:
    """Empty the queues from a thread of its own: whoever asks may be in the middle of an event loop."""
    outcome: list[bool] = []
    worker = threading.Thread(target=lambda: outcome.append(asyncio.run(_emptied(url))))
    worker.start()
    worker.join()
    return outcome == [True]


async def _emptied(url: str) -> bool:
    try:
        async with asyncio.timeout(20), await aio_pika.connect(url) as connection:
            channel = await connection.channel(publisher_confirms=False)
            async with asyncio.timeout(LEAVES_WITHIN_S):
                while await _consumers(channel):
                    await asyncio.sleep(0.05)
            underlay = await channel.get_underlay_channel()
            for name in NAMES:
                await underlay.queue_purge(name)
    except (AMQPError, OSError, TimeoutError):
        return False
    return True


async def _consumers(channel: AbstractChannel) -> int:
    underlay = await channel.get_underlay_channel()
    counts = [(await underlay.queue_declare(name, passive=True)).consumer_count or 0 for name in NAMES]
    return sum(counts)
