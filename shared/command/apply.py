"""`tocsin apply`: make the configuration what files declare, after showing what that changes."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from shared.command.api_client import ApiClient, Timeout, Token, Url
from shared.command.changes import Adopt, post_declaration, show_changes
from shared.command.declaration_files import File, read_declaration
from shared.command.failure import CommandFailed, told
from shared.command.output import Format, Output, Quiet

DryRun = Annotated[bool, typer.Option("--dry-run", help="show what would change, change nothing; see plan")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="do not ask before changing")]


def apply(
    file: File,
    dry_run: DryRun = False,
    yes: Yes = False,
    adopt: Adopt = False,
    output: Output = Format.TABLE,
    quiet: Quiet = False,
    url: Url = None,
    api_token: Token = None,
    timeout: Timeout = 30.0,
) -> None:
    """Make the configuration what a declaration says, as one version; nothing of it counts if it has a mistake."""
    with told():
        client = ApiClient.of(url, api_token, timeout)
        source = read_declaration(file, quiet=quiet)
        planned = post_declaration(client, source, dry_run=True, adopt=adopt)
        has_effect = bool(planned["changes"] or planned["adopted"])
        if not dry_run and has_effect and _agreed(planned, yes, output, quiet):
            _show(post_declaration(client, source, dry_run=False, adopt=adopt), output, quiet, is_done=True)
        elif dry_run or not has_effect:
            _show(planned, output, quiet, is_done=not has_effect)
        else:
            raise CommandFailed("Nothing was changed.")


def _agreed(planned: dict[str, Any], yes: bool, output: Format, quiet: bool) -> bool:
    """Ask a person at a terminal; scripts have said what they want."""
    if yes or not sys.stdin.isatty() or quiet or output is Format.JSON:
        return True
    _show(planned, output, quiet, is_done=False)
    return typer.confirm("Apply?")


def _show(answer: dict[str, Any], output: Format, quiet: bool, *, is_done: bool) -> None:
    show_changes(answer, output, quiet)
    if is_done and not quiet and output is not Format.JSON:
        typer.echo(f"version {answer['version']}, {len(answer['changes'])} changed")
