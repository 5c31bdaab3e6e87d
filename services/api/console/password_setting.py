"""The page that a link to set a password leads to: nobody is signed in yet, the link itself is the proof."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web
from multidict import MultiMapping

from services.api.api import API
from services.api.console.password_links import PATH
from services.api.console.sent_forms import check_origin, read_form
from services.api.console.visits import (
    CONSOLE,
    UTC,
    reasons,
    sign_in_as,
    theme_of,
)
from services.api.refusals import Invalid, Refused
from shared import clock
from shared.domain.configuration import User
from shared.domain.model import Actor
from shared.domain.passwords import guess_limits, refusal
from shared.store.configuration_audit import ConfigurationAudit
from shared.store.password_links import PasswordLink

UNKNOWN = "This link is not valid (any more): it works once and for 72 hours. Ask an admin for a new one."


def add_routes(app: web.Application) -> None:
    """Serve the page; a trailing slash is optional."""
    app.router.add_get(f"{PATH}/{{token}}{{slash:/?}}", form)
    app.router.add_post(f"{PATH}/{{token}}{{slash:/?}}", set_password)


async def form(request: web.Request) -> web.Response:
    """GET: asks for the password. Looking at it uses nothing up: mail scanners and chats open links as well."""
    found = await _found(request)
    if found is None:
        return _page(request, None, [UNKNOWN], 404)
    return _page(request, found[1])


async def set_password(request: web.Request) -> web.Response:
    """POST: the password is set, the link void, every session of the person ended, and a new one begun.

    404 for an unknown link, 400 with the form for a password that is not taken, 429 after too many unknown ones.
    """
    user: User | None = None
    try:
        fields = await read_form(request)
        check_origin(request)
        link, user = await _asked(request)
        return await _set(request, fields, link, user)
    except Refused as refused:
        response = _page(request, user, reasons(refused), refused.status)
        response.headers.update(refused.headers)
        return response


async def _asked(request: web.Request) -> tuple[PasswordLink, User]:
    """Return the link and whose it is; unknown ones count as wrong answers at the sign-in do.

    Raises:
        Refused: 404, or 429 after too many.
    """
    console, limits = request.app[CONSOLE], guess_limits("", request.remote or "")
    wait_s = await console.guesses.count(limits, clock.now())
    if wait_s:
        detail = f"Too many wrong answers. Try again in {-(-wait_s // 60)} minutes."
        raise Refused(429, {"detail": detail}, {"Retry-After": str(wait_s)})
    found = await _found(request)
    if found is None:
        raise Refused.because(404, UNKNOWN)
    await console.guesses.forgive(limits)
    return found


async def _set(
    request: web.Request, fields: MultiMapping[str], link: PasswordLink, user: User
) -> web.Response:
    console, now = request.app[CONSOLE], clock.now()
    hash = await console.hashing.make(_taken(fields, user))
    # Void before it counts: of two that send the form at once one alone sets a password.
    if not await console.password_links.take(request.match_info["token"], now):
        raise Refused.because(404, UNKNOWN)
    await console.passwords.put(user.id, hash, now)
    ended = await console.sessions.end_of_user(user.id)
    after = {"password": "(secret)", "by": f"a link of {link.by}", "sessions_ended": ended}
    change = (None, {"username": user.username, **after})
    actor = Actor(kind="user", id=user.id, name=user.username)
    await ConfigurationAudit(request.app[API].database).record("passwords", user.id, change, actor, now)
    return await sign_in_as(request, "/users/current", user.id, "password")


def _taken(fields: MultiMapping[str], user: User) -> str:
    """Return the password that was typed twice.

    Raises:
        Invalid: it is not taken, or the two differ.
    """
    new = fields.get("new_password", "")
    problem = refusal(new, user.username)
    if problem is not None:
        raise Invalid.field("new_password", problem)
    if new != fields.get("repeated", ""):
        raise Invalid.field("repeated", "The two new passwords differ.")
    return new


async def _found(request: web.Request) -> tuple[PasswordLink, User] | None:
    """Return the link that the address names and its person, who may be gone since."""
    link = await request.app[CONSOLE].password_links.find(request.match_info["token"], clock.now())
    users = (await request.app[API].configuration.tables()).of(User)
    user = users.get(link.user_id) if link is not None else None
    return (link, user) if link is not None and user is not None else None


def _page(
    request: web.Request, user: User | None, problems: Sequence[str] = (), status: int = 200
) -> web.Response:
    return request.app[CONSOLE].rendering.page(
        "set_password.html",
        UTC,
        status,
        theme=theme_of(request),
        username=user.username if user is not None else "",
        problems=problems,
    )
