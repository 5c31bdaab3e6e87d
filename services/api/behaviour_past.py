"""Reads what a behavioural plan replays: the stored alerts in their order, and what people did to their groups."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.domain.behaviour_deeds import ACTION_OF, Deed, Handled, deed_of
from shared.domain.model import Alert
from shared.store.alert_groups import AlertGroups
from shared.store.alerts import Alerts
from shared.store.journal import Journal, groups_of

# So many alerts are read, and asked of one worker process, at once.
AT_ONCE = 128
GROUPS_AT_ONCE = 500
HISTORIES_AT_ONCE = 100


@dataclass(frozen=True)
class Span:
    """Which alerts are looked at, and how long it may take: from `since` on and before `until`."""

    since: datetime
    until: datetime
    most_alerts: int
    limit_s: float


@dataclass(frozen=True)
class Stored:
    """Where the past is read."""

    alerts: Alerts
    groups: AlertGroups
    journal: Journal


class Past:
    """The alerts of some integrations within a time."""

    def __init__(self, stored: Stored, integration_ids: Sequence[str], span: Span) -> None:
        self._stored = stored
        self._ids = list(integration_ids)
        self._span = span

    async def count(self) -> int:
        """Return how many alerts there are."""
        if not self._ids:
            return 0
        return await self._stored.alerts.count_received(self._ids, self._span.since, self._span.until)

    async def pages(self) -> AsyncGenerator[list[Alert]]:
        """Yield the alerts, oldest first; the next ones are read meanwhile."""
        at_last: list[Alert] = []
        page = await self._page(self._span.since, at_last)
        while page:
            last = _whole_ms(page[-1].received_at)
            at_last = [one for one in (*at_last, *page) if one.received_at >= last]
            reading = asyncio.ensure_future(self._page(last, at_last))
            try:
                yield page
                page = await reading
            finally:
                reading.cancel()

    async def deeds(self) -> list[Deed]:
        """Return what people did to the groups that opened meanwhile, in order.

        A group's state tells what counts of it now; the journal tells the rest, as long as it is kept.
        """
        found: list[Deed] = []
        histories: dict[str, Handled] = {}
        until, at_last = self._span.until, list[str]()
        while True:
            opened = (self._span.since, until)
            page = await self._stored.groups.handled(self._ids, opened, GROUPS_AT_ONCE, at_last)
            if not page:
                break
            histories |= {id: one for id, _, one in page if one.has_history}
            found += [deed for *_, one in page if not one.has_history for deed in one.deeds()]
            last = page[-1][1]
            at_last = [id for id, at, _ in page if at == last] + (at_last if last == until else [])
            until = last
        ids = list(histories)
        for start in range(0, len(ids), HISTORIES_AT_ONCE):
            some = {id: histories[id] for id in ids[start : start + HISTORIES_AT_ONCE]}
            found += await self._told(some)
        return sorted(found, key=lambda one: one.at)

    async def _told(self, histories: dict[str, Handled]) -> list[Deed]:
        told = await self._stored.journal.told_of(list(histories), ACTION_OF)
        known = {id for one in told for id in groups_of(one)}
        deeds = [deed for one in told if (deed := deed_of(one)) is not None and deed.at < self._span.until]
        return deeds + [deed for id, one in histories.items() if id not in known for deed in one.deeds()]

    async def _page(self, since: datetime, seen: Sequence[Alert]) -> list[Alert]:
        ids = [one.id for one in seen]
        return await self._stored.alerts.received(self._ids, since, self._span.until, AT_ONCE, ids)


def _whole_ms(at: datetime) -> datetime:
    """Return an instant as the database compares it."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
