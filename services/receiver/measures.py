"""What the receiver counts, in Prometheus's words."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from services.receiver.spools import Spools
from shared import clock
from shared.metrics import SECONDS


class Measures:
    """The receiver's own metrics in the registry of its process."""

    def __init__(self, registry: CollectorRegistry, spools: Spools) -> None:
        accepted = Counter(
            "tocsin_ingest_accepted",
            "Alerts answered 2xx, by where they were safe",
            ["where"],
            registry=registry,
        )
        self.accepted = {where: accepted.labels(where) for where in ("broker", "spool")}
        self.refused = Counter(
            "tocsin_ingest_refused", "Requests refused, by reason", ["reason"], registry=registry
        )
        self.accept_s = Histogram(
            "tocsin_ingest_accept_seconds",
            "Time from the headers of a request to its answer 2xx",
            buckets=SECONDS,
            registry=registry,
        )
        self.ignored = Counter(
            "tocsin_ingest_ignored",
            "Bodies that are no alert (pings of tools), answered 200",
            registry=registry,
        )
        self.heartbeats = Counter("tocsin_ingest_heartbeats", "Heartbeat pings taken", registry=registry)
        self._registry = registry
        self._gauge(registry, "tocsin_spool_events", "Events in the local spool", lambda: spools.count)
        self._gauge(registry, "tocsin_spool_bytes", "Bytes in the local spool", lambda: spools.size_bytes)
        self._gauge(
            registry, "tocsin_spool_oldest_seconds", "Age of the oldest spooled event", lambda: _age_s(spools)
        )

    def watch_smtp(self, connections: Callable[[], float]) -> None:
        """Show how many SMTP connections are open; for a receiver that has the port."""
        self._gauge(self._registry, "tocsin_inbound_smtp_connections", "Open SMTP connections", connections)

    @staticmethod
    def _gauge(registry: CollectorRegistry, name: str, text: str, read: Callable[[], float]) -> None:
        Gauge(name, text, registry=registry).set_function(read)


def _age_s(spools: Spools) -> float:
    oldest_at = spools.oldest_at
    return 0.0 if oldest_at is None else max(0.0, clock.now().timestamp() - oldest_at)
