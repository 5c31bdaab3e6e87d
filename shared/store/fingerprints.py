"""Documents that follow the configuration: one per object, due at once when the object's fingerprint changes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from shared.store import due
from shared.store.mongo import Collection, Update, Write


async def follow(
    collection: Collection, fingerprints: Mapping[str, str], version: int, now: datetime
) -> None:
    """Have objects, as of a configuration version, looked at: what is new or changed at once.

    What does not exist any more goes, unless a newer configuration put it there.
    """
    fields = {"due_at": now, "config_version": version}
    await collection.insert_new(
        [{"_id": id, "fingerprint": text, **fields} for id, text in fingerprints.items()]
    )
    changed: list[Write] = [
        Update(
            {"_id": id, "fingerprint": {"$ne": text}, "config_version": {"$lte": version}},
            {"$set": {"fingerprint": text, **fields}},
        )
        for id, text in fingerprints.items()
    ]
    if changed:
        await collection.bulk(changed)
    due.foretell(collection, now)
    await collection.delete_many({"_id": {"$nin": list(fingerprints)}, "config_version": {"$lte": version}})
