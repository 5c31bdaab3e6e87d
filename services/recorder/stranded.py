"""Finds accepted alerts that show no next stage: their queue was deleted under them, or somebody purged it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog
from prometheus_client import Gauge

from shared import clock
from shared.metrics import Metrics
from shared.store.alerts import Alerts
from shared.store.journal import Journal
from shared.store.stranded import find_stranded

log = structlog.get_logger(__name__)
EVERY_S = 30.0
AFTER = timedelta(seconds=60)
LOOK_BACK = timedelta(minutes=15)


class Stranded:
    """Counts and logs alerts that were told as received a minute ago and are not stored by the grouper."""

    def __init__(self, journal: Journal, alerts: Alerts, metrics: Metrics) -> None:
        self._journal = journal
        self._alerts = alerts
        self._gauge = Gauge(
            "tocsin_stranded_alerts",
            "Accepted alerts without a next stage for 60 s",
            registry=metrics.registry,
        )

    async def run(self) -> None:
        """Look every 30 s at what was received in the last quarter of an hour."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY_S)

    async def look(self) -> list[str]:
        """Return the ids of stranded alerts."""
        now = clock.now()
        found = await find_stranded(self._journal, self._alerts, now - LOOK_BACK, now - AFTER)
        self._gauge.set(len(found))
        if found:
            log.error("alert.stranded", alerts=len(found), first=found[0], fix="tocsin replay")
        return found
