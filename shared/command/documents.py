"""`tocsin openapi` and `tocsin asyncapi`: the generated documents."""

from __future__ import annotations

import importlib

import typer


def openapi() -> None:
    """Print the OpenAPI document of the api (docs/openapi.yaml)."""
    typer.echo(importlib.import_module("services.api.specification").openapi_yaml(), nl=False)
