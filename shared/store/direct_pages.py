"""Direct pages as stored: one document per group with responders, written by the escalator only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.bus.publisher import Encoded
from shared.domain.direct_pages import DirectPages
from shared.store import due, untold
from shared.store.mongo import Database, Document, Index
from shared.store.versioned import VersionedWrite, save

INDEXES = (Index((("expires_at", 1),), expire_after_s=0), *due.INDEXES, *untold.INDEXES)


@dataclass(frozen=True)
class StoredPages:
    """Direct pages as they were read, with what is still untold of them."""

    pages: DirectPages
    untold: tuple[Encoded, ...] = ()


@dataclass(frozen=True)
class PagesWrite:
    """One versioned write of one group's direct pages."""

    pages: DirectPages
    base_version: int | None
    events: Sequence[Encoded]
    at: datetime
    keep: timedelta


class DirectPageStore:
    """Repository of `direct_pages`."""

    def __init__(self, database: Database) -> None:
        self.collection = database.collection("direct_pages")

    async def prepare(self) -> None:
        """Create the indexes."""
        await self.collection.ensure_indexes(INDEXES)

    async def get_many(self, group_ids: Sequence[str]) -> dict[str, StoredPages]:
        """Return the direct pages of groups, by group id."""
        found = await self.collection.find({"_id": {"$in": list(group_ids)}}, {"body": 1, "untold": 1})
        return {one["_id"]: read(one) for one in found}

    async def save(self, writes: Sequence[PagesWrite]) -> set[str]:
        """Do all writes; return the ids of groups whose write lost a race."""
        return await save(self.collection, [_versioned(one) for one in writes])


def read(document: Document) -> StoredPages:
    """Return the direct pages in a document."""
    return StoredPages(DirectPages.model_validate_json(document["body"]), tuple(untold.unpack(document)))


def _versioned(write: PagesWrite) -> VersionedWrite:
    one = write.pages
    fields: Document = {"body": one.model_dump_json(), "version": one.version}
    optional = {
        "due_at": one.due_at,
        "expires_at": write.at + write.keep if one.is_over else None,
    }
    return VersionedWrite(one.id, write.base_version, fields, optional, write.events, write.at)
