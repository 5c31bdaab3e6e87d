"""Signing in with an account of an identity provider: there and back, and which person that is."""

from __future__ import annotations

import secrets as random_source
from dataclasses import dataclass

import structlog
from aiohttp import web

from services.api.api import API, Api
from services.api.console.identity_provider import CALLBACK, IdentityProvider, ProviderFailed
from services.api.console.sign_in import refuse
from services.api.console.visits import CONSOLE, forget_cookie, local_path, sign_in_as
from services.api.refusals import Refused
from services.api.resources import users
from services.api.resources.desk import Desk
from services.api.resources.users import UserBody
from shared import clock
from shared.config import Settings
from shared.domain.configuration import User
from shared.domain.model import Actor
from shared.domain.oidc import Claimed, claimed, new_username, person_for
from shared.domain.people import Role
from shared.store.identities import Identities
from shared.store.sign_in_attempts import LASTS_FOR, Attempt, SignInAttempts

log = structlog.get_logger(__name__)
AWAY = "The identity provider could not be asked. Try again, or sign in with a password."
NOT_BELIEVED = "The identity provider's answer could not be used. Try again; the log of the api says why."
TOO_OFTEN = "Too many sign-ins were begun from this address. Try again in some minutes."
BEGUN_LIMIT = 600
OUT_OF_DATE = "This sign-in was begun elsewhere, or too long ago. Begin again."


@dataclass(frozen=True)
class Oidc:
    """What signing in through a provider stands on. `new_role` is that of people who are created, if any are."""

    provider: IdentityProvider
    attempts: SignInAttempts
    identities: Identities
    username_claim: str
    new_role: Role | None


OIDC = web.AppKey("oidc", Oidc)


def add_routes(app: web.Application) -> None:
    """Serve the way to the provider and back; a trailing slash is optional."""
    app.router.add_get("/sign-in/oidc{slash:/?}", go)
    app.router.add_get(f"{CALLBACK}{{slash:/?}}", come_back)


async def go(request: web.Request) -> web.Response:
    """GET: sends the browser to the provider."""
    oidc = _oidc(request)
    state = random_source.token_urlsafe(32)
    attempt = Attempt(
        nonce=random_source.token_urlsafe(32),
        verifier=random_source.token_urlsafe(48),
        target=local_path(request.query.get("next", "/")),
    )
    try:
        await _not_too_often(request)
        address = await oidc.provider.address(state, attempt)
    except Refused as refused:
        return refuse(request, refused, attempt.target)
    except ProviderFailed as failed:
        log.warning("oidc.failed", reason=failed.reason)
        return refuse(request, Refused.because(502, AWAY), attempt.target)
    await oidc.attempts.begin(state, attempt, clock.now())
    response = web.Response(status=303, headers={"Location": address})
    response.set_cookie(
        _cookie(request),
        state,
        max_age=int(LASTS_FOR.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=request.app[API].settings.public_url.startswith("https:"),
    )
    return response


async def _not_too_often(request: web.Request) -> None:
    """Each begun sign-in is kept for ten minutes: nobody may fill the database with them.

    Raises:
        Refused: 429.
    """
    wait_s = await request.app[CONSOLE].guesses.count([(f"oidc {request.remote}", BEGUN_LIMIT)], clock.now())
    if wait_s:
        raise Refused(429, {"detail": TOO_OFTEN}, {"Retry-After": str(wait_s)})


async def come_back(request: web.Request) -> web.Response:
    """GET: the provider has sent the browser back with a code; begins a session, or says why not."""
    target = "/"
    try:
        attempt = await _attempt(request)
        target = attempt.target
        user = await _user(request, attempt)
        response = await sign_in_as(request, target, user.id, "oidc")
    except Refused as refused:
        response = refuse(request, refused, target)
    forget_cookie(request, response, _cookie(request))
    return response


async def _attempt(request: web.Request) -> Attempt:
    """Return what this browser began.

    Raises:
        Refused: 400, it did not begin this, or that is too long ago.
    """
    state = request.query.get("state", "")
    held = request.cookies.get(_cookie(request), "")
    is_same = bool(state) and random_source.compare_digest(state.encode(), held.encode())
    attempt = await _oidc(request).attempts.take(state, clock.now()) if is_same else None
    if attempt is None:
        raise Refused.because(400, OUT_OF_DATE)
    return attempt


async def _user(request: web.Request, attempt: Attempt) -> User:
    oidc, api, query = _oidc(request), request.app[API], request.query
    if "code" not in query:
        log.warning("oidc.refused", reason=query.get("error", "")[:100])
        raise Refused.because(403, "The identity provider did not let you in.")
    try:
        claims = await oidc.provider.claims(query["code"], attempt, query.get("iss"))
    except ProviderFailed as failed:
        log.warning("oidc.failed", reason=failed.reason)
        raise Refused.because(502, NOT_BELIEVED) from failed
    return await _person(api, oidc, claimed(claims, oidc.username_claim))


async def _person(api: Api, oidc: Oidc, who: Claimed) -> User:
    """Return the person of an account: whom it is bound to, else whom it names, else a new one if that is set.

    Raises:
        Refused: 403, it is nobody's.
    """
    issuer, people = oidc.provider.client.issuer, (await api.configuration.tables()).of(User)
    bound = await oidc.identities.user_id_of(issuer, who.subject)
    if bound is not None and bound in people:
        return people[bound]
    if bound is not None:
        # The person is gone from the configuration; whom the account names now is asked as if it were new.
        await oidc.identities.unbind(bound)
    user = person_for(who, people.values()) or await _created(api, oidc, who)
    if not await oidc.identities.bind(issuer, who.subject, user.id, clock.now()):
        log.warning("oidc.another_account", user_id=user.id)
        raise Refused.because(403, f"Another account is bound to {user.username} already; ask an admin.")
    log.info("oidc.bound", user_id=user.id)
    return user


async def _created(api: Api, oidc: Oidc, who: Claimed) -> User:
    username, role = new_username(who), oidc.new_role
    if role is None or not username:
        named = f" ({username})" if username else ""
        raise Refused.because(403, f"Nobody here has this account{named}. An admin can add you.")

    def create(desk: Desk) -> User:
        # Two browsers may come back at the same time.
        known = person_for(who, desk.draft.all(User))
        body = UserBody(username=username, name=who.name, email=who.email, role=role)
        return known or users.create(desk, body)

    actor = Actor(kind="system", name="the identity provider")
    return (await api.edit_as(actor, create)).result


async def account_provider(app: web.Application, settings: Settings, user_id: str) -> str:
    """Return what the provider is called with which a person signs in; "" without one, or before the first time."""
    oidc = app.get(OIDC)
    if oidc is None or not await oidc.identities.is_bound(oidc.provider.client.issuer, user_id):
        return ""
    return settings.oidc_name


def _oidc(request: web.Request) -> Oidc:
    found = request.app.get(OIDC)
    if found is None:
        raise web.HTTPNotFound
    return found


def _cookie(request: web.Request) -> str:
    is_https = request.app[API].settings.public_url.startswith("https:")
    return "__Host-tocsin-oidc" if is_https else "tocsin_oidc"
