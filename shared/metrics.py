"""What each stage counts, in Prometheus's words; one registry per process."""

from __future__ import annotations

from collections import Counter as TallyOf
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """The counters of one service in this process; several services of one process share a registry."""

    def __init__(self, registry: CollectorRegistry, service: str) -> None:
        self.registry = registry
        self.service = service
        made = _Families.of(registry)
        self.handled = made.handled
        self.batch_events = made.batch_events.labels(service)
        self.handling_s = made.handling_s.labels(service)
        self.queue_wait_s = made.queue_wait_s.labels(service)
        self.in_flight = made.in_flight.labels(service)
        self.oldest_s = made.oldest_s.labels(service)
        self.told = made.told
        self.since_accept_s = made.since_accept_s.labels(service)

    def count(self, lane: str, outcome: str, events: int = 1) -> None:
        """Count handled events; `outcome` is done, retry, deferred, dead or split."""
        self.handled.labels(self.service, lane or "normal", outcome).inc(events)

    def count_told(self, keys: Iterable[str]) -> None:
        """Count told events by their routing key."""
        for key, count in TallyOf(keys).items():
            self.told.labels(self.service, key).inc(count)


class _Families:
    """The metric families of a registry, made once."""

    _made: dict[int, _Families] = {}  # noqa: RUF012 - one entry per registry of the process

    def __init__(self, registry: CollectorRegistry) -> None:
        by = ["service"]
        self.handled = Counter(
            "tocsin_stage_events", "Events handled by a stage", [*by, "lane", "outcome"], registry=registry
        )
        self.told = Counter("tocsin_events_told", "Events told by a stage", [*by, "type"], registry=registry)
        self.batch_events = Histogram(
            "tocsin_stage_batch_events", "Events in one batch", by, buckets=SIZES, registry=registry
        )
        self.handling_s = Histogram(
            "tocsin_stage_handling_seconds",
            "Time from taking a batch to its ack",
            by,
            buckets=SECONDS,
            registry=registry,
        )
        self.queue_wait_s = Histogram(
            "tocsin_stage_queue_wait_seconds",
            "Time an event waited for a stage",
            by,
            buckets=SECONDS,
            registry=registry,
        )
        self.in_flight = Gauge("tocsin_stage_events_in_flight", "Events in hand now", by, registry=registry)
        self.oldest_s = Gauge(
            "tocsin_stage_oldest_event_seconds", "Age of the oldest event in hand", by, registry=registry
        )
        self.since_accept_s = Histogram(
            "tocsin_since_accept_seconds",
            "Time from the acceptance of an alert to the end of a stage's work on it",
            by,
            buckets=SECONDS,
            registry=registry,
        )

    @classmethod
    def of(cls, registry: CollectorRegistry) -> _Families:
        """Return the families of a registry."""
        if id(registry) not in cls._made:
            cls._made[id(registry)] = cls(registry)
        return cls._made[id(registry)]
