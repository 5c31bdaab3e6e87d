"""What the OpenAPI document says of alert groups: lists, actions, notes, direct paging."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from services.api.actions import WORDS
from services.api.bulk import BulkBody
from services.api.direct_paging import EscalationBody
from services.api.group_actions import AttachBody, EraseBody, RespondersBody
from services.api.notes import NoteBody
from services.api.shape import Shape
from services.api.specification_parts import body, listing, operation, path_parameter

BASE = "/api/v1"
GROUP_FILTERS = ("id", "route_id", "integration_id", "team_id", "state", "started_at", "label", "name")
GROUP_BODIES: tuple[type[BaseModel], ...] = (
    *(AttachBody, RespondersBody, EraseBody, BulkBody, EscalationBody, NoteBody),
)


class NotYet(Shape):
    """Accepted, and not in effect yet; `action_id` is asked for, `alert_id` is that of a page."""

    detail: str
    action_id: str | None = None
    alert_id: str | None = None


GROUP_SHAPES: tuple[type[BaseModel], ...] = (NotYet,)
BODY_OF = {"attach": AttachBody, "page": RespondersBody, "unpage": RespondersBody}
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "the same key is the same action, however often it is sent",
    "schema": {"type": "string", "maxLength": 255, "pattern": "^[ -~]*$"},
}


def group_paths() -> dict[str, Any]:
    """Return the paths about alert groups and what belongs to them."""
    erase = operation("erase what its alerts said, or delete it", {"204": None})
    return {
        f"{BASE}/alert_groups": {"get": listing("alert_groups", "AlertGroup", GROUP_FILTERS)},
        f"{BASE}/alert_groups/{{id}}": {
            "parameters": [path_parameter("id")],
            "get": operation("read an alert group", {"200": "AlertGroup"}),
            "delete": erase | body(EraseBody.__name__, required=False),
        },
        f"{BASE}/alert_groups/bulk": {"post": _bulk()},
        **{f"{BASE}/alert_groups/{{id}}/{word}": _action(word) for word in WORDS},
        f"{BASE}/escalation": {"post": _escalation()},
        **_note_paths(),
    }


def _bulk() -> dict[str, Any]:
    done = operation("one action on many groups; the outcome of each", {"200": "BulkOutcomes"})
    return done | body(BulkBody.__name__) | {"parameters": [KEY]}


def _escalation() -> dict[str, Any]:
    done = operation("page users or a team directly", {"200": "AlertGroup", "202": "AlertGroup|NotYet"})
    return done | body(EscalationBody.__name__) | {"parameters": [KEY]}


def _note_paths() -> dict[str, Any]:
    change = operation("change a resolution note", {"200": "ResolutionNote", "202": "NotYet"})
    change |= body(NoteBody.__name__)
    create = operation("write a resolution note", {"201": "ResolutionNote", "202": "NotYet"})
    return {
        f"{BASE}/resolution_notes": {
            "get": listing("resolution_notes", "ResolutionNote", ("alert_group_id",)),
            "post": create | body(NoteBody.__name__),
        },
        f"{BASE}/resolution_notes/{{id}}": {
            "parameters": [path_parameter("id")],
            "get": operation("read a resolution note", {"200": "ResolutionNote"}),
            "put": change,
            "patch": change,
            "delete": operation("delete a resolution note", {"204": None}),
        },
    }


def _action(word: str) -> dict[str, Any]:
    done = operation(
        f"{word} an alert group; answered when it has taken effect", {"200": "AlertGroup", "202": "NotYet"}
    )
    done["parameters"] = [KEY]
    if word in BODY_OF:
        done |= body(BODY_OF[word].__name__)
    if word == "silence":
        delay = {"type": "integer", "minimum": -1, "description": "seconds; 0 and -1: for ever"}
        schema = {"type": "object", "required": ["delay"], "properties": {"delay": delay}}
        done["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return {"parameters": [path_parameter("id")], "post": done}
