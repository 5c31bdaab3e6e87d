"""What the notifier counts besides what every stage does."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

from shared.domain.delivery import Delivery
from shared.metrics import SECONDS, Metrics


class Measures:
    """Counts ends of deliveries, and how long a delivery took from its request to its hand-over."""

    def __init__(self, metrics: Metrics) -> None:
        self._ended = Counter(
            "tocsin_deliveries",
            "Tries of deliveries by channel and state after",
            ["channel", "state"],
            registry=metrics.registry,
        )
        self._took_s = Histogram(
            "tocsin_delivery_seconds",
            "Time from the request of a delivery until it was taken",
            ["channel"],
            buckets=SECONDS,
            registry=metrics.registry,
        )

    def observe(self, row: Delivery) -> None:
        """Count one row after a try."""
        self._ended.labels(row.channel, row.state.value).inc()
        if row.handle and row.finished_at is not None:
            self._took_s.labels(row.channel).observe((row.finished_at - row.created_at).total_seconds())
