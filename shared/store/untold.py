"""Events that a document's last change caused and the broker has not confirmed yet.

One write saves state and events; then they are told; then cleared. A crash in between tells them late or twice
(same ids), never loses or invents them. Clearing does not raise the document's version.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.bus.publisher import Encoded
from shared.store.mongo import Collection, Document, Index, Update

UNTOLD_AGE_S = 5.0
SWEEP_LIMIT = 200
# Older than anything: the index holds only what is untold, and a query has to say so.
EVER = datetime(1970, 1, 1, tzinfo=UTC)
INDEXES = (Index((("untold_at", 1),), sparse=True),)


def pack(events: Sequence[Encoded]) -> list[Document]:
    """Return events as they are kept in a document."""
    return [{"id": one.id, "key": one.key, "body": one.body.decode()} for one in events]


def unpack(document: Mapping[str, Any]) -> list[Encoded]:
    """Return the untold events of a document."""
    return [Encoded(one["key"], one["id"], one["body"].encode()) for one in document.get("untold", ())]


def clear(document_ids: Sequence[str], event_ids: Sequence[str], pending: Sequence[str] = ()) -> Update:
    """Return the write that takes told events (and settled ids) out of documents.

    One statement for all of them: event ids are unique, and each statement costs as much as ten documents.
    """
    fields: Document = {"untold": _without("$untold", "$$one.id", event_ids)}
    if pending:
        fields["pending"] = _without("$pending", "$$one", pending)
    still = {
        "$or": [{"$gt": [{"$size": {"$ifNull": [f"${name}", []]}}, 0]} for name in ("untold", "pending")]
    }
    marked = {"untold_at": {"$cond": [still, "$untold_at", "$$REMOVE"]}}
    return Update({"_id": {"$in": list(document_ids)}}, [{"$set": fields}, {"$set": marked}], many=True)


def _without(array: str, element: str, gone: Sequence[str]) -> Document:
    kept = {"$not": {"$in": [element, {"$literal": list(gone)}]}}
    return {"$filter": {"input": {"$ifNull": [array, []]}, "as": "one", "cond": kept}}


async def oldest(collection: Collection) -> datetime | None:
    """Return since when anything is untold."""
    query = {"untold_at": {"$gt": EVER}}
    found = await collection.find_one(query, {"_id": 0, "untold_at": 1}, sort=[("untold_at", 1)])
    return found["untold_at"] if found is not None else None


async def find_forgotten(
    collection: Collection, now: datetime, age_s: float = UNTOLD_AGE_S
) -> list[Document]:
    """Return documents whose events should have been told `age_s` seconds ago: their teller died."""
    limit = now - timedelta(seconds=age_s)
    return await collection.find({"untold_at": {"$lt": limit}}, limit=SWEEP_LIMIT)
