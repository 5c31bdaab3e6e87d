"""The command `tocsin`: every subcommand by name, loaded only when it is the one that was called."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

import typer

# In the order of `tocsin --help`: where each subcommand is. A Typer application is a group of its own.
COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("shared.command.run", "run"),
    "apply": ("shared.command.apply", "apply"),
    "test": ("shared.command.configuration_tests", "run_tests"),
    "simulate": ("shared.command.simulate", "simulate"),
    "preview": ("shared.command.preview", "preview"),
    "send": ("shared.command.alerts", "send"),
    "trace": ("shared.command.alerts", "trace"),
    "integrations": ("shared.command.integrations", "app"),
    "schedules": ("shared.command.schedules", "app"),
    "deliveries": ("shared.command.deliveries", "app"),
    "problems": ("shared.command.problems", "app"),
    "topology": ("shared.command.queues", "topology"),
    "queues": ("shared.command.queues", "queues"),
    "deadletter": ("shared.command.deadletter", "app"),
    "replay": ("shared.command.replay", "replay"),
    "token": ("shared.command.token", "app"),
    "identity": ("shared.command.identity", "app"),
    "password": ("shared.command.password", "app"),
    "openapi": ("shared.command.documents", "openapi"),
    "asyncapi": ("shared.command.documents", "asyncapi"),
    "integration-pages": ("shared.command.integration_pages", "integration_pages"),
    "settings": ("shared.command.documents", "settings"),
}


def app_for(arguments: Sequence[str]) -> typer.Typer:
    """Return the application with the subcommand that the arguments call, or with all when they call none."""
    app = typer.Typer(name="tocsin", no_args_is_help=True, pretty_exceptions_enable=False)
    app.callback(help="Takes alerts from monitoring tools and gets the right person to act on them.")(
        _nothing
    )
    called = arguments[0] if arguments else ""
    for name in [called] if called in COMMANDS else list(COMMANDS):
        module, attribute = COMMANDS[name]
        found = getattr(importlib.import_module(module), attribute)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name)
        else:
            app.command(name)(found)
    return app


def _nothing() -> None:
    """There are no options before the subcommand; its presence keeps even a single command a subcommand."""


def main() -> None:
    """Run the command line."""
    app_for(sys.argv[1:])()
