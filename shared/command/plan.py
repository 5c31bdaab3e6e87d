"""`tocsin plan`: what a declaration would change, without changing anything."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from shared.command.api_client import ApiClient, Timeout, Token, Url
from shared.command.behaviour import behaviour_of, show_behaviour
from shared.command.changes import TAKE_OVER, Adopt, counted, post_declaration, show_changes
from shared.command.declaration_files import File, read_declaration
from shared.command.failure import told
from shared.command.lengths import seconds_in
from shared.command.output import Format, Output, Quiet
from shared.command.settings import access

# The exit code when applying the declaration would change something.
CHANGES = 2
Since = Annotated[
    str | None,
    typer.Option("--since", help="also show what the alerts of so long would have led to, such as 7d"),
]


def plan(
    file: File,
    adopt: Adopt = False,
    since: Since = None,
    output: Output = Format.TABLE,
    quiet: Quiet = False,
    url: Url = None,
    api_token: Token = None,
    timeout: Timeout = 30.0,
) -> None:
    """Show what a declaration would create, change and remove, field by field.

    With --since the stored alerts of that time are replayed: which of them would have fared differently.

    Exit code 0: nothing; 2: something; 1: it could not be found out.
    """
    with told():
        since_s = seconds_in(since) if since is not None else None
        client = ApiClient.of(url, api_token, timeout)
        source = read_declaration(file, quiet=quiet)
        planned = post_declaration(client, source, dry_run=True, adopt=adopt)
        if since_s is not None and not quiet:
            reach = access(url, api_token)
            planned["behaviour"] = behaviour_of(reach, source.data, since_s, adopt=adopt)
    show_changes(planned, output, quiet)
    if not quiet and output is not Format.JSON:
        typer.echo(_summary(planned))
        if "behaviour" in planned:
            show_behaviour(planned["behaviour"], whole=output is Format.WIDE)
    if planned["changes"] or planned["adopted"]:
        raise typer.Exit(CHANGES)


def _summary(planned: dict[str, Any]) -> str:
    if not planned["changes"]:
        return f"No changes: the configuration (version {planned['version']}) is as declared."
    told = f"{counted(planned)}; nothing was changed."
    return f"{told}\n{TAKE_OVER}" if planned["taken_back"] else told
