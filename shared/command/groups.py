"""`tocsin groups`: alert groups, what they wait for, and what people do to them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from shared.command import group_actions
from shared.command.api_client import ApiClient, Timeout, Token, Url
from shared.command.failure import CommandFailed, told
from shared.command.lookup import integration_of
from shared.command.output import Format, Output, Quiet, print_facts, print_json, print_rows, print_table

app = typer.Typer(no_args_is_help=True, help="Alert groups: what fires, who has it, and what to do about it.")
group_actions.add_to(app)

BASE = "/api/v1/alert_groups"
MOST_ON_A_PAGE = 100


class State(StrEnum):
    """What a group is."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    SILENCED = "silenced"
    RESOLVED = "resolved"


States = Annotated[
    list[State] | None, typer.Option("--state", "-s", help="may be repeated; absent: open ones")
]
Every = Annotated[bool, typer.Option("--all", "-a", help="resolved ones too")]
Integration = Annotated[str | None, typer.Option("--integration", "-i", help="id or name of an integration")]
Team = Annotated[str | None, typer.Option("--team", help="id of a team; null: of no team")]
Labels = Annotated[
    list[str] | None, typer.Option("--label", "-l", help="name=value; may be repeated: all of them")
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="so many at most, the newest")]
Wanted = Annotated[str, typer.Argument(metavar="ID", help="id of the alert group")]
COLUMNS = ("id", "number", "state", "title", "integration", "alerts", "created", "why")


@app.command("list")
def list_groups(
    state: States = None,
    every: Every = False,
    integration: Integration = None,
    team: Team = None,
    label: Labels = None,
    limit: Limit = 50,
    output: Output = Format.TABLE,
    quiet: Quiet = False,
    url: Url = None,
    api_token: Token = None,
    timeout: Timeout = 30.0,
) -> None:
    """List alert groups, newest first; `-q` prints ids, for `tocsin groups ack -`."""
    with told():
        client = ApiClient.of(url, api_token, timeout)
        states = [] if every else state or [one for one in State if one is not State.RESOLVED]
        query = [("state", str(one)) for one in states]
        query += [("label", _label(one)) for one in label or ()]
        if integration is not None:
            query.append(("integration_id", integration_of(client, integration)["id"]))
        if team is not None:
            query.append(("team_id", team))
        found = _newest(client, query, limit)
        is_table = not quiet and output is not Format.JSON
        names = _names(client) if is_table and found else {}
        rows = [_row(one, names) for one in found] if is_table else found
    print_rows(rows, COLUMNS, output, quiet)


@app.command("show")
def show(
    group: Wanted,
    output: Output = Format.TABLE,
    url: Url = None,
    api_token: Token = None,
    timeout: Timeout = 30.0,
) -> None:
    """Show one alert group and its timeline."""
    with told():
        client = ApiClient.of(url, api_token, timeout)
        found = client.get(f"{BASE}/{group}")
        timeline = client.get(f"{BASE}/{group}/timeline")["results"]
        names = _names(client) if output is not Format.JSON else {}
    if output is Format.JSON:
        print_json({**found, "timeline": timeline})
        return
    print_facts({**_row(found, names), "link": found["permalinks"]["web"]})
    typer.echo()
    print_table(("at", "what", "who", "decision", "reason"), [_entry(one) for one in timeline])


def _newest(client: ApiClient, query: list[tuple[str, str]], limit: int) -> list[Any]:
    """Return the newest groups page by page, each once: new ones push the others on while it is read."""
    found: dict[str, Any] = {}
    size = min(limit, MOST_ON_A_PAGE)
    for number in range(1, -(-limit // size) + 1):
        page = client.page(BASE, [*query, ("page", str(number)), ("perpage", str(size))])
        fresh = {one["id"]: one for one in page if one["id"] not in found}
        found |= fresh
        if len(page) < size or not fresh:
            break
    return list(found.values())[:limit]


def _names(client: ApiClient) -> dict[str, str]:
    """Return the names of integrations and people by id."""
    found = {one["id"]: one["name"] for one in client.all("/api/v1/integrations", perpage="100")}
    return found | {one["id"]: one["username"] for one in client.all("/api/v1/users", perpage="100")}


def _row(group: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    return {
        "id": group["id"],
        "number": group["number"],
        "state": group["state"],
        "title": group["title"],
        "integration": names.get(group["integration_id"], group["integration_id"]),
        "alerts": group["alerts_count"],
        "created": _minute(group["created_at"]),
        "why": _why(group, names),
        "labels": ", ".join(f"{one['key']['name']}={one['value']['name']}" for one in group["labels"]),
        "last_alert": (group["last_alert"] or {}).get("id"),
    }


def _why(group: dict[str, Any], names: dict[str, str]) -> str:
    """Return what the state does not say: by whom, until when, held back by what."""
    state = group["state"]
    who = {one: names.get(group[f"{one}_by"] or "", "") for one in ("acknowledged", "resolved")}
    if state == State.SILENCED:
        return f"until {_minute(group['silenced_until'])}" if group["silenced_until"] else "for ever"
    if group["root_alert_group_id"]:
        return f"attached to {group['root_alert_group_id']}"
    if who.get(state):
        return f"by {who[state]}"
    return str(group["held"]["reason"]) if group["held"] is not None else ""


def _entry(one: dict[str, Any]) -> tuple[Any, ...]:
    who = one["actor"]["name"] if one["actor"] is not None else ""
    return (_minute(one["at"]), one["event_type"], who, one["decision"], one["reason"])


def _minute(text: str | None) -> str | None:
    return text[:16].replace("T", " ") if text else None


def _label(text: str) -> str:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise CommandFailed(f"--label: {text} is not name=value")
    return f"{name}:{value}"
