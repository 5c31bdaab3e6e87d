"""The heartbeat to the outside: asked for once a minute, and only while the whole works."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import structlog

from services.escalator.watchdog_metrics import WatchdogMetrics
from shared import clock
from shared.channels.channel import HttpCall
from shared.errors import Permanent, Transient, Unanswered, Unavailable
from shared.http import HttpClient

log = structlog.get_logger(__name__)
BEAT_EVERY_S = 60.0
REFUSED_FROM = 300
Beat = Callable[[], Awaitable[bool]]


class Beating:
    """Asks once a minute whether the whole works, and tells the outside that it does."""

    def __init__(
        self, troubles: Callable[[], Awaitable[Sequence[str]]], metrics: WatchdogMetrics, beat: Beat | None
    ) -> None:
        self._troubles = troubles
        self._metrics = metrics
        self._beat = beat
        self._known: Sequence[str] = ()
        self._asked_at_s = float("-inf")

    async def is_whole(self) -> bool:
        """Return whether the whole works, as of the last minute; while it does not, that is asked each time."""
        if clock.monotonic_s() < self._asked_at_s + BEAT_EVERY_S:
            return True
        troubles = await self._looked()
        self._metrics.unwell.labels("whole").set(bool(troubles))
        if troubles != self._known:
            log.warning("watchdog.unwell" if troubles else "watchdog.well", troubles=list(troubles))
        self._known = troubles
        if troubles:
            return False
        self._asked_at_s = clock.monotonic_s()
        if self._beat is not None:
            self._metrics.beats.labels("sent" if await self._beat() else "lost").inc()
        return True

    async def _looked(self) -> Sequence[str]:
        try:
            return await self._troubles()
        except Unavailable as error:
            return [error.reason]


def beat_to(client: HttpClient, url: str) -> Beat | None:
    """Return what asks an outside URL and says whether it took that; None without a URL.

    The URL is the operator's own setting, often of his own network: it is trusted, and no redirect is followed.
    """
    if not url:
        return None

    async def beat() -> bool:
        try:
            reply = await client.send(HttpCall("GET", url, trusted=True))
        except (Transient, Permanent, Unanswered) as error:
            log.warning("watchdog.beat_lost", reason=error.reason)
            return False
        if reply.status >= REFUSED_FROM:
            log.warning("watchdog.beat_lost", reason=f"answered with {reply.status}")
        return reply.status < REFUSED_FROM

    return beat
