"""Finds what people name on the command line."""

from __future__ import annotations

from typing import Any

from shared.command.api_client import ApiClient
from shared.command.failure import CommandFailed


def integration_of(client: ApiClient, wanted: str) -> Any:
    """Return the integration that was given by id or by name, as the api shows it.

    Raises:
        CommandFailed: there is none, or several teams have one of this name.
    """
    found = client.request("GET", f"/api/v1/integrations/{wanted}") if wanted.isalnum() else None
    if found is not None and found.status == 200:
        return found.data
    named = client.get("/api/v1/integrations", name=wanted)["results"]
    if not named:
        raise CommandFailed(f"There is no integration with id or name {wanted}.")
    if len(named) > 1:
        raise CommandFailed(
            f"Several integrations are named {wanted}: {', '.join(one['id'] for one in named)}"
        )
    return named[0]
