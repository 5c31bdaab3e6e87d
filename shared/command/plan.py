"""`tocsin plan`: what a declaration would change, without changing anything."""

from __future__ import annotations

from typing import Any

import typer

from shared.command.api_client import ApiClient, Timeout, Token, Url
from shared.command.changes import Adopt, counted, post_declaration, show_changes
from shared.command.declaration_files import File, read_declaration
from shared.command.failure import told
from shared.command.output import Format, Output, Quiet

# The exit code when applying the declaration would change something.
CHANGES = 2


def plan(
    file: File,
    adopt: Adopt = False,
    output: Output = Format.TABLE,
    quiet: Quiet = False,
    url: Url = None,
    api_token: Token = None,
    timeout: Timeout = 30.0,
) -> None:
    """Show what a declaration would create, change and remove, field by field.

    Exit code 0: nothing; 2: something; 1: it could not be found out.
    """
    with told():
        client = ApiClient.of(url, api_token, timeout)
        source = read_declaration(file, quiet=quiet)
        planned = post_declaration(client, source, dry_run=True, adopt=adopt)
    show_changes(planned, output, quiet)
    if not quiet and output is not Format.JSON:
        typer.echo(_summary(planned))
    if planned["changes"] or planned["adopted"]:
        raise typer.Exit(CHANGES)


def _summary(planned: dict[str, Any]) -> str:
    if not planned["changes"]:
        return f"No changes: the configuration (version {planned['version']}) is as declared."
    return f"{counted(planned)}; nothing was changed."
