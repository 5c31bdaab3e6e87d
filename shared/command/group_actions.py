"""What `tocsin groups` does to alert groups: one or many, each answered for itself."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from shared.command.api_client import ApiClient, Timeout, Token, Url, said
from shared.command.failure import CommandFailed, told
from shared.command.lengths import seconds_in
from shared.command.output import Format, Output, Quiet, print_ids, print_json, print_table

BASE = "/api/v1/alert_groups"
FOR_EVER = -1
DONE = ("applied", "pending")
# What the api does to many groups in one request, and to how many of them here.
TOGETHER = ("acknowledge", "unacknowledge", "resolve", "silence", "unsilence", "restart")
AT_ONCE = 100
Ids = Annotated[
    list[str], typer.Argument(metavar="ID...", help="ids of alert groups; -: from standard input")
]
For = Annotated[str, typer.Option("--for", "-d", help="how long: 90s, 30m, 4h, 2d, or ever")]
# The command, the API's word for it, and what it does.
ACTIONS = {
    "ack": ("acknowledge", "Take alert groups: nobody is paged for them any more."),
    "unack": ("unacknowledge", "Give alert groups back: they fire again."),
    "resolve": ("resolve", "Say that it is over."),
    "unresolve": ("unresolve", "Say that it is not over: they fire again."),
    "unsilence": ("unsilence", "End a silence: they fire again."),
    "restart": ("restart", "Begin the escalation from the first step."),
}


def add_to(app: typer.Typer) -> None:
    """Give the application a command for each action."""
    for name, (action, words) in ACTIONS.items():
        app.command(name, help=words)(_acting(action))
    app.command("silence")(silence)


def silence(
    ids: Ids,
    length: For = "1h",
    output: Output = Format.TABLE,
    quiet: Quiet = False,
    url: Url = None,
    api_token: Token = None,
    timeout: Timeout = 30.0,
) -> None:
    """Keep alert groups quiet for a while; afterwards they escalate again."""
    with told():
        delay = FOR_EVER if length == "ever" else seconds_in(length)
        if delay == 0:
            raise CommandFailed("--for: a silence of no time is none; for ever is `--for ever`")
        client = ApiClient.of(url, api_token, timeout)
        _act(client, ids, "silence", {"delay": delay}, output, quiet)


def _acting(action: str) -> Any:
    def act(
        ids: Ids,
        output: Output = Format.TABLE,
        quiet: Quiet = False,
        url: Url = None,
        api_token: Token = None,
        timeout: Timeout = 30.0,
    ) -> None:
        with told():
            _act(ApiClient.of(url, api_token, timeout), ids, action, {}, output, quiet)

    return act


def _act(
    client: ApiClient, ids: list[str], action: str, body: dict[str, Any], output: Format, quiet: bool
) -> None:
    """Do it to each group, whatever becomes of the others; print those that are as asked.

    Raises:
        CommandFailed: with a line for each that refused.
    """
    wanted = list(dict.fromkeys(sys.stdin.read().split() if ids == ["-"] else ids))
    outcomes = [one for part in _parts(wanted, action) for one in _asked(client, part, action, body)]
    done = [one for one in outcomes if one["outcome"] in DONE]
    if quiet:
        print_ids([one["id"] for one in done])
    elif output is Format.JSON:
        print_json(outcomes)
    elif done:
        print_table(
            ("id", "outcome", "note"), [[one[name] for name in ("id", "outcome", "reason")] for one in done]
        )
    failed = [f"{one['id']}: {one['reason']}" for one in outcomes if one["outcome"] not in DONE]
    if failed:
        raise CommandFailed("\n".join(failed))


def _parts(ids: list[str], action: str) -> list[list[str]]:
    """Return what is asked for in one request each."""
    size = AT_ONCE if action in TOGETHER else 1
    return [ids[first : first + size] for first in range(0, len(ids), size)]


def _asked(client: ApiClient, ids: list[str], action: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    if action in TOGETHER:
        found: list[dict[str, Any]] = client.post(f"{BASE}/bulk", {"action": action, "ids": ids, **body})[
            "results"
        ]
        return found
    answer = client.request("POST", f"{BASE}/{ids[0]}/{action}", body)
    if answer.status in (200, 202):
        outcome = "applied" if answer.status == 200 else "pending"
        return [{"id": ids[0], "outcome": outcome, "reason": "" if answer.status == 200 else said(answer)}]
    if answer.status in (400, 404):
        reason = said(answer) if answer.status == 400 else "there is no such alert group"
        return [{"id": ids[0], "outcome": "refused", "reason": reason}]
    raise CommandFailed(f"{ids[0]}: {said(answer)}")
