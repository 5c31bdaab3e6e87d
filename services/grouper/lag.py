"""How far behind the alerts of this grouper are: what waits in a queue may be the word that keeps an instance alive."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.events import AlertRouted

# So old an alert in a batch is a sign of a backlog; so long the sign is believed.
BEHIND = timedelta(seconds=5)
BELIEVED = timedelta(seconds=15)


class Lag:
    """Looks at the age of what is handled."""

    def __init__(self) -> None:
        self._behind_at: datetime | None = None

    def note(self, routed: Sequence[AlertRouted], now: datetime) -> None:
        """Look at a batch that is handled now."""
        if any(now - one.alert.received_at > BEHIND for one in routed):
            self._behind_at = now

    def is_behind(self, now: datetime) -> bool:
        """Whether alerts were late lately, so that more may be waiting."""
        return self._behind_at is not None and now - self._behind_at < BELIEVED
