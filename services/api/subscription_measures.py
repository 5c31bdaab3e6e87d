"""What a monitoring tool sees of the event subscriptions: which of them is behind, and which lost its place."""

from __future__ import annotations

import asyncio

from prometheus_client import Gauge

from shared import clock
from shared.domain.event_subscription import EventSubscription
from shared.metrics import Metrics
from shared.store.configuration import ConfigurationStore
from shared.store.event_positions import EventPositions

EVERY_S = 15.0


class SubscriptionMeasures:
    """Looks at every position, whoever posts it: one that waits for its next try is in nobody's hand."""

    def __init__(
        self, configuration: ConfigurationStore, positions: EventPositions, metrics: Metrics
    ) -> None:
        self._configuration = configuration
        self._positions = positions
        self._lag_s = Gauge(
            "tocsin_event_subscription_lag_seconds",
            "Age of the oldest event that is known to wait for a subscription that is switched on",
            ["subscription"],
            registry=metrics.registry,
        )
        self._is_lost = Gauge(
            "tocsin_event_subscription_lost",
            "1 for a subscription whose position cannot be followed any more",
            ["subscription"],
            registry=metrics.registry,
        )

    async def run(self) -> None:
        """Look every 15 s; the supervisor begins again after a failure."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY_S)

    async def look(self) -> None:
        """Bring the metrics up to date; a subscription that is gone or switched off has none.

        Raises:
            Unavailable: the database is away.
        """
        rows = (await self._configuration.tables()).of(EventSubscription)
        stored = await self._positions.of([one.id for one in rows.values() if one.is_enabled])
        now = clock.now()
        self._lag_s.clear()
        self._is_lost.clear()
        for id, one in stored.items():
            self._lag_s.labels(id).set(one.state.lag_s(now) or 0.0)
            self._is_lost.labels(id).set(one.state.is_lost)
