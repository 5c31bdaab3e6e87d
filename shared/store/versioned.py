"""A decider's document: state, version, the events of its last change and its next due time, in one write.

Optimistic versions settle races; who loses reloads and decides again (docs/adr/0002). All updates of a batch are
one statement: a statement costs the database as much as the change itself, and one whose query names the version
beside the id costs twice (docs/adr/0014).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.bus.publisher import Encoded
from shared.store import due, untold
from shared.store.mongo import Collection, Document, Insert, Update, Write

UPDATED_AT_ONCE = 64
LEASE = ("lease_until", "lease_token")


@dataclass(frozen=True)
class VersionedWrite:
    """One write of one document, decided from `base_version` (None: it is new).

    `fields` are always there; `optional` ones are absent while None (unique sparse indexes, due times), and are
    the same names for all documents of a collection. `pending` ids are added to the document's list of that name.
    """

    id: str
    base_version: int | None
    fields: Document
    optional: Document
    events: Sequence[Encoded]
    at: datetime
    pending: Sequence[str] = ()
    token: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def _marked(self) -> Document:
        return {"untold_at": self.at} if self.events or self.pending else {}

    def inserted(self) -> Insert:
        """Return it as a new document."""
        present = {name: value for name, value in self.optional.items() if value is not None}
        lists = {"untold": untold.pack(self.events), "pending": list(self.pending)}
        return Insert(
            {"_id": self.id, **self.fields, **present, **self._marked, "written_by": self.token, **lists}
        )

    def changed(self) -> Document:
        """Return it as one of the changes in a statement; None stands for an absent field there."""
        fields = {
            **self.fields,
            **self.optional,
            **self._marked,
            "written_by": self.token,
            **dict.fromkeys(LEASE),
        }
        return {
            "base": self.base_version,
            "set": fields,
            "untold": untold.pack(self.events),
            "pending": list(self.pending),
        }


async def save(collection: Collection, writes: Sequence[VersionedWrite]) -> set[str]:
    """Do all writes in one request; return the ids of documents whose write lost a race."""
    inserts = [one for one in writes if one.base_version is None]
    updates = [one for one in writes if one.base_version is not None]
    chunks = [updates[start : start + UPDATED_AT_ONCE] for start in range(0, len(updates), UPDATED_AT_ONCE)]
    statements: list[Write] = [*(one.inserted() for one in inserts), *(_statement(chunk) for chunk in chunks)]
    outcome = await collection.bulk(statements)
    due.foretell(collection, *(one.optional.get("due_at") for one in writes))
    lost = {inserts[position].id for position in outcome.duplicates if position < len(inserts)}
    if outcome.modified < len(updates):
        stored = await collection.find({"_id": {"$in": [one.id for one in updates]}}, {"written_by": 1})
        tokens = {one["_id"]: one.get("written_by") for one in stored}
        lost |= {one.id for one in updates if tokens.get(one.id) != one.token}
    return lost


def _statement(updates: Sequence[VersionedWrite]) -> Update:
    """Return one statement that gives each document its own change, if it still has the version decided from."""
    ids = [one.id for one in updates]
    mine = {
        "$arrayElemAt": [
            {"$literal": [one.changed() for one in updates]},
            {"$indexOfArray": [{"$literal": ids}, "$_id"]},
        ]
    }
    lists = {
        name: {"$concatArrays": [{"$ifNull": [f"${name}", []]}, f"$_mine.{name}"]}
        for name in ("untold", "pending")
    }
    changed = {"$mergeObjects": ["$$ROOT", "$_mine.set", lists]}
    absent = {name: {"$ifNull": [f"${name}", "$$REMOVE"]} for name in (*updates[0].optional, *LEASE)}
    return Update(
        {"_id": {"$in": ids}},
        [
            {"$set": {"_mine": mine}},
            {"$replaceWith": {"$cond": [{"$eq": ["$version", "$_mine.base"]}, changed, "$$ROOT"]}},
            {"$set": absent},
            {"$unset": "_mine"},
        ],
        many=True,
    )
