"""A decider's document: state, version, the events of its last change and its next due time, in one write.

Optimistic versions settle races; who loses reloads and decides again (docs/adr: events are saved beside the state).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.bus.publisher import Encoded
from shared.store import untold
from shared.store.mongo import Collection, Document, Insert, Update, Write


@dataclass(frozen=True)
class VersionedWrite:
    """One write of one document, decided from `base_version` (None: it is new).

    `fields` are always there; `optional` ones are absent while None (unique sparse indexes, due times).
    `pending` ids are added to the document's list of that name.
    """

    id: str
    base_version: int | None
    fields: Document
    optional: Document
    events: Sequence[Encoded]
    at: datetime
    pending: Sequence[str] = ()
    token: str = field(default_factory=lambda: uuid.uuid4().hex)

    def driver_write(self) -> Write:
        """Return it as a bulk's write."""
        present = {name: value for name, value in self.optional.items() if value is not None}
        marked = {"untold_at": self.at} if self.events or self.pending else {}
        packed = untold.pack(self.events)
        fields = {**self.fields, **present, **marked, "written_by": self.token}
        if self.base_version is None:
            return Insert({"_id": self.id, **fields, "untold": packed, "pending": list(self.pending)})
        absent = {name: "" for name, value in self.optional.items() if value is None}
        change: Document = {
            "$set": fields,
            "$push": {"untold": {"$each": packed}, "pending": {"$each": list(self.pending)}},
            "$unset": {**absent, "lease_until": "", "lease_token": ""},
        }
        return Update({"_id": self.id, "version": self.base_version}, change)


async def save(collection: Collection, writes: Sequence[VersionedWrite]) -> set[str]:
    """Do all writes in one request; return the ids of documents whose write lost a race."""
    outcome = await collection.bulk([one.driver_write() for one in writes])
    lost = {writes[position].id for position in outcome.duplicates}
    updates = [one for one in writes if one.base_version is not None]
    if outcome.matched < len(updates):
        stored = await collection.find({"_id": {"$in": [one.id for one in updates]}}, {"written_by": 1})
        tokens = {one["_id"]: one.get("written_by") for one in stored}
        lost |= {one.id for one in updates if tokens.get(one.id) != one.token}
    return lost
