"""A service as a process that can be killed, and a clock that is past what the dead one held."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

from shared import clock
from tests.support.one_service import Surroundings
from tests.support.stack import Stack, existing_services


@asynccontextmanager
async def process(around: Surroundings, service: str, settings: Mapping[str, str]) -> AsyncIterator[Stack]:
    """One instance of one service as a process that can be killed."""
    only = {name: int(name == service) for name in existing_services()}
    stack = Stack(around.amqp_url, around.mongo_url, around.data_dir / "stack", only, settings)
    try:
        await stack.start_one(service)
        yield stack
    finally:
        await stack.stop()


@asynccontextmanager
async def later(by: timedelta) -> AsyncIterator[None]:
    """Move the clock of this process past every lease of the dead one."""
    before = clock.use(clock.now)
    clock.use(lambda: before() + by)
    try:
        yield
    finally:
        clock.use(before)
