"""`tocsin apply`: make the configuration what files declare, after showing what that changes."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from shared.command.api_client import ApiClient, Timeout, Token, Url
from shared.command.changes import TAKE_OVER, Adopt, Overwrite, post_declaration, show_changes
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
    overwrite: Overwrite = False,
    output: Output = Format.TABLE,
    quiet: Quiet = False,
    url: Url = None,
    api_token: Token = None,
    timeout: Timeout = 30.0,
) -> None:
    """Make the configuration what a declaration says, as one version; nothing of it counts if it has a mistake.

    What was changed by hand since the last apply is taken back only with --overwrite, or when a person agrees.
    """
    with told():
        client = ApiClient.of(url, api_token, timeout)
        source = read_declaration(file, quiet=quiet)
        planned = post_declaration(client, source, dry_run=True, adopt=adopt)
        has_effect = bool(planned["changes"] or planned["adopted"])
        if dry_run or not (has_effect or planned["noted"]):
            _show(planned, output, quiet, is_done=not has_effect)
            return
        # Nobody is asked about what is only noted: an object that was changed by hand is declared as it is now.
        if has_effect and not _agreed(planned, yes, output, quiet):
            raise CommandFailed("Nothing was changed.")
        takes_back = overwrite or (bool(planned["taken_back"]) and _asks(yes, output, quiet))
        done = post_declaration(client, source, dry_run=False, adopt=adopt, overwrite=takes_back)
        _show(done, output, quiet, is_done=True)


def _asks(yes: bool, output: Format, quiet: bool) -> bool:
    """Whether a person at a terminal is asked; scripts have said what they want."""
    return not yes and sys.stdin.isatty() and not quiet and output is not Format.JSON


def _agreed(planned: dict[str, Any], yes: bool, output: Format, quiet: bool) -> bool:
    if not _asks(yes, output, quiet):
        return True
    _show(planned, output, quiet, is_done=False)
    if planned["taken_back"]:
        typer.echo(TAKE_OVER)
        return typer.confirm("Apply, and take back what was changed by hand?")
    return typer.confirm("Apply?")


def _show(answer: dict[str, Any], output: Format, quiet: bool, *, is_done: bool) -> None:
    show_changes(answer, output, quiet)
    if is_done and not quiet and output is not Format.JSON:
        typer.echo(f"version {answer['version']}, {len(answer['changes'])} changed")
