"""Which alerts travel in the bulk lane: those of an integration above its share, so that it delays nobody else."""

from __future__ import annotations

from collections import defaultdict

BULK = "bulk"
WINDOW_S = 5


class Lanes:
    """Counts alerts per integration over the last five seconds.

    An integration's share is `share_per_s` alerts per second at this receiver. What comes above it, and
    everything that comes until its rate has fallen again, is marked; the stages serve both lanes in turn.
    """

    def __init__(self, share_per_s: float) -> None:
        self._limit = share_per_s * WINDOW_S
        self._seconds: dict[int, dict[str, int]] = {}
        self._totals: dict[str, int] = defaultdict(int)

    def lane_of(self, integration_id: str, alerts: int, now_s: float) -> str:
        """Count the alerts of one request and return their lane; `now_s` may be any clock that only grows."""
        second = int(now_s)
        if second not in self._seconds:
            self._forget(second - WINDOW_S)
            self._seconds[second] = defaultdict(int)
        self._seconds[second][integration_id] += alerts
        self._totals[integration_id] += alerts
        return BULK if self._totals[integration_id] > self._limit else ""

    def _forget(self, until: int) -> None:
        for second in [one for one in self._seconds if one <= until]:
            for integration_id, alerts in self._seconds.pop(second).items():
                self._totals[integration_id] -= alerts
                if not self._totals[integration_id]:
                    del self._totals[integration_id]
