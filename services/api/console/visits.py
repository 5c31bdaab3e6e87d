"""Who reads a page: the session behind the cookie, what its person may do, and that a form came from our own pages."""

from __future__ import annotations

import secrets as random_source
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aiohttp import web
from multidict import MultiDict

from services.api.answers import ACTOR
from services.api.api import API, Api
from services.api.authentication import Principal
from services.api.console.assets import Assets
from services.api.console.rendering import Rendering
from services.api.console.sent_forms import check_origin, read_form, typed
from services.api.objects import Objects
from services.api.permissions import needed
from services.api.refusals import Refused
from services.api.resources.desk import Resource
from shared import clock
from shared.bus.rabbit import Rabbit
from shared.domain.configuration import User
from shared.domain.people import Role
from shared.errors import Unavailable
from shared.hashing import Hashing
from shared.store.api_tokens import ApiTokens
from shared.store.mongo import Conflict
from shared.store.password_links import PasswordLinks
from shared.store.passwords import Passwords
from shared.store.sessions import LASTS_FOR, SessionRecord, Sessions
from shared.store.sign_in_guesses import SignInGuesses

# The longest line of a request that is read is 8,190 bytes.
LONGEST_PATH = 8_000
CSRF = "console form"
UTC = ZoneInfo("UTC")
THEMES = ("auto", "light", "dark")


@dataclass(frozen=True)
class Console:
    """What pages stand on besides the api's own parts."""

    rabbit: Rabbit
    assets: Assets
    rendering: Rendering
    sessions: Sessions
    passwords: Passwords
    password_links: PasswordLinks
    guesses: SignInGuesses
    tokens: ApiTokens
    hashing: Hashing


CONSOLE = web.AppKey("console", Console)


@dataclass(frozen=True)
class Visit:
    """One request of somebody who is signed in."""

    request: web.Request
    session: SessionRecord
    principal: Principal
    csrf: str
    form: MultiDict[str] = field(default_factory=MultiDict)

    @property
    def api(self) -> Api:
        """The running service."""
        return self.request.app[API]

    @property
    def zone(self) -> ZoneInfo:
        """The reader's time zone."""
        return zone_of(self.principal.user)

    @property
    def is_partial(self) -> bool:
        """Whether a script asks for a piece of a page."""
        return self.request.headers.get("HX-Request") == "true"

    def objects(self, resource: Resource[Any, Any]) -> Objects:
        """The objects of one kind as the API's endpoints read and change them for this reader."""
        return Objects(self.api, self.principal, resource)

    def may(self, method: str, endpoint: str) -> bool:
        """Whether the reader may do what this endpoint of the API does."""
        return self.principal.may(needed(method, endpoint), writing=method != "GET")

    def page(self, template: str, status: int = 200, **values: Any) -> web.Response:
        """Answer with a page."""
        console = self.request.app[CONSOLE]
        return console.rendering.page(
            template, self.zone, status, visit=self, theme=theme_of(self.request), **values
        )

    def see(self, path: str) -> web.Response:
        """Answer a form: go and look at `path`."""
        if self.is_partial:
            return web.Response(status=204, headers={"HX-Redirect": path})
        return web.Response(status=303, headers={"Location": path})


Page = Callable[[Visit], Awaitable[web.StreamResponse]]
Needs = tuple[str, str] | Role
# What each page needs, by method and path.
PAGES = web.AppKey("pages", dict[tuple[str, str], Needs])


def add_page(app: web.Application, method: str, path: str, page: Page, needs: tuple[str, str] | Role) -> None:
    """Serve a page; `needs` is the API's endpoint that does the same (method, path), or a role."""

    async def handler(request: web.Request) -> web.StreamResponse:
        try:
            visit = await _visit(request)
        except NotSignedIn:
            return _to_sign_in(request)
        request[ACTOR] = str(visit.principal.actor)
        try:
            if method == "POST":
                visit = replace(visit, form=await read_form(request))
                _check_form(visit)
            _check(visit, needs)
            return await page(visit)
        except Refused as refused:
            return _failed(visit, refused)
        except web.HTTPNotFound:
            return _failed(visit, Refused.because(404, "There is nothing here."))
        except (Unavailable, Conflict) as error:
            return _failed(visit, Refused.because(503, f"{error}. Try again in some seconds."))

    app.setdefault(PAGES, {})[method, path] = needs
    app.router.add_route(method, f"{path}{{slash:/?}}", handler)


class NotSignedIn(Exception):
    """There is no valid session."""


async def _visit(request: web.Request) -> Visit:
    console, api = request.app[CONSOLE], request.app[API]
    token = request.cookies.get(cookie_name(api.settings.public_url), "")
    session = await console.sessions.find(token, clock.now()) if token else None
    principal = await _principal(request, session) if session is not None else None
    if session is None or principal is None:
        raise NotSignedIn
    return Visit(request, session, principal, api.secrets.sign(CSRF, token))


async def _principal(request: web.Request, session: SessionRecord) -> Principal | None:
    """Return who the session acts as now; roles and people are those of the present configuration."""
    console, api = request.app[CONSOLE], request.app[API]
    name, scope = session.by, "full"
    if session.token_digest is not None:
        token = await console.tokens.of_digest(session.token_digest)
        if token is None or not token.is_valid(clock.now()):
            return None
        name, scope = token.name, token.scope
    if session.user_id is None:
        return Principal(name, scope, None)
    user = (await api.configuration.tables()).of(User).get(session.user_id)
    return Principal(name, scope, user) if user is not None else None


def _failed(visit: Visit, refused: Refused) -> web.Response:
    """Answer with why nothing was done, and with what was typed: a long text is not lost with its form."""
    values = {"title": _title(refused), "reasons": reasons(refused), "typed": typed(visit.form)}
    response = visit.page("error.html", refused.status, **values)
    response.headers.update(refused.headers)
    return response


def _check_form(visit: Visit) -> None:
    """Refuse a form that did not come from a page of this session.

    Raises:
        Refused: 403.
    """
    check_origin(visit.request)
    given = visit.request.headers.get("X-CSRF-Token") or visit.form.get("csrf") or ""
    token = visit.request.cookies.get(cookie_name(visit.api.settings.public_url), "")
    if not visit.api.secrets.is_signed(CSRF, token, given):
        raise Refused.because(403, "This form is out of date. Go back, load the page again and repeat it.")


def _check(visit: Visit, needs: Needs) -> None:
    role = role_of(needs)
    if not visit.principal.may(role, writing=visit.request.method not in ("GET", "HEAD")):
        raise Refused.because(403, f"This needs the role {role}.")


def role_of(needs: Needs) -> Role:
    """Return the role that a page needs."""
    return needs if isinstance(needs, str) else needed(*needs)


async def sign_in_as(
    request: web.Request, target: str, user_id: str | None, by: str, token_digest: str | None = None
) -> web.Response:
    """Begin a session and go to `target`; whatever session the browser had is ended, so none can be planted."""
    console, api = request.app[CONSOLE], request.app[API]
    await end_session(request)
    token = random_source.token_urlsafe(32)
    await console.sessions.begin(
        token,
        clock.now(),
        user_id=user_id,
        by=by,
        token_digest=token_digest,
        address=request.remote or "",
        browser=request.headers.get("User-Agent", "")[:200],
    )
    response = web.Response(status=303, headers={"Location": local_path(target)})
    is_https = api.settings.public_url.startswith("https:")
    response.set_cookie(
        cookie_name(api.settings.public_url),
        token,
        max_age=int(LASTS_FOR.total_seconds()),
        httponly=True,
        # Lax: a link in a mail or a chat opens the group without signing in again; forms need the same site.
        samesite="Lax",
        secure=is_https,
    )
    return response


async def end_session(request: web.Request) -> None:
    """End the session of the request's cookie, if there is one."""
    console, api = request.app[CONSOLE], request.app[API]
    token = request.cookies.get(cookie_name(api.settings.public_url), "")
    found = await console.sessions.find(token, clock.now()) if token else None
    if found is not None:
        await console.sessions.end(found.id)


def forget_cookie(request: web.Request, response: web.Response, name: str) -> None:
    """Have the browser drop one of our cookies; it takes that only with what the cookie was set with."""
    is_https = request.app[API].settings.public_url.startswith("https:")
    response.del_cookie(name, secure=is_https, httponly=True, samesite="Lax")


def cookie_name(public_url: str) -> str:
    """Return the cookie's name; with https the prefix keeps other hosts of the domain from setting it."""
    return "__Host-tocsin" if public_url.startswith("https:") else "tocsin_session"


def local_path(path: str) -> str:
    """Return the path when it stays on this site and fits into a header, else the start page."""
    # Browsers leave tabs and line ends out of an address and take \ for /: neither may hide a second slash.
    is_local = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_local and len(path) <= LONGEST_PATH else "/"


def zone_of(user: User | None) -> ZoneInfo:
    """Return a person's time zone; UTC where it is not known here."""
    try:
        return ZoneInfo(user.timezone) if user is not None else UTC
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def theme_of(request: web.Request) -> str:
    """Return the chosen look: light, dark, or what the device has."""
    theme = request.cookies.get("theme", "auto")
    return theme if theme in THEMES else "auto"


def reasons(refused: Refused) -> list[str]:
    """Return the sentences of a refusal, each with the field that it is about."""
    body = refused.body if isinstance(refused.body, dict) else {"detail": refused.body}
    return [
        str(text) if name in ("detail", "non_field_errors") else f"{name}: {text}"
        for name, texts in body.items()
        for text in (texts if isinstance(texts, list) else [texts])
    ]


def _title(refused: Refused) -> str:
    return {403: "Not allowed", 404: "Not found", 503: "Not available now"}.get(refused.status, "Refused")


def _to_sign_in(request: web.Request) -> web.Response:
    path = f"/sign-in?next={quote(request.path_qs, safe='')}" if request.method == "GET" else "/sign-in"
    if request.headers.get("HX-Request") == "true":
        return web.Response(status=401, headers={"HX-Redirect": path})
    return web.Response(status=303, headers={"Location": path})
