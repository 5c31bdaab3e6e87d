"""Finds accepted alerts that show no next stage: their queue was deleted under them, or somebody purged it."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import structlog
from prometheus_client import Gauge

from shared import clock
from shared.metrics import Metrics
from shared.store.alerts import Alerts
from shared.store.journal import Journal
from shared.store.stranded import find_stranded, not_stored

log = structlog.get_logger(__name__)
EVERY_S = 30.0
AFTER = timedelta(seconds=60)
LOOK_BACK = timedelta(minutes=15)
# A page may become visible a little after a younger one.
OVERLAP = timedelta(seconds=30)


class Stranded:
    """Counts and logs alerts that were told as received a minute ago and are not stored by the grouper.

    What was received is read once; what was missing then is looked up again for a quarter of an hour.
    """

    def __init__(self, journal: Journal, alerts: Alerts, metrics: Metrics) -> None:
        self._journal = journal
        self._alerts = alerts
        self._read_until: datetime | None = None
        self._missing: dict[str, datetime] = {}
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
        """Return the ids of stranded alerts, oldest first."""
        now = clock.now()
        oldest, until = now - LOOK_BACK, now - AFTER
        known = [id for id, at in self._missing.items() if at >= oldest]
        still = await not_stored(self._alerts, known)
        missing = {id: self._missing[id] for id in known if id in still}
        since = oldest if self._read_until is None else max(oldest, self._read_until - OVERLAP)
        missing |= dict(await find_stranded(self._journal, self._alerts, since, until))
        self._missing, self._read_until = missing, until
        self._gauge.set(len(missing))
        if missing:
            first = next(iter(missing))
            log.error("alert.stranded", alerts=len(missing), first=first, fix="tocsin replay")
        return list(missing)
