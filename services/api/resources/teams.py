"""Teams and the organization: what existing clients look up by name and refer to."""

from __future__ import annotations

from typing import Any

from services.api.resources.desk import Body, Desk, Resource, named
from shared.domain.configuration import Team


def show(_desk: Desk, row: Team, _query: dict[str, str]) -> dict[str, Any]:
    """Return the public shape."""
    return {
        "id": row.id,
        "grafana_id": None,
        "name": row.name,
        "email": row.email,
        "avatar_url": row.avatar_url,
    }


def select(desk: Desk, query: dict[str, str]) -> list[Team]:
    """Return teams, oldest first."""
    return named(desk.draft.all(Team), query)


TEAMS = Resource(name="teams", model=Team, body=Body, show=show, select=select)
