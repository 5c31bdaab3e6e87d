"""The limit probe: a bare aio-pika relay, consume -> publish -> ack, over as many hops as an alert makes.

The same bodies in the same batch format, quorum queues, persistent, confirmed, and no work at all: what the client
library, the broker and this machine allow. Run as `python -m tests.bench.relay URL FROM TO` it is one hop.
"""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time

import aio_pika
import uvloop
from aio_pika.abc import AbstractIncomingMessage

HOPS = 5  # router, grouper, renderer, escalator, notifier
PREFETCH = 50


def queue_of(hop: int) -> str:
    """Return the queue that a hop consumes."""
    return f"relay.{hop}"


async def relay(url: str, source: str, target: str) -> None:
    """Move messages until SIGTERM: take what has arrived, publish all, await the confirms, acknowledge at once."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    connection = await aio_pika.connect(url)
    incoming = await connection.channel(publisher_confirms=False)
    outgoing = await connection.channel(publisher_confirms=True, on_return_raises=True)
    await incoming.set_qos(prefetch_count=PREFETCH)
    waiting: list[AbstractIncomingMessage] = []
    arrived = asyncio.Event()

    async def take_in(message: AbstractIncomingMessage) -> None:
        waiting.append(message)
        arrived.set()

    await (await incoming.get_queue(source, ensure=False)).consume(take_in)
    while not stop.is_set():
        try:
            await asyncio.wait_for(arrived.wait(), 0.2)
        except TimeoutError:
            continue
        arrived.clear()
        batch = list(waiting)
        waiting.clear()
        await asyncio.gather(*(_pass_on(outgoing, one, target) for one in batch))
        await batch[-1].ack(multiple=True)
    await connection.close()


async def _pass_on(
    channel: aio_pika.abc.AbstractChannel, message: AbstractIncomingMessage, target: str
) -> None:
    copy = aio_pika.Message(
        message.body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT, headers=message.headers
    )
    await channel.default_exchange.publish(copy, target, mandatory=True)


async def probe(url: str, bodies: list[tuple[bytes, int]]) -> float:
    """Return how many events a second went through all hops; a body is (message, events in it)."""
    connection = await aio_pika.connect(url)
    channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
    last = None
    for hop in range(HOPS + 1):
        last = await channel.declare_queue(queue_of(hop), durable=True, arguments={"x-queue-type": "quorum"})
    assert last is not None
    relays = [
        subprocess.Popen([sys.executable, "-m", "tests.bench.relay", url, queue_of(hop), queue_of(hop + 1)])
        for hop in range(HOPS)
    ]
    try:
        await asyncio.sleep(3.0)
        began = time.perf_counter()
        for start in range(0, len(bodies), 20):
            await asyncio.gather(
                *(
                    channel.default_exchange.publish(
                        aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT), queue_of(0)
                    )
                    for body, _ in bodies[start : start + 20]
                )
            )
        while (await channel.declare_queue(last.name, passive=True)).declaration_result.message_count < len(
            bodies
        ):
            await asyncio.sleep(0.02)
        took_s = time.perf_counter() - began
    finally:
        for one in relays:
            one.terminate()
            one.wait()
        for hop in range(HOPS + 1):
            await channel.queue_delete(queue_of(hop))
        await connection.close()
    return sum(events for _, events in bodies) / took_s


if __name__ == "__main__":
    uvloop.run(relay(sys.argv[1], sys.argv[2], sys.argv[3]))
