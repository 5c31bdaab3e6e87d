"""Alerts as stored: exactly one document per alert id, written by the grouper only.

The payload is kept as JSON text: it holds whatever a monitoring tool sends (deep, `$` keys, 64-bit integers),
which BSON would refuse in part.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from shared.domain.model import Alert
from shared.model_text import dumped
from shared.store.mongo import Database, Document, Index, Query, Update

INDEXES = (
    Index((("group_id", 1), ("received_at", 1))),
    Index((("received_at", -1),)),
    Index((("integration_id", 1), ("received_at", -1))),
    Index((("expires_at", 1),), expire_after_s=0),
)
SET_AT_ONCE = 256


class Alerts:
    """Repository of `alerts`."""

    def __init__(self, database: Database) -> None:
        self.collection = database.collection("alerts")

    async def prepare(self) -> None:
        """Create the indexes."""
        await self.collection.ensure_indexes(INDEXES)

    async def insert_new(self, alerts: Sequence[Alert], expires_at: datetime) -> set[str]:
        """Store alerts without a group; return the ids that were stored before."""
        return await self.collection.insert_new([_document(one, expires_at) for one in alerts])

    async def group_of(self, ids: Sequence[str]) -> dict[str, str | None]:
        """Return the group that each stored alert is in, None while it is in none."""
        found = await self.collection.find({"_id": {"$in": list(ids)}}, {"group_id": 1})
        return {one["_id"]: one["group_id"] for one in found}

    async def set_groups(self, group_of: Mapping[str, str]) -> None:
        """Put alerts (by id) into their groups, in one statement for up to 256 of them."""
        ids = list(group_of)
        for start in range(0, len(ids), SET_AT_ONCE):
            some = ids[start : start + SET_AT_ONCE]
            groups = [group_of[id] for id in some]
            group_id = {
                "$arrayElemAt": [{"$literal": groups}, {"$indexOfArray": [{"$literal": some}, "$_id"]}]
            }
            change = Update({"_id": {"$in": some}}, [{"$set": {"group_id": group_id}}], many=True)
            await self.collection.bulk([change])

    async def get_many(self, ids: Sequence[str]) -> dict[str, Alert]:
        """Return stored alerts by id; unknown ids are left out."""
        found = await self.collection.find({"_id": {"$in": list(ids)}}, {"body": 1})
        return {one["_id"]: Alert.model_validate_json(one["body"]) for one in found}

    async def count_in_window(self, group_id: str, pending: Sequence[str], minutes: int) -> int:
        """Return how many alerts a group has within some minutes, counted back from its newest one.

        `pending` are alerts that the group has taken in and that may not say so yet.
        """
        own: Query = {"$or": [{"group_id": group_id}, {"_id": {"$in": list(pending)}}]}
        newest = await self.collection.find(own, {"received_at": 1}, sort=[("received_at", -1)], limit=1)
        if not newest:
            return 0
        since = newest[0]["received_at"] - timedelta(minutes=minutes)
        return await self.collection.count({**own, "received_at": {"$gte": since}})

    async def find(
        self, query: Query, limit: int, skip: int = 0, newest_first: bool = True
    ) -> list[tuple[Alert, str]]:
        """Return matching alerts, each with its group's id ("" while it has none)."""
        order = [("received_at", -1 if newest_first else 1), ("_id", 1)]
        found = await self.collection.find(query, sort=order, limit=limit, skip=skip)
        return [_read(one) for one in found]

    async def newest_times(self, integration_ids: Sequence[str]) -> dict[str, datetime]:
        """Return when the newest alert of each integration came; integrations without any are left out."""

        async def newest(integration_id: str) -> list[Document]:
            query, fields = {"integration_id": integration_id}, {"_id": 0, "received_at": 1}
            return await self.collection.find(query, fields, [("received_at", -1)], limit=1)

        found = await asyncio.gather(*(newest(one) for one in integration_ids))
        return {id: one[0]["received_at"] for id, one in zip(integration_ids, found, strict=True) if one}

    async def hourly(self, integration_id: str, since: datetime, limit: int) -> dict[datetime, int]:
        """Return how many alerts of an integration came in each hour (by its begin), read from an index alone.

        Counting begins with the newest one and ends at `limit`: then the oldest hours are counted in part.
        """
        found = await self.collection.aggregate(
            [
                {"$match": {"integration_id": integration_id, "received_at": {"$gte": since}}},
                {"$sort": {"received_at": -1}},
                {"$limit": limit},
                {"$project": {"_id": 0, "hour": {"$dateTrunc": {"date": "$received_at", "unit": "hour"}}}},
                {"$group": {"_id": "$hour", "count": {"$sum": 1}}},
            ]
        )
        return {one["_id"]: one["count"] for one in found}

    async def of_integration(
        self, integration_id: str, limit: int, *, newest_first: bool = True
    ) -> list[tuple[Alert, str]]:
        """Return an integration's newest (or oldest) alerts, each with its group's id ("" while it has none).

        They are read in the order of an index, however many there are; those of the same instant in any order.
        """
        order = [("received_at", -1 if newest_first else 1)]
        found = await self.collection.find({"integration_id": integration_id}, sort=order, limit=limit)
        return [_read(one) for one in found]

    async def count_received(self, integration_ids: Sequence[str], since: datetime, until: datetime) -> int:
        """Return how many alerts came in a time, wiped ones left out."""
        return await self.collection.count(_received(integration_ids, since, until))

    async def received(
        self,
        integration_ids: Sequence[str],
        since: datetime,
        until: datetime,
        limit: int,
        seen: Sequence[str],
    ) -> list[Alert]:
        """Return the first alerts that came from `since` on and before `until`, but for those in `seen`.

        They are in order to the millisecond, in which those with the same one may stand anyhow: an index has it so.
        """
        query = _received(integration_ids, since, until) | {"_id": {"$nin": list(seen)}}
        found = await self.collection.find(query, {"body": 1}, sort=[("received_at", 1)], limit=limit)
        return [Alert.model_validate_json(one["body"]) for one in found]

    async def wipe_some(self, group_id: str, limit: int) -> int:
        """Erase the payloads of up to `limit` alerts of a group; return how many had one."""
        query = {"group_id": group_id, "wiped": None}
        found = await self.collection.find(query, {"body": 1}, limit=limit)
        alerts = [Alert.model_validate_json(one["body"]) for one in found]
        empty = [one.model_copy(update={"payload": None}) for one in alerts]
        await self.collection.bulk(
            [
                Update({"_id": one.id}, {"$set": {"body": one.model_dump_json(), "wiped": True}})
                for one in empty
            ]
        )
        return len(alerts)

    async def delete_of(self, group_id: str) -> int:
        """Delete the alerts of a group; return how many."""
        return await self.collection.delete_many({"group_id": group_id})

    async def ids_of(self, group_id: str) -> list[str]:
        """Return the ids of the alerts of a group."""
        return [one["_id"] for one in await self.collection.find({"group_id": group_id}, {"_id": 1})]

    async def postpone_expiry(self, group_ids: Sequence[str], before: datetime, until: datetime) -> int:
        """Keep alerts of these groups that would expire before an instant until another one; return how many."""
        query = {"group_id": {"$in": list(group_ids)}, "expires_at": {"$lt": before}}
        return await self.collection.update_many(query, {"$set": {"expires_at": until}})


def _received(integration_ids: Sequence[str], since: datetime, until: datetime) -> Query:
    time = {"$gte": since, "$lt": until}
    return {"integration_id": {"$in": list(integration_ids)}, "received_at": time, "wiped": None}


def _read(document: Document) -> tuple[Alert, str]:
    return Alert.model_validate_json(document["body"]), document["group_id"] or ""


def _text(alert: Alert) -> str:
    try:
        return dumped(alert).decode()
    except TypeError:
        return alert.model_dump_json()


def _document(alert: Alert, expires_at: datetime) -> Document:
    document: dict[str, Any] = {
        "_id": alert.id,
        "integration_id": alert.integration_id,
        "received_at": alert.received_at,
        "group_id": None,
        "body": _text(alert),
        "expires_at": expires_at,
    }
    return document
