"""Whether anything is late anywhere: due and not taken, or decided and not told. Read by indexes, one entry each."""

from __future__ import annotations

from datetime import UTC, datetime

from shared.store.mongo import Database, Query

# Whose work stands in which collection, and what its index of due times wants to be asked beside the time.
DUE: dict[str, Query] = {
    "alert_groups": {},
    "escalations": {},
    "direct_pages": {},
    "digests": {},
    "deliveries": {"channel": {"$gt": ""}},
    "posts": {},
    "heartbeats": {},
}
TELLING = ("alert_groups", "escalations", "direct_pages", "digests", "deliveries", "posts", "heartbeats")
EVER = datetime(1970, 1, 1, tzinfo=UTC)


async def late_since(database: Database, before: datetime) -> list[str]:
    """Return the collections in which something is due, or untold, since before that instant."""
    since = {"$gt": EVER, "$lt": before}
    due = [
        f"due in {name}"
        for name, query in DUE.items()
        if await database.collection(name).count({**query, "due_at": since}, limit=1)
    ]
    untold = [
        f"untold in {name}"
        for name in TELLING
        if await database.collection(name).count({"untold_at": since}, limit=1)
    ]
    return due + untold
