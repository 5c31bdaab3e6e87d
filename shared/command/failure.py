"""How a command ends when it cannot do what it was asked: a sentence on standard error and exit code 1."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from shared.errors import Permanent, Transient


class CommandFailed(Exception):
    """The command cannot go on; the message is for the person at the terminal."""


@contextmanager
def told() -> Iterator[None]:
    """Tell what went wrong inside and end with exit code 1."""
    try:
        yield
    except (CommandFailed, Permanent, Transient) as error:
        typer.secho(str(error), err=True, fg="red")
        raise typer.Exit(1) from error
