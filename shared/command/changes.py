"""What a declaration changes, or would: asked of the api, printed object by object and field by field."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from shared.command.api_client import ApiClient, said
from shared.command.declaration_files import mistakes
from shared.command.failure import CommandFailed
from shared.command.output import Format, print_ids, print_json
from shared.domain.declaration_source import Source

SIGNS = {"create": "+", "update": "~", "delete": "-"}
COLOURS = {"create": "green", "update": "yellow", "delete": "red"}
WORDS = {"create": "to create", "update": "to change", "delete": "to remove"}
LONGEST_VALUE = 60

Adopt = Annotated[
    bool, typer.Option("--adopt", help="own what is declared and is nobody's, or another set's, from now on")
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="take back what was changed by hand since the last apply")
]
TAKE_OVER = "Take that over into the files, or take it back with --overwrite."


def post_declaration(
    client: ApiClient, source: Source, *, dry_run: bool, adopt: bool = False, overwrite: bool = False
) -> dict[str, Any]:
    """Return what the api answers to a declaration.

    Raises:
        CommandFailed: it has mistakes, each told with its file and line, or the api cannot apply it.
    """
    wanted = {"dry_run": dry_run, "adopt": adopt, "overwrite": overwrite}
    query = {name: "true" for name, is_wanted in wanted.items() if is_wanted}
    answer = client.request("POST", "/api/v1/config/apply", source.data, query)
    if answer.status == 200 and isinstance(answer.data, dict):
        return answer.data
    if isinstance(answer.data, dict) and "errors" in answer.data:
        told = mistakes(source, answer.data["errors"])
        raise CommandFailed(f"{told}\n{TAKE_OVER}" if answer.status == 409 else told)
    raise CommandFailed(said(answer))


def show_changes(answer: dict[str, Any], output: Format, quiet: bool) -> None:
    """Print each change with its fields; `-o wide` does not shorten values."""
    if output is Format.JSON:
        print_json(answer)
        return
    if quiet:
        print_ids([one["id"] for one in answer["changes"]])
        return
    for one in answer["changes"]:
        typer.secho(
            f"{SIGNS[one['change']]} {one['kind']} {one['name']}{_whose(one)}", fg=COLOURS[one["change"]]
        )
        for name, change in one["fields"].items():
            before = "" if one["change"] == "create" else f"{_value(change['from'], output)} -> "
            typer.echo(f"    {name}: {before}{_value(change['to'], output)}")
    for name in answer["adopted"]:
        typer.echo(f"= {name} is owned by this set from now on")
    for one in answer["taken_back"]:
        typer.secho(f"! {one['message']}", fg="red")


def counted(answer: dict[str, Any]) -> str:
    """Return how many changes there are of each kind, in words."""
    changes = [one["change"] for one in answer["changes"]]
    return ", ".join(f"{changes.count(kind)} {words}" for kind, words in WORDS.items())


def _whose(change: dict[str, Any]) -> str:
    """Return what people should know before code changes what somebody else changed."""
    last = change["last_changed"]
    return f" (as {last['by']} left it {last['at'][:16].replace('T', ' ')} UTC)" if last is not None else ""


def _value(value: Any, output: Format) -> str:
    text = repr(value)
    if output is Format.WIDE or len(text) <= LONGEST_VALUE:
        return text
    return text[: LONGEST_VALUE - 3] + "..."
