"""The live feed of the pages: which alert groups changed, told at most twice a second to everybody who looks.

Nothing is taken from the broker while nobody looks.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson
import structlog
from aiohttp import web

from services.api.console.visits import Visit
from shared import clock
from shared.bus import wire
from shared.bus.rabbit import Rabbit
from shared.domain.model import Group
from shared.errors import Unavailable
from shared.events import GROUP_EVENTS

log = structlog.get_logger(__name__)
EVERY_S = 0.5
BEAT_EVERY_S = 15.0
# More than a page shows: then the page is told that there is more, and loads itself when its reader wants to.
MAX_IDS = 100
MAX_WATCHERS = 500
# Browsers come again by themselves, and then show again that they are still signed in.
LASTS_S = 600.0
KEYS = tuple(f"{one.type}.#" for one in GROUP_EVENTS)


class Watcher:
    """One page that is looked at: the groups that changed since it was last told."""

    def __init__(self) -> None:
        self._changed: dict[str, None] = {}
        self._has_more = False
        self.woken = asyncio.Event()

    def add(self, ids: set[str]) -> None:
        """Note groups that changed."""
        for one in ids:
            if len(self._changed) < MAX_IDS or one in self._changed:
                self._changed[one] = None
            else:
                self._has_more = True
        self.woken.set()

    def take(self) -> dict[str, object]:
        """Return what changed since the last call."""
        ids, more = list(self._changed), self._has_more
        self._changed, self._has_more = {}, False
        self.woken.clear()
        return {"ids": ids, "more": more}


class Live:
    """Hands changes of groups to the pages that are looked at."""

    def __init__(self, rabbit: Rabbit) -> None:
        self._rabbit = rabbit
        self._watchers: set[Watcher] = set()
        self._closing = asyncio.Event()

    def close(self) -> None:
        """End every feed, so that the service can stop; browsers come again by themselves."""
        self._closing.set()
        for one in self._watchers:
            one.woken.set()

    @property
    def is_closing(self) -> bool:
        """Whether the service is about to stop."""
        return self._closing.is_set()

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[Watcher]:
        """Have changes noted for one page while the context lasts.

        Raises:
            Unavailable: too many pages are looked at.
        """
        if len(self._watchers) >= MAX_WATCHERS:
            raise Unavailable(f"{MAX_WATCHERS} pages are looked at")
        watcher = Watcher()
        self._watchers.add(watcher)
        try:
            if len(self._watchers) == 1:
                await self._rabbit.begin_feed(KEYS, self._arrived)
            yield watcher
        finally:
            self._watchers.discard(watcher)
            if not self._watchers:
                await self._rabbit.end_feed()

    def _arrived(self, body: bytes) -> None:
        ids = set()
        for event in wire.decode(body):
            group = getattr(event, "group", None)
            if isinstance(group, Group) and group.seen:
                ids.add(group.id)
        for one in self._watchers:
            one.add(ids)


LIVE = web.AppKey("live", Live)


async def show_changes(visit: Visit) -> web.StreamResponse:
    """GET: server-sent events `groups` with {"ids", "more"}; a comment every 15 s keeps proxies from closing it."""
    live = visit.request.app[LIVE]
    async with live.watching() as watcher:
        response = web.StreamResponse(
            headers={
                "Content-Type": "text/event-stream",
                "Cache-Control": "no-store",
                "X-Accel-Buffering": "no",
            }
        )
        await response.prepare(visit.request)
        await response.write(b"retry: 3000\n\n: here\n\n")
        until_s = clock.monotonic_s() + LASTS_S
        try:
            while not live.is_closing and clock.monotonic_s() < until_s:
                await _tell_next(response, watcher)
        except ConnectionResetError:
            log.debug("live.left")
        return response


async def _tell_next(response: web.StreamResponse, watcher: Watcher) -> None:
    try:
        async with asyncio.timeout(BEAT_EVERY_S):
            await watcher.woken.wait()
    except TimeoutError:
        await response.write(b": beat\n\n")
        return
    changed = watcher.take()
    if changed["ids"]:
        await response.write(b"event: groups\ndata: " + orjson.dumps(changed) + b"\n\n")
    await asyncio.sleep(EVERY_S)
