"""`tocsin send` and `tocsin trace`: an alert in by the front door, and where it went."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from shared.command.api_client import ApiClient, Timeout, Token, Url
from shared.command.api_client import send as send_request
from shared.command.failure import CommandFailed, told
from shared.command.output import Format, Output, Quiet, print_ids, print_json, print_table
from shared.command.settings import CommandSettings
from shared.integrations import all_types, by_slug, path_word

Type = Annotated[str, typer.Argument(metavar="TYPE", help="integration type, such as alertmanager")]
IngestToken = Annotated[str | None, typer.Option("--token", help="token of the integration's URL")]
IntegrationName = Annotated[str | None, typer.Option("--integration", help="name of the integration")]
PayloadFile = Annotated[Path | None, typer.Option("--file", "-f", help="JSON body instead of the example")]
Firing = Annotated[bool, typer.Option("--firing/--resolved", help="which example to send")]
Key = Annotated[str | None, typer.Option("--key", help="Idempotency-Key: the same key is the same alert")]


def send(
    type: Type,
    token: IngestToken = None,
    integration: IntegrationName = None,
    file: PayloadFile = None,
    firing: Firing = True,
    key: Key = None,
    output: Output = Format.TABLE,
    quiet: Quiet = False,
    url: Url = None,
    api_token: Token = None,
) -> None:
    """Send an example alert of a type (or a file) to an integration."""
    with told():
        body = _body(type, file, firing)
        link = (
            _link_by_token(type, token) if token else _link(ApiClient.of(url, api_token), type, integration)
        )
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        answer = send_request("POST", link, body, headers)
        if answer.status >= 300:
            raise CommandFailed(f"{answer.status}: {answer.data}")
    _show_sent(answer.data, output, quiet)


def trace(
    alert_id: Annotated[str, typer.Argument(metavar="ALERT_ID")],
    output: Output = Format.TABLE,
    url: Url = None,
    api_token: Token = None,
    timeout: Timeout = 30.0,
) -> None:
    """Show where an alert went: every stage with its waiting and working time, decision and reason."""
    with told():
        found = ApiClient.of(url, api_token, timeout).get(f"/api/v1/alerts/{alert_id}/trace")
    if output is Format.JSON:
        print_json(found)
        return
    print_stages(found)
    for kind in ("pages", "posts", "webhooks"):
        for one in found[kind]:
            target = one.get("channel") or one.get("medium") or one.get("webhook_id") or ""
            typer.echo(f"{kind}: {target} {one['outcome']} {one['reason']}".rstrip())


def print_stages(trace: Any) -> None:
    """Print the stages of a trace as the api answers it."""
    heads = ("at", "stage", "event", "decision", "waited ms", "worked ms", "reason")
    names = ("at", "stage", "event_type", "decision", "waited_ms", "worked_ms", "reason")
    print_table(heads, [[one[name] for name in names] for one in trace["stages"]])


def payload_in(file: Path) -> Any:
    """Return the JSON of a file.

    Raises:
        CommandFailed: it cannot be read.
    """
    try:
        return orjson.loads(file.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise CommandFailed(f"{file} cannot be read: {error}") from error


def _body(type: str, file: Path | None, firing: bool) -> Any:
    if file is not None:
        return payload_in(file)
    found = by_slug(type)
    if found is None:
        raise CommandFailed(
            f"There is no type {type}. There are: {', '.join(one.slug for one in all_types())}"
        )
    return found.example_firing if firing else found.example_resolved


def _link_by_token(type: str, token: str) -> str:
    return f"{CommandSettings().ingest_url.rstrip('/')}/integrations/v1/{path_word(type)}/{token}/"


def _link(client: ApiClient, type: str, name: str | None) -> str:
    query = {"name": name} if name else {}
    found = client.get("/api/v1/integrations/", **query)["results"]
    for one in found:
        if one["type"] == type and one["link"] is None:
            raise CommandFailed(
                f"{one['name']} has no URL; its mail address is {one['inbound_email'] or 'not set'}."
            )
        if one["type"] == type:
            return str(one["link"])
    raise CommandFailed(f"There is no integration of type {type}" + (f" named {name}" if name else "") + ".")


def _show_sent(data: Any, output: Format, quiet: bool) -> None:
    if quiet and isinstance(data, dict):
        ids = data.get("ids") or [one["id"] for one in data.get("alerts", [])] or [data.get("id")]
        print_ids([str(one) for one in ids])
    elif output is Format.JSON or not isinstance(data, dict):
        print_json(data)
    else:
        for name, value in data.items():
            typer.echo(f"{name}: {value}")
