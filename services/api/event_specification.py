"""The stream of events in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from services.api.event_subscriptions import PositionBody
from services.api.specification_parts import body, operation, path_parameter, query, reference

BASE = "/api/v1"
EVENT_BODIES = (PositionBody,)
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
    integrations = {
        **groups,
        "name": "integration_id",
        "description": "events that name one of these integrations",
    }
    after = {
        **query("after"),
        "description": "a position, or `beginning`: as far back as the database can go",
    }
    parameters = [LAST_EVENT_ID, after, types, groups, integrations, follow]
    stream = {"get": {**read, "description": DESCRIPTION, "parameters": parameters}}
    return {f"{BASE}/events": stream, **_subscription_paths()}


def _subscription_paths() -> dict[str, Any]:
    """Return what is done with an event subscription besides the plain writes of every kind of object."""
    one, parameters = f"{BASE}/event_subscriptions/{{id}}", [path_parameter("id")]
    moved = operation("go on from another position", {"200": "EventSubscription"}) | body("PositionBody")
    tried = operation("send an event that says nothing; the position stays", {"200": "EventTrial"})
    secret = operation("sign with a new secret, shown this once", {"200": "SigningSecret"})
    return {
        f"{one}/position": {"parameters": parameters, "post": moved},
        f"{one}/test": {"parameters": parameters, "post": tried},
        f"{one}/rotate_secret": {
            "parameters": parameters,
            "post": secret | body("RotateSecretBody", required=False),
        },
    }
