"""Accepted alerts told once more from the journal, with the ids they had: who has had them drops them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from shared.bus import wire
from shared.bus.publisher import Publisher
from shared.bus.rabbit import OPERATION_TIMEOUT_S
from shared.events import AlertReceived
from shared.store.alerts import Alerts
from shared.store.journal import Envelope, Journal
from shared.store.stranded import find_stranded, received_between

CHUNK = 500


async def replay_alerts(publisher: Publisher, envelopes: Sequence[Envelope]) -> int:
    """Publish recorded `alert.received` events again; return how many the broker confirmed."""
    events = [wire.event_of(one) for one in envelopes if one["type"] == AlertReceived.type]
    for start in range(0, len(events), CHUNK):
        await publisher.publish(events[start : start + CHUNK], timeout_s=OPERATION_TIMEOUT_S)
    return len(events)


async def replay_stranded(
    publisher: Publisher, journal: Journal, alerts: Alerts, since: datetime, until: datetime
) -> int:
    """Replay what was received between two instants and that the grouper never stored; return how many."""
    wanted = {id for id, _ in await find_stranded(journal, alerts, since, until)}
    if not wanted:
        return 0
    return await _replay_where(publisher, journal, (since, until), lambda one: one.get("alertid") in wanted)


async def replay_between(publisher: Publisher, journal: Journal, since: datetime, until: datetime) -> int:
    """Replay everything that was received between two instants; return how many."""
    return await _replay_where(publisher, journal, (since, until), lambda _: True)


async def _replay_where(
    publisher: Publisher,
    journal: Journal,
    span: tuple[datetime, datetime],
    wanted: Callable[[Envelope], bool],
) -> int:
    count = 0
    async for recorded in received_between(journal, *span):
        count += await replay_alerts(publisher, [one for one in recorded if wanted(one)])
    return count
