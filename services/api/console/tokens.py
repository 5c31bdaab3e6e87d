"""API tokens: listed, made with a scope and an end, shown once, and taken back."""

from __future__ import annotations

import secrets as random_source
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web

from services.api.console.visits import CONSOLE, Visit, reasons
from services.api.refusals import Invalid, Refused
from shared import clock
from shared.domain.configuration import User
from shared.domain.public_ids import api_token
from shared.secrets import api_token_digest
from shared.store.api_tokens import ID_LENGTH, ApiToken, ListedToken
from shared.store.configuration_audit import ConfigurationAudit

TABLE = "api_tokens"
MAX_NAME = 100
SCOPES = {"full": "everything its owner may do", "read": "reading only"}
# Days until the end, as the form has them; "" is no end.
LIFETIMES = {"7": "7 days", "30": "30 days", "90": "90 days", "365": "a year", "": "never"}
USUAL = "90"


@dataclass(frozen=True)
class TokenRow:
    """One token as it is listed: whom it acts as ("" for a token of nobody, which is an admin's)."""

    listed: ListedToken
    owner: str
    is_valid: bool


async def show_tokens(
    visit: Visit, problems: Sequence[str] = (), status: int = 200, made: str = ""
) -> web.Response:
    """GET: one's own tokens, of an admin everybody's; `made` is a new one, shown this once."""
    console = visit.request.app[CONSOLE]
    found = await console.tokens.listed(None if _is_admin(visit) else _user_id(visit))
    users = (await visit.api.configuration.tables()).of(User)
    now = clock.now()
    return visit.page(
        "tokens.html",
        status,
        rows=[_row(one, users.get(one.allowed.user_id or ""), now) for one in found],
        made=made,
        problems=problems,
        form=visit.form,
        scopes=SCOPES,
        lifetimes=LIFETIMES,
        usual=USUAL,
        has_user=visit.principal.user is not None,
        is_admin=_is_admin(visit),
        may_write=visit.principal.may("viewer", writing=True),
    )


async def create_token(visit: Visit) -> web.Response:
    """POST: makes a token and shows it, once."""
    console = visit.request.app[CONSOLE]
    try:
        allowed = await _asked(visit)
    except Invalid as refused:
        return await show_tokens(visit, reasons(refused), refused.status)
    token = api_token(random_source.randbelow)
    await console.tokens.add(token, allowed)
    token_id = api_token_digest(token)[:ID_LENGTH]
    await _record(visit, token_id, (None, allowed), allowed.created_at)
    return await show_tokens(visit, made=token)


async def revoke_token(visit: Visit) -> web.Response:
    """POST: takes a token back; sessions that were begun with it end."""
    console = visit.request.app[CONSOLE]
    found = await console.tokens.of_id(visit.request.match_info["id"])
    if found is None:
        raise Refused.not_found()
    if not _is_admin(visit) and found.allowed.user_id != _user_id(visit):
        raise Refused.because(403, "Only an admin may take back another person's token.")
    if await console.tokens.remove(found.id):
        await _record(visit, found.id, (found.allowed, None), clock.now())
    return visit.see("/tokens")


async def _asked(visit: Visit) -> ApiToken:
    """Return what the form asks for.

    Raises:
        Invalid: a field has no such value.
    """
    form, now = visit.form, clock.now()
    name, scope, days = form.get("name", "").strip(), form.get("scope", "full"), form.get("days", USUAL)
    if not 1 <= len(name) <= MAX_NAME:
        raise Invalid.field("name", f"Must have 1 to {MAX_NAME} characters.")
    if scope not in SCOPES:
        raise Invalid.field("scope", f"Must be one of {', '.join(SCOPES)}.")
    if days not in LIFETIMES:
        raise Invalid.field(
            "days", f"Must be one of {', '.join(filter(None, LIFETIMES))}, or empty for never."
        )
    is_nobodys = form.get("owner") == "nobody" or visit.principal.user is None
    if is_nobodys and not _is_admin(visit):
        raise Invalid.field("owner", "Only an admin makes tokens that are nobody's.")
    until = now + timedelta(days=int(days)) if days else None
    return ApiToken(
        name=name,
        created_at=now,
        user_id=None if is_nobodys else _user_id(visit),
        scope=scope,
        expires_at=await _no_later_than_own(visit, until),
    )


async def _no_later_than_own(visit: Visit, until: datetime | None) -> datetime | None:
    """Return the end, brought forward to that of the token that began this session: none outlives its maker."""
    if visit.session.token_digest is None:
        return until
    own = await visit.request.app[CONSOLE].tokens.of_digest(visit.session.token_digest)
    ends = [one for one in (until, own.expires_at if own is not None else None) if one is not None]
    return min(ends, default=None)


async def _record(
    visit: Visit, token_id: str, change: tuple[ApiToken | None, ApiToken | None], at: datetime
) -> None:
    before, after = (one.audited() if one is not None else None for one in change)
    audit = ConfigurationAudit(visit.api.database)
    await audit.record(TABLE, token_id, (before, after), visit.principal.actor, at)


def _row(listed: ListedToken, owner: User | None, now: datetime) -> TokenRow:
    name = owner.username if owner is not None else listed.allowed.user_id or ""
    return TokenRow(listed, name, listed.allowed.is_valid(now))


def _is_admin(visit: Visit) -> bool:
    return visit.principal.may("admin", writing=False)


def _user_id(visit: Visit) -> str:
    return visit.principal.user.id if visit.principal.user is not None else ""
