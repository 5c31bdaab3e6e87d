"""`tocsin password set|remove`: how a person signs in at the console, straight into the database."""

from __future__ import annotations

import asyncio
import secrets
import sys
from typing import Annotated

import typer

from shared import clock
from shared.command.failure import CommandFailed, told
from shared.command.settings import mongo_url
from shared.domain.configuration import User
from shared.domain.passwords import refusal
from shared.hashing import Hashing
from shared.store.configuration import ConfigurationStore
from shared.store.configuration_audit import COMMAND_LINE, ConfigurationAudit
from shared.store.mongo import Database
from shared.store.password_links import PasswordLinks
from shared.store.passwords import Passwords
from shared.store.sessions import Sessions

app = typer.Typer(no_args_is_help=True, help="Passwords of people who sign in at the console.")

UserName = Annotated[str, typer.Argument(help="username of a configured user")]
Generate = Annotated[bool, typer.Option("--generate", help="make one up and print it")]
FromStdin = Annotated[bool, typer.Option("--stdin", help="read the password from standard input")]


@app.command("set")
def put(username: UserName, stdin: FromStdin = False, generate: Generate = False) -> None:
    """Give a user a new password: asked for, read with --stdin, or made up and printed. Ends their sessions.

    Needs TOCSIN_MONGO_URL.
    """
    with told():
        password = secrets.token_urlsafe(12) if generate else _read(stdin)
        asyncio.run(_put(username, password))
    typer.echo(password if generate else f"{username} signs in with the new password.")


@app.command("remove")
def remove(username: UserName) -> None:
    """Take a user's password away and end their sessions. Needs TOCSIN_MONGO_URL."""
    with told():
        asyncio.run(_remove(username))
    typer.echo(f"{username} has no password any more.")


def _read(stdin: bool) -> str:
    if stdin:
        return sys.stdin.readline().rstrip("\n")
    return str(typer.prompt("New password", hide_input=True, confirmation_prompt=True))


async def _put(username: str, password: str) -> None:
    database = Database(mongo_url())
    try:
        user = await user_named(database, username)
        refused = refusal(password, user.username)
        if refused is not None:
            raise CommandFailed(f"The password is not taken. {refused}")
        now = clock.now()
        await Passwords(database).put(user.id, await Hashing().make(password), now)
        change = (None, {"username": user.username, "password": "(secret)"})
        await ConfigurationAudit(database).record("passwords", user.id, change, COMMAND_LINE, now)
        await PasswordLinks(database).remove(user.id)
        await Sessions(database).end_of_user(user.id)
    finally:
        database.close()


async def _remove(username: str) -> None:
    database = Database(mongo_url())
    try:
        user = await user_named(database, username)
        if not await Passwords(database).remove(user.id):
            raise CommandFailed(f"{username} has no password.")
        change = ({"username": user.username, "password": "(secret)"}, None)
        await ConfigurationAudit(database).record("passwords", user.id, change, COMMAND_LINE, clock.now())
        await PasswordLinks(database).remove(user.id)
        await Sessions(database).end_of_user(user.id)
    finally:
        database.close()


async def user_named(database: Database, username: str) -> User:
    """Return a user of the configuration.

    Raises:
        CommandFailed: nobody has this name.
    """
    for one in (await ConfigurationStore(database).load()).users:
        if one.username.casefold() == username.casefold():
            return one
    raise CommandFailed(f"There is no user named {username}.")
