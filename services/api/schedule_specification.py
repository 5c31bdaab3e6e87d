"""The endpoints of schedules in the OpenAPI document, besides the plain ones of every kind of object."""

from __future__ import annotations

from typing import Any

from services.api.overrides import OverrideBody
from services.api.resources.shift_swaps import TakeBody
from services.api.specification_parts import body, listing, operation, path_parameter, query

BASE = "/api/v1"
SCHEDULE_BODIES = (OverrideBody, TakeBody)


def schedule_paths() -> dict[str, Any]:
    """Return the paths by URL."""
    one = f"{BASE}/schedules/{{id}}"
    final = listing("final_shifts", "FinalShift", ("start_date", "end_date"))
    on_call = operation("who is on call at a moment and why, and who is next", {"200": "OnCall"})
    on_call["parameters"] = [query("at")]
    changed = operation("change an override; what is not sent stays", {"200": "Override"}) | body(
        "OverrideBody"
    )
    return {
        f"{one}/final_shifts": {**_of(), "get": final},
        f"{one}/on_call": {**_of(), "get": on_call},
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


def _of(*names: str) -> dict[str, Any]:
    return {"parameters": [path_parameter(one) for one in names or ("id",)]}
