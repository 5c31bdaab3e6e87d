"""Carries changes of the configuration over to heartbeats: other timeouts, and integrations that are gone."""

from __future__ import annotations

import asyncio

import structlog

from shared import clock
from shared.domain.configuration import ConfigSnapshot
from shared.domain.heartbeats import retime
from shared.errors import Unavailable
from shared.live_configuration import LiveConfiguration
from shared.store.heartbeats import Heartbeats, HeartbeatWrite, Stored

log = structlog.get_logger(__name__)
# Also without news: a heartbeat that had something to tell could not be removed with its integration.
LOOK_EVERY_S = 60.0
AGAIN_AFTER_S = 1.0


class Following:
    """Compares what is stored with the configuration; any number of instances may do the same."""

    def __init__(self, heartbeats: Heartbeats, config: LiveConfiguration) -> None:
        self._heartbeats = heartbeats
        self._config = config
        self._news = asyncio.Event()

    def changed(self, _: ConfigSnapshot) -> None:
        """Take the news that there is another snapshot."""
        self._news.set()

    async def run(self) -> None:
        """Follow for ever, at once after each change."""
        while True:
            self._news.clear()
            pause_s = LOOK_EVERY_S
            try:
                await self.follow()
            except Unavailable as error:
                log.warning("timeouts.delayed", reason=error.reason)
                pause_s = AGAIN_AFTER_S
            try:
                # Not wait_for: it swallows a cancellation that comes together with the news.
                async with asyncio.timeout(pause_s):
                    await self._news.wait()
            except TimeoutError:
                continue

    async def follow(self) -> None:
        """Bring every heartbeat in line with the current snapshot; who loses a race is looked at again later."""
        config = self._config.current
        writes: list[HeartbeatWrite] = []
        for one in await self._heartbeats.all():
            if one.config_version > config.version:
                # It knows more than this instance does.
                continue
            write = await self._followed(one, config)
            if write is not None:
                writes.append(write)
        if await self._heartbeats.save(writes):
            self._news.set()

    async def _followed(self, one: Stored, config: ConfigSnapshot) -> HeartbeatWrite | None:
        before = one.heartbeat
        integration = config.integration_by_id.get(before.id)
        if integration is None:
            await self._heartbeats.end(before)
            log.info("heartbeat.ended", integration_id=before.id)
            return None
        after = retime(before, integration.heartbeat.timeout_s)
        if after is before:
            return None
        return HeartbeatWrite(after, before.version, config.version, (), clock.now())
