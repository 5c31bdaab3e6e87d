"""Finds what people name on the command line."""

from __future__ import annotations

from typing import Any

from shared.command.api_client import ApiClient
from shared.command.failure import CommandFailed


def chain_of(client: ApiClient, wanted: str) -> Any:
    """Return the escalation chain that was given by id or by name, as the api shows it.

    Raises:
        CommandFailed: there is none, or several teams have one of this name.
    """
    return _found(client, "/api/v1/escalation_chains", wanted, "escalation chain")


def integration_of(client: ApiClient, wanted: str) -> Any:
    """Return the integration that was given by id or by name, as the api shows it.

    Raises:
        CommandFailed: there is none, or several teams have one of this name.
    """
    return _found(client, "/api/v1/integrations", wanted, "integration")


def schedule_of(client: ApiClient, wanted: str) -> Any:
    """Return the schedule that was given by id or by name, as the api shows it.

    Raises:
        CommandFailed: there is none, or several teams have one of this name.
    """
    return _found(client, "/api/v1/schedules", wanted, "schedule")


def _found(client: ApiClient, path: str, wanted: str, noun: str) -> Any:
    found = client.request("GET", f"{path}/{wanted}") if wanted.isalnum() else None
    if found is not None and found.status == 200:
        return found.data
    named = client.get(path, name=wanted)["results"]
    if not named:
        raise CommandFailed(f"There is no {noun} with id or name {wanted}.")
    if len(named) > 1:
        ids = ", ".join(one["id"] for one in named)
        raise CommandFailed(f"Several {noun}s are named {wanted}: {ids}")
    return named[0]
