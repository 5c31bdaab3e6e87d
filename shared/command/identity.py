"""`tocsin identity unbind`: a person signs in with another account of the identity provider from then on."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from shared.command.failure import CommandFailed, told
from shared.command.password import user_named
from shared.command.settings import mongo_url
from shared.store.identities import Identities
from shared.store.mongo import Database
from shared.store.sessions import Sessions

app = typer.Typer(no_args_is_help=True, help="Accounts of the identity provider that people sign in with.")

UserName = Annotated[str, typer.Argument(help="username of a configured user")]


@app.callback()
def identity() -> None:
    """Accounts of the identity provider that people sign in with."""


@app.command("unbind")
def unbind(username: UserName) -> None:
    """Forget which account is this user's, and end their sessions. Needs TOCSIN_MONGO_URL."""
    with told():
        asyncio.run(_unbind(username))
    typer.echo(f"The next account that names {username} is bound to them.")


async def _unbind(username: str) -> None:
    database = Database(mongo_url())
    try:
        user = await user_named(database, username)
        if not await Identities(database).unbind(user.id):
            raise CommandFailed(f"No account is bound to {username}.")
        await Sessions(database).end_of_user(user.id)
    finally:
        database.close()
