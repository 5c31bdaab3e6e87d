"""`tocsin context`: which api the commands talk to, by name."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from shared.command.contexts import Context, Contexts
from shared.command.failure import CommandFailed, told
from shared.command.output import Format, Output, Quiet, print_ids, print_json, print_table

app = typer.Typer(no_args_is_help=True, help="Contexts: the apis that commands talk to, by name.")


def names() -> list[str]:
    """Return the names of the contexts, for completion."""
    return [one.name for one in Contexts().all()]


Name = Annotated[str, typer.Argument(metavar="NAME", help="what it is called", autocompletion=names)]
Url = Annotated[str, typer.Option("--url", help="base URL of the api")]


@app.command("add")
def add(name: Name, url: Url) -> None:
    """Add a context, or replace it; the token is asked for, or read from standard input. The first one is in use."""
    with told():
        if not url.startswith(("http://", "https://")):
            raise CommandFailed(f"--url: {url} does not begin with https:// or http://")
        token = typer.prompt("API token", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline()
        if not token.strip():
            raise CommandFailed("No token was given; `tocsin token create` makes one.")
        contexts = Contexts()
        contexts.put(Context(name, url.rstrip("/"), token.strip()))
        typer.echo(f"{name} is kept in {contexts.file}; in use is {contexts.current}")


@app.command("use")
def use(name: Name) -> None:
    """Have commands talk to this one from now on."""
    with told():
        Contexts().use(name)


@app.command("list")
def list_contexts(output: Output = Format.TABLE, quiet: Quiet = False) -> None:
    """List contexts; tokens are not shown."""
    with told():
        contexts = Contexts()
        found = [
            {"name": one.name, "url": one.url, "in_use": one.name == contexts.current}
            for one in contexts.all()
        ]
    if quiet:
        print_ids([str(one["name"]) for one in found])
    elif output is Format.JSON:
        print_json(found)
    else:
        print_table(
            ("", "name", "url"), [["*" if one["in_use"] else "", one["name"], one["url"]] for one in found]
        )


@app.command("remove")
def remove(name: Name) -> None:
    """Forget a context with its token."""
    with told():
        Contexts().remove(name)
