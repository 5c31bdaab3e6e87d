"""Integrations in a declaration: the body that a client of the API would send, whole, so that defaults come back."""

from __future__ import annotations

from typing import Any

from services.api.declare_children import heartbeat_body, label_bodies
from shared.domain.declaration import DeclaredIntegration

PLAIN = {"name", "type", "description_short", "allow_source_based_resolving", "templates"}
READING = {"label_template", "each_instance", "base_url"}
ABOUT_GROUPS = {"acknowledge_reminder", "escalation_resumes", "resolution_note_required"}


def integration_fields(declared: DeclaredIntegration) -> dict[str, Any]:
    """Return the body of a declared integration, without its team and its routes."""
    fields = declared.model_dump(include=PLAIN | READING | ABOUT_GROUPS)
    for name in ("labels", "dynamic_labels"):
        fields[name] = label_bodies(getattr(declared, name))
    fields |= {"rate_limit": declared.rate_limit, "storm": declared.storm.model_dump()}
    asked = declared.authentication
    fields["authentication"] = asked.whole if asked is not None else None
    fields["heartbeat"] = heartbeat_body(declared.heartbeat)
    return fields
