"""The endpoints of running and simulated escalations in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from services.api.simulation import SimulateBody
from services.api.specification_parts import body, operation, path_parameter

BASE = "/api/v1"
ESCALATION_BODIES = (SimulateBody,)


def escalation_paths() -> dict[str, Any]:
    """Return the paths by URL."""
    applied: dict[str, str | None] = {"200": "ChainApplied", "202": "ChainApplied"}
    of_one = {"parameters": [path_parameter("id")]}
    to_running = operation("apply an edited chain to the alert groups that run through it", applied)
    to_one = operation("apply the edited chain to this alert group", applied)
    played = operation("who would be notified how and when, if an alert came", {"200": "Simulation"})
    return {
        f"{BASE}/escalation_chains/{{id}}/apply_to_running": {**of_one, "post": to_running},
        f"{BASE}/alert_groups/{{id}}/apply_chain": {**of_one, "post": to_one},
        f"{BASE}/simulate": {"post": played | body("SimulateBody")},
    }
