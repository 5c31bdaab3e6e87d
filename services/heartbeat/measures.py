"""What the heartbeat service counts: heartbeats by state, and how old the news of its receivers is."""

from __future__ import annotations

import asyncio

import structlog
from prometheus_client import CollectorRegistry, Gauge

from shared import clock
from shared.domain.watching import age_s
from shared.errors import Unavailable
from shared.store.heartbeats import Heartbeats
from shared.store.receiver_beats import ReceiverBeats

log = structlog.get_logger(__name__)
EVERY_S = 5.0


class Measures:
    """Gauges read from the database: every instance shows the same, so a rule takes their maximum."""

    def __init__(self, registry: CollectorRegistry, heartbeats: Heartbeats, beats: ReceiverBeats) -> None:
        self._heartbeats = heartbeats
        self._beats = beats
        self._began_s = clock.monotonic_s()
        self._by_state = Gauge("tocsin_heartbeats", "Heartbeats by state", ["state"], registry=registry)
        self._age_s = Gauge(
            "tocsin_heartbeat_beat_age_seconds",
            "Age of the receivers' beats that deadlines are decided by",
            registry=registry,
        )

    async def run(self) -> None:
        """Look every 5 s."""
        while True:
            try:
                await self.look()
            except Unavailable as error:
                log.warning("measures.delayed", reason=error.reason)
            await asyncio.sleep(EVERY_S)

    async def look(self) -> None:
        """Set the gauges. Without any beat ever the age is that of this process."""
        age = age_s(await self._beats.all(), clock.now())
        self._age_s.set(clock.monotonic_s() - self._began_s if age is None else age)
        for state, expired in (("alive", False), ("expired", True)):
            self._by_state.labels(state).set(await self._heartbeats.count(expired=expired))
