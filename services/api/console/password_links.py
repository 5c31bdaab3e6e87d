"""What an admin does about somebody's password: gives a link to set one, takes it back, takes the password away."""

from __future__ import annotations

import secrets as random_source
import uuid
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from services.api.console.person_forms import shown_again
from services.api.console.person_page import is_own, show_person
from services.api.console.visits import CONSOLE, Visit
from services.api.contact_points import own_user_of
from services.api.notices import check_pace, tell
from services.api.refusals import Invalid, Refused
from services.api.ways import why_not
from shared import clock
from shared.domain.configuration import User
from shared.domain.passwords import LINK_TITLE, LINK_VALID_FOR, link_words
from shared.errors import Unavailable
from shared.events import NoticeRequested
from shared.store.configuration_audit import ConfigurationAudit
from shared.store.password_links import PasswordLink

TABLE = "password_links"
# Where a link leads; the page itself is in password_setting.py.
PATH = "/set-password"
MAIL = "email"


@dataclass(frozen=True)
class MadeLink:
    """A link that was just made: its URL is shown this once; `mail` says in a sentence whether it was mailed."""

    url: str
    mail: str


@shown_again
async def make_link(visit: Visit) -> web.Response:
    """POST: a link with which the person sets a password; shown this once, and mailed where that can be done.

    The present password goes on working until the link is used: who asks for nothing is not locked out by it.
    """
    user = await _user(visit)
    await _check_may_make(visit, user)
    token, now = random_source.token_urlsafe(32), clock.now()
    link = PasswordLink(user.id, str(visit.principal.actor), now, now + LINK_VALID_FOR)
    await visit.request.app[CONSOLE].password_links.put(token, link)
    await _record(visit, TABLE, user, (None, {"expires_at": link.expires_at.isoformat()}))
    url = f"{visit.api.settings.public_url.rstrip('/')}{PATH}/{token}"
    made = MadeLink(url, await _mailed(visit, user, link, url))
    return await show_person(visit, password_link_made=made)


async def take_link_back(visit: Visit) -> web.Response:
    """POST: the link that waits for the person is void."""
    user = await _user(visit)
    if await visit.request.app[CONSOLE].password_links.remove(user.id):
        await _record(visit, TABLE, user, ({}, None))
    return visit.see(f"/users/{user.id}#password")


@shown_again
async def remove_password(visit: Visit) -> web.Response:
    """POST: the person has no password any more, and is signed out everywhere."""
    console, user = visit.request.app[CONSOLE], await _user(visit)
    if not await console.passwords.remove(user.id):
        raise Invalid.field("detail", f"{user.username} has no password.")
    await console.password_links.remove(user.id)
    await console.sessions.end_of_user(user.id, besides=visit.session.id)
    await _record(visit, "passwords", user, ({"password": "(secret)"}, None))
    return visit.see(f"/users/{user.id}#password")


async def _user(visit: Visit) -> User:
    return own_user_of(await visit.api.desk(visit.principal), visit.request.match_info["id"])


async def _check_may_make(visit: Visit, user: User) -> None:
    """Refuse links by which a borrowed session would become a password.

    Raises:
        Invalid: one's own password is changed with the present one; or the session began with a token that ends.
    """
    console = visit.request.app[CONSOLE]
    if is_own(visit, user) and await console.passwords.hash_of(user.id) is not None:
        raise Invalid.field("detail", "Change your own password with the present one.")
    if visit.session.token_digest is None:
        return
    token = await console.tokens.of_digest(visit.session.token_digest)
    if token is None or token.expires_at is not None:
        detail = "This session began with an API token that ends: sign in with a password or the provider for this."
        raise Invalid.field("detail", detail)


async def _mailed(visit: Visit, user: User, link: PasswordLink, url: str) -> str:
    """Have the link mailed if it can be; return what became of that. The event knows it as ciphertext alone."""
    api, address = visit.api, user.contact(MAIL)
    if address is None:
        return f"{user.username} has no e-mail address that counts: hand the link over yourself."
    missing = why_not(api.settings, MAIL)
    if missing is not None:
        return f"It was not mailed: {missing}. Hand it over yourself."
    notice = NoticeRequested(
        id=str(uuid.uuid4()),
        time=clock.now(),
        subject=user.id,
        config_version=await api.configuration.version(),
        user_id=user.id,
        channel=MAIL,
        title=LINK_TITLE,
        text_encrypted=api.secrets.encrypt(link_words(user.username, url, link.expires_at)),
        valid_until=link.expires_at,
    )
    try:
        await check_pace(api, user.id, f"password link {user.id}")
        await tell(api, notice)
    except Refused as refused:
        return f"It was not mailed: {refused.body['detail']} Or hand it over yourself."
    except Unavailable as error:
        return (
            f"It was not mailed, because that is not available now ({error.reason}). Hand it over yourself."
        )
    return f"It is being mailed to {address.address} too."


async def _record(
    visit: Visit, table: str, user: User, change: tuple[dict[str, Any] | None, dict[str, Any] | None]
) -> None:
    before, after = ({"username": user.username, **one} if one is not None else None for one in change)
    audit = ConfigurationAudit(visit.api.database)
    await audit.record(table, user.id, (before, after), visit.principal.actor, clock.now())
