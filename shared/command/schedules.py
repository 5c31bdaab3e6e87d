"""`tocsin schedules`: who is on call, now or at any instant, and why."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from shared.command.api_client import ApiClient, Token, Url
from shared.command.failure import told
from shared.command.lookup import schedule_of
from shared.command.output import Format, Output, Quiet, print_facts, print_ids, print_json, print_table

app = typer.Typer(no_args_is_help=True, help="Schedules: who is on call when.")

BASE = "/api/v1/schedules"
Wanted = Annotated[str, typer.Argument(metavar="ID|NAME", help="id or name of the schedule")]
At = Annotated[
    str | None, typer.Option("--at", help="an instant such as 2027-03-28T01:30+01:00; absent: now")
]


@app.command("list")
def list_schedules(
    output: Output = Format.TABLE, quiet: Quiet = False, url: Url = None, api_token: Token = None
) -> None:
    """List schedules and who is on call now; `-q` prints ids only."""
    with told():
        client = ApiClient.of(url, api_token)
        found = client.all(BASE)
        names = {one["id"]: one["username"] for one in client.all("/api/v1/users")}
    if quiet:
        print_ids([one["id"] for one in found])
    elif output is Format.JSON:
        print_json(found)
    else:
        print_table(tuple(_facts({}, {})), [list(_facts(one, names).values()) for one in found])


@app.command("show")
def show(
    schedule: Wanted,
    output: Output = Format.TABLE,
    quiet: Quiet = False,
    url: Url = None,
    api_token: Token = None,
) -> None:
    """Show one schedule, its problems, and how well its hours are covered and shared."""
    with told():
        client = ApiClient.of(url, api_token)
        found = schedule_of(client, schedule)
        names = {one["id"]: one["username"] for one in client.all("/api/v1/users")}
        quality = client.get(f"{BASE}/{found['id']}/quality")
        problems = client.get("/api/v1/problems", schedule_id=found["id"])["results"]
    if quiet:
        print_ids([found["id"]])
    elif output is Format.JSON:
        print_json({**found, "quality": quality, "standing_problems": problems})
    else:
        comments = "; ".join(one["text"] for one in quality["comments"])
        sentences = "; ".join(one["message"] for one in problems)
        more = {
            "quality": f"{quality['total_score']} of 100: {comments}",
            "what is wrong": sentences or "nothing",
        }
        print_facts({**_facts(found, names), **more})


@app.command("on-call")
def on_call(
    schedule: Wanted,
    at: At = None,
    output: Output = Format.TABLE,
    quiet: Quiet = False,
    url: Url = None,
    api_token: Token = None,
) -> None:
    """Say who is on call, by which shift, override or swap, and who is next."""
    with told():
        client = ApiClient.of(url, api_token)
        path = f"{BASE}/{schedule_of(client, schedule)['id']}/on_call"
        found = client.get(path, **({"at": at} if at else {}))
    if quiet:
        print_ids([one["user_id"] for one in found["on_call"]])
    elif output is Format.JSON:
        print_json(found)
    else:
        _print_on_call(found)


def _print_on_call(found: dict[str, Any]) -> None:
    rows = [[one["username"], one["reason"], f"since {one['since']}"] for one in found["on_call"]]
    if not rows:
        rows = [["(nobody)", found["nobody_because"] or "", ""]]
    coming = found["next"]
    if coming is not None:
        people = ", ".join(one["username"] for one in coming["users"])
        rows.append([people, "next", f"from {coming['since']}"])
    print_table(("who", "why", "when"), rows)


def _facts(one: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    people = ", ".join(names.get(id, id) for id in one.get("on_call_now", ()))
    return {
        "id": one.get("id"),
        "name": one.get("name"),
        "type": one.get("type"),
        "on call now": people or "(nobody)",
        "problems": one.get("problems"),
    }
