"""`tocsin deliveries`: what became of pages and calls, and settling those of which nobody knows."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from shared.command.api_client import ApiClient, Timeout, Token, Url
from shared.command.failure import CommandFailed, told
from shared.command.output import Format, Output, Quiet, print_ids, print_json, print_table

app = typer.Typer(no_args_is_help=True, help="What became of pages, webhook calls and notices.")

HEADS = ("id", "channel", "user", "alert group", "state", "tries", "created", "reason")
NAMES = ("id", "channel", "username", "alert_group_id", "state", "attempts", "created_at", "reason")
Ids = Annotated[list[str], typer.Argument(help="ids of deliveries; - reads them from standard input")]


class Settled(StrEnum):
    """How a delivery of unknown outcome is settled."""

    SENT = "sent"
    FAILED = "failed"


@app.command("list")
def list_deliveries(
    state: Annotated[
        str | None, typer.Option("--state", "-s", help="comma-separated: unknown,failed")
    ] = None,
    user: Annotated[str | None, typer.Option("--user", help="id of a user")] = None,
    channel: Annotated[str | None, typer.Option("--channel", help="email, sms, phone_call, …")] = None,
    group: Annotated[str | None, typer.Option("--group", help="id of an alert group")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100, help="so many at most")] = 50,
    output: Output = Format.TABLE,
    quiet: Quiet = False,
    url: Url = None,
    api_token: Token = None,
    timeout: Timeout = 30.0,
) -> None:
    """List deliveries, newest first."""
    asked = {"state": state, "user_id": user, "channel": channel, "alert_group_id": group}
    query = {name: value for name, value in asked.items() if value is not None}
    with told():
        client = ApiClient.of(url, api_token, timeout)
        found = client.get("/api/v1/deliveries", **query, perpage=str(limit))["results"]
    _print(found, output, quiet)


@app.command("resend")
def resend(
    ids: Ids,
    output: Output = Format.TABLE,
    quiet: Quiet = False,
    url: Url = None,
    api_token: Token = None,
    timeout: Timeout = 30.0,
) -> None:
    """Send deliveries again that are unknown or failed; only while their alert group still wants them."""
    with told():
        _ask(ids, "resend", ApiClient.of(url, api_token, timeout), output, quiet)


@app.command("settle")
def settle(
    ids: Ids,
    outcome: Annotated[Settled, typer.Option("--as", help="it arrived, or it did not")],
    output: Output = Format.TABLE,
    quiet: Quiet = False,
    url: Url = None,
    api_token: Token = None,
    timeout: Timeout = 30.0,
) -> None:
    """Say what became of deliveries of which nobody knows; as failed also of those that still wait."""
    action = "mark_sent" if outcome is Settled.SENT else "give_up"
    with told():
        _ask(ids, action, ApiClient.of(url, api_token, timeout), output, quiet)


def _ask(ids: list[str], action: str, client: ApiClient, output: Format, quiet: bool) -> None:
    wanted = typer.get_text_stream("stdin").read().split() if ids == ["-"] else ids
    done: list[Any] = []
    failed: list[str] = []
    for id in wanted:
        try:
            done.append(client.post(f"/api/v1/deliveries/{id}/{action}"))
        except CommandFailed as error:
            failed.append(f"{id}: {error}")
    _print([one for one in done if "state" in one], output, quiet)
    if failed:
        raise CommandFailed("; ".join(failed))


def _print(found: list[Any], output: Format, quiet: bool) -> None:
    if quiet:
        print_ids([one["id"] for one in found])
    elif output is Format.JSON:
        print_json(found)
    else:
        print_table(HEADS, [[one[name] for name in NAMES] for one in found])
