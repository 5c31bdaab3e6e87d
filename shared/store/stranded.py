"""Alerts that the journal knows as received, and no group does."""

from __future__ import annotations

from datetime import datetime

import orjson

from shared.events import AlertReceived
from shared.store.alerts import Alerts
from shared.store.journal import Envelope, Journal

PAGE_LIMIT = 20_000
CHUNK = 500


async def find_stranded(journal: Journal, alerts: Alerts, since: datetime, until: datetime) -> list[str]:
    """Return the ids of alerts received between two instants that the grouper has not stored, oldest first."""
    received = [one["alertid"] for one in await received_between(journal, since, until) if one.get("alertid")]
    stranded: list[str] = []
    for start in range(0, len(received), CHUNK):
        chunk = received[start : start + CHUNK]
        stored = await alerts.group_of(chunk)
        stranded += [one for one in chunk if one not in stored]
    return stranded


async def received_between(journal: Journal, since: datetime, until: datetime) -> list[Envelope]:
    """Return the `alert.received` events that were recorded between two instants, with their payloads."""
    pages = await journal.collection.find(
        {"received": True, "at": {"$gte": since, "$lt": until}},
        {"entries": 1},
        sort=[("at", 1)],
        limit=PAGE_LIMIT,
    )
    return [
        one for page in pages for one in orjson.loads(page["entries"]) if one["type"] == AlertReceived.type
    ]
