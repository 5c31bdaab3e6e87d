"""Maintenance windows in a declaration: names and places turned into the ids that a client of the API would send."""

from __future__ import annotations

from typing import Any

from services.api.declare_faults import Faults
from services.api.resources import routes
from services.api.resources.desk import Desk
from shared.domain.configuration import Integration
from shared.domain.declaration import DeclaredMaintenance, DeclaredWindowRoute, Path


def window_fields(desk: Desk, faults: Faults, path: Path, declared: DeclaredMaintenance) -> dict[str, Any]:
    """Return the body of a declared window; what it names and does not exist is noted as a mistake."""
    fields = declared.model_dump(exclude={"integrations", "routes", "starts_at", "set"})
    integrations = [
        faults.id_of(Integration, name, (*path, "integrations", position))
        for position, name in enumerate(declared.integrations)
    ]
    found = [
        _route_id(desk, faults, (*path, "routes", position), one)
        for position, one in enumerate(declared.routes)
    ]
    return {
        **fields,
        "starts_at": declared.starts_at.isoformat(),
        "integration_ids": [one for one in integrations if one is not None],
        "route_ids": [one for one in found if one is not None],
    }


def _route_id(desk: Desk, faults: Faults, path: Path, declared: DeclaredWindowRoute) -> str | None:
    integration_id = faults.id_of(Integration, declared.integration, path)
    if integration_id is None:
        return None
    rows = routes.select(desk, {"integration_id": integration_id})
    if declared.route == "default":
        return rows[-1].id
    if not 1 <= declared.route < len(rows):
        faults.add(
            (*path, "route"), f"{declared.integration.name} has {len(rows) - 1} routes before the default one"
        )
        return None
    return rows[declared.route - 1].id
