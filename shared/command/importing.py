"""`tocsin import`: the configuration of another product as a declaration for `tocsin plan` and `tocsin apply`."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from shared import clock
from shared.command.exported_lists import read_lists
from shared.command.failure import CommandFailed, told
from shared.command.imported_files import checked, write
from shared.command.output import plain
from shared.command.paged_lists import PagedLists
from shared.domain.imported import Imported
from shared.domain.imported_oncall import LISTS, LISTS_OF_SOME, imported_oncall
from shared.domain.imported_opsgenie import imported_opsgenie, saved_opsgenie
from shared.domain.imported_pagerduty import imported_pagerduty, saved_pagerduty

# The exit code when something could not be taken over.
LEFT_OUT = 3
API = "/api/v1/"
HELP = "Write what is configured in another product as a declaration."
app = typer.Typer(no_args_is_help=True, help=HELP)

Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="JSON as the API answers")]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="write the declaration into this file")]
SecretsOut = Annotated[
    Path | None,
    typer.Option("--secrets", help="write the secrets that are known into this file, for its owner's eyes"),
]
Set = Annotated[str, typer.Option("--set", help="the set that is to own what is imported")]


@app.command("oncall")
def oncall(
    url: Annotated[str, typer.Option("--url", help="address of the OnCall engine, without /api/v1")],
    token: Annotated[
        str, typer.Option("--token", envvar="ONCALL_API_TOKEN", help="API key, or a service account's token")
    ],
    grafana_url: Annotated[
        str, typer.Option("--grafana-url", help="address of Grafana, with a service account's token")
    ] = "",
    set: Set = "oncall",
    out: Out = None,
    secrets: SecretsOut = None,
    timeout: Annotated[float, typer.Option("--timeout", help="seconds to wait for an answer")] = 60.0,
) -> None:
    """Read a running Grafana OnCall through its public API; nothing is changed there.

    Exit code 0: everything was taken over; 3: something was left out; 1: it could not be read.
    """
    with told():
        found = asyncio.run(_lists(_base_of(url), _headers(token, grafana_url), timeout))
        _end(imported_oncall(found, set, clock.now()), out, secrets)


@app.command("pagerduty")
def pagerduty(files: Files, set: Set = "pagerduty", out: Out = None, secrets: SecretsOut = None) -> None:
    """Read what was saved of PagerDuty's REST API v2: users, teams, schedules, escalation policies, services.

    Exit code 0: everything was taken over; 3: something was left out; 1: a file cannot be used.
    """
    with told():
        found, notes = read_lists(files, saved_pagerduty)
        imported = imported_pagerduty(found, set, clock.now())
        _end(replace(imported, notes=(*notes, *imported.notes)), out, secrets)


@app.command("opsgenie")
def opsgenie(files: Files, set: Set = "opsgenie", out: Out = None, secrets: SecretsOut = None) -> None:
    """Read what was saved of Opsgenie's REST API: users, teams, schedules, escalations, integrations.

    Exit code 0: everything was taken over; 3: something was left out; 1: a file cannot be used.
    """
    with told():
        found, notes = read_lists(files, saved_opsgenie)
        imported = imported_opsgenie(found, set, clock.now())
        _end(replace(imported, notes=(*notes, *imported.notes)), out, secrets)


def _base_of(url: str) -> str:
    """Return where the API's lists are.

    Raises:
        CommandFailed: it is no address.
    """
    base = url.strip().rstrip("/").removesuffix(API.rstrip("/"))
    if not base.startswith(("http://", "https://")):
        raise CommandFailed("--url must begin with https:// or http://")
    return base + API


def _headers(token: str, grafana_url: str) -> dict[str, str]:
    return {"Authorization": token.strip(), **({"X-Grafana-URL": grafana_url} if grafana_url else {})}


async def _lists(base: str, headers: dict[str, str], timeout_s: float) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    async with PagedLists(base, headers, timeout_s, _say) as lists:
        for name in (*LISTS, *LISTS_OF_SOME):
            rows = await lists.rows(name)
            if rows is None and name in LISTS:
                raise CommandFailed(
                    f"{base}{name}/ is not there: is {base.removesuffix(API)} OnCall's address?"
                )
            if rows is None:
                _say(f"this OnCall has no list of {name}: none were read")
            found[name] = rows or []
    return found


def _end(found: Imported, out: Path | None, secrets: Path | None) -> None:
    """Check what was imported, write it and tell of it."""
    imported = checked(found, clock.now())
    write(imported, out, secrets)
    for note in imported.notes:
        _say(f"{'left out' if note.is_left_out else 'note'}: {note}", "yellow" if note.is_left_out else None)
    _say(_summary(imported, secrets))
    if imported.left_out:
        raise typer.Exit(LEFT_OUT)


def _summary(imported: Imported, secrets: Path | None) -> str:
    rows = [f"{len(found)} {name}" for name, found in imported.declaration.items() if name != "set"]
    known = sum(one is not None for one in imported.secrets.values())
    sentences = [
        f"taken over: {', '.join(rows) or 'nothing'}",
        f"left out: {imported.left_out}",
        f"secrets: {known} known, {len(imported.secrets) - known} to be set",
    ]
    if known and secrets is None:
        sentences.append("--secrets FILE writes the known ones")
    return "; ".join(sentences)


def _say(sentence: str, colour: str | None = None) -> None:
    typer.secho(plain(sentence), err=True, fg=colour)
