"""Everything that is stored, to see whether a request changed something."""

from __future__ import annotations

import hashlib
from typing import Any

import pymongo
from bson import json_util

from tests.integration.api.api_running import RunningApi

# Kept by what runs by itself, or for each request: that somebody was seen, that somebody asked.
BY_ITSELF = frozenset({"sessions", "sign_in_guesses", "duties", "calendar_refreshes", "schedule_checks"})


def stored(client: pymongo.MongoClient[dict[str, Any]], api: RunningApi) -> dict[str, list[str]]:
    """Return a digest of every document by collection."""
    database = client[api.store.name]
    return {
        name: sorted(_digest(one) for one in database[name].find())
        for name in sorted(database.list_collection_names())
        if name not in BY_ITSELF
    }


def _digest(document: dict[str, Any]) -> str:
    return hashlib.sha256(json_util.dumps(document, sort_keys=True).encode()).hexdigest()
