"""The command `tocsin`: every subcommand by name, loaded only when it is the one that was called."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from shared.command.contexts import CHOSEN
from shared.config import environment

# In the order of `tocsin --help`: where each subcommand is. A Typer application is a group of its own.
COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("shared.command.run", "run"),
    "export": ("shared.command.export", "export"),
    "plan": ("shared.command.plan", "plan"),
    "apply": ("shared.command.apply", "apply"),
    "import": ("shared.command.importing", "app"),
    "test": ("shared.command.configuration_tests", "run_tests"),
    "simulate": ("shared.command.simulate", "simulate"),
    "preview": ("shared.command.preview", "preview"),
    "send": ("shared.command.alerts", "send"),
    "trace": ("shared.command.alerts", "trace"),
    "groups": ("shared.command.groups", "app"),
    "tail": ("shared.command.tail", "tail"),
    "integrations": ("shared.command.integrations", "app"),
    "schedules": ("shared.command.schedules", "app"),
    "deliveries": ("shared.command.deliveries", "app"),
    "problems": ("shared.command.problems", "app"),
    "topology": ("shared.command.queues", "topology"),
    "queues": ("shared.command.queues", "queues"),
    "deadletter": ("shared.command.deadletter", "app"),
    "replay": ("shared.command.replay", "replay"),
    "context": ("shared.command.context", "app"),
    "token": ("shared.command.token", "app"),
    "identity": ("shared.command.identity", "app"),
    "password": ("shared.command.password", "app"),
    "openapi": ("shared.command.documents", "openapi"),
    "asyncapi": ("shared.command.documents", "asyncapi"),
    "integration-pages": ("shared.command.integration_pages", "integration_pages"),
    "settings": ("shared.command.documents", "settings"),
    "completion": ("shared.command.completion", "completion"),
}


Context = Annotated[
    str | None, typer.Option("--context", help="talk to the api of this context [TOCSIN_CONTEXT]")
]


def app_for(arguments: Sequence[str], *, names_only: bool = False) -> typer.Typer:
    """Return the application with the subcommand that the arguments call, or with all when they call none.

    With `names_only` all are there by name alone, for a shell that completes the subcommand itself.
    """
    app = typer.Typer(name="tocsin", no_args_is_help=True, pretty_exceptions_enable=False)
    app.callback(help="Takes alerts from monitoring tools and gets the right person to act on them.")(
        _options
    )
    called = _called(arguments)
    for name in [called] if called in COMMANDS else list(COMMANDS):
        if names_only and called not in COMMANDS:
            app.command(name)(_nothing)
            continue
        module, attribute = COMMANDS[name]
        found = getattr(importlib.import_module(module), attribute)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name)
        else:
            app.command(name)(found)
    return app


def _called(arguments: Sequence[str]) -> str:
    """Return the first word that is no option; of `--context NAME` neither is."""
    words = list(arguments)
    while words and words[0].startswith("--context"):
        words = words[1 if "=" in words[0] else 2 :]
    return words[0] if words else ""


def _options(context: Context = None) -> None:
    """Options before the subcommand; their presence keeps even a single command a subcommand."""
    CHOSEN.set(context or "")


def _nothing() -> None:
    """Stands for a subcommand of which only the name is wanted."""


def _to_complete() -> list[str]:
    """Return the words that a shell asks completions for, as far as they are whole; none when nobody asks."""
    words = environment("COMP_WORDS") or environment("_TYPER_COMPLETE_ARGS") or ""
    return words.split()[1:] if environment("_TOCSIN_COMPLETE") else []


def main() -> None:
    """Run the command line."""
    asked = _to_complete()
    app_for(asked or sys.argv[1:], names_only=bool(asked))()
