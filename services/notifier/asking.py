"""Asks providers what became of messages that they took, and ends what they repeat for nobody any more."""

from __future__ import annotations

from typing import Any

import structlog

from services.notifier.reach import Found, Reach
from shared import clock
from shared.channels.channel import Call, Reply, Reports
from shared.domain import delivery, delivery_reports
from shared.domain.delivery import Decided, Delivery, Refused, Report
from shared.errors import Permanent, Transient
from shared.events import NoticeRequested, NotificationRequested
from shared.live_configuration import LiveConfiguration
from shared.sending import Outlet
from shared.store.alert_groups import AlertGroups

log = structlog.get_logger(__name__)


class Asking:
    """Asks about one row per call; a question that goes wrong is asked again at the next due time."""

    def __init__(self, reach: Reach, config: LiveConfiguration, groups: AlertGroups, outlet: Outlet) -> None:
        self._reach = reach
        self._config = config
        self._groups = groups
        self._outlet = outlet

    async def ask(self, row: Delivery) -> Decided:
        """Return the row after its provider was asked, with its next due time if it is to be asked again.

        Raises:
            Unavailable: the database is away; nothing was asked.
        """
        found = self._found(row)
        reports = found.way.channel.reports if found else None
        if found is None or reports is None or reports.status is None:
            return _asked_no_more(row)
        if reports.cancel is not None and await self._is_unwanted(row):
            await self._performed(row, reports.cancel(row.handle, found.way.settings))
            return _asked_no_more(row)
        question = reports.status(row.handle, found.way.settings)
        if question is None:
            return _asked_no_more(row)
        said = self._judged(reports, await self._performed(row, question))
        if isinstance(said, Refused):
            log.info("delivery.asked_no_more", delivery_id=row.id, channel=row.channel, reason=said.reason)
            return _asked_no_more(row)
        return delivery_reports.polled(row, said, reports.waits_s, clock.now())

    def _found(self, row: Delivery) -> Found | None:
        """Return the way that the message went, as far as it still exists."""
        event = row.event
        if not isinstance(event, NotificationRequested | NoticeRequested):
            return None
        try:
            return self._reach.find_for(event, self._config.current)
        except Permanent:
            return None

    async def _is_unwanted(self, row: Delivery) -> bool:
        if not row.group_id:
            return False
        groups = await self._groups.get_many([run.id for run in delivery.about(row)])
        return delivery.why_none(row, groups) is not None

    def _judged(self, reports: Reports[Any], reply: Reply | None) -> Report | Refused | None:
        if reply is None or reports.judge is None:
            return None
        judged = reports.judge(reply)
        return judged if isinstance(judged, Report | Refused) else None

    async def _performed(self, row: Delivery, call: Call | None) -> Reply | None:
        if call is None:
            return None
        try:
            return await self._outlet.perform(call)
        except (Transient, Permanent) as error:
            log.warning("delivery.not_asked", delivery_id=row.id, channel=row.channel, reason=error.reason)
            return None


def _asked_no_more(row: Delivery) -> Decided:
    return row.model_copy(update={"due_at": None}), None
