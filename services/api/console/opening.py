"""The console, put together: what its pages stand on, opened with the api and closed before it."""

from __future__ import annotations

from typing import cast

from aiohttp import web

from services.api.console.assets import Assets
from services.api.console.identity_provider import CALLBACK, Client, IdentityProvider
from services.api.console.live import LIVE, Live
from services.api.console.oidc import OIDC, Oidc
from services.api.console.pipeline_stages import PICTURE, Picture
from services.api.console.rendering import Rendering
from services.api.console.visits import CONSOLE, Console
from shared.bus.rabbit import Rabbit
from shared.config import Settings
from shared.domain.people import Role
from shared.hashing import Hashing
from shared.http import HttpClient
from shared.store.api_tokens import ApiTokens
from shared.store.identities import Identities
from shared.store.mongo import Database
from shared.store.password_links import PasswordLinks
from shared.store.passwords import Passwords
from shared.store.sessions import Sessions
from shared.store.sign_in_attempts import SignInAttempts
from shared.store.sign_in_guesses import SignInGuesses


def open_console(app: web.Application, database: Database, rabbit: Rabbit) -> Console:
    """Put the console's parts on the application; feeds end when the service begins to stop."""
    assets = Assets()
    live = app[LIVE] = Live(rabbit)
    app[PICTURE] = Picture(rabbit, database)

    async def end_feeds(_: web.Application) -> None:
        live.close()

    app.on_shutdown.append(end_feeds)
    console = app[CONSOLE] = Console(
        rabbit=rabbit,
        assets=assets,
        rendering=Rendering(assets),
        sessions=Sessions(database),
        passwords=Passwords(database),
        password_links=PasswordLinks(database),
        guesses=SignInGuesses(database),
        tokens=ApiTokens(database),
        hashing=Hashing(),
    )
    return console


def open_oidc(
    app: web.Application, database: Database, settings: Settings, http: HttpClient
) -> list[SignInAttempts | Identities]:
    """Put the sign-in through a provider on the application, if one is set; return its collections."""
    if not settings.oidc_issuer:
        return []
    client = Client(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret.get_secret_value(),
        scope=settings.oidc_scope,
        redirect_uri=settings.public_url.rstrip("/") + CALLBACK,
    )
    oidc = app[OIDC] = Oidc(
        provider=IdentityProvider(client, http),
        attempts=SignInAttempts(database),
        identities=Identities(database),
        username_claim=settings.oidc_username_claim,
        new_role=cast("Role", settings.oidc_new_user_role) if settings.oidc_new_user_role else None,
    )
    return [oidc.attempts, oidc.identities]


def oidc_fault(settings: Settings) -> str | None:
    """Return what is missing in the settings of the sign-in through a provider."""
    is_half = bool(settings.oidc_issuer) and not settings.oidc_client_id
    return "TOCSIN_OIDC_CLIENT_ID is not set" if is_half else None
