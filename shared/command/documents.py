"""`tocsin openapi` and `tocsin asyncapi`: the generated documents."""

from __future__ import annotations

import importlib

import typer


def openapi() -> None:
    """Print the OpenAPI document of the api (docs/openapi.yaml)."""
    typer.echo(importlib.import_module("services.api.specification").openapi_yaml(), nl=False)


def asyncapi() -> None:
    """Print the AsyncAPI document of the events (docs/asyncapi.yaml)."""
    typer.echo(importlib.import_module("shared.bus.asyncapi").as_yaml(), nl=False)


def settings() -> None:
    """Print every setting of the environment as a Markdown table (docs/configuration.md)."""
    typer.echo("| Variable | Default | Meaning |\n|---|---|---|")
    for row in setting_rows():
        typer.echo(row)


def setting_rows() -> list[str]:
    """Return one row of the table for each setting of any service and of the command line."""
    return [f"| `{name}` | {default} | {meaning} |" for name, default, meaning in _settings()]


def _settings() -> list[tuple[str, str, str]]:
    from shared.command.run import service_names
    from shared.command.settings import CommandSettings

    services = [importlib.import_module(f"services.{name}.service").service for name in service_names()]
    models = [CommandSettings, *(one.settings for one in services)]
    fields = {name: field for model in models for name, field in model.model_fields.items()}
    return [
        (f"TOCSIN_{name.upper()}", _shown(field.default), field.description or "")
        for name, field in fields.items()
    ]


def _shown(default: object) -> str:
    hidden = getattr(default, "get_secret_value", None)
    text = str(hidden() if hidden is not None else default)
    return f"`{text}`" if text else ""
