"""`tocsin apply`: make the configuration what files declare, after showing what that changes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from shared.command.api_client import Answer, ApiClient, Token, Url, said
from shared.command.failure import CommandFailed, told
from shared.command.output import Format, Output, Quiet, print_ids, print_json
from shared.domain.declaration import DeclarationRefused, read
from shared.domain.declaration_source import Source, SourceRefused, read_sources

SIGNS = {"create": "+", "update": "~", "delete": "-"}
COLOURS = {"create": "green", "update": "yellow", "delete": "red"}
LONGEST_VALUE = 60

File = Annotated[
    Path, typer.Option("--file", "-f", help="a YAML file, a folder of them, or - for standard input")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="show what would change, change nothing")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="do not ask before changing")]


def apply(
    file: File,
    dry_run: DryRun = False,
    yes: Yes = False,
    output: Output = Format.SIMPLE,
    quiet: Quiet = False,
    url: Url = None,
    api_token: Token = None,
) -> None:
    """Apply a declaration of users, webhooks, escalation chains and integrations."""
    with told():
        source = _read(file)
        client = ApiClient.of(url, api_token)
        planned = _post(client, source, dry_run=True)
        if not dry_run and planned["changes"] and _agreed(planned, yes, output, quiet):
            _show(_post(client, source, dry_run=False), output, quiet, is_done=True)
        elif dry_run or not planned["changes"]:
            _show(planned, output, quiet, is_done=not planned["changes"])
        else:
            raise CommandFailed("Nothing was changed.")


def _agreed(planned: dict[str, Any], yes: bool, output: Format, quiet: bool) -> bool:
    """Ask a person at a terminal; scripts have said what they want."""
    if yes or not sys.stdin.isatty() or quiet or output is Format.JSON:
        return True
    _show(planned, output, quiet, is_done=False)
    return typer.confirm("Apply?")


def _read(file: Path) -> Source:
    """Read and check what can be checked here.

    Raises:
        CommandFailed: with one line for each mistake, file and line first.
    """
    try:
        source = read_sources(_texts(file))
    except SourceRefused as refused:
        raise CommandFailed(str(refused)) from refused
    try:
        read(source.data)
    except DeclarationRefused as refused:
        faults = [{"path": list(one.path), "message": one.message} for one in refused.faults]
        raise CommandFailed(_mistakes(source, faults)) from refused
    return source


def _texts(file: Path) -> dict[str, str]:
    if str(file) == "-":
        return {"standard input": sys.stdin.read()}
    files = [file]
    if file.is_dir():
        files = sorted(one for one in file.iterdir() if one.suffix in (".yaml", ".yml") and one.is_file())
        if not files:
            raise CommandFailed(f"{file} has no .yaml file")
    try:
        return {str(one): one.read_text(encoding="utf-8") for one in files}
    except (OSError, UnicodeDecodeError) as error:
        raise CommandFailed(f"{file} cannot be read: {error}") from error


def _post(client: ApiClient, source: Source, *, dry_run: bool) -> dict[str, Any]:
    query = {"dry_run": "true"} if dry_run else {}
    answer = client.request("POST", "/api/v1/config/apply", source.data, query)
    return _changes(answer, source)


def _changes(answer: Answer, source: Source) -> dict[str, Any]:
    if answer.status == 200 and isinstance(answer.data, dict):
        return answer.data
    if isinstance(answer.data, dict) and "errors" in answer.data:
        raise CommandFailed(_mistakes(source, answer.data["errors"]))
    raise CommandFailed(said(answer))


def _mistakes(source: Source, faults: list[dict[str, Any]]) -> str:
    lines = []
    for fault in faults:
        place = source.place_of(fault["path"])
        inside = ".".join(str(part) for part in fault["path"])
        lines.append(": ".join(str(part) for part in (place, inside, fault["message"]) if part))
    return "\n".join(lines)


def _show(answer: dict[str, Any], output: Format, quiet: bool, *, is_done: bool) -> None:
    changes = answer["changes"]
    if output is Format.JSON:
        print_json(answer)
        return
    if quiet:
        print_ids([one["id"] for one in changes])
        return
    for one in changes:
        typer.secho(f"{SIGNS[one['change']]} {one['kind']} {one['name']}", fg=COLOURS[one["change"]])
        for name, change in one["fields"].items():
            typer.echo(f"    {name}: {_short(change['from'])} -> {_short(change['to'])}")
    if is_done:
        typer.echo(f"version {answer['version']}, {len(changes)} changed")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 3] + "..."
