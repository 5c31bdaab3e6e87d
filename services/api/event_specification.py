"""The stream of events in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from services.api.specification_parts import operation, query, reference

BASE = "/api/v1"
LAST_EVENT_ID = {
    "name": "Last-Event-ID",
    "in": "header",
    "description": "the id of the last event that was read, as browsers send it when they come again; "
    "it counts before `after`",
    "schema": {"type": "string"},
}
EXAMPLE = (
    "id: 8267443B5A000000012B0229296E04\n"
    "event: group.acknowledged.v1\n"
    'data: {"specversion": "1.0", "type": "group.acknowledged.v1", "id": "…", "data": {"group": {}}}\n\n'
)
DESCRIPTION = (
    "Each event of the stream is a CloudEvent of the journal (docs/asyncapi.yaml has their shapes), in the order in "
    "which it was committed. Its id is the position behind it: whoever comes again with the last id goes on there, "
    "with nothing skipped and nothing told twice. Without a position the stream begins now. A comment every 15 "
    "seconds keeps the connection open and moves the position on. A stream ends after ten minutes at the latest."
)


def event_paths() -> dict[str, Any]:
    """Return the paths by URL."""
    read = operation("follow what happens, as server-sent events", {"200": None})
    read["responses"]["200"]["content"] = {"text/event-stream": {"example": EXAMPLE}}
    read["responses"]["410"] = {
        "description": "the journal cannot be followed from this position any more",
        "content": {"application/json": {"schema": reference("Error")}},
    }
    follow = {**query("follow"), "schema": {"type": "boolean", "default": True}}
    follow["description"] = "false: the answer ends with what is there"
    types = {**query("type"), "schema": {"type": "array", "items": {"type": "string"}}}
    types["description"] = "types of events, whole or up to a dot: `group`, `group.resolved`, `notification`"
    groups = {**query("alert_group_id"), "schema": {"type": "array", "items": {"type": "string"}}}
    parameters = [LAST_EVENT_ID, query("after"), types, groups, follow]
    return {f"{BASE}/events": {"get": {**read, "description": DESCRIPTION, "parameters": parameters}}}
