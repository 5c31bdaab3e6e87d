"""The console, put together: what its pages stand on, opened with the api and closed before it."""

from __future__ import annotations

from aiohttp import web

from services.api.console.assets import Assets
from services.api.console.live import LIVE, Live
from services.api.console.rendering import Rendering
from services.api.console.visits import CONSOLE, Console
from shared.bus.rabbit import Rabbit
from shared.hashing import Hashing
from shared.store.api_tokens import ApiTokens
from shared.store.mongo import Database
from shared.store.passwords import Passwords
from shared.store.sessions import Sessions
from shared.store.sign_in_guesses import SignInGuesses


def open_console(app: web.Application, database: Database, rabbit: Rabbit) -> Console:
    """Put the console's parts on the application; feeds end when the service begins to stop."""
    assets = Assets()
    live = app[LIVE] = Live(rabbit)

    async def end_feeds(_: web.Application) -> None:
        live.close()

    app.on_shutdown.append(end_feeds)
    console = app[CONSOLE] = Console(
        rabbit=rabbit,
        assets=assets,
        rendering=Rendering(assets),
        sessions=Sessions(database),
        passwords=Passwords(database),
        guesses=SignInGuesses(database),
        tokens=ApiTokens(database),
        hashing=Hashing(),
    )
    return console
