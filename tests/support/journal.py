"""What the journal holds of groups, for stories: pages, posts and decisions by the title of the group."""

from __future__ import annotations

from typing import Any

import orjson


def events_of(stored: Any, type: str, title: str | None = None) -> list[dict[str, Any]]:
    """Return the journal's events of a type, of groups of this title or of all, oldest first, once each."""
    query = {} if title is None else {"title": title}
    ids = {one["_id"] for one in stored.alert_groups.find(query, {"_id": 1})}
    found: dict[str, dict[str, Any]] = {}
    for page in stored.journal.find({}, {"entries": 1}):
        for one in orjson.loads(page["entries"]):
            data = one["data"]
            group_id = (data.get("group") or {}).get("id") or data.get("group_id")
            if one["type"] == type and group_id in ids:
                fields = {name: one.get(name) for name in ("id", "decision", "reason", "time", "causeid")}
                found[one["id"]] = {**data, **fields}
    return sorted(found.values(), key=lambda one: one["time"])
