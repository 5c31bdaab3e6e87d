"""Alerts that the journal knows as received, and no group does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

import orjson

from shared.events import AlertReceived
from shared.store.alerts import Alerts
from shared.store.journal import Envelope, Journal
from shared.store.mongo import Document, Query

# Pages of the journal; without their entries they are small, with them each may take 256 KiB.
IDS_AT_ONCE, ENTRIES_AT_ONCE = 500, 20
LOOKED_UP_AT_ONCE = 500
Received = tuple[str, datetime]


async def find_stranded(journal: Journal, alerts: Alerts, since: datetime, until: datetime) -> list[Received]:
    """Return the alerts recorded as received between two instants that the grouper has not stored, oldest first.

    Each is its id and when it was recorded.
    """
    stranded: list[Received] = []
    async for received in _received(journal, since, until):
        missing = await not_stored(alerts, [id for id, _ in received])
        stranded += [one for one in received if one[0] in missing]
    return stranded


async def not_stored(alerts: Alerts, ids: Sequence[str]) -> set[str]:
    """Return which of these alerts the grouper has not stored."""
    missing: set[str] = set()
    for start in range(0, len(ids), LOOKED_UP_AT_ONCE):
        some = ids[start : start + LOOKED_UP_AT_ONCE]
        missing |= set(some) - (await alerts.group_of(some)).keys()
    return missing


async def received_between(
    journal: Journal, since: datetime, until: datetime
) -> AsyncIterator[list[Envelope]]:
    """Yield the `alert.received` events that were recorded between two instants, with their payloads, some at once.

    An event that was recorded twice comes once.
    """
    known: set[str] = set()
    async for pages in _pages(journal, since, until, {"entries": 1}, ENTRIES_AT_ONCE):
        found = {one["id"]: one for page in pages for one in orjson.loads(page["entries"])}
        yield [one for id, one in found.items() if one["type"] == AlertReceived.type and id not in known]
        known |= found.keys()


async def _received(journal: Journal, since: datetime, until: datetime) -> AsyncIterator[list[Received]]:
    # A message, and so a page, holds events of one type: its alerts are those that were received.
    async for pages in _pages(journal, since, until, {"alerts": 1, "at": 1}, IDS_AT_ONCE):
        yield [(id, page["at"]) for page in pages for id in page["alerts"]]


def _pages(
    journal: Journal, since: datetime, until: datetime, fields: Document, at_once: int
) -> AsyncIterator[list[Document]]:
    query: Query = {"received": True, "at": {"$gte": since, "$lt": until}}
    return journal.collection.walk(query, fields, [("at", 1)], at_once)
