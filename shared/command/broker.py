"""A connection of the command line to the broker, for as long as one command takes."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from shared import log
from shared.bus.publisher import Publisher
from shared.bus.rabbit import Rabbit
from shared.command.failure import CommandFailed
from shared.command.settings import amqp_url
from shared.events import AlertReceived, StageDecided

NAME = "command"
CONNECT_TIMEOUT_S = 10.0
T = TypeVar("T")


def with_broker(work: Callable[[Rabbit, Publisher], Awaitable[T]]) -> T:
    """Run `work` with a connection and return its result.

    Raises:
        CommandFailed: the broker did not answer within 10 s.
    """
    log.configure("console", "error")

    async def run() -> T:
        async with connected() as (rabbit, publisher):
            return await work(rabbit, publisher)

    return asyncio.run(run())


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[Rabbit, Publisher]]:
    """Connect, and leave at the end; see `with_broker`."""
    instance = f"{socket.gethostname()}-{os.getpid()}"
    rabbit = Rabbit(amqp_url(), f"{NAME}@{instance}")
    rabbit.start()
    try:
        await asyncio.wait_for(rabbit.wait_connected(), CONNECT_TIMEOUT_S)
        yield rabbit, Publisher(rabbit, NAME, instance, (AlertReceived, StageDecided))
    except TimeoutError as error:
        raise CommandFailed("The broker does not answer (TOCSIN_AMQP_URL).") from error
    finally:
        await rabbit.close()
