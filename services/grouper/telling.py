"""After the broker's confirm: alerts get their group, what was told is cleared, who waits is answered."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from shared.bus.publisher import Publisher
from shared.errors import Unavailable
from shared.events import ActionApplied, ActionRefused
from shared.store.alert_groups import AlertGroups
from shared.store.alerts import Alerts
from shared.telling import Row, Telling

log = structlog.get_logger(__name__)


class GroupTelling(Telling):
    """Tells what is untold of groups; clearing it is step 3 of the write protocol (see joining.py)."""

    def __init__(self, bus: Publisher, alerts: Alerts, groups: AlertGroups) -> None:
        super().__init__(bus, groups.collection)
        self._alerts = alerts

    async def clear(self, rows: Sequence[Row]) -> None:
        """Set the group on its alerts first; only then may they leave `pending`."""
        await self._alerts.set_groups({id: one.id for one in rows for id in one.pending})
        await super().clear(rows)

    async def answer(self, answers: Sequence[ActionApplied | ActionRefused]) -> None:
        """Copy outcomes to those who wait for them; the journal has them in any case."""
        for one in answers:
            if one.reply_to:
                try:
                    await self._bus.reply(one, one.reply_to)
                except Unavailable as error:
                    log.info("answer.unsent", action_id=one.action_id, reason=error.reason)
