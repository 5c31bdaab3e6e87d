"""Keeps what belongs to an open group: its alerts do not expire before it is resolved."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from shared import clock
from shared.store.alert_groups import AlertGroups
from shared.store.alerts import Alerts

EVERY_S = 3600.0
AHEAD = timedelta(days=1)


class Retention:
    """Postpones the expiry of alerts whose group is open. (Open groups have no expiry at all.)"""

    def __init__(self, alerts: Alerts, groups: AlertGroups, keep: timedelta) -> None:
        self._alerts = alerts
        self._groups = groups
        self._keep = keep

    async def run(self) -> None:
        """Look once an hour, a day ahead."""
        while True:
            await self.postpone()
            await asyncio.sleep(EVERY_S)

    async def postpone(self) -> int:
        """Postpone what would expire within a day although its group is open; return how many alerts."""
        now, postponed = clock.now(), 0
        soon = now + AHEAD
        # Only the alerts of groups that are as old as that can be.
        async for some in self._groups.open_for_long(soon - self._keep):
            postponed += await self._alerts.postpone_expiry(some, soon, now + self._keep)
        return postponed
