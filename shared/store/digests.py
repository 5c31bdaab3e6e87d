"""Digests of storms as stored: one document per storm, person and channel, written by the escalator only.

Which pages wait stands in the escalations (`digest_pages`), so a page and what it comes from are one write; a digest
only remembers what it told. It exists before the first page that waits for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.bus.publisher import Encoded
from shared.domain.storm import Storm
from shared.domain.storm_digest import Digest
from shared.store import due, untold
from shared.store.mongo import Database, Document, Index
from shared.store.versioned import VersionedWrite, save

INDEXES = (
    Index((("storm_id", 1),)),
    Index((("expires_at", 1),), expire_after_s=0),
    *due.INDEXES,
    *untold.INDEXES,
)
# What has ended is kept for people who ask why they were not paged.
KEEP = timedelta(days=7)


@dataclass(frozen=True)
class DigestWrite:
    """One versioned write of one digest with what it tells."""

    digest: Digest
    base_version: int | None
    events: Sequence[Encoded]
    at: datetime


class Digests:
    """Repository of `digests`."""

    def __init__(self, database: Database) -> None:
        self.collection = database.collection("digests")

    async def prepare(self) -> None:
        """Create the indexes."""
        await self.collection.ensure_indexes(INDEXES)

    async def add(self, digests: Sequence[Digest], at: datetime) -> None:
        """Store digests that do not exist yet."""
        writes = [_versioned(DigestWrite(one, None, (), at)) for one in digests]
        await self.collection.insert_new([one.inserted().document for one in writes])
        due.foretell(self.collection, *(one.due_at for one in digests))

    async def save(self, writes: Sequence[DigestWrite]) -> set[str]:
        """Do all writes; return the ids of digests whose write lost a race."""
        return await save(self.collection, [_versioned(one) for one in writes])

    async def hurry(self, storm: Storm, now: datetime) -> None:
        """Let the digests of a storm look now: it is over."""
        query = {"storm_id": storm.id, "due_at": {"$gt": now}}
        await self.collection.update_many(query, {"$set": {"due_at": now}})
        due.foretell(self.collection, now)

    async def told_among(self, pages: Sequence[tuple[str, str]]) -> set[str]:
        """Return which of these held pages, given as (digest id, page id), were told."""
        ids = sorted({digest_id for digest_id, _ in pages})
        asked = {"$setIntersection": ["$told", {"$literal": [page_id for _, page_id in pages]}]}
        found = await self.collection.find({"_id": {"$in": ids}}, {"told": asked})
        return {page_id for one in found for page_id in one["told"]}


def read(document: Document) -> Digest:
    """Return the digest in a document."""
    return Digest.model_validate_json(document["body"]).model_copy(update={"told": tuple(document["told"])})


def _versioned(write: DigestWrite) -> VersionedWrite:
    one = write.digest
    fields: Document = {
        "body": one.model_dump_json(exclude={"told"}),
        "told": list(one.told),
        "version": one.version,
        "storm_id": one.storm.id,
    }
    optional = {"due_at": one.due_at, "expires_at": write.at + KEEP if one.due_at is None else None}
    return VersionedWrite(one.id, write.base_version, fields, optional, write.events, write.at)
