"""`tocsin problems`: templates and rules that failed, and people who could not be reached."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from shared.command.api_client import ApiClient, Timeout, Token, Url
from shared.command.failure import told
from shared.command.lookup import integration_of
from shared.command.output import Format, Output, print_json, print_table

app = typer.Typer(
    no_args_is_help=True, help="Templates and rules that failed, people who could not be reached."
)


class State(StrEnum):
    """Which problems to list."""

    OPEN = "open"
    CLEARED = "cleared"
    ALL = "all"


Integration = Annotated[str | None, typer.Option("--integration", "-i", help="id or name of an integration")]
Wanted = Annotated[State, typer.Option("--state", help="those that stand, those that are over, or both")]
HEADS = (
    "severity",
    "integration",
    "where",
    "line",
    "count",
    "first seen",
    "last seen",
    "state",
    "alert",
    "message",
)
NAMES = (
    "severity",
    "integration_name",
    "where",
    "line",
    "count",
    "first_seen_at",
    "last_seen_at",
    "state",
    "alert_id",
    "message",
)


@app.callback()
def group() -> None:
    """Templates and rules that failed, people who could not be reached."""


@app.command("list")
def list_problems(
    integration: Integration = None,
    state: Wanted = State.OPEN,
    output: Output = Format.TABLE,
    url: Url = None,
    api_token: Token = None,
    timeout: Timeout = 30.0,
) -> None:
    """List problems, the one seen last first."""
    with told():
        client = ApiClient.of(url, api_token, timeout)
        query = {"state": str(state)}
        if integration is not None:
            query["integration_id"] = integration_of(client, integration)["id"]
        found = client.get("/api/v1/problems", **query)["results"]
    if output is Format.JSON:
        print_json(found)
    else:
        print_table(HEADS, [[one[name] for name in NAMES] for one in found])
