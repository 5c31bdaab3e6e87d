"""Follows the configuration: what depends on it is worked out again for each version, by a task in the background."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from shared.domain.configuration import ConfigSnapshot
from shared.errors import Unavailable
from shared.live_configuration import LiveConfiguration
from shared.store.configuration import ConfigurationStore

log = structlog.get_logger(__name__)
LOOK_AGAIN_S = 10.0
AGAIN_S = 1.0


class Following:
    """Runs `step` once per version: at once when a new one is told, and after looking every 10 s besides."""

    def __init__(
        self,
        live: LiveConfiguration,
        configuration: ConfigurationStore,
        step: Callable[[ConfigSnapshot], Awaitable[None]],
    ) -> None:
        self._configuration = configuration
        self._step = step
        self._changed = asyncio.Event()
        self._followed = -1
        live.on_change(lambda _: self._changed.set())

    async def run(self) -> None:
        """Follow for ever; while the database is away nothing is forgotten."""
        while True:
            self._changed.clear()
            wait_s = LOOK_AGAIN_S
            try:
                await self.follow()
            except Unavailable as error:
                log.warning("configuration.not_followed", reason=error.reason)
                wait_s = AGAIN_S
            try:
                async with asyncio.timeout(wait_s):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def follow(self) -> None:
        """Run the step if there is a version that it did not run for.

        Raises:
            Unavailable: the database is away.
        """
        config = await self._configuration.load()
        if config.version == self._followed:
            return
        await self._step(config)
        self._followed = config.version
