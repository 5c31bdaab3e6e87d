"""Erases what the alerts of wiped and deleted groups said, a piece at a time, until nothing of it is left."""

from __future__ import annotations

from collections.abc import Sequence

from shared.domain.model import Group
from shared.store.alerts import Alerts

AT_ONCE = 500
PIECES = 10


class Erasing:
    """Works on the alerts of one group."""

    def __init__(self, alerts: Alerts) -> None:
        self._alerts = alerts

    async def is_done(self, group: Group, pending: Sequence[str]) -> bool:
        """Erase up to 5,000 alerts; return whether nothing is left. Alerts that are just joining come later."""
        if pending:
            return False
        if group.erasing == "delete":
            await self._alerts.delete_of(group.id)
            return True
        for _ in range(PIECES):
            if await self._alerts.wipe_some(group.id, AT_ONCE) < AT_ONCE:
                return True
        return False
