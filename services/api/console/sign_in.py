"""Signing in at the console: with a password or with an API token, and out again."""

from __future__ import annotations

from aiohttp import web
from multidict import MultiMapping

from services.api.api import API, Api
from services.api.console.sent_forms import check_origin, read_form
from services.api.console.visits import (
    CONSOLE,
    UTC,
    Console,
    cookie_name,
    end_session,
    forget_cookie,
    local_path,
    reasons,
    sign_in_as,
    theme_of,
)
from services.api.refusals import Refused
from shared import clock
from shared.domain.configuration import User
from shared.domain.passwords import guess_limits
from shared.secrets import api_token_digest

WRONG = "The username or the password is wrong."
UNKNOWN_TOKEN = "This token is not known."


def add_routes(app: web.Application) -> None:
    """Serve the sign-in; a trailing slash is optional."""
    app.router.add_get("/sign-in{slash:/?}", form)
    app.router.add_post("/sign-in{slash:/?}", sign_in)
    app.router.add_post("/sign-out{slash:/?}", sign_out)


async def form(request: web.Request) -> web.Response:
    """GET: asks who it is."""
    return _form(request, request.query.get("next", "/"), [])


async def sign_in(request: web.Request) -> web.Response:
    """POST: begins a session; 401 with the form when the password or the token is wrong, 429 after too many."""
    fields = await read_form(request)
    target = local_path(fields.get("next", "/"))
    try:
        check_origin(request)
        return await _signed_in(request, fields, target)
    except Refused as refused:
        return refuse(request, refused, target, fields.get("username", ""))


def refuse(request: web.Request, refused: Refused, target: str, username: str = "") -> web.Response:
    """Answer with the form and why nobody was signed in."""
    response = _form(request, target, reasons(refused), refused.status, username)
    response.headers.update(refused.headers)
    return response


async def sign_out(request: web.Request) -> web.Response:
    """POST: ends the session. Asked by another site's page, it does nothing."""
    response = web.Response(status=303, headers={"Location": "/sign-in"})
    try:
        check_origin(request)
    except Refused:
        return response
    await end_session(request)
    forget_cookie(request, response, cookie_name(request.app[API].settings.public_url))
    return response


async def _signed_in(request: web.Request, fields: MultiMapping[str], target: str) -> web.Response:
    console, api = request.app[CONSOLE], request.app[API]
    token, username = fields.get("token", "").strip(), fields.get("username", "").strip()
    limits = guess_limits("" if token else username, request.remote or "")
    wait_s = await console.guesses.count(limits, clock.now())
    if wait_s:
        detail = f"Too many wrong answers. Try again in {-(-wait_s // 60)} minutes."
        raise Refused(429, {"detail": detail}, {"Retry-After": str(wait_s)})
    if token:
        owner = await api.authentication.owner(token)
        if owner is None:
            raise Refused.because(401, UNKNOWN_TOKEN)
        user_id, by, digest = owner.user.id if owner.user else None, "token", api_token_digest(token)
    else:
        user_id, by, digest = await _by_password(console, api, username, fields), "password", None
    await console.guesses.forgive(limits)
    return await sign_in_as(request, target, user_id, by, digest)


async def _by_password(console: Console, api: Api, username: str, fields: MultiMapping[str]) -> str:
    """Return the id of the user whose name and password these are.

    Raises:
        Refused: 401; it takes as long and says the same whether the name or the password is wrong.
    """
    users = (await api.configuration.tables()).of(User).values()
    user = next((one for one in users if one.username.casefold() == username.casefold()), None)
    stored = await console.passwords.hash_of(user.id) if user is not None else None
    password = fields.get("password", "")
    if not await console.hashing.fits(stored, password) or user is None or stored is None:
        raise Refused.because(401, WRONG)
    if console.hashing.is_old(stored):
        await console.passwords.put(user.id, await console.hashing.make(password), clock.now())
    return user.id


def _form(
    request: web.Request, target: str, problems: list[str], status: int = 200, username: str = ""
) -> web.Response:
    settings = request.app[API].settings
    values = {
        "next": local_path(target),
        "problems": problems,
        "username": username,
        "provider": settings.oidc_name if settings.oidc_issuer else None,
    }
    return request.app[CONSOLE].rendering.page("sign_in.html", UTC, status, theme=theme_of(request), **values)
