"""The journal: every event that was ever told, in pages of one message each, written by the recorder only.

`entries` is the message's CloudEvents as JSON text. A page per message instead of a document per event costs a
tenth of the writes (docs/adr); readers drop what was told twice by its id.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from shared.events import AlertReceived, derived_id
from shared.store.mongo import Database, Document, Index, Insert, Query, Update, Write

INDEXES = (
    Index((("alerts", 1),)),
    Index((("groups", 1), ("at", 1))),
    Index((("at", 1),), partial={"received": True}),
    Index((("expires_at", 1),), expire_after_s=0),
)
Envelope = dict[str, Any]
REWRITTEN_AT_ONCE = 100
# So many pages are held at once, of up to 256 KiB each.
READ_AT_ONCE = 50
OLDEST_FIRST, NEWEST_FIRST = (("at", 1),), (("at", -1),)
# What is read of the beginning of a group that has more pages than are read.
BEGINNING_PAGES = 100


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
        return await self._read({"alerts": alert_id}, lambda one: concerns_alert(one, alert_id))

    async def of_group(self, group_id: str, limit_pages: int = 2000) -> list[Envelope]:
        """Return the events of one group, oldest first: all of its newest pages, and how it began if there are more."""
        query, by_id = {"groups": group_id}, dict[str, Envelope]()

        def is_its(one: Envelope) -> bool:
            return group_id in groups_of(one)

        if await self._gather(by_id, query, is_its, NEWEST_FIRST, limit_pages) == limit_pages:
            await self._gather(by_id, query, is_its, OLDEST_FIRST, BEGINNING_PAGES)
        return _oldest_first(by_id)

    async def told_of(self, group_ids: Sequence[str], types: Collection[str]) -> list[Envelope]:
        """Return the events of some types about these groups, oldest first."""
        types_of_json = "|".join(re.escape(one) for one in sorted(types))
        # What has none of them is not even sent.
        query = {
            "groups": {"$in": list(group_ids)},
            "entries": {"$regex": f'"type":"(?:{types_of_json})"'},
        }
        wanted = set(group_ids)
        return await self._read(
            query, lambda one: one["type"] in types and not wanted.isdisjoint(groups_of(one))
        )

    async def newest(self, since: datetime, limit_pages: int) -> tuple[list[Envelope], datetime]:
        """Return the events of the newest pages, and the instant from which on they are all there.

        The index that lets pages expire has them in the order in which they were written.
        """
        found = await self.collection.find(
            {}, {"entries": 1, "at": 1}, sort=[("expires_at", -1)], limit=limit_pages
        )
        recent = [one for one in found if one["at"] >= since]
        reached = min((one["at"] for one in recent), default=since) if len(found) == limit_pages else since
        return _events(recent, lambda _: True), max(reached, since)

    async def alerts_in(self, group_id: str) -> set[str]:
        """Return the ids of the alerts that came into a group, as its records tell."""
        found: set[str] = set()
        async for pages in self.collection.walk(
            {"groups": group_id}, {"entries": 1}, [("at", 1)], READ_AT_ONCE
        ):
            for one in _events(pages, lambda one: group_id in groups_of(one)):
                found.update((one.get("data") or {}).get("alerts") or ())
        return found

    async def _read(self, query: Query, wanted: Callable[[Envelope], bool]) -> list[Envelope]:
        """Return what is wanted of matching pages, oldest first."""
        by_id: dict[str, Envelope] = {}
        await self._gather(by_id, query, wanted, OLDEST_FIRST)
        return _oldest_first(by_id)

    async def _gather(
        self,
        by_id: dict[str, Envelope],
        query: Query,
        wanted: Callable[[Envelope], bool],
        order: Sequence[tuple[str, int]],
        limit: int = 0,
    ) -> int:
        """Add what is wanted of matching pages, of which most may be of others; return how many pages there were."""
        count = 0
        async for pages in self.collection.walk(query, {"entries": 1}, order, READ_AT_ONCE, limit):
            _collect(by_id, pages, wanted)
            count += len(pages)
        return count

    async def postpone_expiry(self, group_ids: Sequence[str], before: datetime, until: datetime) -> int:
        """Keep pages about these groups that would expire before an instant until another one; return how many."""
        query = {"groups": {"$in": list(group_ids)}, "expires_at": {"$lt": before}}
        return await self.collection.update_many(query, {"$set": {"expires_at": until}})

    async def rewrite(self, query: Query, change: Callable[[Envelope], Envelope]) -> int:
        """Put `change(record)` in the place of each record in the matching pages; return how many pages changed."""
        ids = [one["_id"] for one in await self.collection.find(query, {"_id": 1})]
        changed = 0
        for start in range(0, len(ids), REWRITTEN_AT_ONCE):
            some = {"_id": {"$in": ids[start : start + REWRITTEN_AT_ONCE]}}
            writes: list[Write] = []
            for page in await self.collection.find(some, {"entries": 1}):
                before = orjson.loads(page["entries"])
                after = [change(one) for one in before]
                if after != before:
                    text = orjson.dumps(after).decode()
                    writes.append(Update({"_id": page["_id"]}, {"$set": {"entries": text}}))
            await self.collection.bulk(writes)
            changed += len(writes)
        return changed


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


def _events(pages: Sequence[Document], wanted: Callable[[Envelope], bool]) -> list[Envelope]:
    by_id: dict[str, Envelope] = {}
    _collect(by_id, pages, wanted)
    return _oldest_first(by_id)


def _collect(
    by_id: dict[str, Envelope], pages: Sequence[Document], wanted: Callable[[Envelope], bool]
) -> None:
    for page in pages:
        for one in orjson.loads(page["entries"]):
            if wanted(one):
                by_id.setdefault(one["id"], one)


def _oldest_first(by_id: dict[str, Envelope]) -> list[Envelope]:
    return sorted(by_id.values(), key=lambda one: one.get("time", ""))
