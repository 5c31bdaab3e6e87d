"""`tocsin token create`: the first way in, straight into the database."""

from __future__ import annotations

import asyncio
import secrets
from datetime import timedelta
from typing import Annotated

import typer

from shared import clock
from shared.command.failure import CommandFailed, told
from shared.command.output import Quiet
from shared.command.settings import mongo_url
from shared.domain.public_ids import api_token
from shared.secrets import api_token_digest
from shared.store.api_tokens import ID_LENGTH, ApiToken, ApiTokens
from shared.store.configuration import ConfigurationStore
from shared.store.configuration_audit import COMMAND_LINE, ConfigurationAudit
from shared.store.mongo import Database

app = typer.Typer(no_args_is_help=True, help="API tokens.")

Name = Annotated[str, typer.Option("--name", help="what people see of it")]
UserName = Annotated[str | None, typer.Option("--user", help="username it acts as; without one: an admin")]
ReadOnly = Annotated[bool, typer.Option("--read-only", help="it may only read")]
Days = Annotated[int | None, typer.Option("--expires-in-days", min=1, help="it ends after so many days")]


@app.command("create")
def create(
    name: Name = "command line",
    user: UserName = None,
    read_only: ReadOnly = False,
    expires_in_days: Days = None,
    quiet: Quiet = False,
) -> None:
    """Make an API token and print it, once. Needs TOCSIN_MONGO_URL."""
    with told():
        lifetime = timedelta(days=expires_in_days) if expires_in_days else None
        token = asyncio.run(_create(name, user, "read" if read_only else "full", lifetime))
    typer.echo(token)
    if not quiet:
        typer.echo("Keep it: it is not stored and cannot be shown again.", err=True)


async def _create(name: str, username: str | None, scope: str, lifetime: timedelta | None) -> str:
    database = Database(mongo_url())
    try:
        tokens = ApiTokens(database)
        await tokens.prepare()
        now = clock.now()
        token = api_token(secrets.randbelow)
        allowed = ApiToken(
            name=name,
            created_at=now,
            user_id=await _user_id(database, username) if username else None,
            scope=scope,
            expires_at=now + lifetime if lifetime else None,
        )
        await tokens.add(token, allowed)
        change = (None, allowed.audited())
        token_id = api_token_digest(token)[:ID_LENGTH]
        await ConfigurationAudit(database).record("api_tokens", token_id, change, COMMAND_LINE, now)
        return token
    finally:
        database.close()


async def _user_id(database: Database, username: str) -> str:
    for one in (await ConfigurationStore(database).load()).users:
        if one.username.lower() == username.lower():
            return one.id
    raise CommandFailed(f"There is no user named {username}.")
