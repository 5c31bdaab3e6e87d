"""A token bucket: how many alerts of an integration are taken now, and when there is room again."""

from __future__ import annotations

from dataclasses import dataclass

from shared.domain.access import RateLimit


@dataclass(slots=True)
class Bucket:
    """What is left at `at_s` of any clock that only grows; it may be below zero, see `taken`."""

    level: float
    at_s: float

    @classmethod
    def full(cls, limit: RateLimit, now_s: float) -> Bucket:
        """Return the bucket of an integration that was quiet."""
        return cls(float(limit.burst), now_s)

    def take(self, alerts: int, limit: RateLimit, now_s: float) -> float:
        """Take the alerts of one body, all or none; return 0, or after how many seconds to ask again.

        A body with more alerts than the burst is taken when the bucket is full, and what follows waits longer:
        otherwise it could never be sent at all.
        """
        per_s = limit.alerts_per_minute / 60
        elapsed_s = max(0.0, now_s - self.at_s)
        self.level = min(float(limit.burst), self.level + elapsed_s * per_s)
        self.at_s = now_s
        needed = min(alerts, limit.burst)
        # The level is a sum of fractions: what is short by less than a millionth is there.
        if self.level + 1e-6 < needed:
            return (needed - self.level) / per_s
        self.level -= alerts
        return 0.0

    def give_back(self, alerts: int, limit: RateLimit) -> None:
        """Return what was taken for a body that was not accepted after all."""
        self.level = min(float(limit.burst), self.level + alerts)
