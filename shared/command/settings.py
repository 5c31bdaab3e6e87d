"""Where the command line finds the api and what it signs in with."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field, SecretStr

from shared.command.contexts import CHOSEN, Contexts
from shared.config import Settings

# What `make run` leaves in the folder that it was started in.
LOCAL = Path(".tocsin")


class CommandSettings(Settings):
    """The settings of the services, and those of the command line's own."""

    api_url: str = Field(default="", description="base URL of the api for the command line")
    api_token: SecretStr = Field(default=SecretStr(""), description="API token for the command line")
    token: SecretStr = Field(default=SecretStr(""), description="the same, shorter")
    context: str = Field(default="", description="context of the command line; empty: the one in use")


@dataclass(frozen=True)
class Access:
    """An api and a token for it."""

    url: str
    token: str


def access(url: str | None, token: str | None) -> Access:
    """Return what was given on the command line, else in the environment, else the context, else what `make run` left.

    A context's token goes to the context's api alone. One that was named on the command line goes before the
    environment.

    Raises:
        CommandFailed: a context was named and there is none.
    """
    settings = CommandSettings()
    given = token or settings.api_token.get_secret_value() or settings.token.get_secret_value()
    named = CHOSEN.get()
    context = Contexts().get(named or settings.context)
    if context is not None and named and not url:
        return Access(context.url, token or context.token)
    if context is not None and not url and not settings.api_url:
        return Access(context.url, given or context.token)
    found_url = url or settings.api_url or _local_url() or settings.public_url
    return Access(found_url.rstrip("/"), given or _local_token())


def amqp_url() -> str:
    """Return the broker's URL: from the environment, else that of `make run` here, else the usual one."""
    settings = CommandSettings()
    port = _local_port("ports.json", "amqp")
    if "amqp_url" not in settings.model_fields_set and port:
        return f"amqp://guest:guest@127.0.0.1:{port}/"
    return settings.amqp_url.get_secret_value().unicode_string()


def mongo_url() -> str:
    """Return the database's URL: from the environment, else that of `make run` here, else the usual one."""
    settings = CommandSettings()
    port = _local_port("ports.json", "mongo")
    if "mongo_url" not in settings.model_fields_set and port:
        return f"mongodb://127.0.0.1:{port}/tocsin?replicaSet=rs0"
    return settings.mongo_url.get_secret_value().unicode_string()


def _local_token() -> str:
    file = LOCAL / "token"
    return file.read_text().strip() if file.is_file() else ""


def _local_url() -> str:
    port = _local_port("service-ports.json", "api")
    return f"http://127.0.0.1:{port}" if port else ""


def _local_port(file_name: str, server: str) -> int | None:
    file = LOCAL / "run" / file_name
    found: int | None = json.loads(file.read_text()).get(server) if file.is_file() else None
    return found
