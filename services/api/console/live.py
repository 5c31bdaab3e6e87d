"""The live feeds of the pages, and the one of groups: which changed, told at most twice a second to whoever looks.

Nothing is taken from the broker while nobody looks.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
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
from shared.events import (
    GROUP_EVENTS,
    Event,
    NotificationCancelled,
    NotificationDelivered,
    NotificationFailed,
    NotificationUnknown,
    StageDecided,
)

log = structlog.get_logger(__name__)
EVERY_S = 0.5
BEAT_EVERY_S = 15.0
# More than a page shows: then the page is told that there is more, and loads itself when its reader wants to.
MAX_IDS = 100
MAX_WATCHERS = 500
# Browsers come again by themselves, and then show again that they are still signed in.
LASTS_S = 600.0
OUTCOMES = (NotificationDelivered, NotificationFailed, NotificationUnknown, NotificationCancelled)
HEARD: tuple[type[Event], ...] = (*GROUP_EVENTS, *OUTCOMES, StageDecided)
KEYS = tuple(f"{one.type}.#" for one in HEARD)


class Watcher:
    """One page that is looked at: what changed since it was last told, and of which groups the escalation went on."""

    def __init__(self) -> None:
        self._changed: dict[str, None] = {}
        self._told: dict[str, None] = {}
        self._has_more = False
        self.woken = asyncio.Event()

    def add(self, changed: set[str], told: set[str]) -> None:
        """Note groups that changed, and those whose escalation took a step or knows what became of a page."""
        for one in changed:
            if len(self._changed) < MAX_IDS or one in self._changed:
                self._changed[one] = None
            else:
                self._has_more = True
        for one in told:
            if len(self._told) < MAX_IDS:
                self._told[one] = None
        self.woken.set()

    def take(self) -> dict[str, object]:
        """Return what is new since the last call."""
        news = {"ids": list(self._changed), "told": list(self._told), "more": self._has_more}
        self._changed, self._told, self._has_more = {}, {}, False
        self.woken.clear()
        return news


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

    async def pause(self, for_s: float) -> None:
        """Wait so many seconds, or until the feeds end."""
        try:
            async with asyncio.timeout(for_s):
                await self._closing.wait()
        except TimeoutError:
            return

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
        changed: set[str] = set()
        told: set[str] = set()
        for event in wire.decode(body):
            group = getattr(event, "group", None)
            if isinstance(group, Group) and group.seen:
                changed.add(group.id)
            else:
                told |= _told(event)
        for one in self._watchers:
            one.add(changed, told)


def _told(event: Event) -> set[str]:
    """Return the group whose escalation took a step, or knows now what became of a page."""
    if isinstance(event, StageDecided) and event.stage == "escalator" and event.group_id:
        return {event.group_id}
    return {event.group_id} if isinstance(event, OUTCOMES) else set()


LIVE = web.AppKey("live", Live)


Tell = Callable[[web.StreamResponse, Watcher], Awaitable[None]]


async def feed(visit: Visit, tell: Tell) -> web.StreamResponse:
    """Answer with server-sent events: `tell` waits for the next and writes it, again and again while somebody looks."""
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
                await tell(response, watcher)
        except ConnectionResetError:
            log.debug("live.left")
        return response


async def show_changes(visit: Visit) -> web.StreamResponse:
    """GET: server-sent events `groups` with {"ids", "told", "more"}; comments keep proxies from closing it."""
    return await feed(visit, _tell_next)


async def _tell_next(response: web.StreamResponse, watcher: Watcher) -> None:
    try:
        async with asyncio.timeout(BEAT_EVERY_S):
            await watcher.woken.wait()
    except TimeoutError:
        await response.write(b": beat\n\n")
        return
    news = watcher.take()
    if news["ids"] or news["told"]:
        await response.write(b"event: groups\ndata: " + orjson.dumps(news) + b"\n\n")
    await asyncio.sleep(EVERY_S)
