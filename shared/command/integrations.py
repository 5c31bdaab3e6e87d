"""`tocsin integrations`: the ways in, their URLs, and whether an alert arrives through one."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from shared.command import trial
from shared.command.api_client import ApiClient, Token, Url
from shared.command.failure import told
from shared.command.lookup import integration_of
from shared.command.output import Format, Output, Quiet, print_facts, print_ids, print_json, print_table
from shared.integrations import all_types

app = typer.Typer(no_args_is_help=True, help="Integrations: the ways in.")
app.command("test")(trial.try_integration)

BASE = "/api/v1/integrations"
Wanted = Annotated[str, typer.Argument(metavar="ID|NAME", help="id or name of the integration")]
Name = Annotated[str | None, typer.Option("--name", help="name of the integration")]
Kind = Annotated[str | None, typer.Option("--type", help="only integrations of this type")]
Team = Annotated[str | None, typer.Option("--team", help="id of the team that owns it")]
Keep = Annotated[str, typer.Option("--keep-old-for", help="how long the old URL is taken: 0, 90s, 12h, 7d")]


@app.command("list")
def list_integrations(
    name: Name = None,
    type: Kind = None,
    output: Output = Format.TABLE,
    quiet: Quiet = False,
    url: Url = None,
    api_token: Token = None,
) -> None:
    """List integrations; `-o wide` adds URL, authentication and rate limit, `-q` prints ids only."""
    with told():
        found = ApiClient.of(url, api_token).all(BASE, **({"name": name} if name else {}))
    shown = [one for one in found if type in (None, one["type"])]
    if quiet:
        print_ids([one["id"] for one in shown])
    elif output is Format.JSON:
        print_json(shown)
    else:
        columns = [_facts(one) for one in shown]
        heads = list(_facts(EMPTY)) if output is Format.WIDE else ["id", "name", "type", "problems"]
        print_table(heads, [[one[head] for head in heads] for one in columns])


@app.command("show")
def show(
    integration: Wanted,
    output: Output = Format.TABLE,
    quiet: Quiet = False,
    url: Url = None,
    api_token: Token = None,
) -> None:
    """Show one integration: its URLs and who may send."""
    with told():
        found = integration_of(ApiClient.of(url, api_token), integration)
    _print(found, output, quiet)


@app.command("create")
def create(
    type: Annotated[str, typer.Argument(metavar="TYPE", help="see `tocsin integrations types`")],
    name: Name = None,
    team: Team = None,
    output: Output = Format.TABLE,
    quiet: Quiet = False,
    url: Url = None,
    api_token: Token = None,
) -> None:
    """Create an integration and print its URL."""
    with told():
        body = {"type": type, "name": name, "team_id": team}
        made = ApiClient.of(url, api_token).post(BASE, {key: one for key, one in body.items() if one})
    _print(made, output, quiet)


@app.command("types")
def types(output: Output = Format.TABLE, quiet: Quiet = False) -> None:
    """List the types that this version knows."""
    known = [{"type": one.slug, "title": one.title} for one in all_types()]
    if quiet:
        print_ids([one["type"] for one in known])
    elif output is Format.JSON:
        print_json(known)
    else:
        print_table(("type", "title"), [(one["type"], one["title"]) for one in known])


@app.command("tokens")
def tokens(
    integration: Wanted,
    output: Output = Format.TABLE,
    quiet: Quiet = False,
    url: Url = None,
    api_token: Token = None,
) -> None:
    """Show the URL of an integration, and the former ones with their uses."""
    with told():
        client = ApiClient.of(url, api_token)
        found = client.get(f"{BASE}/{integration_of(client, integration)['id']}/tokens")
    _print_tokens(found, output, quiet)


@app.command("rotate-token")
def rotate_token(
    integration: Wanted,
    keep_old_for: Keep = "1d",
    output: Output = Format.TABLE,
    quiet: Quiet = False,
    url: Url = None,
    api_token: Token = None,
) -> None:
    """Give an integration a new URL; the old one is taken for a while."""
    with told():
        client = ApiClient.of(url, api_token)
        path = f"{BASE}/{integration_of(client, integration)['id']}/rotate_token"
        found = client.post(path, {"keep_old_for": keep_old_for})
    _print_tokens(found, output, quiet)


@app.command("revoke-token")
def revoke_token(
    integration: Wanted,
    token_id: Annotated[str, typer.Argument(metavar="TOKEN_ID", help="see `tocsin integrations tokens`")],
    url: Url = None,
    api_token: Token = None,
) -> None:
    """Take a former URL away at once."""
    with told():
        client = ApiClient.of(url, api_token)
        client.delete(f"{BASE}/{integration_of(client, integration)['id']}/tokens/{token_id}")


EMPTY: dict[str, Any] = {"authentication": {}, "rate_limit": None, "heartbeat": {}}


def _facts(integration: dict[str, Any]) -> dict[str, Any]:
    asked = [name for name, one in integration["authentication"].items() if one]
    limit = integration["rate_limit"]
    return {
        **{name: integration.get(name) for name in ("id", "name", "type", "problems", "team_id", "link")},
        "heartbeat": (integration["heartbeat"] or {}).get("link"),
        "authentication": ", ".join(asked) or None,
        "rate_limit": limit and f"{limit['alerts_per_minute']} a minute, {limit['burst']} at once",
    }


def _print(integration: dict[str, Any], output: Format, quiet: bool) -> None:
    if quiet:
        print_ids([integration["id"]])
    elif output is Format.JSON:
        print_json(integration)
    else:
        print_facts(_facts(integration))


def _print_tokens(found: dict[str, Any], output: Format, quiet: bool) -> None:
    if quiet:
        print_ids([one["id"] for one in found["former"]])
    elif output is Format.JSON:
        print_json(found)
    else:
        print_facts({name: found[name] for name in ("link", "rotated_at")})
        heads = ("id", "ending", "valid until", "uses", "last used at")
        names = ("id", "ending", "valid_until", "uses", "last_used_at")
        print_table(heads, [[one[name] for name in names] for one in found["former"]])
