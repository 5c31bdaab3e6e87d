"""The endpoints of schedules in the OpenAPI document, besides the plain ones of every kind of object."""

from __future__ import annotations

from typing import Any

from services.api.on_call_reminders import OnCallRemindersBody
from services.api.overrides import OverrideBody
from services.api.resources.shift_swaps import TakeBody
from services.api.specification_parts import body, listing, operation, path_parameter, query

BASE = "/api/v1"
SCHEDULE_BODIES = (OverrideBody, TakeBody, OnCallRemindersBody)


def schedule_paths() -> dict[str, Any]:
    """Return the paths by URL."""
    one = f"{BASE}/schedules/{{id}}"
    final = listing("final_shifts", "FinalShift", ("start_date", "end_date"))
    on_call = operation("who is on call at a moment and why, and who is next", {"200": "OnCall"})
    on_call["parameters"] = [query("at")]
    gaps = operation("when nobody is on call in the time ahead", {"200": "Gaps"})
    gaps["parameters"] = [query("days")]
    changed = operation("change an override; what is not sent stays", {"200": "Override"}) | body(
        "OverrideBody"
    )
    return {
        f"{one}/final_shifts": {**_of(), "get": final},
        f"{one}/on_call": {**_of(), "get": on_call},
        f"{one}/gaps": {**_of(), "get": gaps},
        f"{one}/quality": {
            **_of(),
            "get": operation("how well a year is covered and shared", {"200": "Quality"}),
        },
        f"{one}/export": _calendar("a schedule as a calendar to subscribe to"),
        f"{one}/export_token": _export_token(),
        f"{BASE}/users/{{id}}/on_call_reminders": {
            **_of(),
            "get": operation("how a person is told before going on call", {"200": "Reminders"}),
            "put": operation("change that, wholly", {"200": "Reminders"}) | body("OnCallRemindersBody"),
        },
        f"{BASE}/users/{{id}}/schedule_export": _calendar("a person's shifts as a calendar to subscribe to"),
        f"{BASE}/users/{{id}}/schedule_export_token": _export_token(),
        f"{one}/overrides": {
            **_of(),
            "get": operation("the overrides that were made here", {"200": "Overrides"}),
            "post": operation("have somebody else on call for a while", {"201": "Override"})
            | body("OverrideBody"),
        },
        f"{one}/overrides/{{override_id}}": {
            **_of("id", "override_id"),
            "put": changed,
            "patch": changed,
            "delete": operation("take an override away", {"204": None}),
        },
        f"{BASE}/shift_swaps/{{id}}/take": {
            **_of(),
            "post": operation("stand in for somebody", {"200": "ShiftSwap"})
            | body("TakeBody", required=False),
        },
    }


def _calendar(summary: str) -> dict[str, Any]:
    read = operation(f"{summary}; the token of the query is all that is asked for", {"200": None})
    read["responses"]["200"]["content"] = {"text/calendar": {"schema": {"type": "string"}}}
    return {**_of(), "get": read | {"parameters": [query("token")], "security": []}}


def _export_token() -> dict[str, Any]:
    return {
        **_of(),
        "get": operation("whether there is an address", {"200": "ExportToken"}),
        "post": operation("make an address; the one before is worth nothing any more", {"201": "ExportMade"}),
        "delete": operation("take the address away", {"204": None}),
    }


def _of(*names: str) -> dict[str, Any]:
    return {"parameters": [path_parameter(one) for one in names or ("id",)]}
