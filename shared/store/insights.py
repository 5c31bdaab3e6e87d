"""What is counted over days and weeks: how fast people answered, who was paged when, what makes the noise.

Each question is one pass over one index that has all it needs; no document is read, so 100,000 groups take a
fraction of a second. Days and hours are those of a time zone, whose offsets are part of the question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from shared.domain.zone_offsets import Offset
from shared.store.deliveries import REACHED
from shared.store.mongo import Database, Document

DAY_MS, HOUR_MS = 86_400_000, 3_600_000
EPOCH = date(1970, 1, 1).toordinal()
# More rules than this opened groups: the quiet ones are left out.
MOST_RULES = 2_000


@dataclass(frozen=True)
class Span:
    """The time that is asked about, and the offsets of the asker's time zone in it.

    `integration_ids` and `user_ids`: only groups of these, only pages of these; None: all.
    """

    since: datetime
    until: datetime
    offsets: Sequence[Offset]
    integration_ids: Sequence[str] | None = None
    user_ids: Sequence[str] | None = None


@dataclass(frozen=True)
class Answered:
    """How many groups were opened, and how many of them acknowledged and resolved after how long in sum (ms)."""

    groups: int = 0
    acknowledged: int = 0
    acknowledge_ms: int = 0
    resolved: int = 0
    resolve_ms: int = 0

    def __add__(self, other: Answered) -> Answered:
        return Answered(
            *(one + another for one, another in zip(vars(self).values(), vars(other).values(), strict=True))
        )

    @property
    def mtta_s(self) -> float | None:
        """The mean time to acknowledge in seconds; None when nothing was acknowledged."""
        return self.acknowledge_ms / self.acknowledged / 1000 if self.acknowledged else None

    @property
    def mttr_s(self) -> float | None:
        """The mean time to resolve in seconds; None when nothing was resolved."""
        return self.resolve_ms / self.resolved / 1000 if self.resolved else None


class Insights:
    """Questions to `alert_groups` and `deliveries`; their writers declare the indexes."""

    def __init__(self, database: Database) -> None:
        self._groups = database.collection("alert_groups")
        self._deliveries = database.collection("deliveries")

    async def by_day(self, span: Span) -> dict[date, Answered]:
        """Return the groups by the day on which they were opened."""
        found = await self._groups.aggregate(groups_by_day(span))
        return {date.fromordinal(EPOCH + one["_id"]): _answered(one) for one in found}

    async def by_rule(self, span: Span) -> dict[tuple[str, str], Answered]:
        """Return the groups by (integration id, route id), the most first; "" is no route."""
        found = await self._groups.aggregate(groups_by_rule(span))
        return {(one["_id"]["integration_id"], one["_id"]["route_id"]): _answered(one) for one in found}

    async def pages(self, span: Span) -> dict[str, dict[int, int]]:
        """Return how many pages reached each person (by user id) in each hour of the day (0 to 23)."""
        people: dict[str, dict[int, int]] = {}
        for one in await self._deliveries.aggregate(pages_by_hour(span)):
            people.setdefault(one["_id"]["person"], {})[one["_id"]["hour"]] = one["pages"]
        return people


def groups_by_day(span: Span) -> list[Document]:
    """Return the pipeline over `alert_groups` that counts by days since 1970."""
    day = {"$toInt": {"$floor": {"$divide": [_local_ms("$opened_at", span), DAY_MS]}}}
    return [_opened(span), {"$group": {"_id": day, **_SUMS}}]


def groups_by_rule(span: Span) -> list[Document]:
    """Return the pipeline over `alert_groups` that counts by integration and route."""
    key = {"integration_id": "$integration_id", "route_id": {"$ifNull": ["$route_id", ""]}}
    order = {"$sort": {"groups": -1, "_id": 1}}
    return [_opened(span), {"$group": {"_id": key, **_SUMS}}, order, {"$limit": MOST_RULES}]


def pages_by_hour(span: Span) -> list[Document]:
    """Return the pipeline over `deliveries` that counts by person and hour of the day."""
    within = {"$gte": span.since, "$lt": span.until}
    of_day = {"$mod": [_local_ms("$finished_at", span), DAY_MS]}
    hour = {"$toInt": {"$floor": {"$divide": [of_day, HOUR_MS]}}}
    wanted: Document = {"kind": "page", "finished_at": within, "state": {"$in": list(REACHED)}}
    if span.user_ids is not None:
        wanted["subject_id"] = {"$in": list(span.user_ids)}
    return [
        {"$match": wanted},
        {"$group": {"_id": {"person": "$subject_id", "hour": hour}, "pages": {"$sum": 1}}},
    ]


def _opened(span: Span) -> Document:
    wanted: Document = {"seen": True, "opened_at": {"$gte": span.since, "$lt": span.until}}
    if span.integration_ids is not None:
        wanted["integration_id"] = {"$in": list(span.integration_ids)}
    return {"$match": wanted}


def _took_ms(until: str) -> Document:
    """A late alert may have been received before the acknowledge that it met."""
    took = {"$subtract": [until, "$opened_at"]}
    return {"$cond": [{"$gt": [until, None]}, {"$max": [took, 0]}, 0]}


def _is_set(name: str) -> Document:
    return {"$sum": {"$cond": [{"$gt": [name, None]}, 1, 0]}}


_SUMS: Document = {
    "groups": {"$sum": 1},
    "acknowledged": _is_set("$acknowledged_at"),
    "acknowledge_ms": {"$sum": _took_ms("$acknowledged_at")},
    "resolved": _is_set("$resolved_at"),
    "resolve_ms": {"$sum": _took_ms("$resolved_at")},
}


def _local_ms(name: str, span: Span) -> Any:
    """Return the expression of an instant as milliseconds of the zone's own clocks."""
    ms = {"$toLong": name}
    offset: Any = span.offsets[0].ms
    for one in span.offsets[1:]:
        offset = {"$cond": [{"$gte": [name, one.since]}, one.ms, offset]}
    return {"$add": [ms, offset]}


def _answered(found: Document) -> Answered:
    return Answered(**{name: int(found[name]) for name in _SUMS})
