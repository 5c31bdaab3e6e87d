"""Escalations as stored: one document per (group, run), written by the escalator only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from shared.bus.publisher import Encoded
from shared.domain.escalation import Escalation, Glance, cards_digest
from shared.domain.storm import HeldPage
from shared.domain.storm_digest import Untold
from shared.store import due, untold
from shared.store.mongo import Database, Document, Index, Query
from shared.store.versioned import VersionedWrite, save

INDEXES = (
    Index((("group_id", 1), ("run", -1))),
    Index((("expires_at", 1),), expire_after_s=0),
    Index((("held_version", 1),), sparse=True),
    Index((("paused", 1),), sparse=True),
    Index((("digest_pages.digest", 1),), sparse=True),
    *due.INDEXES,
    *untold.INDEXES,
)
GLANCED = ("group_id", "run", "group_version", "cards_digest", "ended", "held", "paused", "due_at")


@dataclass(frozen=True)
class Stored:
    """An escalation as it was read, with what is still untold of it."""

    escalation: Escalation
    untold: tuple[Encoded, ...] = ()


class RunningThrough(NamedTuple):
    """A run of a group that is on its way through a chain."""

    group_id: str
    run: int
    chain_id: str


@dataclass(frozen=True)
class EscalationWrite:
    """One versioned write of one escalation."""

    escalation: Escalation
    base_version: int | None
    events: Sequence[Encoded]
    at: datetime
    keep: timedelta


class Escalations:
    """Repository of `escalations`."""

    def __init__(self, database: Database) -> None:
        self.collection = database.collection("escalations")

    async def prepare(self) -> None:
        """Create the indexes."""
        await self.collection.ensure_indexes(INDEXES)

    async def glances(self, group_ids: Sequence[str]) -> dict[str, list[Glance]]:
        """Return the runs of each group, without what only a change needs."""
        found = await self.collection.find({"group_id": {"$in": list(group_ids)}}, dict.fromkeys(GLANCED, 1))
        runs: dict[str, list[Glance]] = {}
        for one in found:
            runs.setdefault(one["group_id"], []).append(Glance.model_validate({**one, "id": one["_id"]}))
        return runs

    async def of_groups(self, group_ids: Sequence[str]) -> dict[str, Stored]:
        """Return every run of these groups, by escalation id."""
        found = await self.collection.find({"group_id": {"$in": list(group_ids)}}, {"body": 1, "untold": 1})
        return {one["_id"]: read(one) for one in found}

    async def running_through(self, chain_id: str) -> list[RunningThrough]:
        """Return the runs that are on their way through a chain."""
        return await self._running({"chain_id": chain_id})

    async def running_of(self, group_id: str) -> list[RunningThrough]:
        """Return the runs of a group that are on their way through a chain: one, or none."""
        return await self._running({"group_id": group_id, "chain_id": {"$ne": None}})

    async def _running(self, query: Query) -> list[RunningThrough]:
        # Whatever runs has a due time or waits for alerts; both have small indexes of what runs alone.
        runs: Query = {"$or": [{"due_at": {"$exists": True}}, {"paused": {"$exists": True}}]}
        found = await self.collection.find(
            {**query, **runs}, dict.fromkeys(("group_id", "run", "chain_id"), 1)
        )
        return [RunningThrough(one["group_id"], one["run"], one["chain_id"]) for one in found]

    async def claim_held(self, version: int, now: datetime) -> list[Document]:
        """Lease held escalations that were last decided with a configuration older than `version`."""
        return await due.claim(self.collection, {"held_version": {"$lt": version}}, now)

    async def pages_of(self, digest_id: str) -> list[Untold]:
        """Return the pages that were ever left to a digest and are not taken back, newest first.

        All pages of a batch are held at one instant: of those the one whose group began last is the newest.
        """
        names = ("group_id", "run", "digest_pages", "digest_opened_at")
        found = await self.collection.find({"digest_pages.digest": digest_id}, dict.fromkeys(names, 1))
        pages = [
            (page["at"], one.get("digest_opened_at", page["at"]), page["id"], one)
            for one in found
            for page in one["digest_pages"]
            if page["digest"] == digest_id
        ]
        newest_first = sorted(pages, key=lambda page: page[:3], reverse=True)
        return [Untold(id, one["group_id"], one["run"], at) for at, _, id, one in newest_first]

    async def held_pages_of(self, ids: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
        """Return for each of these escalations the pages left to digests, as (digest id, page id)."""
        query = {"_id": {"$in": list(ids)}, "digest_pages": {"$exists": True}}
        found = await self.collection.find(query, {"digest_pages": 1})
        return {one["_id"]: [(page["digest"], page["id"]) for page in one["digest_pages"]] for one in found}

    async def due_at(self, id: str, at: datetime | None) -> list[Document]:
        """Return an escalation as a document if it is due at that very instant, else none."""
        return await self.collection.find({"_id": id, "due_at": at})

    async def get_many(self, ids: Sequence[str]) -> dict[str, Escalation]:
        """Return escalations by id."""
        found = await self.collection.find({"_id": {"$in": list(ids)}}, {"body": 1})
        return {one["_id"]: Escalation.model_validate_json(one["body"]) for one in found}

    async def save(self, writes: Sequence[EscalationWrite]) -> set[str]:
        """Do all writes; return the ids of escalations whose write lost a race."""
        return await save(self.collection, [_versioned(one) for one in writes])


def read(document: Document) -> Stored:
    """Return the escalation in a document."""
    return Stored(Escalation.model_validate_json(document["body"]), tuple(untold.unpack(document)))


def _held(page: HeldPage) -> Document:
    return {"digest": page.digest_id, "id": page.id, "at": page.at}


def _versioned(write: EscalationWrite) -> VersionedWrite:
    one = write.escalation
    fields: Document = {
        "body": one.model_dump_json(),
        "version": one.version,
        "group_id": one.group_id,
        "run": one.run,
        "number": one.group.number,
        "group_version": one.group.version,
        "cards_digest": cards_digest(one.cards),
        "ended": one.ended,
        "held": one.held.sentence if one.held is not None else "",
        "chain_id": one.chain_id,
    }
    optional = {
        "due_at": one.due_at,
        "expires_at": write.at + write.keep if one.ended else None,
        "paused": one.paused or None,
        "held_version": one.held_version if one.held is not None else None,
        "digest_pages": [_held(page) for page in one.held_pages] or None,
        "digest_opened_at": one.group.opened_at if one.held_pages else None,
    }
    return VersionedWrite(one.id, write.base_version, fields, optional, write.events, write.at)
