"""What somebody does about his own access: a new password, ending sessions, how the pages look."""

from __future__ import annotations

from aiohttp import web

from services.api.console.person_forms import shown_again
from services.api.console.person_page import is_own
from services.api.console.visits import CONSOLE, THEMES, Visit, local_path, sign_in_as
from services.api.contact_points import own_user_of
from services.api.refusals import Invalid, Refused
from shared import clock
from shared.domain.configuration import User
from shared.domain.passwords import guess_limits, refusal
from shared.store.configuration_audit import ConfigurationAudit

A_YEAR_S = 365 * 86_400
NONE_YET = "There is no password yet: an admin gives you a link to set one."


@shown_again
async def change_password(visit: Visit) -> web.Response:
    """POST: a new password of one's own for the present one; all other sessions end, this one has a new cookie."""
    console, form = visit.request.app[CONSOLE], visit.form
    user = await _oneself(visit)
    stored = await console.passwords.hash_of(user.id)
    if stored is None:
        raise Invalid.field("detail", NONE_YET)
    new = form.get("new_password", "")
    problem = refusal(new, user.username)
    if problem is not None:
        raise Invalid.field("new_password", problem)
    if new != form.get("repeated", ""):
        raise Invalid.field("repeated", "The two new passwords differ.")
    await _check_present(visit, user, stored)
    now = clock.now()
    await console.passwords.put(user.id, await console.hashing.make(new), now)
    await console.password_links.remove(user.id)
    ended = await console.sessions.end_of_user(user.id, besides=visit.session.id)
    before = {"username": user.username, "password": "(secret)"}
    change = (before, {**before, "sessions_ended": ended})
    audit = ConfigurationAudit(visit.api.database)
    await audit.record("passwords", user.id, change, visit.principal.actor, now)
    # Whoever has copied this cookie is out as well: the session goes on under another one.
    session = visit.session
    path = f"/users/{user.id}#password"
    return await sign_in_as(visit.request, path, session.user_id, session.by, session.token_digest)


async def end_session(visit: Visit) -> web.Response:
    """POST: ends one session of a person, or with `all` every one but the reader's own."""
    console = visit.request.app[CONSOLE]
    user = own_user_of(await visit.api.desk(visit.principal), visit.request.match_info["id"])
    now, wanted = clock.now(), visit.form.get("session", "")
    if visit.form.get("all") == "yes":
        ended = await console.sessions.end_of_user(user.id, besides=visit.session.id)
    else:
        found = [one for one in await console.sessions.of_user(user.id, now) if one.id == wanted]
        for one in found:
            await console.sessions.end(one.id)
        ended = len(found)
    if ended:
        audit = ConfigurationAudit(visit.api.database)
        change = ({"username": user.username, "ended": ended}, None)
        await audit.record("sessions", user.id, change, visit.principal.actor, now)
    return visit.see(f"/users/{user.id}#sessions")


async def choose_theme(visit: Visit) -> web.Response:
    """POST: how the pages look in this browser."""
    theme = visit.form.get("theme", "")
    if theme not in THEMES:
        raise Invalid.field("theme", f"Must be one of {', '.join(THEMES)}.")
    response = visit.see(local_path(visit.form.get("back", "/")))
    is_https = visit.api.settings.public_url.startswith("https:")
    response.set_cookie(
        "theme", theme, max_age=A_YEAR_S, httponly=True, samesite="Lax", secure=is_https, path="/"
    )
    return response


async def _oneself(visit: Visit) -> User:
    user = own_user_of(await visit.api.desk(visit.principal), visit.request.match_info["id"])
    if not is_own(visit, user):
        raise Refused.because(
            403, "Only the person may change the password; an admin gives a link to set another one."
        )
    return user


async def _check_present(visit: Visit, user: User, stored: str) -> None:
    """Compare the present password; wrong ones count as they do at the sign-in.

    Raises:
        Refused: `Invalid` when it is wrong, 429 after too many.
    """
    console = visit.request.app[CONSOLE]
    limits = guess_limits(user.username, visit.request.remote or "")
    wait_s = await console.guesses.count(limits, clock.now())
    if wait_s:
        detail = f"Too many wrong answers. Try again in {-(-wait_s // 60)} minutes."
        raise Refused(429, {"detail": detail}, {"Retry-After": str(wait_s)})
    if not await console.hashing.fits(stored, visit.form.get("password", "")):
        raise Invalid.field("password", "This is not the present password.")
    await console.guesses.forgive(limits)
