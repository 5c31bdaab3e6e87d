"""The journal: every event that was ever told, in pages of one message each, written by the recorder only.

`entries` is the message's CloudEvents as JSON text. A page per message instead of a document per event costs a
tenth of the writes (docs/adr); readers drop what was told twice by its id.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from shared.events import AlertReceived, derived_id
from shared.store.mongo import Database, Document, Index, Insert

INDEXES = (
    Index((("alerts", 1),)),
    Index((("groups", 1), ("at", 1))),
    Index((("at", 1),), partial={"received": True}),
    Index((("expires_at", 1),), expire_after_s=0),
)
Envelope = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """The events of one message, and whose they are."""

    entries: Sequence[Envelope]
    alerts: Iterable[str]
    groups: Iterable[str]
    at: datetime
    expires_at: datetime

    def document(self) -> Document:
        """Return it as stored; its id follows from its events, so that a redelivered message is no second page."""
        ids = [one["id"] for one in self.entries]
        return {
            "_id": derived_id("page", *ids),
            "at": self.at,
            "alerts": sorted(set(self.alerts)),
            "groups": sorted(set(self.groups)),
            "entries": orjson.dumps(self.entries).decode(),
            "expires_at": self.expires_at,
            **({"received": True} if self.entries[0]["type"] == AlertReceived.type else {}),
        }


class Journal:
    """Repository of `journal`."""

    def __init__(self, database: Database) -> None:
        self.collection = database.collection("journal")

    async def prepare(self) -> None:
        """Create the indexes."""
        await self.collection.ensure_indexes(INDEXES)

    async def add(self, pages: Sequence[Page]) -> None:
        """Store pages; one that is there already is left as it is."""
        await self.collection.bulk([Insert(one.document()) for one in pages])

    async def of_alert(self, alert_id: str) -> list[Envelope]:
        """Return the events of one alert, and those of group changes that it was part of, oldest first."""
        found = await self.collection.find({"alerts": alert_id}, {"entries": 1})
        return _events(found, lambda one: concerns_alert(one, alert_id))

    async def of_group(self, group_id: str, limit_pages: int = 2000) -> list[Envelope]:
        """Return the events of one group, oldest first."""
        found = await self.collection.find(
            {"groups": group_id}, {"entries": 1}, sort=[("at", 1)], limit=limit_pages
        )
        return _events(found, lambda one: group_id in groups_of(one))


def alerts_of(envelope: Envelope) -> set[str]:
    """Return the ids of the alerts that an event is about."""
    data = envelope.get("data") or {}
    found = set(data.get("alerts") or ())
    if envelope.get("alertid"):
        found.add(envelope["alertid"])
    return found


def groups_of(envelope: Envelope) -> set[str]:
    """Return the ids of the groups that an event is about."""
    data = envelope.get("data") or {}
    group = data.get("group") or {}
    return {one for one in (data.get("group_id"), group.get("id")) if one}


def concerns_alert(envelope: Envelope, alert_id: str) -> bool:
    """Return whether an event is about this alert."""
    return alert_id in alerts_of(envelope)


def _events(pages: Sequence[Document], wanted: Any) -> list[Envelope]:
    by_id: dict[str, Envelope] = {}
    for page in pages:
        for one in orjson.loads(page["entries"]):
            if wanted(one):
                by_id.setdefault(one["id"], one)
    return sorted(by_id.values(), key=lambda one: one.get("time", ""))
