"""What operators see of the watchdog."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge


class WatchdogMetrics:
    """Its walks, what they found, and whether the whole works."""

    def __init__(self, registry: CollectorRegistry) -> None:
        broken = "Open groups that nobody and nothing was responsible for, by what was missing"
        self.broken = Counter("tocsin_watchdog_broken", broken, ["kind"], registry=registry)
        words = "When the watchdog last found nothing to mend, and the whole at work"
        self.well_at = Gauge("tocsin_watchdog_last_well_timestamp_seconds", words, registry=registry)
        unwell = "1 while there is something to mend (groups), or the whole does not work (whole)"
        self.unwell = Gauge("tocsin_watchdog_unwell", unwell, ["what"], registry=registry)
        self.walks = Counter("tocsin_watchdog_walks", "Walks over all open groups", registry=registry)
        compared = "Stretches of groups that changed and were looked at group by group"
        self.compared = Counter("tocsin_watchdog_compared", compared, registry=registry)
        self.firing = Gauge(
            "tocsin_watchdog_firing_groups", "Firing groups at the last walk", registry=registry
        )
        self.overdue = Gauge(
            "tocsin_watchdog_overdue", "Escalations that are due since over a minute", registry=registry
        )
        beats = "Beats to the outside URL, by outcome: sent, or lost"
        self.beats = Counter("tocsin_watchdog_beats", beats, ["outcome"], registry=registry)
